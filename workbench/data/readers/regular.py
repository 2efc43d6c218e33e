"""Only ordinary files are opened: no pipe that blocks for ever, no device without end."""

from __future__ import annotations

import stat
from pathlib import Path

from workbench.errors import UserError


def size_of(path: Path) -> int:
    """Bytes of an ordinary file.

    Args:
        path: the file.

    Raises:
        UserError: it is gone, empty, closed to us, or no ordinary file.
    """
    try:
        facts = path.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{path.name} cannot be read: {reason}.") from None
    if not stat.S_ISREG(facts.st_mode):
        raise UserError(f"{path.name} is no ordinary file.")
    if not facts.st_size:
        raise UserError(f"{path.name} is empty.")
    return facts.st_size
