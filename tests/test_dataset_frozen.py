"""A dataset comes into the archive whole or not at all, and stays as it is; and what the verb says of it."""

from __future__ import annotations

import csv
import re
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.catalog import Catalog, open_catalog
from archive.dataset.describe import Order
from archive.dataset.freeze import Frozen, freeze
from archive.dataset.names import names_in
from archive.dataset.read import open_dataset
from archive.dataset.selection import Selection
from archive.errors import ArgumentError, LeaseHeld, StorageError
from archive.files import OnDisk, files_of
from archive.known import Announced, Changes, Ended, Known
from archive.layout import rank
from archive.local import locked_folder
from tests.buckets import Place
from tests.datasets import TITLES, Stock, content
from tests.runs import scrapy
from tests.test_verify_bucket import put

Tell = Callable[[str, int, int], None]


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    stock = Stock(tmp_path)
    stock.put({"number": 1}, {"number": 2})
    stock.put({"number": 3}, outlet="detik")
    return stock


def frozen(
    uri: Path | str, state: Path, name: str = "uji", form: str = "parquet", tell: Tell = lambda *_: None, **asked: Any
) -> Frozen:
    order = Order(name=name, form=form, selection=Selection(**asked), titles=TITLES)
    return freeze(str(uri), str(state), order, None, jobs=1, patience=60, tell=tell)


def nothing_is_left(stock: Stock, state: Path) -> bool:
    return not any(
        path.is_file() for folder in ("datasets", "state") for path in (stock.root / folder).rglob("*.*")
    ) and ([path.name for path in state.rglob("*")] in (["state.json", "datasets"], ["datasets", "state.json"]))


def test_a_name_is_for_good_and_asked_for_again_it_is_compared(stock: Stock, tmp_path: Path) -> None:
    state = tmp_path / "keadaan"
    first = frozen(stock.root, state)
    assert first.is_new
    before = content(stock.root / "datasets")
    again = frozen(stock.root, state)
    assert (again.is_new, again.built.digest) == (False, first.built.digest)
    with pytest.raises(ArgumentError, match="dataset uji already, with another format and selection: it stays"):
        frozen(stock.root, state, form="csv", language="id")
    stock.put({"number": 4})
    with pytest.raises(ArgumentError, match="made of other rows or by another version, and it stays as it is"):
        frozen(stock.root, state)
    assert content(stock.root / "datasets") == before
    assert names_in(OnDisk(stock.root)) == ["uji"]
    assert open_dataset(OnDisk(stock.root), "uji").package["rows"] == 3


@pytest.mark.parametrize(
    "at", ["reading parts of rows", "comparing texts", "writing rows", "describing", "publishing files"]
)
def test_an_interrupt_at_any_moment_leaves_nothing_half(stock: Stock, tmp_path: Path, at: str) -> None:
    state = tmp_path / "keadaan"

    def stop(stage: str, done: int, everything: int) -> None:
        if stage == at and done >= min(everything - 1, 3):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        frozen(stock.root, state, tell=stop)
    assert nothing_is_left(stock, state)
    assert frozen(stock.root, state).is_new


def test_what_a_killed_one_left_is_taken_away_by_the_next(stock: Stock, tmp_path: Path) -> None:
    state = tmp_path / "keadaan"
    for path in (
        stock.root / "datasets/uji/data/lama/2025-01/part-00000.parquet",
        state / "datasets/unfinished/rows.sqlite3",
    ):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"setengah")
    assert frozen(stock.root, state).is_new
    assert not [path for path in content(stock.root / "datasets") if "lama" in path]
    assert not any((state / "datasets").iterdir())


def test_an_archive_that_was_mistyped_is_not_begun(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"There are no rows in .*/arsib: scrapy crawl OUTLET makes them"):
        frozen(tmp_path / "arsib", tmp_path / "arsib" / "state")
    assert not (tmp_path / "arsib").exists()


def test_only_one_is_made_at_a_time_in_a_state_folder(stock: Stock, tmp_path: Path) -> None:
    state = tmp_path / "keadaan"
    frozen(stock.root, state)
    with locked_folder(state / "datasets"), pytest.raises(LeaseHeld, match="wait for it or stop it"):
        frozen(stock.root, state, "lain")


@pytest.mark.parametrize("limit", [1000, 30_000])
def test_a_disk_that_is_full_at_any_file_leaves_nothing_half(stock: Stock, tmp_path: Path, limit: int) -> None:
    state = tmp_path / "keadaan"
    frozen(stock.root, state, "lain")  # what that imports may write files
    before = content(stock.root / "datasets")
    with limited(limit), pytest.raises(StorageError):
        frozen(stock.root, state)
    assert content(stock.root / "datasets") == before
    assert not any((state / "datasets").iterdir())


@contextmanager
def limited(size: int) -> Iterator[None]:
    """No file of this process becomes larger."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_in_a_bucket_it_is_the_same_and_what_says_that_it_is_whole_goes_last(
    stock: Stock, quick_bucket: Place, tmp_path: Path
) -> None:
    state = tmp_path / "keadaan"
    put(stock.root, quick_bucket)
    found = frozen(quick_bucket.uri, state)
    assert (found.is_new, found.left) == (True, [])
    assert found.where == f"{quick_bucket.uri}/datasets/uji"
    with closing(files_of(quick_bucket.uri, str(state))) as files:
        rows = list(open_dataset(files, "uji").rows())
        stored = {key: files.read(key, 0, files.size(key)) for key in files.keys("datasets")}
    frozen(stock.root, tmp_path / "lain")
    assert stored == {f"datasets/{path}": data for path, data in content(stock.root / "datasets").items()}
    assert rows == list(open_dataset(OnDisk(stock.root), "uji").rows())
    assert not frozen(quick_bucket.uri, state).is_new
    assert max(stored, key=lambda key: (rank(key), key)) == "datasets/uji/datapackage.json"
    assert len({rank(key) for key in stored}) == 2


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with closing(open_catalog(tmp_path / "catalog.sqlite3", None)) as catalog:
        yield catalog


def test_the_card_tells_holes_by_month_and_coverage_by_day_and_alarms_of_the_jobs_of_its_rows(
    stock: Stock, catalog: Catalog
) -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC).isoformat()
    lines = [
        Announced(
            url=f"https://tribun.test/{number}",
            outlet="tribun",
            day="2026-11-20",
            at=at,
            source="https://tribun.test/s",
        )
        for number in (1, 2, 7, 8)
    ]
    facts: dict[str, Any] = {"section": None, "captured": at, "job": "20261122000000-abc", "final": True}
    published = "2026-11-20T10:00:00+07:00"
    known = [
        Known(
            url=lines[0].url, outlet="tribun", article_id="tribun:1", verdict="article", published=published, **facts
        ),
        Known(
            url=lines[1].url, outlet="tribun", article_id="tribun:2", verdict="article", published=published, **facts
        ),
        Known(url=lines[2].url, outlet="tribun", article_id=None, verdict="not-found", published=published, **facts),
    ]
    alarm = {"kind": "layout", "sentence": "Tata letak berubah."}
    ended = [
        Ended(job="20261122000000-abc", outlet="tribun", at=at, facts={"alarms": [alarm, alarm]}),
        Ended(job="20261123000000-abc", outlet="tribun", at=at, facts={"alarms": [{"kind": "wall"}]}),
    ]
    catalog.commit(Changes(announced=lines, known=known, ended=ended))
    stock.put({"number": 5, "opt_out": ["robots: noai"], "complete": False, "drift": True})
    folder = stock.build(catalog=catalog)
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "| Tribunnews | 2026-11 | not tried yet 1, 404 1 | 3 | 4 | 50.0 % |" in card
    assert "| detik | 2026-11 | nothing was announced | 1 | 0 | unknown |" in card
    assert "| Tribunnews | 1 | 1 | layout in 1 |" in card
    assert "1 rows have one or more" in card
    with (folder / "coverage.csv").open(newline="") as file:
        detik, day = csv.DictReader(file)
    assert (detik["outlet"], detik["day"], detik["announced"]) == ("detik", "", "0")
    assert (day["outlet"], day["day"], day["announced"], day["extracted"]) == ("tribun", "2026-11-20", "4", "2")
    assert (day["missing 404"], day["missing not tried yet"], day["missing wall"]) == ("1", "1", "0")
    package = open_dataset(stock.build(catalog=catalog, exclude_opt_out=True)).package
    assert (package["counts"]["tribun"]["rows"], package["left_out"]["opt_out"]) == (2, 1)


def test_an_outlet_without_rows_is_in_the_card_and_in_coverage_with_the_reasons(stock: Stock, catalog: Catalog) -> None:
    at, source = "2026-11-22T00:00:00+00:00", "https://tribun.test/s"
    announced = [
        Announced(url=f"https://tribun.test/{number}", outlet="tribun", day="2026-12-01", at=at, source=source)
        for number in (7, 8)
    ]
    ended = [
        Ended(job="20261201000000-abc", outlet="kompas", at=at, facts={"alarms": [{"kind": "wall"}]}),
        Ended(job="20261201000000-def", outlet="antara", at=at, facts={}),
        Ended(job="20261201000000-ghi", outlet="tribun", at=at, facts={"alarms": [{"kind": "layout"}]}),
    ]
    catalog.commit(Changes(announced=announced, ended=ended))
    stock.put({"number": 9, "published": "2026-12-02T08:00:00+07:00"}, outlet="detik")
    tribun = ("| Tribunnews | 2026-12 | not tried yet 2 | 0 | 2 | 0.0 % |", ("tribun", "2026-12-01", "2", "0"))
    detik = ("| detik | 2026-12 | nothing was announced | 1 | 0 | unknown |", ("detik", "", "0", "0"))
    kompas = "| kompas | all | nothing was announced; alarms of its jobs: wall in 1 | 0 | 0 | unknown |"
    antara = "| antara | all | nothing was announced | 0 | 0 | unknown |"
    everyone = [(antara, ("antara", "", "0", "0")), detik, (kompas, ("kompas", "", "0", "0")), tribun]
    since = date(2026, 12, 1)
    assert holes(stock.build(catalog=catalog, since=since)) == everyone
    assert holes(stock.build(catalog=catalog, since=since, outlets=("tribun", "detik"))) == [detik, tribun]
    assert content(stock.build(catalog=catalog, since=since)) == content(stock.build(catalog=catalog, since=since))
    card = (stock.build(since=since, outlets=("tribun", "detik")) / "README.md").read_text(encoding="utf-8")
    assert "| detik | 2026-12 | 1 |\n| Tribunnews | all | 0 |\n" in card


def holes(folder: Path) -> list[tuple[str, tuple[str, ...]]]:
    """What the card and coverage.csv say of each outlet."""
    table = re.findall(r"^\|.*(?:%|unknown) \|$", (folder / "README.md").read_text("utf-8"), re.MULTILINE)
    with (folder / "coverage.csv").open(newline="") as file:
        days = [(day["outlet"], day["day"], day["announced"], day["extracted"]) for day in csv.DictReader(file)]
    return [*zip(table, days, strict=True)]


def test_the_verb_says_what_it_came_to_and_where_it_is(stock: Stock) -> None:
    stock.put(
        {"number": 6, "paragraphs": ["Sama."]}, {"number": 7, "paragraphs": ["Sama."]}, {"number": 8, "language": "en"}
    )
    arguments = ("dataset", "uji", "--language", "id", "--format", "jsonl", "-s", f"ARCHIVE_URI={stock.root}")
    status, out, log = scrapy(*arguments)
    assert status == 0, log
    assert "There is no catalog" in log
    lines = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert lines["rows"].startswith("4  (")
    assert lines["joined"].startswith("1  (")
    assert lines["left"].startswith("out   other days 0, other languages 1, opted out 0")
    assert lines["dataset"] == str(stock.root / "datasets" / "uji")
    dataset = open_dataset(OnDisk(stock.root), "uji")
    assert lines["sha256"].startswith(dataset.package["rows_sha256"])
    assert [source["title"] for source in dataset.package["sources"]] == ["detikcom", "Tribunnews"]
    status, out, _ = scrapy(*arguments)
    assert (status, "was there already, the same byte for byte" in out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name one dataset: scrapy dataset news-2026."),
        (("a", "b"), "Name one dataset"),
        (("a/b",), "cannot be the name of a dataset"),
        (("a", "--format", "xlsx"), "--format xlsx is not possible; there are parquet, jsonl, csv, txt, wet."),
        (("a", "--jobs", "0"), "--jobs 0 is not possible: give 1 or more."),
        (("a", "--outlet", ","), "--outlet is empty"),
        (("a", "--outlet", "trbun"), "There are no rows of 'trbun'; there are of detik, tribun."),
        (("a", "--since", "kemarin"), "since=kemarin is no date"),
        (("a", "--since", "2026-11-02", "--until", "2026-11-01"), "since must be the earlier day"),
        (("a", "--language", "jv"), "no dataset was made"),
        (("a", "--semua"), "There is no option --semua"),
    ],
)
def test_what_cannot_be_meant_is_said_with_status_2(stock: Stock, arguments: tuple[str, ...], said: str) -> None:
    status, out, log = scrapy("dataset", *arguments, "-s", f"ARCHIVE_URI={stock.root}")
    assert (status, out) == (2, "")
    assert said in log
    assert not (stock.root / "datasets").exists()
