"""Manifests: a table with a row a sample, as Hugging Face or people themselves write them.

``metadata.csv`` (or any other table) lies beside the files or in split folders. A column
``file_name``, ``<name>_file_name`` or ``<name>_file_names`` names files relative to the table, a
column such as ``stem`` names files without their suffix, and every other column may be a text, a
target, the split or a group.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.data import tables, targets
from workbench.data.index import Finding, Strings, strings
from workbench.data.layouts.columns import Columns
from workbench.data.matching import Matched, match
from workbench.data.roles import Roles, found_roles
from workbench.data.tables import SPLIT_WORDS, Table
from workbench.data.walk import Found
from workbench.errors import UserError
from workbench.spec import Reading

_FIRST = ("metadata", "manifest", "labels", "index", "data", "train")
"""Stems of tables, the likeliest first."""


@dataclass(frozen=True)
class _Rows:
    """A table, or those of all split folders put together.

    Args:
        table: the cells.
        base: folder of the table of each row, relative to the root, text [rows].
        split: split of the folder that the table lies in, int8 [rows]; None: in none.
    """

    table: Table
    base: Strings
    split: np.ndarray | None = None


def read(root: Path, found: Found, reading: Reading) -> Columns:
    """Read a folder by its table.

    Args:
        root: the folder.
        found: its files and tables.
        reading: which table, and what its columns are; the rest is found out.

    Raises:
        UserError: there is no table, or none that names files or holds texts; says why.
    """
    problem: UserError | None = None
    for names in _candidates(found, reading):
        try:
            return _read(_rows(root, names), found, reading)
        except UserError as error:
            problem = problem or error
    raise problem or UserError(
        f"{root} has no table of labels.",
        "Put a labels.csv beside the files, with the columns stem and label.",
    )


def _candidates(found: Found, reading: Reading) -> list[tuple[str, ...]]:
    """Tables to try, in this order; those of split folders together."""
    if reading.manifest:
        if reading.manifest not in found.tables:
            raise UserError(f"There is no table {reading.manifest}.", _listed(found.tables))
        return [(reading.manifest,)]

    def likely(path: str) -> tuple[int, str]:
        stem = path.rpartition("/")[2].partition(".")[0].lower()
        return (_FIRST.index(stem) if stem in _FIRST else len(_FIRST), path)

    at_root = sorted((path for path in found.tables if "/" not in path), key=likely)
    inside = [path for path in found.tables if _split_of(path) >= 0]
    named = (
        [tuple(at_root)] if len(at_root) > 1 and all(_stem_split(p) >= 0 for p in at_root) else []
    )
    return [*named, *((path,) for path in at_root), *([tuple(inside)] if inside else [])]


def _listed(names: tuple[str, ...]) -> str:
    return f"There are {', '.join(names[:5])}." if names else "The folder holds no tables."


def _split_of(path: str) -> int:
    """Split of the folder that a table lies in, such as ``train/metadata.csv``; -1: none."""
    parts = path.split("/")
    return SPLIT_WORDS.get(parts[0].lower(), -1) if len(parts) == 2 else -1


def _stem_split(path: str) -> int:
    """Split that a table's own name states, such as ``train.csv``; -1: none."""
    return SPLIT_WORDS.get(path.rpartition("/")[2].partition(".")[0].lower(), -1)


def _rows(root: Path, names: tuple[str, ...]) -> _Rows:
    read_ = [tables.read(root / name, name) for name in names]
    if len(read_) == 1:
        base = names[0].rpartition("/")[0]
        return _Rows(read_[0], strings([base] * len(read_[0])))
    columns: dict[str, Strings] = {}
    for column in dict.fromkeys(column for table in read_ for column in table.columns):
        columns[column] = np.concatenate(
            [table.columns.get(column, strings([""] * len(table))) for table in read_]
        )
    splits = [max(_split_of(name), _stem_split(name)) for name in names]
    bases = [name.rpartition("/")[0] for name in names]
    counts = [len(table) for table in read_]
    findings = tuple(finding for table in read_ for finding in table.findings)
    return _Rows(
        Table(" + ".join(names), columns, findings),
        np.repeat(strings(bases), counts),
        np.repeat(np.asarray(splits, np.int8), counts),
    )


def _read(rows: _Rows, found: Found, reading: Reading) -> Columns:
    table = rows.table
    roles = found_roles(table, reading, found.media)
    if roles.refused:
        raise UserError(f"{table.name}: {roles.refused}", "Set what its columns are.")
    matched = match(table, rows.base, roles, found.media)
    columns = Columns(
        "manifest",
        matched.stems,
        matched.files,
        findings=[*table.findings, *roles.findings, *matched.findings],
        reading=reading.model_copy(
            update={
                "manifest": table.name if " + " not in table.name else reading.manifest,
                "roles": roles.as_reading(),
            }
        ),
    )
    cells = {name: column[matched.rows] for name, column in table.columns.items()}
    if roles.text:
        columns.texts = cells[roles.text]
        columns.files["text"] = strings([table.name] * len(matched.rows))
    for name in roles.targets:
        columns.learn(name, cells[name])
    joined = targets.together(columns.targets, reading.together)
    if joined is not None:
        columns.targets[joined.name] = joined
    _add_split(columns, cells, rows, matched, roles, table.name)
    told = {roles.stem, roles.text, roles.split, *roles.paths.values(), *roles.passed}
    columns.columns = {name: cell for name, cell in cells.items() if name not in told}
    return columns


def _add_split(
    columns: Columns, cells: Mapping[str, Strings], rows: _Rows, matched: Matched, roles: Roles,
    table: str,
) -> None:  # fmt: skip
    if rows.split is not None:
        columns.split = rows.split[matched.rows]
    if not roles.split:
        return
    words = np.strings.lower(cells[roles.split])
    different = np.unique(words).tolist()
    number = np.asarray([SPLIT_WORDS.get(word, -1) for word in different], np.int8)
    columns.split = number[np.searchsorted(strings(different), words)]
    wrong = [word for word in different if word and word not in SPLIT_WORDS]
    if wrong:
        detail = (
            f"Known are train, validation and test; these samples train: {', '.join(wrong[:5])}."
        )
        columns.findings.append(
            Finding("warning", f"Unknown splits in {table}", detail, kind="split")
        )
