"""Imported for its effect: warcio reads `Content-Encoding: br` with the brotli that PyPI has, instead of crashing."""

from __future__ import annotations

import brotli
from warcio.bufferedreaders import BufferedReader


class _Brotli:
    """What warcio expects of a decompressor: the interface of zlib's, which PyPI's brotli does not have."""

    def __init__(self) -> None:
        self._decompressor = brotli.Decompressor()
        self.unused_data = b""

    def decompress(self, data: bytes) -> bytes:
        """What `data` unfolds to. Raises brotli.error, on which warcio ends the body."""
        return bytes(self._decompressor.process(data))

    def flush(self) -> bytes:
        """Nothing: all that could be unfolded has been handed over."""
        return b""


BufferedReader.DECOMPRESSORS["br"] = _Brotli
