"""Follows a run that another process computes: in the background, or by the command line."""

from __future__ import annotations

import threading
from pathlib import Path

import psutil
from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from workbench import events
from workbench.engine import protocol, wishes
from workbench.errors import UserError
from workbench.gui.engine import STOP_PATIENCE_MS
from workbench.runs.store import Run

LOOK_SECONDS = 0.25
"""What was written is seen within this time."""

_TAIL = 64


class Following(QThread):
    """Reads what is written of a run as it is written, and leaves wishes in its folder.

    It stands where an ``EngineThread`` would: every new event arrives by ``said`` in the window's
    thread. When the run's process is gone without a last word, ``gone`` says so; nothing follows.

    Args:
        run: the run.
        start: bytes of its history that are known already.
        parent: its parent.
    """

    said = Signal(object)
    gone = Signal()
    failed = Signal(object)
    """The ``UserError`` of a wish that could not be left, or of a history that cannot be read."""

    def __init__(self, run: Run, start: int = 0, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self._place = start
        self._tail = b""
        self._ended = threading.Event()
        self._ladder = QTimer(self)
        self._ladder.setSingleShot(True)
        self._ladder.setInterval(STOP_PATIENCE_MS)
        self._ladder.timeout.connect(self._force)
        self.said.connect(self._note)

    def ask_to_stop(self) -> None:
        """Stop the run and keep the best; its process is ended where it does not answer."""
        self._leave(protocol.Stop(keep=True))
        self._ladder.start()

    def finish_epoch(self) -> None:
        """Stop after the epoch in hand and keep the best."""
        self._leave(protocol.Stop(after_epoch=True))

    def pause(self, *, release: bool = False) -> None:
        """Stand still after the step in hand; ends its process, too, where that is wished."""
        self._leave(protocol.Pause(release=release))

    def go_on(self) -> None:
        """Go on after a pause."""
        self._leave(protocol.GoOn())

    def discard(self) -> None:
        """End the run and keep nothing."""
        self._leave(protocol.Stop(keep=False))
        self._ladder.start()

    def end(self) -> None:
        """Follow no longer; the run goes on."""
        self._ladder.stop()
        self._ended.set()

    def run(self) -> None:
        """Look again and again until the last word, or until nobody computes the run."""
        try:
            self._tail = self._before(self._place)
            while not self._ended.is_set():
                # Asked before reading: what a process writes last is read after it has gone.
                alive = self._run.under_way
                if self._read():
                    return
                if not alive:
                    self.gone.emit()
                    return
                self._ended.wait(LOOK_SECONDS)
        except UserError as error:
            self.failed.emit(error)
        except OSError as error:
            self.failed.emit(
                UserError(
                    f"{self._run.events_file} cannot be read any more: {error.strerror}.",
                    "If the folder was moved, open the run where it is now.",
                )
            )

    def _read(self) -> bool:
        """Say what is new; whether the last word was among it."""
        file = self._run.events_file
        if not file.exists():
            return False
        if file.stat().st_size < self._place or self._before(self._place) != self._tail:
            return self._begin_again(file)
        with file.open("rb") as stream:
            stream.seek(self._place)
            text = stream.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._place += len(whole)
        self._tail = (self._tail + whole)[-_TAIL:]
        return self._say(whole)

    def _begin_again(self, file: Path) -> bool:
        """The run went on from a checkpoint: what was said after that was taken back."""
        text = file.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        lines = whole.splitlines(keepends=True)
        resumed = [n for n, line in enumerate(lines) if b'"event":"resumed"' in line]
        if not resumed:
            # Cut, and not gone on yet.
            return False
        self._place, self._tail = len(whole), whole[-_TAIL:]
        return self._say(b"".join(lines[resumed[-1] :]))

    def _say(self, whole: bytes) -> bool:
        for line in whole.splitlines():
            event = events.from_line(line)
            self.said.emit(event)
            if events.is_last(event):
                return True
        return False

    def _before(self, place: int) -> bytes:
        """The bytes before a place, by which a history that was cut and has grown is told."""
        begin = max(0, place - _TAIL)
        try:
            with self._run.events_file.open("rb") as stream:
                stream.seek(begin)
                return stream.read(place - begin)
        except FileNotFoundError:
            return b""

    def _leave(self, wish: protocol.Wish) -> None:
        try:
            wishes.leave(self._run, wish)
        except UserError as error:
            self.failed.emit(error)

    @Slot()
    def _force(self) -> None:
        try:
            status = self._run.status()
            if self._run.under_way:
                psutil.Process(status.pid).kill()
        except UserError as error:
            self.failed.emit(error)
        except psutil.NoSuchProcess:
            return
        except psutil.AccessDenied:
            self.failed.emit(
                UserError(
                    f"Process {status.pid} does not answer and cannot be ended from here.",
                    "End it by hand; its run can be resumed then.",
                )
            )

    @Slot(object)
    def _note(self, event: events.Event) -> None:
        if isinstance(event, events.Stopping | events.Trained | events.Ended | events.Failed):
            self._ladder.stop()
