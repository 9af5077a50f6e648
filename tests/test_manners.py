"""A crawl's manners as an outlet sees them: robots.txt, tdmrep.json, opt-outs and walls."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from scrapy import Request
from scrapy.http import Response
from scrapy.settings import Settings, default_settings

from archive.errors import ArgumentError
from crawler import settings
from crawler.commands.crawl import check
from crawler.spiders.tribun import TribunSpider
from tests.fakesite import FakeSite, Reply
from tests.runs import Run, crawl, scrapy
from tests.test_recovery import ONE_PAGE, killed_at
from tests.test_redirects import page, to

WWW, JOGJA, MAKASSAR = "www.tribunnews.com", "jogja.tribunnews.com", "makassar.tribunnews.com"
TDMREP = "/.well-known/tdmrep.json"
RESERVED = "tdmrep.json: tdm-reservation: 1"
CHALLENGE = Reply(
    200, headers=(("Content-Type", "text/html"),), body=b"<html><title>Just a moment...</title></html>", delay=0.2
)


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite() as running:
        yield running


def path(number: int) -> str:
    return f"/nasional/990000{number}/judul"


def ask(archive: Path, site: FakeSite, *addresses: str) -> Run:
    return crawl("tribun", archive, site, f"url={','.join(addresses)}")


def asked(site: FakeSite, *, about: str) -> list[str]:
    return [request.host for request in site.requests if about in request.path]


def with_head(reply: Reply, *fields: tuple[str, str]) -> Reply:
    return Reply(reply.status, headers=(*reply.headers, *fields), body=reply.body)


def stored_signals(run: Run) -> dict[str, list[str]]:
    """Path of a page -> `optOut` of its metadata record."""
    found = {}
    for warc in run.warcs:
        with warc.open("rb") as file:
            for record in ArchiveIterator(file, record_types=WarcRecordType.metadata):
                lines = record.reader.read().decode().splitlines()
                address = record.headers["WARC-Target-URI"].partition(WWW)[2]
                found[address] = [line.partition(": ")[2] for line in lines if line.startswith("optOut: ")]
    return found


def test_who_is_closed_to_copies_or_mining_becomes_no_row_and_every_signal_is_kept(
    tmp_path: Path, site: FakeSite
) -> None:
    rules = [{"location": f"{path(1)}$", "tdm-reservation": 1}]
    tdmrep = Reply(200, headers=(("ETag", '"1"'),), body=json.dumps(rules).encode())
    site.overrides[WWW, TDMREP] = lambda request: Reply(304) if request.header("If-None-Match") else tdmrep
    site.overrides[WWW, "/robots.txt"] = Reply(200, body=b"User-agent: GPTBot\nDisallow: /\n")
    site.overrides[WWW, path(1)] = page(1)
    site.overrides[WWW, path(2)] = with_head(page(2), ("X-Robots-Tag", "googlebot: noarchive"))
    site.overrides[WWW, path(3)] = with_head(page(3), ("X-Robots-Tag", "noindex"))
    urls = [f"https://{WWW}{path(number)}" for number in (1, 2, 3)]
    other, everything = tmp_path / "all", ("-s", "RESPECT_OPT_OUT=0", "-s", "DOWNLOAD_DELAY=0")
    first = ask(tmp_path / "kept", site, *urls)
    assert asked(site, about=TDMREP) == [WWW]
    assert {row["url"]: row["opt_out"] for row in first.rows()} == {
        urls[2]: ["x-robots-tag: noindex", "robots.txt: disallow GPTBot"]
    }
    dropped = {row["url"]: (row["verdict"], row["reason"], row["text"]) for row in first.rows("dropped")}
    assert dropped == {
        urls[0]: ("opted-out", RESERVED, ""),
        urls[1]: ("opted-out", "x-robots-tag: googlebot: noarchive", ""),
    }
    assert stored_signals(first)[path(1)] == ["robots.txt: disallow GPTBot", RESERVED]

    second = ask(tmp_path / "kept", site, *urls, f"https://{WWW}{path(4)}")
    assert site.sent[-2].startswith(b"HTTP/1.1 304")  # tdmrep.json has not changed
    assert asked(site, about=path(1)) == [WWW]
    assert second.manifest()["counts"]["already_there"] == 3

    status, *_ = scrapy(
        "crawl", "tribun", "-s", f"ARCHIVE_URI={other}", *everything, "-a", f"url={','.join(urls)}", site=site
    )
    assert status == 0
    rows = Run(0, "", "", other).rows()
    assert [row["url"] for row in rows] == urls
    assert rows[0]["opt_out"] == ["robots.txt: disallow GPTBot", RESERVED]
    assert all(row["text"] for row in rows)


def test_a_row_that_is_made_from_the_warc_of_a_killed_job_heeds_what_its_host_had_said(tmp_path: Path) -> None:
    with FakeSite() as site:
        site.overrides[WWW, TDMREP] = Reply(200, body=b'[{"location": "/", "tdm-reservation": 1}]')
        killed_at(ONE_PAGE, tmp_path, site)
        del site.overrides[WWW, TDMREP]
        done = crawl("tribun", tmp_path, site, "since=2001-01-01", "until=2001-01-02")
    [row] = [row for row in done.rows("dropped") if ONE_PAGE in row["url"]]
    assert (row["verdict"], row["reason"], row["opt_out"]) == ("opted-out", RESERVED, [RESERVED])


def test_a_setting_that_is_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"RESPECT_OPT_OUT=mungkin is not possible: give 1 or 0\."):
        check(TribunSpider.outlet, {}, Settings({**vars(settings), "RESPECT_OPT_OUT": "mungkin"}))


def test_robots_txt_is_followed_to_other_hosts_and_not_without_end_nor_into_our_own_network(
    tmp_path: Path, site: FakeSite
) -> None:
    closed = Reply(200, body=b"User-agent: *\nDisallow: /\nSitemap: https://x.test/s.xml\n")
    site.overrides["aturan.test", "/r.txt"] = closed
    site.overrides[WWW, "/robots.txt"] = to("https://aturan.test/r.txt")
    for number in range(6):
        site.overrides[JOGJA, f"/{number}.txt"] = closed if number == 5 else to(f"/{number + 1}.txt")
    site.overrides[JOGJA, "/robots.txt"] = to("/0.txt")
    site.overrides[MAKASSAR, "/robots.txt"] = to("https://127.0.0.1/r.txt")
    site.overrides["bali.tribunnews.com", "/robots.txt"] = Reply(200, body=b"User-agent: *\nDisallow: /.well-known/")
    site.overrides["jabar.tribunnews.com", "/robots.txt"] = Reply(429, headers=(("Retry-After", "3600"),))
    hosts = (WWW, JOGJA, MAKASSAR, "bali.tribunnews.com", "jabar.tribunnews.com")
    done = ask(tmp_path, site, *(f"https://{host}{path(number)}" for number, host in enumerate(hosts)))
    assert sorted(asked(site, about="/nasional/")) == ["bali.tribunnews.com", JOGJA, MAKASSAR]
    assert sorted(asked(site, about=TDMREP)) == [JOGJA, MAKASSAR]
    assert site.refused == []
    counts = done.manifest()["counts"]
    assert counts["failed"] == {"robots": 1, "robots-http-429": 1}
    assert counts["left_alone"] == {"jabar.tribunnews.com": 3600}
    assert "left alone jabar.tribunnews.com: it asks for 3600 seconds" in done.out
    assert counts["requests"]["robots"] == len(asked(site, about=".txt")) + len(asked(site, about=TDMREP))


class Late:
    """A middleware that stands for a machine with a slow disk: whole pages come late to whom they are for."""

    async def process_response(self, request: Request, response: Response) -> Response:
        if response.status == 200 and "visit" in request.cb_kwargs:
            await asyncio.sleep(1)
        return response


def test_challenges_that_come_with_status_200_end_the_job_like_any_wall(tmp_path: Path, site: FakeSite) -> None:
    many = 300  # at five a second: some may be on the wire while the fifth is read, on a slow machine many
    for number in range(many):
        site.overrides[WWW, path(number)] = CHALLENGE
    done = ask(tmp_path, site, *(f"https://{WWW}{path(number)}" for number in range(many)))
    assert done.status == 4
    sent = len(asked(site, about="/nasional/"))
    assert 5 <= sent < many
    assert done.manifest()["counts"]["walls"] == {"challenge": sent}
    assert "it wants proof that a browser is asking" in done.out


def test_refusals_among_articles_that_come_end_nothing_and_a_login_page_is_not_entered(
    tmp_path: Path, site: FakeSite
) -> None:
    for number in range(9):
        site.overrides[WWW, path(number)] = Reply(403) if number % 2 else page(number)
    site.overrides[WWW, path(8)] = to("/login?ke=/nasional")
    urls = [f"https://{WWW}{path(number)}" for number in range(9)]
    late = json.dumps(default_settings.DOWNLOADER_MIDDLEWARES_BASE | {"tests.test_manners.Late": 1})
    given = ("-s", f"ARCHIVE_URI={tmp_path}", "-s", "DOWNLOAD_DELAY=0", "-s", f"DOWNLOADER_MIDDLEWARES_BASE={late}")
    status, *_ = scrapy("crawl", "tribun", *given, "-a", f"url={','.join(urls)}", site=site)
    assert status == 0
    assert asked(site, about="/login") == []
    counts = Run(status, "", "", tmp_path).manifest()["counts"]
    assert (counts["kept"], counts["dropped"]) == (4, {"blocked": 5})
    walls = Counter(counts["walls"])
    assert walls["login"] == 1
    assert walls["refused"] + walls["filter"] == 4  # a filter, should one of them be the very first answer
    assert walls.total() == 5
