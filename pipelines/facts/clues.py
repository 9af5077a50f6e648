"""One page and its body, with what is looked for only when a fact needs it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from lxml.etree import _Element as Element

from pipelines.facts import visible
from pipelines.page import datalayer, headline, house, jsonld, people
from pipelines.page.document import Document
from pipelines.text.boilerplate import Body


@dataclass
class Clues:
    """Where the facts of an article come from."""

    document: Document
    body: Body
    title: str | None
    image: str | None
    """Address of the lead image."""
    unruled: bool
    """No rules of the outlet's found the text, so that what readers see is all there is beside the metadata."""

    @cached_property
    def layer(self) -> dict[str, str]:
        """The data layer in the page's scripts."""
        return datalayer.read(self.document.root.iter("script"))

    @cached_property
    def heading(self) -> Element | None:
        """The element that shows the headline."""
        return headline.anchor(self.document, self.title or "")

    @cached_property
    def around(self) -> visible.Around:
        """What stands around the headline."""
        return visible.around(self.document, self.heading, self.image)

    @cached_property
    def labelled(self) -> people.Byline:
        """Who is named by a label, anywhere behind the headline."""
        return people.Byline() if self.heading is None else visible.labelled(self.document, self.heading)

    @cached_property
    def keywords(self) -> list[str]:
        """Keywords of the JSON-LD, as they stand."""
        return jsonld.texts(self.document.node.get("keywords"))

    def layers(self, names: Iterable[str]) -> list[str]:
        """Values of the data layer under these keys, in the order of the keys."""
        return [self.layer[name] for name in names if name in self.layer]

    def people(self, names: Iterable[str]) -> list[str]:
        """Those of the names that are people's."""
        document = self.document
        return people.people(names, document.publishers, house.label(document.url))
