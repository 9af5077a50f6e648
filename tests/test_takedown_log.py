"""The log of takedowns, and the list that is made from it: whatever changes in them is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from archive.errors import Damaged
from archive.faults import Kind
from archive.files import OnDisk, refuse
from archive.seal import sealed
from archive.takedown import revocations, underway
from archive.verification import takedowns
from tests.lives import Place
from tests.runs import scrapy
from tests.takedowns import ID, OTHER, URL, folder, take_down

LIST = "takedowns/revocations.jsonl"
UNKNOWN = "https://www.tribunnews.com/nasional/7788199/tidak-ada"


@pytest.fixture
def place(archive_copy: Place) -> Place:
    dataset = folder(archive_copy) / "datasets/lama"
    dataset.mkdir(parents=True)
    (dataset / "datapackage.json").write_text("{}")  # it cannot be looked into, and is named
    assert take_down(archive_copy) == 0
    shutil.rmtree(dataset)
    return archive_copy


def found(place: Place, at_work: tuple[str, ...] = ()) -> list[tuple[str, Kind]]:
    manifests = [path.relative_to(folder(place)).as_posix() for path in folder(place).glob("jobs/*/*.json")]
    spoken = [key for key in manifests if "takedown" in json.loads((folder(place) / key).read_bytes())]
    faults = takedowns.faults(OnDisk(folder(place)), spoken, lambda _: at_work, refuse)
    return [(key, fault.kind) for key, fault in faults]


def test_any_flipped_byte_of_the_log_is_found(place: Place) -> None:
    assert found(place) == []
    paths = sorted(folder(place).glob("takedowns/*/*.json"))
    assert len(paths) == 2
    for path in paths:
        key, sound = path.relative_to(folder(place)).as_posix(), path.read_bytes()
        for at in {*range(0, len(sound), 11), *range(len(sound) - 90, len(sound), 3)}:  # its end is the seal
            changed = bytearray(sound)
            changed[at] ^= 1 << at % 8
            path.write_bytes(changed)
            assert found(place) == [(key, Kind.TAKEDOWN)], at
        path.write_bytes(sound)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(path.read_bytes().replace(b"court", b"count")),
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.unlink(),
    ],
    ids=["a changed byte", "a torn line", "no list"],
)
def test_a_list_that_is_not_what_the_log_gives_is_found_and_the_same_command_writes_it_anew(
    place: Place, spoil: Callable[[Path], object]
) -> None:
    path = folder(place) / LIST
    sound = path.read_bytes()
    spoil(path)
    assert found(place) == [(LIST, Kind.TAKEDOWN)]
    status, out, _ = scrapy("verify", "-s", f"ARCHIVE_URI={place.uri}")
    assert status == 10
    assert f"{place.uri}/{LIST}" in out
    assert "scrapy takedown, given again for an address that is gone, writes it anew" in out
    assert take_down(place) == 0
    assert path.read_bytes() == sound
    assert found(place) == []


def test_a_takedown_that_is_at_work_has_not_written_the_list_yet(place: Place) -> None:
    (folder(place) / LIST).unlink()
    assert found(place, at_work=("20261122070809-0a1b",)) == []


def test_what_the_list_says_of_a_takedown_whose_entries_are_gone_stays_and_counts_and_they_are_missed(
    place: Place,
) -> None:
    began, done = sorted(folder(place).glob("takedowns/*/*.json"))
    sound = (folder(place) / LIST).read_bytes()
    for entry in (began, done):
        entry.unlink()
    gone = began.relative_to(folder(place)).as_posix()
    assert found(place) == [(gone, Kind.TAKEDOWN), (LIST, Kind.TAKEDOWN)]
    assert [entry["id"] for entry in revocations.revoked(OnDisk(folder(place)))] == [ID]
    assert take_down(place, OTHER) == 0
    lines = (folder(place) / LIST).read_bytes()
    assert lines.startswith(sound)
    assert len(lines.splitlines()) == 2
    status, out, _ = scrapy("verify", "-s", f"ARCHIVE_URI={place.uri}")
    assert status == 10
    assert f"{place.uri}/{gone}" in out


def test_an_entry_that_is_gone_alone_is_missed(place: Place) -> None:
    began, done = sorted(folder(place).glob("takedowns/*/*.json"))
    key, data = began.relative_to(folder(place)).as_posix(), done.read_bytes()
    done.unlink()
    assert found(place) == [(key, Kind.TAKEDOWN)]
    done.write_bytes(data)
    began.unlink()
    assert found(place) == [(key, Kind.TAKEDOWN)]


@pytest.mark.parametrize(
    ("which", "harm"),
    [
        ([0], lambda data: data.replace(b"court", b"count")),
        ([1], lambda data: data.replace(b"court", b"count")),
        ([0, 1], lambda data: data[:200]),
    ],
    ids=["a changed beginning", "a changed end", "both cut"],
)
def test_torn_entries_stay_and_stop_no_other_takedown_and_cost_no_line_of_the_list(
    place: Place, which: list[int], harm: Callable[[bytes], bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [sorted(folder(place).glob("takedowns/*/*.json"))[number] for number in which]
    sound = (folder(place) / LIST).read_bytes()
    for path in paths:
        path.write_bytes(harm(path.read_bytes()))
    torn = {path: path.read_bytes() for path in paths}
    assert take_down(place, OTHER) == 0
    said = capsys.readouterr().err
    assert all(f"{path} is not as it was written, and stays as it is: take it from a copy" in said for path in torn)
    assert {path: path.read_bytes() for path in paths} == torn
    lines = (folder(place) / LIST).read_bytes()
    assert lines.startswith(sound)
    assert len(lines.splitlines()) == 2
    assert found(place) == [(path.relative_to(folder(place)).as_posix(), Kind.TAKEDOWN) for path in paths]


def test_beside_a_torn_entry_a_takedown_that_was_cut_short_is_named_too(place: Place) -> None:
    first = sorted(folder(place).glob("takedowns/*/*.json"))
    assert take_down(place, OTHER) == 0
    cut_short, done = sorted({*folder(place).glob("takedowns/*/*.json")} - {*first})
    began = first[0]
    began.write_bytes(b"{")
    done.unlink()
    assert found(place) == [(path.relative_to(folder(place)).as_posix(), Kind.TAKEDOWN) for path in (began, cut_short)]


def tear(path: Path) -> None:
    path.write_bytes(b"{")


@pytest.mark.parametrize(
    ("torn", "gone"),
    [
        ("", "end"),
        ("end", ""),
        ("", "beginning end"),
        ("beginning end", ""),
        ("beginning", "end"),
        ("", "end list"),
    ],
)
def test_a_takedown_of_which_an_end_is_lost_is_entered_again_and_what_was_told_of_it_stays(
    place: Place, torn: str, gone: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sound, (began, done) = (folder(place) / LIST).read_bytes(), sorted(folder(place).glob("takedowns/*/*.json"))
    paths = {"beginning": began, "end": done, "list": folder(place) / LIST}
    told = json.loads(sound)
    assert told["datasets"] == ["lama"]
    for name in torn.split():
        tear(paths[name])
    for name in gone.split():
        paths[name].unlink()
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3)):
        assert take_down(place, reason="lain: rahasia") == 0
        said = capsys.readouterr().out
        assert f"reason    court order: that of {told['date']} stays, as nothing is left to be changed" in said
        assert take_down(place) == 0
    assert f"was taken down on {told['date']}: court order" in capsys.readouterr().out
    assert (folder(place) / LIST).read_bytes() == sound
    unsound = [paths[name] for name in torn.split()]
    assert found(place) == [(path.relative_to(folder(place)).as_posix(), Kind.TAKEDOWN) for path in unsound]
    for path in unsound:
        path.unlink()  # as the manual says
    assert found(place) == []
    status, out, _ = scrapy("history", URL, "-s", f"ARCHIVE_URI={place.uri}")
    assert (status, f"taken down    {told['date']}" in out) == (8, True)


def test_a_takedown_of_which_nobody_but_the_catalog_knows_is_entered_again_with_its_day(place: Place) -> None:
    (began, done), files = sorted(folder(place).glob("takedowns/*/*.json")), OnDisk(folder(place))
    day = json.loads((folder(place) / LIST).read_bytes())["date"]
    done.unlink()  # it was killed before it wrote that, and the list
    (folder(place) / LIST).unlink()
    tear(began)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3)):
        assert take_down(place, reason="lain: rahasia") == 0
    line = json.loads((folder(place) / LIST).read_bytes())
    assert (line["id"], line["date"], line["reason"]) == (ID, day, "lain")
    with pytest.raises(Damaged, match="move the file out"):
        underway.articles(files, ())
    began.unlink()  # as the manual says
    assert found(place) == []
    assert not underway.articles(files, ())


def test_a_line_of_a_takedown_whose_end_is_lost_stays_where_an_earlier_one_of_the_article_is_whole(
    place: Place,
) -> None:
    [end], path = folder(place).glob("takedowns/*/*[!n].json"), folder(place) / LIST
    began = end.with_name("20991122000000-abc123-began.json")
    entry = json.loads(end.read_bytes()) | {"job": "20991122000000-abc123"}
    del entry["own_sha256"], entry["done"]
    began.write_bytes(sealed(entry))
    path.write_bytes(path.read_bytes() + path.read_bytes().replace(b'"date": "20', b'"date": "19'))
    assert found(place) == [(began.relative_to(folder(place)).as_posix(), Kind.TAKEDOWN)]


def test_an_end_that_says_another_day_and_reason_than_what_it_completes_is_believed(place: Place) -> None:
    _, done = sorted(folder(place).glob("takedowns/*/*.json"))
    done.unlink()
    assert take_down(place) == 0
    [second] = folder(place).glob("takedowns/*/*[!n].json")
    entry = json.loads(second.read_bytes())
    del entry["own_sha256"]
    second.chmod(0o644)
    second.write_bytes(sealed(entry | {"done": "2027-01-02T00:00:00+00:00", "reason": "lain"}))
    path = folder(place) / LIST
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"date": "2027-01-02", "reason": "lain"}) + "\n")
    assert found(place) == []


@pytest.mark.parametrize("of", ["began", "another's end"])
def test_an_entry_under_the_name_of_another_is_none(place: Place, of: str) -> None:
    (began, done), files = sorted(folder(place).glob("takedowns/*/*.json")), OnDisk(folder(place))
    assert take_down(place, OTHER) == 0
    [end] = {*folder(place).glob("takedowns/*/*[!n].json")} - {done}
    done.write_bytes((began if of == "began" else end).read_bytes())
    key = done.relative_to(folder(place)).as_posix()
    assert found(place) == [(key, Kind.TAKEDOWN)]
    assert underway.articles(files, ()) >= {ID}, "it says nothing of rows that are left"
    assert take_down(place, OTHER) == 0
    tear(began)
    with pytest.raises(Damaged, match="is not as it was written"):
        underway.articles(files, ())


def test_a_torn_beginning_hides_no_rows_where_one_that_completed_it_has_an_end_that_is_torn(place: Place) -> None:
    began, done = sorted(folder(place).glob("takedowns/*/*.json"))
    done.unlink()
    assert take_down(place) == 0
    [end] = folder(place).glob("takedowns/*/*[!n].json")
    tear(began)
    tear(end)
    assert underway.articles(OnDisk(folder(place)), ()) == {ID}


@pytest.mark.parametrize("number", [0, 1])
def test_beside_a_torn_entry_the_list_is_held_against_the_others(place: Place, number: int) -> None:
    path = sorted(folder(place).glob("takedowns/*/*.json"))[number]
    assert take_down(place, OTHER, reason="putusan") == 0
    tear(path)
    key = path.relative_to(folder(place)).as_posix()
    assert found(place) == [(key, Kind.TAKEDOWN)]
    listed = folder(place) / LIST
    sound = listed.read_bytes()
    listed.write_bytes(sound.replace(b"putusan", b"putusaN"))
    assert found(place) == [(key, Kind.TAKEDOWN), (LIST, Kind.TAKEDOWN)]
    assert take_down(place, OTHER) == 0
    assert listed.read_bytes() == sound


def test_what_is_no_line_or_no_entry_is_found_and_stops_nothing(place: Place) -> None:
    odd = (
        b"[" * 200000,
        b'{"id": "x", "datasets": null, "date": "", "reason": ""}',
        b'{"id": "x", "datasets": "lama", "date": "", "reason": ""}',
        b'{"id": "x", "datasets": [], "date": 1, "reason": ""}',
        b'{"id": "x\\ud800", "datasets": [], "date": "", "reason": ""}',
    )
    path, done = folder(place) / LIST, sorted(folder(place).glob("takedowns/*/*.json"))[1]
    sound = path.read_bytes()
    path.write_bytes(sound + b"\n".join(odd) + b"\n")
    assert found(place) == [(LIST, Kind.TAKEDOWN)]
    assert [entry["id"] for entry in revocations.revoked(OnDisk(folder(place)))] == [ID]
    done.write_bytes(odd[0])
    assert take_down(place) == 0
    assert path.read_bytes() == sound
    assert found(place) == [(done.relative_to(folder(place)).as_posix(), Kind.TAKEDOWN)]


def test_an_address_of_which_there_is_nothing_changes_nothing(place: Place) -> None:
    (folder(place) / LIST).write_bytes(b"rusak")
    assert take_down(place, UNKNOWN) == 8
    assert (folder(place) / LIST).read_bytes() == b"rusak"


def test_what_was_not_taken_down_leaves_a_list_as_it_is(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocations, "revoke", pytest.fail)
    assert take_down(place) == 0
    monkeypatch.undo()
    assert take_down(place, OTHER) == 0
    assert len((folder(place) / LIST).read_bytes().splitlines()) == 2
