"""Which samples train, which choose the best epoch, and which only the last evaluation sees."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import SPLITS, Index, Strings, Target
from workbench.errors import UserError, nearest
from workbench.spec import DataSpec

BINS = 10
"""Quantile bins by which numbers are stratified."""
_ALONE = "\0"
"""Begins the name of a group of one; no cell of a table does."""


def divide(
    index: Index, target: Target, usable: NDArray[np.bool_], data: DataSpec
) -> NDArray[np.int8]:
    """Divide samples into train, validation and test.

    Stratified gives each class (or range of numbers) the same shares; grouped and stable place a
    group, or a sample, by a hash of its name and the seed alone, so that what is added later moves
    nobody, and meet the shares only about.

    Args:
        index: the data.
        target: what is learned.
        usable: which samples take part, bool [samples]; those without a target never do.
        data: division, group, shares and seed.

    Returns:
        int8 [samples]: 0 train, 1 validation, 2 test, -1 left out.

    Raises:
        UserError: the data do not state a split, there is no such group, a split would be empty, or
            a class would be missing from training.
    """
    takes_part = usable & target.present
    rows = np.flatnonzero(takes_part)
    result = np.full(len(usable), -1, np.int8)
    shares = (data.validation, data.test)
    if not len(rows):
        _refuse_empty(result, target, data)
    match _method(index, takes_part, data):
        case "stated":
            assert index.fixed_split is not None
            result[rows] = np.maximum(index.fixed_split[rows], 0)
            result = _complete(result, target, data)
        case "grouped":
            groups = _groups(index, data)[rows]
            result[rows] = _by_hash(groups, shares, data.split_seed)
            if len(np.unique(result[rows])) < len(SPLITS):
                raise _too_few(groups, data)
        case "stable":
            result[rows] = _by_hash(index.stems[rows], shares, data.split_seed)
        case "random":
            result[rows] = _divide(np.zeros(len(rows)), shares, data.split_seed)
        case _:
            result[rows] = _divide(_strata(target, rows), shares, data.split_seed)
    _refuse_empty(result, target, data)
    return result


def _method(index: Index, takes_part: NDArray[np.bool_], data: DataSpec) -> str:
    states = index.fixed_split is not None and bool((index.fixed_split[takes_part] >= 0).any())
    if data.division == "stated" and not states:
        raise UserError("The data state no split.", "Choose another division.")
    if data.division == "auto":
        return "stated" if states else "stratified"
    return data.division


def _groups(index: Index, data: DataSpec) -> Strings:
    if data.group not in index.columns:
        known = nearest(data.group, index.columns) if index.columns else ""
        raise UserError(
            f"There is no column '{data.group}' to group by.", known or "Choose another division."
        )
    groups = index.columns[data.group]
    # A sample without a group is one of its own.
    return np.where(groups == "", np.strings.add(_ALONE, index.stems), groups)


def _by_hash(names: Strings, shares: tuple[float, float], seed: int) -> NDArray[np.int8]:
    """A place in 0..1 for each name; the first places validate, the next test.

    Where so few names leave a split empty, the names that come first in the order of their places
    fill it; only then can a name that is added later move another.
    """
    different, of = np.unique(names, return_inverse=True)
    key = seed.to_bytes(8, "little")
    places = np.asarray(
        [
            int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8, key=key).digest(), "big")
            for name in different.tolist()
        ],
        np.float64,
    )
    places /= 2.0**64
    validation, test = shares
    result = np.where(places < validation, 1, np.where(places < validation + test, 2, 0))
    if len(different) >= len(SPLITS) and len(np.unique(result)) < len(SPLITS):
        most = len(different) - 2
        first = min(max(1, round(validation * len(different))), most)
        second = min(max(1, round(test * len(different))), most + 1 - first)
        order = np.argsort(places, kind="stable")
        result[:] = 0
        result[order[:first]] = 1
        result[order[first : first + second]] = 2
    return result.astype(np.int8)[of]


def _complete(result: NDArray[np.int8], target: Target, data: DataSpec) -> NDArray[np.int8]:
    """Take a split that the data do not state from the training samples."""
    for number, share in ((1, data.validation), (2, data.test)):
        if not (result == number).any():
            rows = np.flatnonzero(result == 0)
            taken = _divide(_strata(target, rows), (share, 0.0), data.split_seed + number) == 1
            result[rows[taken]] = number
    return result


def _strata(target: Target, rows: NDArray[np.int64]) -> NDArray[Any]:
    values = target.values[rows]
    match target.task:
        case "labels":
            return _rarest(values)
        case "numbers":
            # One number of several: their mean, each brought to the same spread.
            spread = values.std(axis=0)
            values = ((values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)).mean(axis=1)
        case "number":
            pass
        case _:
            return values
    edges = np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1]) if len(values) else []
    return np.searchsorted(np.asarray(edges), values)


def _rarest(values: NDArray[np.int8]) -> NDArray[np.int64]:
    """Of several categories at once the rarest that applies, as it is the hardest to spread."""
    counts = values.sum(axis=0)
    order = np.where(values > 0, counts, np.iinfo(np.int64).max)
    return np.where((values > 0).any(axis=1), order.argmin(axis=1), -1)


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


def _too_few(groups: Strings, data: DataSpec) -> UserError:
    names = " and ".join(f"'{name.lstrip(_ALONE)}'" for name in np.unique(groups).tolist())
    return UserError(
        f"Three splits need three groups, and '{data.group}' has only {names} in the "
        f"{len(groups):,} samples that can be used.",
        "Group by another column or choose another division.",
    )


def _refuse_empty(result: NDArray[np.int8], target: Target, data: DataSpec) -> None:
    remedies = {
        "grouped": "Group by another column or choose another division.",
        "stated": "Choose a division that the data do not state.",
    }
    counts = {name: int((result == number).sum()) for number, name in enumerate(SPLITS)}
    for name, count in counts.items():
        if count == 0:
            raise UserError(
                f"No sample is left for {name} ({sum(counts.values())} samples can be used).",
                remedies.get(data.division, "Add samples or change the shares of the split."),
            )
    if target.task in {"category", "yes_no", "ordered"}:
        _refuse_lost(result, target)


def _refuse_lost(result: NDArray[np.int8], target: Target) -> None:
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
