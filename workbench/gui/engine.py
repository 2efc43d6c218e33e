"""The window's side of an engine: a thread that owns its process.

Training is launched and supervised by ``EngineThread``; the process itself computes, so that no
crash, hang or lack of memory of TensorFlow reaches the window.
"""

from __future__ import annotations

import logging
import subprocess
import tempfile
import threading
from typing import IO

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from workbench import events
from workbench.engine import causes, protocol
from workbench.errors import UserError
from workbench.runs import store
from workbench.runs.last_word import record
from workbench.spec import RunSpec

log = logging.getLogger(__name__)

# A wish to stop must be acknowledged by an event within this time, or the process is ended. Saving
# the best weights of a large model takes a moment; a step of a slow one too.
STOP_PATIENCE_MS = 8000


class EngineThread(QThread):
    """Owns one engine process: starts it, hears its events, asks, ends it, reports its end.

    Every event arrives by ``said`` in the window's thread. After a run was asked for, the last of
    them is always ``Ended``, ``Failed`` or the ``Paused`` of a run that was released, whatever
    happened to the process.

    Args:
        command: what to start; the real engine when left out.
        parent: its parent.
    """

    said = Signal(object)

    def __init__(self, command: list[str] | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = command or protocol.command()
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()
        self._asking = threading.Lock()
        self._unwanted = False
        self._open = False
        self._early: list[bytes] = []
        self._run: store.Run | None = None
        self._batch_size = 0
        self._over = False
        self._wished = False
        self._forced = False
        self._detached = False
        self._ladder = QTimer(self)
        self._ladder.setSingleShot(True)
        self._ladder.setInterval(STOP_PATIENCE_MS)
        self._ladder.timeout.connect(self._force)
        self.said.connect(self._note)

    @property
    def pid(self) -> int:
        """The process; 0 before it was started."""
        return self._process.pid if self._process is not None else 0

    def train(self, run: store.Run, *, resume: bool = False) -> None:
        """Do this run, or go on with it where it stood; once in the life of a process."""
        self._run = run
        self._batch_size = run.spec().training.batch_size
        self._ask(protocol.Train(run=str(run.folder), resume=resume))

    def prepare(self, spec: RunSpec) -> None:
        """Fill the cache for these data while nothing else is to do."""
        self._ask(protocol.Prepare(spec=spec))

    def ask(self, question: protocol.Asked) -> None:
        """Ask something that is answered by an event, besides the work in hand."""
        self._ask(question)

    def ask_to_stop(self) -> None:
        """Stop the run and keep the best weights so far; ends the process if it does not answer."""
        self._wish(protocol.Stop(keep=True))

    def finish_epoch(self) -> None:
        """Stop after the epoch in hand and keep the best weights."""
        self._ask(protocol.Stop(after_epoch=True))

    def pause(self, *, release: bool = False) -> None:
        """Stand still after the step in hand; ends the process too where that is wished."""
        self._ask(protocol.Pause(release=release))

    def go_on(self) -> None:
        """Go on after a pause."""
        self._ask(protocol.GoOn())

    def discard(self) -> None:
        """End the run at once and keep nothing."""
        self._wish(protocol.Stop(keep=False))

    def detach(self) -> None:
        """Let the process go on alone; the thread ends as soon as it has understood."""
        self._detached = True
        self._ask(protocol.Detach())

    @property
    def detached(self) -> bool:
        """Its process goes on alone."""
        return self._detached

    @property
    def run_in_hand(self) -> store.Run | None:
        """The run that it was given and that is not over."""
        return None if self._over else self._run

    @Slot()
    def kill(self) -> None:
        """End the process, whatever it does."""
        with self._starting:
            self._unwanted = True
            if self._process is not None and self._process.poll() is None:
                self._process.kill()

    def _wish(self, request: protocol.Stop) -> None:
        self._wished = True
        self._ask(request)
        self._ladder.start()

    @Slot()
    def _force(self) -> None:
        self._forced = True
        self.kill()

    def run(self) -> None:
        """Start the process and hear it until it ends."""
        with tempfile.TemporaryFile() as errors:
            with self._starting:
                if self._unwanted:
                    return
                try:
                    process = self._process = subprocess.Popen(
                        self._command,
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        stderr=errors,
                        env=protocol.environment(),
                    )
                except OSError as error:
                    self._end(causes.of_exception(error))
                    return
            with self._asking:
                self._open = True
                for line in self._early:
                    self._write(line)
            assert process.stdout is not None
            for line in process.stdout:
                self._hear(line)
            process.stdout.close()
            if self._detached:
                # Its answers ended because it was let go; if it died instead, its run tells.
                return
            code = process.wait()
            if process.stdin is not None:
                self._close(process.stdin)
            self._end(causes.of_exit(code, self._last_words(errors), self._batch_size))

    def _hear(self, line: bytes) -> None:
        try:
            event = events.from_line(line)
        except UserError:
            # The process was ended in the middle of a line; its run folder has the whole one.
            return
        self._over = self._over or events.is_last(event)
        self.said.emit(event)

    def _end(self, failure: events.Failed) -> None:
        """Say the last word for a process that died without one."""
        if self._run is not None and not self._over:
            self._over = True
            last = self._last_word(failure)
            try:
                record(self._run, last)
            except (OSError, UserError) as error:
                # The folder is gone or cannot be written: the window hears of the end all the same.
                log.warning("the last word of %s was not recorded: %s", self._run.folder, error)
            self.said.emit(last)
        elif self._run is None and not self._unwanted and not self._over:
            self._over = True
            self.said.emit(failure)

    def _last_word(self, failure: events.Failed) -> events.Ended | events.Failed:
        if self._forced:
            return events.Failed(
                problem="The engine did not answer the wish to stop and was ended.",
                remedy="What was saved before is kept in the run's folder.",
                log=failure.log,
            )
        if self._wished:
            # It was asked to stop before it had begun, or to keep nothing.
            return events.Ended(outcome="discarded")
        return failure

    def _last_words(self, errors: IO[bytes]) -> str:
        tail = self._run.log_tail() if self._run is not None else ""
        if not tail:
            errors.seek(0)
            tail = "\n".join(errors.read().decode(errors="replace").splitlines()[-12:])
        return tail

    def _ask(self, request: protocol.Asked) -> None:
        line = protocol.to_line(request)
        with self._asking:
            if self._open:
                self._write(line)
            else:
                self._early.append(line)

    def _write(self, line: bytes) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        try:
            process.stdin.write(line)
            process.stdin.flush()
        except (BrokenPipeError, ValueError):
            # The process has ended; the reading side says so with its cause.
            return

    @staticmethod
    def _close(stream: IO[bytes]) -> None:
        try:
            stream.close()
        except BrokenPipeError:
            return

    @Slot(object)
    def _note(self, event: events.Event) -> None:
        if isinstance(event, events.Stopping | events.Trained | events.Ended | events.Failed):
            self._ladder.stop()
