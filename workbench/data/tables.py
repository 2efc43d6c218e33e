"""Tables of labels: CSV and TSV, in whatever encoding and with whatever separator."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from workbench.data.readers import text
from workbench.errors import UserError

STEM_NAMES = ("stem", "id", "sample", "file", "file_name", "filename", "name", "key")
SPLIT_NAMES = ("split", "subset", "fold", "partition")
SPLIT_WORDS = {
    "train": 0, "training": 0,
    "validation": 1, "val": 1, "valid": 1, "dev": 1,
    "test": 2, "testing": 2, "eval": 2,
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """The cells of a table of labels.

    Args:
        name: the file's name.
        stems: name of the sample of each row.
        columns: cells of the other columns but the split, by name, each as long as ``stems``.
        split: cells of the split column; None without one.
        torn: numbers of rows (the header is row 1) with too few or too many cells, left out.
    """

    name: str
    stems: list[str]
    columns: dict[str, list[str]]
    split: list[str] | None
    torn: tuple[int, ...]


def read(path: Path) -> Table:
    """A table of labels.

    Args:
        path: a .csv or .tsv file whose first row names the columns.

    Raises:
        UserError: it has no rows, or no column beside the samples' names.
    """
    content, _ = text.read(path)
    try:
        rows = list(csv.reader(io.StringIO(content), _dialect(path, content)))
    except csv.Error as error:
        raise UserError(f"{path.name} cannot be read as a table: {error}.") from None
    header = [cell.strip() for cell in rows[0]] if rows else []
    if len(header) < 2 or len(rows) < 2:
        raise UserError(
            f"{path.name} holds no labels.",
            "Its first row must name the columns, such as: stem,label.",
        )
    whole, torn = [], []
    for number, row in enumerate(rows[1:], start=2):
        if len(row) == len(header):
            whole.append([cell.strip() for cell in row])
        elif any(cell.strip() for cell in row):
            torn.append(number)
    cells = {name: [row[place] for row in whole] for place, name in enumerate(header) if name}
    names = {name.lower(): name for name in cells}
    stem = next((names[name] for name in STEM_NAMES if name in names), header[0])
    split = next((names[name] for name in SPLIT_NAMES if name in names), None)
    columns = {name: values for name, values in cells.items() if name not in {stem, split}}
    if not columns:
        raise UserError(f"{path.name} has no column to learn.", "Add one beside the names.")
    return Table(path.name, cells[stem], columns, cells[split] if split else None, tuple(torn))


def _dialect(path: Path, content: str) -> type[csv.Dialect]:
    class Found(csv.excel):
        delimiter = "\t" if path.suffix.lower() == ".tsv" else _separator(content)

    return Found


def _separator(content: str) -> str:
    first = content.partition("\n")[0]
    return max(",;\t", key=first.count)
