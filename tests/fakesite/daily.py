"""Tribunnews with so many invented articles on each of many days, listed by its dated index alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from html import escape
from urllib.parse import parse_qs, urlsplit

from tests.fakesite.cases import WIB
from tests.fakesite.listings import PER_PAGE, page
from tests.fakesite.reply import Reply, Request

HOST = "www.tribunnews.com"
_HTML = ("Content-Type", "text/html; charset=UTF-8")
_LINES = (
    "Harga ikan di pasar itu turun dibandingkan pekan lalu, kata seorang pedagang yang sudah lama berjualan.",
    "Pemerintah kota menyiapkan dermaga baru agar perahu dapat bersandar dengan aman selama musim hujan tahun ini.",
    "Pengunjung diminta menjaga kebersihan dan tidak membuang sampah ke sungai, ujar kepala dinas itu.",
    "Pasar buka setiap hari dari pukul lima sampai sepuluh pagi, kecuali pada hari raya dan bila arus terlalu deras.",
)


class Daily:
    """Pages for `FakeSite.overrides`: an index by the day, 20 articles a page, the last page again past its end."""

    def __init__(self, last: date, days: int, a_day: int) -> None:
        self.days = [last - timedelta(days=back) for back in range(days)]
        self.articles = {
            f"/nasional/{9_000_000 + 1_000 * at + number}/kabar-pasar-{day}-{number}": (day, number)
            for at, day in enumerate(self.days)
            for number in range(a_day)
        }
        self._listed: dict[str, list[str]] = {day.isoformat(): [] for day in self.days}
        for path, (day, _) in self.articles.items():
            self._listed[day.isoformat()].append(path)
        self.failing: set[str] = set()
        """Pages of the index that answer 500: `2022-3-9:2`, or `:2` of the undated one."""

    @property
    def urls(self) -> set[str]:
        """Addresses of all articles."""
        return {f"https://{HOST}{path}" for path in self.articles}

    def overrides(self) -> dict[tuple[str, str], Reply | Callable[[Request], Reply]]:
        """What is answered where."""
        robots = Reply(headers=(("Content-Type", "text/plain"),), body=b"User-agent: *\nDisallow: /search\n")
        articles: dict[tuple[str, str], Reply | Callable[[Request], Reply]] = {
            (HOST, path): self._article for path in self.articles
        }
        return {(HOST, "/robots.txt"): robots, (HOST, "/index-news"): self._index, **articles}

    def add(self, count: int) -> None:
        """So many more articles on the last day, at the top of the index."""
        day = self.days[0]
        for number in range(500, 500 + count):
            path = f"/nasional/{9_900_000 + number}/kabar-baru-{day}-{number}"
            self.articles[path] = (day, number)
            self._listed[day.isoformat()].insert(0, path)

    def _index(self, request: Request) -> Reply:
        query = parse_qs(urlsplit(request.path).query)
        listed = self._of(query.get("date", [""])[0])
        last = max(1, -(-len(listed) // PER_PAGE))
        number = min(int(query.get("page", ["1"])[0]), last)
        if f"{query.get('date', [''])[0]}:{number}" in self.failing:
            return Reply(status=500, headers=(_HTML,), body=page("Gangguan", "<h1>Gangguan</h1>"))
        rows = "\n".join(
            f'<li class="ptb15"><h3><a href="https://{HOST}{escape(path)}">Kabar Pasar</a></h3></li>'
            for path in listed[(number - 1) * PER_PAGE : number * PER_PAGE]
        )
        return Reply(headers=(_HTML,), body=page("Indeks Berita", f'<ul class="lsi">\n{rows}\n</ul>'))

    def _of(self, day: str) -> list[str]:
        """The articles of `2022-3-9`, or all of them, the newest first."""
        if not day:
            return [path for listed in self._listed.values() for path in listed]
        return self._listed.get(date(*map(int, day.split("-"))).isoformat(), [])

    def _article(self, request: Request) -> Reply:
        day, number = self.articles[urlsplit(request.path).path]
        published = datetime.combine(day, datetime.min.time(), WIB) + timedelta(minutes=number)
        lead = f"Catatan nomor {number} tanggal {day} dari tepi sungai."
        return article(f"Pasar Apung Ramai Lagi pada Hari ke-{number} Menurut Catatan {day}", published, lead)


def article(title: str, published: datetime, lead: str) -> Reply:
    """An article in Tribun's markup."""
    facts = {"@type": "NewsArticle", "headline": title, "datePublished": published.isoformat()}
    text = "".join(f"<p>{line}</p>" for line in (lead, *_LINES))
    body = (
        f'<script type="application/ld+json">{json.dumps(facts)}</script><h1 id="arttitle">{title}</h1>'
        f'<div class="side-article txt-article">{text}</div>'
    )
    return Reply(headers=(_HTML,), body=page(title, body))
