"""The numbers that may not fall: mean F1, by set of pages and extractor, as reached and rounded down to three digits."""

FLOORS = {
    ("invented", "by rules"): 1.0,
    ("invented", "generic path"): 0.999,
    ("real", "by rules"): 1.0,
    ("real", "generic path"): 0.999,
    ("seeds", "by rules"): 1.0,
    ("seeds", "generic path"): 0.996,
    ("generic", "generic path"): 0.982,
}
