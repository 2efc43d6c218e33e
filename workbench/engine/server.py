"""The engine process: TensorFlow warm, requests in on standard input, events out on a private pipe.

One process does one run and ends: GPU memory returns only when a process ends, and a run that
crashes takes nobody along. It ends as soon as its standard input closes, so that none is orphaned,
unless it was asked to go on in the background.
"""

from __future__ import annotations

import os
import platform
import queue
import signal
import sys
import threading
import time
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

from workbench import __version__, events
from workbench.data.folder import Stopped
from workbench.engine import protocol, wishes
from workbench.engine.execution import execute, find, read_data
from workbench.engine.questions import Questions
from workbench.engine.recorder import Recorder
from workbench.engine.studies import study
from workbench.errors import UserError
from workbench.runs import store
from workbench.training import devices
from workbench.training.trainer import Wish

# Tracing and compiling the first step cannot be interrupted from inside; after this many seconds a
# wish to stop that nothing has answered ends the process, as there is nothing to keep yet.
PATIENCE = 0.7


Work = protocol.Prepare | protocol.Train | protocol.Find | protocol.Study


class Server:
    """Hears requests on one thread and computes on the main thread.

    Args:
        requests: stream of request lines.
        answers: stream of event lines.
    """

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests = requests
        self._answers = answers
        self._answering = threading.Lock()
        self._questions = Questions(self._say)
        self._waiting: queue.SimpleQueue[Work] = queue.SimpleQueue()
        self._wish: Wish | None = None
        self._detached = False
        self._acknowledged = threading.Event()
        self._recorder: Recorder | None = None

    def serve(self) -> int:
        """Answer requests until a run is done.

        Returns:
            Exit code of the process.
        """
        threading.Thread(target=self._hear, name="requests", daemon=True).start()
        devices.warm()
        self._questions.start()
        self._say(
            events.EngineReady(versions=_versions(), device=devices.describe(), pid=os.getpid())
        )
        while True:
            request = self._waiting.get()
            match request:
                case protocol.Prepare():
                    self._prepare(request)
                case protocol.Train():
                    return self._train(store.find(Path(request.run)), resume=request.resume)
                case protocol.Find():
                    return self._find(request)
                case protocol.Study():
                    return self._study(request)

    def _hear(self) -> None:
        for line in self._requests:
            try:
                request = protocol.from_line(line)
            except UserError as error:
                sys.stderr.write(f"engine: {error}\n")
                continue
            match request:
                case protocol.Detach():
                    self._detach()
                case protocol.Stop() | protocol.Pause() | protocol.GoOn():
                    self._hear_wish(request)
                case protocol.Prepare() | protocol.Train() | protocol.Find() | protocol.Study():
                    self._waiting.put(request)
                case _:
                    self._questions.put(request)
        if not self._detached:
            os._exit(0)

    def _detach(self) -> None:
        """Go on alone; that the answers end says that it was understood."""
        with self._answering:
            self._detached = True
            self._answers.close()

    def _hear_wish(self, request: protocol.Wish) -> None:
        match request:
            case protocol.Stop(keep=False):
                self._end_now()
            case protocol.Stop(after_epoch=True):
                self._wish = "after_epoch"
                if self._recorder is not None:
                    self._recorder.tell(events.Stopping(after_epoch=True))
            case protocol.Stop():
                self._wish = "stop"
                threading.Thread(target=self._insist, name="insist", daemon=True).start()
            case protocol.Pause():
                self._wish = "release" if request.release else "pause"
            case protocol.GoOn():
                self._wish = None

    def _insist(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self._acknowledged.wait(0.05):
                return
        if self._recorder is None or self._recorder.steps == 0:
            self._end_now()

    def _end_now(self) -> None:
        if self._recorder is not None:
            self._recorder.tell(events.Ended(outcome="discarded"))
        os._exit(0)

    def _say(self, event: events.Said) -> None:
        if isinstance(event, events.Stopping | events.Trained):
            self._acknowledged.set()
        with self._answering:
            # Whoever has gone finds everything in the run's folder.
            if not self._detached:
                self._answers.write(events.to_line(event).encode() + b"\n")
                self._answers.flush()

    def _prepare(self, request: protocol.Prepare) -> None:
        begun = time.monotonic()
        try:
            # A training that arrives meanwhile comes first: it reads what is missing itself.
            prepared = read_data(
                request.spec, lambda event: None, lambda: not self._waiting.empty()
            )
        except Stopped:
            return
        except Exception:  # noqa: BLE001 - the run itself will say it, with its place and remedy
            traceback.print_exc(file=sys.stderr)
            return
        seconds = time.monotonic() - begun
        self._say(events.Prepared(samples=len(prepared.stems), seconds=seconds))

    def _find(self, request: protocol.Find) -> int:
        self._questions.close()
        last = find(request.what, request.spec, self._say, lambda: self._wish is not None)
        self._say(last)
        return 1 if isinstance(last, events.Failed) else 0

    def _study(self, request: protocol.Study) -> int:
        self._questions.close()
        last = study(request, self._say, lambda: self._wish is not None)
        self._say(last)
        return 1 if isinstance(last, events.Failed) else 0

    def _train(self, run: store.Run, *, resume: bool) -> int:
        # Building a model draws from the chance that a run starts from.
        self._questions.close()
        try:
            self._recorder = Recorder(run, self._say)
            _send_prints_to(run.log_file)
        except UserError as error:
            self._say(events.Failed(problem=error.problem, remedy=error.remedy))
            return 1
        wishes.watch(run, self._hear_wish)
        last = execute(run, self._recorder, lambda: self._wish, resume=resume)
        return 1 if isinstance(last, events.Failed) else 0


def main() -> None:
    """Serve on standard input and output; what anyone prints goes to standard error instead."""
    # Ctrl-C and the end of a terminal are for whoever asks; the requests end with them.
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    code = Server(sys.stdin.buffer, answers).serve()
    if not answers.closed:
        answers.flush()
    sys.stderr.flush()
    # TensorFlow's threads may hold up an orderly exit for seconds; everything is on disk by now.
    os._exit(code)


def _send_prints_to(file: Path) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


def _versions() -> dict[str, str]:
    names = ("tensorflow", "keras", "numpy")
    return {
        "workbench": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in names},
    }
