"""A real engine process that is asked line by line, for tests."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

from workbench import events
from workbench.engine import protocol


class Engine:
    """Started at once; ``close`` ends it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            protocol.command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env=protocol.environment(),
        )  # fmt: skip
        self._said: queue.SimpleQueue[events.Event | None] = queue.SimpleQueue()
        self._hearing = threading.Thread(target=self._hear, daemon=True)
        self._hearing.start()

    def _hear(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._said.put(events.from_line(line))
        self._said.put(None)

    def ask(self, request: protocol.Asked) -> None:
        """Ask."""
        assert self._process.stdin is not None
        self._process.stdin.write(protocol.to_line(request))
        self._process.stdin.flush()

    def until(self, *kinds: type, seconds: float = 100.0) -> list[events.Event]:
        """All that is said up to the first event of one of these kinds."""
        found: list[events.Event] = []
        while True:
            event = self._said.get(timeout=seconds)
            assert event is not None, f"the engine ended after {found}"
            found.append(event)
            if isinstance(event, kinds):
                return found

    def wait(self, seconds: float = 60.0) -> int:
        """Its exit code."""
        return self._process.wait(timeout=seconds)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._hearing.join()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()


def train(home: Path, samples: Path, *settings: str) -> Path:
    """Train a small run by the command line; its folder."""
    runs = home / "runs"
    wanted = [part for setting in settings for part in ("--set", setting)]
    subprocess.run(
        [sys.executable, "-m", "workbench", "train", str(samples), "--runs", str(runs),
         "--json", *wanted],
        check=True, capture_output=True, timeout=200,
        env=os.environ | {"WORKBENCH_HOME": str(home)},
    )  # fmt: skip
    (run,) = [path for path in runs.iterdir() if (path / "spec.json").is_file()]
    return run
