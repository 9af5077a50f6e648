"""`scrapy diff A B`: what is different between two sets of rows, and whether that is too much."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from archive.errors import ArgumentError, Damaged, ExitStatus
from crawler.progress import Progress, plain
from crawler.verb import Verb, above, as_json, complain, kept_outlets, positional, tell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from archive.comparison.gate import Threshold
    from archive.comparison.result import Counts, Example, Result
    from archive.comparison.sides import Side

MOST_EXAMPLES = 1000


class Command(Verb):
    """Reads rows and, for `rebuild`, captures; writes nothing."""

    interrupted = "Interrupted; nothing was compared."
    failed = "Check rights and disk; scrapy verify says more."

    def syntax(self) -> str:
        return "[options] A B"

    def short_desc(self) -> str:
        return "Compare the rows of two extractors, datasets or archives"

    def long_desc(self) -> str:
        return (
            "Compare two sets of rows, the older one first, and say per outlet which articles were gained, lost and "
            "changed, which pages are judged anew, how many paragraphs came and went, and which fields changed, with "
            "examples. A and B are each one of: archive (the rows that count), before (those before the rebuilds that "
            "scrapy rebuild --keep has made), rebuild (what today's rules make of the archive; nothing is "
            "written), EXTRACTOR or EXTRACTOR:RULES (rows made with it, 2 or 2:ab12), the NAME of a dataset, or the "
            "folder or s3:// address of a dataset or of another archive. --lost, --gained, --changed and "
            "--paragraphs-lost take the most that may be: a number (0) for all outlets together, or a part (5%) for "
            "each of them; docs/diff.md says more. Exit status: 0 done, 2 bad arguments or nothing to compare, 5 "
            "something could not be read, so that the result is not whole, 7 something is beyond its threshold, 130 "
            "interrupted."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        from archive.comparison.gate import MEASURES

        super().add_options(parser)
        parser.add_argument("--outlet", metavar="NAME[,...]", help="only these outlets")
        parser.add_argument(
            "--examples",
            metavar="N",
            type=int,
            default=3,
            help="examples of each outlet and kind of difference (default: %(default)s)",
        )
        parser.add_argument("--json", action="store_true", help="one line of JSON, with the numbers of each outlet")
        for name, means in MEASURES.items():
            parser.add_argument(f"--{name}", metavar="MOST", help=f"end with 7 above so many {means}")

    def act(self, args: list[str], opts: argparse.Namespace) -> ExitStatus:
        """Compare, tell, and judge."""
        from archive.comparison import gate
        from archive.comparison.joining import compare_sides
        from crawler.operands import Operands

        assert self.settings is not None
        names = positional(args, self.name, "Name two sets of rows: scrapy diff A B; scrapy diff -h says which.", 2)
        only = [name.strip() for name in (opts.outlet or "").split(",") if name.strip()]
        if opts.outlet is not None and not only:
            raise ArgumentError("--outlet is empty; give it a value or leave it out.")
        if not 0 <= opts.examples <= MOST_EXAMPLES:
            raise ArgumentError(f"--examples={opts.examples} cannot be: write a number from 0 to {MOST_EXAMPLES}.")
        thresholds = _thresholds(opts)
        progress = Progress()
        with ExitStack() as opened:
            opened.callback(progress.clear)
            operands = Operands(self.settings, kept_outlets(self.settings), only, opened, above(progress, self.name))
            a, b = (operands.side(name) for name in names)
            if a.where == b.where:
                raise ArgumentError(f"A and B are both {a.where}: it does not differ from itself.")
            result = compare_sides(a, b, opts.examples, progress.tell)
        _expect_articles(result, only, operands.unread)
        beyond = list(gate.beyond(result, thresholds))
        if opts.json:
            tell([as_json(_facts((a, b), result, thresholds, beyond, operands.unread))])
        else:
            tell(_told(a, b, result))
        if operands.unread:
            complain(self.name, f"The result is not whole: {operands.unread:,} rows could not be read or made again.")
        for sentence in beyond:
            complain(self.name, sentence)
        if operands.unread:
            return ExitStatus.STORAGE
        return ExitStatus.ALARM if beyond else ExitStatus.DONE


def _thresholds(opts: argparse.Namespace) -> list[Threshold]:
    """The options that limit something. Raises ArgumentError."""
    from archive.comparison.gate import MEASURES, threshold

    given = {name: getattr(opts, name.replace("-", "_")) for name in MEASURES}
    return [threshold(name, text) for name, text in given.items() if text is not None]


def _expect_articles(result: Result, only: list[str], unread: int) -> None:
    """Nothing compared with nothing would pass every gate. Raises ArgumentError, Damaged where some could not be read.

    `only`: the outlets that were asked for; of others nothing was read.
    """
    there = [name for name, counts in result.outlets.items() if counts.a or counts.b]
    missing = [name for name in only if name not in there]
    if there and not missing:
        return
    lacking = f"Neither A nor B has an article{' of ' if missing else ''}{', '.join(missing)}"
    if unread:
        raise Damaged(f"{lacking} that can be read: nothing was compared. scrapy verify --deep names all damage.")
    raise ArgumentError(f"{lacking}{': name others with --outlet, or leave it out' if missing else ''}.")


def _told(a: Side, b: Side, result: Result) -> Iterator[str]:
    yield plain(f"A  {a.name}: {a.where}")
    yield plain(f"B  {b.name}: {b.where}")
    examples: dict[str, list[Example]] = {}
    for example in result.examples:
        examples.setdefault(example.outlet, []).append(example)
    for name, counts in result.outlets.items():
        yield ""
        yield plain(name)
        yield from _numbers(counts)
        for example in examples.get(name, ()):
            yield from _example(example)
    if len(result.outlets) > 1:
        yield ""
        yield "all outlets"
        yield from _numbers(result.total)


def _numbers(counts: Counts) -> Iterator[str]:
    yield f"  articles    {counts.a:,} -> {counts.b:,}: " + _listed(
        {name: getattr(counts, name) for name in ("gained", "lost", "changed", "unchanged")}
    )
    if counts.paragraphs_gained or counts.paragraphs_lost:
        went = {"gained": counts.paragraphs_gained, "lost": counts.paragraphs_lost}
        yield f"  paragraphs  {counts.paragraphs:,} in the articles of both: {_listed(went)}"
    for (was, now), number in sorted(counts.verdicts.items()):
        yield plain(f"  verdict     {was} -> {now}: {number:,}")
    for title, fields in (("field", counts.fields), ("we say", counts.said)):
        for name, ways in sorted(fields.items()):
            yield plain(f"  {title:10}  {name}: {_listed(ways)}")
    for name, number in sorted(counts.lacking.items()):
        yield plain(f"  not compared  {name}: one side lacks it in {number:,} articles")


def _listed(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in numbers.items() if number) or "none"


def _example(example: Example) -> Iterator[str]:
    yield plain(f"  example     {example.what}  {example.url}")
    for sign, value in (("-", example.was), ("+", example.now)):
        if value is not None:
            yield f"    {sign} {plain(value)}"


def _facts(
    sides: tuple[Side, Side], result: Result, thresholds: list[Threshold], beyond: list[str], unread: int
) -> dict[str, Any]:
    """The same for a script; docs/diff.md has the shape."""
    a, b = ({"name": side.name, "where": side.where} for side in sides)
    return {
        "a": a,
        "b": b,
        "unread": unread,
        "total": result.total.facts(),
        "outlets": {name: counts.facts() for name, counts in result.outlets.items()},
        "examples": [example._asdict() for example in result.examples],
        "thresholds": {one.measure: one.text for one in thresholds},
        "beyond": beyond,
    }
