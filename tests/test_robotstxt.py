"""What one robots.txt says: groups, limits, slips of the pen, and files that are no robots.txt at all."""

from __future__ import annotations

import time

import pytest

from crawler.robotstxt import MAX_BYTES, RobotsTxt

HOST = "https://contoh.test"


def said(body: str | bytes) -> RobotsTxt:
    return RobotsTxt(body.encode() if isinstance(body, str) else body, "arsip-berita")


@pytest.mark.parametrize(
    "body",
    [
        "User-agent: *\nDisallow: /arsip/",
        "\ufeffUser-agent: *\nDisallow: /arsip/",
        "User-agent: *\r\nDisallow: /arsip/\r\n",
        "user-agent:*\rdisallow:/arsip/ # tutup",
        "User-agent: ARSIP-BERITA/2.0\nDisallow: /arsip/\n\nUser-agent: *\nDisallow: /lain/",
        "User-agent: googlebot\nUser-agent: arsip-berita\nDisallow: /arsip/",
        # Groups of one name are one; the star is not for who has a group.
        "User-agent: arsip-berita\nAllow: /x\nUser-agent: *\nDisallow: /\nUser-agent: ARSIP-berita\nDisallow: /arsip/",
        # A Sitemap line ends no group, nor does a line that means nothing.
        "User-agent: arsip-berita\nSitemap: https://contoh.test/s.xml\nHost: x\nUser-agent: a\nDisallow: /arsip/",
        "User-agent: *\nDissalow: /arsip/",
        "<!DOCTYPE html>\n<html>\n<pre>\nUser-agent: *\nDisallow: /arsip/\n</pre>",
    ],
)
def test_the_rules_of_our_group_close_what_they_name_and_nothing_else(body: str) -> None:
    assert not said(body).allows(f"{HOST}/arsip/1")
    assert said(body).allows(f"{HOST}/nasional/1")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "\x00\xff" * 5000,
        "<html><body><p>Disallow: /</p></body></html>",
        "Disallow: /",
        "User-agent: arsip\nDisallow: /",
        "User-agent: berita\nDisallow: /",
        "User-agent: arsip-berita\nAllow: /\n\nUser-agent: *\nDisallow: /",
        "User-agent: *\nDisallow:",
        "User-agent: *\nDisallow: /\nAllow: /nasional/",
    ],
)
def test_what_says_nothing_to_us_closes_nothing(body: str) -> None:
    assert said(body).allows(f"{HOST}/nasional/1")


def test_what_lies_behind_the_limit_is_ignored_and_the_line_at_the_cut_too() -> None:
    head = b"User-agent: *\nDisallow: /arsip/\n"
    fill = b"# " + b"x" * (MAX_BYTES - len(head) - len(b"Disallow: /n") - 3) + b"\n"
    long = said(head + fill + b"Disallow: /nasional/\nDisallow: /bola/\n")
    assert not long.allows(f"{HOST}/arsip/1")
    assert long.allows(f"{HOST}/nasional/1")
    assert long.allows(f"{HOST}/nanti/1")  # `Disallow: /n` is what the cut had left


@pytest.mark.parametrize(
    "body",
    [
        "".join(f"User-agent: a{n}\n" for n in range(8000)) + "Disallow: /x\n" * 20_000,
        "User-agent: *\n" + "Disallow: /*a*a*a*a*a*a*a*a*b\n" * 15_000,
        "User-agent: *\n" * 35_000,
    ],
)
def test_half_a_megabyte_of_spite_costs_little(body: str) -> None:
    began = time.process_time()
    robots = said(body)
    assert robots.allows(f"{HOST}/{'a' * 200}")
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("line", "seconds"),
    [("Crawl-delay: 7", 7), ("crawl-delay:0.5", 0.5), ("Crawl-delay: nanti", 0), ("Crawl-delay: -3", 0), ("", 0)],
)
def test_crawl_delay_is_read_as_a_number_of_seconds(line: str, seconds: float) -> None:
    assert said(f"User-agent: *\n{line}\nDisallow: /x").crawl_delay == seconds


def test_signals_and_whom_it_keeps_out_speak_of_reuse() -> None:
    body = "User-agent: *\nContent-Signal: search=yes,ai-train=no\nDisallow:\n\nUser-agent: GPTBot\nDisallow: /\n"
    assert said(body).opt_out("/") == [
        "robots.txt: Content-Signal: search=yes,ai-train=no",
        "robots.txt: disallow GPTBot",
    ]


def test_what_is_said_to_others_is_told_apart() -> None:
    body = "User-agent: Bingbot\nContent-Signal: search=no\n\nUser-agent: arsip-berita\nContent-Usage: train-ai=n\n"
    assert said(body).opt_out("/") == [
        "robots.txt (bingbot): Content-Signal: search=no",
        "robots.txt: Content-Usage: train-ai=n",
    ]


def test_a_line_for_a_path_speaks_of_that_path_alone() -> None:
    robots = said("User-agent: *\nContent-Usage: /opini/ search=n\nDisallow:\n")
    assert robots.opt_out("/opini/1") == ["robots.txt: Content-Usage: /opini/ search=n"]
    assert robots.opt_out("/nasional/1") == []


def test_a_robots_txt_that_lets_everybody_in_says_nothing_against_reuse() -> None:
    assert said("User-agent: *\nDisallow: /search\n").opt_out("/") == []
