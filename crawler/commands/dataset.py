"""`scrapy dataset NAME`: the rows of the archive as files that analysts load at once."""

from __future__ import annotations

import os
from contextlib import closing, nullcontext
from typing import TYPE_CHECKING

from archive.errors import ArgumentError, ExitStatus
from crawler.verb import Verb, complain, one_or_more, outlets_of, period_of, positional, tell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from archive.catalog import Catalog
    from archive.dataset.describe import Order
    from archive.dataset.freeze import Frozen


class Command(Verb):
    """Reads rows and the catalog, and fetches nothing."""

    interrupted = "Interrupted; a dataset that was not whole is not there."
    failed = "No dataset was made."

    def syntax(self) -> str:
        return "[options] NAME"

    def short_desc(self) -> str:
        return "Make a dataset of the archive's rows, under a name that stays"

    def long_desc(self) -> str:
        return (
            "Make a dataset in datasets/NAME of the archive: one row an article in its newest version, exact "
            "duplicates joined, near-duplicates marked, with a data card (README.md), datapackage.json and checksums. "
            "The same rows give the same bytes. A name stays with what it was given to: asked for again, the verb says "
            "whether it is still what the archive has. docs/datasets.md shows how to load it. Exit status: 0 done, or "
            "there already, byte for byte; 1 a fault of ours, 2 bad arguments, no rows, or a name that another dataset "
            "has, 5 storage failed, is full or damaged, 6 files wait for their upload, 9 another dataset is being made "
            "here, 130 interrupted."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--outlet", metavar="A,B", help="only rows of these outlets (default: all)")
        parser.add_argument("--since", metavar="YYYY-MM-DD", help="first day of publication (default: the first)")
        parser.add_argument("--until", metavar="YYYY-MM-DD", help="last day of publication (default: the last)")
        parser.add_argument("--language", metavar="CODE", help="only rows in this language, such as id (ISO 639-1)")
        parser.add_argument(
            "--exclude-opt-out", action="store_true", help="without articles that have any signal against reuse"
        )
        parser.add_argument(
            "--format", default="parquet", metavar="NAME", help="parquet, jsonl, csv, txt or wet (default: %(default)s)"
        )
        parser.add_argument("--jobs", metavar="N", type=int, help="worker processes (default: one for each core)")

    def act(self, args: list[str], opts: argparse.Namespace) -> ExitStatus:
        """Make it and say what it came to."""
        from archive.dataset.freeze import freeze
        from crawler import uploads
        from crawler.stages import Stages

        assert self.settings is not None
        [name] = positional(args, self.name, "Name one dataset: scrapy dataset news-2026.")
        one_or_more("--jobs", opts.jobs)
        order = self._order(name, opts)
        catalog = self._catalog()
        stages = Stages()
        try:
            with closing(catalog) if catalog else nullcontext():
                frozen = freeze(
                    self.settings["ARCHIVE_URI"],
                    self.settings["STATE_DIR"],
                    order,
                    catalog,
                    jobs=opts.jobs or os.cpu_count() or 1,
                    patience=uploads.patience(self.settings),
                    tell=stages.tell,
                )
        finally:
            stages.clear()
        tell(_told(frozen))
        if frozen.left:
            complain(self.name, f"{len(frozen.left):,} files wait for their upload: scrapy upload sends them.")
            return ExitStatus.UPLOADS_PENDING
        return ExitStatus.DONE

    def _order(self, name: str, opts: argparse.Namespace) -> Order:
        """What is asked for. Raises ArgumentError."""
        from archive.dataset.describe import Order, Title
        from archive.dataset.names import check_new_name
        from archive.dataset.selection import Selection
        from archive.dataset.write import FORMATS

        assert self.settings is not None
        if opts.format not in FORMATS:
            raise ArgumentError(f"--format {opts.format} is not possible; there are {', '.join(FORMATS)}.")
        for option in ("outlet", "language"):
            if getattr(opts, option) is not None and not getattr(opts, option).strip(", "):
                raise ArgumentError(f"--{option} is empty; give it a value or leave it out.")
        outlets = outlets_of(self.settings)
        days = period_of(next(iter(outlets.values())), opts)
        wanted = [one.strip() for one in (opts.outlet or "").split(",")]
        selection = Selection(
            outlets=tuple(dict.fromkeys(filter(None, wanted))),
            since=days.since,
            until=days.until,
            language=opts.language.strip().lower() if opts.language else None,
            exclude_opt_out=opts.exclude_opt_out,
        )
        titles = {key: Title(outlet.name, f"https://{outlet.hosts[0]}/") for key, outlet in outlets.items()}
        return Order(name=check_new_name(name), form=opts.format, selection=selection, titles=titles)

    def _catalog(self) -> Catalog | None:
        """The catalog; None where there is none, as in an archive that was copied."""
        from crawler.catalogs import catalog_of

        assert self.settings is not None
        try:
            return catalog_of(self.settings)
        except ArgumentError as error:
            complain(self.name, f"What is missing will not be told. {error}")
            return None


def _told(frozen: Frozen) -> Iterator[str]:
    facts = frozen.built.facts
    left, outlets = facts.left_out, "outlet" if len(facts.outlets) == 1 else "outlets"
    yield f"rows       {facts.all.rows:,}  ({facts.all.words:,} words, {len(facts.outlets)} {outlets})"
    yield f"joined     {facts.joined:,}  (articles with exactly the text of another one)"
    yield f"clusters   {facts.clusters:,}  ({facts.all.clustered:,} rows that share much of their text)"
    if any(left):
        yield f"left out   other days {left.period:,}, other languages {left.language:,}, opted out {left.opt_out:,}"
    yield f"sha256     {frozen.built.digest}  (of the rows, in any format)"
    yield f"dataset    {frozen.where}{'' if frozen.is_new else '  (was there already, the same byte for byte)'}"
