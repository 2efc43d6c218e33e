"""Progress of long work on the command line: a bar for people, JSON lines for programs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Tick = Callable[[int, int], None]
"""Told how much is done and how much there is."""

# Told more often than this, a pipe or a terminal costs more than it says.
INTERVAL = 0.1


@contextmanager
def progress(title: str, *, as_json: bool = False, quiet: bool = False) -> Iterator[Tick]:
    """Show how far a piece of work is.

    Args:
        title: what is done.
        as_json: print lines ``{"done": 3, "total": 10}`` to standard output.
        quiet: show nothing.

    Yields:
        What the work calls with (done, total).
    """
    if quiet:
        yield lambda done, total: None
    elif as_json:
        yield _json_lines()
    else:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
            task = bar.add_task(title, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)


def _json_lines() -> Tick:
    last = 0.0

    def tick(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= INTERVAL or done == total:
            last = now
            sys.stdout.write(json.dumps({"done": done, "total": total}) + "\n")
            sys.stdout.flush()

    return tick
