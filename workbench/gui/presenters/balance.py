"""How the values of a target are spread, over all samples and over the three splits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import SPLITS, Target

BINS = 28
_SMALL_BINS = 16
"""Bins of each of several small histograms."""
MOST_PANELS = 6
"""More small histograms than this cannot be told apart in a card."""
# Beyond this many spreads from the median a number would flatten the histogram of all others.
_FAR = 8.0

Parts = tuple[int, int, int]
"""Samples of one bar that train, validate and test."""


@dataclass(frozen=True)
class Balance:
    """How the values of a target are spread.

    Args:
        names: the classes; the most frequent first, those with an order in it; empty for numbers.
        counts: samples of each class, or of each bin.
        low: left end of the first bin; numbers only.
        high: right end of the last bin; numbers only.
        median: of all values; numbers only.
        note: what the picture leaves out, and how even it is, one sentence.
        parts: for each bar how many of its samples train, validate and test; empty: not known.
        panels: one picture for each of several numbers; empty otherwise.
        title: of a panel: which number it is.
    """

    names: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    low: float = 0.0
    high: float = 0.0
    median: float = 0.0
    note: str = ""
    parts: tuple[Parts, ...] = ()
    panels: tuple[Balance, ...] = ()
    title: str = ""


def balance_of(target: Target, splits: NDArray[np.int8] | None = None) -> Balance:
    """How the values of a target are spread.

    Args:
        target: a column.
        splits: the split of each sample, int8 [samples], -1 where it is left out; None: not known.
    """
    if target.task == "none":
        return Balance(note="Nothing is learned of a single sample: only what belongs together.")
    present = target.present
    values = target.values[present]
    divided = splits[present] if splits is not None else None
    missing = len(target.values) - len(values)
    left_out = f" {missing:,} without a value." if missing else ""
    if not len(values):
        return Balance(note="No sample has a value.")
    match target.task:
        case "number":
            return _histogram(values, left_out, divided)
        case "numbers":
            return _histograms(target, values, left_out, divided)
        case "labels":
            return _labels(target, values, left_out, divided)
    return _classes(target, values, left_out, divided)


def _classes(
    target: Target, values: NDArray[Any], left_out: str, splits: NDArray[np.int8] | None
) -> Balance:
    counts = np.bincount(values, minlength=len(target.classes))
    ordered = target.task == "ordered"
    order = np.arange(len(counts)) if ordered else np.argsort(-counts, kind="stable")
    ratio = counts.max() / max(int(counts.min()), 1)
    even = (
        "Evenly spread."
        if ratio < 1.5
        else f"The most frequent class has {ratio:.1f} times the samples of the rarest."
    )
    parts: Sequence[NDArray[Any]] = ()
    if splits is not None:
        parts = [
            np.bincount(values[splits == number], minlength=len(counts))
            for number in range(len(SPLITS))
        ]
    return Balance(
        names=tuple(target.classes[i] for i in order),
        counts=tuple(int(counts[i]) for i in order),
        note=("The lowest first. " if ordered else "") + even + left_out,
        parts=_of_each_bar(parts, order),
    )


def _labels(
    target: Target, values: NDArray[Any], left_out: str, splits: NDArray[np.int8] | None
) -> Balance:
    counts = values.sum(axis=0, dtype=np.int64)
    order = np.argsort(-counts, kind="stable")
    parts: Sequence[NDArray[Any]] = ()
    if splits is not None:
        parts = [
            values[splits == number].sum(axis=0, dtype=np.int64) for number in range(len(SPLITS))
        ]
    without = int((values.sum(axis=1) == 0).sum())
    note = f"A sample has {values.sum() / len(values):.2g} of {len(counts)} categories on average."
    if without:
        note += f" {without:,} have none."
    return Balance(
        names=tuple(target.classes[i] for i in order),
        counts=tuple(int(counts[i]) for i in order),
        note=note + left_out,
        parts=_of_each_bar(parts, order),
    )


def _histograms(
    target: Target, values: NDArray[Any], left_out: str, splits: NDArray[np.int8] | None
) -> Balance:
    panels = []
    for number, name in enumerate(target.columns[:MOST_PANELS]):
        panel = _histogram(values[:, number], "", splits, _SMALL_BINS)
        panels.append(
            Balance(
                counts=panel.counts, low=panel.low, high=panel.high, median=panel.median,
                note=panel.note, parts=panel.parts, title=name,
            )
        )  # fmt: skip
    more = len(target.columns) - len(panels)
    note = f"{len(target.columns)} numbers at once."
    if more:
        note += f" {more} more are not drawn."
    return Balance(note=note + left_out, panels=tuple(panels))


def _histogram(
    values: NDArray[Any], left_out: str, splits: NDArray[np.int8] | None, bins: int = BINS
) -> Balance:
    median = float(np.median(values))
    low, high = np.percentile(values, [25, 75])
    spread = max(float(high - low) / 1.349, 1e-12)
    near = np.abs(values - median) <= _FAR * spread
    # With more than half of all values alike the spread is zero: then all are shown.
    shown = near if near.any() and high > low else np.ones(len(values), bool)
    counts, edges = np.histogram(values[shown], bins=bins)
    parts: Sequence[NDArray[Any]] = ()
    if splits is not None:
        parts = [
            np.histogram(values[shown & (splits == number)], bins=edges)[0]
            for number in range(len(SPLITS))
        ]
    far = len(values) - int(shown.sum())
    note = f"Median {median:.4g}, from {values.min():.4g} to {values.max():.4g}."
    if far:
        note += f" {far:,} far out, not drawn."
    return Balance(
        counts=tuple(int(count) for count in counts),
        low=float(edges[0]),
        high=float(edges[-1]),
        median=median,
        note=note + left_out,
        parts=_of_each_bar(parts, np.arange(len(counts))),
    )


def _of_each_bar(parts: Sequence[NDArray[Any]], order: NDArray[np.int64]) -> tuple[Parts, ...]:
    if not parts:
        return ()
    train, validation, test = parts
    return tuple((int(train[i]), int(validation[i]), int(test[i])) for i in order)
