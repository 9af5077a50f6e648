"""Pages and what a careful reader makes of them: the corpus of real pages, the seeds, the invented cases.

The corpus is other people's; nothing of it is in this project. Where its gold is wrong or missing, `gold/OUTLET.toml`
corrects it, and names a text by its first and last words.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from lxml import etree, html
from scrapy.utils.project import get_project_settings

from archive.model import Verdict
from crawler.verb import outlets_of
from pipelines.dates import ZONES
from pipelines.page.markup import decode
from pipelines.rules import NO_RULES, Rules

GOLD = Path(__file__).parent / "gold"
CASES = Path(__file__).parents[2] / "tests" / "outlets"
_LISTING = re.compile(r"-(?:mainpage|index)\.html$")
_UNDATED = datetime(2026, 11, 22, tzinfo=UTC)
_UNSEEN = frozenset(("script", "style", "noscript", "template"))
_NOTED = ("authors", "editors", "published")
_INLINE = frozenset(("a", "abbr", "b", "em", "font", "i", "small", "span", "strong", "sub", "sup", "u"))


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A page and its gold."""

    name: str
    html: bytes
    url: str
    text: str = ""
    """Gold after corrections; empty for a page that is no article."""
    uncorrected: str | None = None
    """Gold as it came; None where there was none."""
    rules: Rules = NO_RULES
    """Those of the outlet that owns the page, for we have no others."""
    captured: datetime = _UNDATED
    verdict: Verdict = Verdict.ARTICLE
    facts: dict[str, Any] = field(default_factory=dict)
    """What the page states, of title, authors, editors and published."""


def real(corpus: Path) -> Iterator[Sample]:
    """The real articles of Indonesian outlets: every page that has gold or is named in `gold/`.

    Raises ValueError for a correction that does not fit its page.
    """
    noted = {page["file"]: page for path in sorted(GOLD.glob("*.toml")) for page in _toml(path)["page"]}
    for name, outlet, url in _index(corpus):
        given = _given(corpus, outlet, Path(name).stem)
        page = noted.get(name)
        if given is None and page is None:
            continue
        body = (corpus / "pages" / name).read_bytes()
        page = page or {}
        yield Sample(
            name=name,
            html=body,
            url=url,
            text=_corrected(name, given["text"] if given else "", page, _visible(body)),
            uncorrected=given["text"] if given else None,
            rules=rules_for(url),
            captured=datetime.combine(page["captured"], time(), UTC) if page else _UNDATED,
            verdict=Verdict(page.get("verdict", Verdict.ARTICLE)),
            facts={**(given["facts"] if given else {}), **_facts(page, body)},
        )


def listings(corpus: Path) -> Iterator[Sample]:
    """The real pages that are no article, by their file names."""
    for name, outlet, url in _index(corpus):
        if _LISTING.search(name):
            address = url if url.startswith("http") else f"https://www.{outlet}.com/indeks"
            body = (corpus / "pages" / name).read_bytes()
            yield Sample(name=name, html=body, url=address, rules=rules_for(address), verdict=Verdict.LISTING)


def seeds(corpus: Path) -> Iterator[Sample]:
    """Five articles of the outlets that the archive began with, put back into markup."""
    for path in sorted((corpus / "seeds").glob("*.html")):
        body = path.read_bytes()
        address = re.search(rb"https://\S+", body)
        url = address[0].decode() if address else ""
        gold = path.with_suffix("").with_suffix(".gold.txt").read_text(encoding="utf-8")
        yield Sample(name=path.stem, html=body, url=url, text=gold, uncorrected=gold, rules=rules_for(url))


def generic(corpus: Path) -> Iterator[Sample]:
    """Articles of outlets all over the world, mostly English: for the path without rules."""
    listed = json.loads((corpus / "generic" / "gold.json").read_text(encoding="utf-8"))
    for name, page in listed.items():
        body = gzip.decompress((corpus / "generic" / "html" / f"{name}.html.gz").read_bytes())
        yield Sample(name=name, html=body, url=page["url"], text=page["articleBody"], uncorrected=page["articleBody"])


def invented() -> Iterator[Sample]:
    """The invented cases of tests/outlets that are one page long."""
    for path in sorted(CASES.glob("*/*/article.json")):
        row = json.loads(path.read_text(encoding="utf-8"))
        if row["verdict"] == Verdict.ARTICLE and not list(path.parent.glob("page-*.html")):
            yield Sample(
                name=f"{path.parent.parent.name}/{path.parent.name}",
                html=path.with_name("page.html").read_bytes(),
                url=row["url"],
                text=row["text"],
                uncorrected=row["text"],
                rules=rules_for(row["url"]),
                facts={name: row[name] for name in ("title", "authors", "editors", "published")},
            )


def rules_for(url: str) -> Rules:
    """The rules of the outlet that owns an address, or none."""
    outlets = outlets_of(get_project_settings()).values()
    return next((outlet.rules for outlet in outlets if outlet.owns(url)), NO_RULES)


def _index(corpus: Path) -> Iterator[tuple[str, str, str]]:
    """(file below pages/, outlet, address)."""
    with (corpus / "pages" / "INDEX.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row[0] != "file":
                yield row[0], row[1], row[2].replace("\\x3d", "=")


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _given(corpus: Path, outlet: str, stem: str) -> dict[str, Any] | None:
    """The text and the facts that the corpus gives for a page."""
    for path in (corpus / "pages" / "_gold").glob(f"{outlet}__*.json"):
        known = json.loads(path.read_text(encoding="utf-8"))
        if "content" in known and path.stem.removeprefix(f"{outlet}__").removesuffix(".html") == stem.removesuffix(
            ".html"
        ):
            published = datetime.fromtimestamp(known["date_epoch_ms"] / 1000, ZONES["WIB"]).replace(second=0)
            return {"text": known["content"], "facts": {"title": known["title"], "published": published.isoformat()}}
        if "V1" in known and path.stem.removeprefix(f"{outlet}__") in stem:
            sections = known["V1"]["body"]["sections"]
            return {"text": "\n".join(line for section in sections for line in section["paragraphs"]), "facts": {}}
    return None


def _facts(page: dict[str, Any], body: bytes) -> dict[str, Any]:
    facts: dict[str, Any] = {name: page[name] for name in _NOTED if name in page}
    if path := page.get("title"):
        facts["title"] = _one_line(str(html.document_fromstring(decode(body)).xpath(f"string({path})")))
    return facts


def _corrected(name: str, text: str, page: dict[str, Any], visible: str) -> str:
    text = _one_line(text)
    for change in page.get("drop", ()):
        begin, end = _stretch(name, text, change["begins"], change["ends"])
        text = f"{text[:begin]} {text[end:]}"
    for change in page.get("add", ()):
        begin, end = _stretch(name, visible, change["begins"], change["ends"])
        after = change.get("after", "")
        at = _stretch(name, text, after, after)[1] if after else 0
        text = f"{text[:at]} {visible[begin:end]} {text[at:]}"
    return _one_line(text)


def _stretch(name: str, text: str, begins: str, ends: str) -> tuple[int, int]:
    """Where a text that begins and ends with these words stands."""
    begin = text.find(begins)
    # The last words may be among the first.
    end = text.find(ends, begin + max(0, len(begins) - len(ends))) if begin >= 0 else -1
    if end < 0 or not begins:
        raise ValueError(f"{name}: no text from {begins!r} to {ends!r}")
    return begin, end + len(ends)


def _visible(body: bytes) -> str:
    """All that a page says, in one line: read without any code of the extractor's."""
    parts = []
    root = html.document_fromstring(decode(body), parser=html.HTMLParser(remove_comments=True, remove_pis=True))
    for event, element in etree.iterwalk(root, events=("start", "end")):
        hidden = element.tag in _UNSEEN
        parts.append("" if element.tag in _INLINE else " ")
        parts.append((element.tail if event == "end" else "" if hidden else element.text) or "")
    return _one_line("".join(parts))


def _one_line(text: str) -> str:
    return " ".join(text.split())
