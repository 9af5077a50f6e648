"""What a catalog knows of the many addresses of one document, asked for at once: it may be on another machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from archive.catalog import Catalog
from archive.known import Announced, Known
from archive.precedence import ARTICLE, TAKEN_DOWN
from archive.schema import announced, known, named


class Recall:
    """Answers like the catalog, as it was a moment ago; what was not asked for at once it is asked then.

    Methods raise StorageError.
    """

    def __init__(self, catalog: Catalog, ids: Mapping[str, str]) -> None:
        """`ids`: canonical address -> the article's id as far as the address tells it; some hundreds of them."""
        self._catalog = catalog
        self._asked = frozenset(ids)
        self._announced = {row.url: Announced(**named(announced, row)) for row in _rows(catalog, _ANNOUNCED, ids)}
        self._known = {row.url: Known(**named(known, row)) for row in _rows(catalog, _KNOWN, ids)}
        # An article that is known by this address is not looked for under others.
        others = {name for url, name in ids.items() if url not in self._known}
        self._ids = frozenset(others)
        there = {row.article_id for row in _rows(catalog, _ARTICLES, others)}
        self._articles = {name: catalog.article(name) for name in there}

    def known(self, url: str) -> Known | None:
        """What is known of a canonical address."""
        return self._known.get(url) if url in self._asked else self._catalog.known(url)

    def article(self, article_id: str) -> Known | None:
        """What is known of an article."""
        return self._articles.get(article_id) if article_id in self._ids else self._catalog.article(article_id)

    def announced(self, url: str) -> Announced | None:
        """What is known of an announcement."""
        return self._announced.get(url) if url in self._asked else self._catalog.announced(url)


def _rows(catalog: Catalog, query: sa.Select[Any], asked: Iterable[str]) -> Iterable[sa.Row[Any]]:
    values = list(asked)
    return catalog.select(query.params(asked=values)) if values else ()


_ASKED: sa.BindParameter[str] = sa.bindparam("asked", expanding=True)
_KNOWN = sa.select(known).where(known.c.url.in_(_ASKED))
_ANNOUNCED = sa.select(announced).where(announced.c.url.in_(_ASKED))
_ARTICLES = (
    sa.select(known.c.article_id)
    .where(known.c.article_id.in_(_ASKED), known.c.verdict.in_((ARTICLE, TAKEN_DOWN)))
    .distinct()
)
