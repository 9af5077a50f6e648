"""Which language a body is written in: two opinions, for the first knows no Malay, Javanese or Sundanese."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pycld2
from langdetect import DetectorFactory, LangDetectException
from langdetect.detector import Detector
from langdetect.detector_factory import PROFILES_DIRECTORY
from langdetect.utils.ngram import NGram

from archive.model import Article
from archive.outcome import Outcome

_ENOUGH = 1000
_PLENTY = 10_000
_TOO_SHORT = 20
Array = np.ndarray[Any, np.dtype[np.float64]]
_NOT_YET: Array = np.empty(0)
# CLD2 has codes that ISO 639-1 withdrew.
_TODAY = {"jw": "jv", "iw": "he"}


def detect(text: str) -> tuple[str | None, float | None]:
    """ISO 639-1 code and probability (0 to 1) of the first 1,000 characters; (None, None) when there is too little.

    langdetect has no Malay, Javanese or Sundanese: it calls them `id`.
    """
    head = text[:_ENOUGH]
    if not _is_enough(head):
        return None, None
    detector = _factory().create()
    detector.append(head)
    try:
        best = detector.get_probabilities()[0]
    except LangDetectException:
        return None, None
    return str(best.lang), round(float(best.prob), 4)


def second_opinion(text: str) -> str | None:
    """What CLD2 takes the first 10,000 characters for, as BCP 47 has it; None when it is not sure."""
    head = text[:_PLENTY]
    if not _is_enough(head[:_ENOUGH]):
        return None
    try:
        reliable, _, ((_, code, *_), *_) = pycld2.detect(head, isPlainText=True)
    except (pycld2.error, UnicodeEncodeError):  # a character that no text is made of, such as U+FFFE
        return None
    return _TODAY.get(code, code) if reliable and code != "un" else None


def tell(article: Article) -> None:
    """Set `language`, `language_confidence` and `language_second` of an article that has a text."""
    article.language, article.language_confidence = detect(article.text)
    if article.language:
        article.origins["language"] = "langdetect"
    article.language_second = second_opinion(article.text)
    if article.language_second:
        article.origins["language_second"] = "cld2"


def _is_enough(text: str) -> bool:
    return sum(map(str.isalpha, text)) >= _TOO_SHORT


class _Detector(Detector):  # type: ignore[misc]
    """langdetect's own, to the last digit, in less time: it is a third of what a page by rules costs."""

    def _extract_ngrams(self) -> list[str]:
        known = self.word_lang_prob_map
        words = "".join(map(_normalized, self.text)).split(" ")
        # Each word goes on to the blank behind it; the last one has none.
        ends = (*(f"{word} " for word in words[:-1] if word), *words[-1:])
        return [gram for word in ends for gram in _grams(word) if gram in known]

    def _init_probability(self) -> Array:
        return np.array(super()._init_probability())

    def _update_lang_prob(self, prob: Array, word: str, alpha: float) -> bool:
        prob *= alpha / self.BASE_FREQ + self.word_lang_prob_map[word]
        return True

    def _normalize_prob(self, prob: Array) -> float:
        prob /= sum(prob.tolist())  # from left to right, as langdetect adds; numpy's own sum differs in the last digit
        return float(prob.max())


@cache
def _normalized(char: str) -> str:
    return str(NGram.normalize(char))


@lru_cache(maxsize=20_000)
def _grams(word: str) -> tuple[str, ...]:
    """One, two and three characters that end at each character of a word; none within capitals."""
    found: list[str] = []
    grams, is_capital = " ", False
    for char in word:
        last, grams = grams[-1], (grams + char)[-NGram.N_GRAM :]
        is_capital = char.isupper() and (is_capital or last.isupper())
        if not is_capital:
            found += [grams[-size:] for size in range(1, len(grams) + 1)]
    return tuple(gram for gram in found if gram != " ")


class _Factory(DetectorFactory):  # type: ignore[misc]
    # Unseeded, langdetect draws at random and flips on short texts.
    seed = 0

    def _create_detector(self) -> Detector:
        return _Detector(self)


class _Probabilities(dict[str, Array]):
    """N-gram -> how often each language has it, worked out when a text first asks.

    langdetect works all 88,000 out beforehand, which is half of what a short job does.
    """

    def __init__(self, profiles: list[dict[str, Any]]) -> None:
        super().__init__()
        self._profiles = profiles
        for profile in profiles:
            self.update(dict.fromkeys(profile["freq"], _NOT_YET))

    def __getitem__(self, ngram: str) -> Array:
        found = super().__getitem__(ngram)
        if found is _NOT_YET:
            size = len(ngram) - 1
            parts = [profile["freq"].get(ngram, 0) / profile["n_words"][size] for profile in self._profiles]
            found = self[ngram] = np.array(parts)
        return found


@cache
def _factory() -> _Factory:
    """The languages in the order of their names: langdetect's own is that of the folder, which machines differ in."""
    factory = _Factory()
    files = sorted(path for path in Path(PROFILES_DIRECTORY).iterdir() if path.is_file())
    profiles = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    factory.langlist = [profile["name"] for profile in profiles]
    factory.word_lang_prob_map = _Probabilities(profiles)
    return factory


class LanguagePipeline:
    """Gives every row with a text its language."""

    def process_item(self, item: Outcome) -> Outcome:
        """Set what both opinions are."""
        tell(item.article)
        return item
