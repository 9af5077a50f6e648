"""The fixtures of tests/outlets as the outlets would know them: address, headline, moment, pages."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

WIB = timezone(timedelta(hours=7), "WIB")
_ZONES = {7: "WIB", 8: "WITA", 9: "WIT"}
_DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
_MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)

# Pages that are no article have no expected facts; an outlet announces them with a time all the same.
UNDATED = datetime(2026, 11, 15, 9, 0, tzinfo=WIB)


@dataclass(frozen=True)
class Case:
    """One fixture folder."""

    folder: Path
    url: str
    title: str
    description: str
    published: datetime
    tags: tuple[str, ...]

    @property
    def outlet(self) -> str:
        """The spider that owns it."""
        return self.folder.parent.name

    @property
    def host(self) -> str:
        """The host of its address."""
        return urlsplit(self.url).netloc

    @property
    def path(self) -> str:
        """The path of its address, without the query."""
        return urlsplit(self.url).path

    @property
    def nomor(self) -> str:
        """The article's number where it stands in the query, else the empty string."""
        return parse_qs(urlsplit(self.url).query).get("nomor", [""])[0]

    @property
    def date_line(self) -> str:
        """`Rabu, 18 November 2026 19:26 WITA`."""
        return date_line(self.published)

    def page(self, number: str) -> bytes:
        """The bytes for `?page=number`: without such a file the outlet shows the first page."""
        wanted = self.folder / f"page-{number}.html"
        return (wanted if number.isalnum() and wanted.exists() else self.folder / "page.html").read_bytes()


def date_line(moment: datetime) -> str:
    """A moment as Tribun prints it."""
    offset = moment.utcoffset() or timedelta()
    zone = _ZONES[offset // timedelta(hours=1)]
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day}, {moment.day} {month} {moment.year} {moment:%H:%M} {zone}"


def load_cases(outlets: Path) -> list[Case]:
    """Every fixture below a folder, newest first as sources list them."""
    cases = [_load(file) for file in sorted(outlets.glob("*/*/article.json"))]
    return sorted(cases, key=lambda case: case.published, reverse=True)


def _load(file: Path) -> Case:
    facts = json.loads(file.read_text(encoding="utf-8"))
    slug = urlsplit(facts["url"]).path.rstrip("/").rpartition("/")[2]
    published = facts.get("published")
    return Case(
        folder=file.parent,
        url=facts["url"],
        title=facts.get("title") or slug.replace("-", " ").capitalize(),
        description=facts.get("description") or "",
        published=datetime.fromisoformat(published) if published else UNDATED,
        tags=tuple(facts.get("tags") or ()),
    )
