"""A run's events as curves: arrays that grow, thinned for drawing. No window, no Keras."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workbench import events

MOST_POINTS = 4000
"""Points drawn of one curve at most: more than a screen has columns."""

Numbers = NDArray[np.float64]


class Series:
    """Numbers that only grow; doubling keeps the cost of one more constant."""

    def __init__(self) -> None:
        self._x = np.empty(256)
        self._y = np.empty(256)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def x(self) -> Numbers:
        """Places, oldest first; a view that is valid until the next ``extend``."""
        return self._x[: self._count]

    @property
    def y(self) -> Numbers:
        """Values at those places."""
        return self._y[: self._count]

    def extend(self, x: Numbers, y: Numbers) -> None:
        """Add points at the end."""
        wanted = self._count + len(x)
        if wanted > len(self._x):
            size = max(wanted, 2 * len(self._x))
            self._x, self._y = np.resize(self._x, size), np.resize(self._y, size)
        self._x[self._count : wanted] = x
        self._y[self._count : wanted] = y
        self._count = wanted

    def append(self, x: float, y: float) -> None:
        """Add one point at the end."""
        self.extend(np.asarray([x]), np.asarray([y]))


@dataclass
class Curves:
    """All curves of one run; ``hear`` each of its events in order.

    The level axis of every curve is the epoch: 2.5 is the middle of the third.

    Attributes:
        steps: training loss of each step.
        train: by name the mean of each epoch: ``loss`` and metrics.
        validation: by name the value after each epoch.
        learning_rate: over the steps.
        speed: samples per second over the steps.
        best: epoch of the lowest validation loss; 0 before the first.
        epochs: planned epochs.
        version: grows with every change, so that a plot knows when there is news.
    """

    steps: Series = field(default_factory=Series)
    train: dict[str, Series] = field(default_factory=dict)
    validation: dict[str, Series] = field(default_factory=dict)
    learning_rate: Series = field(default_factory=Series)
    speed: Series = field(default_factory=Series)
    best: int = 0
    epochs: int = 0
    version: int = 0
    _per_epoch: int = 1

    def hear(self, event: events.Said) -> None:
        """Take in one event."""
        match event:
            case events.Started(epochs=epochs, steps=steps):
                self.epochs, self._per_epoch = epochs, steps
            case events.StepsDone():
                self._add_steps(event)
            case events.EpochDone():
                self._add_epoch(event)
            case _:
                return
        self.version += 1

    def _add_steps(self, event: events.StepsDone) -> None:
        last = event.step
        numbers = np.arange(last - len(event.losses) + 1, last + 1)
        self.steps.extend(numbers / self._per_epoch, np.asarray(event.losses))
        place = last / self._per_epoch
        self.learning_rate.append(place, event.learning_rate)
        self.speed.append(place, event.samples_per_second)

    def _add_epoch(self, event: events.EpochDone) -> None:
        for curves, figures in ((self.train, event.train), (self.validation, event.validation)):
            for name, value in figures.items():
                curves.setdefault(name, Series()).append(event.epoch, value)
        if event.best:
            self.best = event.epoch

    @property
    def metric(self) -> str:
        """Name of the metric beside the loss: ``accuracy`` or ``mae``; "" before the first."""
        return next((name for name in self.validation if name != "loss"), "")


def thin(x: Numbers, y: Numbers, most: int = MOST_POINTS) -> tuple[Numbers, Numbers]:
    """The lowest and the highest point of each of many equal stretches, so that no spike is lost.

    Args:
        x: places, ascending, [points].
        y: values, [points]; NaN counts as neither.
        most: points wanted at most.

    Returns:
        Places and values of at most ``most`` points, ascending; the same arrays where they are few.
    """
    if len(x) <= most:
        return x, y
    stretches = most // 2
    size = len(x) // stretches
    whole = size * stretches
    cut = y[:whole].reshape(stretches, size)
    starts = np.arange(stretches) * size
    lowest = starts + np.argmin(np.where(np.isnan(cut), np.inf, cut), axis=1)
    highest = starts + np.argmax(np.where(np.isnan(cut), -np.inf, cut), axis=1)
    # What is left at the end is less than one stretch in a curve of many: its last point stands.
    chosen = np.unique(np.concatenate([lowest, highest, [len(x) - 1]]))
    return x[chosen], y[chosen]


def smooth(x: Numbers, y: Numbers, weight: float, most: int = 1000) -> tuple[Numbers, Numbers]:
    """Means of equal stretches, then an exponential mean of these, corrected for its start.

    Args:
        x: places, ascending, [points].
        y: values, [points].
        weight: share of the past, 0 (none) to below 1.
        most: stretches at most.

    Returns:
        Places and smoothed values.
    """
    if not len(x):
        return x, y
    size = math.ceil(len(x) / most)
    starts = np.arange(0, len(x), size)
    counts = np.diff(np.append(starts, len(x)))
    places, means = np.add.reduceat(x, starts) / counts, np.add.reduceat(y, starts) / counts
    smoothed = np.empty_like(means)
    past, known = 0.0, 0.0
    for place, value in enumerate(means.tolist()):
        if math.isfinite(value):
            past = weight * past + (1 - weight) * value
            known = weight * known + (1 - weight)
        smoothed[place] = past / known if known else math.nan
    return places, smoothed


def in_words(seconds: float) -> str:
    """A length of time in words: ``45 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
