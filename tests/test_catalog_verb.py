"""`scrapy catalog rebuild` after real crawls: the same catalog, and nothing is fetched again."""

from __future__ import annotations

import shutil
from argparse import Namespace
from pathlib import Path

import pytest
from scrapy.exceptions import UsageError
from scrapy.settings import Settings

from archive.job import Job
from crawler.commands.catalog import Command
from crawler.progress import Progress
from tests.fakesite import FakeSite
from tests.fakesite.reply import Reply
from tests.lives import on_disk
from tests.runs import crawl, scrapy
from tests.test_recovery import ONE_PAGE, Changing, killed_at, sitemap

GONE = "nasional/7788999/hilang"
THERE = "nasional/7788101/rel-terendam-rob-di-semarang-belasan-perjalanan-kereta-dialihkan-lewat-jalur-selatan"


def catalog(folder: Path, *words: str) -> int:
    """The verb, in this process."""
    command = Command()
    command.settings = Settings({"ARCHIVE_URI": str(folder), "STATE_DIR": None, "CATALOG_URI": None})
    command.run(list(words), Namespace())
    return int(command.exitcode)


def test_after_crawls_a_kill_and_revisits_the_same_catalog_is_made_and_nothing_is_fetched_again(
    tmp_path: Path,
) -> None:
    place = on_disk(tmp_path)
    source, gone = ("www.tribunnews.com", "/sitemap.xml"), ("www.tribunnews.com", f"/{GONE}")
    document = Changing(sitemap(THERE, GONE))
    with FakeSite(overrides={source: document, gone: Reply(status=404)}) as site:
        killed_at(ONE_PAGE, tmp_path, site)
        Job(outlet="tribun", archive_uri=str(tmp_path)).release()  # finishes the killed one, and makes no row
        waiting = place.content()
        place.rebuild()
        assert place.content() == waiting
        assert waiting["waiting"]
        crawl("tribun", tmp_path, site)
        old = place.content()
        shutil.rmtree(place.state)
        status, out, log = scrapy("catalog", "rebuild", "-s", f"ARCHIVE_URI={tmp_path}")
        assert (status, log) == (0, "")
        assert place.content() == old
        again = crawl("tribun", tmp_path, site)
    assert 304 in document.answers
    assert again.manifest()["counts"]["kept"] == 0
    told = dict(line.split(None, 1) for line in out.splitlines())
    assert told["addresses"] == str(len(old["known"]))
    assert told["articles"] == str(len([line for line in old["known"] if line[3] == "article"]))
    assert (told["captures"], told["waiting"]) == (str(len(old["captures"])), "0")
    assert told["catalog"] == str(place.state / "catalog.sqlite3")


@pytest.mark.parametrize("words", [(), ("repair",), ("rebuild", "tribun")])
def test_another_word_than_rebuild_is_answered_with_what_there_is(tmp_path: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="scrapy catalog rebuild"):
        catalog(tmp_path, *words)


def test_where_no_archive_is_the_verb_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is its disk mounted"):
        catalog(tmp_path / "tidak-terpasang", "rebuild")
    assert list(tmp_path.iterdir()) == []


def test_what_keeps_a_catalog_from_being_made_is_a_sentence_and_a_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = on_disk(tmp_path)
    place.job().finish({})
    running = place.job()
    assert catalog(tmp_path, "rebuild") == 9
    assert capsys.readouterr().err.startswith("scrapy catalog: A job is at work on contoh")
    running.finish({})
    with monkeypatch.context() as patch:
        patch.setattr(Progress, "tell", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert catalog(tmp_path, "rebuild") == 130
    assert capsys.readouterr().err == "scrapy catalog: Interrupted; the catalog is as it was.\n"
    events = max(tmp_path.glob("events/contoh/*"))
    events.write_bytes(b"rusak")
    assert catalog(tmp_path, "rebuild") == 10
    assert f"{events.name}: line 1: the file cannot be read" in capsys.readouterr().err
    (tmp_path / "state" / "state.json").write_text('{"version": 99, "machine": "x", "archive": null}')
    assert catalog(tmp_path, "rebuild") == 5
    assert "has version 99" in capsys.readouterr().err
