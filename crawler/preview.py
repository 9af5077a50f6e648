"""What a page gives, for a person: its clean text, every fact with its origin, and what was removed by which rule."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from archive.outcome import Outcome
from crawler import verb
from crawler.progress import plain
from pipelines.clean import CleanPipeline
from pipelines.extract import Page, extract
from pipelines.language import LanguagePipeline
from pipelines.rules import NO_RULES

if TYPE_CHECKING:
    from crawler.given import Given
    from crawler.outlet import Outlet

# What the text, the job and the archive say, not the page.
_NO_FACTS = frozenset(
    ("version", "outlet", "text", "text_confidence", "text_sha256", "captures", "origins", "job", "schema")
)
_STEP = "  "
_PIECE = 300
"""Characters of a removed piece that a person needs to know it again, when no terminal sets the width."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A page as a crawl would make a row of it."""

    page: Page
    remark: str
    """Whose rules read it, and what a crawl would think of its address."""

    @property
    def row(self) -> dict[str, Any]:
        """The row, as JSON holds it."""
        return self.page.article.row()


def read(given: Given, name: str = "", outlet: Outlet | None = None) -> Reading:
    """Extract a page by the rules of the outlet `name`, or without any. Raises PageRefused."""
    rules = outlet.rules if outlet else NO_RULES
    page = extract(
        given.body,
        given.url,
        rules,
        charset=given.charset,
        captured=given.captured,
        is_cut=given.is_cut,
        explain=True,
    )
    article, remark = page.article, _unruled(given.url)
    if outlet:
        asked = outlet.canonical(given.url) if given.url else ""
        article.outlet, article.url = name, outlet.own_address(asked, page.canonical)
        article.id = f"{name}:{outlet.article_id(article.url, page.number)}"
        if article.section is None and (section := outlet.section(article.url)):
            article.section, article.origins["section"] = section, "url"
        remark = f"by the rules of {name}"
        if not outlet.is_article(article.url):
            remark += "; a crawl would pass this address over, see `hosts`, `article` and `exclude` of the outlet"
    outcome = Outcome(article=article, verdict=page.verdict, reason=page.reason)
    for pipeline in (CleanPipeline(), LanguagePipeline()):
        outcome = pipeline.process_item(outcome)
    return Reading(page=page, remark=remark)


def as_json(reading: Reading) -> str:
    """One line for a script: verdict, reason, the row, and what was removed."""
    page = reading.page
    removed = [asdict(one) for one in page.removed]
    return verb.as_json({"verdict": page.verdict, "reason": page.reason, "row": reading.row, "removed": removed})


class Ink:
    """Colours of a terminal, or none."""

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour

    def bold(self, text: str) -> str:
        return self._in("1", text)

    def faint(self, text: str) -> str:
        return self._in("2", text)

    def good(self, text: str) -> str:
        return self._in("32", text)

    def odd(self, text: str) -> str:
        return self._in("33", text)

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour and text else text


def draw(reading: Reading, ink: Ink, width: int | None) -> Iterator[str]:
    """The lines of a preview, folded at `width` characters; with None, a paragraph is one line, whatever its length.

    Nothing that a page says can move the cursor or change a colour.
    """
    row, page = reading.row, reading.page
    verdict = ink.good(page.verdict) if page.verdict == "article" else ink.odd(page.verdict)
    yield from (ink.bold(line) for line in _folded(row["title"] or "(no title)", width))
    yield f"{verdict}: {plain(page.reason)}" if page.reason else verdict
    yield from (ink.faint(line) for line in _folded(reading.remark, width))
    yield ""
    yield from _facts(row, ink, width)
    yield ""
    yield ink.bold(f"text, {row['words']} words") + ink.faint(_sureness(row))
    for paragraph in page.paragraphs or ["(none)"]:
        yield ""
        yield from _folded(paragraph, width)
    yield ""
    yield ink.bold(f"removed ({len(page.removed)})")
    yield from _removed(page, ink, width)


def _unruled(url: str) -> str:
    if url:
        return "without an outlet's rules"
    return "without an outlet's rules: the page does not say where it comes from; --url URL does"


def _facts(row: dict[str, Any], ink: Ink, width: int | None) -> Iterator[str]:
    """Field, origin and value, aligned; the value goes on below itself."""
    names = [name for name in row if name not in _NO_FACTS]
    first = max(map(len, names)) + len(_STEP)
    second = max(map(len, (*row["origins"].values(), ""))) + len(_STEP)
    room = max(width - first - second, 20) if width else None
    for name in names:
        value = row[name]
        origin = plain(row["origins"].get(name, ""))
        found = value not in (None, "", [])
        shown = list(_folded(_said(value), room)) if found else [ink.faint("not found")]
        yield f"{name:{first}}{ink.faint(origin)}{' ' * (second - len(origin))}{shown[0]}"
        yield from (" " * (first + second) + line for line in shown[1:])


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)


def _sureness(row: dict[str, Any]) -> str:
    """Where the text was found, and how far its finders agree."""
    origin, confidence = row["origins"].get("text"), row["text_confidence"]
    found = f", found by {origin}" if origin else ""
    return found if confidence is None else f"{found}, confidence {confidence}"


def _removed(page: Page, ink: Ink, width: int | None) -> Iterator[str]:
    """What was taken away, rule by rule in the order in which they first did so, each in reading order."""
    by_rule: dict[str, list[str]] = {}
    for one in page.removed:
        by_rule.setdefault(one.rule, []).append(one.text)
    for rule, texts in by_rule.items():
        yield ink.odd(plain(rule))
        for text in texts:
            yield _STEP + _shortened(plain(text), width - len(_STEP) if width else _PIECE)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: max(most - 1, 1)]}…"


def _folded(text: str, width: int | None) -> Iterable[str]:
    """A text in lines of a terminal; an address stays whole, so that it can be copied."""
    if not width:
        return [plain(text)]
    return textwrap.wrap(plain(text), max(width, 20), break_long_words=False, break_on_hyphens=False) or [""]
