"""A small, well-formed copy of a feed: what feedparser can read in linear time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lxml import etree

from archive.errors import SourceRefused
from crawler.bounded import LIMITS, Limits, local_name, pieces, xml_parser

if TYPE_CHECKING:
    from collections.abc import Iterator

# Element of an item -> its name in a slim feed. RSS 1.0 dates an item with dc:date, Atom 0.3 with issued and
# modified. An Atom id is no address (RFC 4287, section 4.2.6).
_FEED_FIELDS = {
    **{name: name for name in ("title", "link", "guid", "category", "updated")},
    **dict.fromkeys(("pubdate", "published", "issued", "date"), "pubDate"),
    "modified": "updated",
}
_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_FEED_ATTRIBUTES = (_XML_BASE, "href", "rel", "type", "term", "isPermaLink")
_FEED_REPEATED = {"link": 8, "category": 32}


def slim_feed(body: str, limits: Limits = LIMITS) -> tuple[bytes, str | None]:
    """A small, well-formed copy of what we read of a feed, and the name of its fault, if it has one.

    It is what feedparser gets: that takes quadratic time for blanks before the root, for categories and
    for namespaces, and so does its parser for broken feeds; 100 KB can hold it for minutes. Items and their
    fields are taken in document order, wherever unclosed elements have carried them.
    """
    if not body.rstrip().endswith(">"):
        body = body[: body.rfind("<")]  # Cut off: the last element may hold half an address.
    parser = xml_parser(recover=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(b"".join(pieces(body)), parser)
    except etree.XMLSyntaxError as error:  # Nothing could be recovered.
        raise SourceRefused("not-a-feed", error.msg) from error
    name = "" if root is None else local_name(root.tag)
    if name not in {"rss", "rdf", "feed"}:
        raise SourceRefused("not-a-feed", f"the root element is <{name[:80]}>")
    broken = parser.error_log.filter_from_level(etree.ErrorLevels.FATAL)
    copy = etree.Element("rss", _feed_attributes(root, limits))
    for number, item in enumerate(_feed_items(root, limits)):
        if number == limits.entries:
            return etree.tostring(copy), "entries-limit"
        copy.append(item)
    return etree.tostring(copy), f"xml-broken: {broken[0].message}" if broken else None


def _feed_items(root: etree._Element, limits: Limits) -> Iterator[etree._Element]:
    item, home, kept = None, "", Counter[str]()
    for element in root.iter("*"):
        namespace = element.tag.rpartition("}")[0].lower()
        if local_name(element.tag) in {"item", "entry"}:
            if item is not None:
                yield item
            item, home, kept = etree.Element("item", _feed_attributes(element, limits)), namespace, Counter()
        # Not media:title nor itunes:title, but whatever namespace the feed has for its items.
        elif item is not None and (namespace == home or "atom" in namespace or "/dc/" in namespace):
            field = _feed_field(element, limits)
            if field is not None and kept[field.tag] < _FEED_REPEATED.get(field.tag, 1):
                kept[field.tag] += 1
                item.append(field)
    if item is not None:
        yield item


def _feed_field(element: etree._Element, limits: Limits) -> etree._Element | None:
    name = _FEED_FIELDS.get(local_name(element.tag))
    parent = element.getparent()
    if name is None or parent is None or local_name(parent.tag) in {"source", "image", "textinput"}:
        return None
    field = etree.Element(name, _feed_attributes(element, limits))
    field.text = (element.text or "").strip()[: limits.field]
    # A guid is a permalink unless it says otherwise (RSS 2.0), but many are numbers.
    if name == "guid" and not field.text.lower().startswith(("http://", "https://")):
        return None
    return field if field.text or field.attrib else None


def _feed_attributes(element: etree._Element, limits: Limits) -> dict[str, str]:
    return {name: value[: limits.field] for name in _FEED_ATTRIBUTES if (value := str(element.get(name, "")))}
