"""What a comparison of runs says, in plain words and in cells."""

from __future__ import annotations

import math
from typing import Any

from workbench.comparing.answers import Answers, Part
from workbench.comparing.comparison import Against, Comparison
from workbench.duels.statistics import LEVEL
from workbench.duels.words import p_words
from workbench.runs.results_words import is_share, metric_words, number_words
from workbench.runs.table import in_words

ONE_EACH = (
    "This holds for these trained models on such samples. Trained again by another seed each may "
    "come out otherwise: whether it is the loss or the option that makes the difference, a duel "
    "tells."
)
"""What a comparison of single runs cannot show."""


def headline(comparison: Comparison, against: Against) -> str:
    """How a run stands against the first one, in a sentence.

    Args:
        comparison: of all runs.
        against: the run, one of them.
    """
    first, side, both = comparison.sides[0].name, against.side, against.answers
    if both is None:
        return f"{side.name}: {against.problem}"
    low, high = against.interval
    apart = low > 0 or high < 0
    if math.isfinite(against.p):
        # The test decides: the interval leans on many samples.
        apart = against.p < LEVEL
    many = f"{len(both.one):,} samples"
    tests = sum(math.isfinite(each.p) for each in comparison.against)
    corrected = f" corrected for {tests} comparisons" if tests > 1 else ""
    tested = f", {p_words(against.p)}{corrected}" if math.isfinite(against.p) else ""
    if not apart:
        proof = f"({_range(both, low, high)}{tested})"
        return f"{side.name} and {first} cannot be told apart on {many} {proof}."
    ahead = against.lead > 0
    better, worse = (side.name, first) if ahead else (first, side.name)
    proof = f"({_range(both, *((low, high) if ahead else (-high, -low)))}{tested})"
    way = "is right more often" if both.score == "right" else "is nearer"
    return f"{better} {way} than {worse}, by {_size(both, abs(against.lead))} on {many} {proof}."


def _size(both: Answers, value: float) -> str:
    if both.score == "right":
        return f"{100 * value:.1f} points"
    unit = " standard deviations" if len(both.first.columns) > 1 else ""
    return f"{number_words(value, 3)}{unit}"


def _range(both: Answers, low: float, high: float) -> str:
    if not math.isfinite(low):
        return "too few samples for an interval"
    if both.score == "right":
        return f"{100 * low:+.1f} to {100 * high:+.1f}"
    return f"{number_words(low, 3)} to {number_words(high, 3)}"


def part_words(part: Part, both: Answers, first: str, second: str) -> str:
    """What a part of the samples is, with how many there are.

    Args:
        part: which.
        both: the answers of two runs.
        first: name of the one.
        second: name of the other.
    """
    right = both.score == "right"
    words = {
        "first": f"Only {first} is right" if right else f"{first} is nearer",
        "second": f"Only {second} is right" if right else f"{second} is nearer",
        "both": "Both are right",
        "neither": "Both are wrong",
    }[part]
    return f"{words} · {len(both.rows(part)):,}"


def answer_words(both: Answers, row: int) -> tuple[str, str, str, str]:
    """Name, truth and what the first and the second said of a sample.

    Args:
        both: the answers of two runs.
        row: which sample.
    """
    return (
        str(both.one.stem[row]),
        _value(both, both.one.target[row]),
        _value(both, both.one.prediction[row]),
        _value(both, both.two.prediction[row]),
    )


def _value(both: Answers, value: Any) -> str:
    classes, columns = both.first.classes, both.first.columns
    values = value.tolist()
    if isinstance(values, list):
        if classes:
            return ", ".join(name for name, on in zip(classes, values, strict=True) if on) or "none"
        return ", ".join(f"{name} {number_words(each, 3)}"
                         for name, each in zip(columns, values, strict=True))  # fmt: skip
    return classes[values] if classes else number_words(values)


def metric_cell(metric: str, value: float) -> str:
    """A figure of a run as its cell shows it.

    Args:
        metric: its name, with the split before it.
        value: its value; NaN where there is none.
    """
    plain = metric.partition("_")[2]
    if not math.isfinite(value):
        return ""
    return metric_words(plain, value) if is_share(plain) else number_words(value)


def metric_title(metric: str) -> str:
    """What a figure is called: ``test accuracy``.

    Args:
        metric: its name.
    """
    return metric.replace("_", " ")


def figure_rows(comparison: Comparison) -> list[list[str]]:
    """Figures of all runs: a heading, then a line for each figure, a star at the best."""
    rows = [["", *(side.name for side in comparison.sides)]]
    for metric in comparison.metrics:
        best = comparison.best(metric)
        cells = [
            metric_cell(metric, side.metrics.get(metric, math.nan))
            + (" *" if side.run.folder in best else "")
            for side in comparison.sides
        ]
        rows.append([metric_title(metric), *cells])
    return rows


def setting_rows(comparison: Comparison) -> list[list[str]]:
    """Settings in which the runs differ: a heading, then a line for each."""
    sides = comparison.sides
    return [
        ["", *(side.name for side in sides)],
        *([place, *(in_words(side.values.get(place)) or "–" for side in sides)]
          for place in comparison.differing),
    ]  # fmt: skip
