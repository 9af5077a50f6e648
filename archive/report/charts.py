"""Charts as SVG: marks that stretch with the page, and words around them that do not.

Each has a text alternative, and the table of its numbers lies beside it on the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log, log10
from typing import NamedTuple

from markupsafe import Markup, escape

from archive.report.words import legible

_HEIGHT = 100
_GAP = 0.16
# Fewer bars than these need no more room than on a phone, and would be blocks.
_SHORT = 8
_STEPS = (1, 2, 4, 5, 6, 8, 10)
# Hours, each six times the one before: from ten minutes to about a year.
_LOG_TICKS = (
    (1 / 6, "10 min"),
    (1.0, "1 h"),
    (6.0, "6 h"),
    (36.0, "36 h"),
    (216.0, "9 days"),
    (1296.0, "54 days"),
    (7776.0, "324 days"),
    (46656.0, "5 years"),
)


class Series(NamedTuple):
    """One colour of stacked bars."""

    name: str
    colour: str
    """A class of the style sheet."""
    values: Sequence[float]


def bars(labels: Sequence[str], series: Sequence[Series], about: str) -> Markup:
    """Stacked bars, the first series at the bottom; `about` says in words what they show."""
    totals = [sum(values) for values in zip(*(one.values for one in series), strict=True)]
    top = _round_up(max(totals, default=0))
    marks = []
    for place, label in enumerate(labels):
        below = 0.0
        for one in series:
            height = one.values[place] / top * _HEIGHT
            if height:
                marks.append(
                    f'<rect class="{one.colour}" x="{place + _GAP / 2:.2f}" y="{_HEIGHT - below - height:.2f}" '
                    f'width="{1 - _GAP:.2f}" height="{height:.2f}"><title>{_plain(label)}: {_plain(one.name)} '
                    f"{_said(one.values[place])}</title></rect>"
                )
            below += height
    return _plot("".join(marks), len(labels), [_said(top), _said(top / 2), "0"], labels, about)


def line(points: Sequence[tuple[str, float | None]], about: str) -> Markup:
    """Hours on a scale where each step is six times the one before; a gap where there is no value."""
    there = [value for _, value in points if value is not None]
    ticks = _ticks(there)
    low, steps = log(ticks[0][0], 6), max(1, len(ticks) - 1)
    path, dots, pen = "", "", "M"
    for place, (_, value) in enumerate(points):
        if value is None:
            pen = "M"
            continue
        height = (log(max(value, ticks[0][0]), 6) - low) / steps
        spot = f"{place + 0.5:g} {_HEIGHT * (1 - min(1.0, height)):.2f}"
        path += f"{pen}{spot}"
        dots += f"M{spot}h0"
        pen = "L"
    marks = f'<path class="way" d="{path}"/><path class="dots" d="{dots}"/>' if path else ""
    return _plot(marks, len(points), [name for _, name in reversed(ticks)], [label for label, _ in points], about)


def bar(share: float, colour: str = "s0") -> Markup:
    """A share (0 to 1) as a bar beside its number, which says the same."""
    return Markup(  # noqa: S704 - numbers, and words that are escaped
        '<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="{colour}" width="{100 * min(1.0, max(0.0, share)):.1f}" height="1"/></svg>'
    )


def strip(shares: Sequence[float | None], about: str) -> Markup:
    """Shares (0 to 1) of days in a row, as small as a word; None where there is nothing to share."""
    marks = "".join(
        f'<rect class="{"s0" if share == 1 else "part"}" x="{place + 0.1:g}" y="{10 - 10 * share:.2f}" width=".8" '
        f'height="{10 * share:.2f}"/>'
        for place, share in enumerate(shares)
        if share
    )
    floor_ = f'<rect class="floor" y="9.7" width="{len(shares)}" height=".3"/>'
    return Markup(  # noqa: S704 - numbers, and words that are escaped
        f'<svg class="strip" viewBox="0 0 {len(shares) or 1} 10" preserveAspectRatio="none" role="img" '
        f'aria-label="{_plain(about)}">{marks}{floor_}</svg>'
    )


def _plot(marks: str, width: int, sides: Sequence[str], labels: Sequence[str], about: str) -> Markup:
    grid = "".join(
        f"M0 {_HEIGHT * place / (len(sides) - 1):.2f}H{width or 1}" for place in range(len(sides)) if len(sides) > 1
    )
    middle = [labels[len(labels) // 2]] if len(labels) >= _SHORT or len(labels) % 2 else []
    below = [labels[0], *middle, labels[-1]] if len(labels) > 2 else list(labels)
    return Markup(  # noqa: S704 - numbers, and words that are escaped
        f'<div class="plot{" short" if width < _SHORT else ""}"><div class="ys" aria-hidden="true">'
        + "".join(f"<span>{_plain(side)}</span>" for side in sides)
        + f'</div><svg viewBox="0 0 {width or 1} {_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{_plain(about)}"><path class="grid" d="{grid}"/>{marks}</svg>'
        '<div class="xs" aria-hidden="true">'
        + "".join(f"<span>{_plain(label)}</span>" for label in below)
        + "</div></div>"
    )


def _ticks(values: Sequence[float]) -> Sequence[tuple[float, str]]:
    """The steps of the scale from the one below the least value to the one above the greatest."""
    if not values:
        return _LOG_TICKS[:2]
    most = len(_LOG_TICKS) - 1
    first = min(most - 1, max(0, floor(log(max(min(values), 1e-9), 6) + 1)))
    last = min(most, max(first + 1, ceil(log(max(*values, 1e-9), 6) + 1)))
    return _LOG_TICKS[first : last + 1]


def _round_up(value: float) -> float:
    """The next number that is easy to halve: 1, 2, 4, 5, 6, 8 times a power of ten."""
    if value <= 1:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next((step * power for step in _STEPS if step * power >= value), 10 * power)


def _said(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")


def _plain(text: str) -> Markup:
    return escape(legible(text))
