"""Decides what the training screen shows: a run's events in, states out. Knows no widget."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance, Slot

from workbench import events, parts
from workbench.errors import UserError
from workbench.gui.words import figure
from workbench.runs.curves import Curves, in_words
from workbench.runs.store import Run
from workbench.runs.verdict import Verdict, verdict
from workbench.spec import PartSpec, RunSpec

Phase = Literal["idle", "preparing", "running", "stopping", "evaluating", "done", "failed"]

_STAGES = {
    "scan": "Looking at the folder…",
    "cache": "Reading files",
    "build": "Building the model…",
    "trace": "Preparing the first step; this takes a moment…",
}
_OUTCOMES = {
    "done": "All epochs are done; the best weights are kept.",
    "flat": "Stopped early: the validation loss got no better. The best weights are kept.",
    "stopped": "Stopped as you wished; the best weights are kept.",
    "discarded": "Stopped before there was anything to keep.",
}
_MOST_LINES = 200
_NO_VERDICT = Verdict("–", "", "quiet")


class Link(Protocol):
    """What the presenter needs of the thread that owns the engine."""

    said: SignalInstance

    def ask_to_stop(self) -> None:
        """Stop and keep the best."""

    def discard(self) -> None:
        """End at once and keep nothing."""


@dataclass(frozen=True)
class TrainState:
    """All that the training screen shows, in one value.

    Args:
        phase: how far the run is.
        title: its name.
        recipe: what it is, in one line.
        words: what happens now.
        progress: share of the run that is done, 0..1; below 0: not known.
        loss: validation loss, and the line beneath.
        metric_name: name of the metric, in words.
        metric: validation metric, and the line beneath.
        epoch: epoch, and the line beneath.
        verdict: what the curves say.
        lines: what happened, oldest first.
        error: why it failed.
        log: last lines of the log of a failed run.
        folder: its folder.
    """

    phase: Phase = "idle"
    title: str = "Train"
    recipe: str = ""
    words: str = ""
    progress: float = 0.0
    loss: tuple[str, str] = ("–", "")
    metric_name: str = "Validation metric"
    metric: tuple[str, str] = ("–", "")
    epoch: tuple[str, str] = ("–", "")
    verdict: Verdict = _NO_VERDICT
    lines: tuple[str, ...] = ()
    error: UserError | None = None
    log: str = ""
    folder: Path | None = None

    @property
    def under_way(self) -> bool:
        """A run can be stopped now."""
        return self.phase in {"preparing", "running"}


class TrainPresenter(QObject):
    """Turns one run's events into states; live and replayed runs take the same way.

    Args:
        parent: its parent.
    """

    changed = Signal(object)
    """The ``TrainState`` after a change."""

    curves_changed = Signal(object)
    """The ``Curves`` of another run."""

    finished = Signal(object, str)
    """Folder and outcome of a run that has said its last word."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = TrainState()
        self.curves = Curves()
        self._link: Link | None = None
        self._first_step = 0.0
        self._step = 0
        self._steps = 1
        self._speed = 0.0
        self._samples = 0

    def follow(self, link: Link, *, folder: Path, spec: RunSpec) -> None:
        """Show a run that begins now; words of an earlier one are no longer heard."""
        self._leave()
        self._begin(folder, spec)
        self._link = link
        link.said.connect(self.hear)
        self.changed.emit(self.state)

    def replay(self, run: Run) -> None:
        """Show a run of the past from its folder.

        Raises:
            UserError: its spec or its events are damaged.
        """
        self._leave()
        spec = run.spec()
        said = list(run.events())
        self._begin(run.folder, spec)
        self.blockSignals(True)
        try:
            for event in said:
                self.hear(event)
        finally:
            self.blockSignals(False)
        status = run.status()
        if status.phase == "failed" and self.state.phase != "failed":
            self._fail(events.Failed(problem=status.message, log=run.log_tail()))
        self.changed.emit(self.state)

    @Slot()
    def stop(self) -> None:
        """Stop and keep the best."""
        if self._link is not None and self.state.under_way:
            self._link.ask_to_stop()
            self._become(phase="stopping", words="Stopping after this step; the best is kept…")
            self._note("You asked to stop.")

    @Slot()
    def discard(self) -> None:
        """End at once and keep nothing."""
        if self._link is not None and self.state.phase in {"preparing", "running", "stopping"}:
            self._link.discard()
            self._become(phase="stopping", words="Ending the run…")

    @Slot(object)
    def hear(self, event: events.Event) -> None:
        """Take in one event of the run."""
        self.curves.hear(event)
        match event:
            case events.Preparing():
                self._prepare(event)
            case events.Started():
                self._start(event)
            case events.StepsDone():
                self._count(event)
            case events.EpochDone():
                self._end_epoch(event)
            case _:
                self._hear_end(event)

    def _hear_end(self, event: events.Event) -> None:
        match event:
            case events.Stopping():
                self._become(phase="stopping", words="Stopping; the best weights are kept…")
            case events.Trained():
                self._note(_OUTCOMES[event.outcome])
                self._become(phase="evaluating", words="Evaluating on the test samples…")
            case events.Evaluated():
                figures = ", ".join(f"{k} {figure(v)}" for k, v in event.metrics.items())
                self._note(f"On the {event.split} samples: {figures}.")
            case events.Ended():
                self._end(event)
            case events.Failed():
                self._fail(event)
            case _:
                return

    def _leave(self) -> None:
        if self._link is not None:
            self._link.said.disconnect(self.hear)
            self._link = None

    def _begin(self, folder: Path, spec: RunSpec) -> None:
        self.curves = Curves()
        self._step, self._steps, self._speed = 0, 1, 0.0
        self.state = TrainState(
            phase="preparing",
            title=spec.name,
            recipe=recipe_line(spec),
            words="Waiting for the engine…",
            progress=-1.0,
            folder=folder,
        )
        self.curves_changed.emit(self.curves)

    def _prepare(self, event: events.Preparing) -> None:
        words = _STAGES[event.stage]
        share = -1.0
        if event.total:
            words = f"{words}: {event.done:,} of {event.total:,}"
            share = event.done / event.total
        if self.state.phase != "stopping":
            self._become(words=words, progress=share)

    def _start(self, event: events.Started) -> None:
        self._steps = max(1, event.epochs * event.steps)
        self._samples = event.samples.get("train", 0)
        counts = ", ".join(f"{count:,} {name}" for name, count in event.samples.items())
        self._note(f"{counts} samples; {event.parameters:,} numbers to learn; {event.device}.")
        self._become(epoch=(f"1 of {event.epochs}", f"{event.steps:,} steps each"))

    def _count(self, event: events.StepsDone) -> None:
        self._step, self._speed = event.step, event.samples_per_second
        words = f"{event.samples_per_second:,.0f} samples/s"
        if self.state.phase == "stopping":
            self._become(progress=event.step / self._steps)
            return
        left = self._left(event.epoch)
        self._become(
            phase="running",
            words=f"{words} · {left} left" if left else words,
            progress=event.step / self._steps,
            epoch=(f"{event.epoch} of {self.curves.epochs}", f"step {event.step:,}"),
            verdict=verdict(self.curves),
        )

    def _left(self, epoch: int) -> str:
        """Time left by recent speed, validation not counted."""
        if self._speed <= 0 or not self.curves.epochs:
            return ""
        share = 1 - self._step / self._steps
        return in_words(share * self.curves.epochs * self._samples / self._speed)

    def _end_epoch(self, event: events.EpochDone) -> None:
        best = self.curves.validation["loss"].y[self.curves.best - 1] if self.curves.best else 0.0
        note = f"best {figure(best)} at epoch {self.curves.best}"
        name = self.curves.metric
        metric = self.curves.validation[name].y if name else None
        top = f"training: {_of(name, event.train.get(name, float('nan')))}"
        shown = (_of(name, float(metric[-1])), top) if metric is not None else ("–", "")
        self._become(
            loss=(figure(event.validation["loss"]), note),
            metric_name=f"Validation {METRICS.get(name, name)}",
            metric=shown,
            verdict=verdict(self.curves),
        )
        mark = ", the best so far" if event.best else ""
        self._note(
            f"Epoch {event.epoch}: validation loss {figure(event.validation['loss'])}{mark}."
        )

    def _end(self, event: events.Ended) -> None:
        words = _OUTCOMES[event.outcome]
        if event.outcome == "discarded":
            self._note(words)
        self._become(phase="done", words=words, progress=1.0)
        self._finish(event.outcome)

    def _fail(self, event: events.Failed) -> None:
        error = UserError(event.problem, event.remedy)
        self._note(f"Failed: {event.problem}")
        self._become(phase="failed", words="The run failed.", error=error, log=event.log)
        self._finish("failed")

    def _finish(self, outcome: str) -> None:
        self._leave()
        self.finished.emit(self.state.folder, outcome)

    def _note(self, sentence: str) -> None:
        stamp = time.strftime("%H:%M:%S")
        lines = (*self.state.lines, f"{stamp}  {sentence}" if self._link else sentence)
        self._become(lines=lines[-_MOST_LINES:])

    def _become(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]  # names are checked by replace
        self.changed.emit(self.state)


METRICS = {"accuracy": "accuracy", "mae": "mean absolute error"}


def recipe_line(spec: RunSpec) -> str:
    """A spec in one line: ``image_cnn + text_average → concat → Huber · adam 0.001 · batch 32``."""
    encoders = " + ".join(spec.model.encoders[m].name for m in spec.modalities)
    training = spec.training
    return (
        f"{encoders} → {spec.model.fusion.name} → {_part('loss', spec.objective.loss)} · "
        f"{training.optimizer.name} {training.learning_rate:g} · batch {training.batch_size}"
    )


def _part(kind: parts.Kind, chosen: PartSpec) -> str:
    part = parts.find(kind, chosen.name)
    changed = [
        f"{option.title.lower()} {chosen.options[option.name]}"
        for option in part.options
        if not option.advanced and chosen.options.get(option.name) != option.default
    ]
    return f"{part.title} ({', '.join(changed)})" if changed else part.title


def _of(name: str, value: float) -> str:
    return f"{value:.1%}" if name == "accuracy" else figure(value)
