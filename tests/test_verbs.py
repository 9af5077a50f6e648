"""The other verbs: outlets, its check, genspider, and the console script."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from archive.errors import ExitStatus
from crawler.verb import worst
from tests.fakesite import FakeSite
from tests.runs import ROOT, environment, scrapy


def test_list_names_every_outlet_that_has_a_case() -> None:
    status, out, _ = scrapy("list")
    assert status == 0
    assert out.split() == sorted(path.name for path in (Path(__file__).parent / "outlets").iterdir())


def test_a_verb_imports_nothing_that_only_others_need(tmp_path: Path) -> None:
    def imported(*command: str, site: FakeSite | None = None) -> set[str]:
        _, _, log = scrapy(*command, site=site, PYTHONPROFILEIMPORTTIME="1")
        lines = (line for line in log.splitlines() if line.startswith("import time:"))
        return {line.rpartition("|")[2].strip() for line in lines}

    of_few = {"aiohttp", "boto3", "jinja2", "prometheus_client", "requests", "rich", "smtplib", "tldextract"}
    started = imported("verify", "-h")
    assert "crawler.verb" in started
    assert not started & {*of_few, "sqlalchemy", "pipelines.extract", "scrapy.core.downloader.tls"}
    with FakeSite() as site:
        crawled = imported("crawl", "tribun", "-s", f"ARCHIVE_URI={tmp_path}", "-a", "limit=1", site=site)
    assert "pipelines.extract" in crawled
    assert not crawled & (of_few - {"smtplib"})


def test_outlets_says_of_every_source_how_sure_we_are() -> None:
    status, out, _ = scrapy("outlets")
    assert status == 0
    assert "https://www.tribunnews.com/index-news" in out
    sources = [line for line in out.splitlines() if "http" in line]
    grades = [line for line in out.splitlines() if line.strip().startswith("[")]
    assert len(sources) == len(grades)
    assert "[guess] what most sites of this kind have" in out


def test_a_check_tries_every_source_and_three_articles_and_keeps_what_it_found(tmp_path: Path) -> None:
    settings = ("-s", f"ARCHIVE_URI={tmp_path}", "-s", "DOWNLOAD_DELAY=0")
    with FakeSite() as site:
        status, out, log = scrapy("outlets", "--check", "tribun", *settings, site=site)
    assert status == 0, log
    [path] = tmp_path.glob("checks/tribun/*/check.json")
    report = json.loads(path.read_text())
    assert len(report["articles"]) == 3
    assert {source["url"] for source in report["sources"]} >= {
        "https://www.tribunnews.com/robots.txt",
        "https://www.tribunnews.com/sitemap.xml",
        "https://www.tribunnews.com/index-news?page=1",
    }
    assert report["checked"].endswith("+00:00")
    assert "title          found in" in out
    assert list(path.parent.glob("warc/**/*.warc.gz"))
    assert not (tmp_path / "articles").exists()


def test_a_check_that_misses_a_field_ends_with_7_and_names_it(tmp_path: Path) -> None:
    from tests.fakesite import Reply

    page = b"<html><body><h1>Judul Tanpa Tanggal</h1><div class='side-article txt-article'>" + (
        b"<p>Paragraf pertama yang cukup panjang untuk sebuah artikel berita di kota ini pada hari itu juga.</p>" * 6
    )
    site_map = b"<urlset><url><loc>https://www.tribunnews.com/nasional/9900001/judul</loc></url></urlset>"
    with FakeSite(outlets=tmp_path) as site:  # whose other sources announce nothing
        site.overrides["www.tribunnews.com", "/sitemap.xml"] = Reply(200, body=site_map)
        site.overrides["www.tribunnews.com", "/nasional/9900001/judul"] = Reply(
            200, headers=(("Content-Type", "text/html"),), body=page
        )
        status, out, log = scrapy(
            "outlets", "--check", "tribun", "-s", f"ARCHIVE_URI={tmp_path}", "-s", "DOWNLOAD_DELAY=0", site=site
        )
    assert status == 7, log
    assert "published      NOT FOUND" in out


def test_a_check_that_finds_no_article_ends_with_7_after_nine_tries(tmp_path: Path) -> None:
    from tests.fakesite import Reply

    urls = "".join(f"<url><loc>https://www.tribunnews.com/nasional/99000{n}/x</loc></url>" for n in range(10, 40))
    with FakeSite(outlets=tmp_path) as site:  # whose other sources announce nothing
        site.overrides["www.tribunnews.com", "/sitemap.xml"] = Reply(200, body=f"<urlset>{urls}</urlset>".encode())
        for number in range(10, 40):
            site.overrides["www.tribunnews.com", f"/nasional/99000{number}/x"] = Reply(200, body=b"<html></html>")
        status, out, log = scrapy(
            "outlets", "--check", "tribun", "-s", f"ARCHIVE_URI={tmp_path}", "-s", "DOWNLOAD_DELAY=0", site=site
        )
        tried = [request for request in site.requests if request.path.startswith("/nasional/99")]
    assert status == 7, log
    assert "missing  title, text, published" in out
    assert len(tried) == 9


def test_a_check_of_an_archive_in_a_bucket_stays_on_this_machine(tmp_path: Path) -> None:
    settings = ("-s", "ARCHIVE_URI=s3://ember/arsip", "-s", f"STATE_DIR={tmp_path / 'state'}")
    with FakeSite(wall=True) as site:
        status, out, log = scrapy("outlets", "--check", "tribun", *settings, site=site)
    assert status == 4, log
    [path] = tmp_path.glob("checks/tribun/*/check.json")
    assert f"kept in  {path} (on this machine; the bucket is left alone)" in out


def test_genspider_starts_an_outlet_that_scrapy_lists(tmp_path: Path) -> None:
    for name in ("crawler", "pipelines", "archive", "scrapy.cfg"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    env = environment() | {"PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1"}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "scrapy", *arguments],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout

    run("genspider", "-t", "outlet", "contoh", "contoh.co.id")
    run("genspider", "contohdua", "contoh-dua.co.id")
    assert {"contoh", "contohdua"} <= set(run("list").split())
    assert "https://contoh.co.id/robots.txt" in run("outlets")


def test_a_name_that_file_spider_and_class_cannot_share_is_refused() -> None:
    status, _, log = scrapy("genspider", "contoh-baru", "contoh.co.id")
    assert status == 2
    assert "lower-case letters and digits" in log


def test_arsip_is_scrapy_from_any_folder(tmp_path: Path) -> None:
    arsip = Path(sys.executable).with_name("arsip")
    done = subprocess.run(
        [arsip, "list"], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True, timeout=60
    )
    assert "tribun" in done.stdout.split()


@pytest.mark.parametrize(("archive", "status"), [("s3://", 2), ("/proc/tidak-bisa", 5), ("~siapa-itu/arsip", 2)])
def test_a_check_into_an_archive_that_cannot_be_is_a_sentence(archive: str, status: int) -> None:
    with FakeSite() as site:
        done, out, log = scrapy("outlets", "--check", "tribun", "-s", f"ARCHIVE_URI={archive}", site=site)
    assert done == status, log
    assert "Traceback" not in out + log
    assert "ARCHIVE_URI" in log or "cannot be written" in log


@pytest.mark.parametrize(
    ("ends", "status"),
    [
        ([], ExitStatus.DONE),
        ([ExitStatus.LEASED, ExitStatus.DONE], ExitStatus.LEASED),
        ([ExitStatus.VERIFICATION, ExitStatus.LEASED], ExitStatus.VERIFICATION),
        ([ExitStatus.UPLOADS_PENDING, ExitStatus.VERIFICATION], ExitStatus.UPLOADS_PENDING),
        ([ExitStatus.STORAGE, ExitStatus.UPLOADS_PENDING], ExitStatus.STORAGE),
    ],
)
def test_work_on_several_outlets_ends_as_the_worst_of_them(ends: list[ExitStatus], status: ExitStatus) -> None:
    assert worst(ends) is status
