"""Which texts are worth a comparison: those that share 5-grams of a sample, found without comparing all with all."""

from __future__ import annotations

import sys
from array import array

import numpy as np
from numpy.typing import NDArray

from archive.dataset.fingerprint import Hashes

SAMPLED = 4
"""One 5-gram of so many is in the sample, by its hash: the same ones in every text ("0 mod m" of Broder, On the
resemblance and containment of documents, 1997). A text that shares 80 of 200 has 20 of them in its sample, give or
take four; unlike MinHash that holds for a short text within a long one, too."""

NEIGHBOURS = 7
"""With how many texts a text is brought together by one 5-gram: the first that has it, and so many right before it. A
phrase in ten thousand texts thus costs eighty thousand looks and not fifty million."""

COMPARED = 8
"""With how many texts a text is compared: those that share most of the sample."""

_LEAST = 0.1
"""Part of the smaller sample that must be shared. Texts are near from three times that."""

_RANK = np.uint64(2**32 - 1)
_HALF = np.uint64(32)
_STEPS = np.arange(1, NEIGHBOURS + 1)
_PIECE = 2**20


class Sample:
    """The sampled 5-grams of all texts: 8 bytes each, some 700 bytes an article of 350 words."""

    def __init__(self) -> None:
        self._pairs = array("Q")
        self._sizes: dict[int, int] = {}

    def add(self, number: int, grams: Hashes) -> None:
        """Sample the 5-grams of a text, whose number is below 2**32."""
        chosen = grams[grams % np.uint64(SAMPLED) == 0]
        self._sizes[number] = len(chosen)
        self._pairs.frombytes((chosen & ~_RANK | np.uint64(number)).tobytes())

    def candidates(self, ranks: NDArray[np.uint32]) -> Candidates:
        """Look-ups by rank; `ranks` has the rank of every number. The sample is used up by it."""
        pairs = np.frombuffer(self._pairs, np.uint64) if self._pairs else np.empty(0, np.uint64)
        self._pairs = array("Q")
        sizes = np.zeros(len(ranks), np.uint32)
        for number, size in self._sizes.items():
            sizes[ranks[number]] = size
        for begin in range(0, len(pairs), _PIECE):
            piece = pairs[begin : begin + _PIECE]
            piece[:] = piece & ~_RANK | ranks[piece & _RANK]
        pairs.sort()
        return Candidates(pairs, sizes)


class Candidates:
    """Earlier texts that a text is to be compared with.

    `pairs` are sorted: half a hash, then the rank of its text. They are overwritten. `sizes` has by rank how many
    of them a text has.
    """

    def __init__(self, pairs: NDArray[np.uint64], sizes: NDArray[np.uint32]) -> None:
        self._sizes = sizes
        halves = pairs.view(np.uint32).reshape(-1, 2)
        texts, hashes = halves.T if sys.byteorder == "little" else halves.T[::-1]
        begins = np.ones(len(pairs) + 1, np.bool_)
        np.not_equal(hashes[1:], hashes[:-1], out=begins[1:-1])
        is_shared = ~(begins[:-1] & begins[1:])
        self._texts = texts[is_shared]
        places = np.arange(len(self._texts), dtype=np.uint32)
        self._first = np.where(begins[:-1][is_shared], places, np.uint32(0))
        np.maximum.accumulate(self._first, out=self._first)
        # Where each text is, in order of rank: sorted where the pairs were, as there may be little room for more.
        by_text = pairs[: len(places)]
        by_text[:] = self._texts
        by_text <<= _HALF
        by_text |= places
        by_text.sort()
        self._places = by_text.astype(np.uint32)
        self._ends = np.concatenate(([0], np.cumsum(np.bincount(self._texts, minlength=len(sizes)))))

    def of(self, rank: int) -> list[int]:
        """Ranks below this one, those that share most of the sample first."""
        places = self._places[self._ends[rank] : self._ends[rank + 1]].astype(np.int64)
        firsts = self._first[places].astype(np.int64)
        before = places[:, None] - _STEPS
        near = before[before >= firsts[:, None]]
        far = firsts[firsts < places - NEIGHBOURS]
        found, times = np.unique(self._texts[np.concatenate((near, far))], return_counts=True)
        is_enough = (times >= _LEAST * np.minimum(self._sizes[found], self._sizes[rank])) & (found < rank)
        found, times = found[is_enough], times[is_enough]
        return [int(text) for text in found[np.lexsort((found, -times))[:COMPARED]]]
