"""Who made an article: authors, editors, the agency it came from; each with its origin."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from pipelines.facts import visible
from pipelines.facts.clues import Clues
from pipelines.page import jsonld, people

_AUTHOR = ("dtk:author", "author", "article:author")
# Only what is named for the author of the piece: `user` and `name` are the reader's.
_LAYER_AUTHOR = ("content_author", "penulis", "author", "author_name", "article_author", "reporter", "writer")
_LAYER_EDITOR = ("content_editor", "editor", "editor_name", "article_editor")
_LAYER_SOURCE = ("content_source", "source")
_FEW = 3

People = Iterator[tuple[str, list[str]]]
"""(origin, names), the most trustworthy first."""


def editors(clues: Clues) -> People:
    """People who edited it."""
    document = clues.document
    yield "jsonld", clues.people(jsonld.names(document.node.get("editor"), document.nodes))
    yield "meta", clues.people(document.metas(("content_editor",)))
    yield from (("rule", clues.people(names)) for names in _ruled(clues, "editors"))
    yield "visible", clues.people(clues.body.byline.editors)
    yield "script", clues.people(clues.layers(_LAYER_EDITOR))
    # liputan6 files them among the keywords: "Editor:Rina Ayu".
    found = (people.byline(keyword) for keyword in clues.keywords)
    yield "jsonld", clues.people(name for byline in found if byline for name in byline.editors)
    if clues.unruled:
        yield "visible", clues.people(clues.around.editors)
        yield "visible", clues.people(clues.labelled.editors)


def authors(clues: Clues, editors: list[str]) -> People:
    """People who wrote it.

    Where the page labels an author ("Penulis: A", content_author), JSON-LD that gives the editor for one is not
    believed: kompas.com, republika.co.id and mediaindonesia.com do so.
    """
    document = clues.document
    declared = clues.people(jsonld.names(document.node.get("author"), document.nodes))
    edited = {people.folded(name) for name in editors}
    doubtful = bool(declared) and {people.folded(name) for name in declared} <= edited
    yield "jsonld", [] if doubtful and any(names for _, names in _labelled(clues)) else declared
    yield from _labelled(clues)
    yield "meta", clues.people(document.metas(_AUTHOR))
    yield "visible", clues.people(clues.body.reporters)
    if clues.unruled:
        names = clues.people(visible.signed(document))
        yield "visible", names if len(names) <= _FEW else []


def _labelled(clues: Clues) -> People:
    """Authors whom the page calls so."""
    yield "meta", clues.people(clues.document.metas(("content_author",)))
    yield from (("rule", clues.people(names)) for names in _ruled(clues, "authors"))
    yield "visible", clues.people(clues.body.byline.authors)
    yield "script", clues.people(clues.layers(_LAYER_AUTHOR))
    if clues.unruled:
        yield "visible", clues.people(clues.around.authors)
        yield "visible", clues.people(clues.labelled.authors)


def _ruled(clues: Clues, role: str) -> Iterator[list[str]]:
    """Names that the layout's elements give for a role: bare names, or the part of a byline that is the role's.

    A line with a label of another kind ("Fotografer: A") names nobody here.
    """
    for group in clues.document.groups(role):
        lines = [(line, people.byline(line)) for line in group]
        names = [getattr(found, role) if found else [] if ":" in line else [line] for line, found in lines]
        yield [name for some in names for name in some]


def source(clues: Clues) -> Iterator[tuple[str, str]]:
    """Agency or site; the publisher itself is no source. An agency that signs as author is one."""
    document = clues.document
    signed = [*jsonld.names(document.node.get("author"), document.nodes), *document.metas(_AUTHOR)]
    offers = chain(
        (("rule", line) for line in document.each("credit")),
        [("visible", clues.body.byline.source or "")],
        (("meta", line) for line in document.metas(("content_source",))),
        (("script", line) for line in clues.layers(_LAYER_SOURCE)),
        [("visible", (clues.labelled.source if clues.unruled else None) or "")],
        (("jsonld" if document.node else "meta", name) for name in signed if people.is_agency(name)),
    )
    for origin, line in offers:
        found = people.byline(line)
        name = found.source if found else line
        if name and not people.is_publisher(name, document.publishers):
            yield origin, name
