"""A gzip member read as if its plain bytes were a file, whatever their number."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any

_PIECE = 1 << 16


class Unfolded(io.RawIOBase):
    """The plain bytes of one gzip member. Nothing is kept: seeking back unfolds it again from its beginning.

    For members that were found to be whole. Raises OSError.
    """

    def __init__(self, path: Path, offset: int) -> None:
        self._file = path.open("rb")
        self._offset = offset
        self._rewind()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a byte, counted from the beginning or from here."""
        target = offset + (self._position if whence == io.SEEK_CUR else 0)
        if target < self._position:
            self._rewind()
        while self._position < target and self._unfold(min(_PIECE, target - self._position)):
            pass
        return self._position

    def readinto(self, buffer: Any) -> int:
        data = self._unfold(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _rewind(self) -> None:
        self._file.seek(self._offset)
        self._inflater = zlib.decompressobj(31)
        self._position = 0

    def _unfold(self, limit: int) -> bytes:
        """The next bytes, `limit` at most; none at the end."""
        while not self._inflater.eof:
            data = self._inflater.unconsumed_tail or self._file.read(_PIECE)
            try:
                plain = self._inflater.decompress(data, limit)
            except zlib.error as error:
                raise OSError(f"the file changed while it was read: {error}") from error
            self._position += len(plain)
            if plain or not data:
                return plain
        return b""
