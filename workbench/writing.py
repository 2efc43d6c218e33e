"""Small files are written so that none is ever half there."""

from __future__ import annotations

import os
from pathlib import Path


def write_atomic(file: Path, content: str | bytes) -> None:
    """Write a small file so that a reader sees the old or the new content, never half of one.

    Args:
        file: where; its folder is there.
        content: text, as UTF-8, or bytes.
    """
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def harmless_cell(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: names of files come from others.

    Args:
        cell: of a CSV file.
    """
    return f"'{cell}" if cell[:1] in ("=", "@", "\t", "\r") else cell
