"""Decides what longer work on a trained run shows while it is done. Knows no widget."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance, Slot

from workbench import events
from workbench.engine import protocol
from workbench.errors import UserError
from workbench.gui.presenters.train_words import STAGES


class Worker(Protocol):
    """What the presenter needs of the thread that owns the engine."""

    said: SignalInstance

    def kill(self) -> None:
        """End it."""


Begin = Callable[[protocol.Study], Worker]
"""Hands work to an engine."""


@dataclass(frozen=True)
class StudyState:
    """How far the work is.

    Args:
        phase: nothing is done; under way; done; failed.
        words: what is done now, or what came of it.
        progress: share that is done, 0..1; below 0: not known.
        seconds_left: an estimate; below 0: not known.
        error: why it failed.
    """

    phase: Literal["idle", "working", "done", "failed"] = "idle"
    words: str = ""
    progress: float = -1.0
    seconds_left: float = -1.0
    error: UserError | None = None


class StudyPresenter(QObject):
    """Turns the events of one piece of work into states.

    Args:
        begin: hands work to an engine.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``StudyState`` after a change."""

    heard = Signal(object)
    """An event of the work that is neither its progress nor its last word."""

    finished = Signal(object)
    """The ``Path`` of the file that was written."""

    def __init__(self, begin: Begin, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = StudyState()
        self._begin = begin
        self._worker: Worker | None = None
        self._folder = Path()
        self._stage = ("", 0.0)

    @property
    def under_way(self) -> bool:
        """Whether work is being done."""
        return self._worker is not None

    def start(self, request: protocol.Study) -> None:
        """Do this work; what was under way is ended."""
        self.stop()
        self._folder = Path(request.run)
        self._stage = ("", 0.0)
        worker = self._worker = self._begin(request)
        worker.said.connect(self._hear)
        self._become(StudyState("working", "Waiting for the engine…"))

    @Slot()
    def stop(self) -> None:
        """End the work in hand; it leaves nothing behind."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.said.disconnect(self._hear)
            worker.kill()
            self._become(StudyState())

    @Slot(object)
    def _hear(self, event: events.Event) -> None:
        match event:
            case events.Preparing(stage=stage, done=done, total=total):
                self._progress(STAGES[stage], done, total)
            case events.Working(words=words, done=done, total=total):
                self._progress(words, done, total)
            case events.Studied(file=file, words=words):
                self._worker = None
                self._become(StudyState("done", words, 1.0))
                self.finished.emit(self._folder / file)
            case events.Failed(problem=problem, remedy=remedy):
                self._worker = None
                error = UserError(problem, remedy)
                self._become(StudyState("failed", "That did not work.", 0.0, error=error))
            case events.Ended():
                self._worker = None
                self._become(StudyState())
            case _:
                self.heard.emit(event)

    def _progress(self, words: str, done: int, total: int) -> None:
        if words != self._stage[0]:
            self._stage = (words, time.monotonic())
        share = done / total if total else -1.0
        left = -1.0
        if done and total:
            left = (time.monotonic() - self._stage[1]) / done * (total - done)
        self._become(replace(StudyState("working", words), progress=share, seconds_left=left))

    def _become(self, state: StudyState) -> None:
        self.state = state
        self.changed.emit(state)
