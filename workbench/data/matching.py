"""Rows of a table and the files that they name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from posixpath import splitext

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import Finding, Severity, Strings, strings
from workbench.data.layouts.columns import LEAST_SHARE
from workbench.data.lookup import Lookup, inner
from workbench.data.roles import Roles, first_of, several_in
from workbench.data.tables import Table
from workbench.errors import UserError
from workbench.parts import MODALITIES, Modality

_SHOWN = 5
_Told = list[tuple[int, str]]
"""Rows of the table and what they name."""


@dataclass(frozen=True)
class Matched:
    """Samples of a table.

    Args:
        rows: the row of each sample, int64 [samples].
        stems: name of each sample; no two are alike.
        files: path of each sample's file by modality, "" where it lacks it.
        findings: what was not found, leads outside, or comes twice.
    """

    rows: NDArray[np.int64]
    stems: Strings
    files: dict[Modality, Strings]
    findings: list[Finding] = field(default_factory=list)


@dataclass
class _Rows:
    """The rows of a table while their files are found.

    Args:
        table: the cells.
        roles: which columns name files.
        files: for each modality, the file of each row, "" where it has none.
        named: which rows name a file, whether it is there or not.
        missing: names of files that are not there.
        outside: names that lead out of the folder.
        same: rows that say what an earlier one says.
        against: rows that say other things of the files of an earlier one.
    """

    table: Table
    roles: Roles
    files: dict[Modality, list[str]]
    named: list[bool]
    missing: _Told = field(default_factory=list)
    outside: _Told = field(default_factory=list)
    same: _Told = field(default_factory=list)
    against: _Told = field(default_factory=list)

    def first_file(self, row: int) -> str:
        """The first file of a row; "" where it has none."""
        return next((column[row] for column in self.files.values() if column[row]), "")


def match(table: Table, base: Strings, roles: Roles, lookup: Lookup) -> Matched:
    """Find the files of each row.

    A row is a sample where one of its files is there, or where it names none and holds a text. Of
    rows with the same files and text the first is taken.

    Args:
        table: the cells.
        base: folder that the paths of each row are relative to.
        roles: which columns name files.
        lookup: the files there are.

    Raises:
        UserError: no row names a file of the folder or holds a text.
    """
    rows = _Rows(
        table, roles, {modality: [""] * len(table) for modality in MODALITIES}, [False] * len(table)
    )
    bases = base.tolist()
    if roles.paths:
        for modality, column in roles.paths.items():
            _by_path(rows, modality, table.columns[column].tolist(), bases, lookup)
    elif roles.stem:
        _by_stem(rows, table.columns[roles.stem].tolist(), bases, lookup)
    names, kept = _kept(rows)
    if not kept:
        raise _nothing(rows)
    files: dict[Modality, Strings] = {}
    for modality, found in rows.files.items():
        taken = [found[row] for row in kept]
        if sum(map(bool, taken)) >= max(1, LEAST_SHARE * len(kept)):
            files[modality] = strings(taken)
    used = {path for column in rows.files.values() for path in column if path}
    unlisted = [path for path in lookup.paths if path not in used] if used else []
    findings = [*_findings(rows, kept), *_unlisted(table.name, unlisted)]
    return Matched(np.asarray(kept, np.int64), strings(names), files, findings)


def _by_path(
    rows: _Rows, modality: Modality, cells: Sequence[str], bases: Sequence[str], lookup: Lookup
) -> None:
    column = rows.files[modality]
    for row, cell in enumerate(cells):
        if not cell:
            continue
        name = first_of(cell)
        path = inner(name)
        rows.named[row] = True
        if path is None or lookup.leads_out(path, bases[row]):
            rows.outside.append((row, name))
        elif found := lookup.file(path, bases[row], modality):
            column[row] = found
        else:
            rows.missing.append((row, name))


def _by_stem(rows: _Rows, cells: Sequence[str], bases: Sequence[str], lookup: Lookup) -> None:
    for row, cell in enumerate(cells):
        if not cell:
            continue
        path = inner(cell)
        rows.named[row] = True
        if path is None or lookup.leads_out(path, bases[row]):
            rows.outside.append((row, cell))
            continue
        files = lookup.sample(path, bases[row])
        if not files:
            rows.missing.append((row, cell))
        for modality, file in files.items():
            rows.files[modality][row] = file


def _kept(rows: _Rows) -> tuple[list[str], list[int]]:
    """Names and rows of the samples: rows that have something, the first of those alike."""
    table = rows.table
    texts = table.columns[rows.roles.text].tolist() if rows.roles.text else [""] * len(table)
    values = [table.columns[name].tolist() for name in rows.roles.targets]
    first: dict[tuple[str, ...], int] = {}
    taken: dict[str, int] = {}
    names: list[str] = []
    kept: list[int] = []
    for row, (*files, said) in enumerate(zip(*rows.files.values(), texts, strict=True)):
        has_file = any(files)
        if not has_file and (not said or rows.named[row]):
            continue
        if has_file and (before := first.setdefault((*files, said), row)) != row:
            agree = all(column[row] == column[before] for column in values)
            (rows.same if agree else rows.against).append((before, rows.first_file(row)))
            continue
        name = _name(rows, row)
        taken[name] = taken.get(name, 0) + 1
        names.append(name if taken[name] == 1 else f"{name} #{taken[name]}")
        kept.append(row)
    return _unlike(names), kept


def _unlike(names: list[str]) -> list[str]:
    """Names of which no two are alike: ``a #2`` may also be one that the table gives."""
    known: set[str] = set()
    for place, name in enumerate(names):
        unlike, number = name, 2
        while unlike in known:
            unlike, number = f"{name} #{number}", number + 1
        known.add(unlike)
        names[place] = unlike
    return names


def _name(rows: _Rows, row: int) -> str:
    table, roles = rows.table, rows.roles
    known = rows.first_file(row)
    if roles.stem and (cell := str(table.columns[roles.stem][row])):
        stem, suffix = splitext(cell.replace("\\", "/"))
        return stem if known.endswith(suffix) else stem + suffix
    if known:
        return splitext(known)[0]
    return next(
        (str(cell) for name in roles.ids if (cell := table.columns[name][row])),
        f"row {table.numbers[row]}",
    )


def _nothing(rows: _Rows) -> UserError:
    told = rows.outside[:1] or rows.missing[:1]
    such = f", such as {told[0][1]}" if told else ""
    if rows.outside and not rows.missing:
        return UserError(
            f"Every file that {rows.table.name} names lies outside of this folder{such}.",
            "Copy the files into the folder, and write their paths relative to the table.",
        )
    return UserError(
        f"No row of {rows.table.name} names a file of this folder{such}.",
        "Its paths must be relative to the table, or its first column must hold the files' names "
        "without their suffixes.",
    )


def _findings(rows: _Rows, kept: list[int]) -> list[Finding]:
    place = {row: sample for sample, row in enumerate(kept)}
    name = rows.table.name
    every: tuple[tuple[Severity, _Told, str, str, str], ...] = (
        ("warning", rows.missing, f"named in {name} # missing", "missing_file",
         "Samples without any file are left out."),
        ("warning", rows.outside, f"named in {name} # outside of the folder", "outside",
         "They are never opened; copy them into the folder and name them relative to the table."),
        ("warning", rows.against, f"named twice in {name} with different values", "repeated_row",
         "The first row counts. Several categories of one sample belong into one cell: cat|dog."),
        ("info", rows.same, f"named twice in {name} with the same values", "repeated_row",
         "The first row counts."),
    )  # fmt: skip
    findings = []
    for severity, told, where, kind, detail in every:
        if told:
            title = f"{len(told):,} {'file' if len(told) == 1 else 'files'} "
            title += where.replace("#", "is" if len(told) == 1 else "are")
            numbers = ", ".join(f"{rows.table.numbers[row]:,}" for row, _ in told[:_SHOWN])
            more = ", ..." if len(told) > _SHOWN else ""
            said = f"{detail} Row {numbers}{more}."
            samples = dict.fromkeys(place[row] for row, _ in told if row in place)
            files = tuple(file for _, file in told)
            findings.append(Finding(severity, title, said, files, kind, tuple(samples)))
    return [*_lists(rows), *findings]


def _lists(rows: _Rows) -> list[Finding]:
    """Columns that name several files a sample."""
    findings = []
    for modality, column in rows.roles.paths.items():
        count = several_in(rows.table.columns[column])
        if count:
            title = f"{count:,} rows of {rows.table.name} name several {modality} files"
            detail = f"One {modality} file a sample is used: the first in '{column}'."
            findings.append(Finding("info", title, detail, (rows.table.name,), "column"))
    return findings


def _unlisted(name: str, files: list[str]) -> list[Finding]:
    if not files:
        return []
    title = f"{len(files):,} files have no row in {name}"
    if len(files) == 1:
        title = f"1 file has no row in {name}"
    return [Finding("warning", title, "They are passed over.", tuple(files), "unlisted")]
