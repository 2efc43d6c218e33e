"""What the data screen says: how a folder was read, what it holds, what was applied."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from workbench.data.index import Finding, Index
from workbench.parts import Modality
from workbench.spec import ColumnRole, DataSpec, Layout, Reading

LAYOUTS: Mapping[Layout, str] = {
    "class_folders": "one folder per class",
    "sample_folders": "one folder per sample",
    "modality_folders": "one folder per modality",
    "manifest": "a table that lists the samples",
    "file_names": "file names that say what they hold",
    "lines": "one sample a line of a text file",
}
ROLES: Mapping[ColumnRole, str] = {
    "image": "Picture file",
    "audio": "Sound file",
    "text": "Text",
    "target": "Can be learned",
    "split": "States the split",
    "group": "To group by",
    "id": "Sample's name",
    "ignore": "Not used",
}
_NOUNS: Mapping[Modality, str] = {"image": "pictures", "audio": "sounds", "text": "texts"}


def name_of(index: Index) -> str:
    """What the data are called: the name of the folder or zip file that was opened."""
    return source_of(index).name


def source_of(index: Index) -> Path:
    """The folder or zip file that was opened; what ``DataSpec.folder`` names."""
    return index.source if index.source.is_absolute() else index.root


def reading_in_words(index: Index) -> str:
    """How the folder was read, a sentence or two.

    Args:
        index: what was found.
    """
    together = "Files of one name belong together." if len(index.modalities) > 1 else ""
    match index.layout:
        case "manifest":
            words = _table_in_words(index.reading)
        case "class_folders":
            words = f"One folder per class. {together}"
        case "sample_folders":
            words = "One folder per sample: all files in it belong together."
        case "modality_folders":
            words = f"One folder per modality. {together}"
        case "file_names":
            pattern = index.reading.pattern
            told = f"File names say what they hold: {pattern}." if pattern else "Single files."
            words = f"{told} {together}"
        case "lines":
            words = "Each line of the text file is one sample."
    return f"{words.strip()} {_split_in_words(index)}".strip()


def _table_in_words(reading: Reading) -> str:
    table = f"The table {reading.manifest}" if reading.manifest else "A table"
    roles: dict[str, list[str]] = {}
    for column, role in reading.roles.items():
        roles.setdefault(role, []).append(column)
    told = [
        f"{', '.join(roles[role])} {verb if len(roles[role]) == 1 else plural}"
        for role, verb, plural in (
            ("image", "names the picture", "name the pictures"),
            ("audio", "names the sound", "name the sounds"),
            ("text", "holds the text", "hold the texts"),
            ("target", "can be learned", "can be learned"),
            ("group", "is to group by", "are to group by"),
        )
        if role in roles
    ]
    return f"{table} lists the samples{': ' + '; '.join(told) if told else ''}."


def _split_in_words(index: Index) -> str:
    if index.fixed_split is None:
        return ""
    stated = int((index.fixed_split >= 0).sum())
    if stated == len(index):
        return "The data state the split themselves."
    return f"The data state the split of {stated:,} samples."


def size_in_words(index: Index, modality: Modality) -> str:
    """How many samples have a modality, and how large it typically is.

    Args:
        index: the data.
        modality: one that the data have.
    """
    count = int(index.has(modality).sum())
    noun = _NOUNS[modality]
    words = f"{count:,} {noun}" if count == len(index) else f"{count:,} of {len(index):,} {noun}"
    facts = index.facts
    match modality:
        case "image" if "image_side" in facts:
            return f"{words} · typically {facts['image_side']:.0f} px"
        case "audio" if {"audio_seconds", "audio_rate"} <= facts.keys():
            length = f"mostly up to {facts['audio_seconds']:.2g} s"
            return f"{words} · {length} · {facts['audio_rate']:,.0f} Hz"
        case "text" if "text_words" in facts:
            return f"{words} · mostly up to {facts['text_words']:.0f} words"
    return words


def incomplete(index: Index) -> int:
    """How many samples lack a modality that others have.

    Args:
        index: the data.
    """
    there = np.stack([index.has(modality) for modality in index.modalities])
    return int((~there.all(axis=0)).sum())


def summary_in_words(index: Index, data: DataSpec) -> str:
    """What the data hold: ``300 samples · image + text · 3 classes``.

    Args:
        index: what was found.
        data: what is learned.
    """
    target = index.target(data.target)
    match data.task:
        case "none":
            learned = "no target"
        case "number":
            learned = f"number: {target.name}"
        case "numbers":
            learned = f"{len(target.columns)} numbers"
        case _:
            learned = f"{len(target.classes)} classes"
    noun = "sample" if len(index) == 1 else "samples"
    return f"{len(index):,} {noun} · {' + '.join(index.modalities)} · {learned}"


def effect_in_words(index: Index) -> str:
    """What a reading gives: ``3,000 samples · image + text · 10 classes · 12 without a target``.

    Args:
        index: what was found.
    """
    words = [index.summary()]
    for target in list(index.targets.values())[:1]:
        missing = int((~target.present).sum())
        words += [f"{missing:,} without a value of {target.name}"] if missing else []
    lacking = incomplete(index)
    words += [f"{lacking:,} incomplete"] if lacking else []
    return " · ".join(words)


def scanned_words(done: int, total: int) -> str:
    """How far a scan is.

    Args:
        done: files seen.
        total: files to see; 0: not known.
    """
    if total:
        return f"{done:,} of {total:,} files"
    return f"{done:,} files" if done else "Looking for files…"


def counts_in_words(findings: tuple[Finding, ...]) -> str:
    """How many findings there are: ``1 error · 2 warnings``; "" for none.

    Args:
        findings: all of them.
    """
    names = {"error": "error", "warning": "warning", "info": "note"}
    told = []
    for severity, name in names.items():
        count = sum(finding.severity == severity for finding in findings)
        if count:
            told.append(f"{count} {name}{'' if count == 1 else 's'}")
    return " · ".join(told)
