"""Text that a page holds in its scripts: state of its framework, variables for advertisers. Read, and never run."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from lxml import etree
from lxml.etree import _Element as Element

from pipelines.page import blocks, literal, markup
from pipelines.page.blocks import Block, Line
from pipelines.text.prose import SENTENCE, SENTENCE_END

SHORTEST = 800
"""Characters of a string, or of the strings of one key together, that may be an article."""

_scripts = etree.XPath("//script[not(@src) and not(contains(@type, 'ld+json'))]")
# Characters for each blank, markup and its escapes included.
_LONGEST_WORDS = 20
_LONGEST = 2_000_000
_MOST_STRINGS = 20_000
_LIMITS = markup.Limits(bytes=_LONGEST, nodes=10_000)
# Quotes inside expressions that are no strings put the scan out of step until the next line at most, for a string
# ends with its line. No string begins after a backslash, so none is tried at each escaped quote of an open one.
_STRING = re.compile(r"(?<!\\)(?:\"(?P<double>(?:[^\"\\\n]++|\\.)*+)\"|'(?P<single>(?:[^'\\\n]++|\\.)*+)')")
# What stands right before it: the key of an object, or a variable.
_KEY = re.compile(r"(?P<key>[\w$-]{1,40})[\"']?\s{0,9}[:=]\s{0,9}$")
_BEFORE = 64
# The marks of the block reader among them; on a page the parser takes them away.
_CONTROLS = dict.fromkeys((code for code in range(0x20) if chr(code) not in "\t\n\f\r"), " ")
_TAG = re.compile(r"</?(?:p|br|div|h[1-6]|li|span|strong|b|em|i|a)\b[^<>]{0,2000}>", re.IGNORECASE)


def texts(root: Element) -> Iterator[list[Block]]:
    """Each string that reads like an article, and the strings of one key that do so together."""
    for script in markup.elements(_scripts, root):
        source = script.text or ""
        if SHORTEST <= len(source) <= _LONGEST:
            yield from _of_script(source)


def _of_script(source: str) -> Iterator[list[Block]]:
    together: dict[str, list[Block]] = {}
    for number, match in enumerate(_STRING.finditer(source)):
        if number >= _MOST_STRINGS:
            break
        raw = match["double"] or match["single"] or ""
        if len(raw) < SENTENCE or not _has_blanks(raw):
            continue
        found = paragraphs(literal.unescaped(raw))
        if not _reads_like_prose(found):
            continue
        if len(raw) >= SHORTEST:
            yield found
        elif len(found) == 1 and (key := _KEY.search(source[max(0, match.start() - _BEFORE) : match.start()])):
            together.setdefault(key["key"], []).extend(found)
    yield from (found for found in together.values() if blocks.size(found) >= SHORTEST)


def paragraphs(text: str) -> list[Block]:
    """The paragraphs of a string that holds an article: HTML, HTML escaped once more, or plain lines."""
    if "&lt;" in text and "<" not in text:
        text = html.unescape(text)
    if _TAG.search(text):
        try:
            root = markup.parse(text.encode("utf-8", "replace"), "utf-8", _LIMITS)
        except markup.PageRefused:
            return []
        return [] if root is None else blocks.read(root)
    lines = (markup.clean(line.translate(_CONTROLS)) for line in html.unescape(text).splitlines())
    return [Block("p", (Line(line),)) for line in lines if line]


def _reads_like_prose(found: list[Block]) -> bool:
    """Is most of it sentences, and not code, a list of keywords or a token?"""
    return 2 * sum(len(block.text) for block in found if _is_sentence(block.text)) > blocks.size(found)


def _is_sentence(text: str) -> bool:
    """Does it end like one, have blanks between words, and not begin like data?"""
    return SENTENCE_END.search(text) is not None and _has_blanks(text) and text[0] not in "{[<"


def _has_blanks(text: str) -> bool:
    """Has it as many blanks as words of a language would need? Markup between them counts as words."""
    return _LONGEST_WORDS * text.count(" ") >= len(text)
