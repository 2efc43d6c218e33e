"""``scan``: what a folder holds, as an Index; whatever is wrong with a file becomes a finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path
from typing import Any

import numpy as np

from workbench.data import layouts
from workbench.data.index import Finding, Index, Strings
from workbench.data.readers import audio, image, text
from workbench.data.walk import Found, Stopped, walk
from workbench.errors import UserError
from workbench.parts import Modality

__all__ = ["Stopped", "scan"]

Progress = Callable[[int, int], None]
_MEASURES: Mapping[Modality, Callable[[Path], tuple[Any, Any]]] = {
    "image": image.measure,
    "audio": audio.measure,
    "text": text.measure,
}
_SEVERITIES = ("error", "warning", "info")
_CHUNK = 64
"""Files a thread opens between two looks at the wish to stop."""


def scan(
    path: Path | str,
    *,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    check: bool = True,
) -> Index:
    """Look at a folder: its layout, samples, targets, split, and what is wrong with it.

    Args:
        path: the folder.
        progress: told (files opened, files in all).
        stop: asked often; true ends the scan.
        check: open every file to find those that cannot be read, and typical sizes.

    Returns:
        The Index. Samples with a file that cannot be read lack it there.

    Raises:
        UserError: there is nothing to learn from here; says why and what to do.
        Stopped: the wish to stop was heard.
    """
    given = Path(path).expanduser()
    if not given.exists():
        raise UserError(f"There is no folder {given}.", "Check the path.")
    if not given.is_dir():
        raise UserError(f"{given} is a file, not a folder.", "Choose the folder that holds it.")
    asked = stop or (lambda: False)
    root = given.resolve()
    found = walk(root, asked)
    if (inner := _unpacked(root, found)) is not None:
        root, found = inner, walk(inner, asked)
    columns = layouts.read(root, found)
    findings = columns.findings + _strangers(found)
    facts: dict[str, float] = {}
    if check:
        findings += _check(
            root, columns.files, facts, progress or (lambda done, total: None), asked
        )
        _refuse_all_broken(root, columns.files, findings)
    findings += _lacking(columns.files)
    return Index(
        root=root,
        layout=columns.layout,
        stems=columns.stems,
        files=columns.files,
        targets=columns.targets,
        fixed_split=columns.split,
        findings=tuple(sorted(findings, key=lambda f: _SEVERITIES.index(f.severity))),
        facts=facts,
    )


def _unpacked(root: Path, found: Found) -> Path | None:
    """The single folder that holds all, as an archive often unpacks into one."""
    tops = {path.parts[0] for path, _ in found.media}
    deep = any(len(path.parts) > 2 for path, _ in found.media)
    if found.tables or len(tops) != 1 or not deep:
        return None
    inner = root / tops.pop()
    return inner if inner.is_dir() else None


def _check(
    root: Path,
    files: dict[Modality, Strings],
    facts: dict[str, float],
    progress: Progress,
    stop: Callable[[], bool],
) -> list[Finding]:
    """Open every file; blank those that cannot be read; note typical sizes."""
    total = sum(int((names != "").sum()) for names in files.values())
    findings: list[Finding] = []
    done = 0
    with ThreadPoolExecutor(cpu_count() or 2) as pool:
        for modality, names in files.items():
            rows = np.flatnonzero(names != "")
            measured: dict[int, tuple[Any, Any]] = {}
            broken: dict[int, str] = {}
            for start in range(0, len(rows), _CHUNK):
                if stop():
                    raise Stopped
                chunk = rows[start : start + _CHUNK].tolist()
                paths = [root / str(names[row]) for row in chunk]
                for row, result in zip(chunk, pool.map(_measurer(modality), paths), strict=True):
                    if isinstance(result, UserError):
                        broken[row] = str(result)
                    else:
                        measured[row] = result
                done += len(chunk)
                progress(done, total)
            findings += _unreadable(modality, names, broken)
            names[list(broken)] = ""
            facts.update(_facts(modality, list(measured.values())))
            findings += _encodings(modality, names, measured)
    return findings


def _measurer(modality: Modality) -> Callable[[Path], tuple[Any, Any] | UserError]:
    measure = _MEASURES[modality]

    def measured(path: Path) -> tuple[Any, Any] | UserError:
        try:
            return measure(path)
        except UserError as error:
            return error

    return measured


def _facts(modality: Modality, measured: list[tuple[Any, Any]]) -> dict[str, float]:
    if not measured:
        return {}
    match modality:
        case "image":
            return {"image_side": float(np.median([min(size) for size in measured]))}
        case "audio":
            return {
                "audio_seconds": float(np.percentile([seconds for seconds, _ in measured], 95)),
                "audio_rate": float(np.median([rate for _, rate in measured])),
            }
    return {"text_words": float(np.percentile([words for words, _ in measured], 95))}


def _unreadable(modality: Modality, names: Strings, broken: dict[int, str]) -> list[Finding]:
    if not broken:
        return []
    count = len(broken)
    title = f"{count} {modality} {'file' if count == 1 else 'files'} unreadable"
    reasons = " ".join(list(broken.values())[:3])
    detail = f"Their samples are left out. {reasons} Mend or remove them."
    return [Finding("error", title, detail, tuple(str(names[row]) for row in broken))]


def _encodings(
    modality: Modality, names: Strings, measured: dict[int, tuple[Any, Any]]
) -> list[Finding]:
    if modality != "text":
        return []
    guessed = [row for row, (_, encoding) in measured.items() if encoding == text.FALLBACK]
    if not guessed:
        return []
    title = f"{len(guessed)} texts are not UTF-8"
    detail = "They are read as Windows-1252; save them as UTF-8 if letters look wrong."
    return [Finding("info", title, detail, tuple(str(names[row]) for row in guessed))]


def _refuse_all_broken(root: Path, files: dict[Modality, Strings], findings: list[Finding]) -> None:
    empty = [modality for modality, names in files.items() if not (names != "").any()]
    if len(empty) == len(files):
        reason = next((f.detail for f in findings if f.severity == "error"), "")
        raise UserError(f"No file in {root} can be read.", reason)
    for modality in empty:
        del files[modality]


def _lacking(files: Mapping[Modality, Strings]) -> list[Finding]:
    findings = []
    for modality, names in files.items():
        lacking = names == ""
        count = int(lacking.sum())
        if count:
            others = [other for other in files if other != modality]
            left = [str(files[o][row]) for o in others[:1] for row in np.flatnonzero(lacking)]
            title = f"{count} {'sample has' if count == 1 else 'samples have'} no {modality} file"
            detail = f"They are left out while {modality} is in use."
            findings.append(Finding("warning", title, detail, tuple(name for name in left if name)))
    return findings


def _strangers(found: Found) -> list[Finding]:
    findings = []
    if found.outside:
        title = f"{len(found.outside)} links lead out of the folder"
        detail = "They are not followed; copy the files here if they belong to the data."
        findings.append(Finding("warning", title, detail, tuple(found.outside)))
    if found.unknown:
        title = f"{len(found.unknown)} files of other kinds"
        findings.append(Finding("info", title, "They are passed over.", tuple(found.unknown)))
    return findings
