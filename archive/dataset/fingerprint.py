"""What of a text is compared with other texts: its 5-grams of words, its names and numbers, and its other words."""

from __future__ import annotations

import os
import re
import tempfile
from array import array
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from archive.errors import StorageError

WORDS_IN_A_GRAM = 5

Hashes = NDArray[np.uint64]
Words = NDArray[np.uint32]

_TOKEN = re.compile(r"""\w+(?:[.,:]\d+)*|[.!?:"“”\n]""")
_BREAKS = frozenset('.!?:"“”\n')
_CAPITAL, _NUMBER, _BREAK = np.uint64(1), np.uint64(2), np.uint64(3)
_KINDS = np.uint64(3)
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_MIX = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)


class Fingerprint(NamedTuple):
    """Three sorted arrays of distinct hashes. Capitals and punctuation make no difference to any hash."""

    grams: Hashes
    """Every five words in a row, across sentences and paragraphs. A text of one to four words is one gram."""
    names: Words
    """Words that begin with a digit, or with a capital although no sentence or quotation begins there."""
    words: Words
    """All others."""


def fingerprint(text: str) -> Fingerprint:
    """The fingerprint of a text: the same on every machine and for every PYTHONHASHSEED."""
    read = np.frombuffer(b"".join(map(_read, _TOKEN.findall(text))), np.uint64)
    kinds = read & _KINDS
    is_break = kinds == _BREAK
    begins = np.concatenate(([True], is_break))[:-1]
    is_name = (kinds == _NUMBER) | ((kinds == _CAPITAL) & ~begins)
    hashes = read & ~_KINDS
    names, words = _short(hashes[is_name]), _short(hashes[~(is_name | is_break)])
    return Fingerprint(np.unique(_grams(hashes[~is_break])), names, np.setdiff1d(words, names, assume_unique=True))


def in_common(one: Fingerprint, other: Fingerprint) -> int:
    """How many distinct 5-grams are in both."""
    return _in_both(one.grams, other.grams)


def missing(words: Words, other: Fingerprint) -> int:
    """How many of these words are in the other text neither as names nor otherwise."""
    return len(words) - _in_both(words, np.concatenate((other.names, other.words)))


class Fingerprints:
    """Fingerprints in a temporary file, equal ones once: some 4 KB an article. Raises StorageError when it fails."""

    def __init__(self, folder: Path | None = None) -> None:
        try:
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - open until close()
        except OSError as error:
            raise _failed(error) from error
        self._ends = array("Q", [0])
        self._sizes = array("I")
        self._names = array("I")
        self._numbers: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._sizes)

    def add(self, one: Fingerprint) -> int:
        """Keep a fingerprint; its number, which is that of the equal one if there is one already."""
        content = b"".join(part.tobytes() for part in one)
        shape = b"%d %d " % (len(one.grams), len(one.names))
        digest = blake2b(shape + content, digest_size=16).digest()
        number = self._numbers.setdefault(digest, len(self))
        if number == len(self):
            try:
                self._file.write(content)
            except OSError as error:
                raise _failed(error) from error
            self._ends.append(self._ends[-1] + len(content))
            self._sizes.append(len(one.grams))
            self._names.append(len(one.names))
        return number

    def size(self, number: int) -> int:
        """How many distinct 5-grams one of them has."""
        return self._sizes[number]

    def __getitem__(self, number: int) -> Fingerprint:
        begin, end = self._ends[number], self._ends[number + 1]
        try:
            self._file.flush()
            content = os.pread(self._file.fileno(), end - begin, begin)
        except OSError as error:
            raise _failed(error) from error
        grams = np.frombuffer(content, np.uint64, self._sizes[number])
        words = np.frombuffer(content, np.uint32, offset=grams.nbytes)
        return Fingerprint(grams, *np.split(words, [self._names[number]]))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _failed(error: OSError) -> StorageError:
    return StorageError(f"A temporary file failed: {error}. Make room in TMPDIR.")


@lru_cache(maxsize=2**16)
def _read(token: str) -> bytes:
    """A hash of the word, or 0 for punctuation; the two lowest bits say what it is."""
    if token in _BREAKS:
        return _BREAK.tobytes()
    folded = token.casefold().encode()
    kind = _NUMBER if token[0].isdigit() else _CAPITAL if token[0].isupper() else np.uint64(0)
    number = np.uint64(int.from_bytes(blake2b(folded, digest_size=8).digest(), "little"))
    return (number & ~_KINDS | kind).tobytes()


def _in_both(one: NDArray[Any], other: NDArray[Any]) -> int:
    """How many values are in both; each is once in either."""
    together = np.concatenate((one, other))
    together.sort()
    return int(np.count_nonzero(together[1:] == together[:-1]))


def _short(numbers: Hashes) -> Words:
    return np.unique((numbers >> np.uint64(32)).astype(np.uint32))


def _grams(words: Hashes) -> Hashes:
    """A hash of every five words in a row; their order counts. The mixing is SplitMix64's (Steele and others, 2014)."""
    length = min(WORDS_IN_A_GRAM, len(words))
    grams = np.full(max(0, len(words) - length + 1) if length else 0, length, np.uint64)
    for place in range(length):
        grams *= _FACTOR
        grams += words[place : len(words) - length + place + 1]
    for shift, factor in _MIX:
        grams ^= grams >> shift
        grams *= factor
    grams ^= grams >> np.uint64(31)
    return grams
