"""Captures to an article: what a crawl makes of its answers, and what is made of them again from the archive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from scrapy.exceptions import DownloadCancelledError
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes
from w3lib.encoding import http_content_type_encoding

from archive import message, optout, replay
from archive.errors import Damaged
from archive.model import Article, RecordRef, Verdict
from archive.outcome import Outcome
from archive.proof import ref_of
from archive.replay import Readable
from crawler.coding import CUT_OFF, CodingError, unpacked
from crawler.judgement import Judgement, respect
from crawler.outlet import Outlet
from pipelines.clean import CleanPipeline
from pipelines.extract import EXTRACTOR, Page, extract, join
from pipelines.language import tell

Row = dict[str, Any]
"""A row of `articles/`, or with verdict and reason one of `dropped/`."""

_OF_THE_JOB = frozenset((Verdict.DUPLICATE, Verdict.NOT_ASKED, Verdict.REDIRECTED_AWAY))
"""Verdicts that a job came to by more than the page: what else it had fetched, and what it was asked for."""
_END = 1024
"""Bytes in which the end tag of a whole page is looked for."""
_OF_HOST = ("robots.txt", "tdmrep.json")
_KEPT = ("id", "version", "outlet", "url", "captured", "captures", "job")


class Call(NamedTuple):
    """What `extract` is called with for an answer that is a page."""

    body: bytes
    url: str
    charset: str | None
    is_cut: bool


def response_of(url: str, head: bytes, payload: bytes) -> Response:
    """A response from the archive as it once came from the wire."""
    # All values of a name at once: to append to a Headers copies what is there, and a head may have any number.
    fields: dict[bytes, list[bytes]] = {}
    for line in message.unfold_lines(head)[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            fields.setdefault(name.strip().title(), []).append(value.strip())
    headers = Headers(fields)
    kind = responsetypes.from_args(headers=headers, url=url, body=payload)
    return kind(url, status=message.status(head) or 0, headers=headers, body=payload)


def page_call(response: Response) -> Call | Judgement:
    """How an answer of status 200 is to be read; the verdict of one that is no HTML."""
    content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
    if content_type and "html" not in content_type.lower():
        return Judgement(Verdict.NOT_HTML, f"Content-Type is {content_type}")
    # Some servers never finish a coding, on any page: one that has its end is all there.
    is_cut = CUT_OFF in response.flags and b"</html" not in response.body[-_END:].lower()
    return Call(response.body, response.url, http_content_type_encoding(content_type), is_cut)


def whole(pages: Sequence[Page]) -> Article:
    """The article of its pages, with what each of them says against reuse."""
    article = join(pages)
    article.opt_out = list(dict.fromkeys(signal for page in pages for signal in page.article.opt_out))
    return article


def place(article: Article, name: str, outlet: Outlet, address: str, first: Page) -> str:
    """Give an article its id and section; its canonical address, `address` being where its first page was found."""
    url = outlet.own_address(address, first.canonical)
    article.id = f"{name}:{outlet.article_id(url, first.number)}"
    if article.section is None and (section := outlet.section(url)):
        article.section, article.origins["section"] = section, "url"
    return url


def finished(outcome: Outcome) -> Row:
    """The row of an outcome, after all that the pipelines do to it."""
    CleanPipeline().process_item(outcome)
    tell(outcome.article)
    return row_of(outcome)


def row_of(outcome: Outcome) -> Row:
    """The row of an outcome as it is."""
    row = outcome.article.row()
    if outcome.verdict is not Verdict.ARTICLE:
        row |= {"verdict": outcome.verdict.value, "reason": outcome.reason}
    return row


def as_duplicate(row: Row, url: str) -> Row:
    """A row that is another address of the article at `url`."""
    return row | {"verdict": Verdict.DUPLICATE.value, "reason": f"the same article as {url}"}


def as_taken_down(row: Row, url: str) -> Row:
    """The same where that article was taken down: nothing of it is kept again."""
    blank = Article(extractor=row["extractor"], rules=row["rules"]).row()
    kept = {name: row[name] for name in _KEPT}
    reason = f"the same article as {url}, which was taken down"
    return blank | kept | {"verdict": Verdict.TAKEN_DOWN.value, "reason": reason}


def reread(files: Readable, row: Row, outlet: Outlet, *, respects_opt_out: bool = True) -> Row:
    """The row that today's extractor and rules make of the captures of a row.

    It keeps id, version, address, captures and job. What a job came to by more than the page stays as it was: a
    duplicate is one of what that job knew. Raises Damaged where the captures are not what the row says, StorageError,
    PageRefused.
    """
    if row.get("verdict") == Verdict.TAKEN_DOWN:  # nothing of it is kept again
        return row
    captured = datetime.fromisoformat(row["captured"]) if row["captured"] else None
    refs = [ref_of(capture) for capture in row["captures"]]
    # A page that had not changed has its first capture in the row, and what its host said on the day of the last.
    of_host = [signal for signal in row.get("opt_out", ()) if signal.startswith(_OF_HOST)]
    pages: list[Page] = []
    for ref in refs:
        head, payload, stored = replay.exchange(files, ref)
        response = response_of(ref.url, head, payload)
        call = _call(response) if response.status == 200 else None
        if not isinstance(call, Call):
            if pages:
                raise Damaged(f"{ref.warc} holds no page at byte {ref.offset}, which a row was made of.")
            return _untold(row, outlet, call)
        page = extract(call.body, call.url, outlet.rules, charset=call.charset, captured=captured, is_cut=call.is_cut)
        page.article.opt_out = optout.all_signals(page.article.opt_out, head, (*stored, *of_host))
        pages.append(page)
    if not pages:
        raise Damaged("The row points at no record. scrapy verify --deep tells more.")
    return _judged(row, refs, pages, outlet, respects_opt_out=respects_opt_out)


def _judged(row: Row, refs: list[RecordRef], pages: list[Page], outlet: Outlet, *, respects_opt_out: bool) -> Row:
    first, article, was = pages[0], whole(pages), row.get("verdict")
    judgement = Judgement(first.verdict, first.reason)
    kept = {name: row[name] for name in _KEPT}
    if first.verdict is Verdict.ARTICLE:
        place(article, row["outlet"], outlet, outlet.canonical(refs[0].url), first)
        if was in _OF_THE_JOB:
            judgement = Judgement(Verdict(was), row["reason"])
    if judgement.verdict is Verdict.ARTICLE and respects_opt_out:
        judgement = respect(article, judgement)
    if judgement.verdict is Verdict.ARTICLE and not kept["id"]:
        kept["id"] = article.id
    article.drift = bool(row.get("drift")) and not _is_mended(row, article)
    made = finished(Outcome(article=article, verdict=judgement.verdict, reason=judgement.reason))
    return made | kept


def _untold(row: Row, outlet: Outlet, judgement: Judgement | None) -> Row:
    """The row of an answer that is no page: nothing that an extractor could say more of."""
    made = row | {"extractor": EXTRACTOR, "rules": outlet.rules.digest}
    if judgement and row.get("verdict") not in _OF_THE_JOB:
        made |= {"verdict": judgement.verdict.value, "reason": judgement.reason}
    return made


def _is_mended(row: Row, article: Article) -> bool:
    """Do other rules than those of the row find again what an article must have?"""
    is_ruled = article.origins.get("text") == "rule" and bool(article.title) and article.published is not None
    return is_ruled and (row["extractor"], row["rules"]) != (article.extractor, article.rules)


def _call(response: Response) -> Call | Judgement:
    try:
        return page_call(unpacked(response))
    except (CodingError, DownloadCancelledError) as error:
        raise Damaged(f"{response.url} cannot be read as a crawl read it: {error}.") from error
