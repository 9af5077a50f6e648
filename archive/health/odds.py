"""How odd a number is, given the outlet's own past: small samples are believed little, large ones not blindly."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, lgamma, log
from statistics import median

ODD = 1e-6
"""What chance makes of it less often than this is no chance."""
# Articles of one job, or of one day, have much in common: so many independent ones they are worth at most.
_WORTH_NOW = 60
_WORTH_BEFORE = 300
_LARGE = 10_000


def chance_of_so_few(count: int, of: int, count_before: int, of_before: int) -> float:
    """Probability of `count` or fewer of `of`, where it was `count_before` of `of_before`.

    Beta-binomial with Jeffreys' prior, so that a short past is sure of little.
    """
    many, before = min(of, _WORTH_NOW), min(of_before, _WORTH_BEFORE)
    few = round(count * many / of) if of else 0
    hits = count_before * before / of_before if of_before else 0.0
    a, b = hits + 0.5, before - hits + 0.5
    return min(1.0, sum(_beta_binomial(k, many, a, b) for k in range(few + 1)))


def chance_of_so_many(count: int, of: int, count_before: int, of_before: int) -> float:
    """Probability of `count` or more of `of`, where it was `count_before` of `of_before`."""
    return chance_of_so_few(of - count, of, of_before - count_before, of_before)


def poisson_at_most(count: int, mean: float) -> float:
    """Probability of `count` or fewer where `mean` are usual; more than `mean` are not looked at closely."""
    return 1.0 if count >= mean else _up_to(count, mean)


def poisson_at_least(count: int, mean: float) -> float:
    """Probability of `count` or more where `mean` are usual; fewer than `mean` are not looked at closely."""
    if count <= mean:
        return 1.0
    return 0.0 if count > 2 * mean + 100 else max(0.0, 1.0 - _up_to(count - 1, mean))


def spread(values: Sequence[float]) -> float:
    """Standard deviation by the median of the distances from the median (MAD), which single outliers leave alone."""
    middle = median(values)
    return 1.4826 * median(abs(value - middle) for value in values)


def _beta_binomial(k: int, n: int, a: float, b: float) -> float:
    choose = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    return exp(choose + _log_beta(k + a, n - k + b) - _log_beta(a, b))


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _up_to(count: int, mean: float) -> float:
    """The sum, made with smaller numbers where they are large: those are believed less."""
    scale = max(1.0, mean / _LARGE)
    return min(1.0, sum(_poisson(k, mean / scale) for k in range(int(count / scale) + 1)))


def _poisson(k: int, mean: float) -> float:
    return exp(k * log(mean) - mean - lgamma(k + 1)) if mean > 0 else float(k == 0)
