"""Which language a body is written in."""

from __future__ import annotations

from langdetect import DetectorFactory, LangDetectException, detect_langs

from archive.job import Outcome

# Unseeded, langdetect draws at random and flips on short texts.
DetectorFactory.seed = 0

_ENOUGH = 1000
_TOO_SHORT = 20


def detect(text: str) -> tuple[str | None, float | None]:
    """ISO 639-1 code and probability (0 to 1) of the first 1,000 characters; (None, None) when there is too little.

    langdetect has no Malay, Javanese or Sundanese: it calls them `id`.
    """
    head = text[:_ENOUGH]
    if sum(char.isalpha() for char in head) < _TOO_SHORT:
        return None, None
    try:
        best = detect_langs(head)[0]
    except LangDetectException:
        return None, None
    return str(best.lang), round(float(best.prob), 4)


class LanguagePipeline:
    """Gives every row with a text its language."""

    def process_item(self, item: Outcome) -> Outcome:
        """Set `language` and `language_confidence`."""
        article = item.article
        if article.text:
            article.language, article.language_confidence = detect(article.text)
            if article.language:
                article.origins["language"] = "langdetect"
        return item
