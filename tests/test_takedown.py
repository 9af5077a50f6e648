"""`scrapy takedown`: nothing of the article is left in any file, and everything else is as it was."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import time_machine
from scrapy.exceptions import UsageError

from archive import cdxj, ledger
from archive.catalog import open_catalog
from archive.known import Announced
from archive.misses import Miss
from archive.takedown.doing import Doing
from archive.takedown.found import FoundRecord
from archive.takedown.stub import public
from crawler.arguments import Arguments
from crawler.frontier import Answer, Frontier
from crawler.spiders.tribun import TribunSpider
from tests.lives import Place, exchange, on_disk
from tests.takedowns import (
    ALIAS,
    HOST,
    ID,
    OTHER,
    REASON,
    UNSEEN,
    URL,
    content,
    counted,
    entries,
    folder,
    holding,
    kept,
    records,
    row,
    rows,
    take_down,
    verified,
)


@pytest.fixture
def place(archive_copy: Place) -> Place:
    return archive_copy


def test_nothing_of_the_article_is_left_and_every_other_record_is_where_it_was(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    was, files = records(folder(place)), content(folder(place))
    assert len(holding(files)) == 6  # three WARC files, and three parts of rows
    other = [row for row in rows(place) if row["url"] == OTHER]
    assert take_down(place) == 0
    assert capsys.readouterr().err == ""
    now = content(folder(place))
    assert holding(now) == []
    assert rows(place) == other
    assert rows(place, "dropped") == []
    is_of_it = ["7788101" in url for *_, url in was]
    assert sum(is_of_it) == 14
    for old, new, gone in zip(was, records(folder(place)), is_of_it, strict=True):
        assert old[:3] == new[:3]
        assert new[3:] == (("metadata", "") if gone else old[3:])
    for name in (name for name in files if name.endswith(".warc.gz")):
        spans = [(offset, length) for file, offset, length, *_, url in was if file == Path(name).name and OTHER in url]
        for offset, length in spans:
            assert now[name][offset : offset + length] == files[name][offset : offset + length]
    assert "7788101" not in "".join(data.decode() for name, data in now.items() if name.endswith(".cdxj"))
    assert "no faults" in verified(place)


def test_a_clock_that_is_behind_that_of_the_crawls_makes_no_fault_of_a_takedown(place: Place) -> None:
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=1)):
        assert take_down(place) == 0
    assert "no faults" in verified(place)


def test_a_dry_run_names_everything_and_changes_nothing(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    was = kept(place)
    assert take_down(place, ALIAS, dry=True) == 0
    out = capsys.readouterr().out
    assert kept(place) == was
    assert out.startswith("Nothing was changed. This would be taken down:\n")
    assert {f"address   {URL}", f"address   {ALIAS}", f"article   {ID}"} < set(out.splitlines())
    assert "together  3 rows; records: 7 request, 5 response, 2 revisit" in out
    planned = {line for line in out.splitlines() if line.startswith(("row", "record", "index"))}
    assert take_down(place) == 0
    assert {
        line for line in capsys.readouterr().out.splitlines() if line.startswith(("row", "record", "index"))
    } == planned


def test_it_never_comes_back_whatever_is_asked_for_and_whoever_makes_the_catalog_anew(place: Place) -> None:
    running = place.job("tribun")
    line = Announced(url=URL, outlet="tribun", day="2026-11-20", at="2026-11-20T01:00:00+00:00", source=f"{HOST}/rss")
    running.announce(line)
    running.announce(replace(line, url=UNSEEN))
    running.finish({"counts": {"kept": 0, "dropped": {}}})
    take_down(place)
    once = place.content()
    assert [row[3] for row in once["known"] if "7788101" in row[0]] == ["taken-down", "taken-down"]
    assert not [row for row in once["captures"] if "7788101" in row[0]]
    assert not [row for row in once["versions"] if row[0] == ID]
    shutil.rmtree(place.state)
    assert place.rebuild().faults == 0
    assert place.content() == once
    running = place.job("tribun")
    with closing(running.catalog) as catalog:
        for given in ({}, {"url": f"{URL},{UNSEEN}"}, {"fill": "yes"}):
            arguments = Arguments.parse(TribunSpider.outlet, given)
            made = Frontier("tribun", TribunSpider.outlet, arguments, catalog)
            assert {made.announce(url) for url in (URL, ALIAS)} <= {Answer.THERE, Answer.REPEATED}
            assert not made.resume(replace(line, url=UNSEEN))
            assert made.take() is None
            fresh = Frontier("tribun", TribunSpider.outlet, arguments, catalog)
            assert fresh.announce(UNSEEN) is Answer.THERE
            assert fresh.is_taken_down(ID)
        assert not catalog.due("tribun", "2099", 9)
        assert ledger.total(ledger.days(catalog, "tribun")).misses == {
            Miss.TAKEN_DOWN: 1,
            Miss.NOT_TRIED: 1,
        }  # nobody has asked for the other address
        running.release()


def test_the_word_of_a_later_job_does_not_undo_a_takedown(place: Place) -> None:
    with closing(open_catalog(place.state / "catalog.sqlite3")) as catalog:
        before = catalog.known(URL)
    assert before
    take_down(place)
    running = place.job("tribun")
    running.visited(replace(before, job=running.id))
    running.finish({})
    with closing(open_catalog(place.state / "catalog.sqlite3")) as catalog:
        assert (known := catalog.known(URL))
        assert (known.verdict, known.final, known.due) == ("taken-down", True, None)


def test_an_unknown_address_and_one_that_is_no_articles_are_refused_and_nothing_is_changed(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    was = kept(place)
    assert take_down(place, f"{HOST}/nasional/7799999/tidak-ada") == 8
    assert "the archive holds nothing of it" in capsys.readouterr().out
    refused: list[tuple[str, str | None, str]] = [
        (f"{HOST}/sitemap.xml", REASON, "no article's address"),
        ("https://contoh.invalid/1", REASON, "no address of an outlet"),
        (URL, None, "Say why"),
        (URL, " : rahasia", "--reason is empty"),
        (URL, "court order: \udcff", "must be UTF-8"),
        (f"{URL}\udcff", REASON, "must be UTF-8"),
    ]
    for url, reason, sentence in refused:
        with pytest.raises(UsageError, match=sentence):
            take_down(place, url, reason=reason)
    assert kept(place) == was


def test_without_an_archive_none_is_begun(tmp_path: Path) -> None:
    place = on_disk(tmp_path / "nirgends")
    with pytest.raises(UsageError, match="There is no archive"):
        take_down(place)
    assert not (tmp_path / "nirgends").exists()


def test_a_catalog_that_knows_nothing_of_it_does_not_hide_it(place: Place) -> None:
    with closing(open_catalog(place.state / "catalog.sqlite3")) as catalog, catalog._database.writing() as connection:
        for table in ("known", "versions", "captures"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    assert take_down(place) == 0
    assert holding(content(folder(place))) == []
    assert "no faults" in verified(place)


def test_of_the_parts_that_a_rebuild_has_replaced_and_kept_only_those_that_held_it_go(place: Place) -> None:
    before = set(parts_of(place))
    running = place.job("tribun")
    url = f"{HOST}/nasional/7788103/sawah-kering"
    row(running, url, [running.capture(exchange(url, b"sawah"))], "Sawah kering")
    running.finish(counted(1))
    old = {path: path.with_name(path.name.replace(".jsonl.gz", "-20260101000000.jsonl.gz")) for path in parts_of(place)}
    for path, made in old.items():
        shutil.copy(path, made)
    assert take_down(place) == 0
    assert holding(content(folder(place))) == []
    assert (len(before), len(old)) == (2, 3)
    assert {path for path in old if path.exists()} == old.keys() - before


def test_a_part_that_cannot_be_written_anew_is_said_before_anything_is_changed(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    part = next(path for path in parts_of(place) if OTHER.encode() in gzip.decompress(path.read_bytes()))
    lines = [json.loads(line) for line in gzip.decompress(part.read_bytes()).splitlines()]
    lines[-1].pop("words")
    part.write_bytes(gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines)))
    was = kept(place)
    assert take_down(place) == 5
    assert "line 2: the row has no words" in capsys.readouterr().err
    assert kept(place) == was
    assert not list((place.state / "spool").glob("*/*"))


def test_a_warc_that_was_changed_since_it_was_searched_is_not_overwritten(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    change, changed = Doing._change_warc, dict[Path, bytes]()

    def late(self: Doing, key: str, found: list[FoundRecord]) -> None:
        path = folder(place) / key
        path.chmod(0o644)
        data = bytearray(path.read_bytes())
        data[found[0].offset + 4] ^= 1  # the time of its gzip member
        path.write_bytes(data)
        changed[path] = bytes(data)
        change(self, key, found)

    monkeypatch.setattr(Doing, "_change_warc", late)
    assert take_down(place) == 5
    assert "was changed while it was read: nothing was overwritten" in capsys.readouterr().err
    assert [path.read_bytes() for path in changed] == [*changed.values()] != []
    monkeypatch.undo()
    assert take_down(place) == 0
    assert holding(content(folder(place))) == []


@pytest.mark.parametrize("pack", [gzip.compress, bytes])
def test_where_records_are_no_members_of_their_own_none_is_overwritten(
    place: Place, capsys: pytest.CaptureFixture[str], pack: Callable[[bytes], bytes]
) -> None:
    for path in folder(place).glob("warc/**/*.warc.gz"):
        whole = pack(gzip.decompress(path.read_bytes()))
        path.unlink()
        path.write_bytes(whole)
        index = Path(cdxj.path_for(str(path)))
        lines = re.sub(r'"offset": "\d+"', '"offset": "0"', index.read_text())
        index.unlink()
        index.write_text(lines)
    was = kept(place)
    assert take_down(place) == 5
    assert "not every record is a gzip member of its own" in capsys.readouterr().err
    assert kept(place) == was


def parts_of(place: Place) -> list[Path]:
    return sorted(folder(place).glob("articles/**/*.jsonl.gz"))


def killed(place: Place, stop: int | None) -> int:
    """How many steps a takedown took on the disk; it dies at that one, and nothing of it runs any more."""
    read, write = os.pipe()
    if child := os.fork():
        os.close(write)
        _, status = os.waitpid(child, 0)
        with os.fdopen(read, "rb") as said:
            steps = said.read()
        assert os.waitstatus_to_exitcode(status) == (0 if stop is None else 9)
        return len(steps)
    try:
        number = count(1)

        def dying(act: Callable[..., Any]) -> Callable[..., Any]:
            def step(*given: Any, **named: Any) -> Any:
                if next(number) == stop:
                    os._exit(9)
                os.write(write, b".")
                return act(*given, **named)

            return step

        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        for name in ("fsync", "rename", "unlink"):
            setattr(os, name, dying(getattr(os, name)))
        os._exit(take_down(place))
    finally:
        os._exit(1)


def test_killed_at_any_moment_no_file_is_torn_and_the_same_command_brings_it_to_its_end(
    place: Place, filled_archive: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # no test here takes the power away
    steps = killed(place, None)
    assert steps > 60
    for stop in (*range(2, steps, 11), *range(steps - 12, steps, 3)):  # at the end the log and the list are written
        shutil.rmtree(folder(place))
        shutil.copytree(filled_archive, folder(place))
        killed(place, stop)
        assert len(records(folder(place) / "warc")) == 21, stop  # none is torn
        assert take_down(place, reason="putusan: baru") == 0, (stop, capsys.readouterr())
        assert holding(content(folder(place))) == [], stop
        assert {row["url"] for row in rows(place)} == {OTHER}, stop
        last = [one for one in entries(place) if "done" in one][-1]
        assert last["id"] == ID, stop
        [line] = (folder(place) / "takedowns/revocations.jsonl").read_text().splitlines()
        # Who changed anything says why; whoever writes the end alone leaves that as it was.
        assert json.loads(line)["reason"] == (public(last["reason"]) if last["files"] else "court order"), stop
        verified(place)
