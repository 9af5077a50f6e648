"""Markup of every kind to paragraphs."""

import pytest

from pipelines.page import blocks
from tests.pages import container


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("satu<br><br>dua<br>&nbsp;<br>tiga", ["satu", "dua", "tiga"]),
        ("satu<br>dua", ["satu dua"]),
        ("satu<p>dua</p>tiga", ["satu", "dua", "tiga"]),
        ("<p>sa<b>tu</b>, <i>dua</i>.</p>", ["satu, dua."]),
        ("<ul><li>satu<ul><li>dua</li></ul>tiga</li></ul>", ["satu", "dua", "tiga"]),
        ("<blockquote>satu<p>dua</p></blockquote>", ["satu", "dua"]),
        (
            "<table><tr><th>Kota</th><th>Harga</th></tr><tr><td>Solo</td><td>Rp 5</td></tr></table>",
            ["Kota | Harga", "Solo | Rp 5"],
        ),
        ("<table><tr><td><p>satu</p><p>dua</p></td><td></td></tr></table>", ["satu", "dua"]),
        ("<table><tr><td><table><tr><td>a</td><td>b</td></tr></table></td><td>c</td></tr></table>", ["a | b", "c"]),
        ("<dl><dt>satu</dt><dd>dua</dd></dl>", ["satu", "dua"]),
        ("<p>a\u00a0\u2003 b\u200b\ufeffc\u00adc\n d</p>", ["a bcc d"]),
        ("<p>Cafe\u0301</p>", ["Caf\u00e9"]),
        ("<a href='/x'>satu<p>dua</p>tiga</a>empat", ["satu", "dua", "tigaempat"]),
        ("<h2>satu</h2><h4>dua</h4><pre>tiga\n  empat</pre>", ["satu", "dua", "tiga empat"]),
        ("<p>  </p><p>&nbsp;</p><div></div>", []),
        ("<p>satu<script>x</script> dua<!-- tiga --></p>", ["satu dua"]),
        ("<p>satu<figure>x</figure>dua</p>", ["satu", "dua"]),
        (
            "<figure><table><tr><td>Solo</td><td>Rp 5</td></tr></table><figcaption>x</figcaption></figure>",
            ["Solo | Rp 5"],
        ),
        ("<figure><table><tr><td><img src='/x'></td></tr></table>x</figure>", []),
        (
            "<div class='share-content'>" + "<p>panjang sekali kalimat ini.</p>" * 20 + "</div>",
            ["panjang sekali kalimat ini."] * 20,
        ),
        ("<form>" + "<p>panjang sekali kalimat ini.</p>" * 20, ["panjang sekali kalimat ini."] * 20),
    ],
)
def test_blocks_become_paragraphs(markup: str, expected: list[str]) -> None:
    assert [block.text for block in blocks.read(container(markup))] == expected
