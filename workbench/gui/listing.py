"""Samples in columns: what a cell says, which rows are shown, and in which order.

Only numbers of rows are copied, so that a million samples cost megabytes. Long work looks at
``stop`` between portions, and touches a column of text only in portions: numpy locks a whole column
while it works on it, and the window's thread reads the same columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import SPLITS, Index, Strings, Target
from workbench.parts import MODALITIES, Modality

Kind = Literal["sample", "target", "split", "modality", "column"]
Rows = NDArray[np.int64]

EXCERPT = 120
"""Letters of a text that a cell shows."""
_PORTION = 1 << 14
"""Rows looked at in one go: a few milliseconds."""
_COPIED = 1 << 17
"""Rows copied in one go, which is quicker; large pieces are given back to the system."""


class Dropped(Exception):
    """Nobody waits for the answer any more."""


@dataclass(frozen=True)
class Column:
    """One column.

    Args:
        kind: what it holds.
        name: of the target, modality or further column; "" otherwise.
        title: its heading.
    """

    kind: Kind
    name: str = ""
    title: str = ""


@dataclass(frozen=True)
class Samples:
    """The samples of an Index as they are listed.

    Args:
        index: the data.
        target: the column that is learned; "" for none.
        split: int8 [samples], 0 train, 1 validation, 2 test, -1 none of them; None: not known.
        columns: what is shown, from left to right.
    """

    index: Index
    target: Target | None
    split: NDArray[np.int8] | None
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.index)


@dataclass(frozen=True)
class Wish:
    """Which rows are wished, and in which order.

    Args:
        words: what name, class, file, text or further column must contain, in either case.
        value: number of the class that a sample must have; None: any.
        split: number of the split that it must be in; None: any.
        missing: modality that it must lack; None: any.
        only: rows to choose from; None: all.
        about: what those rows are, in words.
        column: the column to sort by; None: as the data give them.
        descending: the largest first.
    """

    words: str = ""
    value: int | None = None
    split: int | None = None
    missing: Modality | None = None
    only: Rows | None = field(default=None, compare=False)
    about: str = ""
    column: Column | None = None
    descending: bool = False

    @property
    def filters(self) -> bool:
        """Whether any row may be left out."""
        chosen = (self.value, self.split, self.missing, self.only)
        return bool(self.words) or any(part is not None for part in chosen)


def samples_of(index: Index, target: str, split: NDArray[np.int8] | None = None) -> Samples:
    """An Index as it is listed.

    Args:
        index: the data.
        target: the column that is learned; "" for none.
        split: int8 [samples]; None: the split that the data state, if any.
    """
    split = index.fixed_split if split is None else split
    columns = [Column("sample", "", "Sample")]
    if target:
        columns.append(Column("target", target, target.replace("_", " ").capitalize()))
    if split is not None:
        columns.append(Column("split", "", "Split"))
    columns += [Column("modality", name, name.title()) for name in index.modalities]
    columns += [
        Column("column", name, name.replace("_", " ").capitalize())
        for name in index.columns
        if name != target
    ]
    return Samples(index, index.target(target) if target else None, split, tuple(columns))


def value_words(target: Target, row: int) -> str:
    """The target of one sample in words; "" where it has none.

    Args:
        target: any column that can be learned.
        row: which sample.
    """
    value = target.values[row]
    known = np.isfinite(value) if target.values.dtype.kind == "f" else np.asarray(value) >= 0
    if target.task == "none" or not np.all(known):
        return ""
    match target.task:
        case "labels":
            on = [target.classes[number] for number in np.flatnonzero(value)]
            return " · ".join(on) or "none of them"
        case "numbers":
            pairs = zip(target.columns, value, strict=True)
            return " · ".join(f"{name} {float(number):.6g}" for name, number in pairs)
        case "number":
            return f"{float(value):.6g}"
        case _:
            return target.classes[int(value)]


def cell(samples: Samples, column: Column, row: int, letters: int = EXCERPT) -> str:
    """What a cell says; "" where there is nothing.

    Args:
        samples: the data.
        column: one of its columns.
        row: which sample.
        letters: of a text no more than these.
    """
    index = samples.index
    match column.kind:
        case "sample":
            return str(index.stems[row])
        case "target":
            return value_words(samples.target, row) if samples.target is not None else ""
        case "split":
            number = -1 if samples.split is None else int(samples.split[row])
            return SPLITS[number] if number >= 0 else ""
        case "modality":
            return " ".join(str(_of_modality(index, column.name)[row])[:letters].split())
        case "column":
            return str(index.columns[column.name][row])[:letters]


def has(index: Index, modality: Modality, row: int) -> bool:
    """Whether one sample has that modality.

    Args:
        index: the data.
        modality: one that the data have.
        row: which sample.
    """
    return bool(_of_modality(index, modality)[row])


def _of_modality(index: Index, name: str) -> Strings:
    """What stands for a modality: the text itself where a table holds it, else the file."""
    if name == "text" and index.texts is not None:
        return index.texts
    return next(index.files[modality] for modality in MODALITIES if modality == name)


def rows_of(samples: Samples, wish: Wish, stop: Callable[[], bool] = lambda: False) -> Rows:
    """The rows that are wished, in the order that is wished.

    Args:
        samples: the data.
        wish: which, and in which order.
        stop: whether the answer is no longer of interest; asked every few milliseconds.

    Raises:
        Dropped: ``stop`` said so.
    """
    rows = np.arange(len(samples), dtype=np.int64) if wish.only is None else wish.only
    rows = rows[_told(samples, wish, rows)]
    if wish.words.strip():
        needle = wish.words.strip().lower()
        found = [part[_contains(samples, needle, part)] for part in _portions(rows, stop)]
        rows = np.concatenate([np.zeros(0, np.int64), *found])
    if wish.column is not None and len(rows):
        rows = rows[_order(samples, wish.column, rows, descending=wish.descending, stop=stop)]
    return rows


def _portions(rows: Rows, stop: Callable[[], bool], size: int = _PORTION) -> Iterator[Rows]:
    for start in range(0, len(rows), size):
        if stop():
            raise Dropped
        yield rows[start : start + size]


def _told(samples: Samples, wish: Wish, rows: Rows) -> NDArray[np.bool_]:
    """What numbers alone decide: class, split, missing modality."""
    kept = np.ones(len(rows), bool)
    target = samples.target
    if wish.value is not None and target is not None and wish.value < len(target.classes):
        values = target.values[rows]
        kept &= values == wish.value if values.ndim == 1 else values[:, wish.value] == 1
    if wish.split is not None and samples.split is not None:
        kept &= samples.split[rows] == wish.split
    if wish.missing is not None and wish.missing in samples.index.modalities:
        kept &= ~samples.index.has(wish.missing)[rows]
    return kept


def _contains(samples: Samples, needle: str, rows: Rows) -> NDArray[np.bool_]:
    """Whether any column of text, or the class, contains the needle (in small letters)."""
    index, target = samples.index, samples.target
    texts = [index.stems, *index.files.values(), *index.columns.values()]
    texts += [index.texts] if index.texts is not None else []
    found = np.zeros(len(rows), bool)
    for column in texts:
        found |= np.strings.find(np.strings.lower(column[rows]), needle) >= 0
    if target is not None and target.classes:
        hits = [number for number, name in enumerate(target.classes) if needle in name.lower()]
        values = target.values[rows]
        found |= np.isin(values, hits) if values.ndim == 1 else (values[:, hits] == 1).any(axis=1)
    return found


def _order(
    samples: Samples, column: Column, rows: Rows, *, descending: bool, stop: Callable[[], bool]
) -> Rows:
    """Places in ``rows`` in sorted order; equals keep theirs, what is missing counts as lowest."""
    key = _numbers(samples, column, rows)
    if key is None:
        key = _ranks(_text_of(samples, column), rows, stop)
    if stop():
        raise Dropped
    # Turning the sign around rather than the order keeps equals as they were.
    return np.argsort(-key if descending else key, kind="stable")


def _text_of(samples: Samples, column: Column) -> Strings:
    index = samples.index
    match column.kind:
        case "sample":
            return index.stems
        case "modality":
            return _of_modality(index, column.name)
        case _:
            return index.columns[column.name]


def _numbers(samples: Samples, column: Column, rows: Rows) -> NDArray[Any] | None:
    """What to sort by where a column is no text."""
    if column.kind == "split" and samples.split is not None:
        return samples.split[rows].astype(np.int64)
    target = samples.target
    if column.kind != "target" or target is None:
        return None
    values = target.values[rows]
    match target.task:
        case "labels":
            # By the class that comes first, then by how many there are.
            many = values.shape[1]
            first = np.where(values == 1, np.arange(many), many).min(axis=1)
            share = (values == 1).sum(axis=1) / (many + 1)
            return np.where(target.present[rows], first + share, -1)
        case "number" | "numbers":
            numbers = values if values.ndim == 1 else values[:, 0]
            return np.where(np.isfinite(numbers), numbers, -np.inf)
        case "category" | "yes_no":
            # Classes stand in the order of their names, not of their numbers.
            rank = np.argsort(np.argsort(np.asarray(target.classes), kind="stable"))
            return np.where(values >= 0, rank[values], -1)
        case _:
            return values


def _ranks(column: Strings, rows: Rows, stop: Callable[[], bool]) -> NDArray[np.float64]:
    """The rank of each text; texts that are all numbers are ranked as numbers."""
    # Imported here, in the worker thread: the window opens without it. Its sort copies the texts,
    # which numpy's does not, and so leaves the column to the window's thread.
    import pyarrow
    import pyarrow.compute as compute

    # The system's own memory goes back to it; Arrow keeps what it once had.
    pool = pyarrow.system_memory_pool()

    def arrays() -> Iterator[Any]:
        parts = _portions(rows, stop, _COPIED)
        return (pyarrow.array(column[part], memory_pool=pool) for part in parts)

    def as_numbers(texts: Any) -> NDArray[np.float64]:
        given = compute.if_else(compute.equal(texts, ""), pyarrow.scalar(None, texts.type), texts)
        numbers = compute.fill_null(compute.cast(given, "float64"), -np.inf)
        return np.asarray(numbers.to_numpy(zero_copy_only=False), np.float64)

    try:
        # Most columns that are no numbers say so in their first portion.
        return np.concatenate([as_numbers(texts) for texts in arrays()])
    except pyarrow.ArrowInvalid:
        whole = pyarrow.chunked_array(list(arrays()), pyarrow.string())
    ranked = compute.rank(whole, tiebreaker="dense", memory_pool=pool)
    return np.asarray(ranked.to_numpy(), np.float64)
