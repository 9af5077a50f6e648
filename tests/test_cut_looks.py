"""What half a page settles, in a visit and in an adopted look; tests/test_cut.py crawls an outlet that sends such."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.catalog import open_catalog
from archive.model import Article, RecordRef, Verdict
from crawler.foreign import visits
from crawler.foreign.visits import PLAIN, Bytes, Made, label_of
from crawler.frontier import Frontier, Target
from crawler.schedule import Schedule
from crawler.spiders.tribun import TribunSpider
from crawler.visit import Visit
from pipelines.extract import Page, join
from tests.cached import DAY, article, outlet_of_a_broken_cache

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n"


def answer(url: str, payload: bytes) -> Bytes:
    label = label_of(TribunSpider.outlet, url)
    return Bytes(url=url, label=label, head=HEAD, payload=payload, began=datetime.now(UTC))


def adopted(look: list[Bytes]) -> Made:
    return visits.read(look, "tribun", TribunSpider.outlet, respects_opt_out=True)


@pytest.mark.parametrize("asked", [{"since": DAY}, {"section": "olahraga"}])
@pytest.mark.parametrize("is_cut", [True, False])
def test_what_is_not_asked_for_by_half_a_page_may_be_by_the_whole(
    tmp_path: Path,
    is_cut: bool,  # noqa: FBT001
    asked: dict[str, str],
) -> None:
    spider, url = TribunSpider(**asked), article(9).url
    spider.schedule = Schedule(revisits=(), retries=())
    visit = Visit(Target(url, url), None, "page", url)
    page = Page(Verdict.ARTICLE, "", Article(), ["Satu."], is_cut=is_cut)
    visit.take(page, RecordRef(url=url, warc="w", offset=0, length=1, record_id="r", payload_digest="d"))
    with closing(open_catalog(tmp_path / "catalog.sqlite3")) as nothing:
        spider.frontier = Frontier("tribun", spider.outlet, spider.arguments, nothing)
        outcome = spider.assembled(visit, final=True)
    assert (outcome.verdict, outcome.final) == (Verdict.NOT_ASKED, not is_cut)


def test_an_adopted_look_is_cut_short_where_a_page_lacks_and_not_by_half_of_all_pages_beside_whole_ones() -> None:
    broken = outlet_of_a_broken_cache()
    first, of_all, second = (answer(page.url, page.kept) for page in (broken.two, broken.two_all, broken.two_second))
    looks = [adopted(look) for look in ([first, of_all, second], [first, of_all])]
    assert [(look.is_cut, look.judgement.final) for look in looks] == [(False, True), (True, False)]
    assert [look.used for look in looks] == [(0, 2), (0,)]


def test_of_an_adopted_look_that_is_cut_off_the_pages_before_that_settle_nothing() -> None:
    broken = outlet_of_a_broken_cache()
    first, of_all = (answer(page.url, page.kept) for page in (broken.two, broken.two_all))
    first_again = answer(broken.two_second.url, broken.two.kept)
    half = answer(broken.edited_second.url, broken.edited_second.kept)
    found = []
    for look in ([first, of_all], [first, of_all, first_again], [first, half], [replace(half, label=PLAIN)]):
        made = adopted(look)
        assert not made.judgement.final
        uncut = made.uncut
        found.append((uncut.used, uncut.article.complete, uncut.judgement.final) if uncut else None)
    assert found == [((0,), False, False), ((0, 2), False, False), ((0,), False, False), None]


@pytest.mark.parametrize("is_cut", [True, False])
def test_an_article_is_complete_when_all_its_pages_are_there_and_none_is_cut_off(is_cut: bool) -> None:  # noqa: FBT001
    first = Page(Verdict.ARTICLE, "", Article(), ["Satu."], page=1, pages=2)
    last = Page(Verdict.ARTICLE, "", Article(), ["Dua."], page=2, pages=2, is_cut=is_cut)
    assert join([first, last]).complete is not is_cut
    assert join([replace(first, is_cut=is_cut), replace(last, is_cut=False)]).complete is not is_cut
