"""All engines of a window: one for each run under way, and a warm spare."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot

from workbench import events
from workbench.engine import protocol
from workbench.gui.engine import EngineThread
from workbench.runs import store
from workbench.spec import RunSpec

Phase = Literal["warming", "ready", "training", "gone"]


@dataclass(frozen=True)
class EngineState:
    """What the status bar shows of the engine.

    Args:
        phase: warming, ready, training or gone.
        words: the same in words.
        device: what it computes on; "" while unknown.
    """

    phase: Phase = "warming"
    words: str = "Engine: warming up…"
    device: str = ""


class Engines(QObject):
    """Keeps one engine warm and hands it over when a run begins.

    Args:
        make: makes an ``EngineThread``; tests give one with a process of their own.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``EngineState`` after a change."""

    answered = Signal(object)
    """An event that answers a question."""

    def __init__(
        self, make: Callable[[], EngineThread] = EngineThread, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.state = EngineState()
        self._make = make
        self._spare: EngineThread | None = None
        self._spare_device = ""
        self._threads: list[EngineThread] = []
        self._closing = False
        self._failed_at = float("-inf")
        self._epochs = 0

    @property
    def alive(self) -> list[EngineThread]:
        """The threads whose process has not ended."""
        return list(self._threads)

    @Slot()
    def warm(self) -> None:
        """Start a spare engine, unless there is one."""
        if self._spare is not None or self._closing:
            return
        thread = self._spare = self._start()
        thread.said.connect(self._hear_spare)
        self._spare_device = ""
        self._tell_of_spare()

    @Slot()
    def renew(self) -> None:
        """Start another spare in place of the one that waits; it follows what was chosen since."""
        if self._spare is not None:
            # Its end brings the next one.
            self._spare.kill()

    def prepare(self, spec: RunSpec) -> None:
        """Let the spare engine read these data ahead; nothing happens while there is none."""
        if self._spare is not None:
            self._spare.prepare(spec)

    def ask(self, question: protocol.Asked) -> None:
        """Ask the spare engine; one is started where a run has taken it."""
        if self._spare is None:
            self.warm()
        if self._spare is not None:
            self._spare.ask(question)

    def describe(self, question: protocol.Asked) -> None:
        """Ask the spare engine how large a model is; beside a run nobody asks."""
        if self._spare is not None:
            self._spare.ask(question)

    def train(self, run: store.Run, *, resume: bool = False) -> EngineThread:
        """Hand the spare engine a run, or one to go on with.

        Returns:
            The thread that owns it; connect to ``said`` before returning to the event loop.
        """
        thread = self._hand_over()
        thread.said.connect(self._hear_training)
        thread.train(run, resume=resume)
        self._become("training", "Engine: preparing…")
        return thread

    def find(self, question: protocol.Find) -> EngineThread:
        """Hand the spare engine a trial; it ends with it.

        Returns:
            The thread that owns it; ``kill`` ends the trial.
        """
        thread = self._hand_over()
        thread.ask(question)
        return thread

    def study(self, request: protocol.Study) -> EngineThread:
        """Hand the spare engine longer work on a trained run; it ends with it.

        Returns:
            The thread that owns it; ``kill`` ends the work.
        """
        thread = self._hand_over()
        thread.ask(request)
        return thread

    def _hand_over(self) -> EngineThread:
        """The spare engine, which is no spare any more; a new one where there is none."""
        thread = self._spare or self._start()
        if self._spare is not None:
            thread.said.disconnect(self._hear_spare)
            self._spare = None
            self._spare_device = ""
        return thread

    @property
    def training(self) -> list[EngineThread]:
        """The threads that hold a run which is not over."""
        return [thread for thread in self._threads if thread.run_in_hand is not None]

    def detach(self) -> None:
        """Let everything that trains go on without this window."""
        for thread in self.training:
            thread.detach()

    def close(self) -> None:
        """End every process that was not let go, and wait for their threads."""
        self._closing = True
        for thread in list(self._threads):
            if not thread.detached:
                thread.kill()
        for thread in list(self._threads):
            thread.wait()
        self._threads.clear()

    def _tell_of_spare(self) -> None:
        """Say how the spare is; beside a run, where it only answers questions, nothing."""
        if any(thread is not self._spare for thread in self._threads):
            return
        if self._spare_device:
            self._become("ready", "Engine: ready", self._spare_device)
        else:
            self._become("warming", "Engine: warming up…")

    def _start(self) -> EngineThread:
        thread = self._make()
        thread.setParent(self)
        self._threads.append(thread)
        thread.finished.connect(self._forget)
        thread.start()
        return thread

    @Slot()
    def _forget(self) -> None:
        thread = self.sender()
        if not isinstance(thread, EngineThread) or thread not in self._threads:
            return
        self._threads.remove(thread)
        if thread is self._spare:
            self._spare = None
        thread.deleteLater()
        # An engine that cannot even start must not be started in a circle.
        if self._spare is None and not self._closing and time.monotonic() - self._failed_at > 30:
            self.warm()
        elif self._spare is not None:
            self._tell_of_spare()

    @Slot(object)
    def _hear_spare(self, event: events.Event) -> None:
        match event:
            case events.EngineReady(device=device):
                self._spare_device = device
                self._tell_of_spare()
            case (
                events.LossesDrawn()
                | events.ModelDescribed()
                | events.RunOpened()
                | events.Explained()
                | events.Predicted()
                | events.Disturbed()
                | events.Reweighed()
                | events.NotAnswered()
            ):
                self.answered.emit(event)
            case events.Failed(problem=problem):
                self._failed_at = time.monotonic()
                self._become("gone", f"Engine: {problem}")
            case _:
                return

    @Slot(object)
    def _hear_training(self, event: events.Event) -> None:
        match event:
            case events.EngineReady(device=device):
                self._become("training", "Engine: preparing…", device)
            case events.Started(epochs=epochs, device=device):
                self._become("training", f"Engine: training 0/{epochs}", device)
                self._epochs = epochs
            case events.EpochDone(epoch=epoch):
                self._become("training", f"Engine: training {epoch}/{self._epochs}")
            case events.Resumed(epoch=epoch):
                self._become("training", f"Engine: training, epoch {epoch}")
            case events.Paused():
                self._become("training", "Engine: paused")
            case events.Trained():
                self._become("training", "Engine: evaluating…")
            case _:
                return

    def _become(self, phase: Phase, words: str, device: str = "") -> None:
        self.state = EngineState(phase, words, device or self.state.device)
        self.changed.emit(self.state)
