"""What a job knows of addresses: the catalog, and what it has told the catalog since the last commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archive.catalog import Catalog
    from archive.known import Announced, Known


class Remembered:
    """Answers like the catalog. Methods raise StorageError."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._known: dict[str, Known] = {}
        self._articles: dict[str, Known] = {}

    def tell(self, lines: Iterable[Known]) -> None:
        """Lines that the catalog will have."""
        for line in lines:
            self._known[line.url] = line
            if line.article_id and line.verdict == Verdict.ARTICLE:
                self._articles[line.article_id] = line

    def committed(self) -> None:
        """The catalog has them."""
        self._known.clear()
        self._articles.clear()

    def known(self, url: str) -> Known | None:
        """What is known of a canonical address."""
        return self._known.get(url) or self._catalog.known(url)

    def article(self, article_id: str) -> Known | None:
        """What is known of an article."""
        return self._articles.get(article_id) or self._catalog.article(article_id)

    def announced(self, url: str) -> Announced | None:
        """What is known of an announcement."""
        return self._catalog.announced(url)

    def of_article(self, url: str, article_id: str) -> Known | None:
        """What is known of the article of an address, by whichever address knows more."""
        known = self.known(url)
        if known and known.final:
            return known
        is_alias = known is not None and known.verdict == Verdict.ARTICLE
        name = known.article_id if known and is_alias else article_id
        return (self.article(name) if name else None) or known
