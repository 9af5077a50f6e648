"""What a second look comes to: nothing new, an edit, or that it is gone; and what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.catalog import open_catalog
from archive.known import Changes, Known
from tests.fakesite import FakeSite, Reply, Request
from tests.runs import Run, crawl, scrapy

WWW = "www.tribunnews.com"
HTML = ("Content-Type", "text/html; charset=UTF-8")
DAY = timedelta(days=1)


class Page:
    """An article of invented news that its outlet edits, with an ETag, and advertising that differs at every fetch."""

    def __init__(self, number: int, *, etag: bool = True, advertised: bool = False) -> None:
        self.path = f"/nasional/99000{number}/kabar-pasar"
        self.url = f"https://{WWW}{self.path}"
        self.number = number
        self.text = ["Pedagang kembali ke tepi sungai pada Senin pagi.", "Pembeli datang sejak subuh."]
        self.reply: Reply | None = None
        self.answers: list[int] = []
        self._has_etag, self._advertised = etag, advertised

    def __call__(self, request: Request) -> Reply:
        reply = self.reply or self._page(request)
        self.answers.append(reply.status)
        return reply

    def _page(self, request: Request) -> Reply:
        etag = f'"{hash(tuple(self.text))}"'
        validators = (("ETag", etag),) if self._has_etag else ()
        if self._has_etag and request.header("If-None-Match") == etag:
            return Reply(status=304, headers=validators)
        return Reply(headers=(HTML, *validators), body=self._body(), gzip=True)

    def _body(self) -> bytes:
        advertising = f"<aside>Iklan ke-{len(self.answers)}</aside>" if self._advertised else ""
        paragraphs = "".join(f"<p>{line}</p>" for line in (*self.text, *FILLER))
        return (
            f"<html><head><title>Pasar Apung Ramai Lagi {self.number}</title></head><body>"
            f"<h1 id='arttitle'>Pasar Apung Ramai Lagi {self.number}</h1>{advertising}"
            f"<div class='side-article txt-article'>{paragraphs}</div></body></html>"
        ).encode()


FILLER = [
    "Harga ikan di pasar itu turun dibandingkan pekan lalu, kata seorang pedagang yang sudah lama berjualan.",
    "Pemerintah kota menyiapkan dermaga baru agar perahu dapat bersandar dengan aman selama musim hujan tahun ini.",
    "Pengunjung diminta menjaga kebersihan dan tidak membuang sampah ke sungai, ujar kepala dinas itu.",
    "Pasar buka setiap hari dari pukul lima sampai sepuluh pagi, kecuali pada hari raya dan bila arus terlalu deras.",
]


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite() as running:
        yield running


def announce(site: FakeSite, *pages: Page) -> None:
    """A news sitemap of these pages alone."""
    for page in pages:
        site.overrides[WWW, page.path] = page
    places = "".join(f"<url><loc>{page.url}</loc></url>" for page in pages)
    body = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>'.encode()
    site.overrides[WWW, "/sitemap.xml"] = Reply(headers=(("Content-Type", "application/xml"),), body=body)
    site.overrides[WWW, "/index-news"] = Reply(headers=(HTML,), body=b"<html><body><p>Tidak ada</p></body></html>")


def known(archive: Path, url: str) -> Known:
    with closing(open_catalog(archive / "state" / "catalog.sqlite3")) as catalog:
        found = catalog.known(url)
    assert found
    return found


def versions(run: Run, page: Page) -> list[tuple[int, str]]:
    return sorted((row["version"], row["text"].split("\n\n")[0]) for row in run.rows() if row["url"] == page.url)


def counts(run: Run) -> Any:
    return run.manifest()["counts"]


def test_three_days_cost_one_body_an_article_and_tell_every_edit_deletion_and_move(
    tmp_path: Path, site: FakeSite
) -> None:
    same, advertised, edited, deleted, moved = pages = [
        Page(1),
        Page(2, etag=False, advertised=True),
        Page(3),
        Page(4),
        Page(5),
    ]
    announce(site, *pages)
    first = crawl("tribun", tmp_path, site)
    assert [page.answers for page in pages] == [[200]] * 5, "a new article of one page costs one request"
    assert counts(first)["requests"]["article"] == 5
    assert crawl("tribun", tmp_path, site, ahead=timedelta(hours=1)).status == 0
    assert [len(page.answers) for page in pages] == [1] * 5, "its time has not come"

    before = edited.text[0]
    edited.text = ["Pedagang belum kembali ke tepi sungai, kata camat dalam ralatnya.", edited.text[1]]
    deleted.reply = Reply(status=410, headers=(HTML,), body=b"<html><body>Berita ini telah dihapus.</body></html>")
    new = Page(6)
    site.overrides[WWW, new.path] = new
    moved.reply = Reply(status=301, headers=(HTML, ("Location", new.url)))
    second = crawl("tribun", tmp_path, site, ahead=DAY)
    assert same.answers == [200, 304], "unchanged, and no body was sent"
    assert counts(second)["revisited"] == {"unchanged": 2, "edited": 1, "moved": 1, "taken-away": 1}
    assert counts(second)["kept"] == 1, "where an address moved to is an article of its own"
    assert versions(second, edited) == [(1, before), (2, edited.text[0])]
    assert [row["verdict"] for row in second.rows("dropped") if row["url"] == deleted.url] == ["gone"]
    assert [known(tmp_path, page.url).ended for page in pages] == [None, None, None, "gone", "moved"]

    third = crawl("tribun", tmp_path, site, ahead=8 * DAY)
    assert [page.answers for page in (same, edited)] == [[200, 304, 304], [200, 200, 304]]
    assert len(deleted.answers) == 2, "what is gone is not asked for again"
    assert versions(third, advertised) == [(1, advertised.text[0])], "other advertising is no edit"
    assert len(responses(third, advertised)) == 3, "and the archive has every answer that differed"
    last = crawl("tribun", tmp_path, site, ahead=30 * DAY)
    assert sum(counts(last)["requests"].get(kind, 0) for kind in ("article", "revisit", "page")) == 0
    assert len(same.answers) == 3, "it is old now"
    status, out, _ = scrapy("verify", "--deep", "-s", f"ARCHIVE_URI={tmp_path}")
    assert (status, out.partition(" in ")[0]) == (0, "no faults")


def responses(run: Run, page: Page) -> list[str]:
    lines = (line for path in run.archive.glob("warc/**/*.cdxj") for line in path.read_text().splitlines())
    return [line for line in lines if f'"{page.url}"' in line and "warc/revisit" not in line]


def test_what_gives_no_page_is_tried_ever_more_rarely_also_when_nobody_announces_it_any_more(
    tmp_path: Path, site: FakeSite
) -> None:
    torn, missing = Page(1), Page(2)
    torn.reply = Reply(status=500, headers=(HTML,), body=b"Galat")
    missing.reply = Reply(status=404, headers=(HTML,), body=b"<html><body>Tidak ditemukan</body></html>")
    announce(site, torn, missing)
    crawl("tribun", tmp_path, site)
    tried = len(torn.answers)
    announce(site, Page(3))
    site.overrides |= {(WWW, page.path): page for page in (torn, missing)}
    crawl("tribun", tmp_path, site, ahead=timedelta(minutes=30))
    assert (len(torn.answers), len(missing.answers)) == (tried, 1)
    torn.reply = missing.reply = None
    done = crawl("tribun", tmp_path, site, ahead=timedelta(hours=2))
    assert {row["url"] for row in done.rows()} >= {torn.url, missing.url}
    assert Counter(row["verdict"] for row in done.rows("dropped")) == {"not-found": 1}


def test_other_rules_are_no_edit_of_the_publishers(tmp_path: Path, site: FakeSite) -> None:
    page, edited = Page(1, etag=False, advertised=True), Page(2, etag=False, advertised=True)
    announce(site, page, edited)
    crawl("tribun", tmp_path, site)
    with closing(open_catalog(tmp_path / "state" / "catalog.sqlite3")) as catalog:
        for url in (page.url, edited.url):  # as if other rules had read another text from the same bytes
            found = catalog.known(url)
            assert found
            catalog.commit(Changes(known=[replace(found, facts="other", made="1:other")]))
    edited.text = ["Ralat: pasar tetap tutup sampai pekan depan, kata camat.", edited.text[1]]
    done = crawl("tribun", tmp_path, site, ahead=DAY)
    assert counts(done)["revisited"] == {"unchanged": 1, "edited": 1}
    assert [len(versions(done, one)) for one in (page, edited)] == [1, 2]
