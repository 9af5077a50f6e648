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

import trafilatura
from scrapy.utils.project import get_project_settings
from warcio.archiveiterator import ArchiveIterator

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


def invented(number: int, paragraphs: int = 14, cards: int = 60) -> bytes:
    """A page of 80 KB and 1,000 elements, as portals have them: an article of 2.5 KB among scripts, menus and cards."""
    draw = random.Random(number)
    words = WORDS.split()

    def prose(length: int) -> str:
        return " ".join(draw.choices(words, k=length)).capitalize() + "."

    def card(kind: str) -> str:
        link = f"/nasional/{draw.randrange(10**7)}/judul-berita"
        return (
            f"<div class='{kind} col-{draw.randrange(9)}'><a href='{link}'><img src='/img/{draw.randrange(10**6)}.jpg' "
            f"alt='{prose(5)}'></a><div class='teks'><h3><a href='{link}'>{prose(9)}</a></h3><p>{prose(16)}</p>"
            f"<div class='info'><span>{prose(1)}</span><span>{draw.randrange(24)} jam lalu</span></div></div></div>"
        )

    menu = "".join(f"<li><a href='/kanal/{draw.randrange(10**4)}'>{prose(2)}</a></li>" for _ in range(2 * cards))
    script = "".join(f"window.push({{id:{draw.randrange(10**9)},slot:'{prose(3)}'}});" for _ in range(6 * cards))
    body = "".join(f"<p>{prose(28)}</p>" + ("<br><!-- iklan -->" if at % 4 else "") for at in range(paragraphs))
    return (
        f"<!doctype html><html lang=id><head><title>{prose(8)}</title><script>{script}</script></head><body>"
        f"<header><nav><ul>{menu}</ul></nav></header><div class='utama'><div class='kolom'>"
        f"<h1 class='f50' id='arttitle'>{prose(8)}</h1><time>Minggu, 22 November 2026 07:{number % 60:02} WIB</time>"
        f"<div class='side-article txt-article'>{body}<p class='baca'>Baca juga: {prose(8)}</p></div>"
        f"<div class='terkait'>{''.join(card('terkait') for _ in range(cards // 2))}</div></div>"
        f"<aside><div>{''.join(card('populer') for _ in range(cards // 2))}</div></aside></div>"
        f"<footer><ul>{menu}</ul></footer></body></html>"
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


def plain(archive: Path) -> float:
    """Pages a second of the plain loop, in a process of its own."""
    code = "import sys; from pathlib import Path; from benchmarks.rebuild import loop; print(loop(Path(sys.argv[1])))"
    done = subprocess.run([sys.executable, "-c", code, archive], cwd=ROOT, check=True, capture_output=True, text=True)
    return float(done.stdout)


def loop(archive: Path) -> float:
    """The plain loop."""
    began, pages = time.perf_counter(), 0
    for path in sorted(archive.glob("warc/**/*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                if record.rec_type == "response":
                    url = record.rec_headers.get_header("WARC-Target-URI")
                    trafilatura.bare_extraction(record.content_stream().read(), url=url)
                    pages += 1
    return pages / (time.perf_counter() - began)


def rebuilt(archive: Path) -> float:
    """Pages a second of `scrapy rebuild`."""
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
