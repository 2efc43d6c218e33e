"""What two runs answered to the same samples: who is right where the other is wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.duels.statistics import Interval, interval_of_mean
from workbench.runs.results import Results, Samples

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Part = Literal["first", "second", "both", "neither"]
PARTS: tuple[Part, ...] = ("first", "second", "both", "neither")
MOST_DRAWN = 1000
"""Samples up to which an interval is drawn by bootstrap; with more the normal one is the same."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Two evaluations of the same samples, row by row.

    Args:
        first: figures of one run.
        second: of the other.
        one: the samples that both answered, of the first, [samples].
        two: the same samples, of the second.
        score: what is compared: ``right`` (0 or 1 of each sample) or ``error`` (how far off, the
            mean over columns of several numbers, each in standard deviations of its target).
        scores: of each sample that score of the first and the second, [samples, 2].
        left_out: samples that only one of them answered, or whose truth differs.
    """

    first: Results
    second: Results
    one: Samples
    two: Samples
    score: Literal["right", "error"]
    scores: Floats
    left_out: int = 0

    @property
    def differences(self) -> Floats:
        """Of each sample by how much the first is better, [samples]."""
        sign = 1.0 if self.score == "right" else -1.0
        found: Floats = sign * (self.scores[:, 0] - self.scores[:, 1])
        return found

    def rows(self, part: Part) -> Rows:
        """Samples that only the first, only the second, both or neither got right.

        Of numbers ``first`` are those that the first is nearer to, the largest lead first,
        ``second`` the same of the second; the others are empty.

        Args:
            part: which.
        """
        lead = self.differences
        if self.score == "error":
            sign = {"first": 1.0, "second": -1.0}.get(part, 0.0)
            order = np.argsort(-sign * lead, kind="stable")
            return order[sign * lead[order] > 0] if sign else np.zeros(0, np.int64)
        right = self.scores > 0
        wanted: dict[Part, NDArray[np.bool_]] = {
            "first": right[:, 0] & ~right[:, 1],
            "second": right[:, 1] & ~right[:, 0],
            "both": right[:, 0] & right[:, 1],
            "neither": ~(right[:, 0] | right[:, 1]),
        }
        found = np.flatnonzero(wanted[part])
        # The surest mistakes first: they tell the most.
        wrong = self.two if part == "first" else self.one
        if part in ("first", "second") and len(wrong.confidence):
            found = found[np.argsort(-wrong.confidence[found], kind="stable")]
        return found

    def means(self) -> tuple[float, float]:
        """Mean score of the first and the second; NaN without a sample."""
        if not len(self.scores):
            return (math.nan, math.nan)
        first, second = self.scores.mean(axis=0).tolist()
        return (first, second)

    def interval(self) -> Interval:
        """Where the mean lead of the first lies with 95 % confidence, given how many samples."""
        lead = self.differences
        if len(lead) <= MOST_DRAWN:
            return interval_of_mean(lead.tolist())
        mean, off = float(lead.mean()), 1.96 * float(lead.std(ddof=1)) / math.sqrt(len(lead))
        return (mean - off, mean + off)

    def p(self) -> float:
        """How likely such a difference is where both are equally good, 0..1; NaN for numbers.

        The exact test of McNemar: of the samples that one alone got right, each is as likely the
        first's as the second's.

        References:
            McNemar 1947, Note on the sampling error of the difference between correlated
            proportions or percentages, Psychometrika 12.
        """
        if self.score == "error":
            return math.nan
        from scipy.stats import binomtest

        alone = [len(self.rows(part)) for part in ("first", "second")]
        return float(binomtest(alone[0], sum(alone), 0.5).pvalue) if sum(alone) else 1.0

    def confusion(self) -> NDArray[np.int64]:
        """Confusion of the first less that of the second, [true, predicted]; empty for numbers."""
        many = len(self.first.classes)
        if self.score == "error" or self.one.target.ndim != 1 or not many:
            return np.zeros((0, 0), np.int64)
        found = np.zeros((many, many), np.int64)
        np.add.at(found, (self.one.target, self.one.prediction), 1)
        np.add.at(found, (self.two.target, self.two.prediction), -1)
        return found


def why_not(first: Results, second: Results) -> str:
    """Why answers of two runs cannot be held beside each other; "" where they can.

    Args:
        first: figures of one.
        second: of the other.
    """
    if first.target != second.target or first.task != second.task:
        return "They learned something else, so their answers do not compare."
    if first.classes != second.classes or first.columns != second.columns:
        return "They know other classes, so their answers do not compare."
    return ""


def beside(first: tuple[Results, Samples], second: tuple[Results, Samples]) -> Answers | None:
    """Put two evaluations beside each other, sample by sample.

    Args:
        first: of one run, as ``results.read`` gives it.
        second: of another run.

    Returns:
        None where they share no sample or cannot be compared.
    """
    if why_not(first[0], second[0]) or not len(first[1].target) or not len(second[1].target):
        return None
    stems, rows, others = np.intersect1d(first[1].stem, second[1].stem, return_indices=True)
    one, two = _taken(first[1], rows), _taken(second[1], others)
    same = _same(one.target, two.target)
    one, two = _taken(one, np.flatnonzero(same)), _taken(two, np.flatnonzero(same))
    if not len(one):
        return None
    every = len(first[1]) + len(second[1]) - len(stems)
    numbers = not first[0].classes
    scores = np.stack(_errors(one, two) if numbers else (_right(one), _right(two)), axis=1)
    return Answers(first[0], second[0], one, two, "error" if numbers else "right", scores,
                   every - len(one))  # fmt: skip


def _taken(samples: Samples, rows: Rows) -> Samples:
    """Some of the samples."""
    many = len(samples)
    found = {
        name: values[rows] if len(values := getattr(samples, name)) == many else values
        for name in samples.__dataclass_fields__
    }
    return Samples(**found)


def _same(one: NDArray[np.generic], two: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Rows whose truth is the same: labels that were mended meanwhile are not compared."""
    equal = np.isclose(one.astype(np.float64), two.astype(np.float64), rtol=1e-6, equal_nan=True)
    return np.atleast_1d(np.asarray(equal).reshape(len(one), -1).all(axis=1))


def _right(samples: Samples) -> Floats:
    equal = samples.target == samples.prediction
    found: Floats = equal.reshape(len(samples), -1).all(axis=1).astype(np.float64)
    return found


def _errors(one: Samples, two: Samples) -> tuple[Floats, Floats]:
    unit = np.asarray(one.target.std(axis=0) if one.target.ndim > 1 else 1.0)
    unit = np.where(unit > 0, unit, 1.0)
    found = [np.abs(each.prediction - each.target) / unit for each in (one, two)]
    first, second = (off.reshape(len(off), -1).mean(axis=1) for off in found)
    return first, second
