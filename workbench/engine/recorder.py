"""Writes what a run says into its folder first, then tells whoever listens."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable

from workbench import events
from workbench.errors import UserError
from workbench.runs.store import Run, Status, process_started

FULL = (errno.ENOSPC, errno.EDQUOT)
"""Errors of a disk that has no space."""


class Recorder:
    """Keeps ``events.jsonl`` and ``status.json`` of a run.

    Safe to call from several threads; after the last word nothing more is written. While the disk
    is full, lines wait in memory.

    Args:
        run: whose words they are.
        listener: told each event after it stands in the file.

    Raises:
        UserError: the run's folder cannot be written, or its spec or status is damaged.
    """

    def __init__(self, run: Run, listener: Callable[[events.Said], None]) -> None:
        self._run = run
        self._listener = listener
        self._lock = threading.Lock()
        try:
            run.mend_events()
            self._stream = run.events_file.open("ab", buffering=0)
            self._status = self._begin(run)
        except OSError as error:
            raise UserError(
                f"{run.folder} cannot be written: {error.strerror}.",
                "Make the folder writable, or copy it to a place that is.",
            ) from None
        self._waiting: list[bytes] = []
        self._closed = False
        self._synced = 0.0
        self.steps = 0

    @staticmethod
    def _begin(run: Run) -> Status:
        """Say that this process computes the run now."""
        pid = os.getpid()
        before = run.status()
        status = Status(
            phase="running",
            pid=pid,
            started=process_started(pid),
            epochs=run.spec().training.epochs,
            epoch=before.epoch,
            step=before.step,
            metrics=before.metrics,
        )
        run.write_status(status)
        return status

    def tell(self, event: events.Said) -> bool:
        """Record an event and pass it on.

        Args:
            event: what is said.

        Returns:
            False when the run had already said its last word.
        """
        with self._lock:
            if self._closed:
                return False
            self._write(events.to_line(event).encode() + b"\n")
            if isinstance(event, events.StepsDone | events.Resumed):
                self.steps = event.step
            changed = _status_after(self._status, event)
            if changed is not self._status:
                self._status = changed
                self._sync()
                self._write_status()
            elif time.monotonic() - self._synced > 1.0:
                self._sync()
            if events.is_last(event):
                self._closed = True
                self._stream.close()
            self._listener(event)
            return True

    def length(self) -> int:
        """Bytes of all that was told so far; on disk but for lines that wait for space."""
        with self._lock:
            self._sync()
            return self._size() + sum(map(len, self._waiting))

    def cut(self, length: int) -> None:
        """Take back all that was told after this many bytes.

        Args:
            length: of what stays; a length of ``length``.
        """
        with self._lock:
            self._waiting.clear()
            self._stream.truncate(min(length, self._size()))
            os.fsync(self._stream.fileno())

    def _write(self, line: bytes) -> None:
        self._waiting.append(line)
        begun = self._size()
        try:
            while self._waiting:
                whole = self._waiting[0]
                if self._stream.write(whole) < len(whole):
                    # The disk took but a part of it: the rest is refused at the next try.
                    self._stream.truncate(begun)
                    return
                self._waiting.pop(0)
                begun += len(whole)
        except OSError as error:
            if error.errno not in FULL:
                raise
            self._stream.truncate(begun)

    def _size(self) -> int:
        return os.fstat(self._stream.fileno()).st_size

    def _write_status(self) -> None:
        try:
            self._run.write_status(self._status)
        except OSError as error:
            # It is written again after the next epoch; the events say the same.
            if error.errno not in FULL:
                raise

    def _sync(self) -> None:
        os.fsync(self._stream.fileno())
        self._synced = time.monotonic()


def _status_after(status: Status, event: events.Said) -> Status:
    match event:
        case events.EpochDone():
            metrics = {f"validation_{name}": value for name, value in event.validation.items()}
            changes = {"epoch": event.epoch, "step": event.step, "metrics": metrics}
            return status.model_copy(update=changes)
        case events.Paused():
            changes = {"phase": "paused", "step": event.step, "message": event.problem}
            return status.model_copy(update=changes)
        case events.Resumed():
            changes = {"phase": "running", "step": event.step, "message": ""}
            if event.from_disk:
                changes["epoch"] = event.epoch - 1
            return status.model_copy(update=changes)
        case events.Evaluated():
            metrics = {f"{event.split}_{name}": value for name, value in event.metrics.items()}
            return status.model_copy(update={"metrics": status.metrics | metrics})
        case events.Ended():
            return status.model_copy(update={"phase": event.outcome})
        case events.Failed():
            return status.model_copy(update={"phase": "failed", "message": event.problem})
    return status
