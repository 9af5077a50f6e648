"""What the pages of a visit amount to: an article with its id and address, or the verdict that it is none of ours."""

from __future__ import annotations

from archive.model import Article, Verdict
from archive.outcome import Outcome
from crawler import again
from crawler.discovery import DiscoverySpider
from crawler.judgement import Judgement, by_pages, respect
from crawler.rereading import place, whole
from crawler.schedule import Schedule
from crawler.visit import Visit
from pipelines.extract import Page, left_out


class VerdictSpider(DiscoverySpider):
    """Tells what a visit came to, by its pages, by what earlier jobs know, and by what this one was asked for."""

    schedule: Schedule

    def assembled(self, visit: Visit, *, final: bool) -> Outcome:
        """The outcome of an article by the pages that have come. `final`: no further page of it is to be had."""
        first = visit.pages[0]
        article = whole(visit.pages)
        judgement = by_pages(visit, article, final=final)
        if judgement.verdict is Verdict.ARTICLE:
            judgement = self._place(article, visit, first, final=judgement.final)
        if judgement.verdict is Verdict.TAKEN_DOWN:  # nothing of it is kept again
            article = Article(id=article.id, extractor=article.extractor, rules=article.rules)
        if judgement.verdict is Verdict.ARTICLE and self.respects_opt_out:
            judgement = respect(article, judgement)
        if judgement.verdict is Verdict.ARTICLE:
            self.frontier.keep(article.id, visit.url)
        return self.outcome(visit, article, judgement)

    def _place(self, article: Article, visit: Visit, first: Page, *, final: bool) -> Judgement:
        """Give the article its address and id; the verdict if it is not wanted after all."""
        visit.url = place(article, self.name, self.outlet, visit.url, first)
        # What was a duplicate is known by its article's id, and is none itself.
        before = visit.before if visit.before and visit.before.verdict == Verdict.ARTICLE else None
        if before and before.url == visit.url:
            article.id = before.article_id or article.id  # whatever number its page has today, or has no more
        if before and before.article_id == article.id:
            return Judgement(Verdict.ARTICLE, "", final=final)
        if twin := self.frontier.twin(article.id):
            visit.url = visit.target.url  # the address that both call their own is the twin's
            verdict, more = Verdict.DUPLICATE, ""
            if self.frontier.is_taken_down(article.id):
                verdict, more = Verdict.TAKEN_DOWN, ", which was taken down"
            return Judgement(verdict, f"the same article as {twin.url}{more}", final=twin.durable)
        if visit.recovered or visit.is_revisit:  # fetched for another run, which had asked for it
            return Judgement(Verdict.ARTICLE, "", final=final)
        if not self.arguments.wants_day(article.published):
            reason = f"published {article.published or 'on an unknown day'}"
            return Judgement(Verdict.NOT_ASKED, reason, final=not visit.is_cut)
        if not (
            self.arguments.wants_section(article.section)
            or self.arguments.wants_section(self.outlet.section(visit.url))
        ):
            return Judgement(Verdict.NOT_ASKED, f"section {article.section}", final=not visit.is_cut)
        return Judgement(Verdict.ARTICLE, "", final=final)

    def outcome(self, visit: Visit, article: Article, judgement: Judgement) -> Outcome:
        """The outcome of a visit by what it was judged to be."""
        article.outlet = self.name
        # The redirect's target has a line of its own when it is an article; an error belongs to what was asked for.
        article.url = visit.url if visit.pages else visit.target.url
        article.captured = visit.began
        article.captures = visit.records
        article.job = visit.job
        aliases = (visit.target.url, *(self.outlet.canonical(record.url) for record in visit.records))
        if not article.id:
            article.id = (visit.before and visit.before.article_id) or judgement.article_id or ""
        due = again.due(self.schedule, visit, article, judgement)
        return Outcome(
            article=article,
            verdict=judgement.verdict,
            reason=judgement.reason,
            aliases=aliases,
            final=judgement.final,
            recovered=visit.recovered,
            removed=left_out(visit.pages),
            before=visit.before,
            due=due,
        )
