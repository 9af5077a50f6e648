"""Names in bylines: who wrote and who edited, and who is no person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.page import people


def roles(line: str) -> tuple[list[str], list[str], str | None] | None:
    found = people.byline(line)
    return (found.authors, found.editors, found.source) if found else None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Penulis: Rina Ayu", (["Rina Ayu"], [], None)),
        ("Penulis : Rina Ayu Editor : Budi Eka", (["Rina Ayu"], ["Budi Eka"], None)),
        ("Penulis: RINA AYU | Editor: budi", (["RINA AYU"], ["budi"], None)),
        ("Penulis | : | Rina Ayu", (["Rina Ayu"], [], None)),
        ("Pewarta: Rina Ayu dan Budi Eka", (["Rina Ayu", "Budi Eka"], [], None)),
        ("Rep: Rina Ayu / Red: Budi Eka", (["Rina Ayu"], ["Budi Eka"], None)),
        ("Rep: / Red: Budi Eka", ([], ["Budi Eka"], None)),
        ("Redaktur & Reporter : Rina", (["Rina"], ["Rina"], None)),
        ("Penulis/Editor: Rina", (["Rina"], ["Rina"], None)),
        ("Reporter: Rina | Editor: Budi, S.Pd", (["Rina"], ["Budi, S.Pd"], None)),
        ("(Sumber: TASS)", ([], [], "TASS")),
        ("Fotografer: Rina Ayu", None),
        ("Editor adalah pekerjaan yang dilupakan.", None),
        ("Editor: pekerjaan yang dilupakan orang", None),
        ("penulis: siti nurlaela", (["siti nurlaela"], [], None)),
        ("Penulis novel itu hadir: ia tersenyum.", None),
        ("Sumber: polisi menemukan tiga korban di dalam rumah.", None),
        ("Editor: pekerjaan yang sering dilupakan orang di balik layar kaca itu", None),
        ("", None),
    ],
)
def test_a_byline_gives_each_role_its_names(
    line: str, expected: tuple[list[str], list[str], str | None] | None
) -> None:
    assert roles(line) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Oleh Rina Ayu", ["Rina Ayu"]),
        ("By Rina Ayu", ["Rina Ayu"]),
        ("Penulis: Rina Ayu", ["Rina Ayu"]),
        ("Rina Ayu - Contoh", ["Rina Ayu"]),
        ("Rina Ayu - contohFinansial", ["Rina Ayu"]),
        ("Rina Ayu (Kontributor)", ["Rina Ayu"]),
        ("Kontributor Kudus, Rina Ayu", ["Rina Ayu"]),
        ("Rina Ayu/Antara", ["Rina Ayu"]),
        ("Tim Contoh", []),
        ("Tim Cook", ["Tim Cook"]),
        ("Tim Redaksi", []),
        ("Tim Liputan Daerah", []),
        ("admin2", []),
        ("Super Admin", []),
        ("Antara News", []),
        ("LKBN Antara", []),
        ("contoh.id developer", []),
        ("undefined", []),
        ("vyp/kna", []),
        ("(abc)", []),
        ("rina", ["rina"]),
        ("Rina Ayu Lain.com", ["Rina Ayu"]),
        ("12", []),
        ("Rina Ayu, rina ayu", ["Rina Ayu"]),
    ],
)
def test_only_people_are_named(value: str, expected: list[str]) -> None:
    assert people.people([value], ("Contoh",), "contoh") == expected


def test_agencies_are_known() -> None:
    assert all(map(people.is_agency, ("ANTARA", "Antara News", "LKBN Antara", "AFP", "Xinhua", "Anadolu Agency")))
    assert not any(map(people.is_agency, ("Antara Kita", "Ani", "Tassa", "")))


@given(st.text(max_size=300))
def test_any_line_is_a_byline_or_none(line: str) -> None:
    names = people.people([line], ("Contoh",), "contoh")
    assert all(name.strip() == name and name for name in names)
    found = people.byline(line)
    assert found is None or all(name in " ".join(line.split()) for name in found.authors if "," not in name)
