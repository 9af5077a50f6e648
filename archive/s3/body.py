"""Bytes on their way to a server."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any


class Body(io.BytesIO):
    """The body of one request. It is sent block by block: a time-out is about a block, not about all of it."""

    def __init__(self, data: bytes, moved: Callable[[int], None]) -> None:
        """`moved` hears, while the body is being sent, how many bytes of it have left."""
        super().__init__(data)
        self._moved = moved
        self.is_sending = False

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if data and self.is_sending:
            self._moved(self.tell())
        return data


def began(request: Any, **_: object) -> None:
    """Tells a body that it is being sent; before that it is read to be signed. For boto3's event `before-send`."""
    if isinstance(request.body, Body):
        request.body.is_sending = True
