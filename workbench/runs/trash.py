"""Runs are deleted into the system's trash, from which they can be taken back."""

from __future__ import annotations

import os

import send2trash

from workbench.errors import UserError
from workbench.runs.store import Run


def discard(run: Run) -> None:
    """Move a run's folder to the trash.

    Args:
        run: one that nobody computes.

    Raises:
        UserError: it is under way or gone, or the system has no trash for its disk.
    """
    if not os.path.lexists(run.folder):
        raise UserError(f"{run.folder} is gone.", "It was moved, renamed or deleted already.")
    try:
        busy = run.under_way
    except UserError:
        # A damaged run may go, too.
        busy = False
    if busy:
        raise UserError(
            f"{run.name} is under way.", "Stop it first; then it can be moved to the trash."
        )
    try:
        send2trash.send2trash(run.folder)
    except OSError as error:
        raise UserError(
            f"{run.folder} cannot be moved to the trash: {error.strerror or error}.",
            "Delete the folder by hand where it is no longer needed.",
        ) from None
