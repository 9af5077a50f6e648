"""The language of a body: the same answer every time, and none where there is nothing to go by."""

import pytest

from pipelines.language import detect

INDONESIAN = (
    "Warga berkumpul di balai desa sejak pagi untuk mendengarkan penjelasan petugas tentang rencana perbaikan jembatan "
    "yang putus diterjang banjir pekan lalu."
)
ENGLISH = "Villagers have been waiting at the hall since the morning to hear how the broken bridge will be repaired."


@pytest.mark.parametrize(("text", "code"), [(INDONESIAN, "id"), (ENGLISH, "en")])
def test_the_language_is_told(text: str, code: str) -> None:
    language, confidence = detect(text)
    assert language == code
    assert confidence is not None
    assert 0.9 < confidence <= 1


@pytest.mark.parametrize("text", ["", "   ", "12.30 | 4/5 | 2026", "Ya.", "(*)", "🙂" * 50])
def test_too_little_text_has_no_language(text: str) -> None:
    assert detect(text) == (None, None)


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
