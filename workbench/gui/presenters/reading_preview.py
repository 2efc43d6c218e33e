"""What a reading gives: its columns with examples, the tables there are, and file names."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from workbench.data import patterns, tables
from workbench.data.index import SPLITS, Index, Strings, strings
from workbench.data.walk import TABLE_SUFFIXES, walk
from workbench.errors import UserError
from workbench.gui.presenters.balance import Balance, balance_of
from workbench.gui.presenters.data_words import effect_in_words, reading_in_words
from workbench.parts import MODALITIES
from workbench.spec import ColumnRole

EXAMPLES = 3
MOST_NAMES = 500
"""File names that a pattern is tried on while it is typed."""
SHOWN_NAMES = 4
_HEAD = 200
"""Cells that examples are taken from."""
_LARGEST_TABLE = 20 * 2**20
"""Bytes of a table that is read once more, for examples of columns that are not used."""
_MOST_TABLES = 100


@dataclass(frozen=True)
class ColumnRow:
    """A column of a table, or a field of a pattern.

    Args:
        name: its name.
        role: what it is.
        examples: some of its cells.
    """

    name: str
    role: ColumnRole
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seen:
    """What there is to choose from.

    Args:
        index: what the reading gives; None where it does not fit.
        columns: columns and what they are.
        tables: tables of the folder, relative to it.
        names: names of files without their suffix, to try a pattern on.
        target: the column that is learned; "" for none.
        balance: how it is spread.
        words: how the folder is read, in words.
        effect: what that gives, in words.
    """

    index: Index | None = None
    columns: tuple[ColumnRow, ...] = ()
    tables: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    target: str = ""
    balance: Balance = field(default_factory=Balance)
    words: str = ""
    effect: str = ""


@dataclass(frozen=True)
class PatternView:
    """What a pattern says of the first names.

    Args:
        fields: its fields in order.
        names: some names, each with field, start and end of its parts; no parts where it does not
            match.
        matched: names that match, of those tried.
        tried: names that were tried.
        error: why it is no pattern; "" when it is one.
    """

    fields: tuple[str, ...] = ()
    names: tuple[tuple[str, tuple[tuple[str, int, int], ...]], ...] = ()
    matched: int = 0
    tried: int = 0
    error: str = ""

    @property
    def words(self) -> str:
        """How many names match."""
        if self.error or not self.tried:
            return self.error
        if self.matched == self.tried:
            return "All names match." if self.tried < MOST_NAMES else "The names match."
        missed = self.tried - self.matched
        verb = "does" if missed == 1 else "do"
        return f"{self.matched:,} of {self.tried:,} names match, {missed:,} {verb} not."


def pattern_view(text: str, names: Sequence[str]) -> PatternView:
    """Try a pattern.

    Args:
        text: the pattern as it stands.
        names: file names without their suffix.
    """
    if not text:
        plain = tuple((name, ()) for name in names[:SHOWN_NAMES])
        return PatternView(names=plain)
    try:
        pattern = patterns.parse(text)
    except UserError as error:
        plain = tuple((name, ()) for name in names[:SHOWN_NAMES])
        return PatternView(names=plain, error=str(error))
    parts = [tuple(pattern.spans(name)) for name in names]
    matched = [n for n, spans in enumerate(parts) if spans]
    missed = [n for n, spans in enumerate(parts) if not spans]
    # Of those that do not match one is shown at least, so that the reason can be seen.
    first = [*matched[: SHOWN_NAMES - min(len(missed), 1)], *missed][:SHOWN_NAMES]
    return PatternView(
        pattern.fields, tuple((names[n], parts[n]) for n in sorted(first)), len(matched), len(names)
    )


def look(path: Path, index: Index | None, target: str = "") -> Seen:
    """What a reading gives, and what there is to choose from; reads a little of the folder.

    Args:
        path: the folder or zip file that was opened.
        index: what is known of it; None where no reading has fitted yet.
        target: the column that is learned; the first one where the index has none of that name.
    """
    if index is None:
        if not path.is_dir():
            return Seen()
        found = walk(path, lambda: False)
        stems = found.media.stems
        return Seen(tables=tuple(found.tables[:_MOST_TABLES]), names=_spread(stems))
    column = index.targets.get(target) or next(iter(index.targets.values()), None)
    return Seen(
        index,
        columns_of(index),
        tables_in(index.root),
        _names(index),
        column.name if column is not None else "",
        balance_of(column) if column is not None else Balance(),
        reading_in_words(index),
        effect_in_words(index),
    )


def columns_of(index: Index) -> tuple[ColumnRow, ...]:
    """The columns of a table or fields of a pattern, each with its role and examples.

    Args:
        index: what was read.
    """
    roles = index.reading.roles
    if not roles:
        return ()
    known: dict[str, Sequence[str]] = {}
    for name, role in roles.items():
        cells = _cells(index, name, role)
        if cells is not None:
            known[name] = _examples(cells)
    if any(name not in known for name in roles):
        known = {**_pattern_examples(index), **_table_examples(index), **known}
    return tuple(ColumnRow(name, role, tuple(known.get(name, ()))) for name, role in roles.items())


def _cells(index: Index, name: str, role: ColumnRole) -> Strings | None:
    if name in index.columns:
        return index.columns[name]
    if role == "text" and index.texts is not None:
        return index.texts
    if role in MODALITIES and role in index.files:
        return index.files[role]
    if role == "split" and index.fixed_split is not None:
        return strings([*SPLITS, ""])[index.fixed_split]
    return None


def _examples(cells: Strings) -> tuple[str, ...]:
    # The first cells often say the same: different ones tell more.
    head = cells[:_HEAD]
    return tuple(dict.fromkeys(str(cell) for cell in head[head != ""].tolist()))[:EXAMPLES]


def _pattern_examples(index: Index) -> Mapping[str, Sequence[str]]:
    """Examples of fields that are not used, from the names themselves."""
    if index.layout != "file_names" or not index.reading.pattern:
        return {}
    fields, _ = patterns.parse(index.reading.pattern).columns(strings(_names(index)[:_HEAD]))
    return {field: _examples(cells) for field, cells in fields.items()}


def _table_examples(index: Index) -> Mapping[str, Sequence[str]]:
    """Examples of columns that are not used, from the table itself where it is not too large."""
    name = index.reading.manifest
    path = index.root / name
    if index.layout != "manifest" or not name or path.stat().st_size > _LARGEST_TABLE:
        return {}
    table = tables.read(path, name)
    return {column: _examples(cells) for column, cells in table.columns.items()}


def tables_in(root: Path) -> tuple[str, ...]:
    """The tables that lie in a folder or directly in one of its folders.

    Args:
        root: the folder.
    """
    found: list[str] = []
    inner: list[str] = []
    for entry in _entries(root):
        if entry.is_dir(follow_symlinks=False):
            inner.append(entry.name)
        elif Path(entry.name).suffix.lower() in TABLE_SUFFIXES:
            found.append(entry.name)
    for folder in sorted(inner)[:_MOST_TABLES]:
        found += [
            f"{folder}/{entry.name}"
            for entry in _entries(root / folder)
            if Path(entry.name).suffix.lower() in TABLE_SUFFIXES
        ]
    return tuple(sorted(found, key=lambda name: (name.count("/"), name))[:_MOST_TABLES])


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except OSError:
        # The scan reports folders that cannot be looked into; here they merely hold no table.
        return []


def _names(index: Index) -> tuple[str, ...]:
    """Names of files without their suffix, spread over all samples."""
    if index.texts is not None and index.modalities == ("text",):
        return ()
    column = next(index.files[m] for m in index.modalities if m != "text" or index.texts is None)
    paths = _spread(column[column != ""])
    return tuple(path.rpartition("/")[2].rpartition(".")[0] for path in paths)


def _spread(names: Strings) -> tuple[str, ...]:
    if len(names) <= MOST_NAMES:
        return tuple(names.tolist())
    rows = np.linspace(0, len(names) - 1, MOST_NAMES).astype(np.int64)
    return tuple(names[rows].tolist())
