"""What readers see around a headline: the date, who wrote it, the picture's caption; for pages without rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice

from lxml import etree
from lxml.etree import _Element as Element

from pipelines.page import people
from pipelines.page.document import Document
from pipelines.page.markup import clean, elements

# Elements looked at behind the headline; above it, the neighbours of so many ancestors.
_AFTER = 150
_ABOVE = 3
# So many words of paragraphs end the search: fewer may be a standfirst. What has fewer than a paragraph is a line.
_PROSE_WORDS = 60
_PARAGRAPH_WORDS = 12
# A line that dates or signs the article says little else: "Contoh.com - 27/03/2024, 06:16 WIB | 120 kali dibaca".
_LINE = 120
_CAPTION = 500
_LABELLED = 20
_STEPS = 10
# More belong to a cloud.
_MOST_TAGS = 20
_TAG_LABELS = frozenset(("tag", "tags", "topik"))
_NEVER = frozenset(("head", "script", "style", "noscript", "template", "svg", "iframe", "form", "select", "button"))
_ASIDE = frozenset(("ul", "ol", "nav", "aside", "footer"))
_META = re.compile(r"meta|info|byline|author|date|credit", re.IGNORECASE)
_OTHERS = re.compile(r"relat|terkait|popul|recom|rekom|sidebar|widget|trending|comment|komentar|ticker", re.IGNORECASE)
_PICTURE = re.compile(r"foto|photo|image|gambar|caption|picture", re.IGNORECASE)
_SIGNED = re.compile(
    r"(?:^|[\s_-])(?:authors?|penulis|reporter|wartawan|pewarta|jurnalis|byline|writer|creator|(?P<edited>redaktur"
    r"|editor|penyunting))(?:$|[\s_\d-])",
    re.IGNORECASE,
)
_SMALL = r"bin|binti|al|de|van|der|den|dan|and|&|[,/|]"
# A name as a byline shows it: words with capitals, and small ones between them.
_NAMES = re.compile(rf"[^\W\d_a-z][\w'’.-]*+,?(?: (?:[^\W\d_a-z][\w'’.-]*+|{_SMALL}),?)*+")
_TIME = re.compile(r"\d[:.]\d\d(?!\d)")
# What stands behind the name in "By Rina Ayu on 16 Feb 2016" and "Rina Ayu - Contoh".
_BEHIND = re.compile(r" (?:(?:on|pada) [^|]*\d|[|•·–—-] ).*$", re.DOTALL)
_SIZE = re.compile(r"[-_]\d{2,4}(?:x\d{2,4})?$|^\d{2,4}x\d{2,4}-|\d{2,4}x\d{2,4}$")
_image = etree.XPath("ancestor-or-self::*[position() <= 2]//img")
_PUBLISHED = re.compile(r"published|entry-date", re.IGNORECASE)
_MODIFIED = re.compile(r"updated|modified", re.IGNORECASE)
EDITED = re.compile(r"\b(?:di-?perba(?:ha)?rui|diubah|diedit|disunting|update[ds]?|last modified)\b", re.IGNORECASE)
"""What announces the time of an edit to readers."""
_LABEL = re.compile(r"\W*(?:penulis|editor|reporter|pewarta|jurnalis|redaktur|sumber|re[dp]\b)", re.IGNORECASE)
_LABELLED_TAGS = ("p", "div", "span", "td", "strong", "b", "em", "i", "h5", "h6", "a")
_TAG_HREF = re.compile(r"/(?:tags?|topi[ck]s?)\b", re.IGNORECASE)
_TAG_BOX = re.compile(r"(?:^|[\s_-])tags?", re.IGNORECASE)
_marked = etree.XPath("//*[@itemprop][not(self::meta)]")


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around the headline."""

    dates: list[str] = field(default_factory=list)
    """Lines and attributes that may name an instant, the likeliest first."""
    above: list[str] = field(default_factory=list)
    """Lines with a time that stand right above it: old templates put the date there."""
    updated: list[str] = field(default_factory=list)
    """Dates in elements of that class: an edit's, but themes of hAtom mark the only date there is so."""
    authors: list[str] = field(default_factory=list)
    editors: list[str] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    """Of pictures between the headline and the text."""
    kinds: dict[bool, str] = field(default_factory=dict)
    """Class and id of the elements that gave the authors (False) and the editors (True)."""


def around(document: Document, heading: Element | None, image: str | None) -> Around:
    """Read the neighbourhood of the headline; nothing for a page that shows none.

    Only what stands between the headline and the first paragraphs counts, and dates right above it: elsewhere every
    date and every name is another article's. A caption counts under the article's own `image`.
    """
    found = Around()
    found.dates.extend(islice(_announced(document.root), 1))
    if heading is None:
        return found
    prose = 0
    for element in islice(_onward(heading), _AFTER):
        words = len(_own(element).split())
        prose += words if words >= _PARAGRAPH_WORDS else 0
        if prose > _PROSE_WORDS:
            break
        if _is_picture(element):
            if image and _shows(element, image):
                found.captions.extend(_captions(element))
        elif line := _line(element):
            _note_date(element, line, found)
            _note_names(element, line, found)
    # Without a time it would be today's date, in the page's header.
    found.above.extend(line for one in _above(heading) if (line := _line(one)) and _TIME.search(line))
    return found


def labelled(document: Document, heading: Element) -> people.Byline:
    """Who the first lines with a label name, anywhere behind the headline: "Editor: B" below the text."""
    found = people.Byline()
    labels = (one for one in _behind(document, heading, _LABELLED_TAGS) if _LABEL.match(one.text or ""))
    for element in islice(labels, _LABELLED):
        if any(one.tag in _ASIDE for one in element.iterancestors()):
            continue
        names = _beside(element)
        found.authors = found.authors or names.authors
        found.editors = found.editors or names.editors
        found.source = found.source or names.source
    return found


def _beside(label: Element) -> people.Byline:
    """Who the label names: in its own line, in its parent's, or in the line before it ("Rina Ayu", "Penulis")."""
    parent = label.getparent()
    for line in (_line(label), "" if parent is None else _line(parent)):
        byline = people.byline(line) if line else None
        # Sites and people that are a source are a photo's: only an agency gives the text.
        if byline and (byline.authors or byline.editors or people.is_agency(byline.source or "")):
            return byline
    before = label.getprevious()
    name = "" if before is None else _line(before)
    role = people.role(_line(label))
    names = [name] if _NAMES.fullmatch(name) else []
    return people.Byline(authors=names if role == "authors" else [], editors=names if role == "editors" else [])


def signed(document: Document) -> list[str]:
    """Names in elements that markup declares the author's."""
    links = (one for one in document.root.iter("a") if "author" in one.get("rel", ""))
    return [name for one in islice(chain(_of(document.root, "author"), links), 5) if (name := _line(one))]


def trail(document: Document) -> list[str]:
    """The steps of the breadcrumbs."""
    boxes = (one for one in document.root.iter("ul", "ol", "div", "nav", "p") if "breadcrumb" in _named(one).lower())
    links = [link for one in islice(boxes, 1) for link in islice(one.iter("a"), _STEPS)]
    return [step for link in links if (step := _line(link))]


def tags(document: Document, heading: Element | None) -> list[str]:
    """Keywords in the text's markup, or what the links to tags behind the headline say.

    Nothing when there are too many links for one article.
    """
    if listed := _of(document.root, "keywords"):
        return [tag for element in listed[:_MOST_TAGS] for tag in "".join(_texts(element, _CAPTION)).split(",")]
    links = [] if heading is None else [*_behind(document, heading, ("a",))]
    found = [one for one in links if "tag" in one.get("rel", "").split()] or [one for one in links if _is_tag(one)]
    lines = [_line(one).lstrip("# ") for one in found] if len(found) <= _MOST_TAGS else []
    return [line for line in lines if line.lower().rstrip(" :") not in _TAG_LABELS]


def _is_tag(link: Element) -> bool:
    """Does a link lead to a tag, out of a box that is named for tags?"""
    boxes = islice(link.iterancestors(), 3)
    return bool(_TAG_HREF.search(link.get("href", ""))) and any(_TAG_BOX.search(one.get("class", "")) for one in boxes)


def _behind(document: Document, heading: Element, tags: tuple[str, ...]) -> Iterator[Element]:
    """Elements with these names behind the headline, in the order of the page."""
    passed = False
    for element in document.root.iter(heading.tag, *tags):
        if passed and element.tag in tags:
            yield element
        passed = passed or element is heading


def _of(root: Element, name: str) -> list[Element]:
    """Elements that microdata gives this name."""
    return [one for one in elements(_marked, root) if name in one.get("itemprop", "").split()]


def _announced(root: Element) -> Iterator[str]:
    """What elements hold that are marked as the date of publication."""
    times = (one for one in root.iter("time") if _PUBLISHED.search(one.get("class", "")))
    for element in chain(_of(root, "datePublished"), times):
        if not any(one.tag in _ASIDE or one.tag == "li" for one in element.iterancestors()):
            yield element.get("datetime") or element.get("content") or _line(element)


def _note_date(element: Element, line: str, found: Around) -> None:
    stated = element.get("datetime") if element.tag == "time" else None
    named = _named(element)
    if _MODIFIED.search(named) and not _PUBLISHED.search(named):
        found.updated.append(stated or line)
        return
    if stated and not EDITED.search(line):
        found.dates.append(stated)
    if any(map(str.isdecimal, line)) or line.endswith("lalu"):
        found.dates.append(line)


def _note_names(element: Element, line: str, found: Around) -> None:
    if byline := people.byline(line):
        found.authors.extend(byline.authors)
        found.editors.extend(byline.editors)
    elif mark := _SIGNED.search(_named(element)):
        # Several authors stand in elements of one kind; what else is named for them is about them.
        names = _NAMES.fullmatch(people.unlabelled(_BEHIND.sub("", line)))
        if names and found.kinds.setdefault(bool(mark["edited"]), _named(element)) == _named(element):
            (found.editors if mark["edited"] else found.authors).append(names[0])


def _onward(start: Element) -> Iterator[Element]:
    """The elements behind one in the order of the page; boxes that are about other things are passed over."""
    element: Element | None = start
    inside = False
    while element is not None:
        following = element[0] if inside and len(element) else element.getnext()
        while following is None and element is not None:
            element = element.getparent()
            following = element.getnext() if element is not None else None
        element = following
        if element is not None:
            inside = not _is_aside(element)
            if inside:
                yield element
                inside = not _is_picture(element)


def _above(start: Element) -> Iterator[Element]:
    """The two elements before one, and before each of its next ancestors."""
    element: Element | None = start
    for _ in range(_ABOVE):
        if element is None:
            return
        for sibling in islice(element.itersiblings(preceding=True), 2):
            if not _is_aside(sibling) and sibling.tag != "header":
                yield sibling
        element = element.getparent()


def _is_picture(element: Element) -> bool:
    """Is it a figure, or a box that is named after one and holds no more than its caption?"""
    named = element.tag in {"figure", "figcaption"} or _PICTURE.search(_named(element))
    return bool(named) and sum(map(len, _texts(element, _CAPTION))) <= _CAPTION


def _shows(picture: Element, image: str) -> bool:
    """Is the article's image in the box, or right beside it? Sizes have addresses of their own, with one file name."""
    name = _file(image)
    addresses = (img.get(key, "") for img in elements(_image, picture)[:3] for key in ("src", "data-src"))
    return len(name) > 3 and any(_file(address) == name for address in addresses)


def _file(address: str) -> str:
    """The name of a file without its path, ending and size."""
    name = address.partition("?")[0].rstrip("/").rpartition("/")[2]
    return _SIZE.sub("", name.rpartition(".")[0])


def _captions(picture: Element) -> Iterator[str]:
    for element in picture.iter("figcaption", "p", "div", "span"):
        if element.tag == "figcaption" or "caption" in _named(element).lower():
            if caption := clean(" ".join(_texts(element, _CAPTION))):
                yield caption
            return


def _is_aside(element: Element) -> bool:
    if element.tag in _NEVER:
        return True
    named = _named(element)
    return bool(_OTHERS.search(named)) or (element.tag in _ASIDE and not (_META.search(named) and len(element) < 5))


def _named(element: Element) -> str:
    return f"{element.get('class', '')} {element.get('id', '')} {element.get('itemprop', '')} {element.get('rel', '')}"


def _own(element: Element) -> str:
    """The text that stands in the element itself and not in others inside it."""
    return " ".join([element.text or "", *(child.tail or "" for child in element)])


def _line(element: Element) -> str:
    """The text of an element that is one short line; empty for more."""
    line = clean(" ".join(_texts(element, _LINE)))
    return line if len(line) <= _LINE else ""


def _texts(element: Element, most: int) -> list[str]:
    """Texts in an element, until they are more than `most` characters."""
    found: list[str] = []
    for text in element.itertext():
        if not text.isspace():
            found.append(str(text))
            most -= len(text)
            if most < 0:
                break
    return found
