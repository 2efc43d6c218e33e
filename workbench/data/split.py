"""Which samples train, which choose the best epoch, and which only the last evaluation sees."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import SPLITS, Target
from workbench.errors import UserError

BINS = 10
"""Quantile bins by which numbers are stratified."""


def split(
    target: Target,
    usable: NDArray[np.bool_],
    *,
    validation: float,
    test: float,
    seed: int,
    fixed: NDArray[np.int8] | None = None,
) -> NDArray[np.int8]:
    """Divide samples, each class (or range of numbers) in the same proportions.

    Args:
        target: what is learned.
        usable: which samples take part, bool [samples]; those without a target never do.
        validation: share for validation, above 0.
        test: share for test, above 0.
        seed: another number, another division.
        fixed: what the data state themselves, -1 where they do not; a sample that states nothing
            goes to train where any sample states something.

    Returns:
        int8 [samples]: 0 train, 1 validation, 2 test, -1 left out.

    Raises:
        UserError: a split would be empty, or a class would be missing from training.
    """
    takes_part = usable & target.present
    result = np.full(len(usable), -1, np.int8)
    if fixed is not None and (fixed >= 0).any():
        result[takes_part] = np.maximum(fixed[takes_part], 0)
        result = _complete(result, target, validation, test, seed)
    else:
        rows = np.flatnonzero(takes_part)
        result[rows] = _divide(_strata(target, rows), (validation, test), seed)
    _refuse_empty(result, target)
    return result


def _complete(
    result: NDArray[np.int8], target: Target, validation: float, test: float, seed: int
) -> NDArray[np.int8]:
    """Take a split that the data do not state from the training samples."""
    for number, share in ((1, validation), (2, test)):
        if not (result == number).any():
            rows = np.flatnonzero(result == 0)
            taken = _divide(_strata(target, rows), (share, 0.0), seed + number) == 1
            result[rows[taken]] = number
    return result


def _strata(target: Target, rows: NDArray[np.int64]) -> NDArray[Any]:
    values = target.values[rows]
    if target.task != "number":
        return values
    edges = np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1]) if len(values) else []
    return np.searchsorted(np.asarray(edges), values)


def _divide(strata: NDArray[Any], shares: tuple[float, float], seed: int) -> NDArray[np.int8]:
    """Shuffle, bring equal strata together evenly spread, and cut at the shares.

    Each sample gets a place in 0..1 within its stratum; the first places validate, the next test.
    """
    count = len(strata)
    order = np.random.Generator(np.random.Philox(seed)).permutation(count)
    by_stratum = order[np.argsort(strata[order], kind="stable")]
    values = strata[by_stratum]
    starts = np.flatnonzero(np.concatenate([[count > 0], values[1:] != values[:-1]]))
    result = np.zeros(count, np.int8)
    bounds = [*starts, count]
    carried = np.zeros(2)
    for start, stop in pairwise(bounds):
        size = stop - start
        # What rounding took from one stratum the next one gives back.
        wanted = np.asarray(shares) * size + carried
        most = max(size - 1, 0)
        taken = np.minimum(np.floor(wanted + 0.5).astype(int), most)
        taken[1] = min(taken[1], most - taken[0]) if most - taken[0] > 0 else 0
        taken = np.maximum(taken, 0)
        carried = wanted - taken
        result[by_stratum[start : start + taken[0]]] = 1
        result[by_stratum[start + taken[0] : start + taken.sum()]] = 2
    return result


def _refuse_empty(result: NDArray[np.int8], target: Target) -> None:
    counts = {name: int((result == number).sum()) for number, name in enumerate(SPLITS)}
    for name, count in counts.items():
        if count == 0:
            raise UserError(
                f"No sample is left for {name} ({sum(counts.values())} samples can be used).",
                "Add samples or change the shares of the split.",
            )
    if target.classes:
        trained = np.unique(target.values[result == 0])
        lost = [name for number, name in enumerate(target.classes) if number not in trained]
        used = np.unique(target.values[result >= 0])
        if lost and len(trained) < len(used):
            raise UserError(
                f"No training sample has the class {', '.join(lost[:5])}.",
                "Add samples of it or change the split.",
            )
        if len(trained) < 2:
            raise UserError(
                "All training samples have the same class.", "Add samples of another class."
            )
