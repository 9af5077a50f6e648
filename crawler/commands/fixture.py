"""`scrapy fixture OUTLET URL|FILE`: a page as a test case, with what today's extractor makes of it as a draft."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import crawler
from archive.errors import ArgumentError, ExitStatus, StorageError
from archive.model import Verdict
from crawler.progress import plain
from crawler.verb import PageVerb, chosen, positional, tell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from crawler.given import Given
    from crawler.outlet import Outlet

FIELDS = (
    "title",
    "description",
    "authors",
    "editors",
    "published",
    "published_raw",
    "modified",
    "section",
    "tags",
    "image",
    "image_caption",
    "place",
    "source_credit",
    "pages",
    "complete",
    "free",
    "syndicated_from",
    "text",
)
"""What the case of an article expects, in this order after its address and verdict."""
_OF_ANY = ("title",)
"""What the case of a page that is no article expects."""
_WHY = """\
TO WRITE: where the page comes from; that article, people and places in it are invented.
Markup: TO WRITE: what each part of it rests on, with its grade (live, code, page, guess).
Proves: TO WRITE: what would break, in words that a reader of a failing test needs.
"""
_FOLDER = Path(crawler.__file__).parent.parent / "tests" / "outlets"
_WORDS = 5
"""Words of a slug that name a case."""


class Command(PageVerb):
    """Writes a test case; overwrites nothing."""

    interrupted = "Interrupted; nothing was written."

    def syntax(self) -> str:
        return "[options] OUTLET URL|FILE|-"

    def short_desc(self) -> str:
        return "Write a test case out of a page: the page, what is expected of it, and why"

    def long_desc(self) -> str:
        return (
            "Write tests/outlets/OUTLET/CASE/ with page.html, article.json and why.md. article.json is a draft: what "
            "the extractor makes of the page today, to be corrected by eye until it says what a careful reader would. "
            "The page is an address, a file of HTML, a WARC file, or - for standard input, as in scrapy preview. "
            "Exit status: 0 done, 1 a fault of ours or a page beyond the limits, 2 bad arguments, no page there, or a "
            "case that exists already, 3 unreachable, 4 blocked by the outlet, 5 a file that cannot be read or "
            "written, 130 interrupted."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--case", metavar="NAME", help="name of the case (default: the first words of the slug)")

    def act(self, args: list[str], opts: argparse.Namespace) -> ExitStatus:
        """Write the case, and say so."""
        usage = "Name the outlet and one page: scrapy fixture tribun URL, FILE, or - for standard input."
        name, page = positional(args, "fixture", usage, 2)
        tell(self._write(name, page, opts))
        return ExitStatus.DONE

    def _write(self, name: str, page: str, opts: argparse.Namespace) -> list[str]:
        """Write the case; what to say about it."""
        from crawler.given import obtain

        assert self.settings is not None
        outlet = chosen([name], self.outlets())[name]
        if not _FOLDER.is_dir():
            raise ArgumentError(f"There is no {_FOLDER}: test cases are written in a checkout of the project.")
        given = obtain(page, self.settings, url=opts.url, record=opts.record)
        if not outlet.owns(given.url):
            whose = f"comes from {given.url}" if given.url else "does not say where it comes from"
            raise ArgumentError(f"The page {whose}: name its address on {', '.join(outlet.hosts)} with --url.")
        html, expected = drafted(given, outlet)
        folder = _FOLDER / name / _case(opts.case, expected["url"])
        files = {
            "page.html": html,
            "article.json": (json.dumps(expected, ensure_ascii=False, indent=2) + "\n").encode(),
            "why.md": _WHY.encode(),
        }
        _save(folder, files)
        return [plain(line) for line in _told(folder, expected)]


def drafted(given: Given, outlet: Outlet) -> tuple[bytes, dict[str, Any]]:
    """The page as a test reads it, without an HTTP header, and what is expected of it. Raises PageRefused."""
    from pipelines.extract import extract, join
    from pipelines.page.markup import decode

    html, rules = given.body, outlet.rules
    if decode(html, given.charset) != decode(html):
        html = b"\xef\xbb\xbf" + decode(html, given.charset).encode("utf-8", "replace")
    claimed = extract(html, given.url, rules, captured=given.captured).canonical
    url = outlet.own_address(outlet.canonical(given.url), claimed)
    page = extract(html, url, rules, captured=given.captured)
    row = join([page]).row()
    fields = FIELDS if page.verdict is Verdict.ARTICLE else _OF_ANY
    return html, {"url": url, "verdict": str(page.verdict), **{field: row[field] for field in fields}}


def _case(wanted: str | None, url: str) -> str:
    """The name of a case: a folder's, so in plain letters. Raises ArgumentError."""
    if wanted is not None:
        if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", wanted):
            raise ArgumentError(f"--case={wanted}: name a case in lower-case letters, digits and single hyphens.")
        return wanted
    slug = urlsplit(url).path.rstrip("/").rpartition("/")[2].partition(".")[0].lower()
    words = re.findall(r"[a-z0-9]+", slug)
    if not words:
        raise ArgumentError(f"{url} has no slug to name the case by: name it with --case.")
    return "-".join(words[:_WORDS])


def _save(folder: Path, files: dict[str, bytes]) -> None:
    """Write a new folder. Raises ArgumentError where there is one, StorageError."""
    try:
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except FileExistsError as error:
        raise ArgumentError(f"{folder} exists already: give the case another name with --case.") from error
    except OSError as error:
        raise StorageError(f"{error.filename or folder} cannot be written: {error.strerror}.") from error


def _told(folder: Path, expected: dict[str, Any]) -> Iterator[str]:
    """What was written, and what is left to do."""
    yield f"written  {folder}"
    yield f"verdict  {expected['verdict']}"
    if missing := [name for name, value in expected.items() if value in (None, "", [])]:
        yield f"empty    {', '.join(missing)}"
    if expected.get("pages", 1) > 1:
        yield f"pages    {expected['pages']}; save the others as page-2.html and so on, or the whole as page-all.html"
    yield ""
    yield "Now, by eye:"
    yield "1. Compare article.json with the page as a browser shows it, field by field: it says what the extractor"
    yield "   found, not what is right. Correct it; a test that fails then has found something."
    yield "   - verdict: what would a reader call this page?"
    if expected["verdict"] == Verdict.ARTICLE:
        yield "   - text: first and last paragraph, subheadings, lists; no link, advertisement or byline among them."
        yield "   - what is empty: is it really not on the page?"
        yield "   - published, modified: the hour and the offset, WIB +07:00, WITA +08:00, WIT +09:00."
    yield "2. Make the words your own. Other people's texts must not be published: keep the markup, invent article,"
    yield "   names, pictures and address in page.html and article.json alike, and shorten what proves nothing."
    yield "3. Fill in why.md."
    yield f"4. pytest tests/test_extract.py -k {folder.parent.name}/{folder.name}"
