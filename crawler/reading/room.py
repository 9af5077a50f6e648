"""The reading room: which page answers which address. It knows no server."""

from __future__ import annotations

import logging
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from archive import message, proof, wacz
from archive.errors import ArgumentError, Damaged, StorageError
from archive.files import Files
from archive.report.links import web
from archive.report.page import pages_of, style
from archive.search.index import COUNTED, Question, SearchIndex, Size
from archive.search.tables import Row
from archive.search.words import MAX_TYPED
from archive.takedown import log
from archive.takedown.stub import public
from crawler.reading import answers, articles, words
from crawler.reading.answers import Answer, Asked
from crawler.reading.upkeep import Upkeep

logger = logging.getLogger(__name__)

MAX_SHOWN = 32 << 20
"""Bytes of a capture, its content coding undone, that are shown."""
COUNT_AGAIN = 5.0
"""Seconds for which the size of the index is shown again."""
OURS = "That is a fault of ours; the log of scrapy serve describes it."

_OUTLET = re.compile(r"[a-z0-9_-]{1,64}", re.ASCII)
_PAGES = ("text/html", "application/xhtml+xml")
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif")


class Lost(Exception):
    """There is no such page."""


class Room:
    """Answers for one archive. Several threads may ask at once."""

    def __init__(self, files: Files, index: SearchIndex, upkeep: Upkeep, report: Callable[[], str]) -> None:
        """`report` makes the first page; it may raise ArgumentError, StorageError."""
        self._files, self._index, self._upkeep, self._report = files, index, upkeep, report
        self._counted: tuple[float, tuple[Size, list[str]] | None] = (0.0, None)
        pages = pages_of("crawler.reading")
        for one in (words.moment, words.marked, words.beginning, words.place, words.said, web):
            pages.filters[one.__name__] = one
        pages.globals["archive"] = files.name
        self._pages = pages
        self._style = style() + resources.files("crawler.reading").joinpath("templates/style.css").read_text("utf-8")
        self._routes: dict[tuple[str, int], Callable[..., Answer]] = {
            ("", 0): self._front,
            ("search", 0): self._search,
            ("style.css", 0): lambda _: answers.style(self._style),
            ("article", 2): self._article,
            ("capture", 4): self._capture,
            ("payload", 4): self._payload,
            ("record", 4): self._record,
            ("wacz", 2): self._wacz,
        }

    def answer(self, asked: Asked) -> Answer:
        """The response to a GET, whatever happens."""
        try:
            first, *rest = [unquote(part) for part in asked.path.removeprefix("/").split("/")]
            return self._routes.get((first, len(rest)), _nowhere)(asked, *rest)
        except Lost as error:
            return self.apology(404, str(error))
        except ArgumentError as error:
            return self.apology(400, str(error))
        except Damaged as error:
            return self.apology(410, str(error))
        except (StorageError, OSError) as error:
            return self.apology(503, str(error))
        except Exception:
            logger.exception("%s could not be shown.", asked.path)
            return self.apology(500, OURS)

    def apology(self, status: int, text: str) -> Answer:
        """A page that says what is wrong."""
        titles = {400: "That cannot be meant", 404: "Not here", 410: "No longer here", 503: "Not to be had now"}
        title = titles.get(status, "Something is wrong")
        return answers.page(self._render("apology.html", title=title, text=text), status)

    def _render(self, name: str, **facts: Any) -> str:
        return self._pages.get_template(name).render(facts)

    def _front(self, asked: Asked) -> Answer:
        try:
            return answers.report(self._report())
        except (ArgumentError, StorageError) as error:
            return self._search(asked, f"There is no report: {error}")

    def _search(self, asked: Asked, remark: str = "") -> Answer:
        self._upkeep.visit()
        form = {name: asked.query.get(name, "").strip() for name in ("q", "outlet", "since", "until", "order", "after")}
        question = Question(
            typed=form["q"],
            outlet=form["outlet"],
            since=_day(form["since"]),
            until=_day(form["until"]),
            best=form["order"] == "best",
            after=form["after"],
        )
        problem, found = "", None
        try:
            if len(form["q"]) > MAX_TYPED:
                raise ArgumentError(f"A question has {MAX_TYPED} characters at most.")  # noqa: TRY301 - said like others
            found = self._index.ask(question)
        except ArgumentError as error:
            problem = str(error)
        size, outlets = self._holdings()
        said = {"form": form, "found": found, "counted": COUNTED, "size": size, "outlets": outlets}
        text = self._render("search.html", **said, problem=problem, remark=remark or self._upkeep.remark)
        return answers.page(text, 400 if problem else 200)

    def _holdings(self) -> tuple[Size, list[str]]:
        """What the index knows, as of a few seconds ago: to count it takes longer than most searches."""
        counted, found = self._counted
        if found is None or time.monotonic() - counted > COUNT_AGAIN:
            found = self._index.size(), self._index.outlets()
            self._counted = time.monotonic(), found
        return found

    def _article(self, asked: Asked, outlet: str, name: str) -> Answer:
        self._upkeep.visit()
        rows = self._versions(outlet, name)
        row = _version(rows, asked.query.get("version", ""))
        captures = [self._told(one) for one in row.facts["captures"][: articles.CAPTURES]]
        shown = min(max(_number(asked.query.get("page", "1")), 1), max(len(captures), 1))
        known, unknown = words.facts(row.facts)
        text = self._render(
            "article.html",
            row=row,
            facts=row.facts,
            rows=rows,
            paragraphs=row.facts["text"].split("\n\n"),
            captures=captures,
            more=len(row.facts["captures"]) - len(captures),
            shown=shown,
            known=known,
            unknown=unknown,
            where=self._files.where(row.part),
            edit=articles.edit(rows, row),
        )
        return answers.page(text)

    def _capture(self, _: Asked, outlet: str, name: str, version: str, number: str) -> Answer:
        row, capture = self._named(outlet, name, version, number)
        told = self._told(capture)
        if told.proof is None:
            return self.apology(410, told.problem)
        text = self._render("capture.html", row=row, facts=row.facts, capture=told, number=_number(number))
        return answers.page(text)

    def _payload(self, asked: Asked, outlet: str, name: str, version: str, number: str) -> Answer:
        _, capture = self._named(outlet, name, version, number)
        if asked.destination == "document":  # by itself, its links would lead to the network
            return answers.redirect(asked.path.replace("/payload/", "/capture/", 1))
        found = proof.examine(self._files, proof.ref_of(capture))
        body, content_type = shown(found)
        return answers.captured(body, content_type)

    def _record(self, _: Asked, outlet: str, name: str, version: str, number: str) -> Answer:
        _row, capture = self._named(outlet, name, version, number)
        ref = proof.ref_of(capture)
        stem = Path(ref.warc).name.removesuffix(".warc.gz")
        data = proof.member(self._files, ref)
        return answers.download(f"{stem}-{ref.offset}.warc.gz", "application/warc", data)

    def _wacz(self, _: Asked, outlet: str, name: str) -> Answer:
        rows = [row.facts for row in self._versions(outlet, name)]
        with tempfile.TemporaryDirectory(prefix="arsip-") as folder:
            written = wacz.write_article(self._files, rows, Path(folder) / "article.wacz")
            file = written.path.open("rb")  # and its name goes with the folder
        return answers.download(f"{outlet}-{name}.wacz", "application/wacz", file=file)

    def _versions(self, outlet: str, name: str) -> list[Row]:
        if rows := self._index.versions(outlet, f"{outlet}:{name}"):
            return rows
        if entry := log.of_article(self._files, outlet, f"{outlet}:{name}") if _OUTLET.fullmatch(outlet) else None:
            raise Damaged(f"The article was taken down on {entry['done'][:10]}: {public(entry['reason'])}.")
        raise Lost("The archive has no such article, or the search has not read its row yet.")

    def _named(self, outlet: str, name: str, version: str, number: str) -> tuple[Row, Mapping[str, Any]]:
        row = _version(self._versions(outlet, name), version)
        captures = row.facts["captures"]
        if not 1 <= _number(number) <= len(captures):
            raise Lost("The article has no such capture.")
        return row, captures[_number(number) - 1]

    def _told(self, capture: Mapping[str, Any]) -> articles.Told:
        """A capture, looked at now."""
        try:
            ref = proof.ref_of(capture)
        except Damaged as error:
            return articles.Told(problem=str(error))
        where = self._files.where(ref.warc)
        try:
            found = proof.examine(self._files, ref)
        except (StorageError, OSError) as error:
            return articles.Told(ref=ref, where=where, problem=str(error))
        # Twenty payloads of the largest kind would not fit into memory at once.
        told = articles.Told(ref=ref, where=where, proof=found._replace(payload=b""))
        try:
            body, content_type = shown(found)
        except Damaged as error:
            return told._replace(unseen=str(error))
        return told._replace(size=len(body), shown_as=content_type)


def shown(found: proof.Proof) -> tuple[bytes, str]:
    """The body of a capture as a browser is to have it, and as what. Raises Damaged where there is nothing to see."""
    if found.field("WARC-Type") == "revisit":
        raise Damaged(
            "The record is a revisit: the outlet sent again what it had sent before, and it lies in the record that "
            f"{found.field('WARC-Refers-To-Target-URI')} had at {found.field('WARC-Refers-To-Date')}."
        )
    if not found.payload:
        raise Damaged("The answer had no body.")
    body = message.unfold(found.head, found.payload, MAX_SHOWN)
    if not body:
        raise Damaged("The body's content coding cannot be undone here; the record itself can be downloaded.")
    declared = b", ".join(message.header_values(found.head, "Content-Type")).decode("latin-1")
    kind, charset = words.media(declared)
    parameter = f"; charset={charset}" if charset else ""
    if kind in _PAGES:
        return body, kind + parameter
    if kind in _PICTURES:
        return body, kind
    if not kind or kind.startswith("text/") or kind.endswith(("json", "xml")):
        return body, f"text/plain{parameter or '; charset=utf-8'}"
    raise Damaged(f"The body is {kind}, which is not shown here; the record itself can be downloaded.")


def _nowhere(*_: object) -> Answer:
    raise Lost("There is no such page here.")


def _version(rows: list[Row], asked: str) -> Row:
    """The row of a version; the newest where none is asked for."""
    if not asked:
        return rows[-1]
    for row in rows:
        if row.facts["version"] == _number(asked):
            return row
    raise Lost("The archive has no such version of the article.")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _day(text: str) -> date | None:
    """Raises ArgumentError."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentError("A day is written YYYY-MM-DD: 2026-11-22.") from error
