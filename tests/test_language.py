"""The language of a body: the same answer every time, and none where there is nothing to go by."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langdetect import LangDetectException, detect_langs
from langdetect.detector import Detector

from archive.model import Article
from pipelines.language import _factory, detect, second_opinion, tell

INDONESIAN = (
    "Warga berkumpul di balai desa sejak pagi untuk mendengarkan penjelasan petugas tentang rencana perbaikan jembatan "
    "yang putus diterjang banjir pekan lalu."
)
ENGLISH = "Villagers have been waiting at the hall since the morning to hear how the broken bridge will be repaired."
MALAY = (
    "Polis berkata lelaki itu ditahan kerana disyaki terlibat dalam kes kecurian basikal di hadapan kedai runcit "
    "petang semalam. Beliau memberitahu siasatan masih dijalankan dan orang ramai diminta tampil membantu."
)
JAVANESE = (
    "Wong-wong padha kumpul ing bale desa wiwit esuk kanggo ngrungokake katrangan babagan kreteg sing ambrol. Dheweke "
    "ngomong yen pambangunan bakal rampung sasi ngarep."
)
SUNDANESE = (
    "Warga ngariung di bale desa ti isuk-isuk pikeun ngadengekeun katerangan ngeunaan sasak anu rubuh. Aranjeunna "
    "nyarios yén pangwangunan bakal réngsé bulan hareup."
)
HEBREW = "תושבי הכפר התאספו מוקדם בבוקר כדי לשמוע מתי יתקנו את הגשר שנהרס בשיטפון בשבוע שעבר"
OUTLETS = Path(__file__).parent / "outlets"


@pytest.mark.parametrize(("text", "code"), [(INDONESIAN, "id"), (ENGLISH, "en")])
def test_the_language_is_told(text: str, code: str) -> None:
    language, confidence = detect(text)
    assert language == code
    assert confidence is not None
    assert 0.9 < confidence <= 1


@pytest.mark.parametrize(
    ("text", "code"),
    [(INDONESIAN, "id"), (ENGLISH, "en"), (MALAY, "ms"), (JAVANESE, "jv"), (SUNDANESE, "su"), (HEBREW, "he")],
)
def test_the_second_opinion_tells_the_neighbours_of_indonesian_apart(text: str, code: str) -> None:
    assert second_opinion(text) == code


def test_both_opinions_agree_on_every_invented_article() -> None:
    texts = [json.loads(path.read_text(encoding="utf-8")).get("text") for path in OUTLETS.glob("*/*/article.json")]
    opinions = {(detect(text)[0], second_opinion(text)) for text in texts if text}
    assert opinions == {("id", "id")}


@pytest.mark.parametrize("text", ["", "   ", "12.30 | 4/5 | 2026", "Ya.", "(*)", "🙂" * 50])
def test_too_little_text_has_no_language(text: str) -> None:
    assert detect(text) == (None, None)
    assert second_opinion(text) is None


def test_the_answer_does_not_depend_on_what_was_asked_before() -> None:
    # Unseeded, this one is English, Tagalog or neither.
    mixed = "Film Story of Us tayang hari ini"
    first = detect(mixed)
    for other in (ENGLISH, INDONESIAN, "Je ne sais pas ce que vous voulez dire par cette phrase."):
        detect(other)
        assert detect(mixed) == first


def test_only_the_first_thousand_characters_count() -> None:
    head = (INDONESIAN + " ") * 8
    assert len(head) > 1000
    assert detect(head + ENGLISH * 50) == detect(head)


@given(st.text())
def test_no_text_is_too_strange_for_an_opinion(text: str) -> None:
    article = Article()
    article.set_text([text.encode(errors="replace").decode()])
    tell(article)
    assert (article.language is None) == (article.language_confidence is None)


def test_half_a_character_and_no_character_have_no_second_opinion() -> None:
    assert second_opinion(INDONESIAN + "\ud800") is None
    assert second_opinion(INDONESIAN + "\ufffe") is None


def test_a_row_names_both_judges() -> None:
    article = Article()
    article.set_text([MALAY])
    tell(article)
    assert (article.language, article.language_second) == ("id", "ms")
    assert article.origins == {"language": "langdetect", "language_second": "cld2"}


@pytest.mark.parametrize("text", [INDONESIAN, ENGLISH, MALAY, HEBREW])
def test_the_answer_is_that_of_langdetect(text: str) -> None:
    best = detect_langs(text)[0]
    assert detect(text)[0] == best.lang


def judged(kind: type[Detector], text: str) -> list[tuple[str, float]] | None:
    """What a detector makes of a text; None where it refuses it."""
    detector = kind(_factory())
    detector.append(text)
    try:
        return [(one.lang, one.prob) for one in detector.get_probabilities()]
    except LangDetectException:
        return None


@pytest.mark.parametrize(
    "text",
    [
        INDONESIAN,
        HEBREW,
        "  A B CD EFG hIJ kLMn " * 5,
        "ÀÉ ÈÉ " * 20,
        "țșȘ ươ 漢字かな 한국 " * 9,
        "Ini “漢字漢字漢字”",
    ],
)
def test_every_probability_is_that_of_langdetect(text: str) -> None:
    assert judged(type(_factory().create()), text) == judged(Detector, text)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([*(INDONESIAN + ENGLISH).split(), "a@b.id", "https://a.b/c"]) | st.text(max_size=9)))
def test_every_probability_of_any_text_is_that_of_langdetect(words: list[str]) -> None:
    text = " ".join(words)
    assert judged(type(_factory().create()), text) == judged(Detector, text)


def test_languages_have_the_same_order_on_every_machine() -> None:
    assert _factory().langlist == sorted(_factory().langlist)
