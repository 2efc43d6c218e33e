"""How sure a figure is, given how many samples it was measured on: percentile bootstrap.

A figure that depends on the confusion matrix alone is drawn anew by drawing the matrix: cells of a
sample of samples are multinomial. Means are drawn from the values themselves; the median of a
sample of samples is one of the sorted values, at a place that is Beta distributed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000
"""How often samples are drawn anew."""
LEVEL = 0.95
_SEED = 20240229
# Fixed: the same samples give the same interval.
_AT_ONCE = 4_000_000
# So many drawn places are held in memory together.

Interval = tuple[float, float]
"""Low and high end."""
Figures = dict[str, NDArray[np.float64]]
"""By name the value of each draw, [draws]."""


def of_draws(drawn: Mapping[str, NDArray[np.float64]]) -> dict[str, Interval]:
    """The middle 95 % of what was drawn; a figure that was undefined in a draw is left out.

    Args:
        drawn: by name the value of each draw, [draws].
    """
    low, high = (1 - LEVEL) / 2, (1 + LEVEL) / 2
    return {
        name: (float(np.quantile(values, low)), float(np.quantile(values, high)))
        for name, values in drawn.items()
        if len(values) and np.isfinite(values).all()
    }


def of_confusion(
    counts: NDArray[np.int64], figures: Callable[[NDArray[np.int64]], Figures]
) -> dict[str, Interval]:
    """Intervals of figures that depend on a confusion matrix alone.

    Args:
        counts: row: true class, column: predicted class, [classes, classes].
        figures: of many such matrices, [draws, classes, classes].
    """
    total = int(counts.sum())
    if total < 2:
        return {}
    cells = np.flatnonzero(counts)
    shares = counts.reshape(-1)[cells] / total
    drawn = np.zeros((DRAWS, counts.size), np.int64)
    drawn[:, cells] = np.random.default_rng(_SEED).multinomial(total, shares, DRAWS)
    return of_draws(figures(drawn.reshape(DRAWS, *counts.shape)))


def class_figures(drawn: NDArray[np.int64]) -> Figures:
    """Accuracy, balanced accuracy and F1 of many confusion matrices.

    As scikit-learn defines them over the classes that occur among the true ones.

    Args:
        drawn: [draws, classes, classes].
    """
    right = np.einsum("dii->di", drawn).astype(np.float64)
    true, said = drawn.sum(axis=2), drawn.sum(axis=1)
    total = true.sum(axis=1)
    occurs = true > 0
    present = np.maximum(occurs.sum(axis=1), 1)
    recall = right / np.maximum(true, 1)
    f1 = 2 * right / np.maximum(true + said, 1)
    return {
        "accuracy": right.sum(axis=1) / total,
        "balanced_accuracy": (recall * occurs).sum(axis=1) / present,
        "macro_f1": (f1 * occurs).sum(axis=1) / present,
        "weighted_f1": (f1 * true).sum(axis=1) / total,
        "mcc": _mcc(right.sum(axis=1), true, said, total),
    }


def step_figures(drawn: NDArray[np.int64]) -> Figures:
    """Accuracy, mean distance in steps and F1 of many confusion matrices of ordered classes.

    Args:
        drawn: [draws, classes, classes].
    """
    found = class_figures(drawn)
    off = np.abs(np.subtract.outer(np.arange(drawn.shape[1]), np.arange(drawn.shape[1])))
    steps = (drawn * off).sum(axis=(1, 2)) / drawn.sum(axis=(1, 2))
    return {
        "accuracy": found["accuracy"], "mae_steps": steps, "macro_f1": found["macro_f1"],
    }  # fmt: skip


def _mcc(
    right: NDArray[np.float64], true: NDArray[np.int64], said: NDArray[np.int64],
    total: NDArray[np.int64],
) -> NDArray[np.float64]:  # fmt: skip
    """Matthews correlation of several classes (Gorodkin 2004); 0 where it is not defined."""
    one, two = true.astype(np.float64), said.astype(np.float64)
    size = total.astype(np.float64)
    above = right * size - (one * two).sum(axis=1)
    below = (size**2 - (two**2).sum(axis=1)) * (size**2 - (one**2).sum(axis=1))
    return np.where(below > 0, above / np.sqrt(np.maximum(below, 1e-300)), 0.0)


def of_means(columns: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Means of samples drawn anew, the same samples for every column.

    Args:
        columns: by name the value of each sample, [samples].

    Returns:
        By name the mean in each draw, [draws].
    """
    names = list(columns)
    count = len(columns[names[0]])
    if count < 2:
        return {}
    values = np.stack([columns[name] for name in names])
    dice = np.random.default_rng(_SEED)
    found = np.empty((len(names), DRAWS))
    step = max(_AT_ONCE // count, 1)
    for begin in range(0, DRAWS, step):
        size = min(step, DRAWS - begin)
        places = dice.integers(0, count, (size, count), dtype=np.int32)
        found[:, begin : begin + size] = values[:, places].mean(axis=2)
    return dict(zip(names, found, strict=True))


def medians(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Medians of samples drawn anew, [draws]; of an even number the lower of both middles.

    Args:
        values: [samples].
    """
    count = len(values)
    rank = (count + 1) // 2
    places = np.random.default_rng(_SEED).beta(rank, count + 1 - rank, DRAWS)
    drawn: NDArray[np.float64] = np.sort(values)[(places * count).astype(np.int64)]
    return drawn


def of_errors(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> dict[str, Interval]:
    """Intervals of the figures of one number.

    Args:
        true: [samples].
        predicted: [samples].
    """
    errors = predicted - true
    if len(errors) < 2 or not np.isfinite(errors).all():
        return {}
    # Numbers far from zero would lose their spread in the sums.
    own = true - true.mean()
    means = of_means(
        {"mae": np.abs(errors), "squared": errors**2, "own": own, "own_squared": own**2}
    )
    drawn = {"mae": means["mae"], "rmse": np.sqrt(means["squared"])}
    spread = means["own_squared"] - means["own"] ** 2
    if (spread > 0).all():
        drawn["r2"] = 1 - means["squared"] / spread
    drawn["median_error"] = medians(np.abs(errors))
    return of_draws(drawn)
