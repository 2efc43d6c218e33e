"""Every file opened once: what cannot be read, and typical sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from os import cpu_count
from pathlib import Path
from typing import Any

import numpy as np

from workbench.data.findings import in_order, lacking
from workbench.data.index import Finding, Index, Strings
from workbench.data.readers import audio, image, text
from workbench.data.walk import Stopped
from workbench.errors import UserError
from workbench.parts import Modality
from workbench.spec import DataSpec

Progress = Callable[[int, int], None]
_MEASURES: Mapping[Modality, Callable[[Path], tuple[Any, Any]]] = {
    "image": image.measure,
    "audio": audio.measure,
    "text": text.measure,
}
_CHUNK = 64
"""Files a thread opens between two looks at the wish to stop."""


def examine(
    index: Index,
    data: DataSpec | None = None,
    *,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Index:
    """Open every file, and say what will hurt.

    Args:
        index: the data.
        data: what is learned and how samples are divided; left out: the first target.
        progress: told (files opened, files in all).
        stop: asked often; true ends it.

    Returns:
        The Index with its findings and facts; samples with a file that cannot be read lack it.

    Raises:
        UserError: no file can be read.
        Stopped: the wish to stop was heard.
    """
    files = {modality: names.copy() for modality, names in index.files.items()}
    facts: dict[str, float] = dict(index.facts)
    findings = _check(
        index, files, facts, progress or (lambda done, total: None), stop or (lambda: False)
    )
    _refuse_all_broken(index.root, files, findings)
    seen = replace(index, files=files, facts=facts)
    return replace(seen, findings=in_order([*index.findings, *findings, *lacking(seen)]))


def _check(
    index: Index, files: dict[Modality, Strings], facts: dict[str, float], progress: Progress,
    stop: Callable[[], bool],
) -> list[Finding]:  # fmt: skip
    """Open every file; blank those that cannot be read; note typical sizes."""
    if index.texts is not None:
        lengths = [len(words.split()) for words in index.texts[index.texts != ""].tolist()]
        facts["text_words"] = float(np.percentile(lengths, 95)) if lengths else 0.0
    opened = {m: names for m, names in files.items() if m != "text" or index.texts is None}
    total = sum(int((names != "").sum()) for names in opened.values())
    findings: list[Finding] = []
    done = 0
    with ThreadPoolExecutor(cpu_count() or 2) as pool:
        for modality, names in opened.items():
            rows = np.flatnonzero(names != "")
            measured: dict[int, tuple[Any, Any]] = {}
            broken: dict[int, str] = {}
            for start in range(0, len(rows), _CHUNK):
                if stop():
                    raise Stopped
                chunk = rows[start : start + _CHUNK].tolist()
                paths = [index.root / str(names[row]) for row in chunk]
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
