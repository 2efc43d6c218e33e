"""What can be opened; imports nothing, as the start screen asks while it is shown."""

from __future__ import annotations

from pathlib import Path


def is_archive(path: Path) -> bool:
    """Whether a path is a zip file by its name.

    Args:
        path: any path.
    """
    return path.suffix.lower() == ".zip" and path.is_file()
