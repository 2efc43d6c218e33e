"""Works off a queue of runs on the command line: each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

if TYPE_CHECKING:
    from workbench.runs.queue import Queue
    from workbench.runs.store import Run

LOOK_SECONDS = 0.5


class Worker:
    """Begins the runs of a queue, each in a process of its own, and waits for them.

    Args:
        line: the queue.
        console: hears how each run ends.
        only: names of the runs that are asked for at each look; None: every one that waits. Work
            goes on as long as there are any.
    """

    def __init__(
        self, line: Queue, console: Console, only: Callable[[], Collection[str]] | None = None
    ) -> None:
        self._line = line
        self._console = console
        self._only = only
        self._children: list[tuple[Run, subprocess.Popen[bytes]]] = []
        self.done: list[dict[str, Any]] = []
        self.stopped = False

    def work(self) -> None:
        """Until nothing is under way, and nothing waits or the queue was switched off."""
        try:
            while self._begin() or self._children or self._more():
                self._gather()
                time.sleep(LOOK_SECONDS)
        except KeyboardInterrupt:
            # The runs have heard it, too; a second Ctrl-C ends them at once.
            self.stopped = True
            self._say("Stopping; the best of each run is kept.")
            for _, child in self._children:
                child.wait()
            self._gather()

    def _more(self) -> bool:
        if self._only is not None:
            return bool(self._only())
        line = self._line.look()
        return bool(line.taken or (line.on and line.waiting))

    def _begin(self) -> bool:
        run = self._next()
        if run is None:
            return False
        command = [sys.executable, "-X", "utf8", "-m", "workbench", "resume", str(run.folder)]
        with run.log_file.open("ab") as log:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log
            )
        self._children.append((run, child))
        self._say(f"{run.name} begins")
        return True

    def _next(self) -> Run | None:
        if self._only is None:
            return self._line.take()
        wanted = self._only()
        waiting = [each.run.name for each in self._line.look().waiting]
        return next(
            (run for name in waiting if name in wanted and (run := self._line.take(name))), None
        )

    def _gather(self) -> None:
        for run, child in list(self._children):
            if child.poll() is None:
                continue
            self._children.remove((run, child))
            status = run.status()
            self.done.append(
                {"run": str(run.folder), "phase": status.phase, "metrics": status.metrics}
            )
            figures = "  ".join(f"{name} {value:.4g}" for name, value in status.metrics.items())
            self._say(f"{run.name} {status.phase}  {figures or status.message}".rstrip())

    def _say(self, words: str) -> None:
        self._console.print(words, markup=False, soft_wrap=True)


def carry_out(
    kind: str, folder: Path, queue: Queue, at_once: int | None, *,
    go_on: Callable[[], object], waiting: Callable[[], Collection[str]],
    halt: Callable[[], object],
) -> None:  # fmt: skip
    """Work off an experiment that trains many runs, until it is over or Ctrl-C halts it.

    Args:
        kind: the command that goes on with it: ``duel`` or ``search``.
        folder: of the experiment.
        queue: its runs wait there.
        at_once: how many are trained at once; None: as the queue has it.
        go_on: begins it, or carries a halted one on.
        waiting: takes in what has been done; gives names of the runs that are not over.
        halt: lets nothing more begin.
    """
    console = Console(stderr=True, highlight=False)
    console.print(f"{kind} folder: {folder}", markup=False, soft_wrap=True)
    if at_once is not None:
        queue.settle(at_once=at_once)
    go_on()
    worker = Worker(queue, console, waiting)
    worker.work()
    if worker.stopped:
        halt()
        words = f"halted: go on with `workbench {kind} {folder}`"
        console.print(words, markup=False, soft_wrap=True)
    else:
        waiting()
