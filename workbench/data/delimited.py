"""Tables whose cells are parted by a sign: CSV, TSV, and what table programs make of them.

The file is read as a stream, so that a million rows cost the memory of their cells and no more.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from workbench.data.gathered import Gathered, own_names
from workbench.data.index import Finding
from workbench.data.readers import audio, image, text
from workbench.errors import UserError

_SIGNS = (",", ";", "\t", "|")
_LARGEST_CELL = 32 * 2**20
"""Letters of the longest cell or line that is read; a longer one is a damaged or hostile file."""
_HEAD_BYTES = 2**20
_PIECE = 2**22
_LOOKED_AT = 200
"""Rows by which the sign between cells is found, and whether the first row names the columns."""
_SHOWN = 10
_MEDIA = tuple(image.SUFFIXES | audio.SUFFIXES | text.SUFFIXES)


@dataclass
class _Lines:
    """The lines of a file without zero bytes, which the table reader does not take.

    Args:
        stream: the open file.
        name: what it is called.
        zeros: lines that held zero bytes so far.
    """

    stream: TextIO
    name: str
    zeros: int = 0

    def __iter__(self) -> Iterator[str]:
        number = 0
        while line := self.stream.readline(_LARGEST_CELL):
            number += 1
            if len(line) >= _LARGEST_CELL:
                raise UserError(
                    f"{self.name}, line {number:,} is longer than {_LARGEST_CELL:,} letters.",
                    "Open the table in a table program and save it again as CSV.",
                )
            if "\0" in line:
                self.zeros += 1
                line = line.replace("\0", "")
            yield line


@dataclass
class _Torn:
    """Rows with too few or too many cells."""

    numbers: list[int] = field(default_factory=list)
    count: int = 0

    def add(self, number: int) -> None:
        self.count += 1
        if self.count <= _SHOWN:
            self.numbers.append(number)


def read(path: Path, name: str, gathered: Gathered) -> None:
    """Read a table into columns.

    A row of more cells than the header has is kept where those are empty; any other row of a wrong
    number of cells is left out and listed. Where the first row holds data the columns are numbered.

    Args:
        path: the file.
        name: what it is called in findings.
        gathered: takes the rows and findings.

    Raises:
        UserError: it cannot be opened, or is damaged beyond reading.
    """
    found = encoding(path)
    # The limit is one of the whole process; no other code reads tables.
    csv.field_size_limit(_LARGEST_CELL)
    with path.open(encoding=found, errors="replace", newline="") as stream:
        lines = _Lines(stream, name)
        try:
            _rows(path, lines, gathered)
        except csv.Error as error:
            raise UserError(
                f"{name} cannot be read as a table: {error}.",
                "Open it in a table program and save it again as CSV.",
            ) from None
    if lines.zeros:
        title = f"{lines.zeros:,} lines of {name} hold zero bytes"
        gathered.findings.append(
            Finding("warning", title, "They are passed over.", (name,), "table")
        )


def _rows(path: Path, lines: _Lines, gathered: Gathered) -> None:
    source = iter(lines)
    head = _head(source)
    sign = _sign(path, head)
    if head and head[0].lower().startswith("sep="):
        # Table programs write the sign into the first line.
        sign = head.pop(0).strip()[4:5] or ("\t" if path.suffix.lower() == ".tsv" else ",")
    rows = csv.reader(chain(head, source), delimiter=sign)
    first: list[str] = next((row for row in rows if any(cell.strip() for cell in row)), [])
    begun = list(islice(rows, _LOOKED_AT))
    number = 2
    if _is_data([first, *begun]):
        title = f"The first row of {gathered.name} names no columns"
        detail = "It is read as a sample, and the columns are numbered."
        gathered.findings.append(Finding("info", title, detail, (gathered.name,), "table"))
        begun.insert(0, first)
        number, first = 1, [f"column {place}" for place in range(1, len(first) + 1)]
    gathered.begin(own_names(first, gathered))
    _gather(chain(begun, rows), number, len(first), gathered)


def _gather(
    rows: Iterator[list[str]], number: int, width: int, gathered: Gathered
) -> None:  # fmt: skip
    torn = _Torn()
    for place, row in enumerate(rows, start=number):
        if len(row) == width or (len(row) > width and not any(map(str.strip, row[width:]))):
            if not gathered.add(row[:width], place):
                break
        elif any(map(str.strip, row)):
            torn.add(place)
    if torn.count:
        where = ", ".join(f"{row:,}" for row in torn.numbers)
        more = ", ..." if torn.count > len(torn.numbers) else ""
        rows_have = "row has" if torn.count == 1 else "rows have"
        title = f"{torn.count:,} {rows_have} the wrong number of cells in {gathered.name}"
        detail = f"Left out: row {where}{more}. The header has {width} cells."
        gathered.findings.append(Finding("warning", title, detail, (gathered.name,), "torn_rows"))


def _head(source: Iterator[str]) -> list[str]:
    """The first lines, as many as are looked at to find the sign between cells."""
    head: list[str] = []
    letters = 0
    for line in source:
        head.append(line)
        letters += len(line)
        if len(head) >= _LOOKED_AT or letters >= _HEAD_BYTES:
            break
    return head


def _sign(path: Path, head: Sequence[str]) -> str:
    """The sign between cells: that which gives most rows as many cells as the first has."""
    signs = ("\t", ",", ";", "|") if path.suffix.lower() == ".tsv" else _SIGNS
    found = {sign: _agreement(head, sign) for sign in signs}
    best = max(found, key=lambda sign: found[sign])
    return best if found[best] > (0.0, 0) else signs[0]


def _agreement(head: Sequence[str], sign: str) -> tuple[float, int]:
    """Share of the rows that are as wide as the first, and that width; (0, 0) of one cell."""
    try:
        widths = [len(row) for row in csv.reader(head, delimiter=sign) if row]
    except csv.Error:
        return 0.0, 0
    if not widths or widths[0] < 2:
        return 0.0, 0
    return round(widths.count(widths[0]) / len(widths), 1), widths[0]


def _is_data(rows: Sequence[Sequence[str]]) -> bool:
    """The first row is a sample and no header.

    So it is where it names a file, holds nothing but numbers, or where some of its cells (not all:
    tables put together repeat their header) come again in a column of few different ones.
    """
    first = [cell.strip() for cell in rows[0]] if rows else []
    rest = [row for row in rows[1:] if len(row) == len(first)]
    if not first or not rest:
        return False
    if any(cell.lower().endswith(_MEDIA) for cell in first):
        return True
    if all(map(_is_number, first)):
        return True
    again = [_comes_again(cell, [row[place] for row in rest]) for place, cell in enumerate(first)]
    return any(again) and not all(again)


def _comes_again(cell: str, column: Sequence[str]) -> bool:
    return bool(cell) and column.count(cell) >= 2 and len(set(column)) <= len(column) / 2


def _is_number(word: str) -> bool:
    try:
        float(word.replace(",", "."))
    except ValueError:
        return False
    return True


def encoding(path: Path) -> str:
    """The encoding of a table; UTF-8 only where all of it is that.

    Args:
        path: the file.

    Raises:
        UserError: it cannot be read, or is empty.
    """
    found = text.decoded(path, longest=_HEAD_BYTES)[1]
    if found != "utf-8":
        return found
    decoder = codecs.getincrementaldecoder("utf-8")()
    strange = -1
    try:
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                if strange < 0 and not piece.isascii():
                    strange = stream.tell() - len(piece)
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        # The first letters that are not plain may come late: they tell what they are.
        with path.open("rb") as stream:
            stream.seek(max(0, strange))
            return text.guessed(stream.read(2 * _PIECE))
    except OSError as error:
        raise UserError(f"{path.name} cannot be read: {error.strerror}.") from None
    return found
