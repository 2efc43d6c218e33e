"""Curves of a classifier over its thresholds, and its calibration; scikit-learn's figures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

from workbench.insight import calibration
from workbench.runs.class_curves import Bins, Calibration, ClassCurve, ClassCurves, ThresholdCurve

MOST_CLASSES = 60
"""More curves than these nobody looks at."""
_POINTS = 200
# Of a curve that is drawn: at 400 pixels no more can be told apart.
_TO_FIT = 20
# Fewer validation samples say nothing of a temperature or a threshold.

Logits = NDArray[np.float64]


def curves(
    split: str, task: str, classes: tuple[str, ...], logits: Logits, true: NDArray[np.int64],
    held: tuple[Logits, NDArray[np.int64]] | None = None, *, chances: bool = True,
) -> ClassCurves:  # fmt: skip
    """The curves of a split.

    Args:
        split: its name.
        task: category, ordered, yes_no or labels.
        classes: their names.
        logits: [samples, classes]; of yes or no [samples, 1].
        true: class indices, [samples]; of several categories 0 and 1, [samples, classes].
        held: logits and truth of the validation samples, on which temperature and thresholds are
            fitted; None where they are those of the split itself.
        chances: whether the logits mean probabilities.
    """
    several = task == "labels"
    shares = _sigmoid(logits) if several else probabilities(logits)
    truth = true.astype(bool) if several else true[:, None] == np.arange(len(classes))
    wanted = [1] if task == "yes_no" else np.argsort(-truth.sum(axis=0), kind="stable").tolist()
    drawn = [_curve(classes[n], truth[:, n], shares[:, n]) for n in wanted[:MOST_CLASSES]]
    known = tuple(curve for curve in drawn if curve is not None)
    fits = held is not None and len(held[1]) >= _TO_FIT
    return ClassCurves(
        split=split,
        classes=known,
        left_out=len(wanted) - len(known),
        thresholds=_thresholds(task, classes, shares, truth, held if fits else None),
        calibration=_calibrated(task, logits, true, held if fits else None) if chances else None,
        fitted_on=len(held[1]) if held is not None and fits else 0,
    )


def probabilities(logits: Logits) -> NDArray[np.float64]:
    """Probability of each class, [samples, classes], from logits; one column is yes or no."""
    if logits.shape[1] == 1:
        logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
    return shares


def decided(shares: NDArray[np.float64], by_median: bool = False) -> NDArray[np.int64]:
    """The class that is said, [samples].

    Args:
        shares: probability of each class, [samples, classes].
        by_median: of ordered classes the median, not the peak.
    """
    if by_median:
        return np.asarray((shares.cumsum(axis=1)[:, :-1] < 0.5).sum(axis=1), np.int64)
    return np.asarray(shares.argmax(axis=1), np.int64)


def _sigmoid(logits: Logits) -> NDArray[np.float64]:
    return np.exp(-np.logaddexp(0, -logits))


def _curve(name: str, truth: NDArray[np.bool_], share: NDArray[np.float64]) -> ClassCurve | None:
    """One class against the rest; None where all samples are of it, or none."""
    if truth.all() or not truth.any() or not np.isfinite(share).all():
        return None
    false, hits, _ = metrics.roc_curve(truth, share)
    precision, recall, _ = metrics.precision_recall_curve(truth, share)
    kept, found = _thinned(false, hits), _thinned(recall, precision)
    return ClassCurve(
        name=name,
        support=int(truth.sum()),
        false_positive_rate=tuple(false[kept].tolist()),
        true_positive_rate=tuple(hits[kept].tolist()),
        auc=float(metrics.roc_auc_score(truth, share)),
        recall=tuple(recall[found].tolist()),
        precision=tuple(precision[found].tolist()),
        average_precision=float(metrics.average_precision_score(truth, share)),
    )


def _thinned(across: NDArray[np.float64], up: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places of a curve to draw, evenly along its length, both ends among them."""
    if len(across) <= _POINTS:
        return np.arange(len(across))
    steps = np.hypot(np.diff(across), np.diff(up))
    along = np.concatenate([[0.0], np.cumsum(steps)])
    places = np.searchsorted(along, np.linspace(0, along[-1], _POINTS))
    places[-1] = len(across) - 1
    return np.unique(places)


def _thresholds(
    task: str, classes: tuple[str, ...], shares: NDArray[np.float64], truth: NDArray[np.bool_],
    held: tuple[Logits, NDArray[np.int64]] | None,
) -> tuple[ThresholdCurve, ...]:  # fmt: skip
    if task not in ("yes_no", "labels"):
        return ()
    wanted = [1] if task == "yes_no" else list(range(len(classes)))[:MOST_CLASSES]
    found = []
    for place in wanted:
        best = None
        if held is not None:
            column = place if task == "labels" else 0
            right = held[1][:, place] if task == "labels" else held[1]
            best = best_threshold(right.astype(bool), _sigmoid(held[0][:, column]))
        found.append(_threshold_curve(classes[place], truth[:, place], shares[:, place], best))
    return tuple(found)


def _threshold_curve(
    name: str, truth: NDArray[np.bool_], share: NDArray[np.float64], best: float | None
) -> ThresholdCurve:
    grid = np.linspace(0, 1, 101)
    order = np.argsort(share, kind="stable")
    # Of those at or above a threshold, how many there are and how many of them are right.
    first = np.searchsorted(share[order], grid, side="left")
    total, hits = len(share), np.concatenate([[0], np.cumsum(truth[order])])
    said, right = total - first, hits[-1] - hits[first]
    precision = np.divide(right, said, out=np.ones(len(grid)), where=said > 0)
    recall = right / max(int(hits[-1]), 1)
    f1 = 2 * right / np.maximum(said + hits[-1], 1)
    return ThresholdCurve(
        name=name,
        thresholds=tuple(grid.tolist()),
        precision=tuple(precision.tolist()),
        recall=tuple(recall.tolist()),
        f1=tuple(f1.tolist()),
        said=tuple(said.tolist()),
        best=best,
    )


def best_threshold(truth: NDArray[np.bool_], share: NDArray[np.float64]) -> float | None:
    """The threshold of the highest F1; None where there is no yes.

    Args:
        truth: whether it is a yes, [samples].
        share: probability of yes, [samples].
    """
    if not truth.any():
        return None
    precision, recall, places = metrics.precision_recall_curve(truth, share)
    both = precision + recall
    f1 = np.divide(2 * precision * recall, both, out=np.zeros_like(both), where=both > 0)[:-1]
    place = int(f1.argmax())
    # Between this and the next smaller score, so that a sample like it is not on the edge.
    below = share[share < places[place]]
    return float((places[place] + below.max()) / 2) if len(below) else float(places[place])


def _calibrated(
    task: str, logits: Logits, true: NDArray[np.int64],
    held: tuple[Logits, NDArray[np.int64]] | None,
) -> Calibration | None:  # fmt: skip
    own = _as_classes(task, logits, true)
    if not len(own[1]) or not np.isfinite(own[0]).all():
        return None
    plain = _bins(*own)
    if held is None:
        return Calibration(bins=calibration.BINS, plain=plain)
    fitted = calibration.temperature(*_as_classes(task, *held))
    if fitted is None:
        return Calibration(bins=calibration.BINS, plain=plain)
    scaled = _bins(own[0] / fitted, own[1])
    return Calibration(bins=calibration.BINS, plain=plain, temperature=fitted, scaled=scaled)


def _as_classes(
    task: str, logits: Logits, true: NDArray[np.int64]
) -> tuple[Logits, NDArray[np.int64]]:
    """As logits of classes; of several categories each answer is a yes or no of its own."""
    if task == "labels":
        logits, true = logits.reshape(-1, 1), true.reshape(-1)
    if logits.shape[1] == 1:
        logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
    return logits, true.astype(np.int64)


def _bins(logits: Logits, true: NDArray[np.int64]) -> Bins:
    shares = probabilities(logits)
    said = shares.argmax(axis=1)
    found = calibration.reliability(shares.max(axis=1), said == true)
    return Bins(
        confidence=tuple(found.confidence.tolist()),
        accuracy=tuple(found.accuracy.tolist()),
        count=tuple(found.count.tolist()),
        error=found.error,
        log_loss=calibration.negative_log_likelihood(logits, true),
    )
