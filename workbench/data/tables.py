"""Tables of labels: CSV, TSV, JSON lines and Parquet, in whatever encoding and separator."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data import delimited, parquet
from workbench.data.gathered import MOST_COLUMNS, Gathered, clean, too_many
from workbench.data.index import Finding, Strings
from workbench.data.readers import regular
from workbench.errors import UserError

SPLIT_NAMES = ("split", "subset", "fold", "partition", "set", "数据集", "划分")
SPLIT_WORDS = {
    "train": 0, "training": 0, "trn": 0, "训练": 0, "训练集": 0,
    "validation": 1, "val": 1, "valid": 1, "dev": 1, "验证": 1, "验证集": 1,
    "test": 2, "testing": 2, "tst": 2, "eval": 2, "测试": 2, "测试集": 2,
}  # fmt: skip

LARGEST = 4 * 2**30
"""Bytes of the largest table that is read."""
_LONGEST_LINE = 32 * 2**20
_PORTION = 20_000
_FORMULA = ("=", "@", "+cmd", "-cmd")
_SHOWN = 10


@dataclass(frozen=True)
class Table:
    """The cells of a table.

    Args:
        name: the file's path, relative to the folder.
        columns: cells by column, stripped, text [rows]; "" where there is nothing. A list of JSON
            or Parquet is written as JSON.
        numbers: number of each row in the file, as table programs count them, int64 [rows].
        findings: what is wrong with it.
    """

    name: str
    columns: Mapping[str, Strings]
    numbers: NDArray[np.int64]
    findings: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


def read(path: Path, name: str = "", *, limit: int | None = None) -> Table:
    """A table.

    Cells that begin like a formula are text like any other. Nothing of the file is ever run.

    Args:
        path: a .csv, .tsv, .jsonl or .parquet file; the first row of the first two names the
            columns, unless it looks like data.
        name: what it is called in findings; its file name when left out.
        limit: rows that are read at most; None: all.

    Raises:
        UserError: it cannot be read as a table, holds no rows, or is too large.
    """
    name = name or path.name
    if (size := regular.size_of(path)) > LARGEST:
        raise UserError(
            f"{name} is too large to be read as a table ({size / 2**30:.1f} GB).",
            "Divide it, or leave columns out.",
        )
    gathered = Gathered(name, limit)
    try:
        _READERS.get(path.suffix.lower(), delimited.read)(path, name, gathered)
    except OSError as error:
        raise UserError(
            f"{name} cannot be read: {error.strerror}.", "Check its permissions."
        ) from None
    columns = gathered.columns()
    if not columns or not len(next(iter(columns.values()))):
        why = "; ".join(finding.title for finding in gathered.findings)
        raise UserError(f"{name} holds no rows{f' ({why})' if why else ''}.", _remedy(path))
    return Table(name, columns, gathered.numbers, (*gathered.findings, *_formulas(name, columns)))


def _remedy(path: Path) -> str:
    match path.suffix.lower():
        case ".jsonl":
            return 'Each of its lines must be an object, such as: {"file_name": "a.png"}.'
        case ".parquet":
            return "It must have a row for each sample, and columns of words or numbers."
    return "Its first row must name the columns, such as: stem,label."


def _formulas(name: str, columns: Mapping[str, Strings]) -> list[Finding]:
    count = sum(
        int(np.strings.startswith(cells, sign).sum())
        for cells in columns.values()
        for sign in _FORMULA
    )
    if not count:
        return []
    title = f"{count} {'cell' if count == 1 else 'cells'} of {name} begin like a formula"
    return [Finding("info", title, "They are read as plain text.", (name,), "table")]


def _jsonl(path: Path, name: str, gathered: Gathered) -> None:
    torn: list[int] = []
    portion: dict[int, dict[str, Any]] = {}
    for number, line in _lines(path, name):
        row = _object(line)
        if row is None:
            torn.append(number)
            continue
        portion[number] = row
        if len(portion) >= min(_PORTION, max(1, gathered.room)):
            if not gathered.add_portion(_columns(portion.values(), name), [*portion]):
                portion = {}
                break
            portion = {}
    if portion:
        gathered.add_portion(_columns(portion.values(), name), [*portion])
    if torn:
        where = ", ".join(f"{number:,}" for number in torn[:_SHOWN])
        more = ", ..." if len(torn) > _SHOWN else ""
        count = f"{len(torn):,} {'line is' if len(torn) == 1 else 'lines are'}"
        title = f"{count} no JSON {'object' if len(torn) == 1 else 'objects'} in {name}"
        detail = f"Left out: line {where}{more}."
        gathered.findings.append(Finding("warning", title, detail, (name,), "torn_rows"))


def _lines(path: Path, name: str) -> Iterator[tuple[int, str]]:
    """Lines that hold something, with their numbers.

    JSON is UTF-8; only a line feed ends a line, as its words may hold other ends of lines.
    """
    with path.open(encoding=delimited.encoding(path), errors="replace", newline="\n") as stream:
        number = 0
        while line := stream.readline(_LONGEST_LINE):
            number += 1
            if len(line) >= _LONGEST_LINE:
                raise UserError(
                    f"{name}, line {number:,} is longer than {_LONGEST_LINE:,} letters.",
                    "Write each sample into a line of its own.",
                )
            if line.strip():
                yield number, line


def _object(line: str) -> dict[str, Any] | None:
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _columns(rows: Collection[dict[str, Any]], name: str) -> dict[str, Strings]:
    names = dict.fromkeys(key for row in rows for key in row)
    if len(names) > MOST_COLUMNS:
        raise too_many(name, len(names))
    own = {key: clean(key).strip() or "column" for key in names}
    columns: dict[str, Strings] = {}
    for key in names:
        cells = parquet.cells([row.get(key) for row in rows])
        # Names that differ by blanks alone are one column.
        before = columns.get(own[key])
        columns[own[key]] = cells if before is None else np.where(before == "", cells, before)
    return columns


_READERS = {".jsonl": _jsonl, ".parquet": parquet.read}
