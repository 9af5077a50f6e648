"""Our SURT keys, held against those that pywb and cdxj-indexer make.

They are the same but where surt, the package that both use, raises or asks a name server, and for `dns://www.`, which
no archive has: surt leaves such a `www.` in place.
"""

from __future__ import annotations

import re
import socket
import zlib
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surt import surt

from archive.surt import key

HEX, LETTERS = "0123456789abcdef0123456789ABCDEF", "abcdefghijklmnopqrstuvwx"
PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))

RULES: dict[str, list[tuple[str, str]]] = {
    "form": [
        ("http://contoh.test", "test,contoh)/"),
        ("http://id.contoh.test/a/b.html?c=d", "test,contoh,id)/a/b.html?c=d"),
        ("http://contoh.test/a)b,c", "test,contoh)/a)b,c"),
        ("  http://contoh.test/a\n", "test,contoh)/a"),
        ("http://contoh.test/a\t/\r\nb", "test,contoh)/a/b"),
    ],
    "case": [
        ("HTTP://Contoh.TEST/A?B=C", "test,contoh)/a?b=c"),
        ("http://contoh.test/%C3%89/É", "test,contoh)/%c3%89/%c3%89"),
    ],
    "www": [
        ("http://www.contoh.test/", "test,contoh)/"),
        ("http://www1.contoh.test/", "test,contoh)/"),
        ("http://WWW23.contoh.test:8080/", "test,contoh:8080)/"),
        ("http://www.www2.contoh.test/", "test,contoh,www2)/"),
        ("http://wwww.contoh.test/", "test,contoh,wwww)/"),
        ("http://www-1.contoh.test/", "test,contoh,www-1)/"),
        ("http://%77ww%2econtoh.test/", "test,contoh)/"),
        ("http://www/", "www)/"),
        ("http://www.test/", "test)/"),
    ],
    "port": [
        ("http://contoh.test:80/", "test,contoh)/"),
        ("https://contoh.test:443/", "test,contoh)/"),
        ("https://contoh.test:80/", "test,contoh:80)/"),
        ("http://contoh.test:443/", "test,contoh:443)/"),
        ("http://contoh.test:08080", "test,contoh:8080)/"),
        ("http://contoh.test:81:/", "test,contoh:81)/"),
        ("ftp://contoh.test:21/", "test,contoh:21)/"),
    ],
    "user": [
        ("http://aku@contoh.test/", "test,contoh)/"),
        ("http://aku:rahasia@contoh.test:81/", "test,contoh:81)/"),
        ("http://contoh.test/@aku", "test,contoh)/@aku"),
    ],
    "host": [
        ("http://contoh.test./", "test,contoh)/"),
        ("http://.contoh..test/", "test,contoh)/"),
        ("http://a%41.test/", "test,aa)/"),
        ("http://a b.test/", "test,a%20b)/"),
        ("http://a%2fb.test/", "test,a/b)/"),
    ],
    "internationalized": [
        ("http://É.test/", "test,xn--9ca)/"),
        ("http://xn--9ca.test/", "test,xn--9ca)/"),
        ("http://www.straße.test/", "test,strasse)/"),
        ("http://中国。test/", "test,xn--fiqs8s)/"),
        ("http://é..test/", "test,%c3%a9)/"),
        ("http://\ue000.test/", "test,%ee%80%80)/"),
    ],
    "address": [
        ("http://127.0.0.1:8080/a", "1,0,0,127:8080)/a"),
        ("http://0177.0.0.01/", "1,0,0,127)/"),
        ("http://1.2.3/", "3,0,2,1)/"),
        ("http://1.256/", "0,1,0,1)/"),
        ("http://3279880203/", "11,0,127,195)/"),
        ("http://4294967297/", "1,0,0,0)/"),
        ("http://0x7f.0.0.1/", "1,0,0,0x7f)/"),
        ("http://08.1.1.1/", "1,1,1,08)/"),
        ("http://999.1.1.1/", "1,1,1,999)/"),  # where a name server knows this host, surt has its address
        ("http://www.1.2.3/", "3,2,1)/"),
        ("http://１.２.３.４/", "4,3,2,1)/"),
        ("http://[2001:DB8::1]:8080/", "2001:db8::1:8080)/"),
    ],
    "path": [
        ("http://contoh.test/a/", "test,contoh)/a"),
        ("http://contoh.test//a///b//", "test,contoh)/a/b"),
        ("http://contoh.test/a/./b/../c/.", "test,contoh)/a/c"),
        ("http://contoh.test/../a", "test,contoh)/../a"),
        ("http://contoh.test/../../a", "test,contoh)/a"),
        ("http://contoh.test/a%2f%2e%2e%2fb", "test,contoh)/b"),
        ("http://contoh.test/a;b=c", "test,contoh)/a;b=c"),
    ],
    "escapes": [
        ("http://contoh.test/%7Ea%20b", "test,contoh)/~a%20b"),
        ("http://contoh.test/a b", "test,contoh)/a%20b"),
        ("http://contoh.test/%252541", "test,contoh)/a"),
        ("http://contoh.test/%2%35%zz%", "test,contoh)/%25%25zz%25"),
        ("http://contoh.test/%3f%23?%26", "test,contoh)/?%23?&"),
        ("http://contoh.test/%e9%00%7f", "test,contoh)/%e9%00%7f"),
        ('http://contoh.test/"<>`{|}^[]', 'test,contoh)/"<>`{|}^[]'),
    ],
    "query": [
        ("http://contoh.test/a?", "test,contoh)/a"),
        ("http://contoh.test?a", "test,contoh)/?a"),
        ("http://contoh.test/a/?b", "test,contoh)/a?b"),
        ("http://contoh.test/?b=2&a=1", "test,contoh)/?a=1&b=2"),
        ("http://contoh.test/?b=2&&a=1&", "test,contoh)/?&&a=1&b=2"),
        ("http://contoh.test/?a-b=1&a=2&a&a=1&a=", "test,contoh)/?a&a=&a=1&a=2&a-b=1"),
        ("http://contoh.test/?b?/../c//d/", "test,contoh)/?b?/../c//d/"),
        ("http://contoh.test/?b=%20&b=!", "test,contoh)/?b=!&b=%20"),
    ],
    "fragment": [
        ("http://contoh.test/a#b?c", "test,contoh)/a"),
        ("http://contoh.test#b/c", "test,contoh)/"),
    ],
    "session": [
        (f"http://contoh.test/?a&jsessionid={HEX}&b", "test,contoh)/?a&b"),
        (f"http://contoh.test/?PHPSESSID={HEX}", "test,contoh)/"),
        (f"http://contoh.test/?sid={HEX}", "test,contoh)/"),
        (f"http://contoh.test/?phpsessid={HEX}&sid={HEX}&b", "test,contoh)/?b"),
        (f"http://contoh.test/?b&sid={HEX}", "test,contoh)/?&b"),
        (f"http://contoh.test/?xsid={HEX}&b", "test,contoh)/?xb"),
        (f"http://contoh.test/?sid={HEX}0", f"test,contoh)/?sid={HEX.lower()}0"),
        (f"http://contoh.test/?ASPSESSIONIDabcdEFGH={LETTERS}&b", "test,contoh)/?b"),
        ("http://contoh.test/?CFID=1&CFTOKEN=2&b", "test,contoh)/?b"),
        ("http://contoh.test/?cfid=1&b&cftoken=2", "test,contoh)/?b&cfid=1&cftoken=2"),
        (f"http://contoh.test/a;jsessionid={HEX}", f"test,contoh)/a;jsessionid={HEX.lower()}"),
        (f"http://contoh.test/a/({LETTERS})/b.aspx", "test,contoh)/a/b.aspx"),
        (f"http://contoh.test/(S({LETTERS})F({LETTERS}))/b.ASPX?c", "test,contoh)/b.aspx?c"),
        (f"http://contoh.test/a/({LETTERS})/(s({LETTERS}))/b.aspx", "test,contoh)/a/b.aspx"),
        (f"http://contoh.test/({LETTERS})/b.html", f"test,contoh)/({LETTERS})/b.html"),
    ],
    "malformed": [
        ("contoh.test/a", "test,contoh)/a"),
        ("//contoh.test/a", "test,contoh)/a"),
        ("http:/contoh.test/a", "test,contoh)/a"),
        ("http:contoh.test", "test,contoh)/"),
        ("http:///contoh.test", "test,contoh)/"),
        ("http://https://contoh.test/", "test,contoh)/"),
        ("", "-"),
    ],
    "scheme": [
        ("dns:WWW.contoh.test", "dns:www.contoh.test"),
        ("mailto:Aku@contoh.test?b&a", "mailto:aku@contoh.test?a&b"),
        ("ftp://contoh.test/A", "test,contoh)/a"),
        ("whatsapp://send?text=A", "send)/?text=a"),
        ("localhost:8080/a", "localhost:8080/a"),
        ("filedesc:A.arc", "filedesc:A.arc"),
    ],
}

UNANSWERED = [
    ("http://contoh.test:x/", "http://contoh.test:x/"),
    ("http://contoh.test:65536/ a", "http://contoh.test:65536/%20a"),
    ("http://[::1]:x/", "http://[::1]:x/"),
    ("http://contoh.test/\ud800", "test,contoh)/%ed%a0%80"),
    ("   ", "-"),
]
HOSTILE = {
    "escapes": "%" + "25" * 200_000,
    "escaped escapes": "%25" * 100_000,
    "half a session": "?" + "cfid=" * 100_000,
    "sessions": "?" + f"sid={HEX}" * 10_000,
    "ASP sessions": "x.aspx" + f"/({LETTERS})" * 20_000,
    "parents": "/.." * 100_000,
    "parameters": "?" + "&" * 300_000,
    "host": "@" + "é" * 300_000,
    "address": "@" + "9" * 300_000,
    "port": "@contoh.test:" + "9" * 300_000,
}
LINK = re.compile(r"""(?:href|src|action|content|data-[a-z-]+)\s*=\s*["']([^"']*)["']|(https?:[^\s"'<>]+)""")

# Pieces that mean something in a URL, and letters and escapes of every kind.
MARKS = [*"/.?&=#:@;,()[]%+-_~!$'\"*\\|^`{}<> \t\n\x0b\x1f\x7f", "//", "/./", "/../", "http://", "www.", ".aspx"]
LETTER = [*"aBÉßＡ。א\u200d\u3000", "id", "xn--9ca", "contoh", "WWW2."]
SESSIONS = [f"{name}={HEX}" for name in ("sid", "jsessionid", "PHPSESSID")] + ["CFID=1", "cftoken=2"]
SESSIONS += [f"aspsessionidabcdEFGH={LETTERS}", f"/({LETTERS})/", f"/(a({LETTERS}))/b"]
BYTES = st.integers(0, 255)
ESCAPES = st.builds(str.format, st.sampled_from(["%{:02x}", "%{:02X}", "%25{:02x}", "%%3{:x}"]), BYTES)
ESCAPES |= st.text("%0123456789abcdefABCDEFgu", max_size=6).map("%{}".format)
ODD = st.one_of(*map(st.sampled_from, (MARKS, LETTER, SESSIONS)), ESCAPES, st.characters())
ODDS = st.lists(ODD, max_size=4).map("".join)


def joined(by: str, *usual: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(usual) | ODDS, max_size=5).map(by.join)


NUMBER = st.builds(str.format, st.sampled_from(["{}", "0{:o}", "{:#x}", "00{}"]), BYTES | st.integers(0, 1 << 33))
NUMBERS = st.lists(NUMBER, max_size=5).map(".".join)
NONE = st.just("")
URLS = st.tuples(
    st.sampled_from(["http://", "https://", "HTTP://", "Https://", "http:", "https:///", "//", ""]),
    NONE | ODDS.map("{}@".format),
    st.sampled_from(["contoh.test", "[::1]"]) | NUMBERS | joined(".", "www", "www1", "contoh", "É", "test", ""),
    st.sampled_from(["", ":", ":80", ":443", ":0", ":08080"]) | st.integers(0, 70_000).map(":{}".format),
    NONE | joined("/", "", ".", "..", "a").map("/{}".format),
    NONE | joined("&", "", "a", "a=", "a=1").map("?{}".format),
    NONE | ODDS.map("#{}".format),
).map("".join)


def theirs(url: str) -> str | None:
    """What surt says, escaped; None when it raises: UnicodeEncodeError and ports that are none are ValueErrors."""
    try:
        return quote(surt(url), safe=PRINTABLE)
    except (ValueError, AttributeError):
        return None


@pytest.fixture(autouse=True, scope="module")
def _no_name_server() -> Iterator[None]:
    """Surt asks it about every host of numbers; here only addresses are known."""

    def resolve(host: bytes) -> tuple[bytes, list[bytes], list[str]]:
        try:
            return host, [], [socket.inet_ntoa(socket.inet_aton(host.decode()))]
        except OSError as error:
            raise socket.gaierror from error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "gethostbyname_ex", resolve)
        yield


def differing(urls: set[str]) -> list[tuple[str, str | None, str]]:
    return [(url, said, key(url)) for url in urls if (said := theirs(url)) not in (None, key(url))]


def urls_in(folder: Path) -> set[str]:
    """Everything in the files of a folder that looks like a URL, as it stands and as a path."""
    found: set[str] = set()
    for path in folder.rglob("*"):
        if path.is_file():
            for match in LINK.finditer(content(path).decode(errors="replace")):
                url = unescape(match[1] or match[2] or "").replace("\\/", "/")
                found |= {url, f"https://www.contoh.test/{url}"}
    assert len(found) > 20
    return found


def content(path: Path) -> bytes:
    data, members = path.read_bytes(), []
    while data[:2] == b"\x1f\x8b":
        member = zlib.decompressobj(31)
        try:
            members.append(member.decompress(data))
        except zlib.error:  # some samples are damaged
            break
        data = member.unused_data
    return b"".join(members) or data


@pytest.mark.parametrize(("url", "surt_key"), [pair for pairs in RULES.values() for pair in pairs])
def test_a_url_has_the_key_that_its_rule_gives_and_pywb_looks_for(url: str, surt_key: str) -> None:
    assert key(url) == surt_key
    assert theirs(url) == surt_key


@pytest.mark.parametrize(("url", "own"), UNANSWERED)
def test_what_surt_raises_for_has_a_key(url: str, own: str) -> None:
    assert key(url) == own
    assert theirs(url) is None


def test_urls_of_the_fixtures_have_the_keys_of_surt() -> None:
    assert differing(urls_in(Path(__file__).parent)) == []


@pytest.mark.parametrize("folder", ["seeds", "pages", "generic", "feeds", "warc-samples"])
def test_urls_of_real_pages_and_archives_have_the_keys_of_surt(corpus: Path, folder: str) -> None:
    assert differing(urls_in(corpus / folder)) == []


@settings(max_examples=1000, deadline=None)
@given(URLS)
def test_whatever_a_crawl_may_meet_has_the_key_of_surt(url: str) -> None:
    assert theirs(url) in (None, key(url))


@pytest.mark.timeout(30)
@pytest.mark.parametrize("attack", HOSTILE.values(), ids=HOSTILE)
def test_time_does_not_grow_with_the_square_of_the_url(attack: str) -> None:
    for scheme in ("http://contoh.test/", "http://", "x:"):
        assert key(scheme + attack).isprintable()
