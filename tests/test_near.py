import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from archive.dataset import near
from archive.dataset.candidates import Sample
from archive.dataset.fingerprint import Fingerprint, Fingerprints, fingerprint, in_common
from archive.dataset.near import Clusters, Document, Near, clusters
from archive.errors import StorageError
from tests.syndication import Planted, Writer, judged

WRITER = Writer(20261122, words=3000)
BEGINNING = WRITER.chance.getstate()


@pytest.fixture(autouse=True)
def first_words() -> None:
    """A test has the same words, whichever ran before it."""
    WRITER.chance.setstate(BEGINNING)


@pytest.fixture(scope="module")
def planted() -> list[Planted]:
    return list(Writer(7).corpus(1200))


def words(count: int) -> list[str]:
    return WRITER.some(count)


def text(*parts: list[str]) -> str:
    return " ".join(word for part in parts for word in part)


def at(minute: int) -> str:
    return f"2026-03-01T{minute // 60:02}:{minute % 60:02}:00+07:00"


def of(**texts: str) -> Clusters:
    """Clusters of texts that were published in this order."""
    return clusters(Document(key, content, at(minute)) for minute, (key, content) in enumerate(texts.items()))


def test_planted_copies_are_found_and_little_else(planted: list[Planted]) -> None:
    found = clusters(one.document for one in planted)
    verdict = judged({one.document.key: one.source for one in planted}, found)
    assert verdict.pairs > 300
    assert verdict.recall >= 0.98
    assert verdict.precision >= 0.99


def test_without_the_look_at_names_and_numbers_forms_would_be_joined(
    planted: list[Planted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near, "_is_form", lambda *_: False)
    found = clusters(one.document for one in planted)
    assert judged({one.document.key: one.source for one in planted}, found).precision < 0.9


def test_clusters_are_the_same_in_any_order_of_documents(planted: list[Planted]) -> None:
    documents = [one.document for one in planted[:400]]
    documents += [Document(f"again-{one.key}", one.text.upper(), one.published) for one in documents[:40]]
    found = clusters(documents)
    for seed in range(3):
        random.Random(seed).shuffle(documents)
        assert clusters(documents) == found


def test_clusters_are_the_same_for_every_hash_seed(tmp_path: Path) -> None:
    program = (
        "from tests.syndication import Writer; from archive.dataset.near import clusters\n"
        "print(sorted(clusters(one.document for one in Writer(3, words=2000).corpus(150)).items()))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed, "TMPDIR": str(tmp_path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1
    assert len(answers.pop()) > 1000


def test_the_share_is_counted_in_the_members_own_5_grams() -> None:
    shared, rest, own = (["kata" + str(number) for number in range(*span)] for span in ((0, 64), (64, 104), (200, 236)))
    found = of(first=text(shared, rest), second=text(shared, own))
    assert found == {"first": Near("first", 1.0), "second": Near("first", 0.625)}


def test_capitals_and_punctuation_make_no_difference() -> None:
    article = words(60)
    found = of(first=text(article), second="“" + ", ".join(article).upper() + "!”")
    assert found["second"] == Near("first", 1.0)


def test_the_first_published_member_is_found_by_the_instant_and_not_by_the_string() -> None:
    article = text(words(60))
    times = {"utc": "2026-03-01T05:00:00Z", "wit": "2026-03-01T13:00:00+09:00", "none": None, "odd": "kemarin"}
    found = clusters(Document(key, article, published) for key, published in times.items())
    assert found == dict.fromkeys(times, Near("wit", 1.0))


def test_of_texts_published_at_once_the_first_key_names_the_cluster() -> None:
    article = text(words(60))
    assert set(clusters(Document(key, article, at(1)) for key in "cab").values()) == {Near("a", 1.0)}


def test_copies_of_a_report_are_together_even_when_the_report_came_last() -> None:
    report = words(300)
    copies = [text(words(15), report[:200]), text(report[100:], words(15))]
    found = of(one=copies[0], other=copies[1], report=text(report))
    assert {key: near.cluster for key, near in found.items()} == dict.fromkeys(("one", "other", "report"), "one")


def test_a_chain_does_not_join_what_shares_nothing() -> None:
    parts = [words(100) for _ in range(6)]
    texts = {f"t{number}": text(parts[number], parts[number + 1]) for number in range(5)}
    found = of(**texts)
    assert {key: near.cluster for key, near in found.items()} == {"t0": "t0", "t1": "t0", "t2": "t2", "t3": "t2"}


def test_a_brief_does_not_join_two_long_texts_that_are_not_near() -> None:
    first, other = words(200), words(240)
    found = of(first=text(first), brief=text(first[:40]), other=text(first[:60], other))
    assert set(found) == {"first", "brief"}


def test_another_dateline_and_other_names_below_do_not_make_a_copy_a_form() -> None:
    article = text(words(200))
    lines = ("Rina Dewi Sari Ayu Tari Lestari untuk Bandung Raya", "Joko Budi Agus Eko Heru Wibowo untuk Serang Kota")
    one, other = (f"oleh {line} {article}" for line in lines)
    assert set(of(one=one, other=other)) == {"one", "other"}


def test_agency_copy_among_own_paragraphs_is_found_and_a_quotation_in_a_long_article_is_not() -> None:
    agency = words(120)
    found = of(agency=text(agency), copy=text(words(100), agency[:90], words(100)), essay=text(words(1000), agency))
    assert set(found) == {"agency", "copy"}


def test_a_form_that_is_filled_in_anew_every_day_is_not_one_article() -> None:
    form = WRITER.new_form()
    days = [WRITER.filled_in(form) for _ in range(30)]
    assert clusters(Document(str(day), content, None) for day, content in enumerate(days)) == {}


def test_the_copy_of_a_form_of_one_day_is_found_among_those_of_all_others() -> None:
    form = WRITER.new_form()
    days = {str(day): WRITER.filled_in(form) for day in range(60)}
    days |= {"copy": f"SERANG, {days['30']} (Editor: Wirana Daku)"}
    found = clusters(Document(key, content, None) for key, content in days.items())
    assert set(found) == {"copy", "30"}


def test_short_texts_are_near_only_when_they_are_equal() -> None:
    short = words(20)
    found = of(one=text(short), same=text(short), other=text(short, ["lagi"]), word="Bersambung", again="Bersambung.")
    assert found == {
        "one": Near("one", 1.0),
        "same": Near("one", 1.0),
        "word": Near("word", 1.0),
        "again": Near("word", 1.0),
    }


@pytest.mark.parametrize("content", ["", "\n\n", "—…—", "\0"])
def test_a_text_without_words_is_near_nothing(content: str) -> None:
    assert of(one=content, other=content) == {}


def test_no_document_is_no_error() -> None:
    assert clusters([]) == {}


def test_hostile_texts_are_texts() -> None:
    odd = ["satu \ud800 dua \udfff " * 9, "ا" * 100_000, "1." * 50_000, "\u0301" * 1000, "İ" * 30 + " ﬁ" * 60]
    documents = [Document(f"{copy}-{number}", one, "9999-12-31") for copy in "ab" for number, one in enumerate(odd)]
    found = clusters(documents)
    assert {key: near.cluster for key, near in found.items()} == {
        f"{copy}-{number}": f"a-{number}" for copy in "ab" for number in (0, 1, 2, 4)
    }


def test_a_time_before_every_clock_is_a_time() -> None:
    article = text(words(60))
    found = clusters([Document("new", article, at(0)), Document("old", article, "0001-01-01T00:00:00+09:00")])
    assert found["new"].cluster == "old"


def test_a_key_that_comes_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        clusters([Document("a", "satu", None), Document("a", "dua", None)])


def test_a_folder_that_takes_no_file_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="TMPDIR"):
        clusters([Document("a", "satu", None)], tmp_path / "nowhere")


def test_nothing_is_left_in_the_folder(tmp_path: Path) -> None:
    clusters([Document(key, text(words(60)), None) for key in "abc"], tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["form", "copy"])
def test_thousands_that_share_their_text_are_not_compared_each_with_each(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    def counted(one: Fingerprint, other: Fingerprint) -> int:
        nonlocal looks
        looks += 1
        return in_common(one, other)

    monkeypatch.setattr(near, "in_common", counted)
    form, article = WRITER.new_form(), WRITER.article()
    makers: dict[str, Callable[[], str]] = {
        "form": lambda: WRITER.filled_in(form),
        "copy": lambda: WRITER.published(article),
    }
    found = clusters(Document(str(number), makers[kind](), None) for number in range(1000))
    assert looks < 15 * 1000
    assert len(found) == (1000 if kind == "copy" else 0)


def test_a_report_is_found_again_behind_hundreds_of_copies_that_differ_more_among_themselves() -> None:
    writer = Writer(5, words=3000)
    article = writer.article() + writer.article()
    copies = [writer.published(writer.edited(article, 0.1)) for _ in range(300)]
    assert len(of(report=writer.published(article), **{str(number): copy for number, copy in enumerate(copies)})) == 301


def test_documents_are_read_once_and_not_kept() -> None:
    alive: list[int] = []

    class Text(str):
        __slots__ = ()

        def __del__(self) -> None:
            alive[0] -= 1

    def documents() -> Iterator[Document]:
        alive.append(0)
        for number in range(50):
            alive[0] += 1
            yield Document(str(number), Text(text(words(40))), None)
            assert alive[0] <= 2

    clusters(documents())
    assert alive == [0]


def test_a_fingerprint_comes_back_as_it_went() -> None:
    with closing(Fingerprints()) as kept:
        one, other = fingerprint(WRITER.alone()[0]), fingerprint("")
        assert [kept.add(one), kept.add(other), kept.add(one)] == [0, 1, 0]
        for number, expected in enumerate((one, other)):
            assert [part.tolist() for part in kept[number]] == [part.tolist() for part in expected]


def test_the_sample_holds_a_quarter_of_the_5_grams() -> None:
    grams = fingerprint(" ".join(map(str, range(8000)))).grams
    sample = Sample()
    sample.add(0, grams)
    assert len(sample._pairs) == pytest.approx(2000, rel=0.1)
