"""`scrapy history URL`: the versions of an article, and what its outlet changed from one to the next."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from archive.errors import ExitStatus
from archive.files import files_of
from archive.model import Verdict
from archive.outcome import MOVED
from archive.takedown import log
from crawler.progress import plain
from crawler.verb import Verb, as_json, complain, positional, tell, times, to_the_second

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from archive.difference import Change
    from archive.history import Edition, History
    from archive.known import Announced
    from crawler.preview import Ink

SHOWN = 300
"""Characters of a value that are shown."""
CONTEXT = 40
"""Characters that are shown on either side of a change within a paragraph, and of a paragraph beside a changed one."""


class Command(Verb):
    """Reads catalog and rows; fetches nothing."""

    interrupted = "Interrupted."
    failed = "scrapy verify --deep says more."

    def syntax(self) -> str:
        return "[options] URL"

    def short_desc(self) -> str:
        return "Show the versions of an article and what changed"

    def long_desc(self) -> str:
        return (
            "Show the versions of an article, by any of its addresses: when each was captured, by which job, in which "
            "WARC records, and what the outlet changed in the next; when it was last visited, when it will be, and "
            "whether the outlet took it away. Of an address that is no article's it says what is known. Exit status: "
            "0 there is a version, 2 bad arguments, no address of an outlet or no catalog, 5 storage or catalog failed "
            "or damaged, 8 the archive has no article under this address, 130 interrupted."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="one line of JSON, with the whole rows")

    def act(self, args: list[str], opts: argparse.Namespace) -> ExitStatus:
        """Look it up and tell."""
        from crawler.preview import Ink

        assert self.settings is not None
        [given] = positional(args, self.name, "Name one address: scrapy history https://...")
        found = self._found(given)
        if opts.json:
            tell([as_json(_facts(found))])
        else:
            tell(_told(found, Ink(colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR"))))
        return ExitStatus.DONE if found.editions else ExitStatus.SILENT

    def _found(self, given: str) -> History:
        from archive.history import history
        from crawler.catalogs import catalog_of
        from crawler.foreign.owners import owner_of

        assert self.settings is not None
        name, outlet = owner_of(given, self.settings)
        url = outlet.canonical(given)
        article_id = f"{name}:{outlet.article_id(url)}"
        with closing(catalog_of(self.settings)) as catalog:
            files = files_of(self.settings["ARCHIVE_URI"], self.settings["STATE_DIR"])
            with closing(files):
                return history(catalog, files, url, article_id, lambda text: complain(self.name, text))


def _told(found: History, ink: Ink) -> Iterator[str]:
    if not found.editions:
        yield from map(plain, _unfound(found))
        return
    last = found.editions[-1]
    yield ink.bold(plain(str((last.row or {}).get("title") or "(no title)")))
    yield plain(last.version.article_id)
    yield from (plain(url) for url in found.addresses)
    yield from map(plain, _standing(found))
    yield ""
    yield from _edition(found.editions[0], ink)
    for older, newer in found.pairs:
        yield ""
        yield from _edition(newer, ink)
        if older.row is not None and newer.row is not None:
            yield from _changed(older.row, newer.row, ink)


def _unfound(found: History) -> Iterator[str]:
    """What there is to say of an address that is no article's."""
    known, said = found.known, found.announced
    if known is None and said is None:
        yield f"{found.url}: not in the archive, and no source has announced it."
        return
    yield found.url
    if known and known.verdict == Verdict.TAKEN_DOWN:
        yield f"taken down    {to_the_second(known.visited or 'some day')}, in job {known.job}"
        yield f"  the archive holds nothing of it, and it is not asked for again; {log.FOLDER}/{known.outlet}/ says why"
    elif known:
        yield f"not in the archive as an article: {known.verdict}" + (f", {found.reason}" if found.reason else "")
        captured = to_the_second(known.captured or "some day")
        yield f"  captured {captured}, job {known.job}, record {known.record or 'unknown'}"
        tried = f"tried {times(known.tries)}; " if known.tries and not known.final else ""
        again = "it is not asked for again" if known.final else _again(known.due, known.outlet, found.url, said)
        yield f"  {tried}{again}"
    if said:
        yield f"announced {to_the_second(said.at)} by {said.source}, published {said.published or said.day}"
    if said and not known and said.tries:
        last = to_the_second(said.tried or "some day")
        yield f"not in the archive: tried {times(said.tries)}, the last time {last}: {said.reason}"
        yield f"  {_again(said.due, said.outlet, found.url, said)}"
    elif said and not known:
        yield "not in the archive: not tried yet"


def _again(due: str | None, outlet: str, url: str, said: Announced | None) -> str:
    return f"the next is due {to_the_second(due)}" if due else f"given up; {_brought_back(outlet, url, said)}"


def _standing(found: History) -> Iterator[str]:
    """Where the article stands by its last visit."""
    from crawler.others import OTHERS

    known = found.known
    if known is None:
        return
    if found.announced:
        yield f"announced     {to_the_second(found.announced.at)} by {found.announced.source}"
    visited = to_the_second(known.visited or known.captured or "some day")
    yield f"last visited  {visited}, in job {known.job}, record {known.record or 'unknown'}"
    if known.ended == MOVED:
        yield f"moved         its address leads to {found.moved_to or 'another article'} now"
    elif known.ended:
        yield f"taken away    {known.ended}, as the last visit showed"
    if known.final or known.due or known.ended or known.outlet == OTHERS:
        yield f"next visit    {to_the_second(known.due or 'none is due')}"
    else:
        tried = f"tried {times(known.tries)}, " if known.tries else ""
        yield f"given up      {tried}with a page missing; {_brought_back(known.outlet, known.url, found.announced)}"


def _brought_back(outlet: str, url: str, said: Announced | None) -> str:
    """By what an address is asked for again that was given up: a job that fills takes what a source announced."""
    by_name = f"scrapy crawl {outlet} -a {shlex.quote(f'url={url}')}"
    return f"scrapy ledger {outlet} --fill tries again, as does {by_name}" if said else f"{by_name} tries again"


def _edition(edition: Edition, ink: Ink) -> Iterator[str]:
    version = edition.version
    lacks = "" if version.complete else "  (a page is missing)"
    yield ink.bold(f"version {version.version}") + plain(
        f"  captured {to_the_second(version.captured)}, job {version.job}{lacks}"
    )
    for capture in (edition.row or {}).get("captures") or []:
        yield plain(f"  {capture['url']}")
        yield ink.faint(plain(f"    {capture['warc']}:{capture['offset']} {capture['record_id']}"))
    if edition.row is None:
        yield "  its row cannot be read"


def _changed(older: dict[str, Any], newer: dict[str, Any], ink: Ink) -> Iterator[str]:
    """What is different in the newer row."""
    from archive.difference import changes, folded
    from archive.history import edits

    for edit in edits(older, newer):
        yield f"  {edit.field}: {_shown(edit.older)} -> {_shown(edit.newer)}"
    if older.get("text") != newer.get("text"):
        yield "  text:"
        for change in folded(changes(older.get("text") or "", newer.get("text") or "")):
            if isinstance(change, int):
                yield ink.faint(f"    ({change} paragraphs as they were)")
            elif any(piece.kind != "same" for piece in change):
                yield from _paragraph(change, ink)
            else:
                yield ink.faint(f"    {_ends(change[0].text, left=True, right=False)}")


def _paragraph(change: Change, ink: Ink) -> Iterator[str]:
    for sign, kind, draw in (("-", "gone", ink.odd), ("+", "new", ink.good)):
        if not any(piece.kind == kind for piece in change):
            continue
        pieces = [piece for piece in change if piece.kind in {"same", kind}]
        words = [
            draw(plain(piece.text))
            if piece.kind == kind
            else _ends(piece.text, left=number > 0, right=number + 1 < len(pieces))
            for number, piece in enumerate(pieces)
        ]
        yield f"  {draw(sign)} {''.join(words)}"


def _ends(text: str, *, left: bool, right: bool) -> str:
    """What of an unchanged text stands beside a change: its beginning, its end, or both."""
    if len(text) <= CONTEXT * (left + right):
        return plain(text)
    return plain(f"{text[:CONTEXT] if left else ''}…{text[-CONTEXT:] if right else ''}")


def _shown(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if value in (None, "", []):
        return "(none)"
    return plain(text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…")


def _facts(found: History) -> dict[str, Any]:
    """The same for a script."""
    versions = [
        {
            **asdict(edition.version),
            "part": edition.part,
            "row": edition.row,
            "changed": _names(older.row, edition.row) if older else [],
        }
        for older, edition in zip((None, *found.editions), found.editions, strict=False)
    ]
    return {
        "url": found.url,
        "is_article": bool(found.known and found.known.verdict == Verdict.ARTICLE),
        "known": asdict(found.known) if found.known else None,
        "reason": found.reason,
        "announced": asdict(found.announced) if found.announced else None,
        "addresses": found.addresses,
        "moved_to": found.moved_to,
        "versions": versions,
    }


def _names(older: dict[str, Any] | None, newer: dict[str, Any] | None) -> list[str] | None:
    """Names of the fields that changed; None when one of the rows is not there."""
    from archive.history import edits

    if older is None or newer is None:
        return None
    return [edit.field for edit in edits(older, newer)] + (["text"] if older.get("text") != newer.get("text") else [])
