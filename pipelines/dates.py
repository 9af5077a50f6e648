"""A string that names an instant, as Indonesian outlets write it, to an aware datetime."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone

ZONES = {
    "WIB": timezone(timedelta(hours=7), "WIB"),
    "WITA": timezone(timedelta(hours=8), "WITA"),
    "WIT": timezone(timedelta(hours=9), "WIT"),
}
_OFFSETS = {timedelta(hours=7), timedelta(hours=8), timedelta(hours=9)}
_LONGEST = 200
_YEARS = range(1945, 2101)

_MONTHS = {
    form: number
    for number, forms in enumerate(
        (
            "jan january januari",
            "feb peb february februari pebruari",
            "mar mrt mart march maret",
            "apr april",
            "may mei",
            "jun june juni",
            "jul july juli",
            "aug agu ags agt agst agust august agustus",
            "sep sept september",
            "oct okt october oktober",
            "nov nop november nopember",
            "dec des december desember",
        ),
        start=1,
    )
    for form in forms.split()
}
_NAMES = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = (
    r"(?:(?:senin|selasa|rabu|kamis|jum['’`]?at|sabtu|minggu|ahad|sen|sel|rab|kam|jum|sab|min|"
    r"mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,? )?"
)
_TIME = (
    r"(?:(?: ?[,|/@–—-]{0,3} ?|T)(?:(?:pukul|jam|at) )?(?<=[ ,|/@–—T-])"
    r"(?P<hour>\d{1,2})(?P<colon>[:.-])(?P<minute>\d{2})(?:(?P=colon)(?P<second>\d{2}))?(?!\d)(?:[.,]\d{1,9})?"
    r"(?: ?(?P<half>[ap])\.?m\b\.?)?"
    r" ?\(?(?:(?P<zone>WIB|WITA|WIT)\b|(?:(?:UTC|GMT) ?)?(?P<offset>[+-]\d{1,2}(?::?\d{2})?)(?!\d)"
    r"|(?P<utc>Z|UTC|GMT)\b)?\)?)?"
)
_FORMS = [
    re.compile(form, re.IGNORECASE)
    for form in (
        # 2026-11-18T19:26:00+08:00, 2023/11/02 20:59:53
        r"(?<!\d)(?P<year>\d{4})(?P<dash>[-/])(?P<month>\d{1,2})(?P=dash)(?P<day>\d{1,2})(?!\d)" + _TIME,
        # Rabu, 2 Maret 2022 10:39 WIB; Wed, 18 Nov 2026 19:26:00 +0700
        rf"(?<![\w/]){_DAY}(?P<day>\d{{1,2}})[ -](?P<name>{_NAMES})\.?,?[ -](?P<year>\d{{4}})(?!\d)" + _TIME,
        # November 20, 2026 7:26 pm
        rf"(?<![\w/]){_DAY}(?P<name>{_NAMES})\.? (?P<day>\d{{1,2}}),? (?P<year>\d{{4}})(?!\d)" + _TIME,
        # Jumat, 20/11/2026 | 18:30
        rf"(?<![\w/.-]){_DAY}(?P<day>\d{{1,2}})(?P<dash>[/.-])(?P<month>\d{{1,2}})(?P=dash)(?P<year>\d{{4}})(?!\d)"
        + _TIME,
    )
]
# 20261118T192600Z, and the 14 digits of archives.
_BASIC = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)T?(\d\d)(\d\d)(\d\d)(?!\d)")
_RELATIVE = re.compile(r"(?<!\d)(\d{1,3}) (detik|menit|jam|hari|minggu) (?:yang )?lalu\b", re.IGNORECASE)
_UNITS = {"detik": "seconds", "menit": "minutes", "jam": "hours", "hari": "days", "minggu": "weeks"}


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant that was found in a string."""

    when: datetime
    """Aware; midnight of the outlet's clock when only a day was named."""
    raw: str
    """The part of the string that names it."""
    timed: bool = True
    """False when only a day was named."""
    zone: str | None = None
    """WIB, WITA or WIT where the string says so."""
    origin: str = ""
    """Where the string stood, as `Article.origins` has it."""


def parse(raw: str, *, zone: str = "WIB", now: datetime | None = None, date_only: bool = False) -> datetime | None:
    """The instant that a string names, aware, or None.

    ISO 8601, RFC 822 (feeds), the forms that Indonesian outlets write, with day before month, and,
    given an aware `now`, "5 menit lalu". A zone in the string wins, else the time is `zone`'s (WIB, WITA, WIT). The
    malformed "2023-11-02T20-59-53Z" is read as local time: the one template that writes it puts Z on WIB.
    A day without a time is None, for no time should be invented; `date_only=True` asks for its midnight. Impossible
    dates and years outside 1945..2100 are None. Only the first 200 characters are looked at.
    """
    moment = find(raw, zone=zone, now=now)
    return moment.when if moment and (moment.timed or date_only) else None


def find(raw: str, *, zone: str = "WIB", now: datetime | None = None, origin: str = "") -> Moment | None:
    """The first instant or day in a string, and the words that name it. See `parse`."""
    text = _BASIC.sub(r"\1-\2-\3T\4:\5:\6", " ".join(raw[:_LONGEST].split()))
    matches = [match for form in _FORMS if (match := form.search(text))]
    if not matches:
        return _relative(text, ZONES[zone], now, origin)
    match = min(matches, key=lambda match: (match.start(), -match.end()))
    try:
        when = _when(match.groupdict(), ZONES[zone])
    except (ValueError, OverflowError):
        return None
    if when is None:
        return None
    named = match["zone"].upper() if match["zone"] else None
    return Moment(when, match[0].strip(" ,|/@-–—"), match["hour"] is not None, named, origin)


def _when(part: dict[str, str | None], zone: timezone) -> datetime | None:
    """A match's groups as a datetime; None or ValueError for one that cannot be."""
    year, day = int(part["year"] or 0), int(part["day"] or 0)
    month = int(part.get("month") or 0) or _MONTHS.get((part.get("name") or "").lower(), 0)
    if year not in _YEARS:
        return None
    hour, minute, second = (int(part[name] or 0) for name in ("hour", "minute", "second"))
    if half := part["half"]:
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    clock = zone
    if part["colon"] == "-":
        pass
    elif part["zone"]:
        clock = ZONES[part["zone"].upper()]
    elif offset := part["offset"]:
        hours, minutes = int(offset[1:3].rstrip(":")), int(offset[3:].lstrip(":") or 0)
        sign = -1 if offset[0] == "-" else 1
        clock = timezone(sign * timedelta(hours=hours, minutes=minutes))
    elif part["utc"]:
        clock = UTC
    return datetime(year, month, day, hour, minute, second, tzinfo=clock)


def _relative(text: str, zone: timezone, now: datetime | None, origin: str) -> Moment | None:
    """Counts "1 jam yang lalu" back from `now`; days and weeks name a day only."""
    match = _RELATIVE.search(text)
    if not match or now is None:
        return None
    unit = _UNITS[match[2].lower()]
    when = (now - timedelta(**{unit: int(match[1])})).astimezone(zone)
    timed = unit not in {"days", "weeks"}
    if not timed:
        when = when.replace(hour=0, minute=0, second=0, microsecond=0)
    return Moment(when, match[0], timed, None, origin)


def settle(moments: list[Moment], zone: str) -> Moment | None:
    """The first timed moment, on the outlet's clock.

    A moment with a foreign offset is moved to the outlet's, or to WITA or WIT where another names it. It is not moved
    when another one, local, shows the same hands: then the offset is false (Z or GMT on local time: detik,
    merdeka 2021). An offset of -07:00 that nothing else speaks for is taken for +07:00, origin `guess`.
    """
    timed = [moment for moment in moments if moment.timed]
    if not timed:
        return None
    first = timed[0]
    if first.when.utcoffset() in _OFFSETS:
        return first
    hands = first.when.replace(tzinfo=None, second=0)
    for other in timed[1:]:
        if other.when.utcoffset() in _OFFSETS and other.when.replace(tzinfo=None, second=0) == hands:
            return replace(first, when=first.when.replace(tzinfo=other.when.tzinfo))
    clock = ZONES[next((moment.zone for moment in timed if moment.zone), zone)]
    if -(first.when.utcoffset() or timedelta()) in _OFFSETS:
        return replace(first, when=first.when.replace(tzinfo=clock), origin="guess")
    return replace(first, when=first.when.astimezone(clock))


def settle_edit(edit: Moment, moments: list[Moment], zone: str) -> Moment:
    """A moment of editing, on the clock that publication (`moments`) turned out to be on.

    An offset that was false there is false here.
    """
    first = next((moment for moment in moments if moment.timed), None)
    published = settle(moments, zone)
    if first and published and published.when != first.when and first.when.utcoffset() == edit.when.utcoffset():
        return replace(edit, when=edit.when.replace(tzinfo=published.when.tzinfo), origin=published.origin)
    return settle([edit, *(moment for moment in moments if moment.zone)], zone) or edit
