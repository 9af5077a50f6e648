"""What the disk lost although it had promised to keep it: forgotten, said, and made again."""

from __future__ import annotations

import contextlib
import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.errors import StorageError
from archive.holding import Holding
from archive.job import Job
from archive.local import LocalStorage
from archive.model import Article, Capture, Verdict
from archive.outcome import Outcome
from archive.warc import WarcWriter
from tests.dying import dying_at_rename

Make = Callable[..., Capture]
MakeArticle = Callable[..., Article]
ALIAS = "https://m.contoh.test/berita/1"


def job(folder: Path) -> Job:
    return Job(outlet="contoh", archive_uri=str(folder))


def kept(killed: Job, article: Article, capture: Capture) -> None:
    article.captures = [killed.capture(capture)]
    killed.keep(Outcome(article=article, verdict=Verdict.ARTICLE, aliases=(ALIAS,)))


def killed(folder: Path, capture: Make, article: MakeArticle) -> Article:
    """A job that kept one article, committed it, and died."""
    dead, made = job(folder), article(1)
    kept(dead, made, capture(url=made.url))
    dead.commit()
    dead.release()
    return made


def spooled(folder: Path, pattern: str) -> Path:
    [path] = (folder / "state" / "spool").rglob(pattern)
    return path


def test_an_article_whose_row_is_gone_is_known_no_more_by_any_address_and_waits_with_its_record(
    tmp_path: Path, capture: Make, article: MakeArticle
) -> None:
    made = killed(tmp_path, capture, article)
    spooled(tmp_path, "part-*.open").write_bytes(b"")
    after = job(tmp_path)
    assert after.catalog.known(made.url) is None
    assert after.catalog.known(ALIAS) is None
    assert after.catalog.article(made.id) is None
    assert [waiting.ref for waiting in after.catalog.waiting("contoh")] == made.captures
    assert after.salvaged[0].forgotten == 2
    after.release()


def test_an_article_whose_row_is_gone_is_known_no_more_when_its_warc_had_left_the_spool(
    tmp_path: Path, capture: Make, article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(WarcWriter.__init__.__kwdefaults__ or {}, "max_bytes", 1)
    dead, made = job(tmp_path), article(1)
    kept(dead, made, capture(url=made.url))
    dead.capture(capture(url="https://contoh.test/berita/2"))  # a file of its own
    dead.commit()
    dead.release()
    assert (tmp_path / made.captures[0].warc).exists()
    spooled(tmp_path, "part-*.open").write_bytes(b"")
    spooled(tmp_path, "*.warc.gz.open").unlink()  # of all WARCs of the job none is left here
    after = job(tmp_path)
    assert after.catalog.known(made.url) is None
    assert after.catalog.article(made.id) is None
    after.release()


def test_a_job_that_was_killed_while_its_rows_were_published_has_lost_none_of_them(
    tmp_path: Path, capture: Make, article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead, made = job(tmp_path), article(1)
    kept(dead, made, capture(url=made.url))
    publish = LocalStorage.publish

    def dying(self: LocalStorage, path: Path, key: str) -> None:
        if key.startswith("events/"):
            raise KeyboardInterrupt
        publish(self, path, key)

    with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        patch.setattr(LocalStorage, "publish", dying)
        dead.finish({})
    dead.release()
    after = job(tmp_path)
    assert after.catalog.known(made.url) is not None
    assert after.catalog.known(ALIAS) is not None
    after.finish({})


def test_an_article_whose_record_is_gone_is_known_no_more_by_any_address(
    tmp_path: Path, capture: Make, article: MakeArticle
) -> None:
    made = killed(tmp_path, capture, article)
    os.truncate(spooled(tmp_path, "*.warc.gz.open"), made.captures[0].offset + 20)
    after = job(tmp_path)
    assert after.catalog.known(ALIAS) is None
    assert after.catalog.article(made.id) is None
    assert after.catalog.waiting("contoh") == []
    after.release()


@pytest.mark.parametrize("step", range(12))
def test_a_salvage_that_is_killed_forgets_what_was_lost_all_the_same(
    tmp_path: Path, capture: Make, article: MakeArticle, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    made = killed(tmp_path, capture, article)
    os.truncate(spooled(tmp_path, "*.warc.gz.open"), made.captures[0].offset + 20)
    with dying_at_rename(monkeypatch, step):
        job(tmp_path).release()
    after = job(tmp_path)
    assert after.catalog.known(made.url) is None
    assert after.catalog.article(made.id) is None
    after.release()


def test_a_row_whose_event_is_gone_is_believed(tmp_path: Path, capture: Make, article: MakeArticle) -> None:
    dead, made = job(tmp_path), article(1)
    kept(dead, made, capture(url=made.url))
    dead.release()
    [events] = (path for path in (tmp_path / "state" / "spool").rglob("*.jsonl.gz.open") if "events" in path.parts)
    events.write_bytes(b"")
    after = job(tmp_path)
    known = after.catalog.known(made.url)
    assert known is not None
    assert (known.verdict, known.final, known.article_id) == ("article", True, made.id)
    assert after.catalog.waiting("contoh") == []
    after.release()


@pytest.mark.parametrize("content", [b"", gzip.compress(b'{"url": "x"}\n', mtime=0)[:-6], b"bukan gzip"])
def test_a_finished_part_that_cannot_be_read_is_set_aside_and_its_articles_are_made_again(
    tmp_path: Path, capture: Make, article: MakeArticle, content: bytes
) -> None:
    made = killed(tmp_path, capture, article)
    part = spooled(tmp_path, "part-*.open")
    part.rename(part.with_suffix(""))
    part.with_suffix("").write_bytes(content)
    after = job(tmp_path)
    assert after.catalog.known(made.url) is None
    assert [waiting.ref for waiting in after.catalog.waiting("contoh")] == made.captures
    after.finish({})
    if content:
        [aside] = tmp_path.glob("damaged/**/part-*")
        assert aside.read_bytes() == content


def test_a_response_whose_request_was_torn_off_waits_for_its_row(tmp_path: Path, capture: Make) -> None:
    dead = job(tmp_path)
    ref = dead.capture(capture())
    dead.release()
    os.truncate(spooled(tmp_path, "*.warc.gz.open"), ref.offset + ref.length + 30)
    after = job(tmp_path)
    assert [waiting.ref for waiting in after.catalog.waiting("contoh")] == [ref]
    after.release()


def test_what_was_set_aside_is_no_warc_to_a_second_salvage(
    tmp_path: Path, capture: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = job(tmp_path)
    ref = dead.capture(capture())
    dead.release()
    path = spooled(tmp_path, "*.warc.gz.open")
    with path.open("r+b") as file:
        file.seek(ref.offset)
        member = file.read(ref.length)
        file.seek(0, 2)
        file.write(member)
    with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        patch.setattr(Holding, "publish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        job(tmp_path).release()
    after = job(tmp_path)
    assert [waiting.ref.warc for waiting in after.catalog.waiting("contoh")] == [ref.warc]
    after.release()


def test_a_document_without_a_length_is_not_asked_for_with_its_etag(tmp_path: Path, capture: Make) -> None:
    first = job(tmp_path)
    body = b"HTTP/1.0 200 OK\r\nETag: x\r\n\r\n<urlset>"
    plain = capture()
    first.capture(Capture(url=plain.url, began=plain.began, request=plain.request, response=body))
    first.commit()
    stored = first.catalog.stored(plain.url)
    assert stored is not None
    assert stored.etag is None
    first.finish({})


def test_an_incomplete_article_that_is_gone_is_settled(tmp_path: Path, capture: Make, article: MakeArticle) -> None:
    first, made = job(tmp_path), article(1)
    made.captures = [first.capture(capture(url=made.url))]
    first.keep(Outcome(article=made, verdict=Verdict.ARTICLE, final=False))
    first.commit()
    gone = article(1)
    first.keep(Outcome(article=gone, verdict=Verdict.GONE, reason="HTTP 410"))
    first.commit()
    known = first.catalog.known(made.url)
    assert known is not None
    assert (known.verdict, known.final) == ("article", True)
    first.finish({})


def test_an_archive_whose_disk_is_not_mounted_is_not_begun_anew(
    tmp_path: Path, capture: Make, article: MakeArticle
) -> None:
    archive, state = tmp_path / "archive", tmp_path / "state"

    def begun() -> Job:
        return Job(outlet="contoh", archive_uri=str(archive), state_dir=str(state))

    first = begun()
    kept(first, article(1), capture())
    first.finish({})
    archive.rename(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="is its disk mounted"):
        begun()
    assert not list(archive.iterdir())
    archive.rmdir()
    (tmp_path / "elsewhere").rename(archive)
    begun().release()
