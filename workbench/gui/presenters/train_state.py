"""What the training screen shows in one value, and what its presenter needs of an engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance, Slot

from workbench.errors import UserError
from workbench.runs.learning import Learning
from workbench.runs.verdict import Verdict

Phase = Literal[
    "idle", "preparing", "running", "pausing", "paused", "stopping", "evaluating", "done", "failed",
]  # fmt: skip
_NO_VERDICT = Verdict("–", "", "quiet")
_NOBODY = Learning()


class Link(Protocol):
    """What the presenter needs of the thread that owns the engine."""

    said: SignalInstance

    def ask_to_stop(self) -> None:
        """Stop and keep the best."""

    def finish_epoch(self) -> None:
        """Stop after the epoch in hand and keep the best."""

    def pause(self, *, release: bool = False) -> None:
        """Stand still; ends the engine, too, where that is wished."""

    def go_on(self) -> None:
        """Go on after a pause."""

    def discard(self) -> None:
        """End at once and keep nothing."""


class Ear(QObject):
    """Hears one link and falls silent for good.

    A word that another thread has said already is delivered even after ``disconnect``; this is why
    each run has an ear of its own.
    """

    heard = Signal(object)

    def __init__(self, link: Link, parent: QObject) -> None:
        super().__init__(parent)
        self._open = True
        link.said.connect(self._hear)

    @Slot(object)
    def _hear(self, event: object) -> None:
        if self._open:
            self.heard.emit(event)

    def close(self) -> None:
        """Hear nothing more."""
        self._open = False
        self.deleteLater()


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
        learning: which encoder the gradients pull at.
        several: the objective has several terms.
        lines: what happened, oldest first.
        error: why it failed.
        log: last lines of the log of a failed run.
        folder: its folder.
        outcome: how it ended, as in ``Ended``, or ``failed``; "" before, and where no end is known.
        resumable: it stands still on disk and can go on.
        proposal: a change of its recipe under which it may go well, in words; "" for none.
        silent: the engine has said nothing for long.
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
    learning: Learning = _NOBODY
    several: bool = False
    lines: tuple[str, ...] = ()
    error: UserError | None = None
    log: str = ""
    folder: Path | None = None
    outcome: str = ""
    resumable: bool = False
    proposal: str = ""
    silent: bool = False

    @property
    def has_results(self) -> bool:
        """The run kept a model."""
        return self.outcome in {"done", "stopped", "flat", "time"}

    @property
    def under_way(self) -> bool:
        """A run can be stopped now."""
        return self.phase in {"preparing", "running", "pausing", "paused"}

    @property
    def held(self) -> bool:
        """A process holds the run, whatever it does."""
        return self.phase not in {"idle", "done", "failed"}
