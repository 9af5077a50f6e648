"""What sites write around their articles: whole lines, each under the name of the rule that knows it."""

from __future__ import annotations

import re

# A site's line is short; a longer one is prose, whatever it begins with. This also bounds the cost of the patterns.
_LONGEST = 400

_SOCIAL = r"(?:facebook|instagram|twitter|whatsapp|telegram|tik ?tok|youtube|threads|linkedin|media sosial|medsos)"
_BUTTON = rf"(?:{_SOCIAL}|share|tweet|email|print|cetak|copy link|salin (?:tautan|link))"
_CHAT = r"(?:whatsapp|wa|telegram)"
_FEED = (
    rf"(?:google ?news|{_CHAT} channels?|(?:channel|saluran|kanal) (?:resmi )?(?:[\w.]{{2,30}} )?{_CHAT}|ponselmu)\b"
)
_OURS = (
    r"\b(?:kami|berita|artikel|konten|news|(?:kabar|update|info\w*) (?:terkini|terbaru|pilihan|menarik)"
    r"|\w{2,30}\.(?:com|co|id|net|tv))\b"
)
_PLEASE = r"(?:yuk|ayo|mari|silakan|jangan lupa(?: untuk)?),? "
_INVITE = rf"(?:{_PLEASE})?(?:ikuti|follow|dapatkan|cek|simak|temukan|baca|update|pantau|join|nikmati)\b"
_JOIN = rf"(?:{_PLEASE}(?:ber)?gabung|gabung|bergabunglah)\b"

# Rule -> pattern of a whole line, in any case of letters. Free text in them is bounded.
PHRASES = {
    "widget heading": (
        r"(?:berita|artikel|video|wiki|topik|konten) (?:terkait|terkini|terbaru|(?:ter)?populer|rekomendasi)"
        r"|(?:berita|artikel|video) (?:menarik )?(?:lainnya|pilihan)(?: (?:untuk (?:anda|kamu|mu)|untukmu))?"
        r"|(?:rekomendasi|pilihan) (?:untuk (?:anda|kamu|mu)|untukmu)|pilihan (?:editor|redaksi)|rekomendasi berita"
        r"|(?:mungkin (?:anda|kamu)|(?:anda|kamu) mungkin)(?: juga)? (?:suka|menyukai|tertarik)"
        r"|(?-i:TERBARU|TERKINI|TERPOPULER)"
        r"|(?:promoted|sponsored) content|you (?:may|might) (?:also )?like|recommended for you"
        r"|related (?:articles|stories|news|posts|topics)|ringkasan berita"
        r"|(?:tulis|tinggalkan) (?:komentar|balasan)|\d{1,5} komentar|leave a (?:reply|comment)"
        r"|(?:daftar isi|table of contents)(?: ?\[.{1,20}\])?"
    ),
    "advertisement": (
        r"iklan|advertorial|(?:advertisement[ -]{0,3})?(?:advertisements?|continue reading below"
        r"|scroll (?:to (?:continue|resume)|ke bawah untuk|untuk (?:lanjut|melanjutkan|membaca))\b.{0,60}"
        r"|gulir (?:ke bawah|untuk (?:lanjut|melanjutkan|membaca))\b.{0,60})"
    ),
    "pager": (
        r"(?:lanjut(?:kan)?|berlanjut) (?:(?:mem)?baca )?ke (?:halaman|hal)\b.{0,40}"
        r"|(?:baca )?(?:selengkapnya )?(?:(?:di|ke) )?(?:halaman|laman) ?:? ?"
        r"(?:(?:se)?lanjut(?:nya)?|berikut(?:nya)?|sebelumnya)(?: ?[:»>].{0,120})?"
        r"|halaman|(?:halaman|hal\.?|page) ?:?(?:[ /|]*\d{1,3})+(?: (?:dari|of) \d{1,3})?"
        r"(?: (?:show all|selanjutnya|all|semua|lihat semua|next))*"
        r"|\d{1,3} dari \d{1,3} halaman|show all"
        r"|1(?: \d{1,3}){1,20}(?: (?:\.{3}|…|next|last|selanjutnya|show all|(?:lihat )?semua|all))*"
    ),
    "media": (
        r"zoom-in(?:\b|lihat foto).{0,200}|lihat foto"
        r"|\[ ?(?:gambas|embed|video|foto|gallery|caption|youtube)\b[^\]]*+\].{0,20}"
        r"|(?:simak|tonton|saksikan|lihat) (?:juga )?['\"“‘]?video ?[:'\"“‘].{0,200}"
        r"|(?:simak|tonton|saksikan|lihat) juga ?:? ?['\"“‘].{3,200}['\"”’]"
        r"|(?:yuk,? )?(?:simak|tonton|saksikan) (?:juga )?video"
        r"(?: (?:pilihan|menarik|lainnya|selengkapnya|berikut|di bawah|ini)\b.{0,60})?"
        r"|jangan lewatkan video\b.{0,200}|dengarkan artikel(?: ini)?"
    ),
    # Only what invites readers to the outlet's own channels: an article may tell how to install an application, or
    # of someone who joined a group.
    "promotion": (
        rf"{_INVITE}(?=.*\b{_FEED})(?=.*{_OURS}).{{0,400}}"
        rf"|{_JOIN} .{{0,60}}\b(?:(?:channel|saluran|kanal|group|grup) {_CHAT}|{_CHAT} channel)\b.{{0,200}}"
        rf"|(?:ikuti|follow) kami (?:juga )?(?:di|on|at|lewat|melalui) .{{0,40}}{_SOCIAL}\b.{{0,120}}"
        rf"|(?:ikuti|follow) (?:juga )?(?:akun|berita|kabar)\b(?=.*\b{_SOCIAL}\b)"
        r"(?=.*\b(?:kami|\w{2,30}\.com)\b).{0,200}"
        r"|(?:ikuti|follow) kami(?: (?:di|on|at)(?: sini)?)?"
        r"|follow (?:whatsapp channel|telegram|google news)\b.{0,60}"
        r"|(?:download|unduh|instal)\b.{0,40}\baplikasi (?:berita|kami|tribun|kompas|detik|okezone|liputan6)\w*"
        r"\b.{0,100}"
        rf"|(?:pastikan (?:kamu|anda) sudah|anda harus) install? aplikasi {_CHAT}\b.{{0,60}}"
        r"|(?:baca berita|nyaman) tanpa iklan\b.{0,60}|nikmati berita interaktif\b.{0,100}"
        rf"|(?:ikuti|follow) (?:{_CHAT} channel|(?:channel|saluran|kanal) {_CHAT}) (?-i:[A-Z])[^.]{{0,60}}"
        rf"|dapatkan (?:update )?berita (?:pilihan|terbaru|terkini)\b.{{0,60}}\b(?:{_SOCIAL}|ponsel)\b.{{0,40}}"
        r"|dapatkan (?:update )?berita pilihan(?: dan breaking news\b.{0,300})?|di whatsapp anda|baca whatsapp .{0,30}"
        r"|simak breaking news dan berita pilihan\b.{0,300}|dapatkan informasi, inspirasi\b.{0,120}"
        r"|fakta atau hoaks\?(?=.*\bwhatsapp\b).{0,300}"
        r"|baca juga artikel (?:terkait|tentang)\b.{1,100} (?:atau|dan) tulisan (?:menarik )?lain.{0,100}"
        r"|(?:(?:info|berita) )?selengkapnya (?:(?:bisa )?(?:klik|baca) )?di ?sini(?: ?: .{3,160})?"
        r"|klik (?:di ?sini|link ini)"
        r"(?: untuk (?:baca|membaca|melihat|berlangganan|bergabung|berita|artikel)\b.{0,60})?"
        r"|(?:jadikan|tambahkan|pilih|add)\b.{0,60}\b(?:preferred source|sumber (?:pilihan|utama))\b.{0,20}"
        r"\bgoogle\b.{0,30}"
        r"|(?:share|bagikan)(?: (?:this )?(?:artikel|berita|article|story|page))?(?: ini)?"
        rf"(?: (?:ke|via|di|on) {_SOCIAL}.{{0,40}})?"
        rf"|{_BUTTON}(?: {_BUTTON}){{2,12}}"
        r"|copy link|salin (?:tautan|link)|(?:tautan|link) (?:berhasil )?disalin"
    ),
    "imprint": (
        r"(?:copyright ?)?©.{0,200}|copyright ?\(c\).{0,160}|\(c\) ?(?:\d{4}|copyright)\b.{0,160}"
        r"|copyright \d{4}(?: ?[-–] ?\d{4})?(?-i:[ ,.]{1,2}[A-Z].{0,100})?|copyright\b.{0,40} antara(?: \d{4})?"
        r"|all rights? reserved.{0,60}|hak cipta (?:©|dilindungi).{0,100}|lihat artikel asli|powered by froala editor"
        # "Dibaca 3 kali" tells how to pray.
        r"|(?:(?:post )?views?|(?:telah )?dibaca) ?: ?\d[\d.,]{0,9}|tags? ?:.{0,200}"
        r"|dilarang (?:keras )?(?:mengambil|mengutip|menyalin|memperbanyak)(?=.*\b(?:konten|isi|artikel|berita)\b)"
        r"(?=.*\bizin\b).{0,250}"
    ),
    "photo credit": (
        r"\(?(?:(?:sumber |kredit )?foto|photo|foto ilustrasi|ilustrasi foto) ?[:/] ?"
        r"(?:(?-i:[A-Z@\d'\"“‘])|dok|ist|net\b|tangkapan|screenshot).{1,90}"
        # A caption of one sentence, and whose picture it is. First a quick look whether it is named at all.
        r"|(?-i:(?=(?:[^F]++|F(?!oto|OTO))*+F))"
        r"(?:[^.!?]|[.](?! )){5,160}?(?:[.!?]? ?[(\[]|[.!?)/|] ?)(?-i:(?:Foto|FOTO) ?: ?[A-Z@]|ANTARA FOTO/)\D{1,60}"
        r"|\(?(?:dok|dokumentasi)[.:] (?:(?-i:[A-Z@])|pribadi|ist).{1,60}|(?-i:ILUSTRASI)\. .{2,300}"
    ),
    "letter sizes": r"text sizes?",
    # (*), (vyp/kna), (Tribunnews.com/NAME), (Antara/NAME). Brackets around a date have no letters.
    "signature": r"\(\*{1,5}\)|[(\[](?=[^\d]*[^\W\d])[^()\[\]/]{2,60}(?:/[^()\[\]/]{2,60}){1,4}[)\]]",
}
# What lists and buttons set around a line. Quotes are not among it: what is quoted is said.
_LEAD, _TRAIL = r"[\s\-–—*·•›»>|:.!]*+", r"[\s\-–—*·•›»>|:：.!]*"
_ANY = re.compile(
    rf"\*{{1,5}}|{_LEAD}(?:"
    + "|".join(f"(?P<{name.replace(' ', '_')}>{pattern})" for name, pattern in PHRASES.items())
    + rf"){_TRAIL}",
    re.IGNORECASE | re.DOTALL,
)
# What players and advertisements leave within a paragraph.
_INSIDE = re.compile(
    r" ?(?:(?P<media>\[[Gg]ambas ?:[^\[\]]{0,80}+\])"
    r"|(?P<advertisement>(?:ADVERTISEMENT )?SCROLL TO (?:CONTINUE|RESUME)(?: WITH)? CONTENT))"
)
# ", kata dia": somebody says the line, so it is not the site's.
_SAID = re.compile(
    r"[,\"”’'?!] ?(?:kata|ujar|tutur|ucap|jelas|tegas|ungkap|imbuh|tambah|pungkas|terang|papar|tulis|seru|ajak)"
    r"(?:nya)?\b|[,\"”’] ?(?:said|says)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_][\w'’-]{3,}")
_CAPITALS = 0.6


def rule(line: str) -> str | None:
    """The rule that calls a whole line the site's: a key of PHRASES, or None for a line that may be the article's."""
    found = _ANY.fullmatch(line) if len(line) <= _LONGEST else None
    if not found or _SAID.search(line):
        return None
    return (found.lastgroup or "signature").replace("_", " ")


def cut(line: str) -> tuple[str, list[tuple[str, str]]]:
    """A line without what players and advertisements left within it, and (text, rule) of each such thing."""
    if "ambas" not in line and "SCROLL" not in line:
        return line, []
    found = [(match[0].strip(), match.lastgroup or "") for match in _INSIDE.finditer(line)]
    return (_INSIDE.sub("", line).strip() if found else line), found


def is_headline(line: str) -> bool:
    """Does a line look like the headline of an article: three words or more, most with a capital, and no full stop?"""
    words: list[str] = _WORD.findall(line[:_LONGEST])
    if len(line.split()) < 3 or not words or line.rstrip("\"'”’) ").endswith((".", ",", ";", ":")):
        return False
    return sum(word[0].isupper() for word in words) / len(words) >= _CAPITALS
