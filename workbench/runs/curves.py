"""A run's events as curves: arrays that grow, thinned for drawing. No window, no Keras."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workbench import events

MOST_POINTS = 4000
"""Points drawn of one curve at most: more than a screen has columns."""

RECENT_EPOCHS = 3
"""Epochs whose length tells how long the next ones will take."""

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

    The level axis of every curve is the epoch: 2.5 is the middle of the third. An epoch whose
    validation was cut short has no point in ``validation``.

    Attributes:
        steps: training loss of each step.
        train: by name the mean of each epoch: ``loss`` and metrics.
        validation: by name the value after each epoch.
        learning_rate: over the steps.
        speed: samples per second over the steps.
        best: epoch of the lowest validation loss; 0 before the first.
        epochs: planned epochs.
        epoch_seconds: how long each epoch took, its validation included.
        terms: raw loss of each term over the steps; empty where there is but one.
        weights: what each term is multiplied with, over the steps.
        shares: share of each term in the sum of all weighed ones, by size, over the steps.
        gradients: length of the gradient of each modality's encoder, over the steps.
        cosines: of each modality, the cosine between the gradients of the task and of all other
            terms, over the steps.
        traces: what the balancer tells of itself, by name, over the steps.
        validation_terms: raw loss of each term on the validation samples, by epoch.
        version: grows with every change, so that a plot knows when there is news.
    """

    steps: Series = field(default_factory=Series)
    train: dict[str, Series] = field(default_factory=dict)
    validation: dict[str, Series] = field(default_factory=dict)
    learning_rate: Series = field(default_factory=Series)
    speed: Series = field(default_factory=Series)
    best: int = 0
    epochs: int = 0
    epoch_seconds: Series = field(default_factory=Series)
    terms: dict[str, Series] = field(default_factory=dict)
    weights: dict[str, Series] = field(default_factory=dict)
    shares: dict[str, Series] = field(default_factory=dict)
    gradients: dict[str, Series] = field(default_factory=dict)
    cosines: dict[str, Series] = field(default_factory=dict)
    traces: dict[str, Series] = field(default_factory=dict)
    validation_terms: dict[str, Series] = field(default_factory=dict)
    version: int = 0
    _per_epoch: int = 1
    _samples: int = 0

    def hear(self, event: events.Said) -> None:
        """Take in one event."""
        match event:
            case events.Started():
                self.epochs, self._per_epoch = event.epochs, max(1, event.steps)
                self._samples = event.samples.get("train", 0)
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
        weighed = {name: abs(event.weights[name] * value) for name, value in event.terms.items()}
        total = sum(weighed.values())
        shares = {name: value / total for name, value in weighed.items()} if total > 0 else {}
        for group, figures in (
            (self.terms, event.terms),
            (self.weights, event.weights),
            (self.shares, shares),
            (self.gradients, event.gradients),
            (self.cosines, event.cosines),
            (self.traces, event.traces),
        ):
            _append(group, place, figures)

    def _add_epoch(self, event: events.EpochDone) -> None:
        _append(self.train, event.epoch, event.train)
        _append(self.validation, event.epoch, event.validation)
        _append(self.validation_terms, event.epoch, event.validation_terms)
        self.epoch_seconds.append(event.epoch, event.seconds)
        if event.best and "loss" in event.validation:
            self.best = event.epoch

    @property
    def best_loss(self) -> float:
        """Validation loss of the best epoch; NaN before the first."""
        known = self.validation.get("loss")
        if known is None or not self.best:
            return math.nan
        return float(known.y[np.searchsorted(known.x, self.best)])

    @property
    def place(self) -> float:
        """How far the run is, in epochs."""
        return float(self.steps.x[-1]) if len(self.steps) else 0.0

    def seconds_left(self) -> float:
        """Time left until the last planned epoch is done.

        Taken from the last epochs, their validation included; in the first epoch, from the speed
        of its steps.

        Returns:
            Seconds, 0 or more; NaN where nothing is known yet.
        """
        if len(self.epoch_seconds):
            each = float(self.epoch_seconds.y[-RECENT_EPOCHS:].mean())
        elif len(self.speed) and self.speed.y[-1] > 0 and self._samples:
            each = self._samples / float(self.speed.y[-1])
        else:
            return math.nan
        return max(0.0, self.epochs - self.place) * each

    @property
    def metric(self) -> str:
        """Name of the metric beside the loss: ``accuracy`` or ``mae``; "" before the first."""
        return next((name for name in self.validation if name != "loss"), "")


def _append(group: dict[str, Series], place: float, figures: Mapping[str, float]) -> None:
    for name, value in figures.items():
        group.setdefault(name, Series()).append(place, value)


def thin(x: Numbers, y: Numbers, most: int = MOST_POINTS) -> tuple[Numbers, Numbers]:
    """The lowest and the highest point of each of many equal stretches, so that no spike is lost.

    Args:
        x: places, ascending, [points].
        y: values, [points]; NaN counts as neither.
        most: points wanted at most, 4 or more.

    Returns:
        Places and values of at most ``most`` points, ascending, the first and the last among them;
        the same arrays where they are few.
    """
    if len(x) <= most:
        return x, y
    # Two points of each stretch, and the two ends of the curve.
    size = math.ceil(len(x) / ((most - 2) // 2))
    stretches = math.ceil(len(x) / size)
    padded = np.full(stretches * size, np.nan)
    padded[: len(y)] = y
    cut = padded.reshape(stretches, size)
    starts = np.arange(stretches) * size
    lowest = starts + np.argmin(np.where(np.isnan(cut), np.inf, cut), axis=1)
    highest = starts + np.argmax(np.where(np.isnan(cut), -np.inf, cut), axis=1)
    chosen = np.unique(np.concatenate([[0], lowest, highest, [len(x) - 1]]))
    return x[chosen], y[chosen]


def smooth(x: Numbers, y: Numbers, weight: float, most: int = 1000) -> tuple[Numbers, Numbers]:
    """Means of equal stretches, then an exponential mean of these, corrected for its start.

    Args:
        x: places, ascending, [points].
        y: values, [points]; what is not finite is left out.
        weight: share of the past that each step keeps, 0 (none) to below 1; on curves of more than
            ``most`` points it is the share that each of ``most`` parts keeps, so that the same
            weight looks alike on long and on short runs.
        most: stretches at most.

    Returns:
        Places and smoothed values; NaN before the first finite value.
    """
    if not len(x):
        return x, y
    size = math.ceil(len(x) / most)
    starts = np.arange(0, len(x), size)
    known = np.isfinite(y)
    counts = np.add.reduceat(known.astype(float), starts)
    sums = np.add.reduceat(np.where(known, y, 0.0), starts)
    places = np.add.reduceat(x, starts) / np.diff(np.append(starts, len(x)))
    # A stretch is longer or shorter than a part, as sizes are whole numbers: this evens it out.
    kept = weight ** (size * most / max(len(x), most))
    smoothed = np.full(len(starts), math.nan)
    past, seen = 0.0, 0.0
    for place, (total, count) in enumerate(zip(sums.tolist(), counts.tolist(), strict=True)):
        if count:
            past = kept * past + (1 - kept) * total / count
            seen = kept * seen + (1 - kept)
        if seen:
            smoothed[place] = past / seen
    return places, smoothed


def in_words(seconds: float) -> str:
    """A length of time in words: ``45 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
