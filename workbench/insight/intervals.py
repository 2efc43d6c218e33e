"""How sure a figure is, given how many samples it was measured on: percentile bootstrap.

A figure that depends on the confusion matrix alone is drawn anew by drawing the matrix: cells of a
sample of samples are multinomial. Means are drawn from the values themselves; the median of a
sample of samples is one of the sorted values, at a place that is Beta distributed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

DRAWS = 2000
"""How often samples are drawn anew."""
LEVEL = 0.95
_SEED = 20240229
# Fixed: the same samples give the same interval.
_AT_ONCE = 4_000_000
# So many drawn places or cells are held in memory together.

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


@dataclass(frozen=True)
class Margins:
    """What figures need of many confusion matrices: no more than this grows with the classes.

    Args:
        right: samples on the diagonal, [draws, classes].
        true: samples that are of each class, [draws, classes].
        said: samples that were taken for each class, [draws, classes].
        steps: sum over the samples of how many classes lie between both, [draws].
        squares: the same, squared, [draws].
    """

    right: NDArray[np.float64]
    true: NDArray[np.float64]
    said: NDArray[np.float64]
    steps: NDArray[np.float64]
    squares: NDArray[np.float64]


def margins(drawn: NDArray[np.int64], cells: NDArray[np.int64], classes: int) -> Margins:
    """The margins of confusion matrices of which only some cells are not 0.

    Args:
        drawn: samples in each of these cells, [draws, cells].
        cells: their places in the flat matrix, row by row, in ascending order.
        classes: how many there are.
    """
    row, column = np.divmod(cells, classes)
    values, off = drawn.astype(np.float64), np.abs(row - column).astype(np.float64)

    def summed(where: NDArray[np.int64], kept: NDArray[np.bool_]) -> NDArray[np.float64]:
        places = np.flatnonzero(kept)
        ones = np.ones(len(places))
        into = csr_array((ones, (where[places], places)), shape=(classes, len(cells)))
        found: NDArray[np.float64] = (into @ values.T).T
        return found

    every = np.ones(len(cells), bool)
    return Margins(
        right=summed(row, row == column), true=summed(row, every), said=summed(column, every),
        steps=values @ off, squares=values @ off**2,
    )  # fmt: skip


def of_confusion(
    counts: NDArray[np.int64], figures: Callable[[Margins], Figures]
) -> dict[str, Interval]:
    """Intervals of figures that depend on a confusion matrix alone.

    Args:
        counts: row: true class, column: predicted class, [classes, classes].
        figures: of many such matrices.
    """
    total = int(counts.sum())
    if total < 2:
        return {}
    # With 1,000 classes nearly all of the million cells are empty, and stay so in every draw.
    cells = np.flatnonzero(counts)
    shares = counts.reshape(-1)[cells] / total
    dice = np.random.default_rng(_SEED)
    step = max(_AT_ONCE // (len(cells) + 3 * len(counts)), 1)
    found = [
        figures(margins(dice.multinomial(total, shares, min(step, DRAWS - begin)), cells,
                        len(counts)))
        for begin in range(0, DRAWS, step)
    ]  # fmt: skip
    return of_draws({name: np.concatenate([some[name] for some in found]) for name in found[0]})


def class_figures(drawn: Margins) -> Figures:
    """Accuracy, balanced accuracy and F1 of many confusion matrices.

    As scikit-learn defines them over the classes that occur among the true ones.

    Args:
        drawn: of the matrices.
    """
    right, true, said = drawn.right, drawn.true, drawn.said
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


def step_figures(drawn: Margins) -> Figures:
    """Accuracy, mean distance in steps, weighted kappa and F1 of matrices of ordered classes.

    Args:
        drawn: of the matrices.
    """
    found = class_figures(drawn)
    total = drawn.true.sum(axis=1)
    place = np.arange(drawn.true.shape[1], dtype=np.float64)
    # Squared steps by chance: E(i - j)^2 of a true class i and any said class j.
    by_chance = (
        drawn.true @ place**2 + drawn.said @ place**2
        - 2 * (drawn.true @ place) * (drawn.said @ place) / total
    )  # fmt: skip
    kappa = np.full(len(total), np.nan)
    # Where all are of one class, of which all are said, it is not defined.
    np.divide(drawn.squares, by_chance, out=kappa, where=by_chance > 1e-9)
    return {
        "accuracy": found["accuracy"], "mae_steps": drawn.steps / total,
        "quadratic_kappa": 1 - kappa, "macro_f1": found["macro_f1"],
    }  # fmt: skip


def _mcc(
    right: NDArray[np.float64], true: NDArray[np.float64], said: NDArray[np.float64],
    size: NDArray[np.float64],
) -> NDArray[np.float64]:  # fmt: skip
    """Matthews correlation of several classes (Gorodkin 2004); 0 where it is not defined."""
    above = right * size - (true * said).sum(axis=1)
    below = (size**2 - (said**2).sum(axis=1)) * (size**2 - (true**2).sum(axis=1))
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
    values = np.stack([columns[name] for name in names], axis=1)
    dice = np.random.default_rng(_SEED)
    found = np.empty((DRAWS, len(names)))
    step = max(_AT_ONCE // count, 1)
    for begin in range(0, DRAWS, step):
        size = min(step, DRAWS - begin)
        places = dice.integers(0, count, (size, count), dtype=np.int64)
        places += np.arange(size)[:, None] * count
        # How often each sample was drawn: one product of matrices serves every column.
        times = np.bincount(places.reshape(-1), minlength=size * count).reshape(size, count)
        found[begin : begin + size] = times @ values / count
    return dict(zip(names, found.T, strict=True))


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
    """Intervals of the figures of one number, or of the means over several.

    Args:
        true: [samples] or [samples, numbers].
        predicted: like ``true``.
    """
    true, predicted = (v[:, None] if v.ndim == 1 else v for v in (true, predicted))
    errors = predicted - true
    if len(errors) < 2 or not np.isfinite(errors).all():
        return {}
    # Numbers far from zero would lose their spread in the sums.
    own = true - true.mean(axis=0)
    parts = {"mae": np.abs(errors), "squared": errors**2, "own": own, "own_squared": own**2}
    means = of_means({f"{k} {n}": v[:, n] for k, v in parts.items() for n in range(true.shape[1])})
    mae, squared, own, own_squared = (
        np.stack([means[f"{k} {n}"] for n in range(true.shape[1])]) for k in parts
    )
    drawn = {"mae": mae.mean(axis=0), "rmse": np.sqrt(squared).mean(axis=0)}
    spread = own_squared - own**2
    if (spread > 0).all():
        drawn["r2"] = (1 - squared / spread).mean(axis=0)
    if true.shape[1] == 1:
        # Of several numbers the medians would have to be drawn from the same samples.
        drawn["median_error"] = medians(np.abs(errors[:, 0]))
    return of_draws(drawn)


def of_sets(true: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> dict[str, Interval]:
    """Intervals of the figures of several categories at once.

    As scikit-learn defines them; the macro F1 over the categories that occur among the true ones.

    Args:
        true: which apply, [samples, classes].
        predicted: like ``true``.
    """
    classes = range(true.shape[1])
    parts = {"hit": true & predicted, "true": true, "said": predicted}
    columns = {f"{k} {n}": v[:, n].astype(np.float64) for k, v in parts.items() for n in classes}
    means = of_means({"accuracy": (true == predicted).all(axis=1).astype(np.float64)} | columns)
    if not means:
        return {}
    hit, own, said = (np.stack([means[f"{k} {n}"] for n in classes]) for k in parts)
    occurs = own > 0
    both = own + said
    f1 = np.divide(2 * hit, both, out=np.zeros_like(hit), where=both > 0)
    drawn = {"accuracy": means["accuracy"]}
    together = both.sum(axis=0)
    drawn["micro_f1"] = np.divide(
        2 * hit.sum(axis=0), together, out=np.zeros_like(together), where=together > 0
    )
    if occurs.any(axis=0).all():
        drawn["macro_f1"] = (f1 * occurs).sum(axis=0) / occurs.sum(axis=0)
    return of_draws(drawn)
