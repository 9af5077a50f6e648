"""HTML pages that list articles, in the markup that each outlet's listing pages have."""

from collections.abc import Iterable, Sequence
from datetime import date
from html import escape

from tests.fakesite.cases import Case

PER_PAGE = 20


def page(title: str, body: str) -> bytes:
    """An HTML page of an outlet."""
    return f"""<!DOCTYPE html>
<html lang="id">
<head><meta charset="utf-8"><title>{escape(title)}</title></head>
<body>
{body}
</body>
</html>
""".encode()


def tribun_index(cases: Iterable[Case], day: str, number: str) -> bytes:
    """`/index-news?date=YYYY-M-D&page=N`: without a day all articles; past the end the last page again."""
    wanted = [case for case in cases if not day or _same_day(case, day)]
    last = max(1, -(-len(wanted) // PER_PAGE))
    current = min(max(1, int(number)), last) if number.isdecimal() else 1
    rows = "\n".join(_tribun_row(case) for case in wanted[(current - 1) * PER_PAGE : current * PER_PAGE])
    dated = f"date={day}&" if day else ""
    links = [(str(n), n) for n in range(1, last + 1)] + ([("Last", last)] if last > 1 else [])
    pager = "\n".join(f'<a href="?{escape(dated)}page={n}">{label}</a>' for label, n in links)
    return page(
        "Indeks Berita - Tribunnews.com",
        f'<ul class="lsi">\n{rows}\n</ul>\n<div id="paginga"><div class="paging">\n{pager}\n</div></div>',
    )


def _same_day(case: Case, day: str) -> bool:
    try:
        year, month, number = map(int, day.split("-"))
        return case.published.date() == date(year, month, number)
    except ValueError:
        return False


def _tribun_row(case: Case) -> str:
    title = escape(case.title)
    return f"""<li class="ptb15">
<h4 class="f14"><a href="https://{case.host}/topic/kabar-hari-ini">Kabar Hari Ini</a></h4>
<h3 class="f16 fbo"><a href="{escape(case.url)}?utm_source=rss" title="{title}">{title}</a></h3>
<div class="grey pt5"><time class="foot timeago grey">{case.date_line}</time></div>
</li>"""


def kompastv_section(name: str, cases: Iterable[Case]) -> bytes:
    """`/nasional` and its kin."""
    rows = "\n".join(
        f'<div class="opininews2"><h2><a href="{escape(case.url)}">{escape(case.title)}</a></h2>\n'
        f'<div class="secsmalltime2">{_clock_after(", ", case).partition(", ")[2]}</div></div>'
        for case in cases
    )
    return page(f"Berita {name} - Kompas.tv", rows)


def intisari_home(cases: Sequence[tuple[str, Case]]) -> bytes:
    """The home page, given the address under which it announces each article."""
    rows = "\n".join(
        f"""<div class="news-list__item clearfix">
<a class="news-list__link" href="{escape(url)}"><h2 class="news-list__title">{escape(case.title)}</h2></a>
<div class="news-list__date">{_clock_after(" | ", case)}</div>
<div class="news-list__caption">{escape(case.description)}</div>
</div>"""
        for url, case in cases
    )
    return page("Intisari Online", f'<div class="news-list__list">\n{rows}\n</div>')


def _clock_after(mark: str, case: Case) -> str:
    day, clock, zone = case.date_line.rsplit(" ", 2)
    return f"{day}{mark}{clock} {zone}"
