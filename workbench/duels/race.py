"""The race of a duel while it runs: a neutral validation metric of each contestant by epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench import events
from workbench.duels.spec import DuelSpec
from workbench.duels.statistics import over_runs
from workbench.duels.store import Duel, Outcomes
from workbench.errors import UserError
from workbench.runs.store import Run

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Lane:
    """A contestant in the race.

    Args:
        name: its name.
        runs: by seed, the metric after each epoch, [epochs]; NaN where an epoch was not validated.
    """

    name: str
    runs: Mapping[int, Floats] = field(default_factory=dict)

    def band(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Epochs, mean, standard deviation and number of runs over the runs that got there.

        The standard deviation is 0 where only one run has got there.
        """
        longest = max((len(each) for each in self.runs.values()), default=0)
        table = np.full((len(self.runs), longest), np.nan)
        for row, values in enumerate(self.runs.values()):
            table[row, : len(values)] = values
        mean, spread, count = over_runs(table)
        kept = count > 0
        epochs = np.flatnonzero(kept).astype(np.float64) + 1
        return epochs, mean[kept], spread[kept], count[kept]


@dataclass(frozen=True, eq=False)
class Race:
    """How far the contestants are.

    Args:
        metric: of the validation samples, that is drawn: ``accuracy``, ``mae`` or ``matched``.
        lanes: one a contestant, in the order of the duel.
        epochs: that are planned.
    """

    metric: str = ""
    lanes: tuple[Lane, ...] = ()
    epochs: int = 0


class RaceReader:
    """Reads the race of a duel from the events of its runs; what has not grown is not read again.

    Args:
        duel: it.
        spec: what it is.
    """

    def __init__(self, duel: Duel, spec: DuelSpec) -> None:
        self._duel, self._spec = duel, spec
        self._known: dict[str, tuple[int, str, Floats]] = {}
        self._last = Race()
        self._grown = True

    def read(self, outcomes: Outcomes) -> Race:
        """The race by now, the same object where it has not moved; damaged runs are left out.

        Args:
            outcomes: of the duel.
        """
        metric = ""
        lanes = []
        for contestant in self._spec.contestants:
            runs: dict[int, Floats] = {}
            for each in outcomes.every:
                if each.place.contestant != contestant.name or each.place.searching:
                    continue
                name, values = self._values(self._duel.runs / each.run)
                metric = metric or name
                if len(values):
                    runs[each.place.seed] = values
            lanes.append(Lane(contestant.name, runs))
        if self._grown:
            self._grown = False
            self._last = Race(metric, tuple(lanes), self._spec.recipe.training.epochs)
        return self._last

    def _values(self, folder: Path) -> tuple[str, Floats]:
        run = Run(folder)
        try:
            size = run.events_file.stat().st_size
        except OSError:
            return "", np.zeros(0)
        before = self._known.get(run.name)
        if before is not None and before[0] == size:
            return before[1], before[2]
        try:
            metric, values = _validated(run)
        except UserError:
            # A run whose events are damaged is told of where its outcome is read.
            metric, values = "", np.zeros(0)
        self._known[run.name] = (size, metric, values)
        self._grown = True
        return metric, values


def _validated(run: Run) -> tuple[str, Floats]:
    """Name and course of the validation metric that is no loss."""
    metric, found = "", dict[int, float]()
    for event in run.events():
        if isinstance(event, events.EpochDone):
            name = next((key for key in event.validation if key != "loss"), "")
            metric = metric or name
            found[event.epoch] = event.validation.get(name, math.nan)
    values = np.full(max(found, default=0), np.nan)
    for epoch, value in found.items():
        values[epoch - 1] = value
    return metric, values
