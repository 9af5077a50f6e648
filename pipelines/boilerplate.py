"""Paragraphs that are the site's and not the article's: dropped whole, and read for what they tell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from pipelines import people
from pipelines.blocks import LINK, UNLINK, Block, Line

# Longer lines are prose: nothing below is tried on them, which also bounds the cost of a pattern.
_LONGEST = 600

# "Baca juga" with its colon, whatever follows. Without colon only a link after it makes it one: "Baca puisi itu
# dengan keras, kata dia." is prose.
_RELATED = re.compile(
    r"[\W_]*(?:(?:baca|simak|lihat|tonton|saksikan|dengarkan)(?: juga| pula| selengkapnya)?(?: video| berita| artikel)?"
    r"|(?:artikel|berita) (?:terkait|lainnya|pilihan)|pilihan editor|rekomendasi(?: berita| untuk anda)?"
    r"|berita rekomendasi|terkait|video terkait) ?[:：].*",
    re.IGNORECASE | re.DOTALL,
)
_RELATED_LABEL = re.compile(
    r"[\W_]*(?:(?:baca|simak|lihat|tonton|saksikan)(?: juga| pula| selengkapnya)?(?: video| berita| artikel)?"
    r"(?: terkait| lainnya| lain| ini)?|selengkapnya|klik (?:di ?sini|link ini)|(?:artikel|berita|video) terkait"
    r"|pilihan editor|berita rekomendasi|rekomendasi)[\W_]*",
    re.IGNORECASE,
)
_RELATED_TAIL = re.compile(rf" ?[(\[]?\bbaca juga ?:? ?{LINK}[^{UNLINK}]*{UNLINK}[\W_]*$", re.IGNORECASE)
_BACA_JUGA = re.compile(r"[\W_]*baca juga[\W_]*", re.IGNORECASE)

# Headings of widgets. Those that an article might use for itself go only when a widget's links, or nothing, follow.
_HEADING = re.compile(
    r"(?i:berita rekomendasi|rekomendasi untuk (?:anda|kamu|mu)|(?:berita|artikel) (?:terkait|lainnya|pilihan)"
    r"|berita (?:terkini|terbaru|populer)|wiki terkait|video (?:terkait|pilihan|terkini|lainnya)|pilihan editor"
    r"|pilihan untukmu|(?:promoted|sponsored) content|you may (?:also )?like)|TERBARU|TERKINI|TERPOPULER"
)
_SOFT_HEADING = re.compile(
    r"terbaru|terkini|populer|terpopuler|rekomendasi|terkait|komentar|tags?|topik terkait|lainnya|trending",
    re.IGNORECASE,
)
_ADVERTISEMENT = re.compile(
    r"advertisement|iklan|advertorial ?:?|scroll (?:to continue|ke bawah untuk).{0,60}|gulir (?:untuk|ke).{0,60}",
    re.IGNORECASE,
)
_PAGER = re.compile(
    r"(?:lanjut(?:kan)?|berlanjut) (?:baca )?ke (?:halaman|hal)\b.{0,40}"
    r"|(?:baca )?halaman ?:? ?(?:(?:se)?lanjut(?:nya)?|berikut(?:nya)?|sebelumnya)\b.{0,10}"
    r"|halaman ?:?(?:[ /|]*\d{1,3})+(?: dari \d{1,3})?(?: (?:show all|selanjutnya|all|semua|lihat semua|>|»|next))*"
    r"|\d{1,3} dari \d{1,3} halaman|show all",
    re.IGNORECASE,
)
# Players, pictures and their buttons.
_MEDIA = re.compile(
    r"zoom-in\b.*|lihat foto|\[ ?(?:gambas|embed|video|foto|gallery|caption|youtube)\b[^\]]*\].{0,20}"
    r"|(?:simak|tonton|saksikan|lihat) (?:juga )?['\"“‘]?video ?[:'\"“‘].*"
    r"|(?:simak|tonton|saksikan|lihat) juga ?['\"“‘].*"
    r"|(?:yuk,? )?(?:simak|tonton|saksikan) (?:juga )?video"
    r"(?: (?:pilihan|menarik|lainnya|selengkapnya|berikut|di bawah|ini)\b.{0,60})?[!.:]?"
    r"|jangan lewatkan video\b.*|dengarkan artikel\b.{0,20}",
    re.IGNORECASE | re.DOTALL,
)
# Only what invites readers to the outlet's own channels: an article may tell how to install an application, or of
# someone who joined a group.
_PROMOTION = re.compile(
    r"(?:ikuti|follow) kami\b.{0,200}"
    r"|(?:ikuti|follow) (?:juga )?(?:akun|berita|kabar|channel|saluran|kanal|update|whatsapp channel|google news)\b"
    r".{0,100}\b(?:kami|google news|whatsapp|telegram|instagram|facebook|twitter|tiktok|youtube)\b.{0,200}"
    r"|follow (?:whatsapp|telegram|google)\b.{0,100}"
    r"|(?:dapatkan|cek|simak|temukan|silakan baca|baca|update|akses)\b.{0,200}\b(?:di google news|whatsapp channel"
    r"|channel whatsapp|saluran whatsapp|wa channel|grup telegram|(?:channel|kanal) telegram|langsung di ponselmu)\b.*"
    r"|(?:(?:mari|yuk,?|ayo|silakan) (?:ber)?gabung|gabung)\b.{0,80}\b(?:telegram|whatsapp|wa channel)\b.*"
    r"|(?:download|unduh)\b.{0,40}\baplikasi (?:berita|kami|tribun|kompas|detik|okezone|liputan6)\w*\b.{0,200}"
    r"|pastikan (?:kamu|anda) sudah install aplikasi whatsapp\b.*|(?:baca berita|nyaman) tanpa iklan\b.{0,100}"
    r"|nikmati berita interaktif\b.*|dapatkan (?:update )?berita pilihan(?: dan breaking news\b.*)?"
    r"|simak breaking news\b.*|di whatsapp anda|baca whatsapp .{0,30}|klik di ?sini\b.{0,60}"
    r"|(?:share|bagikan)(?: (?:artikel|berita))?(?: ini)?(?: (?:ke|via|di)\b.{0,40})? ?:?",
    re.IGNORECASE | re.DOTALL,
)
_IMPRINT = re.compile(
    r"(?:©|\(c\)|copyright ?(?:©|\(c\)|\d{4})).*|copyright\b.{0,60} antara.{0,20}|hak cipta (?:©|dilindungi).*"
    r"|lihat artikel asli|text sizes?|(?-i:AA)|tags? ?:.*|ringkasan berita ?:?",
    re.IGNORECASE | re.DOTALL,
)
_SUMMARY = re.compile(r"ringkasan berita\b", re.IGNORECASE)
_PAGER_LABEL = re.compile(r"halaman\s*:?", re.IGNORECASE)
_DIGITS = re.compile(r"[\d\s]{1,60}")
# (*), (vyp/kna), (Tribunnews.com/NAME), (Antara/NAME): signatures and photo credits alone in a paragraph. Brackets
# around a date have no letters.
_SIGNATURE = re.compile(r"\(?\*{1,5}\)?|[([](?=[^\d]*[^\W\d])[^()\[\]/]{2,60}/[^()\[\]]{2,60}[)\]]\.?")
_INITIALS = re.compile(r"\([A-Za-z*]{1,6}\)")
_CREDIT = re.compile(
    r"\(?(?:foto|photo|sumber foto|kredit foto|foto ilustrasi|ilustrasi foto) ?[:/] ?.{2,80}"
    r"|\(?(?:dok|dokumentasi)[.:] .{2,60}",
    re.IGNORECASE,
)
_SYNDICATED = re.compile(
    r"\W*(?:sebagian )?(?:artikel|berita|tulisan|konten) ini (?:telah|sudah|pernah|sebelumnya|lebih dulu) "
    r"(?:pernah |lebih dulu )?"
    r"(?:tayang|terbit|dimuat|dipublikasikan)(?: sebelumnya)? (?:di|pada) (?:laman |situs )?(?P<site>.{2,60}?)"
    r"(?:,? (?:dengan|berjudul|pada|judul|dalam)\b.*|[,:(].*|\.?)",
    re.IGNORECASE | re.DOTALL,
)
_ALWAYS = (
    _RELATED,
    _BACA_JUGA,
    _HEADING,
    _ADVERTISEMENT,
    _PAGER,
    _PAGER_LABEL,
    _MEDIA,
    _PROMOTION,
    _IMPRINT,
    _SIGNATURE,
    _CREDIT,
)


@dataclass
class Body:
    """An article's paragraphs, and what the dropped ones told."""

    paragraphs: list[str] = field(default_factory=list)
    byline: people.Byline = field(default_factory=people.Byline)
    reporters: list[str] = field(default_factory=list)
    """Names in "Laporan Wartawan ..., NAME"."""
    syndicated_from: str | None = None


def strip(blocks: Iterable[Block], outlet: tuple[str, ...] = (), title: str | None = None) -> Body:
    """The article's own paragraphs. `outlet` are regular expressions for whole paragraphs that are never its own.

    Bylines and source lines count as such only at the head and the tail, where no prose has begun or is left.
    """
    body = Body()
    kept = _cut_ends(_without_site(list(blocks), outlet, body), body, title)
    for block in kept:
        lines = [_RELATED_TAIL.sub("", line.marked) if line.linked else line.marked for line in block.lines]
        text = Block(block.tag, tuple(Line(line) for line in lines)).text
        if text:
            body.paragraphs.append(text)
    return body


def _without_site(blocks: list[Block], outlet: tuple[str, ...], body: Body) -> list[Block]:
    kept: list[Block] = []
    follow: str | None = None
    for index, block in enumerate(blocks):
        following = blocks[index + 1] if index + 1 < len(blocks) else None
        if _continues(block, follow):
            continue
        follow = None
        lines = []
        for line in block.lines:
            if site := _SYNDICATED.fullmatch(line.text) if len(line.text) <= _LONGEST else None:
                body.syndicated_from = body.syndicated_from or site["site"].strip(" .\"'“”")
                # What it goes on with on lines of its own is the title and the address.
                follow = "links"
                break
            if _is_site(line, outlet, block, following):
                follow = _what_follows(line)
            else:
                lines.append(line)
        if lines:
            kept.append(Block(block.tag, tuple(lines)))
    return kept


def _what_follows(line: Line) -> str | None:
    """What a dropped label drops after it: the items of its widget."""
    if _SUMMARY.match(line.text):
        return "items"
    if _PAGER_LABEL.fullmatch(line.text):
        return "digits"
    return "links" if _RELATED_LABEL.fullmatch(line.text) or _is_heading(line.text) else None


def _continues(block: Block, follow: str | None) -> bool:
    """Does the block belong to the widget whose label was dropped right before it?"""
    match follow:
        case "items":
            return block.tag == "li"
        case "digits":
            return bool(_DIGITS.fullmatch(block.text))
        case "links":
            return block.all_linked
    return False


def _is_heading(text: str) -> bool:
    return bool(_HEADING.fullmatch(text) or _SOFT_HEADING.fullmatch(text))


def _is_site(line: Line, outlet: tuple[str, ...], block: Block, following: Block | None) -> bool:
    """Is the line the site's: a related link, the heading of a widget, a promotion, a signature?"""
    text = line.text
    if len(text) > _LONGEST:
        return False
    related = line.linked and line.label != text and bool(line.label) and _RELATED_LABEL.fullmatch(line.label)
    label = block.all_linked and _RELATED_LABEL.fullmatch(text)
    soft = (following is None or following.all_linked) and _SOFT_HEADING.fullmatch(text)
    return bool(
        related
        or label
        or soft
        or any(pattern.fullmatch(text) for pattern in _ALWAYS)
        or any(pattern.fullmatch(text) for pattern in _compiled(outlet))
    )


def _cut_ends(blocks: list[Block], body: Body, title: str | None) -> list[Block]:
    """Bylines, initials and a repeated title off the head and the tail."""
    lines = [(number, line) for number, block in enumerate(blocks) for line in block.lines]
    first, last = 0, len(lines)
    while first < last and (
        blocks[lines[first][0]].tag == "h1" or _is_end(lines[first][1].text, body) or lines[first][1].text == title
    ):
        first += 1
    while last > first and _is_end(lines[last - 1][1].text, body):
        last -= 1
    kept: dict[int, list[Line]] = {}
    for number, line in lines[first:last]:
        kept.setdefault(number, []).append(line)
    return [Block(blocks[number].tag, tuple(rest)) for number, rest in kept.items()]


def _is_end(text: str, body: Body) -> bool:
    """Is the line a byline or a signature? What it tells goes to the body."""
    if _INITIALS.fullmatch(text):
        return True
    if (name := people.reporter(text)) is not None:
        body.reporters.append(name)
        return True
    found = people.byline(text)
    if found is None:
        return False
    body.byline.authors += found.authors
    body.byline.editors += found.editors
    body.byline.source = body.byline.source or found.source
    return True


@lru_cache(maxsize=256)
def _compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)
