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

from workbench.data.readers import text
from workbench.errors import UserError, nearest
from workbench.parts import MODALITIES, Modality, Task
from workbench.spec import Layout, Reading

Strings = NDArray[Any]
"""A column of text: numpy array of ``StringDType``."""

Severity = Literal["info", "warning", "error"]
SPLITS = ("train", "validation", "test")


def strings(values: object) -> Strings:
    """A column of text from any sequence of ``str``."""
    return np.asarray(values, dtype=np.dtypes.StringDType())


@dataclass(frozen=True)
class Remedy:
    """What one click can do about a finding: other values in the ``DataSpec``.

    Args:
        words: what the button says, such as ``Leave out 3 copies``.
        changes: new values by field of ``DataSpec``; names in ``leave_out`` are added to those
            that are left out already.
    """

    words: str
    changes: Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """Something about the data that a person should know.

    Args:
        severity: info, warning, or error (these samples cannot be used).
        title: what was found, with its count, in a few words: ``3 files unreadable``.
        detail: why it matters and what to do.
        files: the files concerned, relative to the folder; all of them.
        kind: what it is about, one word for all findings alike: ``unreadable``.
        rows: the samples concerned, by their place in the Index; empty where none can be shown.
        remedy: what one click can do about it; None: nothing.
    """

    severity: Severity
    title: str
    detail: str
    files: tuple[str, ...] = ()
    kind: str = ""
    rows: tuple[int, ...] = ()
    remedy: Remedy | None = None


@dataclass(frozen=True)
class Target:
    """A column that can be learned.

    Args:
        name: the column's name; of several numbers their names, such as ``x + y``.
        task: what it is by its values.
        values: by task: class indices, int64 [samples], -1 where it is missing (category, yes_no,
            ordered: the lowest is 0); numbers, float64 [samples], NaN where it is missing
            (number); 1 where a class applies, else 0, int8 [samples, classes], -1 all along a row
            where it is missing (labels); float64 [samples, numbers], NaN where it is missing
            (numbers).
        classes: names of the classes in order of their index; empty for numbers. For yes/no the
            second is the "yes".
        columns: names of several numbers in the order of ``values``; empty otherwise.
    """

    name: str
    task: Task
    values: NDArray[Any]
    classes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which samples have it, bool [samples]."""
        known = np.isfinite(self.values) if self.values.dtype.kind == "f" else self.values >= 0
        return np.asarray(known if known.ndim == 1 else known.all(axis=1), bool)

    def as_task(self, task: Task) -> Target:
        """The same column learned as another task.

        Two classes serve as category and as yes/no alike, an ordered category without its order
        as a category.

        Raises:
            UserError: the values do not allow it.
        """
        if task == self.task:
            return self
        if {task, self.task} <= {"category", "yes_no", "ordered"} and (
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
        root: the folder that holds the files, absolute and resolved.
        layout: how it was read.
        stems: name of each sample, text [samples]; no two are alike.
        files: for each modality found, path of each sample's file relative to ``root``, text
            [samples]; "" where the sample lacks it. Of a text that stands in a table or in a line
            of a larger file, the path of that table or file.
        targets: columns that can be learned, by name.
        fixed_split: split that the data themselves state, int8 [samples]: 0 train, 1 validation,
            2 test, -1 not stated; None: they state none.
        findings: what a person should know, gravest first.
        facts: typical sizes for suggestions: ``image_side`` (median of the shorter side in
            pixels), ``audio_seconds`` (95th percentile), ``audio_rate`` (median, Hz),
            ``text_words`` (95th percentile); only those of the modalities found.
        texts: texts that stand in a table or in the lines of a file, text [samples], "" where
            missing; None: every text is a file of its own.
        columns: further columns of the table and fields of the names, by name, text [samples]: to
            show, to filter and to group by.
        reading: how the folder was read, with everything that was found out filled in.
        source: the folder or zip file that was opened; what ``DataSpec.folder`` names.
    """

    root: Path
    layout: Layout
    stems: Strings
    files: Mapping[Modality, Strings]
    targets: Mapping[str, Target]
    fixed_split: NDArray[np.int8] | None = None
    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, float] = field(default_factory=dict)
    texts: Strings | None = None
    columns: Mapping[str, Strings] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)
    source: Path = field(default_factory=Path)

    def __len__(self) -> int:
        return len(self.stems)

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """The modalities found, in the fixed order image, audio, text."""
        return tuple(modality for modality in MODALITIES if modality in self.files)

    def has(self, modality: Modality) -> NDArray[np.bool_]:
        """Which samples have that modality, bool [samples]."""
        inline = modality == "text" and self.texts is not None
        column = self.texts if inline else self.files[modality]
        return np.asarray(column != "", bool)

    def target(self, name: str) -> Target:
        """The column of that name; of "" the absent target of data that are only pairs.

        Raises:
            UserError: there is none; names the nearest.
        """
        if not name:
            return Target("", "none", np.zeros(len(self), np.int64))
        if name not in self.targets:
            raise UserError(f"The data have no column '{name}'.", nearest(name, self.targets))
        return self.targets[name]

    def path(self, modality: Modality, sample: int) -> Path | None:
        """The file of one modality of one sample; None where the sample lacks it."""
        relative = str(self.files[modality][sample])
        return self.root / relative if relative else None

    def paths_in_words(self) -> dict[str, str]:
        """The files of every sample by its name, with a bar between those of one sample."""
        columns = [self.files[modality].tolist() for modality in self.modalities]
        return {
            stem: " | ".join(dict.fromkeys(str(self.root / file) for file in files if file))
            for stem, *files in zip(self.stems.tolist(), *columns, strict=True)
        }

    def text(self, sample: int) -> str:
        """The text of one sample; "" where it lacks it.

        Raises:
            UserError: its file cannot be read.
        """
        if self.texts is not None:
            return str(self.texts[sample])
        path = self.path("text", sample)
        return text.read(path)[0] if path is not None else ""

    def summary(self) -> str:
        """What was found, in words: ``3,000 samples · image + audio + text · 10 classes``."""
        words = [f"{len(self):,} samples", " + ".join(self.modalities)]
        words += [_in_words(target) for target in list(self.targets.values())[:1]]
        return " · ".join([*words, *([] if self.targets else ["no target"])])


def _in_words(target: Target) -> str:
    if target.task == "numbers":
        return f"{len(target.columns)} numbers: {target.name}"
    return f"{len(target.classes)} classes" if target.classes else f"number: {target.name}"
