"""When an article was published and edited: every place that says so, heard as witnesses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from pipelines import dates
from pipelines.facts import visible
from pipelines.facts.clues import Clues
from pipelines.page import jsonld
from pipelines.page.markup import clean

# In the order in which they are believed. content_* is the data layer of the KG network (Tribun, Kompas, Grid).
_PUBLISHED = (
    "article:published_time",
    "content_publisheddate",
    "publishdate",
    "dtk:publishdate",
    "jpnncom_news_pubdate",
    "datepublished",
    "pubdate",
    "parsely-pub-date",
    "dc.date.issued",
)
_MODIFIED = ("article:modified_time", "og:updated_time", "content_modifieddate", "datemodified")
_LAYER_PUBLISHED = (
    "content_publisheddate",
    "publish_date",
    "published_date",
    "publishdate",
    "publisheddate",
    "publicationdate",
    "datepublished",
    "content_date",
)
_LAYER_MODIFIED = ("content_modifieddate", "modified_date", "update_date", "updated_date", "datemodified")
# What comes behind it in a line is the time of an edit, up to a word that announces the publication.
_TOLD = re.compile(
    r"\b(?:tayang|terbit|di ?(?:terbit|tayang|publikasi|buat|posting|muat)\w*|published|posted)\b", re.IGNORECASE
)
_AGO = re.compile(r"\b(?:lalu|ago)\b", re.IGNORECASE)


def read(clues: Clues, now: datetime | None) -> tuple[dates.Moment | None, dates.Moment | None]:
    """Publication, which may name only a day, and the last edit, on the outlet's clock.

    `now` is the moment of capture: "1 jam yang lalu" counts from it. Nothing is read from prose, captions, sidebars or
    footers: what no element announces stays unknown.
    """
    zone = clues.document.rules.zone
    moments: list[dates.Moment] = []
    edits: list[dates.Moment] = []
    for origin, raw in _announced(clues, moments):
        line, edit = _parted(origin, raw)
        if moment := _moment(origin, line, zone, now):
            moments.append(moment)
        if moment := _moment(origin, edit, zone, now):
            edits.append(moment)
    stated = (_moment(origin, raw, zone, now) for origin, raw in _edited(clues))
    edited = next((moment for moment in (*stated, *edits) if moment and moment.timed), None)
    published = dates.settle(moments, zone, now) or next(iter(moments), None)
    return published, edited and dates.settle_edit(edited, moments, zone, now)


def _announced(clues: Clues, moments: list[dates.Moment]) -> Iterator[tuple[str, str]]:
    """(origin, string) that may announce the publication; `moments` are those read so far.

    Some templates date only the WebPage, so it speaks for the article.
    """
    document = clues.document
    nodes = [document.node, *jsonld.of_type(document.nodes, {"WebPage"})]
    yield from [("jsonld", raw) for node in nodes if (raw := jsonld.text(node.get("datePublished")))][:1]
    yield from (("meta", raw) for raw in document.metas(_PUBLISHED))
    yield from (("rule", raw) for raw in document.each("published"))
    timed = any(moment.timed for moment in moments)
    if clues.unruled or not timed:
        yield from (("script", raw) for raw in clues.layers(_LAYER_PUBLISHED))
        # An absolute time goes first: a teaser in between may count in hours.
        lines = [*clues.around.dates, *clues.around.above, *clues.around.updated]
        yield from (("visible", raw) for raw in sorted(lines, key=lambda raw: bool(_AGO.search(raw))))


def _edited(clues: Clues) -> Iterator[tuple[str, str]]:
    if stated := jsonld.text(clues.document.node.get("dateModified")):
        yield "jsonld", stated
    yield from (("meta", raw) for raw in clues.document.metas(_MODIFIED))
    yield from (("script", raw) for raw in clues.layers(_LAYER_MODIFIED))
    if clues.unruled:
        yield from (("visible", raw) for raw in clues.around.updated)


def _parted(origin: str, raw: str) -> tuple[str, str]:
    """What a line for readers says of the publication, and of an edit: "Tayang: A | Diperbarui: B", in either order."""
    edit = visible.EDITED.search(raw) if origin in {"rule", "visible"} else None
    if not edit:
        return raw, ""
    told = _TOLD.search(raw, edit.end())
    return (raw[told.end() :], raw[edit.end() : told.start()]) if told else (raw[: edit.start()], raw[edit.end() :])


def _moment(origin: str, raw: str, zone: str, now: datetime | None) -> dates.Moment | None:
    """A machine's value is quoted whole, a visible line only where it names the date."""
    moment = dates.find(raw, zone=zone, now=now, origin=origin) if raw else None
    return replace(moment, raw=clean(raw)) if moment and origin in {"jsonld", "meta", "script"} else moment
