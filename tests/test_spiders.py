"""What every outlet file keeps to, with a word for who adds one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from scrapy.spiderloader import SpiderLoader
from scrapy.utils.project import get_project_settings

import archive
import crawler
import pipelines
from crawler.outlet import Index, Outlet
from crawler.spider import OutletSpider

ROOT = Path(__file__).parent.parent
FILES = sorted(path for path in (ROOT / "crawler" / "spiders").glob("*.py") if path.stem != "__init__")


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def spider(request: pytest.FixtureRequest) -> type[OutletSpider]:
    loader = SpiderLoader.from_settings(get_project_settings())
    assert request.param.stem in loader.list(), f"{request.param.name} has no spider named {request.param.stem}"
    loaded = loader.load(request.param.stem)
    assert issubclass(loaded, OutletSpider)
    return loaded


def test_stem_name_and_class_agree(spider: type[OutletSpider]) -> None:
    assert spider.__name__ == f"{spider.name.capitalize()}Spider"
    assert spider.__module__ == f"crawler.spiders.{spider.name}"


def test_every_fact_says_what_it_rests_on(spider: type[OutletSpider]) -> None:
    assert spider.outlet.evidence
    for evidence in (*spider.outlet.evidence, *(source.evidence for source in spider.outlet.sources)):
        assert len(evidence.what) > 10, "say in a line what the fact is and who says so"


def test_every_source_is_on_the_outlet_and_can_be_written_out(spider: type[OutletSpider]) -> None:
    assert spider.outlet.sources
    for source in spider.outlet.sources:
        assert spider.outlet.owns(source.url), f"{source.url} is off {spider.outlet.hosts}"
        if isinstance(source, Index):
            assert source.url.format(date="2026-11-22", page=1, offset=0)
            assert ("{offset}" in source.url) == bool(source.step), "{offset} counts by `step`"


def test_home_page_and_robots_txt_are_no_articles(spider: type[OutletSpider]) -> None:
    for source in spider.outlet.sources:
        host = source.url.split("/")[2]
        assert not spider.outlet.is_article(f"https://{host}/")
        assert not spider.outlet.is_article(f"https://{host}/robots.txt")


def test_every_outlet_has_a_case_with_its_page_its_row_and_its_reason(spider: type[OutletSpider]) -> None:
    cases = list((ROOT / "tests" / "outlets" / spider.name).iterdir())
    assert cases, f"invent a page under tests/outlets/{spider.name}/CASE/"
    for case in cases:
        assert {"page.html", "article.json", "why.md"} <= {path.name for path in case.iterdir()}


def test_a_misspelt_fact_is_an_error_at_import() -> None:
    with pytest.raises(TypeError, match="artikel"):
        Outlet(name="Contoh", artikel="x")  # type: ignore[call-arg]


@pytest.mark.parametrize("package", [archive, pipelines, crawler])
def test_the_packages_are_those_of_this_checkout(package: object) -> None:
    assert re.fullmatch(rf"{re.escape(str(ROOT))}/(archive|pipelines|crawler)/__init__.py", str(package.__file__))  # type: ignore[attr-defined]
