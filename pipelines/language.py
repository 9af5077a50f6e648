"""Which language a body is written in: two opinions, for the first knows no Malay, Javanese or Sundanese."""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, cast

import numpy as np
import pycld2
from langdetect import DetectorFactory, LangDetectException
from langdetect.detector import Detector
from langdetect.detector_factory import PROFILES_DIRECTORY
from langdetect.lang_detect_exception import ErrorCode
from langdetect.utils.ngram import NGram

from archive.model import Article
from archive.outcome import Outcome

_ENOUGH = 1000
_PLENTY = 10_000
_TOO_SHORT = 20
Array = np.ndarray[Any, np.dtype[np.float64]]
# What langdetect counts as Latin, and what it may count as something else.
_LATIN = re.compile("[A-z]")
_NOT_LATIN = re.compile("[\u0300-\U0010ffff]")
_BLANKS = re.compile("  +")
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
    """langdetect's own, to the last digit, in a third of the time: it was a third of what a page by rules costs."""

    word_lang_prob_map: _Probabilities

    def append(self, text: str) -> None:
        """Take in a text."""
        bare = NGram.normalize_vi(self.MAIL_RE.sub(" ", self.URL_RE.sub(" ", text)))
        self.text += _BLANKS.sub(" ", bare[: self.max_text_length])

    def cleaning_text(self) -> None:
        """Take Latin letters out of a text that has far more of other ones."""
        others = len(_NOT_LATIN.findall(self.text))
        if others and 2 * len(_LATIN.findall(self.text)) < others:
            super().cleaning_text()

    def _detect_block(self) -> None:
        self.cleaning_text()
        words = self.text.translate(_NORMALIZED).split(" ")
        # Each word goes on to the blank behind it; the last one has none.
        ends = (*(f"{word} " for word in words[:-1] if word), *words[-1:])
        grams = [*chain.from_iterable(map(self.word_lang_prob_map.of_word, ends))]
        if not grams:
            raise LangDetectException(ErrorCode.CantDetectError, "No features in text.")
        self.random.seed(self.seed)
        self.langprob = [0.0] * len(self.langlist)
        for _ in range(self.n_trial):
            found = self._trial(grams)
            self.langprob = [sum_ + one / self.n_trial for sum_, one in zip(self.langprob, found, strict=True)]

    def _trial(self, grams: list[int]) -> list[float]:
        """Probability of each language after as many n-grams, drawn at random, as it takes to be sure of one."""
        weight = (self.alpha + self.random.gauss(0.0, 1.0) * self.ALPHA_WIDTH) / self.BASE_FREQ
        draw, count, bits = self.random.getrandbits, len(grams), len(grams).bit_length()
        rows = self.word_lang_prob_map.rows
        chances = np.full(len(self.langlist), 1.0 / len(self.langlist))
        drawn, size = 0, 1  # they are weighed up after the first, and after each five
        while True:
            chosen: list[int] = []
            while len(chosen) < size:
                if (number := draw(bits)) < count:  # as random.choice() does it
                    chosen.append(grams[number])
            factors = rows.take(chosen, axis=0)
            factors += weight
            factors[0] *= chances
            np.multiply.reduce(factors, axis=0, out=chances)
            found = chances.tolist()
            # From left to right: numpy's own sum differs in the last digit, and Python's does so from 3.12 on.
            total = np.add.accumulate(chances).item(-1)
            chances /= total
            if max(found) / total > self.CONV_THRESHOLD or drawn >= self.ITERATION_LIMIT:
                return [one / total for one in found]
            drawn, size = drawn + 5, 5


class _Normalized(dict[int, str]):
    """Character -> what langdetect takes it for."""

    def __missing__(self, code: int) -> str:
        found = self[code] = str(NGram.normalize(chr(code)))
        return found


_NORMALIZED = _Normalized()


def _grams(word: str) -> list[str]:
    """One, two and three characters that end at each character of a word; none within capitals."""
    found: list[str] = []
    grams, is_capital = " ", False
    for char in word:
        last, grams = grams[-1], (grams + char)[-NGram.N_GRAM :]
        is_capital = char.isupper() and (is_capital or last.isupper())
        if not is_capital:
            found += [grams[-size:] for size in range(1, len(grams) + 1)]
    return [gram for gram in found if gram != " "]


class _Factory(DetectorFactory):  # type: ignore[misc]
    # Unseeded, langdetect draws at random and flips on short texts.
    seed = 0

    def _create_detector(self) -> Detector:
        return _Detector(self)


class _Probabilities:
    """How often each language has an n-gram: a row of a table, worked out when a text first asks.

    langdetect works all 88,000 out beforehand, which is half of what a short job does.
    """

    def __init__(self, profiles: list[dict[str, Any]]) -> None:
        self._profiles = profiles
        self._known = frozenset().union(*(profile["freq"] for profile in profiles))
        self._numbers: dict[str, int] = {}
        self.rows = np.empty((len(self._known), len(profiles)))
        """In the order in which they were asked for; those that were not take no memory."""
        self.of_word = lru_cache(maxsize=20_000)(self._of_word)
        """Word -> numbers of the rows of its n-grams."""

    def __contains__(self, gram: str) -> bool:
        return gram in self._known

    def __getitem__(self, gram: str) -> Array:
        return cast("Array", self.rows[self._number(gram)])

    def _of_word(self, word: str) -> tuple[int, ...]:
        return tuple(self._number(gram) for gram in _grams(word) if gram in self._known)

    def _number(self, gram: str) -> int:
        number = self._numbers.get(gram)
        if number is None:
            number = self._numbers[gram] = len(self._numbers)
            size = len(gram) - 1
            self.rows[number] = [one["freq"].get(gram, 0) / one["n_words"][size] for one in self._profiles]
        return number


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
