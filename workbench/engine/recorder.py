"""Writes what a run says into its folder first, then tells whoever listens."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

from workbench import events
from workbench.runs.store import Run, Status, process_started


class Recorder:
    """Keeps ``events.jsonl`` and ``status.json`` of a run.

    Safe to call from several threads; after the last word nothing more is written.

    Args:
        run: whose words they are.
        listener: told each event after it stands in the file.
    """

    def __init__(self, run: Run, listener: Callable[[events.Said], None]) -> None:
        self._run = run
        self._listener = listener
        self._lock = threading.Lock()
        self._stream = run.events_file.open("a", encoding="utf-8")
        self._closed = False
        self._synced = 0.0
        self.steps = 0
        pid = os.getpid()
        self._status = Status(
            phase="running",
            pid=pid,
            started=process_started(pid),
            epochs=run.spec().training.epochs,
        )
        run.write_status(self._status)

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
            self._stream.write(events.to_line(event) + "\n")
            self._stream.flush()
            if isinstance(event, events.StepsDone):
                self.steps = event.step
            changed = _status_after(self._status, event)
            if changed is not self._status:
                self._status = changed
                self._sync()
                self._run.write_status(changed)
            elif time.monotonic() - self._synced > 1.0:
                self._sync()
            if changed.over:
                self._closed = True
                self._stream.close()
            self._listener(event)
            return True

    def _sync(self) -> None:
        os.fsync(self._stream.fileno())
        self._synced = time.monotonic()


def _status_after(status: Status, event: events.Said) -> Status:
    match event:
        case events.EpochDone():
            metrics = {f"validation_{name}": value for name, value in event.validation.items()}
            return status.model_copy(update={"epoch": event.epoch, "metrics": metrics})
        case events.Evaluated():
            metrics = {f"{event.split}_{name}": value for name, value in event.metrics.items()}
            return status.model_copy(update={"metrics": status.metrics | metrics})
        case events.Ended():
            return status.model_copy(update={"phase": event.outcome})
        case events.Failed():
            return status.model_copy(update={"phase": "failed", "message": event.problem})
    return status
