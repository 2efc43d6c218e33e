"""Texts from files, whatever their encoding."""

from __future__ import annotations

import re
from pathlib import Path

from charset_normalizer import from_bytes

from workbench.data.readers import regular
from workbench.errors import UserError

SUFFIXES = frozenset({".txt", ".md"})

FALLBACK = "cp1252"
LONGEST = 16 * 2**20
"""Bytes of a text that are read; tables are read in full."""
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
_GUESSED = ("gb18030", "shift_jis", "euc_kr", "big5", "cp1251", "cp1252")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", *_GUESSED)
"""Names that ``read`` may give."""
_LOOKED_AT = 64 * 2**10
_BEFORE = 256
_STRANGE = re.compile(rb"[\x80-\xff]")


def read(path: Path, *, longest: int | None = LONGEST) -> tuple[str, str]:
    """A text and the encoding that it was read in.

    A byte-order mark decides; else UTF-16 where every other byte is zero; else UTF-8 where the
    bytes are that; else what the letters make likeliest among Chinese, Japanese, Korean, Cyrillic
    and Western encodings, in which every byte that has no meaning becomes a replacement mark.

    Args:
        path: a text file.
        longest: bytes that are read at most; None: all.

    Returns:
        The text, and the name of its encoding.

    Raises:
        UserError: the file cannot be opened, or is empty.
    """
    regular.size_of(path)
    try:
        with path.open("rb") as stream:
            raw = stream.read(-1 if longest is None else longest)
    except OSError as error:
        raise UserError(f"{path.name} cannot be read: {error.strerror}.") from None
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace"), encoding
    if (wide := _wide(raw[:_LOOKED_AT])) is not None:
        return raw.decode(wide, errors="replace"), wide
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        if error.end >= len(raw) - 3 and longest is not None and len(raw) == longest:
            # Only the last letter was cut.
            return raw.decode("utf-8", errors="ignore"), "utf-8"
    encoding = guessed(raw)
    return raw.decode(encoding, errors="replace"), encoding


def _wide(head: bytes) -> str | None:
    """UTF-16 without its mark: every other byte of Western letters is zero."""
    for place, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(head) > 3 and head[place::2].count(0) > 0.4 * (len(head) // 2):
            return encoding
    return None


def guessed(raw: bytes) -> str:
    """What the letters make the likeliest of the encodings that are not UTF.

    Args:
        raw: bytes that are no UTF-8; looked at from shortly before the first that is no plain
            letter.
    """
    strange = _STRANGE.search(raw)
    raw = raw[max(0, strange.start() - _BEFORE) if strange else 0 :][:_LOOKED_AT]
    found = from_bytes(raw, cp_isolation=list(_GUESSED), enable_fallback=False).best()
    return found.encoding if found is not None else FALLBACK
