"""How well the two halves of a pair find each other in the space where they were aligned."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from workbench.insight.figures import Judged

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
    found, chances = [], []
    count = len(next(iter(pairs.values()))[2])
    total, times = np.zeros(count), np.zeros(count)
    for first, second, has in pairs.values():
        rows = np.flatnonzero(has)
        if len(rows) == 0:
            continue
        one, two = _unit(first[rows]), _unit(second[rows])
        for there, back in ((one, two), (two, one)):
            rank = ranks(there, back)
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
    )


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
