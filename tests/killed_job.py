"""A job that writes until somebody kills it; run by test_salvage.py as a program of its own."""

import sys
from datetime import UTC, datetime
from itertools import count

from archive.job import Job
from archive.model import Article, Capture, Verdict
from archive.outcome import Outcome


def main(folder: str) -> None:
    job = Job(outlet="contoh", archive_uri=folder)
    for number in count():
        url = f"https://contoh.test/berita/{number}"
        if job.catalog.known(url):
            continue
        article = Article(id=f"contoh:contoh.test:{number}", outlet="contoh", url=url, captured=datetime.now(UTC))
        article.set_text([f"Paragraf {number}."])
        capture = Capture(
            url=url, began=datetime.now(UTC), request=b"GET / HTTP/1.1\r\n\r\n", response=b"HTTP/1.1 200 OK\r\n\r\nisi"
        )
        article.captures = [job.capture(capture)]
        job.keep(Outcome(article=article, verdict=Verdict.ARTICLE))
        if number % 5 == 0:
            job.commit()
            print(number, flush=True)


main(sys.argv[1])
