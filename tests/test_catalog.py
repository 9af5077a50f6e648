"""The catalog says "seen" of what was committed, and of nothing else; on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from archive import database
from archive.catalog import Catalog, open_catalog
from archive.errors import ArgumentError, Damaged, StorageError
from archive.job import Job
from archive.known import Changes, Known, Version
from archive.model import RecordRef, Stored, Waiting

Connect = Callable[[], Catalog]

ONE = Known(
    url="https://contoh.test/1",
    outlet="contoh",
    article_id="contoh:contoh.test:1",
    verdict="article",
    final=True,
    published="2026-11-20T10:00:00+07:00",
    section="nasional",
    captured="2026-11-22T00:00:00+00:00",
    job="20261122000000-aaaaaa",
)
LATER = "20261122000001-000000"
BEGAN = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
REF = RecordRef(
    url=ONE.url, warc="warc/a.warc.gz", offset=100, length=50, record_id="<urn:uuid:1>", payload_digest="sha1:A"
)


def stored(etag: str, began: datetime = BEGAN) -> Stored:
    return Stored(ref=REF, began=began, etag=etag, last_modified=None, chunked=False)


def test_what_was_committed_is_known_by_address_and_by_article_after_reopening(connect: Connect) -> None:
    catalog = connect()
    assert catalog.known(ONE.url) is None
    listing = replace(ONE, url="https://contoh.test/2", article_id="contoh:contoh.test:2", verdict="listing")
    catalog.commit(Changes(known=[ONE, listing], stored={ONE.url: stored("e")}))
    catalog.close()
    again = connect()
    assert again.known(ONE.url) == ONE
    assert again.article("contoh:contoh.test:1") == ONE
    assert again.article("contoh:contoh.test:2") is None
    assert again.stored(ONE.url) == stored("e")


def test_a_later_word_on_an_address_replaces_the_earlier_whichever_comes_first(connect: Connect) -> None:
    catalog = connect()
    absent = replace(ONE, verdict="not-found", final=False)
    catalog.commit(Changes(known=[absent, replace(absent, verdict="gone")]))
    assert catalog.known(ONE.url) == replace(absent, verdict="gone", final=True)
    later = replace(ONE, verdict="paywall", job=LATER)
    catalog.commit(Changes(known=[later]))
    catalog.commit(Changes(known=[absent]))
    assert catalog.known(ONE.url) == later


def test_of_two_outlets_that_began_in_one_second_the_same_is_right_whichever_commits_last(connect: Connect) -> None:
    catalog = connect()
    last = replace(ONE, outlet="lain", job=f"{ONE.job[:14]}-000000")
    for words in ([ONE, last], [last, ONE]):
        for entry in words:
            catalog.commit(Changes(known=[entry]))
        assert catalog.known(ONE.url) == last
        catalog.forget(last.job, [ONE.url], {})


def test_what_is_kept_stays_known_as_kept(connect: Connect) -> None:
    catalog = connect()
    catalog.commit(Changes(known=[ONE]))
    catalog.commit(Changes(known=[replace(ONE, verdict="duplicate", job=LATER)]))
    assert catalog.known(ONE.url) == ONE


def test_an_article_of_which_a_page_is_missing_is_final_once_it_is_gone(connect: Connect) -> None:
    catalog = connect()
    catalog.commit(Changes(known=[replace(ONE, final=False)]))
    catalog.commit(Changes(known=[replace(ONE, verdict="gone", outlet="lain", job=LATER)]))
    assert catalog.known(ONE.url) == replace(ONE, final=False), "another outlet has no say"
    catalog.commit(Changes(known=[replace(ONE, verdict="gone", job=LATER)]))
    assert catalog.known(ONE.url) == ONE


def test_a_page_that_was_gone_and_came_back_is_asked_for_again_however_commits_are_cut(
    connect: Connect,
) -> None:
    catalog = connect()
    for verdict, cuts in itertools.product(("article", "not-found"), ((0, 2), (0, 1, 2))):
        back = replace(ONE, url=f"{ONE.url}/{verdict}/{len(cuts)}", verdict=verdict, final=False)
        words = [replace(back, verdict="gone", final=True), back]
        for begin, end in itertools.pairwise(cuts):
            catalog.commit(Changes(known=words[begin:end]))
        assert catalog.known(back.url) == back


def test_the_later_capture_is_asked_with_whichever_is_committed_last(connect: Connect) -> None:
    catalog = connect()
    newer = stored("new", BEGAN + timedelta(microseconds=1))
    catalog.commit(Changes(stored={ONE.url: newer}))
    catalog.commit(Changes(stored={ONE.url: stored("old")}))
    assert catalog.stored(ONE.url) == newer
    renewed = replace(newer, etag="renewed")
    catalog.commit(Changes(stored={ONE.url: renewed}))
    assert catalog.stored(ONE.url) == renewed


def test_the_content_does_not_depend_on_the_order_in_which_outlets_commit(tmp_path: Path) -> None:
    missing = replace(ONE, verdict="not-found", final=False)
    words = {
        "contoh": [missing, replace(ONE, final=False, job=LATER), replace(ONE, verdict="gone", job="20261122000005-a")],
        "lain": [
            replace(missing, outlet="lain", job="20261121000000-a"),
            replace(ONE, outlet="lain", final=False, job="20261122000003-a"),
        ],
    }
    seen = set()
    for order in set(itertools.permutations(["contoh"] * 3 + ["lain"] * 2)):
        catalog = open_catalog(tmp_path / f"{'-'.join(order)}.sqlite3")
        queues = {outlet: iter(said) for outlet, said in words.items()}
        for outlet in order:
            catalog.commit(Changes(known=[next(queues[outlet])]))
        seen.add(catalog.known(ONE.url))
        catalog.close()
    assert seen == {replace(ONE, outlet="lain", final=False, job="20261122000003-a")}


@pytest.mark.parametrize("at_once", [True, False])
def test_a_row_that_comes_stays_when_another_of_the_same_version_goes_with_it(
    connect: Connect, *, at_once: bool
) -> None:
    goes = Version(
        article_id="contoh:contoh.test:1",
        version=1,
        outlet="contoh",
        url=ONE.url,
        captured="2026-11-22T00:00:09+00:00",
        complete=True,
        job=ONE.job,
    )
    comes = replace(goes, url="https://contoh.test/lain", captured="2026-11-22T00:00:00+00:00")
    with closing(connect()) as catalog:
        catalog.commit(Changes(versions=[goes]))
        told = Changes(unmade=[goes])
        told.add(Changes(versions=[comes]))
        for piece in [told] if at_once else told.pieces():
            catalog.commit(piece)
        assert catalog.versions(goes.article_id) == [comes]


def test_of_rows_of_one_version_a_complete_one_counts_then_the_one_with_more_captures_then_the_latest(
    connect: Connect,
) -> None:
    # Of complete ones the captures do not count.
    best_first = [(True, 1, 4), (True, 3, 2), (False, 3, 3), (False, 3, 1), (False, 2, 9), (False, 1, 9)]
    made = [
        Version(
            article_id="",
            version=1,
            outlet="contoh",
            url=ONE.url,
            captured=f"2026-11-22T00:00:0{second}+00:00",
            job=f"2026112200000{second}-aaaaaa",
            complete=complete,
            captures=captures,
        )
        for complete, captures, second in best_first
    ]
    pairs = list(itertools.permutations(range(len(made)), 2))
    with closing(connect()) as catalog:
        for turn in range(2):
            catalog.commit(Changes(versions=[replace(made[pair[turn]], article_id=f"contoh:{pair}") for pair in pairs]))
        for pair in pairs:
            assert catalog.versions(f"contoh:{pair}") == [replace(made[min(pair)], article_id=f"contoh:{pair}")]


def test_what_waits_is_listed_by_outlet_until_it_is_settled(connect: Connect) -> None:
    catalog = connect()
    refs = [replace(REF, record_id=f"<urn:uuid:{number}>") for number in range(1200)]
    waits = [
        Waiting(outlet="contoh", ref=ref, began=BEGAN - timedelta(seconds=n), job="j") for n, ref in enumerate(refs)
    ]
    catalog.commit(Changes(waiting=[*waits, replace(waits[0], outlet="lain", ref=replace(REF, record_id="x"))]))
    assert catalog.waiting("contoh") == waits[::-1]
    catalog.commit(Changes(settled=[ref.record_id for ref in refs[1:]]))
    assert catalog.waiting("contoh") == waits[:1]


def test_only_what_was_cut_off_is_forgotten(connect: Connect) -> None:
    catalog = connect()
    other, cut = replace(ONE, url="https://contoh.test/2"), replace(REF, offset=150)
    later = replace(stored("e"), ref=cut)
    catalog.commit(Changes(known=[ONE, other], stored={ONE.url: stored("e"), other.url: later}))
    assert catalog.forget("another-job", [ONE.url], {}) == 0
    assert catalog.forget(ONE.job, [ONE.url, "https://contoh.test/3"], {REF.warc: 150}) == 1
    assert (catalog.known(ONE.url), catalog.known(other.url)) == (None, other)
    assert (catalog.stored(ONE.url), catalog.stored(other.url)) == (stored("e"), None)


def test_jobs_are_known_by_the_machine_that_has_their_files(connect: Connect) -> None:
    catalog = connect()
    for job, outlet, machine in (
        ("j2", "contoh", "m1"),
        ("j1", "contoh", "m1"),
        ("j3", "contoh", "m2"),
        ("j4", "a", "m1"),
    ):
        catalog.note_job(job, outlet, machine)
    assert catalog.jobs_on("m1", "contoh") == ["j1", "j2"]
    assert catalog.jobs_elsewhere("contoh", "m1") == [("j3", "m2")]
    catalog.forget_job("j3")
    assert catalog.jobs_elsewhere("contoh", "m1") == []


def test_characters_and_lengths_that_a_database_refuses_stop_no_job(connect: Connect) -> None:
    catalog = connect()
    odd = replace(ONE, section="a\0b\ud800é", job=LATER)
    long = replace(ONE, url=f"https://contoh.test/{'é' * 5000}")
    catalog.commit(Changes(known=[odd, long], stored={ONE.url: stored('"\0"'), long.url: stored("e")}))
    assert catalog.known(ONE.url) == replace(odd, section="a?b?é")
    assert catalog.stored(ONE.url) == stored('"?"')
    assert (catalog.known(long.url), catalog.stored(long.url)) == (None, None)


def test_many_jobs_may_begin_on_a_new_archive_at_once(catalog_uri: str, tmp_path: Path) -> None:
    def begin(_: int) -> int:
        with closing(open_catalog(tmp_path / "unused", catalog_uri)) as catalog:
            return catalog.take_lease("contoh", "m1").fence

    with ThreadPoolExecutor(6) as jobs:
        assert sorted(jobs.map(begin, range(6))) == [1, 2, 3, 4, 5, 6]


def test_a_file_that_is_no_catalog_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite3"
    path.write_bytes(b"bukan basis data " * 100)
    with pytest.raises(Damaged, match=r"cannot be opened, it is damaged .*: scrapy catalog rebuild makes it anew"):
        open_catalog(path)


def test_damage_that_shows_only_later_is_said_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite3"
    catalog = open_catalog(path)
    urls = [f"https://contoh.test/{number}" for number in range(2000)]
    catalog.commit(Changes(known=[replace(ONE, url=url) for url in urls]))
    catalog.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: 24 * 4096] + b"\x2a" * (len(whole) - 24 * 4096))
    catalog = open_catalog(path)
    with pytest.raises(Damaged, match=r"cannot be read, it is damaged .*: scrapy catalog rebuild"):
        [catalog.known(url) for url in urls]
    with pytest.raises(Damaged, match=r"cannot be written, it is damaged .*: scrapy catalog rebuild"):
        catalog.commit(Changes(known=[replace(ONE, url=f"{url}/baru") for url in urls]))
    catalog.close()


@pytest.mark.parametrize(
    ("pragma", "sentence"),
    [
        ("max_page_count=20", "full. Make room and start again; nothing that was kept is lost"),
        ("query_only=ON", "readonly database. Let this user write to the file and its folder"),
    ],
)
def test_a_full_disk_and_a_file_that_may_not_be_written_are_said_in_words_and_write_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pragma: str, sentence: str
) -> None:
    path = tmp_path / "catalog.sqlite3"
    open_catalog(path).close()
    made = database.sqlite

    def limited(path: Path) -> database.Database:
        found = made(path)
        sa.event.listen(found.engine, "connect", lambda connection, _: connection.execute(f"PRAGMA {pragma}").close())
        return found

    monkeypatch.setattr(database, "sqlite", limited)
    monkeypatch.setattr(database.Database, "prepare", lambda _: None)
    catalog = open_catalog(path)
    with pytest.raises(StorageError, match=sentence):
        catalog.commit(Changes(known=[replace(ONE, url=f"https://contoh.test/{n}") for n in range(2000)]))
    assert catalog.known("https://contoh.test/0") is None
    catalog.close()


def test_a_state_folder_that_keeps_us_out_of_the_catalog_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "state" / "catalog.lock").mkdir(parents=True)
    with pytest.raises(StorageError, match="cannot be written: Is a directory"):
        Job(outlet="contoh", archive_uri=str(tmp_path))


@pytest.mark.parametrize(
    "uri",
    [
        "mysql://u:rahasia@db/arsip",
        "postgresql+psycopg2://u:rahasia@db/arsip",
        "sqlite:///catalog.sqlite3",
        "sqlite://",
        "rahasia",
        "postgresql://u:rahasia@db:port/arsip",
        "postgresql://u:p@rahasia@db/arsip",
    ],
)
def test_an_address_that_is_no_catalog_is_refused_in_words_without_its_password(tmp_path: Path, uri: str) -> None:
    with pytest.raises(ArgumentError, match=r"CATALOG_URI.*(write postgresql://|write %40)") as refused:
        open_catalog(tmp_path / "catalog.sqlite3", uri)
    assert "rahasia" not in str(refused.value)
    assert not any(tmp_path.iterdir())
