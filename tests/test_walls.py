"""Walls are told apart from each other, and from pages that only look like them."""

from __future__ import annotations

import time

import pytest
from scrapy.http import HtmlResponse, Response

from crawler.walls import ADVICE, AFTER, READ, Refusals, Wall, is_login, kind, of_blocked, sentence

URL = "https://www.contoh.test/nasional/123/judul"
HTML = {"Content-Type": "text/html; charset=utf-8"}


def answer(status: int, body: str = "", **headers: str) -> Response:
    fields = HTML | {name.replace("_", "-"): value for name, value in headers.items()}
    return HtmlResponse(URL, status=status, headers=fields, body=body.encode())


def titled(title: str, body: str = "") -> str:
    return f"<html><head><title>{title}</title></head><body>{body}</body></html>"


LOGIN_FORM = "<form action='/masuk'><input name='surel'><input type='password' name='sandi'></form>"


@pytest.mark.parametrize(
    ("response", "wall"),
    [
        (answer(403, cf_mitigated="challenge"), Wall.CHALLENGE),
        (answer(503, titled("Just a moment...")), Wall.CHALLENGE),
        (answer(429, titled("Vercel Security Checkpoint"), x_vercel_mitigated="challenge"), Wall.CHALLENGE),
        (answer(202, x_amzn_waf_action="challenge"), Wall.CHALLENGE),
        (answer(405, x_amzn_waf_action="captcha"), Wall.CHALLENGE),
        (answer(200, titled("Contoh", "<form id='challenge-form'></form>")), Wall.CHALLENGE),
        (answer(403, titled("Contoh", "<iframe src='https://geo.captcha-delivery.com/x'></iframe>")), Wall.CHALLENGE),
        (answer(401), Wall.LOGIN),
        (answer(302, Location="https://sso.contoh.test/?ke=/nasional/123"), Wall.LOGIN),
        (answer(303, Location="/user/login.php?next=/nasional/123"), Wall.LOGIN),
        (answer(200, titled("Masuk - Contoh", LOGIN_FORM)), Wall.LOGIN),
        (answer(200, titled("Contoh: Silakan login untuk membaca", LOGIN_FORM)), Wall.LOGIN),
        (answer(429), Wall.RATE_LIMIT),
        (answer(429, titled("Terlalu banyak permintaan")), Wall.RATE_LIMIT),
        (answer(403, Server="CloudFront"), Wall.FILTER),
        (answer(403, titled("Access Denied"), Server="AkamaiGHost"), Wall.FILTER),
        (answer(403, x_sucuri_id="12003"), Wall.FILTER),
        (
            answer(403, titled("Attention Required! | Cloudflare", "<div id='cf-wrapper'>"), Server="cloudflare"),
            Wall.FILTER,
        ),
        (answer(406), Wall.FILTER),
        (answer(451), Wall.LEGAL),
        (answer(403, titled("403 Forbidden"), Server="nginx"), Wall.REFUSED),
        (answer(403, "\x00" * 9), Wall.REFUSED),
        (answer(403, "<p>" * 50_000), Wall.REFUSED),
    ],
)
def test_each_wall_is_known_by_its_kind(response: Response, wall: Wall) -> None:
    assert kind(response) is wall


@pytest.mark.parametrize(
    "response",
    [
        answer(200, titled("Cara login WhatsApp di dua ponsel", "<p>Begini caranya.</p>" + LOGIN_FORM)),
        answer(200, titled("Beranda", LOGIN_FORM)),
        answer(200, titled("Masuk", LOGIN_FORM + "<a href='/'>x</a>" * 40)),
        answer(200, titled("Masuk musim hujan, warga diminta waspada")),
        answer(200, titled("Before you continue to Contoh", "<form action='/consent'></form>")),
        answer(200, "x" * (READ + 1)),
        answer(301, Location="/teknologi/cara-login-di-ponsel"),
        answer(302, Location="http://[::1"),
        answer(304),
        answer(404, titled("Just a moment...")),
        answer(500),
        answer(503, titled("Sedang dalam perbaikan")),
        Response(
            URL, headers={"Content-Type": "application/xml"}, body=b"<urlset><title>Just a moment</title></urlset>"
        ),
    ],
)
def test_what_only_looks_like_a_wall_is_none(response: Response) -> None:
    assert kind(response) is None


@pytest.mark.parametrize(
    ("address", "login"),
    [
        ("https://www.contoh.test/login", True),
        ("https://www.contoh.test/member/sign-in?ke=1", True),
        ("https://accounts.contoh.test/", True),
        ("https://www.contoh.test/auth/start", True),
        ("https://www.contoh.test/berita/login-gagal", False),
        ("https://www.contoh.test/authors/budi", False),
        ("https://www.contoh.test/berita?login=1", False),
    ],
)
def test_the_address_of_a_login_page_is_told_by_a_whole_word(address: str, login: bool) -> None:  # noqa: FBT001
    assert is_login(address) is login


def test_a_page_of_refusal_that_nothing_else_names_is_a_refusal() -> None:
    assert of_blocked(answer(200, titled("Akses ditolak"))) is Wall.REFUSED
    assert of_blocked(answer(200, titled("Akses ditolak"), Server="CloudFront")) is Wall.FILTER


def test_a_few_refusals_in_a_row_are_enough_whoever_refuses() -> None:
    refusals = Refusals()
    for number in range(AFTER):
        assert not refusals.are_enough
        refusals.refuse(Wall.CHALLENGE, of_article=number % 2 == 0)
    assert refusals.are_enough


def test_sources_that_answer_do_not_hide_articles_that_are_refused() -> None:
    refusals = Refusals()
    for _ in range(AFTER):
        refusals.answer(of_article=False)
        refusals.refuse(Wall.CHALLENGE, of_article=True)
    assert refusals.are_enough


def test_an_article_between_refusals_says_that_there_is_no_wall() -> None:
    refusals = Refusals()
    for _ in range(4 * AFTER):
        refusals.refuse(Wall.REFUSED, of_article=True)
        refusals.article()
        refusals.refuse(Wall.REFUSED, of_article=False)
    assert not refusals.are_enough


def test_what_came_after_a_page_counts_when_that_has_been_read() -> None:
    pages = [object(), object(), object()]
    refusals = Refusals()
    refusals.refuse(Wall.REFUSED, of_article=True)
    for page in pages:
        refusals.page(page)
    for _ in range(AFTER - 1):
        refusals.refuse(Wall.REFUSED, of_article=True)
    refusals.read(pages[2])
    refusals.read(pages[1], is_article=True)
    refusals.read(pages[1])  # it has been told what it was
    assert not refusals.are_enough
    refusals.read(pages[0])
    assert not refusals.are_enough
    refusals.refuse(Wall.REFUSED, of_article=True)
    assert refusals.are_enough


def test_a_page_that_takes_long_to_read_hides_no_wall_that_came_after_it() -> None:
    refusals = Refusals()
    refusals.page("lama")
    for _ in range(AFTER):
        assert not refusals.are_enough
        refusals.refuse(Wall.REFUSED, of_article=True)
    assert refusals.are_enough


def test_refusals_are_enough_as_soon_as_what_was_between_them_is_known_as_none() -> None:
    refusals = Refusals()
    refusals.page("awal")
    refusals.page("antara")
    for _ in range(AFTER - 1):
        refusals.refuse(Wall.CHALLENGE, of_article=True)
    assert refusals.blocked("antara", Wall.LOGIN) is Wall.LOGIN
    refusals.read("antara")
    assert refusals.are_enough
    refusals.read("awal", is_article=True)
    assert refusals.are_enough
    refusals.page("akhir")
    assert not refusals.are_enough


def test_sources_that_are_refused_among_others_are_no_wall() -> None:
    refusals = Refusals()
    for _ in range(4 * AFTER):
        refusals.refuse(Wall.REFUSED, of_article=False)
        refusals.answer(of_article=False)
    assert not refusals.are_enough


def test_who_refuses_us_from_the_first_answer_on_turns_away_what_we_are() -> None:
    refusals = Refusals()
    assert refusals.refuse(Wall.REFUSED, of_article=False) is Wall.FILTER
    assert refusals.refuse(Wall.LEGAL, of_article=False) is Wall.LEGAL
    refusals.answer(of_article=True)
    assert refusals.refuse(Wall.REFUSED, of_article=True) is Wall.REFUSED


def test_every_kind_has_its_advice() -> None:
    assert set(ADVICE) == set(Wall)
    said = sentence({"challenge": 4, "legal": 1})
    assert said.startswith("challenge (4 answers): it wants proof")
    assert "legal (1 answer): it must not show this" in said


def test_a_page_of_spite_costs_little() -> None:
    pages = ["<" * READ, "<title>" + "masuk - " * 8000, "<h1>" * (READ // 4), "<a " + "b=c " * (READ // 4)]
    began = time.process_time()
    for page in pages:
        kind(answer(403, page[:READ]))
    assert time.process_time() - began < 2
