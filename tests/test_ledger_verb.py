"""`scrapy ledger`: what a person and a script are told, and what it goes and gets."""

from __future__ import annotations

import csv
import json
from argparse import Namespace
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from scrapy.exceptions import UsageError
from scrapy.utils.project import get_project_settings

from archive.catalog import open_catalog
from archive.errors import ExitStatus
from archive.known import Changes, Version
from archive.ledger import Day, Miss
from archive.state import Places
from crawler.commands import crawlall
from crawler.commands.ledger import Command, table
from tests.fakesite import FakeSite, Reply
from tests.lives import on_disk
from tests.runs import Run, crawl, scrapy
from tests.test_again import WWW
from tests.test_ledger import HOST, became, named
from tests.test_looks import IN_PAGES


def verb(folder: Path, *words: str, **given: Any) -> int:
    """The verb, in this process."""
    command = Command()
    command.settings = get_project_settings()
    command.settings.setdict({"ARCHIVE_URI": str(folder), "STATE_DIR": None, "CATALOG_URI": None})
    options = {
        "misses": False,
        "reason": None,
        "since": None,
        "until": None,
        "fill": False,
        "json": False,
        "csv": False,
    }
    command.run(list(words), Namespace(**options | given))
    return int(command.exitcode)


def filled(folder: Path, *changes: Changes) -> Path:
    with closing(open_catalog(Places(folder=folder / "state").catalog)) as catalog:
        for one in changes:
            catalog.commit(one)
    return folder


SOME = Changes(
    announced=[named(1), named(2, reason="timeout", tries=2), named(3), named(4, "2026-11-21")],
    known=[became(1, version=2), became(3, "gone", day=None)],
)


def test_the_ledger_is_a_table_that_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb(filled(tmp_path, SOME)) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines() == [
        "tribun  Tribunnews",
        "day         announced  captured  extracted  edited  deleted  missing   there  why",
        "2026-11-20          3         2          1       1        0        2  33.3 %  time-out 1, gone 1",
        "2026-11-21          1         0          0       0        0        1   0.0 %  not tried yet 1",
        "total               4         2          1       1        0        3  25.0 %  not tried yet 1, time-out 1, gone 1",  # noqa: E501 - as it is printed
        "",
    ]


def test_a_long_period_is_told_by_months_and_nothing_that_lacks_an_article_is_whole() -> None:
    days = [Day(outlet="tribun", day=f"2026-{month:02}-{day:02}") for month in (1, 2, 3) for day in range(1, 22)]
    days[0] = replace(days[0], announced=10_000, captured=9_999, extracted=9_999, misses={Miss.GONE: 1})
    lines = list(table("Tribunnews", days))
    assert [line.split()[0] for line in lines[1:-1]] == ["month", "2026-01", "2026-02", "2026-03", "total"]
    assert "99.9 %" in lines[2]


def test_the_misses_are_listed_and_nothing_from_outside_reaches_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = replace(named(5), source="https://www.tribunnews.com/\x1b[2J")
    filled(tmp_path, SOME, Changes(announced=[odd]))
    assert verb(tmp_path, "tribun", misses=True, reason="time-out,not-tried-yet") == 0
    out = capsys.readouterr().out
    assert [line.split()[1:3] for line in out.splitlines()] == [
        ["2026-11-20", "time-out"],
        ["2026-11-21", "not"],
        ["2026-11-20", "not"],
    ]
    assert f"{named(2).url}  (timeout; tried 2 times; announced by {HOST}/sitemap.xml)" in out
    assert "\x1b" not in out


def test_scripts_get_the_ledger_as_json_and_as_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    formula = replace(named(6), source="=HYPERLINK(1)")
    filled(tmp_path, SOME, Changes(announced=[formula]))
    assert verb(tmp_path, json=True) == 0
    days = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (days[0]["announced"], days[0]["misses"]) == (4, {"not tried yet": 1, "time-out": 1, "gone": 1})
    assert verb(tmp_path, csv=True, until="2026-11-20") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines[0].split(",")) == len({*lines[0].split(",")}), "each column has a name of its own"
    [row] = csv.DictReader(lines)
    assert (row["day"], row["announced"], row["missing-time-out"], row["missing-wall"]) == ("2026-11-20", "4", "1", "0")
    assert verb(tmp_path, csv=True, misses=True) == 0
    assert [row["source"] for row in csv.DictReader(capsys.readouterr().out.splitlines())][-1] == "'=HYPERLINK(1)"
    assert verb(tmp_path, json=True, misses=True, reason="gone") == 0
    assert json.loads(capsys.readouterr().out)["miss"] == "gone"


def test_where_no_announcement_is_known_the_ledger_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verb(filled(tmp_path, Changes(known=[became(1)]))) == 0
    out, err = capsys.readouterr()
    assert "1 articles are there that nobody announced" in out
    assert "the catalog knows of no announcement" in err


@pytest.mark.parametrize(
    ("words", "options", "sentence"),
    [
        (("tidakada",), {}, "There is no outlet tidakada"),
        (("--tidakada",), {}, "There is no option"),
        ((), {"reason": "gone"}, "give both"),
        ((), {"reason": "hilang", "misses": True}, "There is no reason hilang"),
        ((), {"fill": True, "csv": True}, "when it is done"),
        ((), {"since": "kemarin"}, "is no date"),
        ((), {}, "There is no catalog"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(tmp_path: Path, words: Any, options: Any, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        verb(tmp_path, *words, **options)
    assert list(tmp_path.iterdir()) == [], "who only reads makes nothing"


def test_the_ledger_is_read_while_a_job_is_at_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    running = on_disk(tmp_path).job("tribun")
    running.announce(named(1))
    running.commit()
    assert verb(tmp_path) == 0
    running.finish({})
    assert "not tried yet 1" in capsys.readouterr().out


def test_the_catalog_of_another_archive_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(tmp_path, SOME)
    with closing(open_catalog(Places(folder=tmp_path / "state").catalog)) as catalog:
        catalog.belong_to("s3://lain")
    assert verb(tmp_path) == 5
    assert "is that of s3://lain, not of this archive" in capsys.readouterr().err


def test_filling_crawls_the_outlets_that_lack_what_can_be_had_and_prints_what_came(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = replace(named(8), url="https://nasional.kompas.com/read/8", outlet="kompas")
    done = replace(became(8, "gone"), url=gone.url, outlet="kompas")
    filled(tmp_path, SOME, Changes(announced=[gone], known=[done]))
    begun = []

    def crawl(_: crawlall.Command, names: list[str], opts: Namespace) -> ExitStatus:
        begun.append((names, opts.spargs, opts.jobs))
        filled(tmp_path, Changes(known=[became(2), became(4, day="2026-11-21")]))
        return ExitStatus.ALARM

    monkeypatch.setattr(crawlall.Command, "act", crawl)
    assert verb(tmp_path, fill=True, since="2026-11-20") == ExitStatus.ALARM
    assert begun == [(["tribun"], ["fill=yes", "since=2026-11-20"], crawlall.JOBS)]
    totals = [line.split()[1:4] for line in capsys.readouterr().out.splitlines() if line.startswith("total")]
    assert totals == [["1", "1", "0"], ["4", "2", "1"], ["1", "1", "0"], ["4", "4", "3"]]
    assert verb(tmp_path, fill=True) == 0
    assert "Nothing is missing that could still be had" in capsys.readouterr().err
    assert len(begun) == 1


A_PART = became(1, final=False)
"""An article that lacks a page."""
HALF = Version(
    article_id=str(A_PART.article_id),
    version=1,
    outlet="tribun",
    url=A_PART.url,
    captured=str(A_PART.captured),
    job=A_PART.job,
    complete=False,
)
"""Its row."""


@pytest.mark.parametrize(
    ("changes", "options", "begins"),
    [
        (Changes(announced=[named(1)], known=[A_PART]), {}, True),
        (Changes(known=[A_PART]), {}, False),
        (Changes(announced=[named(1, "2026-11-25")], known=[A_PART]), {"until": "2026-11-22"}, False),
        (Changes(announced=[named(1)], known=[replace(A_PART, final=True, ended="gone")], versions=[HALF]), {}, False),
        (Changes(announced=[named(1)], known=[A_PART, replace(became(2), article_id=A_PART.article_id)]), {}, False),
        (Changes(announced=[named(1, reason="robots", tries=1)]), {}, False),
        (Changes(announced=[named(1)], known=[became(1, "not-found")]), {}, True),
        # It is there under another address, which a job that fills notes, and nobody else: this one was given up.
        (
            Changes(
                announced=[named(1, reason="timeout", tries=9)],
                known=[replace(became(1), url=f"{HOST}/nasional/1/judul-lain")],
            ),
            {},
            True,
        ),
    ],
)
def test_a_job_is_begun_for_what_it_will_ask_for_and_for_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: Changes, options: Any, *, begins: bool
) -> None:
    begun = []

    def crawl_all(_: crawlall.Command, names: list[str], __: Namespace) -> ExitStatus:
        begun.append(names)
        return ExitStatus.DONE

    monkeypatch.setattr(crawlall.Command, "act", crawl_all)
    assert verb(filled(tmp_path, changes), fill=True, **options) == 0
    assert begun == ([["tribun"]] if begins else [])


def test_of_many_articles_that_have_to_be_named_some_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = replace(A_PART, url=f"{HOST}/nasional/1/judul?a=1&b=2")
    filled(tmp_path, Changes(known=[odd, *(became(number, final=False) for number in range(2, 9))]))
    assert verb(tmp_path, fill=True, since="2026-11-20") == 0
    err = capsys.readouterr().err
    assert "8 articles with a page missing that no source announced for these days: scrapy crawl tribun -a 'url=" in err
    assert f"judul?a=1&b=2,{HOST}/nasional/2/judul," in err
    assert err.endswith(f"{HOST}/nasional/5/judul' asks for 5 of them.\n")


def in_pages(site: FakeSite, archive: Path) -> Run:
    """A job that gives up at once, of an outlet whose one article lacks its second page."""
    host, path = IN_PAGES
    place = f"<url><loc>https://{host}{path}</loc></url>"
    body = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{place}</urlset>'.encode()
    site.overrides[WWW, "/sitemap.xml"] = Reply(headers=(("Content-Type", "application/xml"),), body=body)
    site.overrides[WWW, "/index-news"] = Reply(body=b"<html><body><p>Tidak ada</p></body></html>")
    site.overrides[host, f"{path}?page=2"] = Reply(500)
    return Run(*scrapy("crawl", "tribun", *uses(archive), site=site), archive)


def uses(archive: Path) -> tuple[str, ...]:
    asked = {"ARCHIVE_URI": archive, "DOWNLOAD_DELAY": 0, "CONTACT": "mailto:uji@contoh.test", "RETRY_AFTER": "never"}
    return tuple(part for name, value in asked.items() for part in ("-s", f"{name}={value}"))


def asked_again(site: FakeSite, archive: Path) -> tuple[list[str], str, str]:
    """What --fill asks for, and what it says."""
    before = len(site.requests)
    status, out, err = scrapy("ledger", "tribun", "--fill", *uses(archive), site=site)
    assert status == 0, err
    return [request.path for request in site.requests[before:]], out, err


def jobs(archive: Path) -> int:
    return len(list(archive.glob("jobs/*/*.json")))


def test_an_article_that_was_given_up_in_part_is_filled_until_its_outlet_takes_it_away(tmp_path: Path) -> None:
    host, path = IN_PAGES
    with FakeSite() as site:
        [row] = in_pages(site, tmp_path).rows()
        assert not row["complete"]
        told = scrapy("history", row["url"], "-s", f"ARCHIVE_URI={tmp_path}")[1]
        again = f"scrapy ledger tribun --fill tries again, as does scrapy crawl tribun -a url={row['url']}"
        assert f"given up      tried once, with a page missing; {again}" in told.splitlines()
        assert "next visit" not in told

        assert path in asked_again(site, tmp_path)[0]
        assert "given up      tried 2 times, with" in scrapy("history", row["url"], "-s", f"ARCHIVE_URI={tmp_path}")[1]
        site.overrides[host, path] = Reply(410)
        paths, _, err = asked_again(site, tmp_path)
        ends = "tribun: 1 article with a page missing of which nothing more is to be had: taken away by the outlet"
        assert (path in paths, jobs(tmp_path)) == (True, 3)
        assert f"scrapy ledger: {ends}" in err

        paths, out, err = asked_again(site, tmp_path)
        assert (paths, jobs(tmp_path)) == ([], 3), "there is nothing that a job would ask for"
        assert "1 articles lack a page" in out
        assert "Nothing is missing that could still be had with --fill" in err
        assert ends in err
    assert "next visit    none is due" in scrapy("history", row["url"], "-s", f"ARCHIVE_URI={tmp_path}")[1]


def test_an_article_in_part_that_nobody_announced_is_had_by_its_name(tmp_path: Path) -> None:
    first, archive = tmp_path / "first", tmp_path / "archive"
    with FakeSite() as site:
        [row] = in_pages(site, first).rows()
        adopted = scrapy("rebuild", "--jobs", "1", "--from", str(first / "warc"), *uses(archive))
        assert adopted[0] == 0, adopted
        by_name = f"scrapy crawl tribun -a url={row['url']}"
        told = scrapy("history", row["url"], "-s", f"ARCHIVE_URI={archive}")[1]
        assert told.count("--fill") == 0
        assert f"{by_name} tries again" in told

        begun = jobs(archive)
        paths, _, err = asked_again(site, archive)
        assert (paths, jobs(archive)) == ([], begun)
        assert f"1 article with a page missing that no source announced: {by_name} asks.\n" in err
        del site.overrides[IN_PAGES[0], f"{IN_PAGES[1]}?page=2"]
        rows = crawl("tribun", archive, site, f"url={row['url']}", ahead=timedelta(hours=1)).rows()
        assert sorted(row["complete"] for row in rows) == [False, True]
        err = asked_again(site, archive)[2]
    assert err.endswith("Nothing is missing that could still be had with --fill.\n")
