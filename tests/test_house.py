"""What an address calls an outlet."""

import pytest

from pipelines.page import house


@pytest.mark.parametrize(
    ("url", "domain", "label"),
    [
        ("https://regional.kompas.com/read/1", "kompas.com", "kompas"),
        ("https://investasi.kontan.co.id/news/1", "kontan.co.id", "kontan"),
        ("https://www.kompas.tv/x", "kompas.tv", "kompas"),
        ("http://kabar.my.id:8080/x", "kabar.my.id", "kabar"),
        ("https://tribunnews.com", "tribunnews.com", "tribunnews"),
        ("http://127.0.0.1:9000/x", "", ""),
        ("http://localhost/x", "", ""),
        ("http://[", "", ""),
        ("", "", ""),
    ],
)
def test_the_registered_domain_names_the_outlet(url: str, domain: str, label: str) -> None:
    assert (house.domain(url), house.label(url)) == (domain, label)
