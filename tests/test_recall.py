"""What is asked for at once is what would be found one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from archive.catalog import Catalog
from archive.known import Announced, Changes, Known
from archive.recall import Recall

ONE = Known(
    url="https://www.contoh.test/1/lama",
    outlet="contoh",
    article_id="contoh:1",
    verdict="article",
    final=False,
    published=None,
    section=None,
    captured="2026-11-22T00:00:00+00:00",
    job="20261122000000-a",
)
ALIAS = replace(ONE, url="https://www.contoh.test/1/baru")
GONE = replace(ONE, url="https://www.contoh.test/2", article_id=None, verdict="gone", final=True)
LINE = Announced(url=GONE.url, outlet="contoh", day="2026-11-22", at="2026-11-22", source="s", tries=2)
IDS = {
    ONE.url: "contoh:1",
    "https://www.contoh.test/1/lain": "contoh:1",
    GONE.url: "contoh:2",
    "https://www.contoh.test/3": "contoh:3",
}


def test_many_addresses_are_known_as_each_is_and_others_are_asked_for(connect: Callable[[], Catalog]) -> None:
    catalog = connect()
    catalog.commit(Changes(known=[ONE, ALIAS, GONE], announced=[LINE]))
    recall = Recall(catalog, IDS)
    for url in (*IDS, ALIAS.url, "https://www.contoh.test/4"):
        assert recall.known(url) == catalog.known(url), url
        assert recall.announced(url) == catalog.announced(url), url
    for name in ("contoh:1", "contoh:2", "contoh:3", "contoh:4"):
        assert recall.article(name) == catalog.article(name), name
    assert (recall.known(GONE.url), recall.announced(GONE.url)) == (GONE, LINE)
    catalog.commit(Changes(known=[replace(GONE, url="https://www.contoh.test/3")]))
    assert recall.known("https://www.contoh.test/3") is None, "the catalog is not asked again for what it was asked"


def test_of_several_addresses_of_an_article_the_one_that_knows_most_speaks(connect: Callable[[], Catalog]) -> None:
    catalog = connect()
    catalog.commit(Changes(known=[ALIAS, replace(ONE, due="2026-11-22T01:00:00+00:00")]))
    assert catalog.article("contoh:1") == replace(ONE, due="2026-11-22T01:00:00+00:00"), "the one that is tried again"
    catalog.commit(Changes(known=[replace(ONE, final=True, version=2)]))
    assert catalog.article("contoh:1") == replace(ONE, final=True, version=2), (
        "not the alias of which a page is missing"
    )
    catalog.commit(Changes(known=[replace(ALIAS, final=True)]))
    found = catalog.article("contoh:1")
    assert found
    assert found.version == 2
