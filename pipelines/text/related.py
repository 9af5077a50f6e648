"""Links to other articles inside an article: "Baca juga", as a line of its own or within a paragraph."""

from __future__ import annotations

import re

from pipelines.page.blocks import LINK, UNLINK, Line
from pipelines.text.phrases import is_headline

_VERBS = ("baca", "simak", "lihat", "tonton", "saksikan", "dengarkan")
_VERB = rf"(?:{'|'.join(_VERBS)})"
_KIND = r"(?: video| berita| artikel)?(?: terkait| lainnya| lain| ini)?"
# Strong labels are the site's wherever they stand. With a weak one only what follows tells: "Baca puisi itu dengan
# keras, kata dia."
_STRONG = (
    rf"{_VERB} (?:juga|pula|selengkapnya(?: di ?sini)?){_KIND}"
    r"|(?:artikel|berita|video) (?:menarik )?(?:terkait|lainnya|pilihan)|pilihan (?:editor|redaksi)|menarik dibaca"
    r"|berita rekomendasi|rekomendasi (?:berita|untuk anda)|read (?:more|also|next)|also read"
    r"|related (?:stories|articles|news)"
)
_WEAK = rf"{_VERB}{_KIND}|jangan lewatkan|rekomendasi|terkait|selengkapnya|klik (?:di ?sini|link ini)|see also|related"
_LABEL = rf"(?:(?P<strong>{_STRONG})|(?:{_WEAK}))(?!\w)(?P<colon> ?[:：])?"
# Quotes do not lead to a label: what is quoted is said.
_LABELLED = re.compile(rf"[^\w\"'“‘]*+{_LABEL}[^\w\"'“‘(]*(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_ONLY_LABEL = re.compile(rf"[\W_]*+{_LABEL}[\W_]*", re.IGNORECASE)
# Longest headline behind a label, in characters.
_HEADLINE = 180
# What a link to another page says. Outside links it may be the beginning of a paragraph.
_STEP = re.compile(
    r"\W*(?:next|prev(?:ious)?|selanjutnya|berikutnya|sebelumnya|lihat semua|lanjut(?:kan)? (?:mem)?baca)"
    r"(?: page| halaman)?(?P<sign>\W*)",
    re.IGNORECASE,
)

_LINKED = rf"{LINK}[^{LINK}{UNLINK}]{{1,300}}+{UNLINK}"
# A label that is glued to a word is part of it.
_APART = rf"(?<!\w)(?<!\w[{LINK}{UNLINK}])"
_BOX = re.compile(
    rf" ?(?P<open>[(\[]\W?)?{_APART}(?:{_LABEL}[ *]*(?P<rest>{_LINKED}(?: ?[,;|]? ?{_LINKED}){{0,4}})"
    rf"|{LINK}\W?(?P<within>{_STRONG})(?P<sign> ?[:：])?[^{LINK}{UNLINK}]{{1,300}}+{UNLINK})"
    rf"(?P<close>\W?[)\]])?(?P<stop>\.(?= |$))?",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    rf" ?[(\[]{_LABEL} ?(?P<rest>[^()\[\]{LINK}{UNLINK}]{{8,{_HEADLINE}}})[)\]](?P<stop>\.(?= |$))?",
    re.IGNORECASE,
)
_TAIL = re.compile(
    rf"(?<=[.!?…\"”’)*]) ?[-–—*]? ?(?:{_STRONG}) ?[:：] ?(?P<rest>[^{LINK}{UNLINK}]{{3,{_HEADLINE}}})$", re.IGNORECASE
)
_FULL_STOP = re.compile(r"\w{3}[.] (?=[^\W\d_])")
_CLOSE = frozenset((",", ";", ")", "!", "?"))
# What stands before and behind a box between sentences, of so many characters as are looked at.
_AROUND = 20
_ENDED = re.compile(rf"(?:^|[.!?…:\"”’)*])[\s{LINK}{UNLINK}*–—-]*$")
_BEGINS = re.compile(rf"[\s.;*{LINK}{UNLINK}]*(?:$|[A-Z\d\"'“‘(–—-])")


def is_label(text: str) -> bool:
    """Is this the label of related links and nothing else: "Baca juga:"?"""
    return bool(_ONLY_LABEL.fullmatch(text))


def is_related(line: Line) -> bool:
    """Is the whole line a label with the links or headlines that belong to it?"""
    text = line.text
    found = _LABELLED.fullmatch(text)
    if not found:
        return False
    strong, colon, rest = (bool(found[name]) for name in ("strong", "colon", "rest"))
    if line.linked:
        if not line.label.strip(" :：-–—»›•*"):
            return strong or colon or not rest
        # "Baca <a>puisi itu</a>." is a sentence.
        return is_label(line.label) and (strong or colon or not text.endswith("."))
    if not rest:
        return strong
    return len(found["rest"]) <= _HEADLINE and (
        (strong and colon) or ((strong or colon) and is_headline(found["rest"]))
    )


def is_step(line: Line) -> bool:
    """Does the whole line lead on, as a link ("Next") or with one behind its colon: "Selanjutnya: ..."?"""
    if not line.linked:
        return False
    found = _STEP.fullmatch(line.label or line.text)
    return bool(found and (not line.label or ":" in found["sign"]))


def cut(line: Line) -> tuple[Line, list[str]]:
    """The line without the related links within it, and what those said.

    A box of label and link goes from anywhere; without a link it must be in brackets, or at the end and behind a colon.
    """
    removed: list[str] = []
    marked = line.marked
    lower = marked.lower()
    if not any(verb in lower for verb in _VERBS):
        return line, removed

    def replaced(found: re.Match[str]) -> str:
        if not _is_box(found):
            return found[0]
        removed.append(Line(found[0]).text)
        # The stop behind a box may be that of the sentence around it.
        stop = found["stop"] and not _ENDED.search(found.string[max(0, found.start() - _AROUND) : found.start()])
        return f"{'.' if stop else ''}{'' if found.string[found.end() : found.end() + 1] in _CLOSE else ' '}"

    for box in (_BOX, _ASIDE) if line.linked else (_ASIDE,):
        marked = box.sub(replaced, marked)
    found = _TAIL.search(marked)
    if found and not _FULL_STOP.search(found["rest"]):
        removed.append(Line(found[0]).text)
        marked = marked[: found.start()]
    return (Line(" ".join(marked.split())) if removed else line), removed


def _is_box(found: re.Match[str]) -> bool:
    """Is this match of _BOX or _ASIDE another article's, and no part of the sentence around it?"""
    groups = found.groupdict()
    strong = bool(groups["strong"] or groups.get("within"))
    colon = bool(groups["colon"] or groups.get("sign"))
    if "open" not in groups:
        # "(baca: korupsi)" is the author's wit.
        return strong or (colon and is_headline(groups["rest"]))
    if strong and colon:
        return True
    if groups["open"] and groups["close"]:
        return strong or (colon and len((groups["rest"] or "").split()) >= 3)
    before = found.string[max(0, found.start() - _AROUND) : found.start()]
    after = found.string[found.end() : found.end() + _AROUND]
    return (strong or colon) and bool(_ENDED.search(before) and _BEGINS.match(after))
