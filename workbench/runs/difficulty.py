"""Which samples are hard, forgotten or perhaps wrongly labelled, and why: numbers alone.

- hard: a high mean loss over the epochs;
- forgotten: right in one epoch and wrong in the next (forgetting events, Toneva et al. 2019);
  those never right are a group of their own;
- suspicious label, of training samples: the area under the margin (Pleiss et al. 2020), the mean
  over the epochs of the logit of the label less the largest other one. What a wrong label says is
  contradicted by all the samples that are like it, so that it is learned late and by heart;
- suspicious label, of evaluated samples: confident learning (Northcutt et al. 2021). A class is
  found confidently where its probability reaches the mean that it has among the samples labelled
  so; a label is suspicious where another class is, ranked by self-confidence, the probability of
  the label itself;
- suspicious number: an error far outside of what the others have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.runs.history import Course

Numbers = NDArray[np.float64]
Marks = NDArray[np.bool_]

FAR = 6.0
"""Robust standard deviations from which on an error is far outside."""
_NORMAL = 1.4826
# Median absolute deviation to standard deviation, of a normal distribution.


@dataclass(frozen=True)
class Difficulty:
    """What the epochs say of training samples; every array [samples].

    Args:
        seen: epochs in which each was seen.
        loss: mean loss over these; NaN where it never was seen.
        error: mean of the metric: share of epochs in which it was right, or mean absolute error.
        right: epochs in which it was right; empty for numbers.
        forgotten: times it was right and then wrong; empty for numbers.
        learned: the first epoch from which on it stayed right; 0: never; empty for numbers.
        margin: area under the margin; empty but for categories.
        rival: class that it was taken for most often when wrong, -1 for none; empty but for
            categories.
        rival_count: in how many epochs; empty but for categories.
        suspicious: whether the label looks wrong.
        suspicion: the larger the more suspicious; orders all samples.
    """

    seen: NDArray[np.int64]
    loss: Numbers
    error: Numbers
    right: NDArray[np.int64]
    forgotten: NDArray[np.int64]
    learned: NDArray[np.int64]
    margin: Numbers
    rival: NDArray[np.int64]
    rival_count: NDArray[np.int64]
    suspicious: Marks
    suspicion: Numbers

    @property
    def never(self) -> Marks:
        """Never right; empty for numbers."""
        never: Marks = (self.right == 0) & (self.seen[: len(self.right)] > 0)
        return never


def of_course(course: Course, epochs: Sequence[int], task: str, classes: int = 0) -> Difficulty:
    """What the epochs say of each training sample.

    Args:
        course: the samples over the epochs.
        epochs: numbers of the epochs.
        task: what the target is.
        classes: how many there are.
    """
    known = ~np.isnan(course.loss)
    seen = known.sum(axis=0)
    loss, error = _mean(course.loss), _mean(course.metric)
    none, whole = np.zeros(0), np.zeros(0, np.int64)
    right = forgotten = learned = rival = count = whole
    margin = none
    if task not in ("number", "numbers"):
        right, forgotten, learned = _remembered(course.metric > 0.5, known, epochs)
    if course.margin.size:
        margin = _mean(course.margin)
        rival, count = _rivals(course, classes)
        # Most of the time for another class, and by more than it ever was for its own.
        suspicious = (margin < 0) & (2 * count > seen)
        suspicion = np.where(np.isnan(margin), -np.inf, -margin)
    elif task in ("number", "numbers"):
        suspicious, suspicion = far_off(error)
    else:
        suspicious = (right == 0) & (seen > 0)
        suspicion = np.where(np.isnan(loss), -np.inf, loss)
    return Difficulty(
        seen, loss, error, right, forgotten, learned, margin, rival, count, suspicious, suspicion
    )


def far_off(errors: Numbers) -> tuple[Marks, Numbers]:
    """Which errors lie far outside of the others, and by how many robust standard deviations.

    Args:
        errors: absolute errors; NaN where there is none.
    """
    finite = errors[np.isfinite(errors)]
    if not len(finite):
        return np.zeros(len(errors), bool), np.full(len(errors), -np.inf)
    middle = float(np.median(finite))
    spread = _NORMAL * float(np.median(np.abs(finite - middle)))
    away = (errors - middle) / (spread or float(np.std(finite)) or 1.0)
    away = np.where(np.isnan(errors), -np.inf, away)
    return away > FAR, away


@dataclass(frozen=True)
class Doubts:
    """What a model's probabilities say of labels; every array [samples].

    Args:
        own: self-confidence, the probability of the label.
        other: the class that is found confidently instead; -1: none.
        suspicious: whether there is one.
        suspicion: the larger the more suspicious: suspicious ones first, then by self-confidence.
    """

    own: Numbers
    other: NDArray[np.int64]
    suspicious: Marks
    suspicion: Numbers


def doubts(probabilities: Numbers, labels: NDArray[np.int64]) -> Doubts:
    """Labels that confident learning doubts.

    Args:
        probabilities: [samples, classes], of samples that the model was not trained on.
        labels: class index of each.
    """
    count, classes = probabilities.shape
    own = probabilities[np.arange(count), labels]
    # The mean probability of a class among those labelled so; a class without any is never found.
    sums = np.bincount(labels, weights=own, minlength=classes)
    support = np.bincount(labels, minlength=classes)
    least = np.where(support > 0, sums / np.maximum(support, 1), np.inf)
    confident = np.where(probabilities >= least, probabilities, -1.0)
    best = confident.argmax(axis=1)
    found = (confident.max(axis=1) >= 0) & (best != labels)
    other = np.where(found, best, -1)
    return Doubts(own, other.astype(np.int64), found, np.where(found, 2.0, 1.0) - own)


def doubts_of_sets(probabilities: Numbers, labels: NDArray[np.int8]) -> Doubts:
    """Labels that confident learning doubts, of several categories at once.

    Each category is a yes or no of its own; a sample is as suspicious as its worst one.

    Args:
        probabilities: of each category, [samples, classes].
        labels: 1 where a category applies, else 0, [samples, classes].

    Returns:
        ``other`` is the category whose yes or no is doubted.
    """
    each = [
        doubts(np.stack([1 - p, p], axis=1), y.astype(np.int64))
        for p, y in zip(probabilities.T, labels.T, strict=True)
    ]
    suspicion = np.stack([one.suspicion for one in each], axis=1)
    worst = suspicion.argmax(axis=1)
    rows = np.arange(len(labels))
    own = np.stack([one.own for one in each], axis=1)[rows, worst]
    found = np.stack([one.suspicious for one in each], axis=1)[rows, worst]
    return Doubts(own, np.where(found, worst, -1), found, suspicion[rows, worst])


def _mean(values: NDArray[np.float32]) -> Numbers:
    """Over the epochs, of those that are known; NaN where none is."""
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    sums = np.where(known, values, 0.0).sum(axis=0, dtype=np.float64)
    return np.where(count > 0, sums / np.maximum(count, 1), np.nan)


def _remembered(
    right: Marks, known: Marks, epochs: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Times right, times forgotten, and the first epoch from which on a sample stayed right."""
    samples = right.shape[1]
    times, forgotten, since = (np.zeros(samples, np.int64) for _ in range(3))
    before = np.zeros(samples, bool)
    for place, epoch in enumerate(epochs):
        now, seen = right[place], known[place]
        forgotten += before & ~now & seen
        times += now & seen
        since = np.where(seen & now & (since == 0), epoch, np.where(seen & ~now, 0, since))
        # An epoch in which it was not seen says nothing.
        before = np.where(seen, now, before)
    return times, forgotten, since


def _rivals(course: Course, classes: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The class that each sample was taken for most often when wrong, and how often."""
    samples = course.said.shape[1]
    labels = course.target.astype(np.int64)
    best, most = np.full(samples, -1, np.int64), np.zeros(samples, np.int64)
    for number in range(classes):
        # One class at a time: [samples, classes] of many classes would not fit.
        count = ((course.said == number) & (labels != number)).sum(axis=0)
        best = np.where(count > most, number, best)
        most = np.maximum(most, count)
    return best, most


def why_hard(found: Difficulty, sample: int, *, numbers: bool) -> str:
    """Why a sample is called hard.

    Args:
        found: of all samples.
        sample: which.
        numbers: the target is a number.
    """
    loss, seen = found.loss[sample], int(found.seen[sample])
    usual = float(np.nanmedian(found.loss)) if np.isfinite(found.loss).any() else np.nan
    words = f"Its mean loss over {_epochs(seen)} is {loss:.3g}; half of the samples have at most "
    words += f"{usual:.3g}."
    if numbers or not len(found.right):
        return words
    return f"{words} It was right in {found.right[sample]} of {seen}."


def why_forgotten(found: Difficulty, sample: int) -> str:
    """Why a sample is called forgotten.

    Args:
        found: of all samples.
        sample: which.
    """
    seen, times = int(found.seen[sample]), int(found.forgotten[sample])
    if found.never[sample]:
        return f"It was never right in {_epochs(seen)}."
    if not times:
        return f"Once learned (epoch {found.learned[sample]}) it was never wrong again."
    end = "and is right since epoch {}" if found.learned[sample] else "and was wrong at the end"
    return (
        f"It was right and then wrong again {_times(times)} in {_epochs(seen)}, "
        f"{end.format(found.learned[sample])}."
    )


def why_suspicious(found: Difficulty, sample: int, label: str, rival: str) -> str:
    """Why the label of a training sample is called suspicious.

    Args:
        found: of all samples.
        sample: which.
        label: its class in words; "" where it has no single one.
        rival: the class that it was mostly taken for; "" for none.
    """
    seen = int(found.seen[sample])
    if not found.suspicious[sample]:
        return "Nothing speaks against its label."
    if rival:
        return (
            f"Labelled “{label}”, but taken for “{rival}” in {found.rival_count[sample]} of "
            f"{_epochs(seen)}: its class lay {-found.margin[sample]:.2g} behind on average."
        )
    if not len(found.right):
        return (
            f"Its mean error is {found.error[sample]:.3g}, {found.suspicion[sample]:.0f} spreads "
            "above the usual one."
        )
    return f"It was never right in {_epochs(seen)}, and its loss is {found.loss[sample]:.3g}."


def why_doubted(found: Doubts, sample: int, label: str, other: str) -> str:
    """Why the label of an evaluated sample is called suspicious.

    Args:
        found: of all samples.
        sample: which.
        label: its class in words.
        other: the class that speaks against it, in words.
    """
    if not found.suspicious[sample]:
        return "Nothing speaks against its label."
    return (
        f"Labelled “{label}”, to which the model gives {found.own[sample]:.1%}; it is as sure of "
        f"“{other}” as it is of samples that are labelled so."
    )


def _epochs(count: int) -> str:
    return f"{count:,} epoch" if count == 1 else f"{count:,} epochs"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")
