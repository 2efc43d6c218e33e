"""Figures of an evaluation by kind of target: scikit-learn's metrics beside those of guessing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

from workbench.data.prepared import Prepared
from workbench.insight import intervals
from workbench.insight.class_curves import decided, probabilities
from workbench.insight.intervals import Interval
from workbench.runs.results import ClassRow, ColumnRow

_NONE: NDArray[np.float64] = np.empty(0)
TOP = (3, 5)
"""The truth is among so many most probable classes; told where there are over twice as many."""


@dataclass(frozen=True)
class Judged:
    """What the outputs of a model on some samples are worth.

    Args:
        metrics: figures of the model by name.
        baseline: the same figures of guessing without looking.
        target: what is true, as of ``results.Samples``.
        prediction: what the model says, as of ``results.Samples``.
        confidence: probability of what it says; empty for numbers.
        true_probability: probability of what is true; empty for numbers.
        confusion: counts, row: true class, column: predicted class; empty where there is none.
        per_class: one row per class.
        per_column: one row per number where there are several.
        outputs: logits, as of ``results.Samples``; empty for numbers.
        intervals: of metrics, as of ``results.Results``.
    """

    metrics: dict[str, float]
    baseline: dict[str, float]
    target: NDArray[Any]
    prediction: NDArray[Any]
    confidence: NDArray[np.float64] = field(default_factory=_NONE.copy)
    true_probability: NDArray[np.float64] = field(default_factory=_NONE.copy)
    confusion: tuple[tuple[int, ...], ...] = ()
    per_class: tuple[ClassRow, ...] = ()
    per_column: tuple[ColumnRow, ...] = ()
    outputs: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    intervals: dict[str, Interval] = field(default_factory=dict)


def judge(
    prepared: Prepared, rows: NDArray[np.int64], outputs: NDArray[np.float64], *,
    by_median: bool = False, chances: bool = True,
) -> Judged:  # fmt: skip
    """Compare a model's outputs with the truth, and guessing with it too.

    Guessing always says what is most frequent among the training samples, a class or a set of
    classes, or the median of each number; for the steps between ordered classes the middle class.

    Args:
        prepared: the samples; their scaling is that of the model.
        rows: which of them.
        outputs: of the model for these rows, float [rows, outputs].
        by_median: an ordered class is the median of what the model says, not its peak.
        chances: whether the outputs mean probabilities.
    """
    match prepared.task:
        case "labels":
            return _labels(prepared, rows, outputs)
        case "number":
            return _number(prepared, rows, outputs)
        case "numbers":
            return _numbers(prepared, rows, outputs)
    return _classes(prepared, rows, outputs, by_median, chances)


def _classes(
    prepared: Prepared, rows: NDArray[np.int64], outputs: NDArray[np.float64], by_median: bool,
    chances: bool,
) -> Judged:  # fmt: skip
    true = prepared.labels[rows].astype(np.int64)
    shares = probabilities(outputs)
    predicted = decided(shares, by_median)
    every = np.arange(len(prepared.classes))
    trained = prepared.labels[prepared.rows("train")].astype(np.int64)
    figures = _steps if prepared.task == "ordered" else _right
    guessed = figures(true, np.full(len(true), np.bincount(trained).argmax()))
    if prepared.task == "ordered":
        middle = np.full(len(true), np.sort(trained)[len(trained) // 2])
        guessed |= {"mae_steps": figures(true, middle)["mae_steps"]}
    counts = metrics.confusion_matrix(true, predicted, labels=every)
    lines = np.arange(len(true))
    ranked = _ranked(true, shares, trained, chances=chances and prepared.task != "ordered")
    drawn = intervals.class_figures if prepared.task != "ordered" else intervals.step_figures
    between = intervals.of_confusion(counts, drawn)
    said = {name: of_model for name, (of_model, _) in ranked.items()}
    return Judged(
        metrics=figures(true, predicted) | {name: float(v.mean()) for name, v in said.items()},
        baseline=guessed | {name: float(of_guess.mean()) for name, (_, of_guess) in ranked.items()},
        target=true,
        prediction=predicted,
        confidence=shares[lines, predicted],
        true_probability=shares[lines, true],
        confusion=tuple(tuple(int(n) for n in row) for row in counts),
        per_class=_per_class(prepared.classes, true, predicted),
        outputs=outputs.astype(np.float32),
        intervals=between | (intervals.of_draws(intervals.of_means(said)) if said else {}),
    )


def _ranked(
    true: NDArray[np.int64], shares: NDArray[np.float64], trained: NDArray[np.int64], *,
    chances: bool,
) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:  # fmt: skip
    """What each sample adds to the figures of whole rankings: of the model and of guessing.

    Guessing puts classes in the order of their frequency in training, of those alike the first
    first, and says that frequency, each class counted once more so that none is impossible.
    """
    lines, classes = np.arange(len(true)), shares.shape[1]
    counts = np.bincount(trained, minlength=classes) + 1.0
    often = counts / counts.sum()
    # How many classes stand before the true one; those alike count half.
    own = shares[lines, true][:, None]
    place = (shares > own).sum(axis=1) + ((shares == own).sum(axis=1) - 1) / 2
    guess = np.argsort(np.argsort(-counts, kind="stable"))[true]
    found = {
        f"top_{k}": ((place < k).astype(np.float64), (guess < k).astype(np.float64))
        for k in TOP
        if classes > 2 * k
    }
    if chances:
        tiny = np.finfo(np.float64).tiny
        found["log_loss"] = -np.log(np.maximum(shares[lines, true], tiny)), -np.log(often[true])
    return found


def _per_class(
    classes: tuple[str, ...], true: NDArray[Any], predicted: NDArray[Any]
) -> tuple[ClassRow, ...]:
    """A row a class, of class indices [samples] or of answers [samples, classes]."""
    columns = metrics.precision_recall_fscore_support(
        true, predicted, labels=np.arange(len(classes)), zero_division=0.0
    )
    return tuple(
        ClassRow(name=name, precision=float(p), recall=float(r), f1=float(f), support=int(s))
        for name, p, r, f, s in zip(classes, *columns, strict=True)
    )


def _right(true: NDArray[np.int64], predicted: NDArray[Any]) -> dict[str, float]:
    present = np.unique(true)
    weighted = metrics.f1_score(true, predicted, average="weighted", zero_division=0.0)
    return {
        "accuracy": float(metrics.accuracy_score(true, predicted)),
        "macro_f1": _macro_f1(true, predicted, present),
        "balanced_accuracy": float(
            metrics.recall_score(
                true, predicted, labels=present, average="macro", zero_division=0.0
            )
        ),
        "weighted_f1": float(weighted),
        "mcc": float(metrics.matthews_corrcoef(true, predicted)),
    }


def _macro_f1(true: NDArray[Any], predicted: NDArray[Any], present: NDArray[np.int64]) -> float:
    """The mean of F1 over the classes that occur: of one that does not, nothing can be told."""
    f1 = metrics.f1_score(true, predicted, labels=present, average="macro", zero_division=0.0)
    return float(f1)


def _steps(true: NDArray[np.int64], predicted: NDArray[np.int64]) -> dict[str, float]:
    """Figures of ordered classes; kappa only where the truth or the answers differ at all."""
    figures = {
        "accuracy": float(metrics.accuracy_score(true, predicted)),
        "mae_steps": float(metrics.mean_absolute_error(true, predicted)),
    }
    if len(np.union1d(true, predicted)) > 1:
        kappa = metrics.cohen_kappa_score(true, predicted, weights="quadratic", labels=_span(
            true, predicted
        ))  # fmt: skip
        figures["quadratic_kappa"] = float(kappa)
    return figures | {"macro_f1": _macro_f1(true, predicted, np.unique(true))}


def _span(true: NDArray[np.int64], predicted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Every class from the lowest to the highest: a step over one that is missing counts too."""
    both = np.concatenate([true, predicted])
    return np.arange(both.min(), both.max() + 1)


def _labels(prepared: Prepared, rows: NDArray[np.int64], outputs: NDArray[np.float64]) -> Judged:
    true = prepared.labels[rows].astype(np.int8)
    predicted = (outputs > 0).astype(np.int8)
    trained = prepared.labels[prepared.rows("train")]
    sets, counts = np.unique(trained, axis=0, return_counts=True)
    guess = np.broadcast_to(sets[counts.argmax()], true.shape).astype(np.int8)
    # Each class is a yes or no of its own, so that the chances of a whole set are multiplied.
    of_true = np.where(true > 0, outputs, -outputs)
    return Judged(
        metrics=_sets(_as_sets(true), _as_sets(predicted)),
        baseline=_sets(_as_sets(true), _as_sets(guess)),
        target=true,
        prediction=predicted,
        confidence=np.exp(-np.logaddexp(0, -np.abs(outputs)).sum(axis=1)),
        true_probability=np.exp(-np.logaddexp(0, -of_true).sum(axis=1)),
        outputs=outputs.astype(np.float32),
        intervals=intervals.of_sets(true.astype(bool), predicted.astype(bool)),
        per_class=_per_class(prepared.classes, _as_sets(true), _as_sets(predicted)),
    )


def _as_sets(answers: NDArray[np.int8]) -> NDArray[np.int8]:
    """With a class that nobody has: scikit-learn takes a single column for two classes."""
    return np.pad(answers, ((0, 0), (0, 1)))


def _sets(true: NDArray[np.int8], predicted: NDArray[np.int8]) -> dict[str, float]:
    """Figures of sets of classes; accuracy is the share of sets that are right as a whole."""
    present = np.flatnonzero(true.any(axis=0))
    figures = {
        "accuracy": float(metrics.accuracy_score(true, predicted)),
        "micro_f1": float(metrics.f1_score(true, predicted, average="micro", zero_division=0.0)),
    }
    if len(present):
        figures["macro_f1"] = _macro_f1(true, predicted, present)
    return figures


def _number(prepared: Prepared, rows: NDArray[np.int64], outputs: NDArray[np.float64]) -> Judged:
    assert prepared.scaling is not None
    true = prepared.labels[rows].astype(np.float64)
    predicted = prepared.scaling.to_unit(outputs[:, 0])
    guess = np.full(len(true), np.median(prepared.labels[prepared.rows("train")]))
    return Judged(
        metrics=_errors(true, predicted),
        baseline=_errors(true, guess),
        target=true,
        prediction=predicted,
        intervals=intervals.of_errors(true, predicted),
    )


def _numbers(prepared: Prepared, rows: NDArray[np.int64], outputs: NDArray[np.float64]) -> Judged:
    assert prepared.scaling is not None
    true = prepared.labels[rows].astype(np.float64)
    predicted = prepared.scaling.to_unit(outputs)
    medians = np.median(prepared.labels[prepared.rows("train")], axis=0)
    guess = np.broadcast_to(medians, true.shape)
    columns = tuple(
        ColumnRow(
            name=name,
            **{
                figure: value
                for figure, value in _errors(true[:, place], predicted[:, place]).items()
                if figure in ColumnRow.model_fields
            },
            baseline_mae=_errors(true[:, place], guess[:, place])["mae"],
            intervals=intervals.of_errors(true[:, place], predicted[:, place]),
        )
        for place, name in enumerate(prepared.columns)
    )
    return Judged(
        metrics=_errors(true, predicted),
        baseline=_errors(true, guess),
        target=true,
        prediction=predicted,
        per_column=columns,
        intervals=intervals.of_errors(true, predicted),
    )


def _errors(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> dict[str, float]:
    """Figures of numbers, [samples] or [samples, numbers]: of several the mean over all."""
    figures = {
        "mae": float(metrics.mean_absolute_error(true, predicted)),
        "rmse": float(metrics.root_mean_squared_error(true, predicted)),
        "median_error": float(metrics.median_absolute_error(true, predicted)),
    }
    if len(true) > 1:
        figures["r2"] = float(metrics.r2_score(true, predicted))
    return figures
