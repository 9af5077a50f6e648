"""`python -m benchmarks.near [SIZE...]`: near-duplicates among invented articles, up to a hundred thousand.

A fifth of them are copies of some kind, another part is made to be mistaken for copies. Beside it the least that any
comparison of words costs: the set of the 5-grams of every text, made and let go. At the largest size there are two
hostile archives, too: one form that was filled in again and again, and one report that everybody edited.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from archive.dataset.near import Document, clusters
from tests.syndication import Writer, judged

T = TypeVar("T")

SIZES = (10_000, 100_000)
SEED = 20261122
MEMORY = 400
"""Megabytes that the articles may take, and everything else in the process with them."""
HOSTILE_MEMORY = 700


def main() -> int:
    """Print a line for each; exit status 1 when one of them is beyond its limit. Each is a process of its own."""
    if sys.argv[1:2] == ["--one"]:
        sys.stdout.write(json.dumps(KINDS[sys.argv[2]](int(sys.argv[3]))))
        return 0
    sizes = [int(word) for word in sys.argv[1:]] or list(SIZES)
    is_good = True
    for size in sizes:
        told = run("articles", size)
        good = told["recall"] >= 0.98 and told["precision"] >= 0.99 and told["memory"] < MEMORY
        line = f"{size:>10,} articles: {told['seconds']:.0f} s of one core, {told['seconds'] / told['plain']:.1f} times"
        line += f" plain sets of 5-grams; recall {told['recall']:.4f}, precision {told['precision']:.4f}"
        say(f"{line} of {told['pairs']:,} pairs, memory at most {told['memory']} MB", is_good=good)
        is_good = is_good and good
    for kind in ("form", "report"):
        told = run(kind, sizes[-1])
        good = told["memory"] < HOSTILE_MEMORY
        line = f"{sizes[-1]:>10,} of one {kind}: {told['seconds']:.0f} s, in clusters {told['members']:,}"
        say(f"{line}, memory at most {told['memory']} MB", is_good=good)
        is_good = is_good and good
    return 0 if is_good else 1


def say(line: str, *, is_good: bool) -> None:
    """Print a line."""
    sys.stdout.write(line + ("\n" if is_good else "  BEYOND THE LIMIT\n"))
    sys.stdout.flush()


def run(kind: str, size: int) -> dict[str, float]:
    """Figures of a process that does nothing else."""
    command = [sys.executable, "-m", "benchmarks.near", "--one", kind, str(size)]
    return dict(json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))


def articles(size: int) -> dict[str, float]:
    """The mixed corpus: recall and precision, and what plain sets of it cost."""
    planted: dict[str, int | None] = {}

    def documents() -> Iterator[Document]:
        for one in Writer(SEED).corpus(size):
            planted[one.document.key] = one.source
            yield one.document

    found, seconds = _timed(lambda: clusters(documents()))
    memory = _memory()
    made = _timed(lambda: sum(len(one.text) for one in documents()))[1]
    plain = _timed(lambda: sum(map(_grams, documents())))[1]
    verdict = judged(planted, found)
    return verdict._asdict() | {"seconds": seconds - made, "plain": plain - made, "memory": memory}


def form(size: int) -> dict[str, float]:
    """Texts that share two thirds of their words, and are all different."""
    writer = Writer(SEED)
    blank = writer.new_form() + writer.new_form()
    return _hostile(size, lambda: writer.filled_in(blank))


def report(size: int) -> dict[str, float]:
    """Copies of one article."""
    writer = Writer(SEED)
    source = writer.article()
    return _hostile(size, lambda: writer.published(writer.edited(source, writer.chance.uniform(0, 0.1))))


def _hostile(size: int, text: Callable[[], str]) -> dict[str, float]:
    found, seconds = _timed(lambda: clusters(Document(str(number), text(), None) for number in range(size)))
    return {"members": len(found), "seconds": seconds, "memory": _memory()}


def _grams(document: Document) -> int:
    words = document.text.casefold().split()
    return len({tuple(words[place : place + 5]) for place in range(len(words) - 4)})


def _timed(act: Callable[[], T]) -> tuple[T, float]:
    begun = time.process_time()
    return act(), time.process_time() - begun


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


KINDS = {"articles": articles, "form": form, "report": report}

if __name__ == "__main__":
    sys.exit(main())
