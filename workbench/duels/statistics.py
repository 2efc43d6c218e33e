"""How sure a paired difference is: exact sign-flip test, bootstrap interval, Holm's correction.

Every function takes what was measured and nothing else: no run, no file, no window.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.05
"""A difference is called where its corrected p lies below."""
DRAWS = 10_000
"""Of the bootstrap; fewer leave the ends of an interval unsteady."""
MOST_EXACT = 20
"""Pairs whose 2**n sign flips are all counted."""
_SEED = 20240229
# Fixed: the same differences give the same interval.

Floats = NDArray[np.float64]
Interval = tuple[float, float]


def sign_flip(differences: Sequence[float]) -> float:
    """Exact two-sided p that paired differences are centred on 0.

    If both were alike, each difference could as well bear the other sign. Of all 2**n ways to give
    signs, p is the share whose mean lies at least as far from 0 as the one that was observed. It
    cannot fall below 2 / 2**n.

    Args:
        differences: one a pair, finite, at most 20.

    Returns:
        p, over 0 and up to 1; 1 without a pair.

    Raises:
        ValueError: there are more than can be counted.

    References:
        Fisher 1935, The Design of Experiments, section 21; Good 2005, Permutation, Parametric and
        Bootstrap Tests of Hypotheses, 3rd ed., section 3.7.
    """
    given = np.asarray(differences, np.float64)
    if len(given) > MOST_EXACT:
        raise ValueError(f"{len(given)} pairs are more than {MOST_EXACT}")
    sums = np.zeros(1)
    for value in np.abs(given):
        sums = np.concatenate((sums + value, sums - value))
    # Sums of the same numbers in another order differ by rounding.
    slack = 1e-9 * float(np.abs(given).sum())
    return float((np.abs(sums) >= abs(float(given.sum())) - slack).mean())


def least_p(pairs: int) -> float:
    """The smallest p that the exact test can give.

    Args:
        pairs: how many differences there are.
    """
    return min(1.0, 2.0 ** (1 - pairs))


def repeats_needed(comparisons: int, level: float = LEVEL) -> int:
    """How many pairs it takes until one difference can be called after Holm's correction.

    Args:
        comparisons: how many are made.
        level: below which p must fall.
    """
    pairs = 1
    while least_p(pairs) * max(comparisons, 1) >= level:
        pairs += 1
    return pairs


def holm(values: Sequence[float]) -> list[float]:
    """Correct p of several tests, so that any false call among all stays as rare as one.

    Args:
        values: p of each.

    Returns:
        Corrected p in the same order, at most 1.

    References:
        Holm 1979, A simple sequentially rejective multiple test procedure, Scandinavian Journal
        of Statistics 6.
    """
    order = sorted(range(len(values)), key=lambda place: values[place])
    found, highest = [0.0] * len(values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(values) - rank) * values[place]))
        found[place] = highest
    return found


def interval_of_mean(differences: Sequence[float]) -> Interval:
    """Bootstrap interval of 95 % of a mean, bias-corrected and accelerated.

    With few pairs it is too narrow: a verdict must not rest on it alone.

    Args:
        differences: one a pair, finite.

    Returns:
        Low and high end; NaN with fewer than two; both ends are the mean where all are equal.

    References:
        Efron 1987, Better Bootstrap Confidence Intervals, JASA 82.
    """
    given = np.asarray(differences, np.float64)
    if len(given) < 2:
        return (math.nan, math.nan)
    if np.ptp(given) <= 1e-12 * max(1e-300, float(np.abs(given).max())):
        return (float(given.mean()), float(given.mean()))
    # Loading it takes longer than most of what is asked here.
    from scipy.stats import bootstrap

    with warnings.catch_warnings():
        # Where the correction is not defined, the plain percentiles are taken below.
        warnings.simplefilter("ignore")
        for method in ("BCa", "percentile"):
            found = bootstrap(
                (given,), np.mean, n_resamples=DRAWS, method=method, vectorized=True,
                rng=np.random.default_rng(_SEED),
            ).confidence_interval  # fmt: skip
            ends = (float(found.low), float(found.high))
            if math.isfinite(ends[0]) and math.isfinite(ends[1]):
                return ends
    return (math.nan, math.nan)


def superiority(first: Sequence[float], second: Sequence[float]) -> float:
    """Chance that a run of the first is above one of the second, whichever seeds they have.

    Args:
        first: a figure of each run.
        second: likewise.

    Returns:
        0 to 1, where ties count half; NaN where one is empty. From .75 on a difference is
        meaningful (Bouthillier et al. 2021, arXiv:2103.03098).
    """
    if not len(first) or not len(second):
        return math.nan
    off = np.asarray(first, np.float64)[:, None] - np.asarray(second, np.float64)[None, :]
    return float(((off > 0) + 0.5 * (off == 0)).mean())


def over_runs(table: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean and standard deviation of what several runs reached at each place.

    Args:
        table: [runs, places]; NaN where a run did not get there.

    Returns:
        Mean, NaN where no run got there; standard deviation, 0 where only one did; how many did.
    """
    known = np.isfinite(table)
    count = known.sum(axis=0).astype(np.float64)
    mean = np.where(known, table, 0.0).sum(axis=0) / np.maximum(count, 1)
    mean[count == 0] = np.nan
    off = np.where(known, table - mean, 0.0)
    return mean, np.sqrt((off**2).sum(axis=0) / np.maximum(count - 1, 1)), count
