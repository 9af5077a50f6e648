"""Lines that are the site's and not the article's: taken away, and read for what they tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import groupby

from pipelines.page import people
from pipelines.page.blocks import Block, Line, Removed
from pipelines.text import phrases, related, signatures

# Longer lines are prose: no pattern of an outlet is tried on them.
_LONGEST = 600
# Headings that an article might use for itself go only when a widget's links, or nothing, follow.
_SOFT_HEADING = re.compile(
    r"(?:terbaru|terkini|populer|terpopuler|rekomendasi|terkait|komentar|tags?|topik terkait|lainnya|trending|related)"
    r" ?:?",
    re.IGNORECASE,
)
_SUMMARY = re.compile(r"\W*ringkasan berita\b", re.IGNORECASE)
_DIGITS = re.compile(r"[\d\s]{1,60}")
_SIZE = re.compile(r"AA|normal|small|smaller|medium|large|larger", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://\S+")
_FULL_STOP = re.compile(r"[.…][\"”’)]*(?: |$)")
# A line of more words is prose without a full stop as well, unless it is a headline.
_FEW_WORDS = 6
# And no headline has as many as this, a line-up of two teams has.
_MANY_WORDS = 20
# Lines that breaks part in one paragraph: a verse, or steps.
_VERSE = 3
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
# Words of a headline that stands as a link below the body.
_LINK_WORDS = 4
# Signatures behind one another in the last line.
_SIGNATURES = 3


@dataclass
class Body:
    """An article's paragraphs, and what the dropped lines told."""

    paragraphs: list[str] = field(default_factory=list)
    byline: people.Byline = field(default_factory=people.Byline)
    reporters: list[str] = field(default_factory=list)
    """Names in "Laporan Wartawan ..., NAME"."""
    syndicated_from: str | None = None
    removed: list[Removed] = field(default_factory=list)
    """Every line, or part of one, that was taken away, with its rule: "related link", "byline"."""


@dataclass(frozen=True)
class _Row:
    """One line, and the paragraph it stands in."""

    block: int
    tag: str
    line: Line

    @property
    def text(self) -> str:
        return self.line.text

    @property
    def all_linked(self) -> bool:
        return self.line.all_linked


def strip(blocks: Iterable[Block], outlet: tuple[str, ...] = (), title: str | None = None) -> Body:
    """The article's own paragraphs. `outlet` are regular expressions for whole lines that are never its own.

    Bylines and source lines count as such only at the head and the tail, where no prose has begun or is left.
    """
    body = Body()
    rows = [_Row(number, block.tag, line) for number, block in enumerate(blocks) for line in block.lines]
    rows = _Scan(rows, _compiled(outlet), body).kept()
    rows = _without_tail(_without_head(rows, body, title), body)
    body.paragraphs = [" ".join(row.text for row in group) for _, group in groupby(rows, lambda row: row.block)]
    # detik.com closes the dateline's element before the first paragraph begins.
    if len(body.paragraphs) > 1 and signatures.is_dateline(body.paragraphs[0]):
        body.paragraphs[:2] = [" ".join(body.paragraphs[:2])]
    return body


# Widget -> is this line one of its items?
_ITEMS: dict[str, Callable[[_Row], bool]] = {
    "": lambda _: False,
    "items": lambda row: row.tag == "li",
    "digits": lambda row: bool(_DIGITS.fullmatch(row.text)),
    "sizes": lambda row: bool(_SIZE.fullmatch(row.text)),
    "links": lambda row: row.all_linked,
    "headlines": lambda row: row.all_linked or (row.tag == "li" and phrases.is_headline(row.text)),
}


class _Scan:
    """Goes through a page's lines from top to bottom; what a rule knows goes, and the widget that it opens."""

    def __init__(self, rows: list[_Row], outlet: tuple[re.Pattern[str], ...], body: Body) -> None:
        self._rows = rows
        self._outlet = outlet
        self._body = body
        self._kept: list[_Row] = []
        self._widget = ""
        """What the line before opened: one of _ITEMS, `note`, `headline` or, to the end of the page, `rest`."""
        self._opener = -1
        """Block of the line that opened it."""

    def kept(self) -> list[_Row]:
        """The lines that may be the article's."""
        for index, row in enumerate(self._rows):
            following = self._rows[index + 1] if index + 1 < len(self._rows) else None
            if self._is_item(row):
                self._drop(row.text, "widget items")
            elif rule := self._rule(row, following):
                self._drop(row.text, rule)
                self._open(row, self._widget_of(index, rule))
            else:
                self._open(row, "")
                self._keep(row)
        return self._kept

    def _rule(self, row: _Row, following: _Row | None) -> str | None:
        """The rule that calls the whole line the site's."""
        text = row.text
        if rule := phrases.rule(text) or self._by_links(row, following):
            return rule
        if text == "AA" and following is not None and phrases.rule(following.text) == "letter sizes":
            return "letter sizes"
        if len(text) <= _LONGEST:
            for pattern in self._outlet:
                if pattern.fullmatch(text):
                    return f"outlet pattern: {pattern.pattern}"
        return None

    @staticmethod
    def _by_links(row: _Row, following: _Row | None) -> str | None:
        """The same, for a line that tells by its links, or by those below it."""
        text = row.text
        before_links = following is not None and following.all_linked
        if (following is None or before_links) and _SOFT_HEADING.fullmatch(text):
            return "widget heading"
        if related.is_step(row.line):
            return "pager"
        if related.is_related(row.line) or (before_links and related.is_label(text)):
            return "related link"
        return None

    @cached_property
    def _last_prose(self) -> int:
        """Number of the last line that is a sentence; -1 without one."""
        verses = Counter(row.block for row in self._rows if not row.line.linked)
        prose = (
            number
            for number in range(len(self._rows) - 1, -1, -1)
            if verses[self._rows[number].block] >= _VERSE or _is_prose(self._rows[number])
        )
        return next(prose, -1)

    def _widget_of(self, index: int, rule: str) -> str:
        """What a dropped line takes with it."""
        text = self._rows[index].text
        if rule == "widget heading":
            if _SUMMARY.match(text):
                return "items"
            return "rest" if index > self._last_prose and not _SOFT_HEADING.fullmatch(text) else "links"
        if rule == "related link":
            return "headline" if related.is_label(text) else ""
        return {"pager": "digits", "letter sizes": "sizes"}.get(rule, "")

    def _is_item(self, row: _Row) -> bool:
        """Does the line belong to the widget that was opened right before it?"""
        text = row.text
        if self._widget in _ITEMS:
            return _ITEMS[self._widget](row)
        if self._widget == "note":
            same = row.block == self._opener and not text.rstrip('"”’)').endswith(".")
            return same or row.all_linked or bool(_ADDRESS.fullmatch(text))
        if self._widget == "rest":
            return not (people.byline(text) or people.reporter(text) or signatures.syndication(text))
        # A headline that has lost its link; a second one, or one behind a link, would be a subheading.
        self._widget = "headlines"
        return row.all_linked or (phrases.is_headline(text) and row.tag not in _HEADINGS)

    def _keep(self, row: _Row) -> None:
        """Keep a line, without what stands in it and is not the article's."""
        line, boxes = related.cut(row.line)
        text, inside = phrases.cut(line.text)
        if inside:
            line = Line(text)
        for part, rule in [*((box, "related link") for box in boxes), *inside]:
            self._drop(part, rule)
        if note := signatures.syndication(line.text):
            self._drop(line.text[note.start :].strip(), "syndication note")
            self._body.syndicated_from = self._body.syndicated_from or note.site
            line = Line(line.text[: note.start])
            self._open(row, "note")
        if line.text:
            self._kept.append(row if line is row.line else _Row(row.block, row.tag, line))

    def _open(self, row: _Row, widget: str) -> None:
        self._widget, self._opener = widget, row.block

    def _drop(self, text: str, rule: str) -> None:
        self._body.removed.append(Removed(text, rule))


def _is_prose(row: _Row) -> bool:
    """May the line be a sentence, and none of the site's? Headlines, times and sections are not."""
    text = row.text
    words = len(text.split())
    sentence = _FULL_STOP.search(text) or words > (_MANY_WORDS if phrases.is_headline(text) else _FEW_WORDS)
    if row.all_linked or not sentence:
        return False
    return not (phrases.rule(text) or related.is_related(row.line) or signatures.syndication(text))


def _without_head(rows: list[_Row], body: Body, title: str | None) -> list[_Row]:
    """Lines from where the article begins: below a repeated title, bylines and dates."""
    own = people.folded(title or "")
    for number, row in enumerate(rows):
        if row.tag == "h1" or (own and people.folded(row.text) == own):
            rule: str | None = "repeated title"
        elif signatures.is_date(row.text):
            rule = "date"
        else:
            rule = _end(row.text, body)
        if not rule:
            return rows[number:]
        body.removed.append(Removed(row.text, rule))
    return []


def _without_tail(rows: list[_Row], body: Body) -> list[_Row]:
    """Lines up to where the article ends: above bylines, initials and other articles' headlines."""
    last = len(rows)
    while last and _tail(rows[last - 1], Body(), alone=last == 1):
        last -= 1
    above, below = rows[:last], rows[last:]
    if above:
        above[-1] = _unsigned(above[-1], body)
    for row in below:
        body.removed.append(Removed(row.text, _tail(row, body, alone=False) or ""))
    return above


def _unsigned(row: _Row, body: Body) -> _Row:
    """The last line of the article without initials and agencies in brackets behind its last full stop."""
    signed: list[Removed] = []
    for _ in range(_SIGNATURES):
        line, signature = signatures.cut(row.line)
        if not signature.text:
            break
        signed.append(Removed(signature.text, "byline" if signature.named else "initials"))
        _note(signature.named, body)
        row = _Row(row.block, row.tag, line)
    body.removed += reversed(signed)
    return row


def _tail(row: _Row, body: Body, *, alone: bool) -> str | None:
    """The rule for a line that the page ends with."""
    if _SOFT_HEADING.fullmatch(row.text):
        return "widget heading"
    if row.all_linked and _DIGITS.fullmatch(row.text):
        return "pager"
    linked = row.all_linked and row.tag != "li" and len(row.text.split()) >= _LINK_WORDS
    if linked and not alone and phrases.is_headline(row.text):
        return "related link"
    return _end(row.text, body)


def _end(text: str, body: Body) -> str | None:
    """The rule for a byline or a signature. What it tells goes to the body."""
    if signatures.is_initials(text):
        return "initials"
    if (name := people.reporter(text)) is not None:
        body.reporters.append(name)
        return "byline"
    named = people.byline(text)
    _note(named, body)
    return "byline" if named else None


def _note(named: people.Byline | None, body: Body) -> None:
    """Remember whom a line names."""
    if named:
        body.byline.authors += named.authors
        body.byline.editors += named.editors
        body.byline.source = body.byline.source or named.source


@lru_cache(maxsize=256)
def _compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)
