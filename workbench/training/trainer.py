"""The one training loop: several steps a call, on one device or many, with events on the way."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from workbench import parts
from workbench.data import batches
from workbench.data.prepared import Prepared
from workbench.data.walk import Stopped
from workbench.errors import UserError
from workbench.events import EpochDone, Preparing, Said, Started, StepsDone, Stopping, Trained
from workbench.lazy import keras
from workbench.spec import RunSpec
from workbench.training import checkpoints, devices
from workbench.training.inputs import ModelInputs
from workbench.training.model import build
from workbench.training.objective import Objective
from workbench.training.steps import MOST_STEPS, Figures, Steps, trainable

Outcome = Literal["done", "stopped", "flat", "time"]

CALL_SECONDS = 0.08
"""Steps of one call together take about this long: a wish to stop is heard between two calls."""
TELL_SECONDS = 0.05
"""Steps are told at most this often, 20 times a second."""


class Trainer:
    """Trains one run.

    Args:
        spec: what the run is.
        prepared: its samples.
        folder: its folder; gets ``checkpoints/`` and ``model/``.
        tell: told every event.
        wish: asked often; ``stop`` ends training and keeps the best weights.
    """

    def __init__(
        self,
        spec: RunSpec,
        prepared: Prepared,
        folder: Path,
        tell: Callable[[Said], object],
        wish: Callable[[], str | None],
    ) -> None:
        self._spec = spec
        self._prepared = prepared
        self._tell = tell
        self._wish = wish
        self._folder = folder
        self._best = math.inf
        self._best_epoch = 0
        self._step = 0
        self._step_seconds = 0.0
        self._first_seconds = 0.0
        self._training_seconds = 0.0
        self._timed_steps = 0
        self._held = 0
        self._fresh = False

    def train(self) -> Trained:
        """Train until all epochs are done, the validation loss is flat, or somebody wishes to stop.

        Returns:
            The event that was also told: the outcome, and which epoch's weights were kept.

        Raises:
            UserError: the loss is not a number any more, or a checkpoint cannot be written.
            Stopped: the wish to stop was heard before the first step.
        """
        training = self._spec.training
        self._tell(Preparing(stage="build"))
        keras.utils.set_random_seed(training.seed)
        strategy = devices.strategy()
        inputs = ModelInputs.of(self._prepared, self._spec)
        inputs.write(self._folder)
        self._prepared = inputs.masked(self._prepared)
        with strategy.scope():
            self._make(inputs)
        self._order = batches.Order(
            self._prepared.rows("train"),
            training.batch_size,
            training.seed,
            strategy.num_replicas_in_sync,
        )
        self._steps = Steps(
            self._built, self._optimizer, self._objective, self._balancer, strategy,
            training.clip_norm,
        )  # fmt: skip
        self._start()
        begun = time.monotonic()
        outcome, epochs = self._epochs()
        trained = Trained(
            outcome=outcome,
            epochs=epochs,
            best_epoch=self._best_epoch,
            seconds=time.monotonic() - begun,
            samples_per_second=self._samples_per_second(),
        )
        self._tell(trained)
        return trained

    def _make(self, inputs: ModelInputs) -> None:
        """Model, objective, balancer and optimiser, and the variables of each."""
        training, chosen = self._spec.training, self._spec.objective.balancer
        # The model first: what losses and balancers learn must not move the start of its weights.
        self._built = build(
            self._spec, inputs.shapes, inputs.outputs, inputs.vocabulary, inputs.incomplete,
            told=self._downloaded,
        )  # fmt: skip
        self._objective = Objective.of(self._spec, self._prepared)
        part = parts.find("balancer", chosen.name)
        self._balancer = part.function(**part.check(chosen.options))
        self._balancer.begin(self._objective.balanced, sorted(self._spec.modalities))
        part = parts.find("optimizer", training.optimizer.name)
        self._optimizer = part.function(
            training.learning_rate, **part.check(training.optimizer.options)
        )
        learned = [*self._objective.variables, *self._balancer.trainable_variables]
        if learned:
            # Decay would draw a learned temperature or variance towards its start.
            self._optimizer.exclude_from_weight_decay(var_list=learned)
        self._optimizer.build(trainable(self._built, self._objective, self._balancer))

    def _downloaded(self, done: int, total: int) -> None:
        if self._wish() is not None:
            raise Stopped
        self._tell(Preparing(stage="download", done=done, total=total))

    def _start(self) -> None:
        counts = {name: len(self._prepared.rows(name)) for name in ("train", "validation", "test")}
        parameters = sum(math.prod(v.shape) for v in self._built.model.trainable_variables)
        self._tell(
            Started(
                run=str(self._folder),
                epochs=self._spec.training.epochs,
                steps=self._order.steps,
                samples=counts,
                parameters=int(parameters),
                shapes={m: self._prepared.shape(m) for m in self._spec.modalities},
                device=devices.describe(),
            )
        )
        self._tell(Preparing(stage="trace"))

    def _epochs(self) -> tuple[Outcome, int]:
        """Train epoch after epoch; returns how it ended and how many were completed."""
        training = self._spec.training
        total = training.epochs * self._order.steps
        dataset = batches.training(self._prepared, self._order, 0, total, training.augmentation)
        iterator = self._steps.iterate(dataset)
        for epoch in range(1, training.epochs + 1):
            begun = time.monotonic()
            self._thaw(epoch)
            trained = self._train_epoch(iterator, epoch)
            validated = self._validate() if trained is not None else None
            if trained is None or validated is None:
                return self._stopped(epoch - 1), epoch - 1
            loss = validated.mean[0]
            # Before anything is saved: the last step can spoil weights that its own loss had not.
            self._refuse_nan([loss], self._step, "validation loss")
            self._balancer.end_epoch(self._of_terms(trained), self._of_terms(validated))
            best = loss < self._best
            if best:
                self._best, self._best_epoch = loss, epoch
                self._save("best", epoch)
            self._save("last", epoch)
            seconds = time.monotonic() - begun
            self._tell(
                EpochDone(
                    epoch=epoch,
                    step=self._step,
                    train=self._named(trained),
                    validation=self._named(validated),
                    seconds=seconds,
                    best=best,
                    train_terms=self._by_term(trained),
                    validation_terms=self._by_term(validated),
                )
            )
            if training.patience is not None and epoch - self._best_epoch >= training.patience:
                return "flat", epoch
        return "done", training.epochs

    def _stopped(self, epochs: int) -> Outcome:
        self._tell(Stopping())
        if self._best_epoch == 0:
            # No epoch was completed: what was learned so far is the best there is.
            self._save("best", epochs)
        return "stopped"

    def _thaw(self, epoch: int) -> None:
        """Hold what an encoder keeps frozen in this epoch, and let go what it does no more."""
        held = self._built.frozen(epoch)
        if len(held) != self._held:
            self._held = len(held)
            self._steps.freeze(held)
            self._fresh = True

    def _train_epoch(self, iterator: Any, epoch: int) -> Figures | None:
        """Train one epoch; None when the wish to stop was heard."""
        last = epoch * self._order.steps
        sums: Figures | None = None
        untold: list[float] = []
        recent: Figures | None = None
        told = time.monotonic()
        while self._step < last:
            if self._wish() is not None:
                return None
            count = self._steps_a_call(last)
            rates = [self._rate(self._step + place) for place in range(count)]
            begun = time.monotonic()
            losses, more = self._steps.train(iterator, rates, self._step)
            now = time.monotonic()
            self._measure(now - begun, count)
            self._refuse_nan(losses, self._step + 1, "loss")
            self._step += count
            sums = more if sums is None else sums + more
            recent = more if recent is None else recent + more
            untold += losses
            if now - told >= TELL_SECONDS or self._step == last:
                told = now
                self._tell(
                    StepsDone(
                        epoch=epoch,
                        step=self._step,
                        losses=tuple(untold),
                        learning_rate=rates[-1],
                        samples_per_second=self._samples_a_step() / self._step_seconds,
                        **self._curves(recent),
                    )
                )
                untold, recent = [], None
        return sums

    def _validate(self) -> Figures | None:
        """Loss and metric of the validation split; None when the wish to stop was heard."""
        rows = self._prepared.rows("validation")
        size = min(len(rows), max(self._spec.training.batch_size, 64))
        sums: Figures | None = None
        for batch in batches.sequential(self._prepared, rows, size):
            if self._wish() is not None:
                return None
            found = self._steps.evaluate(batch)
            sums = found if sums is None else sums + found
        return sums

    def _named(self, figures: Figures) -> dict[str, float]:
        """Mean loss and metric by name."""
        loss, metric = figures.mean
        known = {"none": "matched", "number": "mae", "numbers": "mae"}
        return {"loss": loss, known.get(self._prepared.task, "accuracy"): metric}

    def _of_terms(self, figures: Figures) -> NDArray[np.float64]:
        """Mean losses of the terms that are weighed."""
        return figures.terms[: len(self._objective.terms)] / max(figures.samples, 1.0)

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
        if len(self._objective.terms) > 1:
            cosines = (figures.cosines / figures.steps).tolist()
            found["cosines"] = dict(zip(modalities, cosines, strict=True))
            found["traces"] = dict(self._balancer.traces())
        return found

    def _steps_a_call(self, last: int) -> int:
        """As many steps as take ``CALL_SECONDS``; one until the speed is known."""
        known = self._step_seconds
        wanted = max(1, int(CALL_SECONDS / known)) if known > 0 and self._step > 1 else 1
        return min(wanted, MOST_STEPS, last - self._step)

    def _measure(self, seconds: float, count: int) -> None:
        """Recent seconds a step; the first call, which traces, does not count."""
        if self._step == 0:
            self._step_seconds = self._first_seconds = seconds
            return
        if self._fresh:
            # Traced anew.
            self._fresh = False
            return
        self._training_seconds += seconds
        self._timed_steps += count
        recent = seconds / count
        slow = self._step_seconds > 4 * recent
        self._step_seconds = recent if slow else 0.8 * self._step_seconds + 0.2 * recent

    def _samples_a_step(self) -> float:
        """On average over an epoch; what only fills the last batch does not count."""
        return len(self._order.rows) / self._order.steps

    def _samples_per_second(self) -> float:
        """Over all timed steps; of a run of one step, that one; 0 where there was none."""
        if self._timed_steps:
            return self._timed_steps * self._samples_a_step() / self._training_seconds
        return self._samples_a_step() / self._first_seconds if self._step else 0.0

    def _rate(self, step: int) -> float:
        training = self._spec.training
        part = parts.find("schedule", training.schedule.name)
        total = training.epochs * self._order.steps
        options = part.check(training.schedule.options)
        return float(part.function(step, base=training.learning_rate, total=total, **options))

    def _refuse_nan(self, losses: list[float], first_step: int, what: str) -> None:
        for step, loss in enumerate(losses, first_step):
            if not math.isfinite(loss):
                kept = f" The weights of epoch {self._best_epoch} are kept."
                raise UserError(
                    f"The {what} became {'infinite' if math.isinf(loss) else 'NaN'} "
                    f"at step {step}.",
                    "Lower the learning rate or set a limit for the gradient (clip norm)."
                    + (kept if self._best_epoch else ""),
                )

    def _save(self, which: str, epoch: int) -> None:
        state = {"epoch": epoch, "step": self._step, "best": min(self._best, 1e300)}
        groups = {
            "model": self._built.model.variables,
            "objective": self._objective.variables,
            "balancer": self._balancer.variables,
        }
        if which == "last":
            groups["optimizer"] = self._optimizer.variables
        checkpoints.save(self._folder / "checkpoints" / f"{which}.npz", groups, state)
