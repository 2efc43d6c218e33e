"""Decides what a trial of learning rates or batch sizes shows. Knows no widget and no engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance, Slot

from workbench import events
from workbench.engine import protocol
from workbench.errors import UserError
from workbench.gui.presenters.train_words import STAGES
from workbench.spec import RunSpec

What = Literal["rate", "batch"]
Phase = Literal["preparing", "trying", "done", "failed"]
PLACES: dict[What, str] = {"rate": "training.learning_rate", "batch": "training.batch_size"}


class Trial(Protocol):
    """What the presenter needs of the thread that owns the engine."""

    said: SignalInstance

    def kill(self) -> None:
        """End it."""


@dataclass(frozen=True)
class FindingState:
    """All that a trial shows.

    Args:
        what: learning rates or batch sizes.
        phase: how far it is.
        words: what happens now, or what was found.
        progress: share that is done, 0..1; below 0: not known.
        places: those tried so far: rates, or sizes.
        values: at each: the loss, or samples a second.
        problems: sizes that cannot be used.
        found: that is proposed; None: nothing, or not yet.
        error: why it failed.
    """

    what: What = "rate"
    phase: Phase = "preparing"
    words: str = ""
    progress: float = -1.0
    places: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    problems: tuple[int, ...] = ()
    found: float | None = None
    error: UserError | None = None


class FindingPresenter(QObject):
    """Turns the events of one trial into states.

    Args:
        begin: hands a question to an engine.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``FindingState`` after a change."""

    chosen = Signal(str, object)
    """Place in the recipe, and the value that was taken over."""

    def __init__(
        self, begin: Callable[[protocol.Find], Trial], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.state = FindingState()
        self._begin = begin
        self._trial: Trial | None = None

    def start(self, what: What, spec: RunSpec) -> None:
        """Try out a recipe."""
        self.stop()
        self.state = FindingState(what=what, words="Waiting for the engine…")
        trial = self._trial = self._begin(protocol.Find(what=what, spec=spec))
        trial.said.connect(self._hear)
        self.changed.emit(self.state)

    @Slot()
    def stop(self) -> None:
        """End the trial in hand."""
        trial, self._trial = self._trial, None
        if trial is not None:
            trial.said.disconnect(self._hear)
            trial.kill()

    @Slot()
    def use(self) -> None:
        """Take what was found over into the recipe."""
        if self.state.found is not None:
            found = self.state.found
            whole = int(found) if self.state.what == "batch" else found
            self.chosen.emit(PLACES[self.state.what], whole)

    @Slot(object)
    def _hear(self, event: events.Event) -> None:
        match event:
            case events.Preparing(stage=stage, done=done, total=total):
                share = done / total if total else -1.0
                self._become(words=STAGES[stage], progress=share)
            case events.RatesTried(rates=rates, losses=losses, total=total):
                self._become(
                    phase="trying", words=f"Learning rate {rates[-1]:.2g}",
                    progress=len(rates) / total, places=rates, values=losses,
                )  # fmt: skip
            case events.BatchTried():
                self._have_batch(event)
            case events.RateFound(rate=rate, words=words):
                self._end(words, rate)
            case events.BatchFound(size=size, words=words):
                self._end(words, size)
            case events.Failed(problem=problem, remedy=remedy):
                self._trial = None
                error = UserError(problem, remedy)
                self._become(phase="failed", words="The trial failed.", progress=0.0, error=error)
            case _:
                return

    def _have_batch(self, event: events.BatchTried) -> None:
        if event.problem:
            words = f"{event.size} samples a step: {event.problem}"
            problems = (*self.state.problems, event.size)
            self._become(phase="trying", words=words, problems=problems)
            return
        words = f"{event.size} samples a step: {event.samples_per_second:,.0f} samples a second"
        self._become(
            phase="trying", words=words, progress=-1.0,
            places=(*self.state.places, float(event.size)),
            values=(*self.state.values, event.samples_per_second),
        )  # fmt: skip

    def _end(self, words: str, found: float | None) -> None:
        self._trial = None
        self._become(phase="done", words=words, progress=1.0, found=found)

    def _become(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]  # names are checked by replace
        self.changed.emit(self.state)
