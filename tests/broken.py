"""A pipeline with a fault, for a test that wants to see it counted."""

from archive.outcome import Outcome


class BrokenPipeline:
    """Fails for every article."""

    def process_item(self, item: Outcome) -> Outcome:
        raise KeyError(item.article.url)
