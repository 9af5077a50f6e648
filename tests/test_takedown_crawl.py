"""Takedowns between real crawls: an article of several pages goes, and no crawl brings it back."""

from __future__ import annotations

import json
from pathlib import Path

from tests.fakesite import FakeSite
from tests.fakesite.reply import Reply
from tests.lives import on_disk
from tests.runs import ROOT, crawl, scrapy
from tests.takedowns import HOST, content, holding, take_down

CASES = ROOT / "tests" / "outlets" / "tribun"
GONE, STAYS = (
    json.loads((CASES / name / "article.json").read_bytes()) for name in ("halaman-semua", "halaman-berjalan")
)
UNNUMBERED = "/2026/11/16/katak-seukuran-kuku"
"""An address that says of the article neither number nor name: only the page at it does."""


def test_an_article_of_several_pages_is_taken_down_and_no_crawl_brings_it_back(tmp_path: Path) -> None:
    place = on_disk(tmp_path)
    page = (CASES / "halaman-semua" / "page.html").read_bytes()
    paragraphs = [GONE["text"].split("\n\n")[number] for number in (1, -2)]  # of the first page and of the last one
    with FakeSite(overrides={("www.tribunnews.com", UNNUMBERED): Reply(body=page)}) as site:
        assert crawl("tribun", tmp_path, site, f"url={GONE['url']},{STAYS['url']}").status == 0
        assert all(holding(content(tmp_path), one[:60]) for one in paragraphs)
        assert take_down(place, GONE["url"]) == 0
        assert not any(holding(content(tmp_path), one[:60]) for one in paragraphs)
        asked = len(site.requests)
        again = crawl("tribun", tmp_path, site, f"url={GONE['url']},{HOST}{UNNUMBERED}")
        paths = {request.path for request in site.requests[asked:]}
        assert not [path for path in paths if "7788102" in path]
    assert UNNUMBERED in paths
    [dropped] = again.rows("dropped")
    assert (dropped["verdict"], dropped["text"], dropped["title"]) == ("taken-down", "", None)
    assert [row["url"] for row in again.rows()] == [STAYS["url"]]
    # What an address that nobody knew led to is in a WARC until it is taken down as well.
    assert holding(content(tmp_path), paragraphs[0][:60])
    assert take_down(place, HOST + UNNUMBERED) == 0
    assert not holding(content(tmp_path), paragraphs[0][:60])
    assert again.rows("dropped") == []
    status, out, log = scrapy("verify", "--deep", "-s", f"ARCHIVE_URI={tmp_path}")
    assert (status, log) == (0, ""), out
