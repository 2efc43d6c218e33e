"""Decides what the queue shows, and which run is begun next. Knows no widget and no engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from workbench.errors import UserError
from workbench.gui.background import InOrder
from workbench.runs.queue import Line, Queue, Queued
from workbench.runs.store import Run, title_of

LOOK_MS = 1000
"""How often other windows' changes and free places are looked for."""


@dataclass(frozen=True)
class QueueRow:
    """A run in the queue.

    Args:
        folder: its folder.
        title: its name.
        words: how it stands.
        taken: it is under way and keeps its place.
    """

    folder: Path
    title: str
    words: str
    taken: bool


@dataclass(frozen=True)
class QueueState:
    """All that the queue shows.

    Args:
        rows: its runs in order.
        on: waiting runs are begun.
        at_once: how many may be under way.
        after_failure: it goes on where a run has failed.
        words: all of it in one line.
        error: what went wrong with the queue itself.
    """

    rows: tuple[QueueRow, ...] = ()
    on: bool = True
    at_once: int = 1
    after_failure: bool = True
    words: str = "Empty"
    error: UserError | None = None

    @property
    def waiting(self) -> int:
        """How many have not begun."""
        return sum(1 for row in self.rows if not row.taken)


class QueuePresenter(QObject):
    """Works off a queue: asks for the next run to be begun as soon as a place is free.

    Args:
        queue: the queue.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``QueueState`` after a change."""

    begin_wished = Signal(object)
    """The ``Run`` that was taken for this window and must begin now."""

    show_wished = Signal(object)
    """Show the run in this ``Path``."""

    def __init__(self, queue: Queue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = QueueState()
        self._queue = queue
        self._closing = False
        self._work = InOrder(self)
        self._work.answered.connect(self._have)
        self._work.failed.connect(self._fail)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Look at the queue from now on."""
        self.look()
        self._timer.start()

    def close(self) -> None:
        """Begin nothing more; what waits goes on waiting."""
        self._closing = True
        self._timer.stop()

    def begin(self, run: Run) -> bool:
        """Take a run for this window at once where a place is free; otherwise it waits as the next.

        Args:
            run: the run.

        Returns:
            Whether it is to begin now; ``begin_wished`` does not say it again.

        Raises:
            UserError: the queue cannot be written, or the run is under way or done.
        """
        if not self._queue.is_of(run):
            # One that lies elsewhere has no place in this queue, and takes none.
            run.refuse_resume()
            return True
        self._queue.add(run, first=True, once=True)
        taken = self._queue.take(run.name) is not None
        self._show(self._queue.look())
        return taken

    @Slot()
    def look(self) -> None:
        """Look at the queue, and take the next run where a place is free."""
        self._do(self._queue.look)

    def add(self, run: Run) -> None:
        """Let a run wait behind the others."""
        self._do(lambda: self._queue.add(run))

    @Slot(str)
    def remove(self, name: str) -> None:
        """Take a waiting run out of the queue."""
        self._do(lambda: self._queue.remove(name))

    @Slot(object)
    def order(self, names: list[str]) -> None:
        """Put the waiting runs into this order."""
        self._do(lambda: self._queue.order(names))

    def settle(
        self, *, on: bool | None = None, at_once: int | None = None,
        after_failure: bool | None = None,
    ) -> None:  # fmt: skip
        """Change how the queue is worked off; what is None stays."""
        self._do(lambda: self._queue.settle(on=on, at_once=at_once, after_failure=after_failure))

    @Slot(object)
    def show_run(self, folder: Path) -> None:
        """Show a run of the queue."""
        self.show_wished.emit(folder)

    @Slot()
    def _tick(self) -> None:
        if not self._work.busy:
            self.look()

    def _do(self, work: Callable[[], Line]) -> None:
        def done() -> tuple[Line, Run | None]:
            line = work()
            taken = None if self._closing or not line.waiting else self._queue.take()
            return (self._queue.look() if taken is not None else line), taken

        self._work.ask(done)

    @Slot(object)
    def _have(self, answer: tuple[Line, Run | None]) -> None:
        line, taken = answer
        self._show(line)
        if taken is not None:
            self.begin_wished.emit(taken)
            # There may be a place for another one.
            self.look()

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, error=error))

    def _show(self, line: Line) -> None:
        rows = tuple(_row(queued, line) for queued in line.runs)
        error = UserError(line.trouble, "") if line.trouble else None
        words = _words(line)
        self._become(QueueState(rows, line.on, line.at_once, line.after_failure, words, error))

    def _become(self, state: QueueState) -> None:
        if state != self.state:
            self.state = state
            self.changed.emit(state)


def _row(queued: Queued, line: Line) -> QueueRow:
    status = queued.status
    epochs = f"epoch {status.epoch} of {status.epochs}" if status.epoch else "preparing"
    if status.phase == "paused":
        words = f"paused, {epochs}"
    elif queued.taken:
        words = epochs if status.phase == "running" else "about to begin"
    elif status.phase == "created":
        words = "waits" if line.on else "waits; the queue is off"
    else:
        words = f"waits to go on, {epochs}"
    return QueueRow(queued.run.folder, title_of(queued.run.name), words, queued.taken)


def _words(line: Line) -> str:
    if not line.runs:
        return "Empty"
    taken, waiting = len(line.taken), len(line.waiting)
    words = [f"{taken} under way"] if taken else []
    words += [f"{waiting} waiting"] if waiting else []
    return " · ".join(words) + ("" if line.on else " · off")
