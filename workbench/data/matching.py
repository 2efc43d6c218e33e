"""Rows of a table and the files that they name."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import Finding, Severity, Strings, strings
from workbench.data.layouts.columns import LEAST_SHARE
from workbench.data.roles import Roles, first_of
from workbench.data.tables import Table
from workbench.data.walk import Media
from workbench.errors import UserError
from workbench.parts import MODALITIES, Modality

_URL = ("http://", "https://", "file://", "ftp://", "s3://", "gs://")


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
class _Told:
    """Names in a table that are not used, by what is wrong with them."""

    missing: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)


def match(table: Table, base: Strings, roles: Roles, media: Media) -> Matched:
    """Find the files of each row.

    Args:
        table: the cells.
        base: folder that the paths of each row are relative to.
        roles: which columns name files.
        media: the files there are.

    Raises:
        UserError: no row names a file of the folder or holds a text.
    """
    told = _Told()
    if roles.paths:
        found, used = _by_path(table, base, roles, media, told)
    elif roles.stem:
        found, used = _by_stem(table, base, roles, media, told)
    else:
        found, used = [{} for _ in range(len(table))], set()
    names, rows = _kept(table, roles, found, told)
    if not rows:
        raise UserError(
            f"No row of {table.name} names a file of this folder.",
            "Its paths must be relative to the table, or its first column must hold the files' "
            "names without their suffixes.",
        )
    files: dict[Modality, Strings] = {}
    for modality in MODALITIES:
        column = [found[row].get(modality, "") for row in rows]
        count = sum(path != "" for path in column)
        if count >= max(1, LEAST_SHARE * len(rows)):
            files[modality] = strings(column)
    unlisted = [path for path in media.paths().tolist() if path not in used]
    findings = _findings(table, told, unlisted if used else [])
    return Matched(np.asarray(rows, np.int64), strings(names), files, findings)


def _by_path(
    table: Table, base: Strings, roles: Roles, media: Media, told: _Told
) -> tuple[list[dict[Modality, str]], set[str]]:
    known = {
        path: int(kind) for path, kind in zip(media.paths().tolist(), media.kinds, strict=True)
    }
    found: list[dict[Modality, str]] = [{} for _ in range(len(table))]
    bases = base.tolist()
    for modality, column in roles.paths.items():
        wanted = MODALITIES.index(modality)
        for row, cell in enumerate(table.columns[column].tolist()):
            if not cell:
                continue
            name = first_of(cell)
            path = _inner(name)
            if path is None:
                told.outside.append(name)
                continue
            near = f"{bases[row]}/{path}" if bases[row] else path
            there = next((p for p in (near, path) if known.get(p) == wanted), None)
            if there is None:
                told.missing.append(name)
            else:
                found[row][modality] = there
    used = {path for files in found for path in files.values()}
    return found, used


def _by_stem(
    table: Table, base: Strings, roles: Roles, media: Media, told: _Told
) -> tuple[list[dict[Modality, str]], set[str]]:
    by_stem: defaultdict[str, dict[Modality, str]] = defaultdict(dict)
    for path, stem, kind in zip(
        media.paths().tolist(), media.stems.tolist(), media.kinds.tolist(), strict=True
    ):
        parts = path.split("/")
        # A name in the table may carry the name of its modality's folder, or leave it out.
        inner = "/".join([*parts[1:-1], stem]) if len(parts) > 1 else stem
        by_stem[inner].setdefault(MODALITIES[kind], path)
        by_stem["/".join([*parts[:-1], stem])].setdefault(MODALITIES[kind], path)
    found: list[dict[Modality, str]] = []
    for row, cell in enumerate(table.columns[roles.stem].tolist()):
        path_in = _inner(cell)
        if path_in is None:
            if cell:
                told.outside.append(cell)
            found.append({})
            continue
        near = f"{base[row]}/{path_in}" if base[row] else path_in
        key = next((form for form in _forms(near, path_in) if form in by_stem), None)
        if key is None:
            told.missing.append(cell)
        found.append(dict(by_stem[key]) if key is not None else {})
    return found, {path for files in found for path in files.values()}


def _forms(*names: str) -> list[str]:
    """Ways in which a table may name a sample: with a suffix, or with its modality's folder."""
    forms = []
    for name in names:
        path = PurePosixPath(name)
        forms += [str(path), str(path.with_suffix("")) if path.name else ""]
    return forms + [form.partition("/")[2] for form in forms if "/" in form]


def _inner(name: str) -> str | None:
    """A path as the table writes it, made plain; None where it leads out of the folder."""
    plain = name.replace("\\", "/").strip()
    path = PurePosixPath(plain)
    if (
        not plain
        or path.is_absolute()
        or ".." in path.parts
        or plain.lower().startswith(_URL)
        or plain[1:2] == ":"
    ):
        return None
    return str(path)


def _kept(
    table: Table, roles: Roles, found: list[dict[Modality, str]], told: _Told
) -> tuple[list[str], list[int]]:
    """Names and rows of the samples: rows that have something, the first of those alike."""
    texts = table.columns[roles.text].tolist() if roles.text else [""] * len(table)
    seen: set[tuple[str, ...]] = set()
    taken: dict[str, int] = {}
    names, rows = [], []
    for row, files in enumerate(found):
        said = texts[row]
        if not files and (not said or roles.paths or roles.stem):
            continue
        key = (*sorted(files.values()), said)
        if key in seen and files:
            told.repeated.append(next(iter(files.values())))
            continue
        seen.add(key)
        name = _name(table, roles, files, row)
        taken[name] = taken.get(name, 0) + 1
        names.append(name if taken[name] == 1 else f"{name} #{taken[name]}")
        rows.append(row)
    return names, rows


def _name(table: Table, roles: Roles, files: dict[Modality, str], row: int) -> str:
    if roles.stem:
        path = PurePosixPath(table.columns[roles.stem][row].replace("\\", "/"))
        known = next(iter(files.values()))
        return (
            str(path.with_suffix("")) if known.endswith(path.suffix) and path.suffix else str(path)
        )
    if files:
        return str(PurePosixPath(next(iter(files.values()))).with_suffix(""))
    ids = [name for name in roles.ids if table.columns[name][row]]
    return str(table.columns[ids[0]][row]) if ids else f"row {row + 2}"


def _findings(table: Table, told: _Told, unlisted: list[str]) -> list[Finding]:
    name = table.name
    every: tuple[tuple[Severity, list[str], str, str], ...] = (
        ("warning", told.missing, f"named in {name} are missing", "missing_file"),
        ("warning", told.outside, f"named in {name} lie outside of the folder", "outside"),
        ("warning", told.repeated, f"named twice in {name}; the first row counts", "repeated_row"),
        ("warning", unlisted, f"have no row in {name}", "unlisted"),
    )
    findings = []
    for severity, names, where, kind in every:
        if names:
            title = f"{len(names)} {'file' if len(names) == 1 else 'files'} {where}"
            detail = "They are passed over."
            findings.append(Finding(severity, title, detail, tuple(names), kind))
    return findings
