"""A string that names an instant, as Indonesian outlets write it, to an aware datetime."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, timezone

ZONES = {
    "WIB": timezone(timedelta(hours=7), "WIB"),
    "WITA": timezone(timedelta(hours=8), "WITA"),
    "WIT": timezone(timedelta(hours=9), "WIT"),
}
_OFFSETS = {timedelta(hours=7), timedelta(hours=8), timedelta(hours=9)}
_DEFAULT = timedelta(hours=7)
_EASTERN = frozenset(("WITA", "WIT"))
# Between two records of one publication.
_SLACK = timedelta(minutes=5)
_HALF_A_DAY = timedelta(hours=12)
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
    r"mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?(?: ?,)? )?"
)
_HANDS = (
    r"(?P<hour>\d{1,2})(?P<colon>[:.-]| : )(?P<minute>\d{2})(?:(?P=colon)(?P<second>\d{2}))?(?!\d)(?:[.,]\d{1,9})?"
    r"(?: ?(?P<half>[ap])\.?m\b\.?)?"
)
_CLOCK = (
    r"(?: ?\(?(?:(?P<zone>WIB|WITA|WIT)\b|(?:(?:UTC|GMT) ?)?(?P<offset>[+-]\d{1,2}(?::?\d{2})?)(?!\d)"
    r"|(?P<utc>Z|UTC|GMT)\b)\)?)?"
)
_TIME = rf"(?:(?: ?[,|/@•·–—-]{{0,3}} ?| ?T)(?:(?:pukul|pkl\.?|pk\.?|jam|at) ?:? )?(?<=[ ,|/@•·–—T-]){_HANDS}{_CLOCK})?"
_FORMS = [
    re.compile(form, re.IGNORECASE)
    for form in (
        # 2026-11-18T19:26:00+08:00, 2023/11/02 20:59:53
        r"(?<!\d)(?P<year>\d{4})(?P<dash>[-/])(?P<month>\d{1,2})(?P=dash)(?P<day>\d{1,2})(?!\d)" + _TIME,
        # Rabu, 2 Maret 2022 10:39 WIB; Wed, 18 Nov 2026 19:26:00 +0700
        rf"(?<![\w/]){_DAY}(?P<day>\d{{1,2}})[ /-](?P<name>{_NAMES})\.?,?[ /-](?P<year>\d{{4}})(?!\d)" + _TIME,
        # November 20, 2026 7:26 pm
        rf"(?<![\w/]){_DAY}(?P<name>{_NAMES})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})(?!\d)" + _TIME,
        # Jumat, 20/11/2026 | 18:30
        rf"(?<![\w/.-]){_DAY}(?P<day>\d{{1,2}})(?P<dash>[/.-])(?P<month>\d{{1,2}})(?P=dash)(?P<year>\d{{4}})(?!\d)"
        + _TIME,
        # Wed Nov 18 19:26:00 WIB 2026, as Java prints it
        rf"(?<![\w/]){_DAY}(?P<name>{_NAMES}) (?P<day>\d{{1,2}}) {_HANDS}{_CLOCK} (?P<year>\d{{4}})(?!\d)",
    )
]
# 18:30 WIB, before a day that has no time behind it. With a point it is a time only when a zone says so.
_BEFORE = re.compile(
    rf"(?<![\d.:-])(?=\d{{1,2}}(?::|[.]\d\d ?\(?WI)){_HANDS}{_CLOCK} ?[,|/@•·–—-]{{0,2}} ?$", re.IGNORECASE
)
# 20261118T192600Z, and the 14 digits of archives.
_BASIC = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)T?(\d\d)(\d\d)(\d\d)(?!\d)")
# Every form has one, and most strings have none.
_YEAR = re.compile(r"(?:19|2[01])\d\d")
# Seconds since 1970, or milliseconds.
_EPOCH = re.compile(r"([1-9]\d{9})(?:\d{3})?")
_COUNT = re.compile(
    r"(?:(\d{1,3}|an?) |(?<!\w)se)(detik|menit|jam|hari|minggu|second|minute|hour|day|week)s?\b", re.IGNORECASE
)
# "2 jam 15 menit yang lalu". Months and years before it would make it another day.
_RELATIVE = re.compile(
    rf"(?<!\w)(?<!bulan )(?<!tahun )(?:{_COUNT.pattern} ){{1,3}}(?:(?:yang )?lalu|ago)\b", re.IGNORECASE
)
_UNITS = {
    **dict.fromkeys(("detik", "second"), "seconds"),
    **dict.fromkeys(("menit", "minute"), "minutes"),
    **dict.fromkeys(("jam", "hour"), "hours"),
    **dict.fromkeys(("hari", "day"), "days"),
    **dict.fromkeys(("minggu", "week"), "weeks"),
}
_NEAR_DAY = re.compile(rf"(?<!\w)(?:(?P<today>hari ini)|kemarin)\b{_TIME}", re.IGNORECASE)


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

    ISO 8601, RFC 822 (feeds), seconds since 1970, the forms that Indonesian outlets write, with day before month, and,
    given an aware `now`, "5 menit lalu" and "Kemarin, 10:39". A zone in the string wins, else the time is `zone`'s
    (WIB, WITA, WIT). The malformed "2023-11-02T20-59-53Z" is read as local time: the one template that writes it puts
    Z on WIB. A day without a time is None, for no time should be invented; `date_only=True` asks for its midnight.
    Impossible dates, years outside 1945..2100 and the first day of 1970 are None. Only the first 200 characters are
    looked at.
    """
    moment = find(raw, zone=zone, now=now)
    return moment.when if moment and (moment.timed or date_only) else None


def find(raw: str, *, zone: str = "WIB", now: datetime | None = None, origin: str = "") -> Moment | None:
    """The first instant or day in a string, and the words that name it. See `parse`."""
    text = _BASIC.sub(r"\1-\2-\3T\4:\5:\6", " ".join(raw[:_LONGEST].split()))
    if epoch := _EPOCH.fullmatch(text):
        second = datetime.fromtimestamp(int(epoch[1]), UTC)
        return Moment(second, text, origin=origin) if second.year in _YEARS else None
    matches = [match for form in _FORMS if (match := form.search(text))] if _YEAR.search(text) else []
    if not matches:
        return _relative(text, ZONES[zone], now, origin)
    match = min(matches, key=lambda match: (match.start(), -match.end()))
    day = hands = match
    begin, end = match.span()
    if match["hour"] is None and (before := _BEFORE.search(text[: match.start()])):
        hands, begin = before, before.start()
    try:
        when = _when(day.groupdict(), hands.groupdict(), ZONES[zone])
    except (ValueError, OverflowError):
        return None
    if when is None:
        return None
    named = hands["zone"].upper() if hands["zone"] else None
    return Moment(when, text[begin:end].strip(" ,|/@-–—•·"), hands["hour"] is not None, named, origin)


def _when(day: dict[str, str | None], hands: dict[str, str | None], zone: timezone) -> datetime | None:
    """The groups of a day and of its time as a datetime; None or ValueError for one that cannot be."""
    year, number = int(day["year"] or 0), int(day["day"] or 0)
    month = int(day.get("month") or 0) or _MONTHS.get((day.get("name") or "").lower(), 0)
    # Systems that know no date print the first day of their calendar.
    if year not in _YEARS or (year, month, number) == (1970, 1, 1):
        return None
    clock = _clock(hands, zone)
    return datetime(year, month, number, *_time(hands), tzinfo=clock)


def _time(hands: dict[str, str | None]) -> tuple[int, int, int]:
    hour, minute, second = (int(hands[name] or 0) for name in ("hour", "minute", "second"))
    if half := hands["half"]:
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    return hour, minute, second


def _clock(hands: dict[str, str | None], zone: timezone) -> timezone:
    """The zone that a time names, else `zone`."""
    if hands["colon"] == "-":
        return zone
    if named := hands["zone"]:
        return ZONES[named.upper()]
    if offset := hands["offset"]:
        hours, minutes = int(offset[1:3].rstrip(":")), int(offset[3:].lstrip(":") or 0)
        sign = -1 if offset[0] == "-" else 1
        return timezone(sign * timedelta(hours=hours, minutes=minutes))
    return UTC if hands["utc"] else zone


def _relative(text: str, zone: timezone, now: datetime | None, origin: str) -> Moment | None:
    """Counts "1 jam yang lalu" and "Kemarin, 10:39 WIB" back from `now`; days and weeks name a day only."""
    if now is None:
        return None
    if match := _RELATIVE.search(text):
        counts = [(_UNITS[unit.lower()], digits) for digits, unit in _COUNT.findall(match[0])]
        back = [timedelta(**{unit: int(digits) if digits.isdecimal() else 1}) for unit, digits in counts]
        when = (now - sum(back, timedelta())).astimezone(zone)
        timed = counts[-1][0] not in {"days", "weeks"}
        return Moment(when if timed else _midnight(when), match[0], timed, None, origin)
    near = _NEAR_DAY.search(text)
    if near is None or near["hour"] is None:
        return None
    hands = near.groupdict()
    clock = _clock(hands, zone)
    midnight = _midnight(now.astimezone(clock)) - timedelta(days=0 if near["today"] else 1)
    hour, minute, second = _time(hands)
    if hour > 23 or minute > 59 or second > 59:
        return None
    when = midnight.replace(hour=hour, minute=minute, second=second)
    return Moment(when, near[0], zone=(hands["zone"] or "").upper() or None, origin=origin)


def _midnight(when: datetime) -> datetime:
    return when.replace(hour=0, minute=0, second=0, microsecond=0)


def settle(moments: list[Moment], zone: str, now: datetime | None = None) -> Moment | None:
    """The first timed moment, on the outlet's clock.

    What another moment says of it goes first, see `_corrected`. Else a foreign offset is moved to the outlet's, or to
    WITA or WIT where another names it. It is taken for false, origin `guess`, when it is -07:00, or when the moment
    would lie after `now`, the capture, and no other agrees.
    """
    timed = _timed(moments)
    if not timed:
        return None
    first, *others = timed
    offset = first.when.utcoffset() or timedelta()
    if corrected := next((when for other in others if (when := _corrected(first, other))), None):
        return replace(first, when=corrected)
    if offset in _OFFSETS:
        return first
    clock = ZONES[next((moment.zone for moment in timed if moment.zone), zone)]
    hands = first.when.replace(tzinfo=clock)
    to_come = now is not None and hands <= now < first.when - _SLACK
    if -offset in _OFFSETS or (to_come and all(abs(other.when - first.when) > _SLACK for other in others)):
        return replace(first, when=hands, origin="guess")
    return replace(first, when=first.when.astimezone(clock))


def _corrected(first: Moment, other: Moment) -> datetime | None:
    """What another moment makes of the first; None when it says nothing against it.

    The same hands, local, give a false offset away: Z or GMT on local time (detik, merdeka 2021), or +07:00, which
    templates print by default, in WITA or WIT. A local time gives way to a line that names its zone when it is UTC's
    or twelve hours short, and goes east with one for the same instant.
    """
    offset, clock = first.when.utcoffset(), other.when.tzinfo
    local, eastern = offset in _OFFSETS, other.zone in _EASTERN
    ahead = _hands(other) - _hands(first)
    truer = eastern and offset == _DEFAULT if local else other.when.utcoffset() in _OFFSETS
    if truer and abs(ahead) <= _SLACK:
        return first.when.replace(tzinfo=clock)
    if local and other.zone and ahead in {other.when.utcoffset(), _HALF_A_DAY}:
        return (first.when + ahead).replace(tzinfo=clock)
    if local and eastern and abs(other.when - first.when) <= _SLACK:
        return first.when.astimezone(clock)
    return None


def settle_edit(edit: Moment, moments: list[Moment], zone: str, now: datetime | None = None) -> Moment:
    """A moment of editing, on the clock that publication (`moments`) turned out to be on.

    An offset that was false there is false here.
    """
    first = next(iter(_timed(moments)), None)
    published = settle(moments, zone, now)
    if first and published and published.when != first.when and first.when.utcoffset() == edit.when.utcoffset():
        ahead = _hands(published) - _hands(first)
        when = edit.when + ahead if ahead == published.when.utcoffset() else edit.when
        return replace(edit, when=when.replace(tzinfo=published.when.tzinfo), origin=published.origin)
    return settle([edit, *(moment for moment in moments if moment.zone)], zone, now) or edit


def _timed(moments: list[Moment]) -> list[Moment]:
    """Those with a time. Midnight is none where another has a time on the same day: templates print it for a day."""
    timed = [moment for moment in moments if moment.timed]
    days = {_hands(moment).date() for moment in timed if not _is_midnight(moment)}
    return [moment for moment in timed if not (_is_midnight(moment) and moment.when.date() in days)]


def _is_midnight(moment: Moment) -> bool:
    return moment.when.time() == time()


def _hands(moment: Moment) -> datetime:
    """What the clock shows, without seconds: a line for readers has none."""
    return moment.when.replace(tzinfo=None, second=0)
