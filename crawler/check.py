"""What a check of a live outlet found, field by field."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from archive import measures

ARTICLES = 3
"""Articles that a check is after."""
MUST = ("title", "text", "published")
"""Fields without which an article is of little use."""
FIELDS = (*MUST, *(name for name in measures.FIELDS if name not in MUST), "free")


def report_of(folder: Path, outlet: str, at: datetime) -> dict[str, Any]:
    """Read back the small archive that a check made: sources, and for every article field -> origin or None."""
    manifests = sorted(folder.glob("jobs/*/*.json"))
    manifest = json.loads(manifests[-1].read_text(encoding="utf-8")) if manifests else {}
    rows = list(_rows(folder, "articles"))
    articles = [{"url": row["url"], "complete": row["complete"], "found": _found(row)} for row in rows]
    return {
        "outlet": outlet,
        "checked": at.isoformat(timespec="seconds"),
        "sentence": manifest.get("sentence"),
        "sources": manifest.get("sources", []),
        "articles": articles,
        "dropped": [{name: row[name] for name in ("url", "verdict", "reason")} for row in _rows(folder, "dropped")],
        # Without an article nothing was found, which is the worst a check can say.
        "missing": [name for name in MUST if not articles or any(not one["found"][name] for one in articles)],
    }


def table(report: dict[str, Any]) -> Iterator[str]:
    """The report as lines for a person."""
    for source in report["sources"]:
        brought = f"{source['announced']} addresses, {source['new']} new" if source["announced"] else "nothing"
        yield f"source   {source['url']}: {source['problem'] or brought}"
    for article in report["articles"]:
        yield f"article  {article['url']}"
        for name, origin in article["found"].items():
            yield f"  {name:14} {'found in ' + origin if origin else 'NOT FOUND'}"
    for page in report["dropped"]:
        yield f"dropped  {page['url']}: {page['verdict']}, {page['reason']}"
    if report["missing"]:
        yield f"missing  {', '.join(report['missing'])}: look at the page and mend the outlet's rules"


def _found(row: dict[str, Any]) -> dict[str, str | None]:
    origins = row["origins"]
    return {name: (origins.get(name) or "the page") if row[name] not in (None, "", []) else None for name in FIELDS}


def _rows(folder: Path, kind: str) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob(f"{kind}/**/*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)
