"""One text file with a sample a line, with or without a label."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from workbench.data.index import Finding, Strings, strings
from workbench.data.layouts.columns import Columns
from workbench.data.readers import text
from workbench.errors import UserError
from workbench.spec import Reading

LARGEST = 2**30
"""Bytes of a file of lines that are read, which take about 4 GB while they are taken apart."""
_FASTTEXT = "__label__"
_MARKED = re.compile(rf"((?:{_FASTTEXT}\S+(?:\s+|$))+)(.*)")
_BETWEEN = "|"
_WHOLE = 0.9
"""Share of the lines that must have the same form."""


def lines(root: Path, name: str, reading: Reading) -> Columns:
    """Read a text file a line.

    A tab parts text and label, whichever side the label is on; or the line begins with
    ``__label__name``, once or several times, as in fastText. Lines of any other form are texts
    without a target. Empty lines are passed over, but counted in the names of the samples.

    Args:
        root: the folder.
        name: the file's path in it.
        reading: how a label is to be taken.

    Raises:
        UserError: the file holds fewer than two lines, or cannot be read.
    """
    read, findings = _lines(root / name, name)
    said = [line.strip() for line in read]
    numbers = [number for number, line in enumerate(said, start=1) if line]
    if len(numbers) < 2:
        raise UserError(f"{name} holds fewer than two lines.", "Write one sample a line.")
    whole = [line for line in said if line]
    parts = _labelled(whole)
    texts = parts[0] if parts is not None else strings(whole)
    digits = len(str(len(read)))
    columns = Columns(
        "lines",
        strings([f"{Path(name).stem}:{number:0{digits}}" for number in numbers]),
        {"text": np.where(texts == "", strings(""), strings(name))},
        texts=texts,
        findings=findings,
        reading=reading,
    )
    if parts is not None and reading.roles.get("label", "target") == "target":
        if (np.strings.find(parts[1], _BETWEEN) >= 0).any() and not reading.separator:
            columns.reading = reading.model_copy(update={"separator": _BETWEEN})
        columns.learn("label", parts[1])
    return columns


def _lines(path: Path, name: str) -> tuple[list[str], list[Finding]]:
    """Lines as every editor counts them, and what is to be said of the file."""
    content, encoding = text.read(path, longest=LARGEST)
    # ``splitlines`` would also cut at signs that stand inside of texts, such as U+2028.
    read = content.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    findings = []
    if path.stat().st_size > LARGEST:
        read.pop()
        title = f"Only the first {len(read):,} lines of {name} are read"
        detail = f"The file is larger than {LARGEST // 2**20:,} MiB; divide it."
        findings.append(Finding("warning", title, detail, (name,), "lines"))
    if encoding not in {"utf-8", "utf-8-sig"}:
        detail = f"Read as {encoding}; save it as UTF-8 if letters look wrong."
        findings.append(Finding("info", f"{name} is not UTF-8", detail, (name,), "encoding"))
    return read, findings


def _labelled(whole: Sequence[str]) -> tuple[Strings, Strings] | None:
    """Texts and labels of lines, a label "" where one has none; None where nearly all lack it."""
    marked = [_MARKED.fullmatch(line) for line in whole]
    if sum(found is not None for found in marked) >= _WHOLE * len(whole):
        said = [found[2] if found else line for line, found in zip(whole, marked, strict=True)]
        labels = [
            _BETWEEN.join(mark.removeprefix(_FASTTEXT) for mark in found[1].split())
            if found
            else ""
            for found in marked
        ]
        return strings(said), strings(labels)
    tabbed = [line.count("\t") == 1 for line in whole]
    if sum(tabbed) < _WHOLE * len(whole):
        return None
    cut = [
        [part.strip() for part in line.split("\t")]
        for line, own in zip(whole, tabbed, strict=True)
        if own
    ]
    label_first = len({left for left, _ in cut}) < len({right for _, right in cut})
    place = int(label_first)
    parts = iter(cut)
    rows = [next(parts) if own else None for own in tabbed]
    said = [row[place] if row else line for row, line in zip(rows, whole, strict=True)]
    return strings(said), strings([row[1 - place] if row else "" for row in rows])
