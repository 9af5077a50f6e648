"""String literals of JSON and JavaScript, read and never run."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(?:u(?P<unit>[0-9A-Fa-f]{4})|x(?P<byte>[0-9A-Fa-f]{2})|(?P<char>.))", re.DOTALL)
_CONTROL = {"n": "\n", "t": "\t", "r": "\n", "b": "", "f": "", "v": "", "0": "", "\n": ""}


def unescaped(literal: str) -> str:
    r"""The value of what stands between the quotes: "\u003Cp\u003E" is "<p>"."""
    text = _ESCAPE.sub(_character, literal)
    # Escapes are units of UTF-16: what lies beyond them comes in pairs.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(match: re.Match[str]) -> str:
    if code := match["unit"] or match["byte"]:
        return chr(int(code, 16))
    return _CONTROL.get(match["char"], match["char"])
