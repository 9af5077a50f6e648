"""tdmrep.json, as hosts write it and as they should not."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import pytest

from archive.tdmrep import MAX_BYTES, MAX_PATTERN, MAX_RULES, PATH, Rule, covers, parse, signals
from tests.fakesite import FakeSite, Reply
from tests.runs import crawl
from tests.test_coding import unfinished
from tests.test_redirects import page

HOST = "https://contoh.test"
RESERVED = "tdmrep.json: tdm-reservation: 1"


def file(*rules: dict[str, object]) -> list[Rule]:
    return parse(json.dumps(rules).encode())


def test_a_reservation_and_its_policy_are_signals_of_the_paths_it_names() -> None:
    rules = file({"location": "/berita/*", "tdm-reservation": 1, "tdm-policy": f"{HOST}/syarat.json"})
    assert signals(rules, f"{HOST}/berita/1") == [RESERVED, f"tdmrep.json: tdm-policy: {HOST}/syarat.json"]
    assert signals(rules, f"{HOST}/tentang") == []


@pytest.mark.parametrize("value", [1, "1", True])
def test_a_reservation_is_the_number_one_however_it_is_written(value: object) -> None:
    assert signals(file({"location": "/", "tdm-reservation": value}), HOST) == [RESERVED]


@pytest.mark.parametrize("value", [0, "0", None, "ya", [1], {"a": 1}])
def test_anything_else_reserves_nothing(value: object) -> None:
    assert signals(file({"location": "/", "tdm-reservation": value}), HOST) == []


@pytest.mark.parametrize("order", [1, -1])
def test_the_longest_location_counts(order: int) -> None:
    closed, opened = {"location": "/", "tdm-reservation": 1}, {"location": "/siaran/", "tdm-reservation": 0}
    rules = file(*(closed, opened)[::order])
    assert signals(rules, f"{HOST}/siaran/1") == []
    assert signals(rules, f"{HOST}/berita/1") == [RESERVED]


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/", "/apa/saja", True),
        ("*", "/apa/saja", True),
        ("/berita", "/berita-daerah", True),
        ("/berita$", "/berita", True),
        ("/berita$", "/berita/1", False),
        ("/*.html$", "/a/b.html", True),
        ("/*.html$", "/a/b.html?x=1", False),
        ("/*/cetak/*", "/a/cetak/1", True),
        ("/*/cetak/*", "/cetak/1", False),
        ("/ab*ba$", "/aba", False),
        ("/kopi%20susu", "/kopi susu/1", True),
        ("/opini", "/Opini", False),
    ],
)
def test_locations_are_patterns_as_in_robots_txt(pattern: str, path: str, fits: bool) -> None:  # noqa: FBT001
    assert covers(pattern, path) is fits


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Tidak ditemukan</html>",
        b"null",
        b"[1, [], null, {}]",
        b"[" * 100_000,
        b'[{"location": "/", "tdm-reservation": ' + b"1" * 5000 + b"}]",
        b'[{"location": 1, "tdm-reservation": 1}]',
        b'[{"location": "/' + b"a" * MAX_PATTERN + b'", "tdm-reservation": 1}]',
        b'[{"location": "/", "tdm-reservation": 1}]' + b" " * MAX_BYTES,
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_such_file_or_beyond_a_limit_reserves_nothing(body: bytes) -> None:
    assert signals(parse(body), f"{HOST}/{'a' * MAX_PATTERN}") == []


def test_one_object_without_brackets_and_a_byte_order_mark_are_understood() -> None:
    body = b'\xef\xbb\xbf{"location": "/", "tdm-reservation": 1}'
    assert signals(parse(body), HOST) == [RESERVED]


def test_patterns_made_to_be_slow_are_not() -> None:
    rules = file(*({"location": "/" + "*a" * 100 + "*b$", "tdm-reservation": 1} for _ in range(MAX_RULES + 500)))
    assert len(rules) == MAX_RULES
    began = time.process_time()
    assert signals(rules, f"{HOST}/{'a' * 2000}") == []
    assert time.process_time() - began < 2


def test_a_host_whose_file_is_cut_off_is_not_asked_for_articles_and_an_error_page_is_no_such_file(
    tmp_path: Path,
) -> None:
    rules = [{"location": f"/rubrik-{number}/", "tdm-reservation": 0} for number in range(900)]
    coded = gzip.compress(json.dumps([*rules, {"location": "/", "tdm-reservation": 1}]).encode())
    cut, sloppy = "www.tribunnews.com", "jogja.tribunnews.com"
    head, article = (("Content-Type", "text/html"), ("Content-Encoding", "gzip")), page(2).body
    with FakeSite() as site:
        site.overrides[cut, PATH] = Reply(headers=(("Content-Encoding", "gzip"),), body=coded[: len(coded) // 2])
        site.overrides[cut, "/nasional/9900001/judul"] = page(1)
        site.overrides[sloppy, PATH] = Reply(headers=head, body=unfinished(b"<html>Tidak ditemukan</html>"))
        site.overrides[sloppy, "/nasional/9900002/judul"] = Reply(headers=head, body=unfinished(article))
        urls = (f"https://{cut}/nasional/9900001/judul", f"https://{sloppy}/nasional/9900002/judul")
        run = crawl("tribun", tmp_path, site, f"url={','.join(urls)}")
        assert [request.host for request in site.requests if "/nasional/" in request.path] == [sloppy]
    assert [(event["url"], event["reason"]) for event in run.events("failed")] == [(urls[0], "torn")]
    assert [(row["url"], row["complete"]) for row in run.rows()] == [(urls[1], True)]
