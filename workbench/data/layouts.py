"""The layouts that a folder may have, each read into columns.

Class folders: ``<label>/<stem>.png|wav|txt``, files of one stem in one folder are one sample.
Modality folders: ``image/``, ``audio/``, ``text/`` (any names) with shared stems, and a table of
labels beside them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.data import tables, targets
from workbench.data.index import Finding, Strings, Target, strings
from workbench.data.walk import Found
from workbench.errors import UserError
from workbench.parts import MODALITIES, Modality

LEAST_SHARE = 0.5
"""A modality that fewer of the samples have is not offered."""

_FOLDER_NAMES: dict[str, Modality] = {
    **dict.fromkeys(
        ("image", "images", "img", "imgs", "picture", "pictures", "photo", "photos", "bilder"),
        "image",
    ),
    **dict.fromkeys(("audio", "audios", "sound", "sounds", "wav", "wavs", "ton"), "audio"),
    **dict.fromkeys(
        ("text", "texts", "txt", "caption", "captions", "note", "notes", "transcripts"), "text"
    ),
}
Files = dict[Modality, PurePosixPath]


@dataclass
class Columns:
    """A folder read into columns, before any file was opened.

    Args:
        layout: which layout it has.
        stems: name of each sample.
        files: for each modality the path of each sample's file, "" where it lacks it.
        targets: columns that can be learned.
        split: what the data state, int8 [samples], -1 where they do not; None: nothing.
        findings: what a person should know.
    """

    layout: Literal["class_folders", "modality_folders"]
    stems: Strings
    files: dict[Modality, Strings]
    targets: dict[str, Target]
    split: NDArray[np.int8] | None = None
    findings: list[Finding] = field(default_factory=list)


def read(root: Path, found: Found) -> Columns:
    """The layout that fits, read.

    Args:
        root: the folder.
        found: its files.

    Raises:
        UserError: none fits; says what would.
    """
    if not found.media:
        raise UserError(
            f"{root} holds no pictures, sounds or texts.",
            "Choose a folder with PNG, JPEG, WAV, FLAC, OGG, MP3 or TXT files in it.",
        )
    tops = {path.parts[0] for path, _ in found.media if len(path.parts) > 1}
    by_modality = bool(tops) and all(top.lower() in _FOLDER_NAMES for top in tops)
    problem: UserError | None = None
    for path in found.tables:
        try:
            return _modality_folders(tables.read(root / path), found)
        except UserError as error:
            problem = problem or error
    if by_modality:
        raise problem or UserError(
            f"{root} has one folder per modality but no table of labels.",
            "Put a labels.csv beside the folders, with the columns stem and label.",
        )
    columns = _class_folders(root, found)
    if problem is not None:
        columns.findings.append(Finding("info", "A table was passed over", str(problem)))
    return columns


def _class_folders(root: Path, found: Found) -> Columns:
    loose = [str(path) for path, _ in found.media if len(path.parts) == 1]
    samples: defaultdict[tuple[str, str], Files] = defaultdict(dict)
    twice: list[str] = []
    for path, modality in found.media:
        if len(path.parts) > 1:
            _place(samples[str(path.parent), path.stem], path, modality, twice)
    if not samples:
        raise UserError(
            f"The files in {root} have no labels.",
            "Put the files of each class into a folder named after it, or add a labels.csv.",
        )
    keys = sorted(samples)
    labels = strings([folder for folder, _ in keys])
    target = targets.category("label", labels)
    if len(target.classes) < 2:
        raise UserError(
            f"{root} holds one class only: {target.classes[0]}.",
            "Add a folder with samples of another class.",
        )
    columns = Columns(
        "class_folders",
        strings([f"{folder}/{stem}" for folder, stem in keys]),
        _files(samples[key] for key in keys),
        {},
        findings=[*_passed_over(loose, "outside of class folders"), *_doubled(twice)],
    )
    _add_target(columns, target, root)
    return columns


def _modality_folders(table: tables.Table, found: Found) -> Columns:
    samples: defaultdict[str, Files] = defaultdict(dict)
    twice: list[str] = []
    for path, modality in found.media:
        inner = PurePosixPath(*path.parts[1:]) if len(path.parts) > 1 else path
        _place(samples[str(inner.with_suffix(""))], path, modality, twice)
    rows, unknown, outside, repeated = _match(table, samples)
    if not rows:
        raise UserError(
            f"No row of {table.name} names a file of this folder.",
            "Its first column must hold the files' names without their suffixes.",
        )
    keys = list(rows)
    places = [rows[key] for key in keys]
    columns = Columns("modality_folders", strings(keys), _files(samples[key] for key in keys), {})
    note = columns.findings.extend
    note(_passed_over(unknown, f"named in {table.name} are missing"))
    note(_passed_over(outside, f"named in {table.name} lie outside of the folder"))
    note(_passed_over(repeated, f"named twice in {table.name}; the first row counts"))
    unlabelled = [str(path) for key in samples if key not in rows for path in samples[key].values()]
    note(_passed_over(unlabelled, f"have no row in {table.name}"))
    note(_doubled(twice))
    if table.torn:
        where = ", ".join(str(number) for number in table.torn[:10])
        title = f"{len(table.torn)} rows of {table.name} have the wrong number of cells"
        columns.findings.append(Finding("warning", title, f"Left out: row {where}."))
    for name, cells in table.columns.items():
        words = strings([cells[place] for place in places])
        target, findings = targets.detect(name, words)
        note(findings)
        if target is not None:
            _add_target(columns, target, Path(table.name))
    if not columns.targets:
        raise UserError(f"{table.name} has no column that can be learned.", _why(columns))
    if table.split is not None:
        _add_split(columns, [table.split[place] for place in places], table.name)
    return columns


def _match(
    table: tables.Table, samples: defaultdict[str, Files]
) -> tuple[dict[str, int], list[str], list[str], list[str]]:
    """Row of each sample, and the names that match no file, lead outside, or come twice."""
    rows: dict[str, int] = {}
    unknown, outside, repeated = [], [], []
    for place, name in enumerate(table.stems):
        path = PurePosixPath(name.replace("\\", "/"))
        # A name may carry its suffix, and the name of its modality's folder.
        forms = [str(path), str(path.with_suffix("")) if path.name else ""]
        forms += [str(PurePosixPath(*PurePosixPath(form).parts[1:])) for form in forms]
        key = next((form for form in forms if form in samples), None)
        if ".." in path.parts or path.is_absolute():
            outside.append(name)
        elif key is None:
            unknown.append(name)
        elif key in rows:
            repeated.append(name)
        else:
            rows[key] = place
    return rows, unknown, outside, repeated


def _place(sample: Files, path: PurePosixPath, modality: Modality, twice: list[str]) -> None:
    if modality in sample:
        twice.append(str(path))
    else:
        sample[modality] = path


def _files(samples: Iterable[Files]) -> dict[Modality, Strings]:
    every = list(samples)
    counts = Counter(modality for sample in every for modality in sample)
    return {
        modality: strings([str(sample.get(modality, "")) for sample in every])
        for modality in MODALITIES
        if counts[modality] >= LEAST_SHARE * len(every)
    }


def _add_target(columns: Columns, target: Target, where: Path) -> None:
    kept, rare = targets.without_rare(target)
    if rare:
        title = f"{len(rare)} classes have one sample only"
        detail = f"They are left out, as one sample cannot train and test: {', '.join(rare[:8])}."
        columns.findings.append(Finding("warning", title, detail))
    if kept.task != "number" and len(kept.classes) < 2:
        if target.name != "label" and columns.layout == "modality_folders":
            title = f"Column '{target.name}' has one class only"
            columns.findings.append(Finding("info", title, "It is not offered as a target."))
            return
        raise UserError(
            f"{where}: fewer than two classes have two samples or more.",
            "Add samples, so that each class has some to train and some to test.",
        )
    columns.targets[kept.name] = kept


def _add_split(columns: Columns, words: list[str], table: str) -> None:
    numbers = [tables.SPLIT_WORDS.get(word.lower(), -1) for word in words]
    wrong = sorted({word for word, n in zip(words, numbers, strict=True) if n < 0 and word})
    if wrong:
        detail = (
            f"Known are train, validation and test; these samples train: {', '.join(wrong[:5])}."
        )
        columns.findings.append(Finding("warning", f"Unknown splits in {table}", detail))
    columns.split = np.asarray(numbers, np.int8)


def _passed_over(names: list[str], where: str) -> list[Finding]:
    if not names:
        return []
    title = f"{len(names)} {'file' if len(names) == 1 else 'files'} {where}"
    return [Finding("warning", title, "They are passed over.", tuple(names))]


def _doubled(names: list[str]) -> list[Finding]:
    if not names:
        return []
    title = f"{len(names)} files share name and kind with another"
    detail = "Of such files the first by name is taken."
    return [Finding("warning", title, detail, tuple(names))]


def _why(columns: Columns) -> str:
    reasons = "; ".join(finding.title for finding in columns.findings)
    return f"{reasons}." if reasons else "Add a column with a label for each sample."
