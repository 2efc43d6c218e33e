"""Parquet tables, a portion at a time; columns of bytes are never read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workbench.data.gathered import MOST_CELLS, Gathered, clean, own_names
from workbench.data.index import Finding, Strings, strings
from workbench.errors import UserError

_PORTION = 50_000
_MOST_LETTERS = 4 * 2**30
"""Letters of all cells: a small file may say one long word a billion times."""


def read(path: Path, name: str, gathered: Gathered) -> None:
    """Read a table into columns.

    Args:
        path: the file.
        name: what it is called in findings.
        gathered: takes the rows and findings.

    Raises:
        UserError: it is no Parquet, damaged, or too large.
    """
    # Only who opens Parquet waits for it.
    import pyarrow

    try:
        _read(path, name, gathered)
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, KeyError) as error:
        raise UserError(
            f"{name} cannot be read as Parquet: {_first_line(error)}.",
            "Write it again, or save it as CSV.",
        ) from None


def _read(path: Path, name: str, gathered: Gathered) -> None:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as opened:
        schema = opened.schema_arrow
        kept = _usable(schema, name, gathered)
        names = own_names(schema.names, gathered)
        rows = opened.metadata.num_rows
        if rows * max(1, len(kept)) > MOST_CELLS and gathered.limit is None:
            raise UserError(
                f"{name} has {rows:,} rows; with {len(kept)} columns that is too large to be read.",
                "Divide it, or leave columns out.",
            )
    if len(set(schema.names)) < len(schema.names):
        raise UserError(f"{name} has two columns of one name.", "Rename one of them.")
    known = [schema.names[place] for place in kept]
    words = [n for n in known if _is_words(schema.field(n).type)]
    letters, count = 0, 0
    # Words stay numbered, so that one that comes often is held once.
    with parquet.ParquetFile(path, read_dictionary=words) as opened:
        for batch in opened.iter_batches(_portion(gathered), columns=known):
            letters += sum(_letters(column) for column in batch.columns)
            if letters > _MOST_LETTERS:
                raise UserError(f"{name} holds too much text to be read.", "Divide it.")
            # Columns may come in another order than asked for.
            portion = {
                names[schema.names.index(field.name)]: _cells(column)
                for field, column in zip(batch.schema, batch.columns, strict=True)
            }
            ordered = {names[place]: portion[names[place]] for place in kept}
            if not gathered.add_portion(ordered, range(count + 1, count + 1 + len(batch))):
                return
            count += len(batch)


def _portion(gathered: Gathered) -> int:
    return min(_PORTION, max(1, gathered.limit or _PORTION))


def _usable(schema: Any, name: str, gathered: Gathered) -> list[int]:
    """Places of the columns that hold words, numbers or lists of them."""
    kept = []
    for place, field in enumerate(schema):
        if _holds_bytes(field.type):
            title = f"Column '{clean(field.name)}' of {name} holds bytes"
            detail = "Files inside of Parquet are not read; write their paths instead."
            gathered.findings.append(Finding("warning", title, detail, (name,), "table"))
        else:
            kept.append(place)
    return kept


def _holds_bytes(kind: Any) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _holds_bytes(kind.value_type)
    if types.is_nested(kind):
        return any(_holds_bytes(kind.field(place).type) for place in range(kind.num_fields))
    return bool(
        types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind)
    )


def _is_words(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind))


def _letters(column: Any) -> int:
    """Bytes that the cells of a column of words take once they are written out."""
    from pyarrow import compute, types

    if not types.is_dictionary(column.type) or not _is_words(column.type.value_type):
        return int(column.nbytes)
    lengths = compute.binary_length(column.dictionary)
    total = compute.sum(compute.take(lengths, column.indices)).as_py()
    return int(total or 0)


def _cells(column: Any) -> Strings:
    from pyarrow import types

    if not types.is_dictionary(column.type):
        return cells(column.to_pylist())
    # The last is the cell without a value.
    words = cells([*column.dictionary.to_pylist(), None])
    numbers = column.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)
    return np.asarray(words[numbers.astype(np.int64)])


def cells(values: Sequence[object]) -> Strings:
    """Values of any kind as a column of text; a list or record is written as JSON.

    Args:
        values: as JSON or Parquet give them; None is "".
    """
    return strings([cell(value) for value in values])


def cell(value: object) -> str:
    """A value of any kind as a word.

    Args:
        value: as JSON or Parquet give it; None is "".
    """
    match value:
        case None:
            return ""
        case str():
            return clean(value)
        case bool():
            return str(value).lower()
        case list() | dict() | tuple():
            return clean(json.dumps(value, ensure_ascii=False, default=str))
    return clean(str(value))


def _first_line(error: Exception) -> str:
    return clean(str(error)).strip().partition("\n")[0].rstrip(".") or type(error).__name__
