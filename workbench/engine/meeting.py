"""Watches over a worker that waits for its peers, and ends it where they do not come.

It is a process of its own: while TensorFlow waits, no other thread of the worker runs, and the
worker hears no signal but the last one. Run as
``python -m workbench.engine.meeting PID SECONDS [RUN]``; a word on standard input says that all
have met.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from workbench.events import Failed
from workbench.runs import store
from workbench.runs.last_word import record


@contextmanager
def watched(pid: int, seconds: float, run: store.Run | None) -> Iterator[None]:
    """End that process unless what is done inside ends in time.

    Args:
        pid: of the process.
        seconds: how long it may take.
        run: whose last word is recorded then; None: of a worker that writes nothing.
    """
    command = [sys.executable, "-X", "utf8", "-m", "workbench.engine.meeting", str(pid)]
    command += [f"{seconds:g}", *([str(run.folder)] if run is not None else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as watch:
        try:
            yield
        finally:
            assert watch.stdin is not None
            watch.stdin.write(b"met")
            watch.stdin.close()


def main() -> None:
    """Wait for a word; without one in time, end the process and say why."""
    pid, seconds, *folder = sys.argv[1:]
    heard = threading.Event()

    def listen() -> None:
        sys.stdin.buffer.read()
        heard.set()

    threading.Thread(target=listen, daemon=True).start()
    if heard.wait(float(seconds)):
        return
    failed = Failed(
        problem=f"Not all workers were there within {seconds} seconds.",
        remedy="Start all of them with the same --workers, each with its own --index, and see that "
        "their ports are open.",
    )
    sys.stderr.write(f"failed: {failed.problem} {failed.remedy}\n")
    psutil.Process(int(pid)).kill()
    while store.process_started(int(pid)):
        time.sleep(0.05)
    if folder:
        record(store.find(Path(folder[0])), failed)


if __name__ == "__main__":
    main()
