"""``workbench launch``: several processes on this machine that train one run together.

It owns what TensorFlow leaves open: a deadline for the start, the end of all when one is lost, and
the new start of all from the last checkpoint. Processes are ended for good, as a worker that waits
for its peers hears no signal.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from workbench.errors import UserError
from workbench.runs.store import Run

LOOK_SECONDS = 0.2
GRACE_SECONDS = 15.0
"""When one has ended, the others have so long to end by themselves."""
SLOW_SECONDS = 60.0
"""Beyond the deadline for the meeting, this long until the first word of the training."""


@dataclass
class _Worker:
    index: int
    process: subprocess.Popen[bytes]
    log: Path | None

    @property
    def over(self) -> bool:
        return self.process.poll() is not None


class Launcher:
    """Starts the workers of a run, watches them, and starts them again where one is lost.

    Args:
        run: the run.
        processes: how many workers.
        deadline: seconds until all of them have met.
        restarts: how often they are started again.
        console: hears what happens.
    """

    def __init__(
        self, run: Run, processes: int, deadline: float, restarts: int, console: Console
    ) -> None:
        self._run = run
        self._count = processes
        self._deadline = deadline
        self._restarts = restarts
        self._console = console
        self._workers: list[_Worker] = []
        self._interrupted = 0
        self.started = 0

    def launch(self) -> str:
        """Train to the end.

        Returns:
            Why it could not be brought to its end, in words; "" where it was.
        """
        while True:
            why = self._once()
            if not why or self._interrupted or self.started > self._restarts:
                return why
            if not self._can_go_on():
                return why
            self._say(f"{why} All workers start again from the last checkpoint.")

    def _once(self) -> str:
        self.started += 1
        addresses = ",".join(f"localhost:{port}" for port in _free_ports(self._count))
        begun = time.monotonic()
        try:
            self._workers = [self._begin(index, addresses) for index in range(self._count)]
            return self._watch(begun)
        finally:
            for worker in self._workers:
                if not worker.over:
                    worker.process.kill()
                worker.process.wait()

    def _begin(self, index: int, addresses: str) -> _Worker:
        command = [
            sys.executable, "-X", "utf8", "-m", "workbench", "resume", str(self._run.folder),
            "--workers", addresses, "--index", str(index), "--deadline", f"{self._deadline:g}",
        ]  # fmt: skip
        if index == 0:
            # Its words and its bar are those of the run.
            return _Worker(index, subprocess.Popen(command, stdin=subprocess.DEVNULL), None)
        log = self._run.folder / f"worker-{index}.log"
        with log.open("ab") as stream:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream
            )
        return _Worker(index, process, log)

    def _watch(self, begun: float) -> str:
        """Until all have ended; says what went wrong."""
        chief = self._workers[0]
        while not any(worker.over for worker in self._workers):
            if self._silent(begun):
                return "The training did not begin in time."
            self._sleep()
        first = next(worker for worker in self._workers if worker.over)
        ended = time.monotonic()
        while time.monotonic() - ended < GRACE_SECONDS:
            if all(worker.over for worker in self._workers):
                break
            self._sleep()
        if chief.over and chief.process.returncode == 0:
            return ""
        status = self._run.status()
        if first is chief and status.phase == "failed" and status.message:
            # It has said itself why.
            return status.message
        return self._loss(first)

    def _loss(self, worker: _Worker) -> str:
        name = "The chief" if worker.index == 0 else f"Worker {worker.index}"
        code = worker.process.returncode
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        tail = _tail(worker.log) if worker.log is not None else ""
        return f"{name} {how}{f': {tail}' if tail else ''}."

    def _silent(self, begun: float) -> bool:
        """Nothing was said of the training since this start, long after the deadline."""
        if time.monotonic() - begun < self._deadline + SLOW_SECONDS:
            return False
        file = self._run.events_file
        age = time.monotonic() - begun
        return not file.exists() or time.time() - file.stat().st_mtime > age

    def _can_go_on(self) -> bool:
        """It ended for want of a worker, and not for a fault of its own."""
        status = self._run.status()
        gone = status.phase == "failed" and "worker" in status.message.lower()
        return gone or status.resumable or status.phase == "created"

    def _sleep(self) -> None:
        try:
            time.sleep(LOOK_SECONDS)
        except KeyboardInterrupt:
            # The chief has heard it, too, and stops all of them; a second one ends them at once.
            self._interrupted += 1
            if self._interrupted > 1:
                for worker in self._workers:
                    worker.process.kill()

    def _say(self, words: str) -> None:
        self._console.print(words, markup=False, highlight=False, soft_wrap=True)


def launch(
    run: Run, *, processes: int, deadline: float, restarts: int, console: Console
) -> dict[str, Any]:  # fmt: skip
    """Train a run by several processes of this machine.

    Args:
        run: one that has not begun, or stands still.
        processes: how many workers.
        deadline: seconds until all of them have met.
        restarts: how often all are started again where one is lost.
        console: hears what happens.

    Returns:
        What came of it: ``run``, ``phase``, ``metrics``, ``starts``, and ``problem`` where it
        failed.

    Raises:
        UserError: the run is under way or done.
    """
    run.refuse_resume()
    launcher = Launcher(run, processes, deadline, restarts, console)
    why = launcher.launch()
    status = run.status()
    facts: dict[str, Any] = {
        "run": str(run.folder),
        "phase": status.phase,
        "metrics": status.metrics,
        "starts": launcher.started,
    }
    return facts | ({"problem": why} if why else {})


def _free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody uses now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("localhost", 0))
        return [probe.getsockname()[1] for probe in probes]
    except OSError as error:
        raise UserError(f"No free port was found: {error.strerror}.", "Try again.") from None
    finally:
        for probe in probes:
            probe.close()


def _tail(log: Path) -> str:
    """The last words of a log that say what went wrong."""
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    found = [line for line in lines if line.startswith("failed:")]
    return (found or lines)[-1].removeprefix("failed:").strip().rstrip(".") if lines else ""
