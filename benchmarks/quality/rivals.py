"""The extractors that others would use, on the same pages."""

from __future__ import annotations

import logging
import warnings
from typing import Any

from lxml import html
from readability import Document
from trafilatura import bare_extraction

from benchmarks.quality.gold import Sample
from benchmarks.quality.own import Extractor, Reading

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it misses nltk, which only its summaries need
    from newspaper import Article as Newspaper


def trafilatura(sample: Sample, **options: Any) -> Reading:
    """Its text alone unless `with_metadata` is among the options."""
    found = bare_extraction(sample.html, url=sample.url, **options)
    if found is None or isinstance(found, dict):
        return Reading("")
    return Reading(found.text or "", found.title)


def readability(sample: Sample) -> Reading:
    """Its summary, tags taken off."""
    try:
        document = Document(sample.html)
        body = html.fromstring(document.summary())
    except Exception:  # noqa: BLE001 - a page that it cannot read is a page that it has no text of
        return Reading("")
    return Reading("\n".join(str(text).strip() for text in body.itertext()), document.short_title())


def newspaper(sample: Sample) -> Reading:
    """As for an Indonesian page; pictures are not fetched."""
    article = Newspaper(sample.url, language="id", fetch_images=False)
    article.download(input_html=sample.html.decode("utf-8", "replace"))
    article.parse()
    return Reading(article.text, article.title)


RIVALS: dict[str, Extractor] = {
    "trafilatura": trafilatura,
    "trafilatura precision": lambda sample: trafilatura(sample, favor_precision=True),
    "trafilatura fast": lambda sample: trafilatura(sample, fast=True),
    "trafilatura + metadata": lambda sample: trafilatura(sample, with_metadata=True),
    "readability-lxml": readability,
    "newspaper4k": newspaper,
}


def quiet() -> None:
    """They warn of every page that they find nothing on."""
    for name in ("trafilatura", "readability", "newspaper"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
