"""Decides what the training screen shows: a run's events in, states out. Knows no widget."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from workbench import events
from workbench.errors import UserError
from workbench.gui.presenters.train_state import Ear, Link, TrainState
from workbench.gui.presenters.train_words import (
    METRICS,
    OUTCOMES,
    STAGES,
    done_words,
    metric_figure,
    proposal_words,
    recipe_line,
)
from workbench.gui.words import figure
from workbench.runs import store
from workbench.runs.curves import Curves, in_words
from workbench.runs.learning import who_is_learning
from workbench.runs.store import Run
from workbench.runs.verdict import verdict
from workbench.spec import RunSpec, change_all

SILENCE_SECONDS = 60.0
"""An engine that says nothing new of its steps for so long, or 20 times as long as it usually
takes, is said to be silent."""

_MOST_LINES = 200
_MOST_EARLIER = 3


class TrainPresenter(QObject):
    """Turns one run's events into states; live and replayed runs take the same way.

    Args:
        parent: its parent.
    """

    changed = Signal(object)
    """The ``TrainState`` after a change."""

    curves_changed = Signal(object)
    """The ``Curves`` of another run."""

    earlier_changed = Signal(object)
    """``Curves`` of earlier runs that may be compared with this one, oldest first."""

    finished = Signal(object, str)
    """Folder and outcome of a run that has said its last word."""

    resume_wished = Signal(object)
    """Go on with the run in this ``Path``."""

    retrain_wished = Signal(object)
    """Train this ``RunSpec``, which is that of a failed run with a change."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = TrainState()
        self.curves = Curves()
        self.earlier: tuple[Curves, ...] = ()
        self._link: Link | None = None
        self._ear: Ear | None = None
        self._spec: RunSpec | None = None
        self._replaying = False
        self._begun = 0.0
        self._failed: events.Failed | None = None
        self._heard_at = time.monotonic()
        self._usual = 0.0
        self._watch = QTimer(self)
        self._watch.setInterval(1000)
        self._watch.timeout.connect(self._look_for_silence)

    def follow(self, link: Link, *, folder: Path, spec: RunSpec) -> None:
        """Show a run that begins now; words of an earlier one are no longer heard."""
        self._leave()
        self._begin(folder, spec)
        self._listen(link)
        self.changed.emit(self.state)

    def replay(self, run: Run) -> None:
        """Show a run of the past from its folder.

        Raises:
            UserError: its spec or its events are damaged.
        """
        self._leave()
        spec, (said, _) = run.spec(), run.history()
        self._begin(run.folder, spec)
        self._hear_again(said)
        self._end_replay(run)
        self.changed.emit(self.state)

    def rejoin(self, run: Run, follow: Callable[[Run, int], Link]) -> None:
        """Show a run that another process computes, or another part of this one, as it goes on.

        Args:
            run: the run.
            follow: makes what follows it from so many bytes of its history on.

        Raises:
            UserError: its spec or its events are damaged.
        """
        self._leave()
        spec, (said, end) = run.spec(), run.history()
        self._begin(run.folder, spec)
        self._hear_again(said)
        if self.state.held:
            self._listen(follow(run, end))
            if self.curves.place:
                self._become(progress=self._share(), words="Waiting for news…")
        self.changed.emit(self.state)

    def close(self) -> None:
        """Hear and watch nothing more; what runs goes on."""
        self._leave()

    def lose(self, run: Run) -> None:
        """The process that computed a run is gone without a word."""
        if self.state.folder == run.folder and self.state.held:
            self._end_replay(run)
            self._finish("interrupted")

    def _hear_again(self, said: Iterable[events.Event]) -> None:
        """Take in what was said before; only what stands at the end is shown."""
        self.blockSignals(True)
        self._replaying = True
        try:
            for event in said:
                self.hear(event)
        finally:
            self._replaying = False
            self.blockSignals(False)

    def _listen(self, link: Link) -> None:
        self._link, self._ear = link, Ear(link, self)
        self._ear.heard.connect(self.hear)
        self._heard_at, self._usual = time.monotonic(), 0.0
        self._watch.start()

    def _end_replay(self, run: Run) -> None:
        """A run without a last word has failed, is trained elsewhere, or never began."""
        if self.state.phase in {"done", "failed"}:
            return
        status = run.status()
        words = "This run has not begun."
        if status.phase == "running":
            words = "Another process trains this run; open it again to see more."
        elif status.resumable:
            words = status.message or "Paused; everything is on disk."
        if status.phase == "failed":
            fault = events.Failed(
                problem=status.message,
                remedy="Train its recipe again.",
                log=run.log_tail(),
                time=status.updated or time.time(),
            )
            self.blockSignals(True)
            self._fail(fault)
            self.blockSignals(False)
        else:
            self.state = replace(
                self.state, phase="done", words=words, progress=self._share(),
                resumable=status.resumable,
            )  # fmt: skip

    @Slot()
    def pause(self) -> None:
        """Stand still after the step in hand."""
        if self._link is not None and self.state.phase in {"preparing", "running"}:
            self._link.pause()
            self._become(phase="pausing", words="Pausing after this step…")
            self._note("You asked to pause.", time.time())

    @Slot()
    def release(self) -> None:
        """End the engine of a paused run, so that memory and GPU are free."""
        if self._link is not None and self.state.phase in {"pausing", "paused"}:
            self._link.pause(release=True)
            self._become(words="Freeing the memory; the run goes on from disk…")

    @Slot()
    def go_on(self) -> None:
        """Go on, in the engine that paused or from disk."""
        if self.state.resumable and self.state.folder is not None:
            self.resume_wished.emit(self.state.folder)
        elif self._link is not None and self.state.phase in {"pausing", "paused"}:
            self._link.go_on()
            self._become(phase="running", words="Going on…")

    @Slot()
    def finish_epoch(self) -> None:
        """Stop after the epoch in hand and keep the best."""
        if self._link is not None and self.state.phase == "running":
            self._link.finish_epoch()
            self._become(words="Stopping after this epoch; the best is kept…")
            self._note("You asked to stop after this epoch.", time.time())

    @Slot()
    def wait_longer(self) -> None:
        """Give a silent engine more time."""
        self._heard_at = time.monotonic()
        self._become(silent=False)

    @Slot()
    def take_proposal(self) -> None:
        """Train the recipe of a failed run with the change that was proposed."""
        if self._spec is not None and self._failed is not None and self._failed.proposal:
            spec = change_all(self._spec, list(self._failed.proposal.items()))
            self.retrain_wished.emit(spec)

    @Slot()
    def stop(self) -> None:
        """Stop and keep the best."""
        if self._link is not None and self.state.under_way:
            self._link.ask_to_stop()
            self._become(phase="stopping", words="Stopping after this step; the best is kept…")
            self._note("You asked to stop.", time.time())

    @Slot()
    def discard(self) -> None:
        """End at once and keep nothing."""
        stoppable = self.state.under_way or self.state.phase == "stopping"
        if self._link is not None and stoppable:
            self._link.discard()
            self._become(phase="stopping", words="Ending the run…")

    @Slot(object)
    def hear(self, event: events.Event) -> None:
        """Take in one event of the run."""
        self._hear_sign_of_life(event)
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
            case events.Stopping(after_epoch=True):
                self._become(words="Stopping after this epoch; the best is kept…")
            case events.Stopping():
                self._become(phase="stopping", words="Stopping; the best weights are kept…")
            case events.Paused():
                self._pause(event)
            case events.Resumed():
                self._resume(event)
            case events.Trained():
                self._note(OUTCOMES[event.outcome], event.time)
                self._become(phase="evaluating", words="Evaluating on the test samples…")
            case events.Evaluated():
                figures = ", ".join(f"{k} {figure(v)}" for k, v in event.metrics.items())
                self._note(f"On the {event.split} samples: {figures}.", event.time)
            case events.Ended():
                self._end(event)
            case events.Failed():
                self._fail(event)
            case _:
                return

    def _pause(self, event: events.Paused) -> None:
        where = f"in epoch {event.epoch} after step {event.step:,}"
        if event.problem:
            self._note(f"Paused {where}: {event.problem}", event.time)
            self._become(words=f"{event.problem} It goes on by itself when there is space.")
            return
        words = f"Paused {where}; everything is on disk."
        self._note(words, event.time)
        if event.released:
            self._become(phase="done", words=words, progress=self._share(), resumable=True)
            if not self._replaying:
                self._finish("paused")
            return
        self._become(phase="paused", words=words, progress=self._share())

    def _resume(self, event: events.Resumed) -> None:
        if event.from_disk and not self._replaying and self.state.folder is not None:
            # What was said after the checkpoint was taken back: the file is the truth now.
            self._read_again(self.state.folder, event)
        self._note(f"Going on from epoch {event.epoch}, step {event.step:,}.", event.time)
        if event.skipped:
            self._note(f"{event.skipped}; an earlier checkpoint was taken.", event.time)
        self._become(phase="running", words="Going on…", progress=self._share(), resumable=False)

    def _read_again(self, folder: Path, until: events.Resumed) -> None:
        """Read the run's history from its folder; what follows this event is heard as it comes."""
        before, self.curves = self.state, Curves()
        self.state = replace(before, lines=())
        try:
            said = store.find(folder).history()[0]
        except UserError as error:
            said = []
            self._note(error.problem, time.time())
        self._hear_again(itertools.takewhile(lambda event: event != until, said))
        self.curves_changed.emit(self.curves)

    def _hear_sign_of_life(self, event: events.Event) -> None:
        if isinstance(event, events.Measured) or self._replaying:
            # The machine is measured even where the steps hang.
            return
        now = time.monotonic()
        if isinstance(event, events.StepsDone):
            self._usual = max(0.9 * self._usual, now - self._heard_at)
        self._heard_at = now
        if self.state.silent:
            self._become(silent=False)

    @Slot()
    def _look_for_silence(self) -> None:
        if self.state.phase not in {"preparing", "running", "pausing", "evaluating"}:
            return
        quiet = time.monotonic() - self._heard_at
        if not self.state.silent and quiet > max(SILENCE_SECONDS, 20 * self._usual):
            self._become(
                silent=True,
                words=f"The engine has said nothing for {in_words(quiet)}. Wait, or stop it.",
            )

    def _leave(self) -> None:
        self._watch.stop()
        if self._ear is not None:
            self._ear.close()
        self._link = self._ear = None

    def _begin(self, folder: Path, spec: RunSpec) -> None:
        self._keep_for_comparison(folder, spec)
        self.curves = Curves()
        self._begun = 0.0
        self.state = TrainState(
            phase="preparing",
            title=spec.name,
            recipe=recipe_line(spec),
            words="Waiting for the engine…",
            progress=-1.0,
            folder=folder,
        )
        self.curves_changed.emit(self.curves)
        self.earlier_changed.emit(self.earlier)

    def _keep_for_comparison(self, folder: Path, spec: RunSpec) -> None:
        """Losses compare only where data and loss are the same."""
        before = self._spec
        alike = before is not None and (before.data, before.objective) == (
            spec.data,
            spec.objective,
        )
        if not alike:
            self.earlier = ()
        elif len(self.curves.epoch_seconds) and self.state.folder != folder:
            self.earlier = (*self.earlier, self.curves)[-_MOST_EARLIER:]
        self._spec = spec

    def _prepare(self, event: events.Preparing) -> None:
        words = STAGES[event.stage]
        share = -1.0
        if event.total:
            words = f"{words}: {done_words(event)}"
            share = event.done / event.total
        if self.state.phase != "stopping":
            self._become(words=words, progress=share)

    def _start(self, event: events.Started) -> None:
        self._begun = event.time
        counts = ", ".join(f"{count:,} {name}" for name, count in event.samples.items())
        self._note(
            f"{counts} samples; {event.parameters:,} numbers to learn; {event.device}.", event.time
        )
        self._become(epoch=(f"1 of {event.epochs}", f"{event.steps:,} steps each"))

    def _count(self, event: events.StepsDone) -> None:
        if self._replaying:
            # Hours of steps are read at once; only what stands at the end is shown.
            return
        if self.state.phase in {"stopping", "pausing"}:
            self._become(progress=self._share())
            return
        left = self.curves.seconds_left()
        words = [f"{event.samples_per_second:,.0f} samples/s"]
        words += [f"{in_words(left)} left"] if math.isfinite(left) else []
        words += [f"{in_words(event.time - self._begun)} so far"] if self._begun else []
        self._become(
            phase="running",
            words=" · ".join(words),
            progress=self._share(),
            epoch=(f"{event.epoch} of {self.curves.epochs}", f"step {event.step:,}"),
            verdict=verdict(self.curves),
            **self._who(),
        )

    def _who(self) -> dict[str, object]:
        """Who is learning, and whether there are several terms."""
        return {"learning": who_is_learning(self.curves), "several": bool(self.curves.terms)}

    def _share(self) -> float:
        """Share of all planned steps that is done, 0..1."""
        return min(1.0, self.curves.place / self.curves.epochs) if self.curves.epochs else 0.0

    def _end_epoch(self, event: events.EpochDone) -> None:
        self._become(
            epoch=(f"{event.epoch} of {self.curves.epochs}", f"step {event.step:,}"),
            verdict=verdict(self.curves),
            **self._who(),
        )
        if "loss" not in event.validation:
            self._note(f"Epoch {event.epoch}: not validated.", event.time)
            return
        name = self.curves.metric
        metric = ("–", "")
        if name in event.validation:
            fit = metric_figure(name, event.train.get(name, math.nan))
            metric = (metric_figure(name, event.validation[name]), f"training: {fit}")
        told = figure(event.validation["loss"])
        best = figure(self.curves.best_loss)
        self._become(
            loss=(told, f"best {best} at epoch {self.curves.best}" if self.curves.best else ""),
            metric_name=f"Validation {METRICS.get(name, name) or 'metric'}",
            metric=metric,
        )
        mark = ", the best so far" if event.best else ""
        self._note(f"Epoch {event.epoch}: validation loss {told}{mark}.", event.time)

    def _end(self, event: events.Ended) -> None:
        words = OUTCOMES[event.outcome]
        if event.outcome == "discarded":
            self._note(words, event.time)
        self._become(phase="done", words=words, progress=1.0, outcome=event.outcome)
        self._finish(event.outcome)

    def _fail(self, event: events.Failed) -> None:
        error = UserError(event.problem, event.remedy)
        self._failed = event
        self._note(f"Failed: {event.problem}", event.time)
        self._become(
            phase="failed",
            words="The run failed.",
            progress=self._share(),
            error=error,
            log=event.log,
            outcome="failed",
            resumable=self._has_place(),
            proposal=proposal_words(event.proposal),
        )
        self._finish("failed")

    def _has_place(self) -> bool:
        """The run can go on from a checkpoint."""
        folder = self.state.folder
        return folder is not None and any((folder / "checkpoints").glob("step-*.npz"))

    def _finish(self, outcome: str) -> None:
        self._leave()
        self.finished.emit(self.state.folder, outcome)

    def _note(self, sentence: str, when: float) -> None:
        stamp = time.strftime("%H:%M:%S", time.localtime(when))
        lines = (*self.state.lines, f"{stamp}  {sentence}")
        self._become(lines=lines[-_MOST_LINES:])

    def _become(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]  # names are checked by replace
        self.changed.emit(self.state)
