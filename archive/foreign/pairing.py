"""Answers beside what they were asked with, whichever of the two comes first and names the other (WARC 1.1, 5.7)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from archive.faults import Fault
from archive.foreign.found import Answer, Asked, Found, Skipped

NEAR = 1000
"""Requests that are remembered: crawlers write both next to each other."""
_WAITING = 64
_WAITING_BYTES = 32 << 20
_METHOD = re.compile(rb"(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE)(?= )")


class Exchange(NamedTuple):
    """An answer and its request; b"" where the file has none."""

    answer: Answer
    request: bytes


def paired(found: Iterable[Found]) -> Iterator[Exchange | Skipped | Fault]:
    """The records of one file, its answers with their requests. Answers to other methods than GET are left."""
    pairing = _Pairing()
    for one in found:
        match one:
            case Answer():
                yield from pairing.answer(one)
            case Asked():
                yield from pairing.request(one)
            case _:
                yield one
    yield from pairing.end()


class _Pairing:
    def __init__(self) -> None:
        self._asked: dict[str, Asked] = {}
        """Name of a request, or of the record that it belongs to."""
        self._answers: dict[str, Answer] = {}
        self._by_request: dict[str, str] = {}
        self._size = 0

    def answer(self, answer: Answer) -> Iterator[Exchange | Skipped]:
        for name in (answer.record_id, *answer.concurrent):
            if name and (asked := self._asked.pop(name, None)):
                yield _exchange(answer, asked)
                return
        if not answer.record_id or answer.record_id in self._answers:
            yield Exchange(answer, b"")
            return
        self._answers[answer.record_id] = answer
        self._size += len(answer.said.block)
        self._by_request |= dict.fromkeys(answer.concurrent, answer.record_id)
        while len(self._answers) > _WAITING or (self._size > _WAITING_BYTES and len(self._answers) > 1):
            yield Exchange(self._take(next(iter(self._answers))), b"")

    def request(self, asked: Asked) -> Iterator[Exchange | Skipped]:
        for name in (*asked.concurrent, self._by_request.get(asked.record_id, "")):
            if name in self._answers:
                yield _exchange(self._take(name), asked)
                return
        for name in filter(None, (asked.record_id, *asked.concurrent)):
            self._asked[name] = asked
        while len(self._asked) > NEAR:
            del self._asked[next(iter(self._asked))]

    def end(self) -> Iterator[Exchange]:
        while self._answers:
            yield Exchange(self._take(next(iter(self._answers))), b"")

    def _take(self, name: str) -> Answer:
        answer = self._answers.pop(name)
        self._size -= len(answer.said.block)
        for other in answer.concurrent:
            self._by_request.pop(other, None)
        return answer


def _exchange(answer: Answer, asked: Asked) -> Exchange | Skipped:
    method = _METHOD.match(asked.block)
    if method and method[0] == b"GET":
        return Exchange(answer, asked.block)
    return Skipped(f"answer to {method[0].decode()}" if method else "answer to another method")
