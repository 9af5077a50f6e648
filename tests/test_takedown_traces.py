"""What says that an article was taken down, and what might remember it: log, list, search, datasets, and the verbs."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from archive.dataset.aside import aside
from archive.dataset.build import build
from archive.dataset.describe import Order
from archive.dataset.selection import Selection
from archive.errors import Damaged
from archive.files import OnDisk
from archive.proof import examine, ref_of
from archive.search.index import Question, SearchIndex
from archive.takedown.doing import Doing
from archive.takedown.stub import stub_id
from crawler.reading.answers import Asked
from crawler.reading.room import Room
from crawler.reading.upkeep import Upkeep
from tests.datasets import TITLES
from tests.lives import Place, exchange, on_disk
from tests.runs import scrapy
from tests.takedowns import (
    ALIAS,
    ID,
    OTHER,
    REASON,
    SECRET,
    UNSEEN,
    URL,
    content,
    counted,
    entries,
    folder,
    holding,
    kept,
    records,
    rows,
    take_down,
    verified,
)


@pytest.fixture
def place(archive_copy: Place) -> Place:
    return archive_copy


def test_the_search_forgets_its_words_and_the_reading_room_says_why(place: Place) -> None:
    files, path = OnDisk(folder(place)), place.state / "search.sqlite3"
    with closing(SearchIndex(path)) as index:
        index.refresh(files, lambda _, __: None, pytest.fail)
        assert index.ask(Question(typed=SECRET)).total == 2
    assert "state/search.sqlite3" in holding(content(folder(place)))
    assert take_down(place) == 0
    assert holding(content(folder(place))) == []
    with closing(SearchIndex(path)) as index:
        assert index.ask(Question(typed=SECRET)).total == 0
        assert index.ask(Question(typed="pasar")).total == 1
        room = Room(files, index, Upkeep(index, files, print), lambda: "")
        answer = room.answer(Asked(path="/article/tribun/www.tribunnews.com:7788101"))
        assert answer.status == 410
        assert b"was taken down on 20" in answer.body
        assert b"court order." in answer.body


def dataset(place: Place, form: str, folder_of: Path) -> Path:
    """A dataset of the archive as it is, in a folder of its own."""
    folder_of.mkdir(parents=True)
    order = Order(name=f"uji-{form}", form=form, selection=Selection(), titles=TITLES)
    build(folder_of, order, lambda: OnDisk(folder(place)), None, jobs=1, tell=lambda *_: None)
    return folder_of / "dataset"


def test_datasets_that_hold_it_are_named_and_later_ones_do_not_hold_it(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forms = ("jsonl", "csv", "parquet", "txt", "wet")
    for form in forms:
        made = dataset(place, form, tmp_path / form)
        (folder(place) / "datasets").mkdir(exist_ok=True)
        made.rename(folder(place) / "datasets" / f"uji-{form}")
    (folder(place) / "datasets/uji-jsonl/datapackage.json").write_text("{}")
    assert take_down(place) == 0
    said = capsys.readouterr()
    assert "The dataset uji-jsonl cannot be looked into" in said.err
    assert "dataset   uji-jsonl cannot be looked into" in said.out
    assert "reason    court order: that much is for everybody to read" in said.out
    for form in forms[1:]:
        assert f"dataset   uji-{form} holds 1 row of it" in said.out
    [line] = (folder(place) / "takedowns/revocations.jsonl").read_text().splitlines()
    assert json.loads(line)["datasets"] == [f"uji-{form}" for form in sorted(forms)]
    made = dataset(place, "txt", tmp_path / "again")
    assert holding(content(made)) == []
    assert holding(content(made), "Pasar ramai")


def test_a_dataset_passes_over_what_a_takedown_has_begun_and_is_not_made_where_nobody_can_say_what_that_is(
    place: Place, filled_archive: Path, tmp_path: Path
) -> None:
    assert take_down(place) == 0
    began, done = sorted(folder(place).glob("takedowns/*/*.json"))
    entry = began.read_bytes()
    after = content(dataset(place, "txt", tmp_path / "after"))
    shutil.rmtree(folder(place))
    shutil.copytree(filled_archive, folder(place))
    began.parent.mkdir(parents=True)
    began.write_bytes(entry)
    assert content(dataset(place, "txt", tmp_path / "begun")) == after
    began.write_bytes(entry.replace(b"court", b"count"))
    with pytest.raises(Damaged, match=r"-began.json is not as it was written.*nobody can say.*from a copy"):
        dataset(place, "txt", tmp_path / "torn")
    done.write_bytes(b"")  # its name says that no row was left
    assert holding(content(dataset(place, "txt", tmp_path / "over")), "Pasar ramai")


@pytest.mark.parametrize("step", ["_change_index", "_change_rows"])
def test_after_one_that_was_cut_short_on_a_machine_that_is_lost_manifests_state_what_it_had_changed(
    place: Place, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def die(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(Doing, step, die)
        assert take_down(place) == 5
    shutil.rmtree(place.state)
    assert place.rebuild().faults == 0
    assert take_down(place) == 0
    assert holding(content(folder(place))) == []
    assert "no faults" in verified(place)


def test_rows_of_a_dataset_whose_making_was_killed_go_too_and_of_one_at_work_it_is_told(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    left = place.state / "datasets" / "unfinished" / "0.sqlite3"
    left.parent.mkdir(parents=True)
    left.write_text(SECRET)
    assert take_down(place) == 0
    assert holding(content(place.state)) == []
    with aside(place.state / "datasets"):
        assert take_down(place, OTHER) == 0
    assert "A dataset is being made here, and may hold the article" in capsys.readouterr().err


def test_a_record_that_was_taken_down_is_said_to_be_so_where_a_row_still_names_it(place: Place) -> None:
    named = [row for row in rows(place) if row["url"] == URL]
    part = min(folder(place).glob("articles/**/*.jsonl.gz"))
    old = part.read_bytes()
    take_down(place)
    with pytest.raises(Damaged, match="was taken down"):
        examine(OnDisk(folder(place)), ref_of(named[0]["captures"][0]))
    part.with_name(part.name.replace(".jsonl.gz", "-20991122000000.jsonl.gz")).write_bytes(old)
    status, out, _ = scrapy("verify", "--deep", "-s", f"ARCHIVE_URI={place.uri}")
    assert status == 10
    assert "was taken down: scrapy takedown takes the row out, too" in out
    assert take_down(place) == 0
    assert "no faults" in verified(place)


def test_what_was_taken_down_is_said_to_be_so(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    take_down(place)
    capsys.readouterr()
    was = kept(place)
    assert take_down(place) == 0
    assert f"{URL} was taken down on " in capsys.readouterr().out
    assert kept(place) == was
    for url in (URL, ALIAS, UNSEEN):
        status, out, log = scrapy("history", url, "-s", f"ARCHIVE_URI={place.uri}")
        assert (status, log) == (8, "")
        assert "taken down    20" in out
        assert "takedowns/tribun/ says why" in out


def test_the_log_says_who_what_when_and_why_and_the_list_tells_users_of_datasets_what_to_take_out(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    was = {(name, offset): length for name, offset, length, *_ in records(folder(place))}
    take_down(place)
    began, done = entries(place)
    assert (began["reason"], began["id"], began["addresses"], began["asked"]) == (REASON, ID, [URL, ALIAS], URL)
    assert "@" in began["by"]
    assert "done" not in began
    assert len(done["records"]) == 14
    for record in done["records"]:
        assert was[Path(record["warc"]).name, record["offset"]] == record["length"]
        data = (folder(place) / record["warc"]).read_bytes()
        member = data[record["offset"] :][: record["length"]]
        assert sha256(member) == record["sha256_after"] != record["sha256"]
        assert stub_id(record["record_id"]).encode() in gzip.decompress(member)
        assert b"takenDown: " in gzip.decompress(member)
        assert b"Pengadilan" not in gzip.decompress(member)
    for file in done["changed"]:
        assert sha256((folder(place) / file["key"]).read_bytes()) == file["sha256_after"]
    [line] = [json.loads(line) for line in (folder(place) / "takedowns/revocations.jsonl").read_text().splitlines()]
    assert line["url_sha256"] == [sha256(url.encode()) for url in (URL, ALIAS)]
    assert (line["id"], line["reason"], line["datasets"]) == (ID, "court order", [])
    take_down(place, OTHER, reason="author's request")
    lines = (folder(place) / "takedowns/revocations.jsonl").read_text().splitlines()
    assert [json.loads(one)["reason"] for one in lines] == ["court order", "author's request"]
    assert f"list      {folder(place)}/takedowns/revocations.jsonl" in capsys.readouterr().out


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_checks_of_the_outlet_that_fetched_it_are_named(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    check = on_disk(folder(place) / "checks" / "tribun" / "20261122001500")
    running = check.job("tribun")
    running.capture(exchange(f"{URL}?utm_source=x", SECRET.encode()))
    running.finish(counted(0))
    assert take_down(place) == 0
    assert "checks/tribun/20261122001500 is an archive of its own" in capsys.readouterr().out
    assert holding(content(folder(place)))
    assert take_down(check) == 0
    assert not holding(content(folder(place)))
