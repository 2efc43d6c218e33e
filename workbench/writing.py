"""Small files are written so that none is ever half there."""

from __future__ import annotations

import os
from pathlib import Path


def write_atomic(file: Path, text: str) -> None:
    """Write a small file so that a reader sees the old or the new text, never half of one."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
