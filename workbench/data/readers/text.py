"""Texts from files, whatever their encoding."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import UserError

SUFFIXES = frozenset({".txt", ".md"})

_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
FALLBACK = "cp1252"


def read(path: Path) -> tuple[str, str]:
    """A text and the encoding that it was read in.

    A byte-order mark decides; else UTF-8 where the bytes are that; else Windows-1252, in which
    every byte that has no meaning there becomes a replacement mark.

    Args:
        path: a text file.

    Returns:
        The text, and the name of its encoding.

    Raises:
        UserError: the file cannot be opened.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path.name} cannot be read: {error.strerror}.") from None
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace"), encoding
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return raw.decode(FALLBACK, errors="replace"), FALLBACK


def measure(path: Path) -> tuple[int, str]:
    """How many words a text has, and its encoding.

    Raises:
        UserError: the file cannot be opened or is empty.
    """
    text, encoding = read(path)
    if not text.strip():
        raise UserError(f"{path.name} is empty.")
    return len(text.split()), encoding
