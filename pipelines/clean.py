"""The last look at a row before it is kept: one form for every string, nothing empty that should be null."""

from __future__ import annotations

import re
import unicodedata

from archive.outcome import Outcome

_LINE_FIELDS = (
    "title",
    "description",
    "published_raw",
    "section",
    "image",
    "image_caption",
    "place",
    "source_credit",
    "syndicated_from",
)
_LIST_FIELDS = ("authors", "editors", "tags", "opt_out")


def clean_line(value: str | None) -> str | None:
    """Unicode NFC, every run of blanks one space; None when nothing is left. Quotes and typos are untouched."""
    line = re.sub(r"\s+", " ", unicodedata.normalize("NFC", value or "")).strip()
    return line or None


class CleanPipeline:
    """Applies `clean_line` to every field of one line, and takes repetitions out of lists."""

    def process_item(self, item: Outcome) -> Outcome:
        """Clean the article in place."""
        article = item.article
        for name in _LINE_FIELDS:
            setattr(article, name, clean_line(getattr(article, name)))
        for name in _LIST_FIELDS:
            lines = (clean_line(value) for value in getattr(article, name))
            setattr(article, name, list(dict.fromkeys(line for line in lines if line)))
        return item
