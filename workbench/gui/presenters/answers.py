"""What was true and what was predicted of a sample, whatever kind the target is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.runs.results import Results, Samples


def of_column(samples: Samples, column: int) -> Samples:
    """Of several numbers the samples of one of them, as if it stood alone.

    Args:
        samples: rows of several numbers, or of anything else, which stays as it is.
        column: which number.
    """
    if samples.target.ndim == 1 or samples.target.dtype.kind != "f":
        return samples
    return replace(
        samples,
        target=samples.target[:, column],
        prediction=samples.prediction[:, column],
        spread=samples.spread[:, column] if samples.spread.ndim > 1 else samples.spread,
    )


def wrong(samples: Samples) -> NDArray[np.bool_]:
    """Which samples were predicted wrong; of several categories those whose set differs.

    Args:
        samples: rows of classes.
    """
    differs = np.asarray(samples.target != samples.prediction, bool)
    return differs if differs.ndim == 1 else np.asarray(differs.any(axis=1), bool)


def concerns(samples: Samples, number: int) -> NDArray[np.bool_]:
    """Which samples are of a class or were predicted as it.

    Args:
        samples: rows of classes.
        number: index of the class.
    """
    if samples.target.ndim > 1:
        either = (samples.target[:, number] > 0) | (samples.prediction[:, number] > 0)
    else:
        either = (samples.target == number) | (samples.prediction == number)
    return np.asarray(either, bool)


def in_words(results: Results, value: Any) -> str:
    """A class, or a set of classes, by name.

    Args:
        results: knows the names.
        value: an index, or of several categories a row of 0 and 1.
    """
    if np.ndim(value) == 0:
        return results.classes[int(value)]
    return ", ".join(results.classes[n] for n in np.flatnonzero(value)) or "none of them"


def difference(
    results: Results, true: NDArray[Any], said: NDArray[Any]
) -> tuple[tuple[str, str], ...]:
    """What a predicted set of classes lacks, and what it has too many.

    Args:
        results: knows the names.
        true: 1 where a class applies, else 0.
        said: the same, as predicted.

    Returns:
        ``Missed`` and ``Added`` with the names of the classes, each only where there are some.
    """
    both = (("Missed", true > said), ("Added", said > true))
    return tuple((word, in_words(results, wrong)) for word, wrong in both if wrong.any())


def in_order(results: Results, values: NDArray[Any]) -> NDArray[Any]:
    """A key that sorts answers as people read them.

    Args:
        results: knows the names and the order.
        values: of classes, as of ``Samples``.
    """
    if values.ndim > 1:
        return values @ (0.5 ** np.arange(1, values.shape[1] + 1))
    if results.task == "ordered":
        return values
    rank = np.argsort(np.argsort(np.array(results.classes), kind="stable"))
    return np.asarray(rank[values])
