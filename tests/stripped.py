"""What is left of a piece of markup, alone or between two paragraphs of prose."""

from pipelines.page import blocks
from pipelines.text import boilerplate
from tests.pages import container

PROSE = "Warga berkumpul di balai desa sejak pagi untuk mendengarkan penjelasan petugas."
MORE = "Mereka pulang menjelang siang setelah semua pertanyaan dijawab."


def bare(markup: str, outlet: tuple[str, ...] = (), title: str | None = None) -> boilerplate.Body:
    """What is left of a container with this markup."""
    return boilerplate.strip(blocks.read(container(markup)), outlet, title)


def body(markup: str, outlet: tuple[str, ...] = ()) -> boilerplate.Body:
    """What is left of it between two paragraphs of prose."""
    return bare(f"<p>{PROSE}</p>{markup}<p>{MORE}</p>", outlet)


def rules(found: boilerplate.Body) -> list[tuple[str, str]]:
    """(rule, text) of each line that was taken away."""
    return [(one.rule, one.text) for one in found.removed]
