"""Archives of others become captures and rows of ours: once, in any order, whatever happens."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from archive.errors import ArgumentError, ExitStatus
from archive.job import Job
from archive.known import Known
from archive.outcome import Outcome
from archive.warc import WarcWriter
from crawler.foreign import adopting
from crawler.foreign.adopt import adopt
from crawler.foreign.adopting import Adopting
from crawler.foreign.visits import Bytes, Made
from crawler.visit import MAX_PAGES
from tests import buckets
from tests.foreign import Book, address, bare, http, later, page, settings_of, sound, taken, wacz
from tests.lives import Place
from tests.runs import Run, scrapy
from tests.spiders.contoh import ContohSpider


class Here:
    """In place of worker processes: what they do is pure, and to begin one costs more than most tests do."""

    def __init__(self, count: int) -> None:
        assert count == 1

    async def run(self, act: Callable[..., object], *arguments: object, **named: object) -> object:
        return act(*arguments, **named)

    def stop(self) -> None:
        pass


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adopting, "Workers", Here)


def three_files(folder: Path) -> list[Path]:
    """Two articles, one of which was edited, in files that overlap; one of them in a WACZ, one plain."""
    first, second, third = Book(), Book(), Book()
    first.page(1, later(days=2), "Sukamaju Baru")
    first.page(2)
    second.page(1)
    second.page(1, later(days=1))
    third.page(1, later(days=2), "Sukamaju Baru")
    third.response("https://lain.test/cerita", http(page(3)), later(hours=1))
    inner = third.write(folder / "ketiga.warc.gz")
    found = [
        first.write(folder / "pertama.warc.gz"),
        second.write(folder / "kedua.warc"),
        wacz(folder / "c.wacz", inner),
    ]
    inner.unlink()
    return found


def test_the_order_of_files_changes_nothing(tmp_path: Path) -> None:
    results = []
    for number, files in enumerate(itertools.permutations(three_files(tmp_path))):
        if number % 2 == 0:  # each of them first once, and with it its name
            folder = tmp_path / f"files-{number}"
            folder.mkdir()
            for at, path in enumerate(files):
                shutil.copy(path, folder / f"{at}{''.join(path.suffixes)}")
            status, run = taken(tmp_path / f"archive-{number}", folder)
            assert status == ExitStatus.DONE
            results.append((bare(run.rows()), bare(run.rows("dropped"))))
    assert results[0] == results[1] == results[2]
    rows = results[0][0]
    assert [(row["outlet"], row["version"]) for row in rows] == [
        ("contoh", 1),
        ("contoh", 2),
        ("contoh", 1),
        ("others", 1),
    ]
    assert rows[0]["text"] != rows[1]["text"]
    sound(tmp_path / "archive-0")


def test_the_same_files_again_bring_nothing(tmp_path: Path) -> None:
    files = three_files(tmp_path)
    archive = tmp_path / "a"
    taken(archive, *files)
    before = sorted(path for path in archive.rglob("*") if path.is_file())
    files[0].rename(tmp_path / "nama-lain.warc.gz")
    status, _ = taken(archive, tmp_path / "nama-lain.warc.gz", *files[1:])
    assert status == ExitStatus.DONE
    assert sorted(path for path in archive.rglob("*") if path.is_file()) == before


@pytest.mark.parametrize("moment", [("capture", 2), ("keep", 1), ("keep", 3), ("visited", 1), ("finish", 1)])
def test_one_that_was_killed_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: tuple[str, int]
) -> None:
    files = three_files(tmp_path)
    _, whole = taken(tmp_path / "whole", *files, only=["contoh"])
    act, number = moment
    method, calls = getattr(Job, act), itertools.count(1)

    def die(self: Job, *arguments: object) -> object:
        if next(calls) == number:
            raise KeyboardInterrupt
        return method(self, *arguments)

    monkeypatch.setattr(Job, act, die)
    with pytest.raises(KeyboardInterrupt):
        taken(tmp_path / "a", *files, only=["contoh"])
    monkeypatch.undo()
    status, run = taken(tmp_path / "a", *files, only=["contoh"])
    assert status == ExitStatus.DONE
    assert bare(run.rows()) == bare(whole.rows())
    sound(tmp_path / "a")
    place = Place(str(tmp_path / "a"), tmp_path / "a" / "state")
    assert place.content()["waiting"] == []


def test_a_catalog_that_is_made_anew_knows_what_was_adopted(tmp_path: Path) -> None:
    taken(tmp_path / "a", *three_files(tmp_path))
    place = Place(str(tmp_path / "a"), tmp_path / "a" / "state")
    old = place.content()
    place.rebuild()
    assert place.complaints == []
    assert place.content() == old


def test_only_what_was_asked_for_is_adopted(tmp_path: Path) -> None:
    files = three_files(tmp_path)
    _, ours = taken(tmp_path / "a", *files, only=["contoh"])
    _, theirs = taken(tmp_path / "b", *files, only=["others"])
    assert {row["outlet"] for row in ours.rows()} == {"contoh"}
    assert {row["outlet"] for row in theirs.rows()} == {"others"}
    with pytest.raises(ArgumentError, match="There is no outlet misal"):
        taken(tmp_path / "c", *files, only=["misal"])
    assert not (tmp_path / "c").exists()


def test_a_capture_from_before_the_row_that_is_there_makes_none(tmp_path: Path) -> None:
    new, old = Book(), Book()
    new.page(1, later(days=9), "Sukamaju Baru")
    old.page(1)
    taken(tmp_path / "a", new.write(tmp_path / "new.warc"))
    before = sorted(path for path in (tmp_path / "a").rglob("*") if path.is_file())
    status, run = taken(tmp_path / "a", old.write(tmp_path / "old.warc"))
    assert status == ExitStatus.DONE
    assert sorted(path for path in (tmp_path / "a").rglob("*") if path.is_file()) == before
    [row] = run.rows()
    assert (row["version"], row["captured"]) == (1, later(days=9).isoformat())


def test_pages_of_one_visit_are_one_article(tmp_path: Path) -> None:
    book = Book()
    pager = "<meta name='robots' content='index'><div class='paging'>Halaman 1 dari 2</div>"
    for number, words in ((1, "Awal"), (2, "Akhir")):
        query = f"?page={number}" if number > 1 else ""
        body = page(1, words).replace(b"</body>", f"{pager.replace('1 dari', f'{number} dari')}</body>".encode())
        links = f"<div class='pagination'><a href='{address(1)}'>1</a><a href='{address(1)}?page=2'>2</a></div>"
        body = body.replace(b"</body>", links.encode() + b"</body>")
        book.response(address(1) + query, http(body), later(minutes=number))
    _, run = taken(tmp_path / "a", book.write(tmp_path / "x.warc"))
    [row] = run.rows()
    assert [ref["url"] for ref in row["captures"]] == [address(1), f"{address(1)}?page=2"]
    assert "Awal" in row["text"]
    assert "Akhir" in row["text"]
    assert (row["pages"], row["complete"]) == (2, True)


def test_of_a_pager_without_end_no_more_pages_are_held_in_memory_than_a_crawl_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Book()
    book.page(1)
    for number in range(2, MAX_PAGES + 40):
        book.response(f"{address(1)}?page={number}", http(page(1)), later(seconds=number))
    path, extract = book.write(tmp_path / "x.warc"), Adopting._extract
    given: list[int] = []

    def counting(self: Adopting, answers: list[Bytes]) -> Awaitable[Made]:
        given.append(len(answers))
        return extract(self, answers)

    monkeypatch.setattr(Adopting, "_extract", counting)
    taken(tmp_path / "a", path)
    assert given[0] == MAX_PAGES + 1
    given.clear()
    monkeypatch.setattr(adopting, "MAX_BLOCK", 3 * len(page(1)))
    _, run = taken(tmp_path / "b", path)
    assert given[0] == 4
    assert len(run.rows()) == 1


def test_an_article_that_was_taken_down_does_not_come_back(tmp_path: Path) -> None:
    book = Book()
    book.page(1)
    job = Job(outlet="contoh", archive_uri=str(tmp_path / "a"))
    line = Known(
        url=address(1),
        outlet="contoh",
        article_id="contoh:contoh.test:1",
        verdict="taken-down",
        final=True,
        published=None,
        section=None,
        captured=None,
        job=job.id,
    )
    job.visited(line)
    job.finish({})
    status, run = taken(tmp_path / "a", book.write(tmp_path / "x.warc"))
    assert status == ExitStatus.DONE
    assert (run.rows(), run.rows("dropped"), run.warcs) == ([], [], [])


def test_an_outlet_at_work_is_left_and_the_others_are_not(tmp_path: Path) -> None:
    files = three_files(tmp_path)
    job = Job(outlet="contoh", archive_uri=str(tmp_path / "a"))
    try:
        status, run = taken(tmp_path / "a", *files)
    finally:
        job.release()
    assert status == ExitStatus.LEASED
    assert {row["outlet"] for row in run.rows()} == {"others"}
    assert taken(tmp_path / "a", *files)[0] == ExitStatus.DONE


def test_files_in_a_bucket_are_read_like_files_here(tmp_path: Path, quick_bucket: buckets.Place) -> None:
    files = three_files(tmp_path)
    for path in files:
        quick_bucket.put(f"luar/{path.name}", path.read_bytes())
    quick_bucket.put("luar-lain/rusak.warc", b"bukan")
    _, here = taken(tmp_path / "here", *files)
    uri = f"{quick_bucket.uri}/luar"
    assert adopt([uri], [], settings_of(tmp_path / "there"), 1) == ExitStatus.DONE
    assert bare(Run(0, "", "", tmp_path / "there").rows()) == bare(here.rows())


def test_what_is_adopted_into_a_bucket_is_there(tmp_path: Path, quick_bucket: buckets.Place) -> None:
    archive = f"{quick_bucket.uri}/arsip"
    settings = settings_of(archive, STATE_DIR=str(tmp_path / "state"))
    files = [str(path) for path in three_files(tmp_path)]
    assert adopt(files, ["contoh"], settings, 1) == ExitStatus.DONE
    keys = sorted(quick_bucket.content())
    assert {key.split("/")[-3 if "=" in key else 0] for key in keys if "articles" in key}
    assert adopt(files, ["contoh"], settings, 1) == ExitStatus.DONE
    assert sorted(quick_bucket.content()) == keys


def test_no_more_waits_for_upload_than_may(
    tmp_path: Path, quick_bucket: buckets.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(WarcWriter.__init__.__kwdefaults__ or {}, "max_bytes", 1)
    monkeypatch.setattr(adopting, "COMMIT_SECONDS", 0.0)
    book = Book()
    for number in range(6):
        book.page(number, later(hours=number))
    settings = settings_of(quick_bucket.uri, STATE_DIR=str(tmp_path / "state"), SPOOL_LIMIT_MB=0)
    most, keep = 0, Job.keep

    def watched(self: Job, outcome: Outcome) -> None:
        nonlocal most
        most = max(most, self.storage.pending().files)
        keep(self, outcome)

    monkeypatch.setattr(Job, "keep", watched)
    assert adopt([str(book.write(tmp_path / "x.warc"))], [], settings, 1) == ExitStatus.DONE
    assert len([key for key in quick_bucket.content() if key.endswith(".warc.gz")]) == 6
    assert most == 0


def test_other_rules_alone_make_no_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, same, edited = Book(), Book(), Book()
    first.page(1)
    same.response(address(1), http(page(1) + b"<!-- iklan -->"), later(days=1))
    edited.page(1, later(days=2), "Sukamaju Baru")
    taken(tmp_path / "a", first.write(tmp_path / "1.warc"))
    layout = replace(ContohSpider.outlet.rules.layouts[0], drop=("p:first-child",))
    rules = replace(ContohSpider.outlet.rules, layouts=(layout,))
    monkeypatch.setattr(ContohSpider, "outlet", replace(ContohSpider.outlet, rules=rules))
    _, run = taken(tmp_path / "a", same.write(tmp_path / "2.warc"))
    assert [row["version"] for row in run.rows()] == [1]
    _, run = taken(tmp_path / "a", edited.write(tmp_path / "3.warc"))
    assert sorted(row["version"] for row in run.rows()) == [1, 2]
    sound(tmp_path / "a")


def test_a_redirect_leads_to_its_article_whichever_file_has_it(tmp_path: Path) -> None:
    book, other = Book(), Book()
    moved = http(b"", f"Location: {address(1)}", status="301 Moved")
    book.response(address(7), moved)
    book.response(address(8), http(b"", "Location: https://lain.test/", status="302 Found"))
    book.response(address(9), http(b"", f"Location: {address(99)}", status="302 Found"))
    book.response("http://contoh.test/berita/1", http(b"", f"Location: {address(1)}", status="301 Moved"))
    book.response(f"{address(1)}?page=2", http(page(1), status="404 Not Found"))
    other.page(1, later(days=1))
    _, run = taken(tmp_path / "a", book.write(tmp_path / "1.warc"), other.write(tmp_path / "2.warc"))
    assert [row["url"] for row in run.rows()] == [address(1)]
    told = {row["url"]: (row["verdict"], row["id"]) for row in run.rows("dropped")}
    assert told == {address(7): ("duplicate", "contoh:contoh.test:1"), address(8): ("redirected-away", "")}
    sound(tmp_path / "a")


def test_a_page_that_went_away_is_a_row_of_what_was_dropped(tmp_path: Path) -> None:
    book = Book()
    book.page(1)
    book.response(address(1), http(b"<p>hilang</p>", status="410 Gone"), later(days=3))
    book.response(address(2), http(b"<p>hilang</p>", status="404 Not Found"), later(days=3))
    book.response(address(3), http(b"%PDF-1.7", "Content-Type: application/pdf"), later(days=3))
    _, run = taken(tmp_path / "a", book.write(tmp_path / "1.warc"))
    assert [(row["url"], row["verdict"]) for row in run.rows("dropped")] == [
        (address(1), "gone"),
        (address(2), "not-found"),
        (address(3), "not-html"),
    ]
    assert len(run.rows()) == 1


def test_the_verb_says_what_it_adopted_and_what_is_wrong(tmp_path: Path) -> None:
    files = three_files(tmp_path)
    (tmp_path / "rusak.warc.gz").write_bytes(files[0].read_bytes()[:300])
    settings = ("-s", f"ARCHIVE_URI={tmp_path / 'a'}", "-s", "SPIDER_MODULES=tests.spiders")
    status, out, log = scrapy("rebuild", "contoh", "--jobs", "1", "--from", str(tmp_path), *settings)
    assert status == ExitStatus.VERIFICATION
    assert "adopted    4 captures  (contoh 4)" in out
    assert "kept       3  (of a later version 1)" in out
    assert "other host 1" in out
    assert "rusak.warc.gz:0: torn: " in log
    status, out, log = scrapy("rebuild", "--from", str(tmp_path / "tidak-ada"), *settings)
    assert (status, out) == (ExitStatus.USAGE, "")
    assert "There is no file or folder" in log
