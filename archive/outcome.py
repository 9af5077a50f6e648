"""What became of one address: a row, and what the catalog is to know of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from archive.known import Known, Version
from archive.model import Article, Verdict

MOVED = "moved"
"""Instead of a verdict: the address leads to another article now."""
_ENDS = {verdict: verdict.value for verdict in (Verdict.NOT_FOUND, Verdict.GONE, Verdict.SOFT_404, Verdict.LISTING)}
_ENDS |= {Verdict.REDIRECTED_AWAY: Verdict.REDIRECTED_AWAY.value, Verdict.DUPLICATE: MOVED}
"""What says that an article was taken away. A wall or a page without text does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one announced address, ready to be kept."""

    article: Article
    verdict: Verdict
    reason: str = ""
    """Why it is no article, in words; empty for an article."""
    aliases: tuple[str, ...] = ()
    """Other canonical addresses that led to it."""
    final: bool = True
    """False when another attempt may bring more."""
    recovered: tuple[str, ...] = ()
    """Names of the records that waited for this row."""
    removed: float | None = None
    """Part of the outlet's containers that is not in the text, by characters, 0 to 1; None where no rule found it."""
    before: Known | None = None
    """What was known of the address before it was visited."""
    due: datetime | None = None
    """When the address is to be visited again; None for never."""

    @property
    def is_revisit(self) -> bool:
        """Was it an article that the archive has whole?"""
        return self.before is not None and self.before.is_whole

    @property
    def has_moved(self) -> bool:
        """Does the address of an article lead to another article now?"""
        before = self.before
        if before is None or before.verdict != Verdict.ARTICLE or self.verdict is not Verdict.ARTICLE:
            return False
        return before.article_id != self.article.id

    def known(self, job: str) -> list[Known]:
        """The catalog's lines for its address and every alias."""
        return list(self._known(job))

    def version(self, job: str) -> Version | None:
        """Where the row of an article is to be found."""
        article = self.article
        if self.verdict is not Verdict.ARTICLE or not article.id or article.captured is None:
            return None
        return Version(
            article_id=article.id,
            version=article.version,
            outlet=article.outlet,
            url=article.url,
            captured=utc_text(article.captured),
            job=job,
            complete=article.complete,
            captures=len(article.captures),
        )

    def _known(self, job: str) -> Iterator[Known]:
        article, before = self.article, self.before
        captured = utc_text(article.captured) if article.captured else None
        again: dict[str, Any] = {
            "job": job,
            "visited": captured,
            "due": utc_text(self.due) if self.due else None,
            "tries": 0 if self.final else (before.tries if before else 0) + 1,
            "record": article.captures[0].record_id if article.captures else None,
        }
        is_article = self.verdict is Verdict.ARTICLE
        if before and before.verdict == Verdict.ARTICLE and not is_article:
            # One of which a page is missing is not asked for again once it is gone.
            final = before.final or self.due is None
            yield replace(before, **again, final=final, ended=_ENDS.get(self.verdict, before.ended))
            return
        same = before if before and before.article_id == article.id else None
        main = Known(
            url=article.url,
            outlet=article.outlet,
            article_id=article.id or None,
            verdict=self.verdict.value,
            final=self.final,
            published=article.published.isoformat() if article.published else None,
            section=article.section,
            captured=captured,
            version=article.version,
            facts=article.facts_sha256() if is_article else None,
            made=f"{article.extractor}:{article.rules}" if is_article else None,
            first=same.first or same.captured if same else captured,
            **again,
        )
        yield main
        for url in dict.fromkeys(self.aliases):
            if url != article.url:
                # Whichever of them was announced, the article is tried again.
                yield replace(main, url=url, due=None if self.final else main.due)
        if before and self.has_moved:
            yield replace(before, **again | {"due": None}, ended=MOVED)


def utc_text(moment: datetime) -> str:
    """ISO 8601 in UTC, as the catalog writes it."""
    return moment.astimezone(UTC).isoformat()
