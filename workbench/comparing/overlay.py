"""Curves of several runs over one axis, and the mean and band of those that repeat each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench import events
from workbench.duels.statistics import over_runs
from workbench.runs.store import Run

Floats = NDArray[np.float64]
Axis = Literal["epoch", "step", "time"]
AXES: tuple[Axis, ...] = ("epoch", "step", "time")
PLACES = 200
"""Of a mean over runs whose points do not lie at the same places."""


@dataclass(frozen=True, eq=False)
class Track:
    """How one run went.

    Args:
        folder: of the run.
        name: as it is told apart from the others.
        kind: runs of one kind repeat each other with other seeds.
        places: by axis the place of each epoch's end, [epochs]: epochs, optimiser steps, seconds
            of training.
        values: by figure its value then, [epochs]; NaN where there is none. ``loss`` and metrics
            of the validation samples by their names, those of training with ``train_`` before.
    """

    folder: Path
    name: str
    kind: str
    places: dict[Axis, Floats] = field(default_factory=dict)
    values: dict[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Line:
    """A line to draw.

    Args:
        name: what the legend says.
        x: places, rising.
        y: values.
        spread: standard deviation over the runs, of the same length; empty for one run.
        runs: how many it is the mean of.
        folder: of the run; None where there are several.
    """

    name: str
    x: Floats
    y: Floats
    spread: Floats
    runs: int = 1
    folder: Path | None = None


def read(run: Run, name: str, kind: str) -> Track:
    """Read how a run went from what it said after each epoch.

    Args:
        run: it.
        name: as it is told apart.
        kind: runs of one kind repeat each other.

    Raises:
        UserError: its events are damaged.
    """
    # Of an epoch that was taken back and trained again the last word counts.
    said = {each.epoch: each for each in run.events() if isinstance(each, events.EpochDone)}
    done = [said[epoch] for epoch in sorted(said)]
    values: dict[str, Floats] = {}
    told = {"": [each.validation for each in done], "train_": [each.train for each in done]}
    for prefix, epochs in told.items():
        for figure in dict.fromkeys(figure for each in epochs for figure in each):
            found = [each.get(figure, math.nan) for each in epochs]
            values[f"{prefix}{figure}"] = np.asarray(found, np.float64)
    places: dict[Axis, Floats] = {
        "epoch": np.asarray([each.epoch for each in done], np.float64),
        "step": np.asarray([each.step for each in done], np.float64),
        "time": np.cumsum([each.seconds for each in done], dtype=np.float64),
    }
    return Track(run.folder, name, kind, places, values)


def figures_of(tracks: Sequence[Track]) -> tuple[str, ...]:
    """Figures that any run has; metrics before losses, which do not compare between losses.

    Args:
        tracks: the runs.
    """
    every = dict.fromkeys(figure for track in tracks for figure in track.values)
    return tuple(sorted(every, key=lambda name: (name.startswith("train_"), "loss" in name)))


def lines(
    tracks: Sequence[Track], figure: str, axis: Axis = "epoch", *, means: bool = True
) -> tuple[Line, ...]:
    """A line for each run, or for all that repeat each other.

    Args:
        tracks: the runs.
        figure: that is drawn.
        axis: over which.
        means: runs of one kind become their mean and its band.
    """
    with_it = [track for track in tracks if np.isfinite(track.values.get(figure, np.nan)).any()]
    kinds: dict[str, list[Track]] = {}
    for track in with_it:
        kinds.setdefault(track.kind if means else str(track.folder), []).append(track)
    return tuple(_line(mine, figure, axis) for mine in kinds.values())


def _line(tracks: list[Track], figure: str, axis: Axis) -> Line:
    points = [_points(track, figure, axis) for track in tracks]
    if len(points) == 1:
        return Line(tracks[0].name, *points[0], np.zeros(0), folder=tracks[0].folder)
    x = _common(points)
    table = np.stack([_at(x, *each) for each in points])
    mean, spread, count = over_runs(table)
    kept = count > 0
    return Line(tracks[0].kind, x[kept], mean[kept], spread[kept], len(tracks))


def _points(track: Track, figure: str, axis: Axis) -> tuple[Floats, Floats]:
    y = track.values[figure]
    known = np.isfinite(y)
    return track.places[axis][known], y[known]


def _common(points: list[tuple[Floats, Floats]]) -> Floats:
    """Places for a mean: those of all where they are few, else evenly spread."""
    found = np.unique(np.concatenate([x for x, _ in points]))
    if len(found) <= max(len(x) for x, _ in points) + 1:
        return found
    return np.linspace(float(found[0]), float(found[-1]), PLACES)


def _at(x: Floats, places: Floats, values: Floats) -> Floats:
    """Values at other places, straight between those that are known; none beyond either end."""
    found: Floats = np.interp(x, places, values, left=np.nan, right=np.nan)
    return found
