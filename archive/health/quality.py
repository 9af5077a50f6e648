"""Are the rows as good as they were? Layout, fields, dates, and what pages turn out to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from math import log, sqrt
from statistics import median

from archive.errors import ExitStatus
from archive.health.odds import ODD, chance_of_so_few, chance_of_so_many, spread
from archive.health.past import Alarm, Run, Seen, blocks, listed, recent

_WINDOWS = (1, 4, 8, 16)
"""Articles that are looked at together: those of this job, and with those right before it where it has few."""
_ENOUGH = 30
"""Articles, or pages, without which there is no past."""
_WIDE = 0.7
"""Standard deviation of the logarithm of an article's words, where an outlet's jobs are too small to tell."""
_VERDICTS = (
    "empty",
    "soft-404",
    "listing",
    "paywall",
    "consent",
    "not-html",
    "not-found",
    "gone",
    "redirected-away",
)
_LOOK = "Look at one with scrapy preview URL, and mend the rules in the outlet's file (docs/outlets.md)."


def alarms(now: Run, past: Sequence[Run]) -> Iterator[Alarm]:
    """What is worse than it was. `past` are comparable jobs, the latest first."""
    if said := [*_layout(now, past)]:
        yield Alarm("layout", f"{now.outlet}: the layout seems to have changed: {'; '.join(said)}. {_LOOK}")
    if said := [*_fields(now, past)]:
        yield Alarm("field-lost", f"{now.outlet}: fields are no longer found: {listed(said)}. {_LOOK}")
    if said := [*_dates(now, past)]:
        yield Alarm(
            "dates",
            f"{now.outlet}: dates of publication are not what they were: {'; '.join(said)}. Compare one with its page "
            "(scrapy preview URL), and mend `published` or the zone in the outlet's file (docs/outlets.md).",
        )
    if said := [*_verdicts(now, past)]:
        yield Alarm(
            "verdicts",
            f"{now.outlet}: pages turn out to be something else than before: {listed(said)}. Look at one with scrapy "
            "preview URL: the outlet has changed its addresses or its pages, or the rules no longer fit.",
        )
    yield from _wall(now, past)


def fell(
    now: Run, past: Sequence[Run], kind: str, see: Callable[[Run], Seen], part: float = 0.5
) -> tuple[Seen, Seen] | None:
    """Now and before, when a share is at most that part of what it was, lower than ever, and not by chance."""

    def is_low(here: Seen, before: Seen) -> bool:
        return here.share <= part * before.share and chance_of_so_few(*here, *before) <= ODD

    def is_lowest(here: Seen, ever: list[float]) -> bool:
        return here.share <= 0.6 * min(ever)

    return _changed(now, past, kind, see, is_odd=is_low, was_never=is_lowest) if see(now).share <= part else None


def rose(
    now: Run, past: Sequence[Run], kind: str, see: Callable[[Run], Seen], least: float = 0.3
) -> tuple[Seen, Seen] | None:
    """Now and before, when a share is at least `least`, three times as much as ever, and not by chance."""

    def is_high(here: Seen, before: Seen) -> bool:
        return here.share >= max(least, 3 * before.share) and chance_of_so_many(*here, *before) <= ODD

    def is_highest(here: Seen, ever: list[float]) -> bool:
        return here.share >= 3 * max(ever)

    return _changed(now, past, kind, see, is_odd=is_high, was_never=is_highest) if see(now).share >= least else None


def _changed(
    now: Run,
    past: Sequence[Run],
    kind: str,
    see: Callable[[Run], Seen],
    *,
    is_odd: Callable[[Seen, Seen], bool],
    was_never: Callable[[Seen, list[float]], bool],
) -> tuple[Seen, Seen] | None:
    """Look at this job, then at it with those right before it; what is odd together must be odd in this one too."""
    mine = see(now)
    if not mine.of:
        return None
    seen = [(one, kind in run.alarmed) for run in past if (one := see(run)).of]
    here, at = mine, 0
    for least in _WINDOWS:
        while here.of < least and at < len(seen):
            here, at = here.plus(seen[at][0]), at + 1
        earlier = [one for one, alarmed in seen[at:] if not alarmed]
        before = Seen.sum(earlier)
        if here.of < least or before.of < max(_ENOUGH, here.of // 4):
            return None
        alone = Seen(mine.hits * here.of // mine.of, here.of)
        if is_odd(here, before) and is_odd(alone, before):
            ever = _stretches(earlier, here.of) or [before.share]
            if was_never(here, ever) and was_never(alone, ever):
                return here, before
    return None


def _stretches(seen: Sequence[Seen], least: int) -> list[float]:
    """The shares of what was seen in a row, so much at a time."""
    shares, much = [], Seen(0, 0)
    for one in seen:
        much = much.plus(one)
        if much.of >= least:
            shares.append(much.share)
            much = Seen(0, 0)
    return shares


def _layout(now: Run, past: Sequence[Run]) -> Iterator[str]:
    if found := fell(now, past, "layout", ruled):
        yield f"the text of {found[0]} articles came from the container that the rules name, before it was {found[1]}"
    for name in ("words", "paragraphs"):
        if shrunk := _shrunk(now, past, name):
            yield f"the median of {name} is {shrunk[0]:.0f}, before it was {shrunk[1]:.0f}"
    if grown := _more_removed(now, past):
        yield f"{grown[0]:.0%} of the container is no text, before it was {grown[1]:.0%}"


def ruled(run: Run) -> Seen:
    """Articles whose text came from the container that the outlet's rules name."""
    return Seen(round((run.number("text_by_rule") or 0) * run.articles), run.articles)


def _shrunk(now: Run, past: Sequence[Run], name: str) -> tuple[float, float] | None:
    """The median now and before, when it collapsed: by half, below all that was, and by five standard errors."""

    def size(run: Run) -> int:
        return run.articles if run.quartiles(name) else 0

    mine = now.quartiles(name)
    medians = [three[1] for run in past if (three := run.quartiles(name))]
    if mine is None or not medians or mine[1] > 0.6 * median(medians):
        return None
    for least in (8, 32):
        runs = recent(now, past, size, least)
        much = sum(map(size, runs))
        earlier = [run for run in past[len(runs) - 1 :] if size(run) and "layout" not in run.alarmed]
        before = [_middle(block, name) for block in blocks(earlier, size, min(much, 60))]
        if much < least or len(before) < 3 or sum(map(size, earlier)) < _ENOUGH:
            return None
        here, usual = _middle(runs, name), median(before)
        if max(here, mine[1]) > 0.5 * usual or here > 0.7 * min(before):
            continue
        wide = [log((1 + three[2]) / (1 + three[0])) / 1.35 for run in earlier if (three := _wide(run, name))]
        error = max(0.1, spread([log(1 + value) for value in before]), 1.25 * median(wide or [_WIDE]) / sqrt(much))
        if log((1 + usual) / (1 + here)) >= 5 * error:
            return here, usual
    return None


def _wide(run: Run, name: str) -> tuple[float, float, float] | None:
    """The quartiles of a job that has enough articles for them."""
    return run.quartiles(name) if run.articles >= 8 else None


def _middle(runs: Sequence[Run], name: str) -> float:
    """The median of several jobs, as far as their medians and numbers of articles tell."""
    found = sorted((three[1], run.articles) for run in runs if (three := run.quartiles(name)))
    half, passed = sum(count for _, count in found) / 2, 0
    for value, count in found:
        passed += count
        if passed >= half:
            return value
    return 0.0


def _more_removed(now: Run, past: Sequence[Run]) -> tuple[float, float] | None:
    def size(run: Run) -> int:
        return run.articles if run.number("removed") is not None else 0

    def share(runs: Sequence[Run]) -> float:
        return sum((run.number("removed") or 0) * size(run) for run in runs) / sum(map(size, runs))

    runs = recent(now, past, size, 8)
    earlier = [run for run in past[len(runs) - 1 :] if "layout" not in run.alarmed]
    stretches = blocks(earlier, size, sum(map(size, runs)))
    if not size(now) or sum(map(size, runs)) < 5 or len(stretches) < 3 or sum(map(size, earlier)) < _ENOUGH:
        return None
    before = [share(block) for block in stretches]
    least = max(median(before) + 0.3, 1.5 * max(before))
    return (share(runs), median(before)) if min(share(runs), share([now])) >= least else None


def _fields(now: Run, past: Sequence[Run]) -> Iterator[str]:
    for name in sorted({str(name) for run in past for name in _fields_of(run)} - {"published"}):
        if found := fell(now, past, "field-lost", lambda run, name=name: _present(run, name), 0.25):  # type: ignore[misc]
            yield f"{name} in {found[0]} articles, before in {found[1]}"


def _fields_of(run: Run) -> Sequence[str]:
    fields = run.measures.get("fields")
    return list(fields) if isinstance(fields, dict) else []


def _present(run: Run, name: str) -> Seen:
    share = run.number("fields", name)
    return Seen(round(share * run.articles), run.articles) if share is not None else Seen(0, 0)


def _dates(now: Run, past: Sequence[Run]) -> Iterator[str]:
    if found := fell(now, past, "dates", lambda run: _present(run, "published")):
        yield f"{found[0]} articles have one, before {found[1]}"
    if found := rose(now, past, "dates", _same):
        yield f"{found[0]} were published in one instant, before {found[1]}"
    if found := rose(now, past, "dates", lambda run: _aged(run, "future"), 0.2):
        yield f"{found[0]} were published in the future, before {found[1]}"
    paused = not past or now.at - past[0].at > timedelta(days=2)  # then much is old by rights
    if not paused and (found := rose(now, past, "dates", lambda run: _aged(run, ">7d"), 0.8)):
        yield f"{found[0]} were more than a week old when they were captured, before {found[1]}"
    if shifted := _shifted(now, past):
        yield f"none was younger than {shifted[0]:.1f} hours, before at most {shifted[1]:.1f}, as with a wrong zone"


def _same(run: Run) -> Seen:
    dated = run.count("dated")
    return Seen(run.count("same_instant"), dated) if dated >= 5 else Seen(0, 0)


def _aged(run: Run, name: str) -> Seen:
    lags = run.measures.get("lags")
    ages = [str(age) for age in lags if age != "unknown"] if isinstance(lags, dict) else []
    return Seen(run.count("lags", name), sum(run.count("lags", age) for age in ages))


def _shifted(now: Run, past: Sequence[Run]) -> tuple[float, float] | None:
    """Age of the youngest article now, and the most that it ever was, in hours; over three jobs and eight articles.

    Who looks several times a day finds young ones. With rarer jobs the age says more of the schedule than of the dates.
    """

    def size(run: Run) -> int:
        return _aged(run, "").of if run.number("youngest_hours") is not None else 0

    def youngest(runs: Sequence[Run]) -> float:
        return min((age for run in runs if (age := run.number("youngest_hours")) is not None), default=0.0)

    gaps = [(one.at - other.at) / timedelta(hours=1) for one, other in pairwise([now, *past])]
    if not size(now) or not gaps or median(gaps) > 4:
        return None
    dated = [run for run in past if size(run)]
    window = next(iter(blocks([now, *dated], size, 8, jobs=3)), [])
    earlier = [run for run in dated[len(window) - 1 :] if "dates" not in run.alarmed]
    before = [youngest(block) for block in blocks(earlier, size, 8, jobs=3)]
    if not window or len(before) < 8:
        return None
    here, most = youngest(window), max(before)
    return (here, most) if here >= max(median(gaps), 2 * most) + 0.5 else None


def _verdicts(now: Run, past: Sequence[Run]) -> Iterator[str]:
    for name in _VERDICTS:
        found = rose(now, past, "verdicts", lambda run, name=name: Seen(run.counted("dropped", name), _pages(run)))  # type: ignore[misc]
        if found:
            yield f"{found[0]} pages {name}, before {found[1]}"
    if found := rose(now, past, "verdicts", lambda run: Seen(run.counted("failed"), _pages(run))):
        yield f"{found[0]} failed, before {found[1]}"


def _pages(run: Run) -> int:
    return run.counted("kept") + run.counted("dropped") + run.counted("failed")


def _wall(now: Run, past: Sequence[Run]) -> Iterator[Alarm]:
    what = (
        "Ask the outlet for access, set CONTACT so that it can write to you, and slow down with DOWNLOAD_DELAY; "
        "docs/running.md says more."
    )
    found = rose(now, past, "wall", lambda run: Seen(run.counted("dropped", "blocked"), _pages(run)), 0.2)
    if now.status == ExitStatus.BLOCKED:
        yield Alarm("wall", f"{now.outlet} refuses us; {now.counted('kept')} articles came before it did. {what}")
    elif found:
        yield Alarm("wall", f"{now.outlet} refuses {found[0]} pages, before it was {found[1]}. {what}")
