"""One text file with a sample a line, with or without a label."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from workbench.data.index import Strings, strings
from workbench.data.layouts.columns import Columns
from workbench.data.readers import text
from workbench.errors import UserError
from workbench.spec import Reading

_FASTTEXT = "__label__"
_WHOLE = 0.9
"""Share of the lines that must have the same form."""
_MANY = 20
"""Lines from which a single text file is taken for many samples."""


def looks_like_lines(root: Path, name: str) -> bool:
    """Whether a text file holds a sample a line: many lines, and a label in nearly all of them.

    Args:
        root: the folder.
        name: the file's path in it.
    """
    lines = _lines(root / name)
    return len(lines) >= _MANY and _labelled(strings(lines)) is not None


def lines(root: Path, name: str, reading: Reading) -> Columns:
    """Read a text file a line.

    A tab parts text and label, whichever side the label is on; or the line begins with
    ``__label__name`` as in fastText. Lines of any other form are texts without a target.

    Args:
        root: the folder.
        name: the file's path in it.
        reading: how a label is to be taken.

    Raises:
        UserError: the file holds fewer than two lines, or cannot be read.
    """
    read = _lines(root / name)
    if len(read) < 2:
        raise UserError(f"{name} holds fewer than two lines.", "Write one sample a line.")
    whole = strings(read)
    parts = _labelled(whole)
    said, label = parts if parts is not None else (whole, None)
    digits = len(str(len(read)))
    columns = Columns(
        "lines",
        strings([f"{Path(name).stem}:{number:0{digits}}" for number in range(1, len(read) + 1)]),
        {"text": strings([name] * len(read))},
        texts=said,
        reading=reading,
    )
    if label is not None and reading.roles.get("label", "target") == "target":
        columns.learn("label", label)
    return columns


def _lines(path: Path) -> list[str]:
    content, _ = text.read(path)
    return [line.strip() for line in content.splitlines() if line.strip()]


def _labelled(whole: Strings) -> tuple[Strings, Strings] | None:
    """Texts and labels of lines; None where the lines carry no label."""
    marked = np.strings.startswith(whole, _FASTTEXT)
    if marked.mean() >= _WHOLE:
        cut = [line.removeprefix(_FASTTEXT).partition(" ") for line in whole.tolist()]
        return strings([said.strip() for _, _, said in cut]), strings([name for name, _, _ in cut])
    if (np.strings.count(whole, "\t") == 1).mean() < _WHOLE:
        return None
    cut = [line.partition("\t") for line in whole.tolist()]
    left, right = strings([a.strip() for a, _, _ in cut]), strings([b.strip() for _, _, b in cut])
    label_first = len(np.unique(left)) < len(np.unique(right))
    return (right, left) if label_first else (left, right)
