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
from numpy.typing import NDArray

from workbench.data import tables, targets
from workbench.data.index import Finding, Strings, strings
from workbench.data.layouts.columns import Columns
from workbench.data.lookup import Lookup
from workbench.data.matching import Matched, match
from workbench.data.roles import Roles, found_roles
from workbench.data.tables import SPLIT_WORDS, Table
from workbench.data.walk import Found
from workbench.errors import UserError
from workbench.spec import Reading

_FIRST = ("metadata", "manifest", "labels", "annotations", "index", "data", "train")
"""Stems of tables, the likeliest first."""
_SHOWN = 5


@dataclass(frozen=True)
class _Rows:
    """A table, or those of several folders put together.

    Args:
        table: the cells.
        source: path of the table of each row, relative to the root, text [rows].
        split: split of the folder that the table lies in, int8 [rows]; None: in none.
    """

    table: Table
    source: Strings
    split: NDArray[np.int8] | None = None

    @property
    def base(self) -> Strings:
        """Folder of the table of each row, relative to the root, text [rows]."""
        different, place = np.unique(self.source, return_inverse=True)
        return strings([path.rpartition("/")[0] for path in different.tolist()])[place]


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
    """Tables to try, in this order; those of one name in several folders together."""
    if reading.manifest:
        if reading.manifest not in found.tables:
            raise UserError(f"There is no table {reading.manifest}.", _listed(found.tables))
        return [(reading.manifest,)]
    at_root = sorted((path for path in found.tables if "/" not in path), key=_likely)
    named: list[tuple[str, ...]] = []
    if len(at_root) > 1 and all(_stem_split(path) >= 0 for path in at_root):
        named = [tuple(at_root)]
    inside: dict[str, list[str]] = {}
    for path in found.tables:
        if "/" in path:
            inside.setdefault(path.rpartition("/")[2].lower(), []).append(path)
    groups = sorted(inside.values(), key=lambda paths: _likely(paths[0]))
    return [*named, *((path,) for path in at_root), *map(tuple, groups)]


def _likely(path: str) -> tuple[int, str]:
    """A key by which the likeliest table comes first."""
    stem = path.rpartition("/")[2].partition(".")[0].lower()
    return (_FIRST.index(stem) if stem in _FIRST else len(_FIRST), path)


def _listed(names: tuple[str, ...]) -> str:
    return f"There are {', '.join(names[:5])}." if names else "The folder holds no tables."


def _split_of(path: str) -> int:
    """Split that a folder of a table states, such as ``train/metadata.csv``; -1: none."""
    stated = [SPLIT_WORDS[part.lower()] for part in path.split("/")[:-1]
              if part.lower() in SPLIT_WORDS]  # fmt: skip
    return stated[0] if stated else -1


def _stem_split(path: str) -> int:
    """Split that a table's own name states, such as ``train.csv``; -1: none."""
    return SPLIT_WORDS.get(path.rpartition("/")[2].partition(".")[0].lower(), -1)


def _rows(root: Path, names: tuple[str, ...]) -> _Rows:
    parts = [tables.read(root / name, name) for name in names]
    counts = [len(table) for table in parts]
    source = np.repeat(strings(names), counts)
    if len(parts) == 1:
        return _Rows(parts[0], source)
    columns: dict[str, Strings] = {}
    for column in dict.fromkeys(column for table in parts for column in table.columns):
        columns[column] = np.concatenate(
            [table.columns.get(column, strings([""] * len(table))) for table in parts]
        )
    splits = np.asarray([max(_split_of(name), _stem_split(name)) for name in names], np.int8)
    shown = " + ".join(names) if len(names) <= _SHOWN else f"{names[0]} and {len(names) - 1} more"
    findings = tuple(finding for table in parts for finding in table.findings)
    numbers = np.concatenate([table.numbers for table in parts])
    split = np.repeat(splits, counts) if len(np.unique(splits)) > 1 else None
    return _Rows(Table(shown, columns, numbers, findings), source, split)


def _read(rows: _Rows, found: Found, reading: Reading) -> Columns:
    table = rows.table
    lookup = Lookup(found)
    roles = found_roles(table, reading, lookup)
    if roles.refused:
        raise UserError(f"{table.name}: {roles.refused}", "Set what its columns are.")
    matched = match(table, rows.base, roles, lookup)
    sources = np.unique(rows.source)
    columns = Columns(
        "manifest",
        matched.stems,
        matched.files,
        findings=[*table.findings, *roles.findings, *matched.findings],
        reading=reading.model_copy(
            update={
                "manifest": str(sources[0]) if len(sources) == 1 else reading.manifest,
                "roles": roles.as_reading(table.columns),
            }
        ),
    )
    cells = {name: column[matched.rows] for name, column in table.columns.items()}
    if roles.text:
        columns.texts = cells[roles.text]
        columns.files["text"] = rows.source[matched.rows]
    for name in roles.targets:
        columns.learn(name, cells[name])
    joined = targets.together(columns.targets, reading.together)
    if joined is not None:
        columns.targets[joined.name] = joined
    _add_split(columns, cells, rows, matched, roles)
    learned = {roles.stem, roles.text, roles.split, *roles.paths.values(), *roles.passed}
    columns.columns = {name: cell for name, cell in cells.items() if name not in learned}
    return columns


def _add_split(
    columns: Columns, cells: Mapping[str, Strings], rows: _Rows, matched: Matched, roles: Roles
) -> None:
    if rows.split is not None:
        columns.split = rows.split[matched.rows]
    if not roles.split:
        return
    words = np.strings.lower(cells[roles.split])
    different, place = np.unique(words, return_inverse=True)
    known = [SPLIT_WORDS.get(word, -1) for word in different.tolist()]
    wrong = [word for word, split in zip(different.tolist(), known, strict=True)
             if word and split < 0]  # fmt: skip
    if max(known) >= 0:
        columns.split = np.asarray(known, np.int8)[place]
    if wrong:
        what = "these samples train" if max(known) >= 0 else "the column states no split"
        detail = f"Known are train, validation and test; {what}: {', '.join(wrong[:_SHOWN])}."
        samples = np.flatnonzero(np.isin(words, strings(wrong)))
        title = f"Unknown splits in '{roles.split}' of {rows.table.name}"
        columns.findings.append(
            Finding("warning", title, detail, (), "split", tuple(samples.tolist()))
        )
