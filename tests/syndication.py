"""Invented articles in invented words, and what becomes of them: copies, agency copy, forms, reports of one event."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from archive.dataset.near import Clusters, Document

START = datetime(2026, 1, 1, tzinfo=UTC)
SYLLABLES = re.findall("[a-z]+", "ka ba da la ma sa ta pa ra ja ga wi ri ni ti di ku tu lu mu ber me pe ter ang an ing")

Sentence = str
Paragraph = list[Sentence]
Form = list[str | None]


class Planted(NamedTuple):
    """A document, and which others have its text; nobody for what stands alone."""

    document: Document
    source: int | None


class Writer:
    """Invents texts; the same seed, the same texts.

    Words come by Zipf's law, and a sixth of all words in set phrases of four to nine words, as in every newsroom.
    """

    def __init__(self, seed: int, words: int = 20_000) -> None:
        self.chance = random.Random(seed)
        self._words = sorted({self._word() for _ in range(words)})
        self.chance.shuffle(self._words)
        self._weights = list(accumulate(1 / (rank + 2.7) for rank in range(len(self._words))))
        self._phrases = [self.some(self.chance.randint(4, 9)) for _ in range(3000)]
        self._by_phrase = list(accumulate(1 / (rank + 2.7) for rank in range(len(self._phrases))))
        self._houses = [[self.sentence() for _ in range(2)] for _ in range(30)]
        self._forms = [self.new_form() for _ in range(max(2, words // 500))]

    def corpus(self, size: int) -> Iterator[Planted]:
        """About so many documents: most stand alone, a fifth are copies, the rest are made to be mistaken for some."""
        makers = (self.alone, self.network, self.agency, self.form, self.event)
        made = 0
        while made < size:
            (maker,) = self.chance.choices(makers, (0.72, 0.04, 0.02, 0.16, 0.04))
            texts = maker()
            source = made if maker in {self.network, self.agency} else None
            when = START + timedelta(minutes=self.chance.randrange(500_000))
            for text in texts:
                published = (when + timedelta(minutes=self.chance.randrange(600))).isoformat()
                document = Document(f"{self.chance.getrandbits(64):016x}-{made}", text, published)
                yield Planted(document, source)
                made += 1

    def alone(self) -> list[str]:
        """One article."""
        return [self.published(self.article())]

    def network(self) -> list[str]:
        """An article of a network and what its other sites make of it."""
        source = self.article()
        copies = [self.edited(source, self.chance.uniform(0, 0.1)) for _ in range(self.chance.randint(1, 5))]
        return [self.published(text) for text in (source, *copies)]

    def agency(self) -> list[str]:
        """A report of an agency, and outlets that shorten it and write a few paragraphs of their own around it."""
        source = self.article()
        texts = [self.published(source)]
        for _ in range(self.chance.randint(1, 4)):
            kept = source[: max(3, int(len(source) * self.chance.uniform(0.6, 1)))]
            own = [self.paragraph() for _ in range(self.chance.randint(1, 3))]
            cut = self.chance.randint(0, len(own))
            texts.append(self.published(own[:cut] + self.edited(kept, self.chance.uniform(0, 0.04)) + own[cut:]))
        return texts

    def form(self) -> list[str]:
        """A text of every day, with the names and numbers of the day."""
        return [self.filled_in(self.chance.choice(self._forms))]

    def event(self) -> list[str]:
        """Articles of several outlets on one event, with the same people and one statement in all of them."""
        people = [self._name() for _ in range(6)]
        statement = [self.sentence() for _ in range(3)]
        texts = []
        for _ in range(self.chance.randint(2, 5)):
            article = self.article()
            article.insert(self.chance.randint(1, 3), statement)
            for paragraph in article:
                paragraph[0] = f"{self.chance.choice(people)} {paragraph[0]}"
            texts.append(self.published(article))
        return texts

    def article(self) -> list[Paragraph]:
        """Paragraphs of sentences, some 330 words."""
        return [self.paragraph() for _ in range(self.chance.randint(5, 16))]

    def paragraph(self) -> Paragraph:
        """One to four sentences."""
        return [self.sentence() for _ in range(self.chance.randint(1, 4))]

    def sentence(self) -> Sentence:
        """Eight to eighteen words, with a name or a number in it."""
        words = self.some(self.chance.randint(4, 9))
        words += (
            self.chance.choices(self._phrases, cum_weights=self._by_phrase)[0] if self.chance.random() < 0.4 else []
        )
        words += [self._fact(), *self.some(self.chance.randint(4, 9))]
        line = " ".join(words)
        return line[0].upper() + line[1:] + "."

    def edited(self, article: list[Paragraph], part: float) -> list[Paragraph]:
        """The article with words changed, a sentence left out or put in, and its last paragraphs cut."""
        kept = article[: len(article) - self.chance.randint(0, len(article) // 5)]
        edited = []
        for paragraph in kept:
            sentences = [self._reworded(sentence, part) for sentence in paragraph if self.chance.random() > 0.05]
            if self.chance.random() < 0.1:
                sentences.insert(self.chance.randint(0, len(sentences)), self.sentence())
            edited.append(sentences)
        return edited

    def _reworded(self, sentence: Sentence, part: float) -> Sentence:
        words = sentence.split()
        return " ".join(self.some(1)[0] if self.chance.random() < part else word for word in words)

    def published(self, article: list[Paragraph]) -> str:
        """With a dateline, the line of an editor, and what this outlet puts below everything."""
        place, site = self._name(), self._name()
        paragraphs = [" ".join(sentences) for sentences in article if sentences]
        line = f"Laporan Wartawan {site}, {self._name()}"
        paragraphs[0] = f"{site.upper()}.COM, {place.upper()} - {paragraphs[0]}"
        return "\n\n".join([*([line] if self.chance.random() < 0.5 else []), *paragraphs, *self._end()])

    def _end(self) -> list[str]:
        if self.chance.random() < 0.5:
            return []
        return [f"(Penulis: {self._name()} | Editor: {self._name()})", " ".join(self.chance.choice(self._houses))]

    def filled_in(self, form: Form) -> str:
        """The text of a form on one day."""
        return " ".join(self._fact() if word is None else word for word in form)

    def new_form(self) -> Form:
        """Words, and blanks to fill in: one for five to eleven words."""
        form: Form = []
        for _ in range(self.chance.randint(15, 45)):
            form += [*self.some(self.chance.randint(5, 11)), None]
        return form

    def _fact(self) -> str:
        if self.chance.random() < 0.5:
            return self._name()
        return self.chance.choice(("{:d}", "{:,d}", "Rp {:,d}")).format(self.chance.randint(2, 99_999))

    def _name(self) -> str:
        return self._word().capitalize()

    def _word(self) -> str:
        return "".join(self.chance.choices(SYLLABLES, k=self.chance.choice((2, 2, 3, 3, 4))))

    def some(self, count: int) -> list[str]:
        return self.chance.choices(self._words, cum_weights=self._weights, k=count)


class Judgement(NamedTuple):
    """What of the planted pairs was found, and what of the found pairs was planted."""

    recall: float
    precision: float
    pairs: int


def judged(planted: dict[str, int | None], found: Clusters) -> Judgement:
    """Pairs of members of one cluster against pairs of copies of one source. `planted` has the source of every key."""
    sources: dict[int, int] = {}
    joined: dict[str, int] = {}
    right: dict[tuple[str, int], int] = {}
    for source in planted.values():
        if source is not None:
            sources[source] = sources.get(source, 0) + 1
    for key, near in found.items():
        joined[near.cluster] = joined.get(near.cluster, 0) + 1
        place = planted[key]
        if place is not None:
            right[near.cluster, place] = right.get((near.cluster, place), 0) + 1
    expected, given, both = (_pairs(counts) for counts in (sources, joined, right))
    return Judgement(both / expected, both / given, expected)


def _pairs(counts: dict[int, int] | dict[str, int] | dict[tuple[str, int], int]) -> int:
    return sum(count * (count - 1) // 2 for count in counts.values())
