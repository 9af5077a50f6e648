"""Near-duplicates: texts that went through several hands, such as agency copy and what a network's sites share.

Two texts are near when they have in common at least a third of the shorter one's distinct word 5-grams and 15 % of the
longer one's: counted, not estimated. Ten words changed in a hundred leave some 59 % of the 5-grams, as each of them is
part of five; two copies that were each changed so have some 35 % in common. A form that was filled in twice (prices of
a day, times of prayer, a match) is no near pair, see `_is_form`. Texts of less than SHORT 5-grams are near when they
are equal; a text without words never is.

A cluster is its first-published text and those that a chain of near pairs leads to, where every text of the chain has
in common with that first one, too, 15 % of the longer one's 5-grams. So copies of one report are together when the
report itself came last, and what shares little with the first text stays out, however short the chain. A text is in one
cluster: that of the earliest first text. Order of publication: the instant, then the key; texts without a time come
last.

Not every pair is looked at (`archive.dataset.candidates` says which), so a chain may be missed; none is made up.

The result depends on the documents, not on their order.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from archive.dataset.candidates import Sample
from archive.dataset.fingerprint import Fingerprint, Fingerprints, fingerprint, in_common, missing

OF_SHORTER = 1 / 3
OF_LONGER = 0.15
SHORT = 20

_FILLED_IN = 5
_SAME = 0.8
_LAST = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Document(NamedTuple):
    """A text to compare."""

    key: str
    """Its own among all documents."""
    text: str
    published: str | None
    """ISO 8601; without an offset it is read as UTC, and what is no time as none."""


class Near(NamedTuple):
    """A text's place in a cluster of two or more."""

    cluster: str
    """The key of the first-published member."""
    share: float
    """The part of its own distinct 5-grams that the first-published member has, too; four digits."""


Clusters = dict[str, Near]
"""Key of a document -> its cluster; a document that is in none is not there."""
Tick = Callable[[], None]


def clusters(documents: Iterable[Document], scratch: Path | None = None, tick: Tick = lambda: None) -> Clusters:
    """Find what is near. Documents are read once, and no text is kept.

    Takes some 2.5 KB of memory an article, and 4 KB in a temporary file in the folder `scratch` (by default TMPDIR).
    `tick` is called once as a document is read, and once as it is compared, equal ones together. Raises StorageError
    when the file fails, ValueError when a key comes twice.
    """
    with closing(Fingerprints(scratch)) as fingerprints:
        keys: list[str] = []
        times, numbers = array("q"), array("I")
        sample = Sample()
        for document in documents:
            new = len(fingerprints)
            one = fingerprint(document.text)
            keys.append(document.key)
            times.append(_time(document.published))
            numbers.append(fingerprints.add(one))
            if numbers[-1] == new and len(one.grams) >= SHORT:
                sample.add(new, one.grams)
            tick()
        if len(set(keys)) < len(keys):
            raise ValueError("A key comes twice: give every document one of its own.")
        order = sorted(range(len(keys)), key=lambda place: (times[place], keys[place]))
        holders: dict[int, list[str]] = defaultdict(list)
        for place in order:
            holders[numbers[place]].append(keys[place])
        return _named(holders, fingerprints, sample, tick)


def _named(holders: dict[int, list[str]], fingerprints: Fingerprints, sample: Sample, tick: Tick) -> Clusters:
    """`holders`: number of a fingerprint -> keys of its texts, all in order of publication.

    From here on a fingerprint goes by its rank: the place of its first-published text among those of the others.
    """
    by_rank = np.fromiter(holders, np.uint32, len(holders))
    found: Clusters = {}
    for members in _groups(by_rank, fingerprints, _links(by_rank, fingerprints, sample, tick)):
        named = [holders[number] for number in members]
        if sum(map(len, named)) < 2:
            continue
        for (number, common), held in zip(members.items(), named, strict=True):
            near = Near(named[0][0], round(common / fingerprints.size(number), 4))
            found |= dict.fromkeys(held, near)
    return found


def _groups(
    by_rank: NDArray[np.uint32], fingerprints: Fingerprints, links: dict[int, list[int]]
) -> Iterator[dict[int, int]]:
    """Clusters, as the number of a fingerprint -> 5-grams in common with the first of them; many have but one."""
    is_taken = bytearray(len(by_rank))
    for rank in range(len(by_rank)):
        first = int(by_rank[rank])
        if is_taken[rank] or not fingerprints.size(first):
            continue
        members = {first: fingerprints.size(first)}
        waiting, looked_at = [rank], {rank}
        head = fingerprints[first] if rank in links else None
        while waiting and head:
            for other in links[waiting.pop()]:
                if is_taken[other] or other in looked_at:
                    continue
                looked_at.add(other)
                number = int(by_rank[other])
                common = in_common(head, fingerprints[number])
                if common >= OF_LONGER * max(len(head.grams), fingerprints.size(number)):
                    is_taken[other] = True
                    members[number] = common
                    waiting.append(other)
        yield members


def _links(by_rank: NDArray[np.uint32], fingerprints: Fingerprints, sample: Sample, tick: Tick) -> dict[int, list[int]]:
    """Pairs that are near, by rank, both ways."""
    ranks = np.empty_like(by_rank)
    ranks[by_rank] = np.arange(len(by_rank), dtype=np.uint32)
    candidates = sample.candidates(ranks)
    links: dict[int, list[int]] = {}
    for rank, number in enumerate(by_rank.tolist()):
        tick()
        earlier = candidates.of(rank)
        one = fingerprints[number] if earlier else None
        for other in earlier:
            if one and _is_near(one, fingerprints[int(by_rank[other])]):
                links.setdefault(rank, []).append(other)
                links.setdefault(other, []).append(rank)
    return links


def _is_near(one: Fingerprint, other: Fingerprint) -> bool:
    shorter, longer = sorted((len(one.grams), len(other.grams)))
    if shorter < OF_LONGER * longer:
        return False
    common = in_common(one, other)
    if common < max(OF_SHORTER * shorter, OF_LONGER * longer):
        return False
    return common >= _SAME * shorter or not _is_form(one, other)


def _is_form(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether what is in one text only is names and numbers for the most part, in both of them: a form filled in twice.

    Copies differ otherwise: their editors change words of all kinds, add to one text and cut the other. Texts with four
    fifths in common are near all the same: another dateline and an editor's name are names, too.
    """
    return _is_filled_in(one, other) and _is_filled_in(other, one)


def _is_filled_in(one: Fingerprint, other: Fingerprint) -> bool:
    names, words = missing(one.names, other), missing(one.words, other)
    return names >= max(_FILLED_IN, len(one.names) / 4) and names > 2 * words


def _time(published: str | None) -> int:
    """Microseconds since 1970; no time is later than every other."""
    try:
        time = datetime.fromisoformat(published or "")
    except ValueError:
        return _LAST
    return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)
