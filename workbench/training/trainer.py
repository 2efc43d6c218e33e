"""The one training loop: several steps a call, on one device or many, with events on the way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from workbench import parts
from workbench.data import batches
from workbench.data.prepared import Prepared
from workbench.data.walk import Stopped
from workbench.errors import UserError
from workbench.events import Paused, Preparing, Resumed, Said, Started, Stopping, Trained
from workbench.spec import RunSpec
from workbench.training import devices, guards
from workbench.training.compiling import Compiling
from workbench.training.inputs import ModelInputs
from workbench.training.learner import Learner
from workbench.training.pace import Pace
from workbench.training.position import Position
from workbench.training.recording import Recording
from workbench.training.saving import Saving, keep_trying
from workbench.training.steps import Figures
from workbench.training.telling import Telling

Outcome = Literal["done", "stopped", "flat", "time"]

Wish = Literal["stop", "after_epoch", "pause", "release"]
"""Stop and keep the best, now or after the epoch in hand; stand still; save everything and end."""

MEASURE_SECONDS = 1.0
"""How far a step moves the model is measured at most this often, and for 1 % of the time."""
_WISHES: tuple[Wish | Literal["time"] | None, ...] = (
    None, "stop", "after_epoch", "pause", "release", "time",
)  # fmt: skip
WAIT_SECONDS = 0.05
"""While a run stands still it looks this often whether to go on."""
RETRY_SECONDS = 2.0
"""While the disk is full, saving is tried this often."""


class Released(Exception):
    """The run stands still, with everything on disk; its process is to end.

    Args:
        epoch: epoch in hand.
        step: optimiser steps so far.
    """

    def __init__(self, epoch: int, step: int) -> None:
        super().__init__(epoch, step)
        self.epoch, self.step = epoch, step


class Journal(Protocol):
    """Where what is told is kept."""

    def length(self) -> int:
        """Bytes that are kept so far."""

    def cut(self, length: int) -> None:
        """Take back all that was told after this many bytes."""


class Trainer:
    """Trains one run.

    Args:
        spec: what the run is.
        prepared: its samples.
        folder: its folder; gets ``checkpoints/`` and ``model/``.
        tell: told every event.
        wish: asked often; see ``Wish``.
        journal: where events are kept; None: nowhere.
        resume: go on from the last sound checkpoint, where there is one.
    """

    def __init__(
        self,
        spec: RunSpec,
        prepared: Prepared,
        folder: Path,
        tell: Callable[[Said], object],
        wish: Callable[[], Wish | None],
        journal: Journal | None = None,
        resume: bool = False,
    ) -> None:
        self._spec = spec
        self._prepared = prepared
        self._tell = tell
        self._wish = wish
        self._folder = folder
        self._journal = journal
        self._resume = resume
        self._at = Position()
        self._accord = devices.accord()
        self._held = 0
        self._last_rate = 0.0
        self._since = 0.0
        self._measured_at = 0.0
        self._measure_cost = 0.0

    def train(self) -> Trained:
        """Train until all epochs are done, the validation loss is flat, or somebody wishes to stop.

        Returns:
            The event that was also told: the outcome, and which epoch's weights were kept.

        Raises:
            UserError: the loss is not a number any more, or a checkpoint cannot be written.
            Released: everything is on disk, and the process is to end.
            Stopped: the wish to stop was heard before the first step.
        """
        self._tell(Preparing(stage="build"))
        inputs = ModelInputs.of(self._prepared, self._spec)
        inputs.write(self._folder)
        learner = self._learner = Learner.make(
            self._spec, self._prepared, inputs, self._downloaded
        )  # fmt: skip
        self._steps, self._order = learner.steps, learner.order
        self._pace = Pace(len(self._order.rows) / self._order.steps)
        self._telling = Telling(
            self._steps, len(learner.objective.terms), learner.balancer.traces,
            self._prepared.task,
            self._tell,
        )  # fmt: skip
        self._saving = Saving(
            self._folder, self._spec, self._prepared.key, learner.best, learner.every
        )  # fmt: skip
        self._recording = Recording(
            self._folder, self._spec, learner, self._accord, self._validation_size
        )  # fmt: skip
        self._accord.refuse_others(self._saving.identity)
        self._begin()
        outcome = self._epochs()
        trained = Trained(
            outcome=outcome,
            epochs=self._at.epoch,
            best_epoch=self._at.best_epoch,
            seconds=self._at.seconds,
            samples_per_second=self._pace.overall,
        )
        self._tell(trained)
        return trained

    def _downloaded(self, done: int, total: int) -> None:
        if self._wish() in ("stop", "release"):
            raise Stopped
        self._tell(Preparing(stage="download", done=done, total=total))

    def _begin(self) -> None:
        """Start at the beginning, or where the last sound checkpoint was taken."""
        found, skipped = self._restored() if self._resume else (None, "")
        if self._resume and self._journal is not None:
            self._journal.cut(found.place if found is not None else 0)
        if found is None:
            self._start()
        else:
            self._at = found
        self._recording.begin(self._at.epoch, self._at.step)
        if self._resume:
            self._tell(
                Resumed(
                    epoch=self._epoch, step=self._at.step, from_disk=True, skipped=skipped
                )
            )  # fmt: skip
        self._compile()
        self._since = time.monotonic()

    def _restored(self) -> tuple[Position | None, str]:
        """Where the last sound checkpoint was taken, if there is one; the chief's, for all."""
        found, skipped = self._saving.restore() if self._accord.chief else (None, "")
        words = json.dumps(found.to_state()) if found is not None else ""
        words = self._accord.follow_words(words)
        if not words:
            return None, skipped
        self._accord.follow_variables([v for group in self._learner.every.values() for v in group])
        return Position.from_state(json.loads(words)), skipped

    def _compile(self) -> None:
        """Choose whether steps are compiled; tried out where that is to be seen."""
        training = self._spec.training
        can = devices.one_gpu() and not training.deterministic
        self._compiling = Compiling(training.compiled, can, self._at.compiled)
        self._steps.compile(on=self._compiling.now)
        self._tell(Preparing(stage="compile" if self._compiling.now else "trace"))

    def _start(self) -> None:
        counts = {name: len(self._prepared.rows(name)) for name in ("train", "validation", "test")}
        self._tell(
            Started(
                run=str(self._folder),
                epochs=self._spec.training.epochs,
                steps=self._order.steps,
                samples=counts,
                parameters=self._learner.parameters,
                shapes={m: self._prepared.shape(m) for m in self._spec.modalities},
                device=devices.describe(),
            )
        )

    @property
    def _epoch(self) -> int:
        """The epoch in hand, counted from 1; after the last one, that."""
        return min(self._at.epoch + 1, self._spec.training.epochs)

    def _epochs(self) -> Outcome:
        """Train epoch after epoch; says how it ended."""
        last = self._spec.training.epochs * self._order.steps
        iterator = self._learner.iterate(self._at.step, last)
        while (outcome := self._end_of_plan()) is None:
            self._thaw()
            ended = self._train_epoch(iterator) or self._finish_epoch()
            if ended is not None:
                return self._stopped(ended)
        return outcome

    def _end_of_plan(self) -> Outcome | None:
        training = self._spec.training
        if self._at.epoch >= training.epochs:
            return "done"
        waited = self._at.epoch - self._at.best_epoch
        if training.patience is not None and self._at.epoch and waited >= training.patience:
            return "flat"
        return None

    def _stopped(self, outcome: Outcome) -> Outcome:
        self._count_time()
        self._tell(Stopping())
        if not self._at.best_epoch:
            # No epoch was completed: what was learned so far is the best there is.
            self._save(lambda: self._saving.keep_best(self._at))
        self._keep()
        return outcome

    def _thaw(self) -> None:
        """Hold what an encoder keeps frozen in this epoch, and let go what it does no more."""
        held = self._learner.built.frozen(self._epoch)
        if len(held) != self._held:
            self._held = len(held)
            self._steps.freeze(held)
            self._pace.trace()

    def _train_epoch(self, iterator: Any) -> Outcome | None:
        """Train the rest of an epoch; says so where the run is to end."""
        last = (self._at.epoch + 1) * self._order.steps
        while self._at.step < last:
            if (ended := self._heard()) is not None:
                return ended
            self._train_some(iterator, last)
            done = self._at.step == last
            if done or self._telling.due:
                self._say()
            if not done and self._saving.due(self._at.step):
                self._keep()
        return None

    def _train_some(self, iterator: Any, last: int) -> None:
        """Do as many steps as make a call."""
        step = self._at.step
        begun = time.monotonic()
        measures = self._accord.alone and self._pace.known
        if measures and begun - self._measured_at >= self._measure_each:
            rates = [self._rate(step)]
            losses, figures, share = self._steps.measured(iterator, rates[0], step)
            self._telling.moved(share)
            if self._measured_at:
                # The first time it is traced, which says nothing of its cost.
                self._measure_cost = time.monotonic() - begun
            self._measured_at = time.monotonic()
        else:
            count = int(self._accord.follow(np.asarray([float(self._pace.call(last - step))]))[0])
            rates = [self._rate(step + place) for place in range(count)]
            losses, figures = self._steps.train(iterator, rates, step)
        seconds = time.monotonic() - begun
        self._pace.measure(seconds, len(losses))
        if self._compiling.hear(seconds, len(losses)):
            self._steps.compile(on=self._compiling.now)
            self._pace.trace()
            if self._compiling.now:
                self._tell(Preparing(stage="compile"))
        self._at.compiled = self._compiling.settled
        self._at.step += len(losses)
        self._last_rate = rates[len(losses) - 1]
        if figures.spoiled:
            self._refuse_spoiled(losses[-1])
        self._at.sums = figures if self._at.sums is None else self._at.sums + figures
        self._telling.add(losses, figures, seconds)

    @property
    def _measure_each(self) -> float:
        return max(MEASURE_SECONDS, 100 * self._measure_cost)

    def _say(self) -> None:
        self._telling.say(self._epoch, self._at.step, self._last_rate, self._pace.recent)

    def _finish_epoch(self) -> Outcome | None:
        """Validate, save and tell an epoch; says so where the run is to end."""
        sums = self._at.sums
        assert sums is not None
        validated = self._validate()
        if not isinstance(validated, Figures):
            return validated
        loss = validated.mean[0]
        # Before anything is saved: the last step can spoil weights that its own loss had not.
        guards.refuse_validation(loss, self._at)
        self._learner.balancer.end_epoch(
            self._telling.of_terms(sums), self._telling.of_terms(validated)
        )  # fmt: skip
        self._count_time()
        seconds = self._at.epoch_seconds
        best = self._at.hear_epoch(loss)
        self._record()
        if best:
            self._save(lambda: self._saving.keep_best(self._at))
        self._reduce()
        self._telling.say_epoch(self._at.epoch, self._at.step, sums, validated, seconds, best)
        if self._saving.due_after(self._at.epoch):
            self._keep()
        return "stopped" if self._wished() == "after_epoch" else None

    def _record(self) -> None:
        """Write what each sample did in the epoch that is complete."""
        if self._recording.on:
            arrays = self._recording.arrays(self._at.epoch)
            self._save(lambda: self._recording.write(self._at.epoch, arrays))
            self._recording.end_epoch()

    def _reduce(self) -> None:
        """Reduce the learning rate where the validation loss is flat."""
        training = self._spec.training
        if training.plateau is not None and self._at.waited >= training.plateau:
            self._at.factor *= training.plateau_factor
            self._at.waited = 0

    def _validate(self) -> Figures | Outcome:
        """Loss and metric of the validation split; or how the run is to end."""
        rows, size = self._prepared.rows("validation"), self._validation_size
        mine, all_of_us = self._accord.share_of(batches.steps_per_epoch(len(rows), size))
        sums: Figures | None = None
        given = batches.sequential(self._learner.prepared, rows, size, mine, all_of_us)
        for place, batch in enumerate(given):
            # Workers with other numbers of batches cannot agree within them.
            if self._accord.alone and (ended := self._heard()) is not None:
                return ended
            found = self._steps.evaluate(batch, mine + place * all_of_us)
            sums = found if sums is None else sums + found
        assert sums is not None
        return sums.over(self._accord) if all_of_us > 1 else sums

    @property
    def _validation_size(self) -> int:
        """Validation samples a batch."""
        most = max(self._spec.training.batch_size, 64)
        return min(len(self._prepared.rows("validation")), most)

    def _heard(self) -> Outcome | None:
        """How the run is to end by what was wished; stands still while that is wished."""
        wish = self._wished()
        if wish in ("pause", "release"):
            wish = self._pause()
        if wish == "stop":
            return "stopped"
        return "time" if wish == "time" else None

    def _wished(self) -> Wish | Literal["time"] | None:
        """What is wished, the same for all workers; that the time is over counts as a wish."""
        wish: Wish | Literal["time"] | None = self._wish()
        longest = self._spec.training.longest_minutes
        if wish is None and longest is not None and self._time_spent() >= 60 * longest:
            wish = "time"
        told = self._accord.follow(np.asarray([float(_WISHES.index(wish))]))
        return _WISHES[int(told[0])]

    def _pause(self) -> Wish | Literal["time"] | None:
        """Save everything and stand still until something else is wished."""
        self._say()
        self._keep()
        wish = self._wished()
        if wish == "pause":
            self._tell(Paused(epoch=self._epoch, step=self._at.step))
        while wish == "pause":
            time.sleep(WAIT_SECONDS)
            wish = self._wished()
        if wish == "release":
            raise Released(self._epoch, self._at.step)
        self._since = time.monotonic()
        if wish != "stop":
            self._tell(Resumed(epoch=self._epoch, step=self._at.step))
        return wish

    def _time_spent(self) -> float:
        return self._at.seconds + time.monotonic() - self._since

    def _count_time(self) -> None:
        now = time.monotonic()
        self._at.seconds += now - self._since
        self._at.epoch_seconds += now - self._since
        self._since = now

    def _keep(self) -> None:
        """Save a place to go on from."""
        self._count_time()
        self._say()
        if self._journal is not None:
            self._at.place = self._journal.length()
        self._save(lambda: self._recording.keep(self._at.step))
        self._save(lambda: self._saving.keep(self._at))

    def _save(self, save: Callable[[], None]) -> None:
        """Save; while the disk is full, stand still and try again. The chief does it for all."""
        if not self._accord.chief:
            return
        begun = time.monotonic()
        told = False

        def wait(error: UserError) -> bool:
            nonlocal told
            if not told:
                told = True
                self._tell(
                    Paused(epoch=self._epoch, step=self._at.step, problem=f"{error.problem}")
                )  # fmt: skip
            until = time.monotonic() + RETRY_SECONDS
            while time.monotonic() < until:
                if self._wish() == "stop":
                    return False
                time.sleep(WAIT_SECONDS)
            return True

        keep_trying(save, wait)
        if told and self._wish() != "stop":
            self._tell(Resumed(epoch=self._epoch, step=self._at.step))
        self._telling.spend("checkpoint", time.monotonic() - begun)

    def _rate(self, step: int) -> float:
        training = self._spec.training
        part = parts.find("schedule", training.schedule.name)
        total = training.epochs * self._order.steps
        options = part.check(training.schedule.options)
        planned = part.function(step, base=training.learning_rate, total=total, **options)
        return float(planned) * self._at.factor

    def _refuse_spoiled(self, loss: float) -> None:
        """End the run: a step's loss or gradient is no number; says where that began."""
        gather, replicas = self._order.gather(), self._order.replicas
        parts_of = [gather((self._at.step - 1) * replicas + place) for place in range(replicas)]
        rows = np.concatenate([rows[weights > 0] for rows, weights in parts_of])
        raise guards.spoiled(
            self._at, loss, self._learner.built, self._learner.objective, self._learner.prepared,
            rows,
        )  # fmt: skip
