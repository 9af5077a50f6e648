"""Whatever the page: nothing escapes, every word of the text stands on the page, and what was taken away is told."""

import re
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.page import blocks, people
from pipelines.page.blocks import LINK, UNLINK, Line
from pipelines.page.markup import Limits, parse
from pipelines.text import boilerplate, phrases, related, signatures
from tests.pages import container
from tests.test_phrases import LINES, PROSE_LIKE

_WORD = re.compile(r"\w+")
_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40)
_PHRASE = st.sampled_from([line for lines in LINES.values() for line in lines] + PROSE_LIKE)
_LABEL = st.sampled_from(
    ["Baca juga: ", "(Baca: ", "BACA JUGA：", "Penulis : A Editor : B", "Sumber: ", "(vyp/kna)", ". ", ") "]
)
_PIECE = st.one_of(_TEXT, _PHRASE, _LABEL)
_TAG = st.sampled_from(("p", "div", "li", "h2", "a", "strong", "table", "tr", "td", "br", "blockquote", "span"))
_MARKUP = st.recursive(
    _PIECE.map(lambda text: text.replace("<", "").replace("&", "")),
    lambda inner: st.tuples(_TAG, st.lists(inner, max_size=4)).map(
        lambda one: f"<{one[0]}>{' '.join(one[1])}</{one[0]}>"
    ),
    max_leaves=25,
)


def words(texts: list[str]) -> Counter[str]:
    return Counter(_WORD.findall(" ".join(texts)))


@given(_MARKUP, st.none() | _PIECE)
@settings(max_examples=300, deadline=None)
def test_every_word_of_the_text_stands_on_the_page(markup: str, title: str | None) -> None:
    read = blocks.read(container(markup))
    found = boilerplate.strip(read, title=title)
    kept, gone = words(found.paragraphs), words([one.text for one in found.removed])
    assert kept + gone == words([block.text for block in read])
    assert all(found.paragraphs)
    assert all(one.text and one.rule for one in found.removed)


@given(st.lists(st.one_of(_PIECE, st.sampled_from((LINK, UNLINK))), max_size=12).map("".join))
@settings(max_examples=300, deadline=None)
def test_no_line_breaks_a_rule(marked: str) -> None:
    line = Line(" ".join(marked.split()))
    phrases.rule(line.text)
    phrases.is_headline(line.text)
    related.is_related(line)
    signatures.is_date(line.text)
    people.byline(line.text)
    people.reporter(line.text)
    for cut, _ in (related.cut(line), signatures.cut(line)):
        assert all(word in line.text for word in _WORD.findall(cut.text))


def test_of_real_pages_no_word_is_lost_untold(corpus: Path) -> None:
    for path in sorted((corpus / "pages").glob("*/*.html")):
        root = parse(path.read_bytes(), None, Limits())
        read = blocks.read(root) if root is not None else []
        found = boilerplate.strip(read)
        gone = words([one.text for one in found.removed])
        assert words(found.paragraphs) + gone == words([block.text for block in read])
