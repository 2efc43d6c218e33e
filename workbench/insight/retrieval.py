"""How well the two halves of a pair find each other in the space where they were aligned."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from workbench.insight import intervals
from workbench.insight.figures import Judged
from workbench.runs.results import PairRow
from workbench.spec import PAIRS

AT = (1, 5, 10)
"""A partner counts as found among so many nearest."""
_ROWS = 1024

Pair = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]
"""Both halves, [samples, size], and which samples have both."""


def judge_pairs(pairs: Mapping[str, Pair]) -> Judged:
    """Rank the partner of each sample among all, from each half to the other.

    Args:
        pairs: by name, both halves of all samples.

    Returns:
        ``recall_at_1``, ``recall_at_5``, ``recall_at_10`` (share of samples whose partner is among
        so many nearest by cosine) and ``median_rank``, each the mean over pairs and directions,
        beside what chance gives. Of each sample the rank that was hoped for, 1, and the mean one
        found; 0 where it has no pair.
    """
    found, chances, ranked = [], [], []
    count = len(next(iter(pairs.values()))[2])
    total, times = np.zeros(count), np.zeros(count)
    for first, second, has in pairs.values():
        rows = np.flatnonzero(has)
        if len(rows) == 0:
            continue
        one, two = _unit(first[rows]), _unit(second[rows])
        for there, back in ((one, two), (two, one)):
            rank = ranks(there, back)
            ranked.append(rank)
            found.append(_figures(rank))
            chances.append(_chance(len(rows)))
            total[rows] += rank
            times[rows] += 1
    names = [*(f"recall_at_{n}" for n in AT), "median_rank"]
    return Judged(
        metrics=dict(zip(names, np.mean(found, axis=0).tolist(), strict=True)) if found else {},
        baseline=dict(zip(names, np.mean(chances, axis=0).tolist(), strict=True)) if found else {},
        target=np.ones(count),
        prediction=total / np.maximum(times, 1),
        intervals=_between([has for _, _, has in pairs.values()], ranked),
    )


def _between(
    halves: list[NDArray[np.bool_]], ranked: list[NDArray[np.int64]]
) -> dict[str, intervals.Interval]:
    """Intervals over the samples; only where every pair is of the same ones."""
    if not ranked or any((has != halves[0]).any() for has in halves[1:]):
        return {}
    each = {f"recall_at_{n}": np.mean([rank <= n for rank in ranked], axis=0) for n in AT}
    return intervals.of_draws(intervals.of_means(each))


def rows_of(pairs: Mapping[str, Pair]) -> tuple[PairRow, ...]:
    """Both directions of each pair; a pair that no sample has is left out.

    Args:
        pairs: by name, both halves of all samples.
    """
    found = []
    for name, (first, second, has) in pairs.items():
        rows = np.flatnonzero(has)
        if len(rows) == 0:
            continue
        one, two = _unit(first[rows]), _unit(second[rows])
        gap = float(np.linalg.norm(one.mean(axis=0) - two.mean(axis=0)))
        asked, answer = PAIRS[name]
        for near, far, given, taken in ((one, two, asked, answer), (two, one, answer, asked)):
            figures = _figures(ranks(near, far))
            found.append(
                PairRow(
                    pair=name, asked=given, found=taken, recall_at_1=figures[0],
                    recall_at_5=figures[1], recall_at_10=figures[2], median_rank=figures[3],
                    support=len(rows), gap=gap,
                )
            )  # fmt: skip
    return tuple(found)


def ranks(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.int64]:
    """The place of each row's partner among all rows of the other half, 1 for the nearest.

    A tie counts as if the partner came last of those alike, so that a space in which all is one
    point does not shine.

    Args:
        first: unit vectors, [samples, size].
        second: unit vectors; row i belongs to row i.
    """
    found = []
    for start in range(0, len(first), _ROWS):
        some = first[start : start + _ROWS]
        near = some @ second.T
        own = np.einsum("ij,ij->i", some, second[start : start + _ROWS])
        found.append((near >= own[:, None] - 1e-9).sum(axis=1))
    return np.concatenate(found)


def _unit(values: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(values, axis=1, keepdims=True)
    unit: NDArray[np.float64] = values / np.maximum(length, 1e-12)
    return unit


def _figures(rank: NDArray[np.int64]) -> list[float]:
    return [*((rank <= n).mean() for n in AT), float(np.median(rank))]


def _chance(count: int) -> list[float]:
    return [*(min(n / count, 1.0) for n in AT), (count + 1) / 2]
