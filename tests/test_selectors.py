"""A page's elements are found by class and id as XPath finds them, whatever the selector and the page."""

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pipelines.page.selectors import Selectors, select

SELECTORS = (
    "p",
    ".a",
    "p.a",
    ".a.b",
    "div.a.b",
    "#x",
    "p#x.a",
    ".a .b",
    "div.a > p",
    ".a, #x",
    ".c, .a",
    ".a::attr(id)",
    "p.a::text",
    ".a:not(.b)",
    ".a:has(.c)",
    "[class~='a']",
    ".a:first-child",
    "*.a",
    "div#x p",
    ".a ~ .b",
    "#x + p",
    ".a .b > .c",
    ".c:not(:first-child)",
)
NAMES = st.sampled_from(["", "a", "b", "c", "a b", " a  b\n", "a a", "A", "ab"])
TREES = st.recursive(
    st.just(""),
    lambda inner: st.builds(
        "<{0} class='{1}' id='{2}'>t{3}</{0}>".format,
        st.sampled_from(["p", "div", "span"]),
        NAMES,
        st.sampled_from(["", "x", "y"]),
        st.lists(inner, max_size=3).map("".join),
    ),
    max_leaves=12,
)


@given(TREES)
def test_a_selector_finds_the_same_with_and_without_the_index(markup: str) -> None:
    root = etree.fromstring(f"<html><body>{markup}</body></html>", etree.HTMLParser())
    [body] = root
    for css in SELECTORS:
        assert Selectors(root).select(css) == select(root, css), css
        assert Selectors(root).select(css, body) == select(body, css), css
