"""Tables of labels: CSV, TSV, JSON lines and Parquet, in whatever encoding and separator."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbench.data.index import Finding, Strings, strings
from workbench.data.readers import text
from workbench.errors import UserError

SPLIT_NAMES = ("split", "subset", "fold", "partition", "set")
SPLIT_WORDS = {
    "train": 0, "training": 0,
    "validation": 1, "val": 1, "valid": 1, "dev": 1,
    "test": 2, "testing": 2, "eval": 2,
}  # fmt: skip

_LARGEST_CELL = 32 * 2**20
"""Letters of the longest cell that is read; a longer one is a damaged or hostile file."""
_FORMULA = ("=", "@", "+cmd", "-cmd")
_SHOWN = 10


@dataclass(frozen=True)
class Table:
    """The cells of a table.

    Args:
        name: the file's path, relative to the folder.
        columns: cells by column, stripped, text [rows]; "" where there is nothing. A list of JSON
            or Parquet is written as JSON.
        findings: what is wrong with it.
    """

    name: str
    columns: Mapping[str, Strings]
    findings: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


def read(path: Path, name: str = "") -> Table:
    """A table.

    Args:
        path: a .csv, .tsv, .jsonl or .parquet file; the first row of the former names the columns.
        name: what it is called in findings; its file name when left out.

    Raises:
        UserError: it cannot be read as a table, or holds no rows.
    """
    name = name or path.name
    readers: dict[str, Callable[[Path, str], Table]] = {".jsonl": _jsonl, ".parquet": _parquet}
    table = readers.get(path.suffix.lower(), _csv)(path, name)
    if not table.columns or not len(table):
        raise UserError(
            f"{name} holds no rows.", "Its first row must name the columns, such as: stem,label."
        )
    return table


def _csv(path: Path, name: str) -> Table:
    content, _ = text.read(path, longest=None)
    findings: list[Finding] = []
    if "\0" in content:
        content = content.replace("\0", "")
        title = f"{name} holds zero bytes"
        findings.append(Finding("warning", title, "They are passed over.", (name,), "table"))
    csv.field_size_limit(_LARGEST_CELL)
    rows = csv.reader(io.StringIO(content, newline=""), _dialect(path, content))
    try:
        header = next(rows, [])
        names = _names(name, header, findings)
        whole, torn = _whole(rows, len(header))
    except csv.Error as error:
        raise UserError(
            f"{name} cannot be read as a table, row {rows.line_num}: {error}.",
            "Open it in a table program and save it again as CSV.",
        ) from None
    if torn:
        where = ", ".join(f"{number:,}" for number in torn[:_SHOWN])
        title = f"{len(torn)} rows of {name} have the wrong number of cells"
        findings.append(Finding("warning", title, f"Left out: row {where}.", (name,), "torn_rows"))
    if not whole:
        return Table(name, {})
    columns = {
        column: np.strings.strip(strings([row[place] for row in whole]))
        for place, column in enumerate(names)
    }
    findings += _formulas(name, columns)
    return Table(name, columns, tuple(findings))


def _whole(rows: Iterator[list[str]], width: int) -> tuple[list[list[str]], list[int]]:
    """Rows of the right width, and the numbers of the others; the header is row 1."""
    whole, torn = [], []
    for number, row in enumerate(rows, start=2):
        if len(row) == width:
            whole.append(row)
        elif any(cell.strip() for cell in row):
            torn.append(number)
    return whole, torn


def _names(name: str, header: list[str], findings: list[Finding]) -> list[str]:
    """Names of columns, each its own."""
    names: list[str] = []
    changed = []
    for place, cell in enumerate(header, start=1):
        column = cell.strip() or f"column {place}"
        number = 2
        while column in names:
            column, number = f"{cell.strip() or 'column'} {number}", number + 1
        if column != cell.strip():
            changed.append(f"'{column}'")
        names.append(column)
    if changed:
        title = f"{name} has columns without a name of their own"
        detail = f"They are called {', '.join(changed[:_SHOWN])}."
        findings.append(Finding("info", title, detail, (name,), "table"))
    return names


def _formulas(name: str, columns: Mapping[str, Strings]) -> list[Finding]:
    count = sum(
        int(np.strings.startswith(cells, sign).sum())
        for cells in columns.values()
        for sign in _FORMULA
    )
    if not count:
        return []
    title = f"{count} cells of {name} begin like a formula"
    return [Finding("info", title, "They are read as plain text.", (name,), "table")]


def _jsonl(path: Path, name: str) -> Table:
    content, _ = text.read(path, longest=None)
    rows: list[dict[str, Any]] = []
    torn: list[int] = []
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            read = json.loads(line)
        except (ValueError, RecursionError):
            read = None
        if isinstance(read, dict):
            rows.append(read)
        else:
            torn.append(number)
    findings = []
    if torn:
        where = ", ".join(f"{number:,}" for number in torn[:_SHOWN])
        title = f"{len(torn)} lines of {name} are no JSON objects"
        findings.append(Finding("warning", title, f"Left out: line {where}.", (name,), "torn_rows"))
    names = list(dict.fromkeys(str(key) for row in rows for key in row))
    columns = {column: _cells([row.get(column) for row in rows]) for column in names}
    return Table(name, columns, tuple(findings))


def _parquet(path: Path, name: str) -> Table:
    # Only who opens Parquet waits for it.
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(path).read()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise UserError(f"{name} cannot be read as Parquet: {error}.") from None
    columns = {}
    findings: list[Finding] = []
    for column, cells in zip(
        _names(name, table.column_names, findings), table.columns, strict=True
    ):
        if pyarrow.types.is_binary(cells.type) or pyarrow.types.is_struct(cells.type):
            title = f"Column '{column}' of {name} holds bytes"
            detail = "Files inside of Parquet are not read; write their paths instead."
            findings.append(Finding("warning", title, detail, (name,), "table"))
        else:
            columns[column] = _cells(cells.to_pylist())
    return Table(name, columns, tuple(findings))


def _cells(values: list[Any]) -> Strings:
    return np.strings.strip(strings([_cell(value) for value in values]))


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            # Halves of surrogate pairs, which JSON may hold, cannot be kept in a column of text.
            return value.replace("\0", "").encode("utf-8", "replace").decode()
        case bool():
            return str(value).lower()
        case list() | dict() | tuple():
            return json.dumps(value, ensure_ascii=True, default=str)
    return str(value)


def _dialect(path: Path, content: str) -> type[csv.Dialect]:
    class Found(csv.excel):
        delimiter = "\t" if path.suffix.lower() == ".tsv" else _separator(content)

    return Found


def _separator(content: str) -> str:
    first = content.partition("\n")[0]
    return max(",;\t|", key=first.count)
