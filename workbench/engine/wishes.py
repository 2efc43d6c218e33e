"""Wishes left in a run's folder, for an engine that nobody holds by a pipe.

A window that finds a run under way, or the command line, leaves ``wish.json`` there; the engine
looks for it, takes it away and acts as if it had been asked directly.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

from workbench.engine import protocol
from workbench.errors import UserError
from workbench.runs.store import Run
from workbench.writing import write_atomic

_FILE = "wish.json"

LOOK_SECONDS = 0.25
"""A wish that was left is found within this time."""


def leave(run: Run, wish: protocol.Wish) -> None:
    """Leave a wish for whoever computes a run; one that was left before is replaced.

    Args:
        run: the run.
        wish: what is wished.

    Raises:
        UserError: the folder cannot be written.
    """
    try:
        write_atomic(run.folder / _FILE, protocol.to_line(wish).decode())
    except OSError as error:
        raise UserError(
            f"The wish cannot be left in {run.folder}: {error.strerror}.",
            "Make the folder writable, or end the process that trains the run.",
        ) from None


def take(run: Run) -> protocol.Wish | None:
    """The wish that was left, taken away; None where there is none.

    Args:
        run: the run.
    """
    file = run.folder / _FILE
    try:
        line = file.read_bytes()
        file.unlink()
    except OSError:
        return None
    try:
        request = protocol.from_line(line)
    except UserError as error:
        sys.stderr.write(f"engine: {file}: {error}\n")
        return None
    return request if isinstance(request, protocol.Wish) else None


def watch(run: Run, hear: Callable[[protocol.Wish], object]) -> None:
    """Look for wishes in a thread of its own, as long as the process lives.

    Args:
        run: the run that this process computes.
        hear: told each wish, in that thread.
    """

    def look() -> None:
        # One that was left for an earlier process is not for this one.
        take(run)
        while True:
            time.sleep(LOOK_SECONDS)
            wish = take(run)
            if wish is not None:
                hear(wish)

    threading.Thread(target=look, name="wishes", daemon=True).start()
