"""The history of an article, read back from catalog and rows by any of its addresses."""

from __future__ import annotations

import gzip
import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import UsageError
from scrapy.utils.project import get_project_settings

from archive.catalog import open_catalog
from archive.history import COMPARED
from archive.job import Job
from archive.known import Announced
from archive.model import EDITED, Article, Verdict
from archive.outcome import Outcome
from crawler.commands.history import Command
from tests.lives import Place, exchange, on_disk

HOST = "https://www.tribunnews.com"
URL = f"{HOST}/nasional/7788101/jembatan-baru-dibuka"
OLD = f"{HOST}/nasional/7788101/jembatan-dibuka"
BEGINNING = [f"Alinea {number} tentang jembatan di kota itu." for number in range(6)]


def article(running: Job, url: str = URL, *, text: list[str] | None = None, **facts: Any) -> Article:
    """A row, and the capture that it was made from."""
    capture = exchange(url, os.urandom(8))
    made = Article(
        id=f"tribun:www.tribunnews.com:{url.split('/')[4]}",
        outlet="tribun",
        url=url,
        title="Jembatan dibuka",
        captured=capture.began,
        captures=[running.capture(capture)],
        extractor="2",
        job=running.id,
    )
    made.set_text(BEGINNING if text is None else text)
    for name, value in facts.items():
        setattr(made, name, value)
    return made


def keep(place: Place, url: str = URL, *, verdict: Verdict = Verdict.ARTICLE, **facts: Any) -> Outcome:
    """A job that looks at one address."""
    named = {name: facts.pop(name) for name in ("reason", "aliases", "final", "due", "before") if name in facts}
    running = place.job("tribun")
    outcome = Outcome(article=article(running, url, **facts), verdict=verdict, **named)
    running.keep(outcome)
    running.finish({})
    return outcome


def announce(place: Place, **facts: Any) -> Announced:
    running = place.job("tribun")
    line = Announced(url=URL, outlet="tribun", day="2026-11-20", at="2026-11-20T01:00:00+00:00", source=f"{HOST}/rss")
    line = replace(line, **facts)
    running.announce(line)
    running.finish({})
    return line


def shown(
    place: Place, capsys: pytest.CaptureFixture[str], url: str = URL, *, as_json: bool = False
) -> tuple[int, str, str]:
    """The verb, in this process."""
    command = Command()
    command.settings = get_project_settings()
    command.settings.setdict({"ARCHIVE_URI": place.uri, "STATE_DIR": None, "CATALOG_URI": None})
    command.run([url], Namespace(json=as_json))
    return int(command.exitcode), *capsys.readouterr()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return on_disk(tmp_path)


def test_what_a_publisher_edits_is_compared() -> None:
    assert {*COMPARED, "text"} == {*EDITED, "modified"}


def test_the_versions_of_an_article_and_what_changed_are_found_by_any_address(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    announce(place)
    first = keep(place, OLD, tags=["kota"])
    edited = [*BEGINNING[:4], "Alinea 4 tentang jembatan di kota lain.", "Kalimat penutup yang baru."]
    due = datetime(2026, 12, 1, tzinfo=UTC)
    second = keep(place, text=edited, title="Jembatan baru dibuka", version=2, aliases=(OLD,), due=due)
    for url in (URL, OLD, f"{URL}?utm_source=x&page=2", f"{HOST}/nasional/7788101/alamat-yang-belum-pernah-ada"):
        status, out, err = shown(place, capsys, url)
        assert (status, err) == (0, "")
        lines = out.splitlines()
        assert lines[:4] == ["Jembatan baru dibuka", "tribun:www.tribunnews.com:7788101", URL, OLD]
        for one, number in ((first, 1), (second, 2)):
            [ref] = one.article.captures
            assert f"    {ref.warc}:{ref.offset} {ref.record_id}" in lines
            assert one.article.captured
            assert f"version {number}  captured {one.article.captured.isoformat()}" in out
        assert "  title: Jembatan dibuka -> Jembatan baru dibuka" in lines
        assert "  tags: kota -> (none)" in lines
        assert lines[lines.index("  text:") + 1 :] == [
            "    (3 paragraphs as they were)",
            "    Alinea 3 tentang jembatan di kota itu.",
            "  - Alinea 4 tentang jembatan di kota itu.",
            "  + Alinea 4 tentang jembatan di kota lain.",
            "  - Alinea 5 tentang jembatan di kota itu.",
            "  + Kalimat penutup yang baru.",
        ]
        assert "announced     2026-11-20T01:00:00+00:00" in out
        assert "next visit    2026-12-01T00:00:00+00:00" in out


def test_a_script_gets_the_rows_and_the_names_of_what_changed(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    keep(place)
    keep(place, text=["Lain."], title="\x1b[2JLain", version=2)
    status, out, _ = shown(place, capsys, as_json=True)
    said = json.loads(out)
    assert status == 0
    assert (said["is_article"], said["addresses"]) == (True, [URL])
    assert [one["changed"] for one in said["versions"]] == [[], ["title", "text"]]
    assert [one["row"]["words"] for one in said["versions"]] == [42, 1]
    assert said["versions"][0]["part"].startswith("articles/outlet=tribun/date=2026-11-22/part-")
    assert "\x1b" not in out


def test_nothing_that_an_article_says_moves_the_cursor(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    keep(place, text=[*BEGINNING, "lama \x1b[1m"], section="\x9b2J")
    keep(place, text=[*BEGINNING, "baru \x1b]0;x\x07"], section="\x1b[A", title="\u202eterbalik", version=2)
    out = shown(place, capsys)[1]
    assert "\\x1b]0;x\\x07" in out
    assert all(char.isprintable() for line in out.split("\n") for char in line)


def test_an_article_that_was_taken_away_says_when_and_how(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    kept = keep(place)
    [before] = kept.known("20261122000000-aaaaaa")
    gone = keep(place, verdict=Verdict.GONE, before=before, reason="HTTP 410")
    status, out, _ = shown(place, capsys)
    assert status == 0
    assert "taken away    gone, as the last visit showed" in out
    assert gone.article.captured
    assert f"last visited  {gone.article.captured.isoformat()}" in out
    assert "version 1" in out
    assert "next visit    none is due" in out


def test_an_article_whose_address_leads_to_another_one_says_to_which(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = keep(place)
    [before] = kept.known("20261122000000-aaaaaa")
    other = f"{HOST}/nasional/7788999/kabar-lain"
    keep(place, other, before=before, aliases=(URL,))
    status, out, _ = shown(place, capsys)
    assert status == 0
    assert f"moved         its address leads to {other} now" in out


def test_of_two_extractors_the_newer_one_s_row_is_read(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    keep(place)
    [part] = Path(place.uri).glob("articles/**/*.jsonl.gz")
    row = json.loads(gzip.decompress(part.read_bytes()))
    for extractor in ("10", "9"):
        again = json.dumps({**row, "title": f"Judul dari {extractor}"}).encode() + b"\n"
        part.with_name(part.name.replace("-2.jsonl", f"-{extractor}.jsonl")).write_bytes(gzip.compress(again))
    assert shown(place, capsys)[1].startswith("Judul dari 10\n")


def lost(path: Path) -> None:
    path.unlink()


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


def odd(path: Path) -> None:
    path.write_bytes(gzip.compress(b'{"id": "tribun:www.tribunnews.com:7788101", "version": 1, "captures": [1]}\n'))


@pytest.mark.parametrize("harm", [lost, torn, odd])
def test_a_version_whose_row_cannot_be_read_is_named_and_the_others_are_shown(
    place: Place, capsys: pytest.CaptureFixture[str], harm: Any
) -> None:
    keep(place)
    [part] = Path(place.uri).glob("articles/**/*.jsonl.gz")
    keep(place, text=["Lain."], version=2)
    harm(part)
    status, out, err = shown(place, capsys)
    assert status == 0
    assert "its row cannot be read" in out
    assert "version 2" in out
    assert "The row of version 1 is in no part of job" in err
    assert (part.name in err) is (harm is not lost)


def cases(place: Place) -> Iterator[tuple[Any, list[str]]]:
    """What is done before, and what is said of the address then."""
    yield (lambda: None), ["not in the archive, and no source has announced it"]
    yield (lambda: announce(place)), ["announced 2026-11-20T01:00:00+00:00 by", "not tried yet"]
    tried = {"reason": "timeout", "tries": 2, "tried": "2026-11-21T00:00:00+00:00"}
    yield (
        (lambda: announce(place, **tried, due="2026-11-23")),
        ["tried 2 times", "timeout", "the next is due 2026-11-23"],
    )
    yield (
        (lambda: announce(place, **{**tried, "tried": "2026-11-22"})),
        ["given up; scrapy ledger tribun --fill tries again"],
    )
    absent: dict[str, Any] = {"verdict": Verdict.NOT_FOUND, "reason": "HTTP 404", "id": ""}
    yield (
        lambda: keep(place, **absent, final=False, due=datetime(2026, 12, 1, tzinfo=UTC)),
        ["not-found, HTTP 404", "tried once; the next is due 2026-12-01", "by https://www.tribunnews.com/rss"],
    )
    listing: dict[str, Any] = {"verdict": Verdict.LISTING, "reason": "40 links", "id": ""}
    yield (lambda: keep(place, **listing)), ["listing, 40 links", "it is not asked for again", "record <urn:uuid:"]


def test_an_address_that_is_no_article_s_says_all_that_is_known(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.job("tribun").finish({})
    for act, sentences in cases(place):
        act()
        status, out, err = shown(place, capsys)
        assert (status, err) == (8, "")
        for sentence in sentences:
            assert sentence in out


def test_what_was_given_up_and_nobody_announced_is_brought_back_by_its_name(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.job("tribun").finish({})
    keep(place, verdict=Verdict.NOT_FOUND, reason="HTTP 404", id="", final=False)
    _, out, _ = shown(place, capsys)
    assert f"given up; scrapy crawl tribun -a url={URL} tries again" in out


@pytest.mark.parametrize("at_once", [True, False])
def test_of_looks_that_lack_a_page_the_one_with_more_captures_is_shown(
    place: Place, capsys: pytest.CaptureFixture[str], *, at_once: bool
) -> None:
    running = place.job("tribun")
    for text, pages in (("Dua halaman.", 2), ("Satu halaman.", 1)):
        captures = [running.capture(exchange(URL, os.urandom(8))) for _ in range(pages)]
        made = article(running, text=[text], complete=False, captures=captures)
        running.keep(Outcome(article=made, verdict=Verdict.ARTICLE, final=False))
        if not at_once:
            running.finish({})
            running = place.job("tribun")
    running.finish({})
    _, out, err = shown(place, capsys, as_json=True)
    assert err == ""
    assert [one["row"]["text"] for one in json.loads(out)["versions"]] == ["Dua halaman."]


def test_an_article_kept_before_versions_were_known_has_the_one_that_is_there(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(place)
    with closing(open_catalog(place.state / "catalog.sqlite3")) as catalog, catalog._database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM versions")
    status, out, err = shown(place, capsys)
    assert (status, err) == (0, "")
    assert out.startswith("Jembatan dibuka\n")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://contoh.test/1", "is no address of an outlet"),
        ("tidak\x1b[2Jada", r"tidak\\x1b\[2Jada is no address"),
        ("", "Name one address"),
        ("--tidakada", "There is no option"),
        (URL, "There is no catalog"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(
    place: Place, capsys: pytest.CaptureFixture[str], url: str, sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        shown(place, capsys, url)
    assert list(Path(place.uri).iterdir()) == [], "who only reads makes nothing"


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colours_are_for_a_person_who_wants_them(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, no_color: str, *, coloured: bool
) -> None:
    keep(place)
    keep(place, text=["Lain."], version=2)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", no_color)
    out = shown(place, capsys)[1]
    assert ("\x1b[32mLain.\x1b[0m" in out) is coloured
    assert ("\x1b[" in out) is coloured
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    assert "\x1b[" not in shown(place, capsys)[1]
