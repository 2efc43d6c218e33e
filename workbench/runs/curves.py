"""A run's events as curves that grow. No window, no Keras."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from workbench import events
from workbench.runs.series import Series
from workbench.runs.spikes import Spikes

RECENT_EPOCHS = 3
"""Epochs whose length tells how long the next ones will take."""

RECENT = 1.0
"""Epochs that shares of time are taken over."""


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
        gradient: length of the gradient over the whole model, over the steps.
        update: length of what a step added to the model over the model's own, where measured.
        spent: by ``data``, ``compute``, ``checkpoint`` and ``told``, the seconds that went there
            from the beginning on: a sum that grows.
        processor: share of all processors that the engine kept busy, 0..1.
        memory: bytes that the engine held.
        memory_free: bytes of the machine that were free.
        busy: share of time that each GPU was busy, 0..1, by its name; empty without one.
        graphics: bytes in use of each GPU.
        spikes: steps whose loss stands far above those before it.
        standing: the run is paused.
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
    gradient: Series = field(default_factory=Series)
    update: Series = field(default_factory=Series)
    spent: dict[str, Series] = field(default_factory=dict)
    processor: Series = field(default_factory=Series)
    memory: Series = field(default_factory=Series)
    memory_free: Series = field(default_factory=Series)
    busy: dict[str, Series] = field(default_factory=dict)
    graphics: dict[str, Series] = field(default_factory=dict)
    spikes: Spikes = field(default_factory=Spikes)
    standing: bool = False
    version: int = 0
    _bests: list[int] = field(default_factory=list)
    _per_epoch: int = 1
    _samples: int = 0

    def hear(self, event: events.Said) -> None:
        """Take in one event."""
        match event:
            case events.Started():
                self._cut(0.0)
                self.epochs, self._per_epoch = event.epochs, max(1, event.steps)
                self._samples = event.samples.get("train", 0)
            case events.StepsDone():
                self._add_steps(event)
            case events.EpochDone():
                self._add_epoch(event)
            case events.Measured():
                self._add_measured(event)
            case events.Paused():
                self.standing = True
            case events.Resumed():
                self.standing = False
                if event.from_disk:
                    self._cut(event.step / self._per_epoch)
            case _:
                return
        self.version += 1

    def _cut(self, place: float) -> None:
        """Take back all that stands after a place: it is said once more."""
        for series in self._every():
            series.cut(place)
        self.spikes.cut(place)
        self._cut_best(place)

    def _cut_best(self, place: float) -> None:
        self._bests = [epoch for epoch in self._bests if epoch <= place]
        self.best = self._bests[-1] if self._bests else 0

    def _every(self) -> Iterator[Series]:
        for known in vars(self).values():
            if isinstance(known, Series):
                yield known
            elif isinstance(known, dict):
                yield from known.values()

    def _add_steps(self, event: events.StepsDone) -> None:
        last = event.step
        numbers = np.arange(last - len(event.losses) + 1, last + 1) / self._per_epoch
        losses = np.asarray(event.losses)
        self.steps.extend(numbers, losses)
        self.spikes.hear(self.steps, len(losses))
        place = last / self._per_epoch
        self._add_seconds(place, event.seconds)
        self.learning_rate.append(place, event.learning_rate)
        self.speed.append(place, event.samples_per_second)
        if event.gradient is not None:
            self.gradient.append(place, event.gradient)
        if event.update is not None:
            self.update.append(place, event.update)
        self._add_figures(place, event)

    def _add_seconds(self, place: float, seconds: Mapping[str, float]) -> None:
        """Let the sums grow; that of something new begins with nothing where it was told last."""
        before = self.learning_rate.x[-1] if len(self.learning_rate) else 0.0
        for name in {**self.spent, **seconds}:
            known = self.spent.setdefault(name, Series())
            if not len(known):
                known.append(before, 0.0)
            known.append(place, known.last + seconds.get(name, 0.0))

    def _add_figures(self, place: float, event: events.StepsDone) -> None:
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
        # An epoch that is said again, as it was validated again, takes the place of the first.
        for group in (self.train, self.validation, self.validation_terms):
            for series in group.values():
                series.cut(event.epoch - 1)
        self.epoch_seconds.cut(event.epoch - 1)
        self._cut_best(event.epoch - 1)
        _append(self.train, event.epoch, event.train)
        _append(self.validation, event.epoch, event.validation)
        _append(self.validation_terms, event.epoch, event.validation_terms)
        self.epoch_seconds.append(event.epoch, event.seconds)
        if event.best and "loss" in event.validation:
            self._bests.append(event.epoch)
            self.best = event.epoch

    def _add_measured(self, event: events.Measured) -> None:
        place = self.place
        self.processor.append(place, event.processor)
        self.memory.append(place, event.memory)
        self.memory_free.append(place, event.memory_free)
        for number, figures in enumerate(event.graphics, start=1):
            name = f"GPU {number}" if len(event.graphics) > 1 else "GPU"
            _append(self.busy, place, {name: figures["busy"]} if "busy" in figures else {})
            _append(self.graphics, place, {name: figures["memory"]} if "memory" in figures else {})

    def time_split(self, over: float = RECENT) -> dict[str, float]:
        """Where the time of late goes.

        Args:
            over: epochs that are looked at.

        Returns:
            Shares by what they go to, summing to 1; empty where nothing is known.
        """
        begun = self.place - over
        spent = {name: series.total_since(begun) for name, series in self.spent.items()}
        total = sum(spent.values())
        return {name: seconds / total for name, seconds in spent.items()} if total > 0 else {}

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

        Taken from the middle one of the last epochs, its validation included, so that one epoch
        that was held up does not spoil it; in the first epoch, from the speed of its steps.

        Returns:
            Seconds, 0 or more; NaN where nothing is known yet.
        """
        if len(self.epoch_seconds):
            each = float(np.median(self.epoch_seconds.y[-RECENT_EPOCHS:]))
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


def in_words(seconds: float) -> str:
    """A length of time in words: ``45 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
