"""Rows gathered into columns of text, in portions, so that memory stays that of the cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import Finding, Strings, strings
from workbench.errors import UserError

MOST_COLUMNS = 10_000
MOST_CELLS = 200_000_000
"""Cells of the largest table that is read, which take about 3 GB."""
_PORTION = 50_000
_SHOWN = 10


@dataclass
class Gathered:
    """A table while it is read.

    Args:
        name: what it is called in findings.
        limit: rows that are read at most; None: as many as memory allows.
        findings: what is wrong with it.
    """

    name: str
    limit: int | None = None
    findings: list[Finding] = field(default_factory=list)
    _numbers: list[int] = field(default_factory=list)
    _rows: list[Sequence[str]] = field(default_factory=list)
    _portions: dict[str, list[Strings]] = field(default_factory=dict)
    _count: int = 0

    def begin(self, names: Sequence[str]) -> None:
        """Say what the columns are called.

        Args:
            names: different from one another.

        Raises:
            UserError: there are too many.
        """
        if len(names) > MOST_COLUMNS:
            raise too_many(self.name, len(names))
        self._portions = {name: [] for name in names}

    @property
    def room(self) -> int:
        """How many more rows are taken."""
        most = MOST_CELLS // max(1, len(self._portions))
        return (most if self.limit is None else min(self.limit, most)) - self._count

    def add(self, row: Sequence[str], number: int) -> bool:
        """Take a row.

        Args:
            row: a cell for each column.
            number: of the row in the file.

        Returns:
            Whether there was room for it.
        """
        if self.room <= 0:
            self._say_full()
            return False
        self._rows.append(row)
        self._numbers.append(number)
        self._count += 1
        if len(self._rows) >= _PORTION:
            self._pack()
        return True

    def add_portion(self, columns: Mapping[str, Strings], numbers: Sequence[int]) -> bool:
        """Take many rows at once; a new column is empty in all rows before.

        Args:
            columns: cells by column; those that are left out are empty.
            numbers: of the rows in the file.

        Returns:
            Whether there is room for more.

        Raises:
            UserError: there are too many columns.
        """
        count = len(numbers)
        for name in columns:
            if name not in self._portions:
                self._portions[name] = [_empty(self._count)]
        if len(self._portions) > MOST_COLUMNS:
            raise too_many(self.name, len(self._portions))
        taken = min(count, max(0, self.room))
        for name, portions in self._portions.items():
            cells = columns[name][:taken] if name in columns else _empty(taken)
            portions.append(np.strings.strip(cells))
        self._numbers += numbers[:taken]
        self._count += taken
        if taken < count:
            self._say_full()
        return self.room > 0

    def columns(self) -> dict[str, Strings]:
        """All cells by column, stripped, text [rows]; columns without name and cells left out."""
        self._pack()
        found = {
            name: np.concatenate(portions) if portions else _empty(self._count)
            for name, portions in self._portions.items()
        }
        return {
            name: cells
            for name, cells in found.items()
            if not name.startswith("column ") or bool((cells != "").any())
        }

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Number of each row in the file, int64 [rows]."""
        return np.asarray(self._numbers, np.int64)

    def _pack(self) -> None:
        if self._rows:
            columns = zip(*self._rows, strict=True)
            for portions, cells in zip(self._portions.values(), columns, strict=True):
                portions.append(np.strings.strip(strings(cells)))
            self._rows = []

    def _say_full(self) -> None:
        if self.limit is not None and self._count >= self.limit:
            return
        title = f"Only the first {self._count:,} rows of {self.name} are read"
        detail = "The table is too large for the memory; divide it, or leave columns out."
        self.findings.append(Finding("warning", title, detail, (self.name,), "table"))


def own_names(header: Sequence[object], gathered: Gathered) -> list[str]:
    """Names of columns, each its own; what had to be changed becomes a finding.

    Args:
        header: names as they stand.
        gathered: takes the finding.

    Raises:
        UserError: there are too many.
    """
    if len(header) > MOST_COLUMNS:
        raise too_many(gathered.name, len(header))
    cells = [clean(str(cell)).strip() for cell in header]
    taken: set[str] = set()
    names: list[str] = []
    changed = []
    for place, cell in enumerate(cells, start=1):
        column = cell or f"column {place}"
        number = 2
        while column in taken:
            column, number = f"{cell or 'column'} {number}", number + 1
        if column != cell:
            changed.append(f"'{column}'")
        taken.add(column)
        names.append(column)
    if changed:
        title = f"{gathered.name} has columns without a name of their own"
        detail = f"They are called {', '.join(changed[:_SHOWN])}."
        gathered.findings.append(Finding("info", title, detail, (gathered.name,), "table"))
    return names


def clean(word: str) -> str:
    """A word without zero bytes and halves of letters, which a column of text cannot hold.

    Args:
        word: any text.
    """
    return word.replace("\0", "").encode("utf-8", "replace").decode()


def too_many(name: str, count: int) -> UserError:
    """The error of a table with more columns than anyone can look at.

    Args:
        name: the table.
        count: of its columns.
    """
    return UserError(
        f"{name} has {count:,} columns; more than {MOST_COLUMNS:,} are not read.",
        "Check the sign between its cells, or keep only the columns that are needed.",
    )


def _empty(count: int) -> Strings:
    return np.full(count, "", np.dtypes.StringDType())
