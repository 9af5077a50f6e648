"""Many outlets, each in a process of its own, so many at a time, and what became of each."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO, Protocol

from archive.errors import WORDS, ExitStatus
from crawler.moment import PIPE, Moment

LOOK_SECONDS = 0.25
"""How often it is looked whether a process has ended."""
MERCY_SECONDS = 5.0
"""What a process has to end after the second Ctrl-C, before it is killed."""
MAX_LINE = 65_536
"""Bytes of a line; a longer one is passed on in parts."""
_LAST_READS = 16
"""A pipe holds a megabyte at most; a worker that outlived its parent could write for ever."""
_STOPPED = frozenset((signal.SIGINT, signal.SIGTERM))
"""Signals that end a process which was asked to before it listened."""

GRAVITY = (
    ExitStatus.INTERRUPTED,
    ExitStatus.STORAGE,
    ExitStatus.FAULT,
    ExitStatus.USAGE,
    ExitStatus.BLOCKED,
    ExitStatus.UNREACHABLE,
    ExitStatus.ALARM,
    ExitStatus.SILENT,
    ExitStatus.UPLOADS_PENDING,
    ExitStatus.DONE,
    ExitStatus.LEASED,
)
"""The gravest first. An outlet at which another job is at work is looked after: it counts when there is no other."""


@dataclass(frozen=True, kw_only=True)
class End:
    """What became of an outlet."""

    outlet: str
    status: ExitStatus
    words: str
    sentence: str
    """Empty when there is no more to say than the words."""
    moment: Moment
    """The last that was heard of it."""
    seconds: float = 0.0


class Viewer(Protocol):
    """Who is told what happens."""

    def line(self, outlet: str, text: str, *, result: bool) -> None:
        """A child has written a line: of its log, or of its result."""

    def show(self, moments: Sequence[Moment], to_begin: int) -> None:
        """Called often: how far those are that run, and how many have not begun."""

    def ended(self, end: End) -> None:
        """An outlet is done with."""

    def stopping(self, running: int, *, at_once: bool) -> None:
        """Somebody asked for the end."""


@dataclass(kw_only=True)
class _Child:
    outlet: str
    process: subprocess.Popen[bytes]
    streams: dict[str, IO[bytes]]
    rests: dict[str, bytes] = field(default_factory=dict)
    began: float
    moment: Moment
    last: str = ""
    """The last line of its log."""


class Fleet:
    """Runs outlets, and survives whatever becomes of one of them.

    A child is in a session of its own, so that Ctrl-C reaches it once, from here, and the end of the terminal not at
    all. Its pipes are read until it ends, not until they are closed: a worker that outlives it may hold them open.
    """

    def __init__(self, command: Callable[[str], Sequence[str]], viewer: Viewer, at_once: int) -> None:
        """`command` gives the program of an outlet and its arguments."""
        self._command = command
        self._viewer = viewer
        self._at_once = at_once
        self._selector = selectors.DefaultSelector()
        self._to_begin: list[str] = []
        self._running: list[_Child] = []
        self._ends: list[End] = []
        self._asked = 0
        """How often somebody asked for the end."""
        self._obeyed = 0
        self._kill_at = float("inf")

    @property
    def is_interrupted(self) -> bool:
        """Did somebody ask for the end?"""
        return self._asked > 0

    def run(self, outlets: Iterable[str]) -> list[End]:
        """Run all of them, and say what became of each, in the order in which they were given."""
        order = list(outlets)
        self._to_begin = order.copy()
        with self._listening():
            while self._to_begin or self._running:
                self._obey()
                while self._to_begin and len(self._running) < self._at_once:
                    self._begin(self._to_begin.pop(0))
                for key, _ in self._selector.select(LOOK_SECONDS):
                    child, name = key.data
                    self._read(child, name)
                for child in [child for child in self._running if child.process.poll() is not None]:
                    self._reap(child)
                self._viewer.show([child.moment for child in self._running], len(self._to_begin))
        return sorted(self._ends, key=lambda end: order.index(end.outlet))

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Take note of what would end this process."""

        def note(*_: object) -> None:
            self._asked += 1

        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _begin(self, outlet: str) -> None:
        reading, writing = os.pipe()
        moment = Moment(outlet=outlet, waits="begins")
        try:
            process = subprocess.Popen(  # noqa: S603 - our own verb
                self._command(outlet),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(writing,),
                env={**os.environ, PIPE: str(writing)},
                start_new_session=True,
            )
        except OSError as error:
            os.close(reading)
            sentence = f"{outlet} could not be begun: {error.strerror}. Try fewer at a time, with --jobs."
            self._end(
                End(outlet=outlet, status=ExitStatus.FAULT, words="could not begin", sentence=sentence, moment=moment)
            )
            return
        finally:
            os.close(writing)
        assert process.stdout
        assert process.stderr
        streams = {"result": process.stdout, "log": process.stderr, "moments": os.fdopen(reading, "rb", buffering=0)}
        child = _Child(outlet=outlet, process=process, streams=streams, began=time.monotonic(), moment=moment)
        self._running.append(child)
        for name, stream in streams.items():
            os.set_blocking(stream.fileno(), False)
            self._selector.register(stream, selectors.EVENT_READ, (child, name))

    def _read(self, child: _Child, name: str) -> bool:
        """Take what a pipe has; False when there is nothing now, or nothing any more."""
        stream = child.streams[name]
        try:
            data = os.read(stream.fileno(), MAX_LINE)
        except BlockingIOError:
            return False
        if not data:
            self._selector.unregister(stream)
            del child.streams[name]
            stream.close()
            return False
        *lines, rest = (child.rests.pop(name, b"") + data).split(b"\n")
        if len(rest) >= MAX_LINE:
            lines.append(rest)
            rest = b""
        child.rests[name] = rest
        for line in lines:
            self._take(child, name, line)
        return True

    def _take(self, child: _Child, name: str, line: bytes) -> None:
        if name == "moments":
            if moment := Moment.parse(line):
                child.moment = moment
            return
        text = line.decode("utf-8", "backslashreplace").rstrip()
        if name == "log":
            child.last = text or child.last
        self._viewer.line(child.outlet, text, result=name == "result")

    def _reap(self, child: _Child) -> None:
        """What has ended has written all it will: its pipes hold the rest."""
        for name in list(child.streams):
            reads = 0
            while reads < _LAST_READS and self._read(child, name):
                reads += 1
            if stream := child.streams.pop(name, None):
                self._selector.unregister(stream)
                stream.close()
        for name, rest in child.rests.items():
            if rest:
                self._take(child, name, rest)
        self._running.remove(child)
        self._end(
            end_of(child.outlet, child.process.returncode, child.moment, child.last, time.monotonic() - child.began)
        )

    def _end(self, end: End) -> None:
        self._ends.append(end)
        self._viewer.ended(end)

    def _obey(self) -> None:
        """Ask the children to end, once; after the second time they get a moment more."""
        if time.monotonic() >= self._kill_at:
            for child in self._running:
                with suppress(ProcessLookupError):
                    os.killpg(child.process.pid, signal.SIGKILL)  # its workers too
        if self._obeyed == min(self._asked, 2):
            return
        self._obeyed += 1
        for outlet in self._to_begin:
            status, moment = ExitStatus.INTERRUPTED, Moment(outlet=outlet)
            self._ends.append(End(outlet=outlet, status=status, words="not begun", sentence="", moment=moment))
        self._to_begin.clear()
        self._viewer.stopping(len(self._running), at_once=self._obeyed > 1)
        if self._obeyed > 1:
            self._kill_at = time.monotonic() + MERCY_SECONDS
        for child in self._running:
            child.process.terminate()  # what Ctrl-C is to a crawl, also to one that does not listen to that yet


def end_of(outlet: str, code: int, moment: Moment, last: str, seconds: float) -> End:
    """What a return code of subprocess means. `last` is the last line of the log, for who said nothing else."""
    status = ExitStatus.FAULT
    if code in WORDS:
        status = ExitStatus(code)
        words = WORDS[status]
        sentence = moment.sentence or f"{outlet}: {last or words}"
    elif code >= 0:
        words = f"ended with {code}"
        sentence = f"{outlet}: {last or words}"
    elif -code in _STOPPED:
        status, words = ExitStatus.INTERRUPTED, WORDS[ExitStatus.INTERRUPTED]
        sentence = f"{outlet}: interrupted; everything kept so far is safe. Start again to go on."
    else:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        words = f"killed ({name})"
        sentence = (
            f"{outlet} was killed by {name}. If nobody did that, the machine may have been out of memory: the log of "
            "the kernel says so, and fewer --jobs need less. The next job goes on where this one stopped."
        )
    return End(outlet=outlet, status=status, words=words, sentence=sentence, moment=moment, seconds=seconds)


def gravest(statuses: Iterable[ExitStatus]) -> ExitStatus:
    """The one exit status for many jobs; DONE for none."""
    return min(statuses, key=GRAVITY.index, default=ExitStatus.DONE)
