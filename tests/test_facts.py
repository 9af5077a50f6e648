"""Facts of an article: from the best place that has them, and none made up."""

from typing import Any

import pytest

from pipelines.rules import Layout, Rules
from tests.pages import BODY, NODE, PROSE, RULES, URL, article, ld, meta, page


def bylines(head: str = "", above: str = "", tail: str = "", **selectors: Any) -> tuple[list[str], list[str]]:
    rules = Rules(brands=("Contoh",), layouts=(Layout(body="div.isi", **selectors),))
    made = article(head, f"{above}<div class='isi'><p>{PROSE}</p><p>{PROSE}</p>{tail}</div>", rules=rules)
    return made.authors, made.editors


def test_the_publisher_is_never_an_author() -> None:
    for name in (
        "Contoh",
        "CONTOH",
        "Kompas Cyber Media",
        "contoh.id developer",
        "https://www.facebook.com/contoh",
        "Redaksi",
        "Tim Redaksi",
        "lain.co.id",
        "@contoh",
        "Admin",
    ):
        assert bylines(meta(author=name)) == ([], [])
        assert bylines(ld(NODE | {"author": {"@type": "Person", "name": name}}), tail="<p>Penulis: Rina Ayu</p>") == (
            ["Rina Ayu"],
            [],
        )
    organisation = {"@type": "Organization", "name": "Kantor Kabar"}
    assert bylines(ld(NODE | {"author": organisation})) == ([], [])
    assert bylines(ld(NODE | {"author": "PT Maju", "publisher": {"name": "PT Maju"}})) == ([], [])


def test_bylines_are_taken_apart() -> None:
    both = "<h5 id='p'>Penulis: <b><a>Rina Ayu</a></b> | Editor: <b><a>Budi Eka</a></b></h5>"
    selectors: dict[str, Any] = {"authors": ("#p a.kosong", "#p"), "editors": ("#e", "#p")}
    assert bylines(above=both, **selectors) == (["Rina Ayu"], ["Budi Eka"])
    assert bylines(above="<i id='p'>Penulis : Rina Ayu Editor : Budi Eka</i>", **selectors) == (
        ["Rina Ayu"],
        ["Budi Eka"],
    )
    assert bylines(above="<i id='p'>Fotografer: Rina Ayu</i>", **selectors) == ([], [])
    assert bylines(above="<i class='a'>Rina Ayu</i><i class='a'>Budi Eka</i>", authors=(".a",)) == (
        ["Rina Ayu", "Budi Eka"],
        [],
    )


def test_an_editor_in_the_authors_place_is_put_right() -> None:
    head = ld(NODE | {"author": {"name": "Budi Eka"}}) + meta(content_editor="Budi Eka")
    assert bylines(head) == (["Budi Eka"], ["Budi Eka"])
    assert bylines(head + meta(content_author="Rina Ayu")) == (["Rina Ayu"], ["Budi Eka"])


def test_the_reporters_line_names_the_author_when_nothing_else_does() -> None:
    tail = "<p>Penulis: Budi Eka</p>"
    lead = f"<div class='isi'><p>Laporan Wartawan Contoh, Rina Ayu</p><p>{PROSE}</p>"
    assert article(body=f"{lead}</div>").authors == ["Rina Ayu"]
    assert article(body=f"{lead}{tail}</div>").authors == ["Budi Eka"]


def test_nothing_dates_a_page_that_no_element_dates() -> None:
    body = (
        f"<p>Jumat, 20/11/2026 | 18:30</p><figure><figcaption>Foto, 25 Juli 2021 10:00 WIB.</figcaption></figure>"
        f"<div class='isi'><p>{PROSE} Rabu (2/3/2022) pukul 10.00 WIB.</p><p>Selasa, 1 Maret 2022 10:00 WIB</p></div>"
        "<aside><time datetime='2026-11-18T10:00:00+07:00'>2 jam lalu</time></aside>"
        "<footer>© 2024 Contoh, 1 Januari 2024 00:00 WIB</footer>"
    )
    for rules in (RULES, Rules(brands=(), layouts=())):
        made = article(body=body, rules=rules)
        assert (made.published, made.published_raw, made.modified) == (None, None, None)


def test_a_day_without_a_time_is_kept_as_written() -> None:
    made = article(ld(NODE | {"datePublished": "2026-11-18", "dateModified": "2026-11-19"}))
    assert made.modified is None
    assert (made.published, made.published_raw, made.origins["published_raw"]) == (None, "2026-11-18", "jsonld")


@pytest.mark.parametrize(
    ("head", "published", "raw", "origin"),
    [
        (
            ld(NODE | {"datePublished": "2026-11-18T11:26:00Z"}),
            "2026-11-18T18:26:00+07:00",
            "2026-11-18T11:26:00Z",
            "jsonld",
        ),
        (
            ld({"@type": "WebPage", "datePublished": "2026-11-18T18:26:00+07:00"}),
            "2026-11-18T18:26:00+07:00",
            "2026-11-18T18:26:00+07:00",
            "jsonld",
        ),
        (meta(pubdate="hari ini"), None, None, None),
        (meta(pubdate="tayang 2026-11-18 18:26"), "2026-11-18T18:26:00+07:00", "tayang 2026-11-18 18:26", "meta"),
        (
            meta(
                **{
                    "article:published_time": "2026-11-18T11:26:00+00:00",
                    "content_PublishedDate": "2026-11-18 18:26:00",
                }
            ),
            "2026-11-18T18:26:00+07:00",
            "2026-11-18T11:26:00+00:00",
            "meta",
        ),
        (
            meta(**{"article:published_time": "2021-06-16T13:00:00-07:00", "pubdate": "2021-06-16 13:00:00"}),
            "2021-06-16T13:00:00+07:00",
            "2021-06-16T13:00:00-07:00",
            "meta",
        ),
        (
            "<meta name='pubdate' content='2023-11-02T20-59-53Z'>",
            "2023-11-02T20:59:53+07:00",
            "2023-11-02T20-59-53Z",
            "meta",
        ),
    ],
)
def test_dates_are_on_the_outlets_clock(head: str, published: str | None, raw: str | None, origin: str | None) -> None:
    row = article(head).row()
    assert (row["published"], row["published_raw"], row["origins"].get("published")) == (published, raw, origin)


def test_a_line_for_readers_says_when_it_was_published_and_edited() -> None:
    rules = Rules(brands=(), layouts=(Layout(body="div.isi", published=(".tgl",)),))
    both = "Tayang: Rabu, 18 November 2026 16:42 WIB | Diperbarui: Rabu, 18 November 2026 17:30 WIB"
    row = article(body=f"<i class='tgl'>{both}</i>{BODY}", rules=rules).row()
    assert (row["published"], row["modified"]) == ("2026-11-18T16:42:00+07:00", "2026-11-18T17:30:00+07:00")
    both = "Diperbarui 18/11/2026, 17:30 WIB | Diterbitkan 18/11/2026, 16:42 WIB"
    row = article(body=f"<i class='tgl'>{both}</i>{BODY}", rules=rules).row()
    assert (row["published"], row["modified"]) == ("2026-11-18T16:42:00+07:00", "2026-11-18T17:30:00+07:00")
    edit = "Diperbarui 18/11/2026, 17:30 WIB"
    row = article(body=f"<i class='tgl'>{edit}</i>{BODY}", rules=rules).row()
    assert (row["published"], row["modified"]) == (None, "2026-11-18T17:30:00+07:00")


def test_a_relative_time_counts_from_the_capture() -> None:
    rules = Rules(brands=(), layouts=(Layout(body="div.isi", published=(".tgl",)),))
    row = article(body=f"<i class='tgl'>1 jam yang lalu</i>{BODY}", rules=rules).row()
    assert (row["published"], row["published_raw"]) == ("2026-11-21T09:00:00+07:00", "1 jam yang lalu")


def test_an_article_without_a_date_takes_its_web_pages() -> None:
    web = {"@type": "WebPage", "datePublished": "2026-11-18T18:26:00+07:00"}
    assert article(ld([NODE, web])).published == article(ld([web])).published is not None


def test_rules_that_fit_the_page_no_more_leave_what_readers_see() -> None:
    story = "".join(f"<p>{PROSE} Ini alinea ke-{n}.</p>" for n in range(8))
    body = f"<h1>Warga Menunggu Jembatan</h1><p>Penulis: Rina Ayu</p><p>18/11/2026, 18:26 WIB</p><div>{story}</div>"
    rules = Rules(brands=(), layouts=(Layout(body="div.lama", published=(".tgl",)),))
    row = article(body=body, rules=rules).row()
    assert (row["authors"], row["published"]) == (["Rina Ayu"], "2026-11-18T18:26:00+07:00")


def test_a_page_that_names_wita_is_on_that_clock() -> None:
    rules = Rules(brands=(), layouts=(Layout(body="div.isi", published=(".tgl",)),))
    body = f"<div class='tgl'>Rabu, 18 November 2026 19:26 WITA</div>{BODY}"
    head = ld(NODE | {"datePublished": "2026-11-18T11:26:00Z", "dateModified": "2026-11-18T12:00:00Z"})
    row = article(head, body, rules=rules).row()
    assert (row["published"], row["modified"]) == ("2026-11-18T19:26:00+08:00", "2026-11-18T20:00:00+08:00")


def test_an_eastern_outlet_has_its_own_zone() -> None:
    rules = Rules(brands=(), layouts=(Layout(body="div.isi", published=(".tgl",)),), zone="WIT")
    row = article(body=f"<i class='tgl'>18 November 2026 09:10</i>{BODY}", rules=rules).row()
    assert row["published"] == "2026-11-18T09:10:00+09:00"


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("Warga mengungsi. (Antara/Rina)", "Warga mengungsi."),
        ("Warga mengungsi, Rabu (18/11/2026). (Sumber: AFP/Budi)", "Warga mengungsi, Rabu (18/11/2026)."),
        ("Warga mengungsi, Rabu (18/11/2026)", "Warga mengungsi, Rabu (18/11/2026)"),
        ("Warga mengungsi (Rabu, 18/11/2026)", "Warga mengungsi (Rabu, 18/11/2026)"),
        ("Presiden (kiri) dan menteri (kanan)", "Presiden (kiri) dan menteri (kanan)"),
        ("Warga mengungsi [Foto: Rina]", "Warga mengungsi"),
        ("(Antara/Rina)", None),
    ],
)
def test_captions_lose_their_credit_only(caption: str, expected: str | None) -> None:
    rules = Rules(brands=(), layouts=(Layout(body="div.isi", caption=("figcaption",)),))
    assert (
        article(body=f"<figure><figcaption>{caption}</figcaption></figure>{BODY}", rules=rules).image_caption
        == expected
    )


def test_tags_come_once_and_in_order() -> None:
    made = article(ld(NODE | {"keywords": "Banjir, Rob, banjir , ,Semarang"}))
    assert made.tags == ["Banjir", "Rob", "Semarang"]
    rules = Rules(brands=(), layouts=(Layout(body="div.isi", tags=(".t a",)),))
    body = f"{BODY}<p class='t'><a>satu</a><a>dua</a></p>"
    assert article("<meta name='keywords' content='satu,dua,berita hari ini'>", body, rules=rules).tags == [
        "satu",
        "dua",
    ]


def test_images_are_absolute() -> None:
    assert article(ld(NODE | {"image": {"url": "/a.jpg"}})).image == "https://www.contoh.test/a.jpg"
    assert (
        article(
            ld(NODE | {"image": ["http:http://x/a.jpg", "b.jpg"]})
            + "<meta property='og:image' content='//x.test/c.jpg'>"
        ).image
        == "https://x.test/c.jpg"
    )
    assert (
        article(
            ld([{"@id": "#i", "@type": "ImageObject", "url": "https://x.test/d.jpg"}, NODE | {"image": {"@id": "#i"}}])
        ).image
        == "https://x.test/d.jpg"
    )
    assert article("<meta property='og:image' content='javascript:alert(1)'>").image is None
    broken = ld(NODE | {"image": "http:/cdn.test/a.jpg"}) + "<meta property='og:image' content='https://x.test/c.jpg'>"
    assert article(broken).image == "https://x.test/c.jpg"


@pytest.mark.parametrize(
    ("value", "free"), [(True, True), (False, False), ("True", True), ("false", False), ("ya", None)]
)
def test_what_is_free_is_known(value: object, free: object) -> None:
    assert article(ld(NODE | {"isAccessibleForFree": value})).free is free


def test_a_tier_says_whether_it_is_free() -> None:
    for tier, free in (("free", True), ("locked", False), ("metered", False), ("lain", None)):
        assert article(f"<meta property='article:content_tier' content='{tier}'>").free is free


def test_an_agency_that_signs_is_the_source_and_no_author() -> None:
    made = article(ld(NODE | {"author": {"@type": "Person", "name": "ANTARA"}}))
    assert (made.authors, made.source_credit) == ([], "ANTARA")


def test_the_json_ld_names_editors_too() -> None:
    made = article(ld(NODE | {"editor": {"@type": "Person", "name": "Budi Eka"}}))
    assert (made.editors, made.origins["editors"]) == (["Budi Eka"], "jsonld")


def test_opt_outs_are_kept_as_signals() -> None:
    head = (
        meta(robots="index, NOARCHIVE, max-snippet:5", googlebot="noai,noimageai")
        + "<meta name='tdm-reservation' content='1'>"
    )
    assert article(head).opt_out == [
        "robots: noarchive",
        "googlebot: noai",
        "googlebot: noimageai",
        "tdm-reservation: 1",
    ]
    assert article(meta(robots="index,follow")).opt_out == []


def test_the_section_is_not_the_article_itself() -> None:
    trail = [{"@type": "ListItem", "name": name} for name in ("Beranda", "Jatim", "Judul")]
    assert article(ld(NODE) + ld({"@type": "BreadcrumbList", "itemListElement": trail})).section == "Jatim"
    assert article(ld({"@type": "BreadcrumbList", "itemListElement": trail[:1]})).section is None


def test_the_outlet_does_not_credit_itself() -> None:
    assert article(body=BODY.replace("</div>", "<p>Sumber : Contoh</p></div>")).source_credit is None
    assert article(body=BODY.replace("</div>", "<p>Sumber : TASS</p></div>")).source_credit == "TASS"


def test_the_canonical_address_is_absolute() -> None:
    assert page("<link rel='canonical' href='/nasional/123/judul'>").canonical == URL
    assert page("<link rel='canonical' href='http://['>").canonical is None
    assert page("<link rel='canonical' href=' '>").canonical is None
