"""What the page of an article shows beside its row: its captures as they are now, and what the outlet edited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from archive.difference import Change, changes, folded, words
from archive.history import edits
from archive.model import RecordRef
from archive.proof import Proof
from archive.search.tables import Row
from crawler.reading.words import by_hand, said

CAPTURES = 20
"""Captures of one row that are looked at together."""


class Told(NamedTuple):
    """A capture of a row, as it is now."""

    ref: RecordRef | None = None
    where: str = ""
    """What a person types to get at its file."""
    proof: Proof | None = None
    problem: str = ""
    """Why there is no proof, in words."""
    size: int = 0
    """Bytes that a browser gets."""
    shown_as: str = ""
    """The Content-Type that a browser gets; empty when it gets nothing."""
    unseen: str = ""
    """Why a browser gets nothing, though there is a record."""

    @property
    def command(self) -> str:
        """Prints the record."""
        return by_hand(self.where, self.ref) if self.ref else ""

    @property
    def status(self) -> str:
        """The status line of the outlet's answer."""
        return self.proof.head.partition(b"\r\n")[0].decode("latin-1") if self.proof else ""

    @property
    def head(self) -> str:
        """Head of the outlet's answer; what is not ASCII stands for bytes."""
        return self.proof.head.decode("latin-1").rstrip() if self.proof else ""


class Edit(NamedTuple):
    """What a version changed of the one before it."""

    before: Mapping[str, Any]
    title: Change
    """Empty when it is the same."""
    facts: list[tuple[str, str, str]]
    """Field, value before, value now."""
    text: list[Change | int]
    """Paragraphs, or the number of those that are left out because they are the same."""


def edit(rows: list[Row], row: Row) -> Edit | None:
    """What a version changed; None for the first that the archive has."""
    number = rows.index(row)
    if number == 0:
        return None
    before, now = rows[number - 1].facts, row.facts
    titles = before["title"] or "", now["title"] or ""
    return Edit(
        before,
        words(*titles) if titles[0] != titles[1] else [],
        [
            (one.field, said(one.older or "unknown"), said(one.newer or "unknown"))
            for one in edits(before, now)
            if one.field != "title"
        ],
        list(folded(changes(before["text"], now["text"]))),
    )
