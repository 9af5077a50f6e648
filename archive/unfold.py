"""A gzip member read as if its plain bytes were a file, whatever their number."""

from __future__ import annotations

import io
import zlib
from collections import deque
from pathlib import Path
from typing import Any, NamedTuple

_PIECE = 1 << 16
_APART = 1 << 20
_LANDINGS = 4
_AT_MOST = 128


class _Checkpoint(NamedTuple):
    """A place to go on from: about 100 KB, the window of 32 KiB and packed bytes that wait."""

    position: int
    """Plain bytes before it."""
    folded: int
    """Where the file goes on."""
    inflater: Any


class Unfolded(io.RawIOBase):
    """The plain bytes of one gzip member. Only checkpoints are kept, from which to unfold again what lies before.

    There is one at each of the last places that were sought, because readers of many records in one member go back and
    forth within one of them; and others at equal distances, which grow with the member, for whatever else they do.
    For members that were found to be whole. Raises OSError.
    """

    def __init__(self, path: Path, offset: int) -> None:
        self._file = path.open("rb")
        self._file.seek(offset)
        self._inflater: Any = zlib.decompressobj(31)
        self._position = 0
        self._apart = _APART
        self._spread = [self._checkpoint()]
        self._landings: deque[_Checkpoint] = deque(maxlen=_LANDINGS)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a byte, counted from the beginning or from here."""
        target = offset + (self._position if whence == io.SEEK_CUR else 0)
        if target == self._position:
            return target
        before = [point for point in (*self._spread, *self._landings) if point.position <= target]
        nearest = max(before, key=lambda point: point.position)
        if target < self._position or nearest.position > self._position:
            self._return_to(nearest)
        while self._position < target and self._unfold(min(_PIECE, target - self._position)):
            pass
        self._landings.append(self._checkpoint())
        return self._position

    def readinto(self, buffer: Any) -> int:
        data = self._unfold(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _checkpoint(self) -> _Checkpoint:
        return _Checkpoint(self._position, self._file.tell(), self._inflater.copy())

    def _return_to(self, point: _Checkpoint) -> None:
        self._file.seek(point.folded)
        self._inflater = point.inflater.copy()
        self._position = point.position

    def _unfold(self, limit: int) -> bytes:
        """The next bytes, `limit` at most; none at the end."""
        while not self._inflater.eof:
            data = self._inflater.unconsumed_tail or self._file.read(_PIECE)
            try:
                plain = bytes(self._inflater.decompress(data, limit))
            except zlib.error as error:
                raise OSError(f"the file changed while it was read: {error}") from error
            self._position += len(plain)
            if self._position >= self._spread[-1].position + self._apart:
                self._spread.append(self._checkpoint())
                if len(self._spread) > _AT_MOST:
                    self._spread, self._apart = self._spread[::2], 2 * self._apart
            if plain or not data:
                return plain
        return b""
