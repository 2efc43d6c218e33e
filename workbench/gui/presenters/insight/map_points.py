"""The points of a map, and what their colours mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.gui.choices import Choice
from workbench.gui.presenters import answers
from workbench.runs.maps import EmbeddingMap
from workbench.runs.results import Results, Samples
from workbench.runs.results_words import number_words
from workbench.spec import PAIRS

MOST_GROUPS = 12
"""Groups that have a colour of their own; the rest share a quiet one."""

_FAR = 0.99
# The few highest losses must not press all others into one colour.

_TITLES = {
    "half": Choice("half", "Modality", "Which half of its pair a point is."),
    "true": Choice("true", "True class", "What the samples are."),
    "said": Choice("said", "Predicted class", "What the model takes them for."),
    "right": Choice("right", "Right or wrong", "Whether the model is right."),
    "value": Choice("value", "True number", "The number that was to be told."),
    "error": Choice("error", "Error", "How far off the predicted number is."),
    "rank": Choice("rank", "Rank of the partner", "1: its partner is the nearest of all."),
    "loss": Choice("loss", "Loss", "How badly the model does on each sample."),
}
_OF_TASK = {
    "number": ("value", "error", "loss"),
    "numbers": ("value", "error", "loss"),
    "none": ("rank", "loss"),
}
_OF_CLASSES = ("true", "said", "right", "loss")


@dataclass(frozen=True)
class Points:
    """Points of a map that have a place.

    Args:
        places: [points, 2].
        rows: numbers of their samples in the evaluation, [points].
        second: those that are the second half of their pair, bool [points].
        unknown: samples of the map that the evaluation does not know.
    """

    places: NDArray[np.float32]
    rows: NDArray[np.int64]
    second: NDArray[np.bool_]
    unknown: int = 0

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Group:
    """Points of one colour.

    Args:
        title: what they have in common.
        count: how many they are.
        colour: number of a series, or the name of a colour of the theme.
    """

    title: str
    count: int
    colour: int | str


@dataclass(frozen=True)
class Colouring:
    """What the colour of each point means.

    Args:
        groups: of which each point is one; empty where colour goes from low to high.
        group: number of the group of each point, [points].
        level: 0, low, to 1, high, of each point, NaN where it is not known; empty with groups.
        low: what the lowest colour stands for.
        high: what the highest stands for.
    """

    groups: tuple[Group, ...] = ()
    group: NDArray[np.int16] = field(default_factory=lambda: np.empty(0, np.int16))
    level: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    low: str = ""
    high: str = ""


def points_of(found: EmbeddingMap, samples: Samples) -> Points:
    """The points of a map with the samples that they stand for.

    Args:
        found: the map.
        samples: rows of the evaluation of the same split.
    """
    number = {stem: row for row, stem in enumerate(samples.stem.tolist())}
    rows = np.array([number.get(stem, -1) for stem in found.stems.tolist()], np.int64)
    halves = [found.places] + ([found.partners] if len(found.partners) else [])
    places = np.concatenate(halves)
    every = np.tile(rows, len(halves))
    second = np.repeat(np.arange(len(halves)) == 1, len(rows))
    kept = (every >= 0) & np.isfinite(places).all(axis=1)
    return Points(places[kept], every[kept], second[kept], int((rows < 0).sum()))


def choices(results: Results, found: EmbeddingMap) -> tuple[Choice, ...]:
    """What the points can be coloured by, the most telling first."""
    names = _OF_TASK.get(results.task, _OF_CLASSES)
    if found.space in PAIRS:
        names = ("half", *names)
    return tuple(_TITLES[name] for name in names)


def colouring(
    name: str, points: Points, results: Results, samples: Samples, found: EmbeddingMap
) -> Colouring:
    """What the colours mean.

    Args:
        name: of one of ``choices``.
        points: of the map.
        results: the figures.
        samples: the rows.
        found: the map.
    """
    if name == "half":
        first, second = PAIRS[found.space]
        # A modality keeps its colour everywhere.
        return _grouped(points.second.astype(np.int64), (first.capitalize(), second.capitalize()),
                        colours=(first, second))  # fmt: skip
    if name == "right":
        wrong = answers.wrong(samples)[points.rows].astype(np.int64)
        return _grouped(wrong, ("Right", "Wrong"), colours=("good", "bad"))
    if name in ("true", "said"):
        values = samples.target if name == "true" else samples.prediction
        return _of_classes(results, values, points)
    values = {
        "value": samples.target,
        "error": np.abs(samples.prediction - samples.target) if name == "error" else samples.loss,
        "rank": samples.prediction,
        "loss": samples.loss,
    }[name]
    return _levels(np.asarray(values, np.float64)[points.rows], ends=name == "value")


def _of_classes(results: Results, values: NDArray[Any], points: Points) -> Colouring:
    if values.ndim == 1:
        return _grouped(values[points.rows].astype(np.int64), results.classes)
    sets, number = np.unique(values[points.rows], axis=0, return_inverse=True)
    titles = tuple(answers.in_words(results, one) for one in sets)
    return _grouped(number.reshape(-1).astype(np.int64), titles)


def _grouped(
    number: NDArray[np.int64], titles: tuple[str, ...], colours: tuple[str, ...] = ()
) -> Colouring:
    """Groups in their order; of very many the most frequent, and the rest as one."""
    counts = np.bincount(number, minlength=len(titles))
    shown = np.arange(len(titles))
    if len(titles) > MOST_GROUPS:
        shown = np.sort(np.argsort(-counts, kind="stable")[: MOST_GROUPS - 1])
    place = np.full(len(titles), len(shown), np.int16)
    place[shown] = np.arange(len(shown))
    groups = [
        Group(titles[which], int(counts[which]), colours[which] if colours else n)
        for n, which in enumerate(shown.tolist())
    ]
    rest = len(titles) - len(shown)
    if rest:
        others = int(counts.sum() - counts[shown].sum())
        groups.append(Group(f"{rest:,} others", others, "quiet"))
    return Colouring(tuple(groups), place[number])


def _levels(values: NDArray[np.float64], *, ends: bool) -> Colouring:
    """Colours from low to high; ``ends``: the few lowest stand aside, too, not only the highest."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return Colouring(level=np.full(len(values), np.nan, np.float32))
    low = float(np.quantile(finite, 1 - _FAR)) if ends else float(finite.min())
    high = float(np.quantile(finite, _FAR))
    level = np.clip((values - low) / max(high - low, 1e-300), 0, 1).astype(np.float32)
    over = "≥ " if finite.max() > high else ""
    under = "≤ " if finite.min() < low else ""
    return Colouring(level=level, low=under + number_words(low), high=over + number_words(high))
