"""What the outlets answer at each address: fixture pages, redirects, announcements, and 404 for the rest."""

import hashlib
import zlib
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from urllib.parse import parse_qsl

from tests.fakesite.announce import Sources
from tests.fakesite.cases import Case, load_cases
from tests.fakesite.listings import page
from tests.fakesite.reply import Reply, Request

_HTML = ("Content-Type", "text/html; charset=UTF-8")
_COOKIES = (("Set-Cookie", "kunjungan=1; Path=/"), ("Set-Cookie", "AWSALB=a1b2c3; Path=/; HttpOnly"))

# Tribun's CDN in front of a client it does not like.
WALL = Reply(
    status=403,
    headers=(_HTML, ("Server", "CloudFront"), ("x-cache", "Error from cloudfront")),
    body=page("Tribunnews.com - 403", '<script>var statusCode = "403";</script>\n<h1>Akses ditolak</h1>'),
)

_KOMPAS = "https://www.kompas.com/read/1"


class Site:
    """The outlets as one table of addresses, read from their fixtures."""

    def __init__(self, outlets: Path, *, hostile: bool) -> None:
        cases = load_cases(outlets)
        self._cases = {(case.host, case.path, case.nomor): case for case in cases}
        self._sources = Sources(cases, hostile=hostile)
        self.hosts = self._sources.hosts

    def answer(self, request: Request) -> Reply:
        """The whole answer, with the date and the cookies that all of them carry."""
        reply = self._find(request)
        return replace(reply, headers=(("Date", formatdate(usegmt=True)), *reply.headers, *_COOKIES))

    def _find(self, request: Request) -> Reply:
        path, _, rest = request.path.partition("?")
        query = dict(parse_qsl(rest))
        if case := self._case(request.host, path, query.get("nomor", "")):
            if request.host == "intisari-online.com":
                return _moved(301, case.url)
            # detik asks for all pages with `single=1`.
            return _article(case, "all" if query.get("single") == "1" else query.get("page", "1"), request)
        if request.host == "www.tribunnews.com" and (special := self._special(path)):
            return special
        return self._sources.answer(request.host, path, query) or _missing(404)

    def _case(self, host: str, path: str, nomor: str) -> Case | None:
        """The mobile, AMP and former addresses of an article lead to it as well."""
        if host == "m.tribunnews.com":
            host, path = "www.tribunnews.com", path.removeprefix("/amp")
        elif host == "intisari-online.com":
            host = "intisari.grid.id"
        return self._cases.get((host, path, nomor))

    def _special(self, path: str) -> Reply | None:
        match path:
            case "/nasional/7788190/pindah-ke-luar":
                return _moved(302, _KOMPAS)
            case "/nasional/7788192/alamat-berubah":
                return next((_moved(301, url) for url in self._urls("/nasional/7788101/")), None)
            case "/nasional/7788193/sudah-dicabut":
                return _missing(410)
        return None

    def _urls(self, prefix: str) -> list[str]:
        return [case.url for case in self._cases.values() if case.path.startswith(prefix)]


def _article(case: Case, number: str, request: Request) -> Reply:
    body = case.page(number)
    etag = f'"{hashlib.sha1(body, usedforsecurity=False).hexdigest()}"'
    validators = (("ETag", etag), ("Vary", "Accept-Encoding"))
    if request.header("If-None-Match") == etag:
        return Reply(status=304, headers=validators)
    # The address alone decides how the body travels, so that every run meets every framing.
    turn = zlib.crc32(case.url.encode()) % 4
    gzip = turn in (0, 1) and "gzip" in request.header("Accept-Encoding")
    chunked = (1000, 1, 4096) if turn in (1, 2) else None
    return Reply(headers=(_HTML, *validators), body=body, gzip=gzip, chunked=chunked)


def _moved(status: int, url: str) -> Reply:
    return Reply(status=status, headers=(_HTML, ("Location", url)), body=page("Pindah", f'<a href="{url}">Pindah</a>'))


def _missing(status: int) -> Reply:
    return Reply(status=status, headers=(_HTML,), body=page("Halaman tidak ditemukan", "<h1>Tidak ditemukan</h1>"))
