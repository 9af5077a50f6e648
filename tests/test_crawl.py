"""The main job, from an outlet's announcement to WARC files and clean rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cdxj_indexer.main import CDXJIndexer
from fastwarc.warc import ArchiveIterator

from tests.fakesite import FakeSite
from tests.runs import Run, crawl

# Those whose ways of announcing the fake outlet knows; the others have a news sitemap there.
OUTLETS = ("intisari", "jatimcenter", "kompastv", "tribun")
FIXTURES = Path(__file__).parent / "outlets"
OTHERS = sorted({path.name for path in FIXTURES.iterdir()} - set(OUTLETS))


def expected(outlet: str, verdict: str = "article") -> dict[str, dict[str, Any]]:
    """Address -> what the fixture says of it."""
    cases = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(FIXTURES.glob(f"{outlet}/*/article.json")))
    return {case["url"]: case for case in cases if case["verdict"] == verdict}


@pytest.fixture(scope="module", params=OUTLETS)
def run(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Run, FakeSite]]:
    with FakeSite() as site:
        done = crawl(request.param, tmp_path_factory.mktemp(request.param), site)
        yield request.param, done, site


Ran = tuple[str, Run, FakeSite]


def test_every_announced_article_is_one_row_with_exactly_its_text(run: Ran) -> None:
    outlet, done, _ = run
    assert done.status == 0, done.log
    assert {row["url"]: row["text"] for row in done.rows()} == {
        url: case["text"] for url, case in expected(outlet).items()
    }


def test_rows_have_the_facts_that_a_reader_would_give(run: Ran) -> None:
    outlet, done, _ = run
    cases = expected(outlet)
    names = ("title", "authors", "editors", "published", "section", "place", "pages", "complete", "syndicated_from")
    for row in done.rows():
        case = cases[row["url"]]
        assert {name: row[name] for name in names} == {name: case[name] for name in names}
        assert row["language"] == "id"
        assert row["captured"].endswith("+00:00")
        assert row["job"] == done.manifest()["job"]


def test_what_is_no_article_is_kept_with_its_verdict(run: Ran) -> None:
    outlet, done, _ = run
    wanted = {url: verdict for verdict in ("video", "gallery", "listing") for url in expected(outlet, verdict)}
    if outlet == "tribun":
        special = "https://www.tribunnews.com/nasional/77881"
        wanted |= {
            f"{special}90/pindah-ke-luar": "redirected-away",
            f"{special}91/sudah-hilang": "not-found",
            f"{special}92/alamat-berubah": "duplicate",
            f"{special}93/sudah-dicabut": "gone",
        }
    assert {row["url"]: row["verdict"] for row in done.rows("dropped")} == wanted
    assert all(row["reason"] for row in done.rows("dropped"))


def test_fastwarc_reads_every_warc_whole_and_agrees_with_its_digests(run: Ran) -> None:
    _, done, site = run
    responses = 0
    for path in done.warcs:
        with path.open("rb") as file:
            for record in ArchiveIterator(file, parse_http=False, strict_mode=True):
                assert record.verify_block_digest()
                if record.headers["WARC-Type"] == "response":
                    responses += 1
                    record.parse_http(auto_decode="transfer")  # the payload is what is left after that
                    assert record.verify_payload_digest(), record.headers["WARC-Target-URI"]
    assert responses == len(site.requests)


def test_cdxj_indexer_reads_every_warc_whole(run: Ran, tmp_path: Path) -> None:
    _, done, site = run
    index = tmp_path / "index.cdxj"
    CDXJIndexer(str(index), [str(path) for path in done.warcs]).process_all()
    assert len(index.read_text().splitlines()) == len(site.requests)


def test_the_warc_holds_every_exchange_as_the_server_saw_it(run: Ran) -> None:
    _, done, site = run
    blocks: dict[str, list[bytes]] = {"request": [], "response": []}
    for path in done.warcs:
        with path.open("rb") as file:
            for record in ArchiveIterator(file, parse_http=False):
                if record.headers["WARC-Type"] in blocks:
                    blocks[record.headers["WARC-Type"]].append(record.reader.read())
    assert sorted(blocks["request"]) == sorted(request.raw for request in site.requests)
    assert sorted(blocks["response"]) == sorted(site.sent)


def test_each_row_leads_to_the_bytes_that_it_was_made_from(run: Ran) -> None:
    _, done, _ = run
    for row in done.rows():
        assert len(row["captures"]) >= 1
        for ref in row["captures"]:
            with (done.archive / ref["warc"]).open("rb") as file:
                file.seek(ref["offset"])
                record = next(iter(ArchiveIterator(file, parse_http=True)))
                assert record.record_id == ref["record_id"]
                assert record.headers["WARC-Payload-Digest"] == ref["payload_digest"]
                assert record.headers["WARC-Target-URI"] == ref["url"]


def test_no_article_is_asked_for_twice_and_nobody_goes_off_the_outlet(run: Ran) -> None:
    _, _, site = run
    asked = [(request.host, request.path) for request in site.requests]
    assert len(asked) == len(set(asked))
    assert site.refused == []


def test_we_say_who_we_are_and_ask_for_nothing_that_robots_txt_closes(run: Ran) -> None:
    _, _, site = run
    for request in site.requests:
        assert request.header("User-Agent") == "Mozilla/5.0 (compatible; arsip-berita/0.3.0; +mailto:uji@contoh.test)"
        assert request.header("Accept-Encoding") == "gzip, deflate"
        assert not request.path.startswith(("/search", "/tag/", "/api/"))


def test_the_numbers_at_the_end_add_up_and_say_where_the_files_are(run: Ran) -> None:
    outlet, done, _ = run
    counts = done.manifest()["counts"]
    assert counts["announced"] == counts["fetched"] == counts["kept"] + sum(counts["dropped"].values())
    assert counts["kept"] == len(expected(outlet))
    assert f"kept       {counts['kept']}" in done.out
    for key in done.manifest()["files"]:
        assert (done.archive / key).is_file()
        assert Path(key).name in done.out


def test_nothing_is_left_open_or_in_the_spool(run: Ran) -> None:
    _, done, _ = run
    assert not [path for path in done.archive.rglob("*") if path.name.endswith((".open", ".part"))]
    assert not [path for path in (done.archive / "state" / "spool").rglob("*") if path.is_file()]


def test_a_second_run_fetches_no_article_that_is_there(run: Ran) -> None:
    outlet, done, site = run
    before = len(site.requests)
    again = crawl(outlet, done.archive, site)
    assert again.status == 0, again.log
    later = {request.host + request.path.partition("?")[0] for request in site.requests[before:]}
    there = {url.removeprefix("https://").partition("?")[0] for url in expected(outlet)}
    assert not later & there
    assert len(again.rows()) == len(expected(outlet))
    assert again.manifest()["counts"]["already_there"] >= len(expected(outlet))


@pytest.mark.parametrize("outlet", OTHERS)
def test_an_outlet_that_is_announced_by_its_robots_txt_alone_is_crawled_whole(outlet: str, tmp_path: Path) -> None:
    with FakeSite() as site:
        done = crawl(outlet, tmp_path, site)
    assert done.status == 0, done.log
    assert {row["url"]: row["text"] for row in done.rows()} == {
        url: case["text"] for url, case in expected(outlet).items()
    }
    assert site.refused == []
