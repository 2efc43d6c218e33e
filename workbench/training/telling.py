"""What a run says of its steps and epochs: figures by name, at most twenty times a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.events import EpochDone, Said, StepsDone
from workbench.parts import Task
from workbench.training.steps import Figures, Steps

TELL_SECONDS = 0.05
"""Steps are told at most this often, 20 times a second."""


class Telling:
    """Gathers figures of steps and tells them now and then.

    Args:
        steps: names the terms and modalities.
        weighed: how many of the terms the balancer weighs.
        traces: what the balancer tells of itself.
        task: what the target is.
        tell: told every event.
    """

    def __init__(
        self, steps: Steps, weighed: int, traces: Callable[[], Any], task: Task,
        tell: Callable[[Said], object],
    ) -> None:  # fmt: skip
        self._steps = steps
        self._weighed = weighed
        self._traces = traces
        self._task = task
        self._tell = tell
        self._losses: list[float] = []
        self._recent: Figures | None = None
        self._update: float | None = None
        self._seconds: dict[str, float] = {}
        self._told = time.monotonic()

    def add(self, losses: list[float], figures: Figures, seconds: float) -> None:
        """Take in some steps.

        Args:
            losses: of each.
            figures: sums over them.
            seconds: how long they took, waiting for batches included.
        """
        self._losses += losses
        self._recent = figures if self._recent is None else self._recent + figures
        self.spend("data", figures.waited)
        self.spend("compute", max(0.0, seconds - figures.waited))

    def spend(self, what: str, seconds: float) -> None:
        """Count time that goes to something."""
        self._seconds[what] = self._seconds.get(what, 0.0) + seconds

    def moved(self, share: float) -> None:
        """Take in how far a step moved the model."""
        self._update = share

    @property
    def due(self) -> bool:
        """Whether it is time to tell."""
        return time.monotonic() - self._told >= TELL_SECONDS

    def say(self, epoch: int, step: int, rate: float, samples_per_second: float) -> None:
        """Tell what was gathered; nothing where nothing was.

        Args:
            epoch: epoch in hand.
            step: optimiser steps so far.
            rate: learning rate of the last of them.
            samples_per_second: recent speed.
        """
        begun = time.monotonic()
        if self._recent is None:
            return
        self._tell(
            StepsDone(
                epoch=epoch,
                step=step,
                losses=tuple(self._losses),
                learning_rate=rate,
                samples_per_second=samples_per_second,
                gradient=self._recent.gradient / self._recent.steps,
                update=self._update,
                seconds=self._seconds,
                **self._curves(self._recent),
            )
        )
        self._losses, self._recent, self._update, self._seconds = [], None, None, {}
        self._told = time.monotonic()
        self.spend("told", self._told - begun)

    def say_epoch(
        self, epoch: int, step: int, train: Figures, validation: Figures, seconds: float,
        best: bool,
    ) -> None:  # fmt: skip
        """Tell an epoch.

        Args:
            epoch: which.
            step: optimiser steps so far.
            train: its sums.
            validation: sums over the validation samples.
            seconds: how long it took.
            best: its validation loss is the lowest so far.
        """
        self._tell(
            EpochDone(
                epoch=epoch,
                step=step,
                train=self._named(train),
                validation=self._named(validation),
                seconds=seconds,
                best=best,
                train_terms=self._by_term(train),
                validation_terms=self._by_term(validation),
            )
        )

    def of_terms(self, figures: Figures) -> NDArray[np.float64]:
        """Mean losses of the terms that are weighed."""
        return figures.terms[: self._weighed] / max(figures.samples, 1.0)

    def _named(self, figures: Figures) -> dict[str, float]:
        """Mean loss and metric by name."""
        loss, metric = figures.mean
        known = {"none": "matched", "number": "mae", "numbers": "mae"}
        return {"loss": loss, known.get(self._task, "accuracy"): metric}

    def _by_term(self, figures: Figures) -> dict[str, float]:
        """Mean raw losses of all terms by name; none where there is but one."""
        names = self._steps.terms
        if len(names) < 2:
            return {}
        means = figures.terms / max(figures.samples, 1.0)
        return dict(zip(names, means.tolist(), strict=True))

    def _curves(self, figures: Figures) -> dict[str, dict[str, float]]:
        """What a telling of steps holds beside the loss."""
        terms, modalities = self._steps.terms, self._steps.modalities
        norms = (figures.norms / figures.steps).tolist()
        found = {"gradients": dict(zip(modalities, norms, strict=True))}
        if len(terms) < 2:
            return found
        weights = (figures.weights / figures.steps).tolist()
        found["terms"] = self._by_term(figures)
        found["weights"] = dict(zip(terms, weights, strict=True))
        if self._weighed > 1:
            cosines = (figures.cosines / figures.steps).tolist()
            found["cosines"] = dict(zip(modalities, cosines, strict=True))
            found["traces"] = dict(self._traces())
        return found
