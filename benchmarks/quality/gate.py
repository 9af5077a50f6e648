"""The numbers that may not fall: mean F1, by set of pages and extractor, rounded down to three digits."""

FLOORS: dict[tuple[str, str], float] = {}
