"""``scan``: what a folder holds, as an Index; whatever is wrong with a file becomes a finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from workbench.data import archives, health, layouts, tables
from workbench.data.findings import in_order, lacking
from workbench.data.index import Finding, Index, Severity
from workbench.data.sources import is_archive
from workbench.data.walk import Found, Stopped, walk
from workbench.errors import UserError
from workbench.spec import Reading

__all__ = ["Stopped", "scan"]

Progress = Callable[[int, int], None]


def scan(
    path: Path | str,
    *,
    reading: Reading | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    check: bool = True,
) -> Index:
    """Look at a folder: its layout, samples, targets, split, and what is wrong with it.

    Args:
        path: the folder, or a zip file of one.
        reading: what a person has said about how it is read; the rest is found out.
        progress: told (files seen, 0) and then (files opened, files in all).
        stop: asked often; true ends the scan.
        check: open every file to find those that cannot be read, what else will hurt, and typical
            sizes.

    Returns:
        The Index. Samples with a file that cannot be read lack it there.

    Raises:
        UserError: there is nothing to learn from here; says why and what to do.
        Stopped: the wish to stop was heard.
    """
    asked = stop or (lambda: False)
    source = _existing(Path(path).expanduser())
    root = source
    if is_archive(source):
        root = archives.unpacked(source, progress=progress, stop=asked)
    found = walk(root, asked, progress)
    while top := _around(found):
        root, found = root / top, found.below(top)
    columns = layouts.read(root, found, reading or Reading())
    index = Index(
        root=root,
        layout=columns.layout,
        stems=columns.stems,
        files=columns.files,
        targets=columns.targets,
        fixed_split=columns.split,
        findings=in_order([*columns.findings, *_strangers(found)]),
        texts=columns.texts,
        columns=columns.columns,
        reading=columns.reading,
        source=source,
    )
    index = replace(index, findings=in_order([*index.findings, *_without_target(index)]))
    if check:
        return health.examine(index, progress=progress, stop=stop)
    return replace(index, findings=in_order([*index.findings, *lacking(index)]))


def _existing(given: Path) -> Path:
    try:
        if given.is_dir() or is_archive(given):
            return given.resolve()
        there = given.exists()
    except (OSError, ValueError) as error:
        raise UserError(f"{str(given)!r} cannot be opened: {error}.", "Check the path.") from None
    if not there:
        raise UserError(f"There is no folder {given}.", "Check the path.")
    raise UserError(f"{given} is a file, not a folder.", "Choose the folder that holds it.")


def _around(found: Found) -> str:
    """The single folder that holds all, as an archive often unpacks into one; "" for none."""
    media = found.media
    used = media.folders[np.unique(media.folder)].tolist() if len(media) else []
    inside = [*used, *(path.rpartition("/")[0] for path in found.tables)]
    tops = {path.partition("/")[0] for path in inside}
    if len(tops) != 1 or "" in tops or {top.lower() for top in tops} & tables.SPLIT_WORDS.keys():
        return ""
    deep = bool(found.tables) or any("/" in path for path in used)
    return tops.pop() if deep else ""


def _without_target(index: Index) -> list[Finding]:
    """Samples without a value of the first target, listed."""
    findings = []
    for target in list(index.targets.values())[:1]:
        rows = np.flatnonzero(~target.present)
        if len(rows):
            have = "sample has" if len(rows) == 1 else "samples have"
            title = f"{len(rows):,} {have} no value of '{target.name}'"
            detail = "They are left out while it is learned."
            names = tuple(index.stems[rows].tolist())
            findings.append(
                Finding("warning", title, detail, names, "no_target", tuple(rows.tolist()))
            )
    return findings


def _strangers(found: Found) -> list[Finding]:
    """What lies in the folder and is not looked at, with the reason."""
    told: tuple[tuple[tuple[str, ...], str, Severity, str, str], ...] = (
        (
            found.outside, "outside", "warning", "link leads|links lead # out of the folder",
            "They are not followed; copy the files here if they belong to the data.",
        ),
        (
            found.nowhere, "broken_link", "warning", "link leads|links lead # to a missing file",
            "The files that they stand for have been moved, deleted, or not been fetched.",
        ),
        (
            found.unreadable_names, "unreadable_name", "warning",
            "name is|names are # in an unknown encoding",
            "These files and folders are passed over; rename them.",
        ),
        (
            found.closed, "closed_folder", "warning", "folder|folders # cannot be looked into",
            "Check their permissions; what lies in them is missing here.",
        ),
        (
            found.unknown, "other_kinds", "info", "file|files # of other kinds",
            "They are passed over.",
        ),
    )  # fmt: skip
    findings = []
    for names, kind, severity, words, detail in told:
        if names:
            forms, _, rest = words.partition(" # ")
            one, _, many = forms.partition("|")
            title = f"{len(names):,} {one if len(names) == 1 else many} {rest}"
            findings.append(Finding(severity, title, detail, names, kind))
    return findings
