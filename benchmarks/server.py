"""A server that costs next to nothing: pages made beforehand, sent over connections that stay open."""

from __future__ import annotations

import asyncio
import random
import sys

PAGES = 64
_TEXT = """
pemerintah kota warga pasar sungai hujan jalan sekolah petani nelayan harga beras jembatan kereta pagi malam anak guru
dokter rumah sakit listrik air banjir gunung laut pulau desa kecamatan bupati wali menteri polisi laporan keterangan
menurut dengan untuk yang dari pada dalam sebagai karena tetapi sudah akan belum
"""
WORDS = _TEXT.split()


def page(number: int, size: int = 110_000) -> bytes:
    """An invented page that unfolds and compresses like those of outlets: much markup, some text."""
    draw = random.Random(number)
    parts = [f"<html><head><title>Berita {number}</title></head><body>"]
    length = 0
    while length < size:
        words = " ".join(draw.choices(WORDS, k=12))
        kind = draw.randrange(4)
        link = f"https://contoh.test/{draw.randrange(10**7)}/{'-'.join(draw.choices(WORDS, k=5))}"
        parts.append(f"<p class='teks'>{words}.</p>" if kind else f"<li class='item'><a href='{link}'>{words}</a></li>")
        length += len(parts[-1])
    return "".join(parts).encode()


class Pages(asyncio.Protocol):
    """Answers every request with the next page."""

    replies: list[bytes]

    def __init__(self) -> None:
        self._waiting = b""
        self._turn = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """One reply for each blank line: requests here have no bodies."""
        self._waiting += data
        while b"\r\n\r\n" in self._waiting:
            self._waiting = self._waiting.partition(b"\r\n\r\n")[2]
            self._transport.write(self.replies[self._turn % PAGES])
            self._turn += 1


async def main() -> None:
    """Serve until the standard input ends; the port is the first line of the output."""
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\r\n"
    Pages.replies = [head.format(len(body)).encode() + body for body in map(page, range(PAGES))]
    server = await asyncio.get_running_loop().create_server(Pages, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
