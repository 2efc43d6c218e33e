"""Texts from files, whatever their encoding."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from unicodedata import category

from charset_normalizer import from_bytes

from workbench.data.readers import regular
from workbench.errors import UserError

SUFFIXES = frozenset({".txt", ".md"})

FALLBACK = "cp1252"
LONGEST = 4 * 2**20
"""Bytes of a text that are read, a thick book; tables and files of many texts are read in full."""
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
_GUESSED = (
    "gb18030", "shift_jis", "euc_jp", "euc_kr", "big5", "cp1251", "koi8_r", "cp1252",
)  # fmt: skip
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", *_GUESSED)
"""Names that ``read`` may give."""
_LOOKED_AT = 64 * 2**10
_BEFORE = 256
_STRANGE = re.compile(rb"[\x80-\xff]")
_NOT_WESTERN = re.compile(rb"[\x80-\xff]{2}|[\x80-\x84\x86-\x90\x98-\x9f\xd7\xf7]")
"""Accents stand alone among plain letters; letters of other scripts come together."""
_MEANT = 0.99
_MEANINGLESS = re.compile(r"[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f\ufffd]")
_MOST_MEANINGLESS = 0.05
"""Share of letters that mean nothing from which a file is no text: random bytes have a tenth, and
a text with a few damaged places none to speak of."""


def read(path: Path, *, longest: int | None = LONGEST) -> tuple[str, str]:
    """A text and the encoding that it was read in.

    Args:
        path: a text file.
        longest: bytes that are read at most; None: all.

    Returns:
        As of ``decoded``.

    Raises:
        UserError: the file cannot be opened, is empty, or holds no text.
    """
    said, encoding = decoded(path, longest=longest)
    looked_at = said[:_LOOKED_AT]
    if len(_MEANINGLESS.findall(looked_at)) > _MOST_MEANINGLESS * len(looked_at):
        raise UserError(f"{path.name} holds no text.")
    return said, encoding


def decoded(path: Path, *, longest: int | None) -> tuple[str, str]:
    """The letters of a file, whatever they mean.

    A byte-order mark decides; else UTF-16 where zeros stand as in that; else UTF-8 where the
    bytes are that; else what the letters make likeliest among Chinese, Japanese, Korean, Cyrillic
    and Western encodings, in which every byte that has no meaning becomes a replacement mark.

    Args:
        path: a file.
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
    except MemoryError:
        raise UserError(f"{path.name} is too large for the memory of this machine.") from None
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace"), encoding
    if (wide := _wide(raw[:_LOOKED_AT])) is not None:
        return raw.decode(wide, errors="replace"), wide
    return _narrow(raw, cut=len(raw) == longest)


def _narrow(raw: bytes, *, cut: bool) -> tuple[str, str]:
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        if cut and error.end >= len(raw) - 3:
            # Only the last letter was cut.
            return raw.decode("utf-8", errors="ignore"), "utf-8"
    encoding = guessed(raw)
    return raw.decode(encoding, errors="replace"), encoding


def _wide(head: bytes) -> str | None:
    """UTF-16 without its mark: every other byte of Western letters is zero.

    Of Chinese and Japanese letters few bytes are; what is taken the wrong way round then has
    letters that mean nothing.
    """
    if len(head) < 4 or 0 not in head:
        return None
    for place, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head[place::2].count(0) > 0.4 * (len(head) // 2):
            return encoding
    if _meaning(head, "utf-8") > 1 - _MOST_MEANINGLESS:
        return None
    best = max(("utf-16-le", "utf-16-be"), key=lambda encoding: _meaning(head, encoding))
    return best if _meaning(head, best) >= _MEANT else None


def _meaning(head: bytes, encoding: str) -> float:
    """Share of letters, signs and spaces among what the bytes are in an encoding."""
    try:
        # The last letter may be cut.
        said = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return 0.0
    meant = sum(letter in "\t\n\r" or category(letter)[0] != "C" for letter in said)
    return meant / max(len(said), 1)


def guessed(raw: bytes) -> str:
    """What the letters make the likeliest of the encodings that are not UTF.

    Args:
        raw: bytes that are no UTF-8; looked at from shortly before the first that is no plain
            letter.
    """
    if not _NOT_WESTERN.search(raw):
        return FALLBACK
    strange = _STRANGE.search(raw)
    raw = raw[max(0, strange.start() - _BEFORE) if strange else 0 :][:_LOOKED_AT]
    found = from_bytes(raw, cp_isolation=list(_GUESSED), enable_fallback=False).best()
    return found.encoding if found is not None else FALLBACK
