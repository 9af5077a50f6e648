"""`python -m benchmarks.rebuild`: pages a second of a rebuild, over those of the loop that everybody writes.

That loop is one process of warcio's ArchiveIterator and `trafilatura.bare_extraction` over the same WARC file; the
rebuild is `scrapy rebuild` on two cores, from its start to the published rows. They take turns. With
`--memory`: what a rebuild of 10,000 and of 100,000 records takes at most, all its processes together.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from scrapy.utils.project import get_project_settings

from archive.job import Job
from archive.model import Article, Capture, Verdict
from archive.outcome import Outcome
from benchmarks.quality import gold
from crawler.bulk import Bulk, Origin
from crawler.verb import outlets_of
from pipelines.rules import NO_RULES
from tests.runs import read_lines

ROOT = Path(__file__).parent.parent
RECORDS, PAIRS, JOBS = 4000, 2, 2
WORDS = "warga desa pagi jembatan sungai pasar petugas jalan hujan rumah sekolah anak guru kota air listrik harga beras"


class Page(NamedTuple):
    """A page to be kept many times, each time under an address of its own."""

    outlet: str
    html: bytes


def invented(number: int, paragraphs: int = 8, cards: int = 50) -> bytes:
    """A page that is, by its numbers, what 18 real pages of 11 outlets are on average.

    Those have 116 KB: 26 KB in 41 scripts, 53 KB in 1,450 attributes, 6.6 KB of text, 1.6 KB of it the article's in 8
    paragraphs. Of their 950 elements, up to 14 deep, 240 are links, 200 divs, 140 list items, 50 metas and links of
    the head, 50 spans and 40 images; 490 have one of 150 class attributes. Beside the article hardly any text is prose.
    """
    draw, sheet = random.Random(number), random.Random(0)
    words = WORDS.split()
    styles = [" ".join(f"{sheet.choice(words)}-{sheet.choice(words)}" for _ in range(1 + at % 3)) for at in range(200)]

    def prose(length: int) -> str:
        return " ".join(draw.choices(words, k=length)).capitalize()

    def address(host: str) -> str:
        path = "-".join(draw.choices(words, k=6))
        return f"https://{host}.tribunnews.com/{draw.choice(words)}/{draw.randrange(10**8)}/{path}"

    def style() -> str:
        return f"class='{draw.choice(styles)}'"

    def card(at: int) -> str:
        link, title, space = address("www"), prose(7), "\n" + 14 * " "
        picture = f"<img {style()} src='{address('cdn')}.jpg' data-src='{address('cdn')}.jpg' alt='{title}'>"
        return (
            f"{space}<div {style()} data-id='{draw.randrange(10**9)}'>{space}<div {style()}>{space}"
            f"<a {style()} href='{link}' title='{title}'>{picture if at % 5 else ''}</a></div>{space}"
            f"<div {style()}>{space}<h3>{space}<a href='{link}' title='{title}'>{title}</a></h3>{space}"
            f"<span>{at} jam lalu</span></div></div>"
        )

    def menu(length: int) -> str:
        icons = ("<i class=ikon></i>", "", "<i class=ikon></i>")
        items = (f"<a {style()} href='{address('www')}'>{icons[at % 3]}{prose(2)}</a>" for at in range(length))
        return "<ul>" + "".join(f"\n            <li {style()}>\n              {item}</li>" for item in items) + "</ul>"

    def scripts(count: int) -> str:
        calls = "".join(f"window.push({{id:{draw.randrange(10**9)},slot:'{prose(3)}'}});" for _ in range(13))
        return f"\n    <script type='text/javascript' async data-slot='utama'>{calls}</script>" * count

    def boxes(depth: int, *inside: str) -> str:
        return f"\n      <div {style()} id='{draw.choice(words)}'>" * depth + "".join(inside) + "</div>" * depth

    title, some = prose(8), cards // 5
    head = "".join(f"<meta property='og:{word}' content='{prose(8)}'>" for word in words)
    head += "".join(f"<link rel='preload' as='script' href='{address('cdn')}.js'>" for _ in range(30))
    text = "".join(f"\n            <p>{prose(30)}.</p>" for _ in range(paragraphs))
    related = f"<p class='baca'>Baca juga: <a href='{address('www')}'>{prose(8)}</a></p>"
    article = (
        f"<h1 class='f50' id='arttitle'>{title}</h1><time>Minggu, 22 November 2026 07:{number % 60:02} WIB</time>"
        f"<div class='side-article txt-article'>{text}{related}</div>"
    )
    main = boxes(3, article, boxes(2, *map(card, range(2 * some))))
    aside = boxes(2, *(boxes(1, *map(card, range(some))) for _ in range(3)))
    return (
        f"<!doctype html><html lang=id><head><title>{title}</title>{head}{scripts(2 * some)}</head><body>"
        f"<header><nav>{boxes(2, menu(5 * some))}</nav></header>{boxes(4, main, aside)}{scripts(2 * some)}"
        f"<footer>{boxes(3, menu(4 * some), menu(4 * some))}</footer></body></html>"
    ).encode()


def samples() -> dict[str, list[Page]]:
    """Pages by what they are: invented ones, and those of real outlets where there is a corpus."""
    found = {"invented pages": [Page("tribun", invented(number)) for number in range(40)]}
    if folder := os.environ.get("ARSIP_CORPUS"):
        outlets = outlets_of(get_project_settings())
        real = [
            Page(name, sample.html)
            for sample in gold.real(Path(folder))
            for name, outlet in outlets.items()
            if outlet.owns(sample.url)
        ]
        found["real pages"] = real
    return found


def fill(archive: Path, pages: Sequence[Page], count: int) -> None:
    """An archive of so many captures with rows of an extractor that was before all."""
    outlets = outlets_of(get_project_settings())
    for outlet in sorted({page.outlet for page in pages}):
        job, host = Job(outlet=outlet, archive_uri=str(archive)), outlets[outlet].hosts[0]
        began = datetime(2026, 11, 22, tzinfo=UTC)
        for number in range(count):
            page = pages[number % len(pages)]
            if page.outlet != outlet:
                continue
            url = f"https://{host}/nasional/{8_000_000 + number}/judul"
            moment = began + timedelta(milliseconds=20 * number)
            head = (
                f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(page.html)}\r\n\r\n"
            )
            request = f"GET /nasional/{number} HTTP/1.1\r\n\r\n".encode()
            ref = job.capture(Capture(url=url, began=moment, request=request, response=head.encode() + page.html))
            article = Article(id=f"{outlet}:{number}", outlet=outlet, url=url, captured=moment, captures=[ref])
            article.job, article.extractor = job.id, "0"
            job.keep(Outcome(article=article, verdict=Verdict.ARTICLE))
            if number % 500 == 499:
                job.commit()
        job.finish({"counts": {"kept": count, "dropped": {}}})


LOOP = """
import sys
from warcio.archiveiterator import ArchiveIterator
import trafilatura
pages = 0
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        for record in ArchiveIterator(file):
            if record.rec_type == "response":
                url = record.rec_headers.get_header("WARC-Target-URI")
                trafilatura.bare_extraction(record.content_stream().read(), url=url)
                pages += 1
print(pages)
"""


def plain(archive: Path) -> float:
    """Pages a second of the plain loop, from the start of its process to its end."""
    began = time.perf_counter()
    command = [sys.executable, "-c", LOOP, *map(str, sorted(archive.glob("warc/**/*.warc.gz")))]
    pages = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return pages / (time.perf_counter() - began)


def rebuilt(archive: Path) -> float:
    """Pages a second of `scrapy rebuild`, likewise."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "scrapy", "rebuild", "--all", "--jobs", str(JOBS), "-s", f"ARCHIVE_URI={archive}"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    seconds = time.perf_counter() - began
    rows: list[dict[str, Any]] = [
        row for kind in ("articles", "dropped") for row in read_lines(archive, f"{kind}/**/*.jsonl.gz")
    ]
    assert all(row["extractor"] != "0" for row in rows), "rows were left as they were"
    return len(rows) / seconds


def without_rules(archive: Path) -> float:
    """Pages a second of the same with outlets that have no rules."""
    outlets = {name: replace(outlet, rules=NO_RULES) for name, outlet in outlets_of(get_project_settings()).items()}
    rows = [row for kind in ("articles", "dropped") for row in read_lines(archive, f"{kind}/**/*.jsonl.gz")]
    began = time.perf_counter()
    with Bulk(Origin.of(str(archive), None, outlets, respects_opt_out=True), JOBS) as bulk:
        made = [new for _, new in bulk.reread(rows)]
    assert not [new for new in made if isinstance(new, str)], "a row could not be made again"
    return len(made) / (time.perf_counter() - began)


def memory(count: int) -> float:
    """Megabytes that a rebuild of so many records takes at most: the sum over its processes, as Linux counts them."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), [Page("tribun", invented(number, 4, 2)) for number in range(40)], count)
        command = [sys.executable, "-m", "scrapy", "rebuild", "--all", "--jobs", str(JOBS), "-s"]
        with subprocess.Popen([*command, f"ARCHIVE_URI={folder}"], cwd=ROOT, stdout=subprocess.DEVNULL) as process:
            most = [0.0]
            watcher = threading.Thread(target=_watch, args=(process, most))
            watcher.start()
            assert process.wait() == 0
            watcher.join()
    return most[0]


def _watch(process: subprocess.Popen[bytes], most: list[float]) -> None:
    while process.poll() is None:
        most[0] = max(most[0], sum(_resident(pid) for pid in (process.pid, *_children(process.pid))))
        time.sleep(0.2)


def _children(pid: int) -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = path.read_text(encoding="utf-8").rpartition(") ")
        except OSError:  # it has just ended
            continue
        if int(rest.split()[1]) == pid:
            child = int(name.split()[0])
            yield child
            yield from _children(child)


def _resident(pid: int) -> float:
    """Megabytes of a process, of what several share its part (`Pss`, proc(5))."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def main() -> None:
    """Print a line for each ratio."""
    if "--memory" in sys.argv[1:]:
        for count in (10_000, 100_000):
            sys.stdout.write(f"rebuild of {count:,} records: {memory(count):.0f} MB at most\n")
        return
    for title, pages in samples().items():
        with tempfile.TemporaryDirectory() as folder:
            archive = Path(folder)
            fill(archive, pages, RECORDS)
            ratios: dict[str, list[float]] = {"with rules": [], "without rules": []}
            for _ in range(PAIRS):
                base = plain(archive)
                ratios["with rules"].append(rebuilt(archive) / base)
                ratios["without rules"].append(without_rules(archive) / base)
            for name, found in ratios.items():
                spread = f"{median(found):.1f} ({min(found):.1f} to {max(found):.1f})"
                sys.stdout.write(f"pages a second, {title}, {name}: rebuild on {JOBS} cores / plain loop  {spread}\n")


if __name__ == "__main__":
    main()
