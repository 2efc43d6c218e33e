"""The Index: what a folder holds, in columns; nothing is decoded here.

Columns rather than objects, so that a million samples cost megabytes and milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.errors import UserError, nearest
from workbench.parts import MODALITIES, Modality, Task

Strings = NDArray[Any]
"""A column of text: numpy array of ``StringDType``."""

Severity = Literal["info", "warning", "error"]
SPLITS = ("train", "validation", "test")


def strings(values: object) -> Strings:
    """A column of text from any sequence of ``str``."""
    return np.asarray(values, dtype=np.dtypes.StringDType())


@dataclass(frozen=True)
class Finding:
    """Something about the data that a person should know.

    Args:
        severity: info, warning, or error (these samples cannot be used).
        title: what was found, with its count, in a few words: ``3 files unreadable``.
        detail: why it matters and what to do.
        files: the files concerned, relative to the folder; all of them.
    """

    severity: Severity
    title: str
    detail: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """A column that can be learned.

    Args:
        name: the column's name.
        task: what it is by its values.
        values: class indices, int64 [samples], -1 where it is missing; or numbers, float64
            [samples], NaN where it is missing.
        classes: names of the classes in order of their index; empty for numbers. For yes/no the
            second is the "yes".
    """

    name: str
    task: Task
    values: NDArray[Any]
    classes: tuple[str, ...] = ()

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which samples have it, bool [samples]."""
        return np.isfinite(self.values) if self.task == "number" else self.values >= 0

    def as_task(self, task: Task) -> Target:
        """The same column learned as another task.

        Two classes serve as category and as yes/no alike.

        Raises:
            UserError: the values do not allow it.
        """
        if task == self.task:
            return self
        if {task, self.task} <= {"category", "yes_no"} and (
            task != "yes_no" or len(self.classes) == 2
        ):
            return Target(self.name, task, self.values, self.classes)
        raise UserError(
            f"Column '{self.name}' cannot be learned as {task.replace('_', '/')}.",
            f"Its values are of the kind {self.task.replace('_', '/')}.",
        )


@dataclass(frozen=True)
class Index:
    """What a folder holds.

    Args:
        root: the folder, absolute and resolved.
        layout: how it was read.
        stems: name of each sample, text [samples].
        files: for each modality found, path of each sample's file relative to ``root``, text
            [samples]; "" where the sample lacks it.
        targets: columns that can be learned, by name.
        fixed_split: split that the data themselves state, int8 [samples]: 0 train, 1 validation,
            2 test, -1 not stated; None: they state none.
        findings: what a person should know, gravest first.
        facts: typical sizes for suggestions: ``image_side`` (median of the shorter side in
            pixels), ``audio_seconds`` (95th percentile), ``audio_rate`` (median, Hz),
            ``text_words`` (95th percentile); only those of the modalities found.
    """

    root: Path
    layout: Literal["class_folders", "modality_folders"]
    stems: Strings
    files: Mapping[Modality, Strings]
    targets: Mapping[str, Target]
    fixed_split: NDArray[np.int8] | None = None
    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.stems)

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """The modalities found, in the fixed order image, audio, text."""
        return tuple(modality for modality in MODALITIES if modality in self.files)

    def target(self, name: str) -> Target:
        """The column of that name.

        Raises:
            UserError: there is none; names the nearest.
        """
        if name not in self.targets:
            raise UserError(f"The data have no column '{name}'.", nearest(name, self.targets))
        return self.targets[name]

    def path(self, modality: Modality, sample: int) -> Path | None:
        """The file of one modality of one sample; None where the sample lacks it."""
        relative = str(self.files[modality][sample])
        return self.root / relative if relative else None

    def summary(self) -> str:
        """What was found, in words: ``3,000 samples · image + audio + text · 10 classes``."""
        words = [f"{len(self):,} samples", " + ".join(self.modalities)]
        words += [
            f"{len(target.classes)} classes" if target.classes else f"number: {target.name}"
            for target in list(self.targets.values())[:1]
        ]
        return " · ".join(words)
