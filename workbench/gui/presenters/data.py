"""What the data screen shows and decides: scan, target, balance, division, findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from workbench.data.index import SPLITS, Finding, Index, Target
from workbench.errors import UserError
from workbench.gui.choices import Choice
from workbench.gui.scanning import Scan, ScanThread
from workbench.parts import TASK_WORDS, TASKS, Modality, Task

_LAYOUTS: Mapping[str, str] = {
    "class_folders": "one folder per class",
    "modality_folders": "one folder per modality",
    "sample_folders": "one folder per sample",
    "manifest": "a table that lists the samples",
    "file_names": "file names that say what they hold",
    "lines": "one sample a line of a text file",
}
_BINS = 28
# Beyond this many spreads from the median a number would flatten the histogram of all others.
_FAR = 8.0


@dataclass(frozen=True)
class Balance:
    """How the values of a target are spread.

    Args:
        names: the classes, the most frequent first; empty for numbers.
        counts: samples of each class, or of each bin.
        low: left end of the first bin; numbers only.
        high: right end of the last bin; numbers only.
        median: of all values; numbers only.
        note: what the picture leaves out, and how even it is, one sentence.
    """

    names: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    low: float = 0.0
    high: float = 0.0
    median: float = 0.0
    note: str = ""


@dataclass(frozen=True)
class DataState:
    """All that the data screen shows.

    Args:
        phase: empty, scanning, shown or failed.
        folder: the folder in question.
        done: files looked at.
        total: files to look at; 0: not known.
        index: what was found.
        layout: how the folder was read, in words.
        targets: columns that can be learned.
        target: the chosen one.
        tasks: what the target can be learned as.
        task: the chosen one.
        balance: how its values are spread.
        splits: the division in words.
        counts: findings by severity.
        sizes: how many samples have each modality and how large it typically is, in words.
        error: why nothing is shown.
    """

    phase: Literal["empty", "scanning", "shown", "failed"] = "empty"
    folder: Path | None = None
    done: int = 0
    total: int = 0
    index: Index | None = None
    layout: str = ""
    targets: tuple[Choice, ...] = ()
    target: str = ""
    tasks: tuple[Choice, ...] = ()
    task: Task = "category"
    balance: Balance = Balance()
    splits: str = ""
    counts: Mapping[str, int] | None = None
    sizes: Mapping[Modality, str] = field(default_factory=dict)
    error: UserError | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What a person should know, gravest first."""
        return self.index.findings if self.index is not None else ()


class DataPresenter(QObject):
    """Scans folders and holds the target that was chosen.

    Args:
        scan: ``workbench.data.folder.scan``.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``DataState`` after a change."""

    opened = Signal(object)
    """The ``Index`` of a folder that was scanned."""

    target_changed = Signal(str, str)
    """The person chose another target or task."""

    def __init__(self, scan: Scan, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = DataState()
        self._scan = scan
        self._threads: list[ScanThread] = []

    @Slot(object)
    def open(self, path: Path) -> None:
        """Scan a folder; an earlier scan is given up.

        Args:
            path: the folder.
        """
        self._give_up()
        thread = ScanThread(self._scan, path)
        self._threads.append(thread)
        # Every answer names its thread: a late word of an earlier scan is not heard.
        thread.progressed.connect(self._progress)
        thread.found.connect(self._found)
        thread.failed.connect(self._failed)
        thread.finished.connect(self._sweep)
        self._become(DataState(phase="scanning", folder=path))
        thread.start()

    @Slot()
    def cancel(self) -> None:
        """Give the scan up."""
        if self.state.phase == "scanning":
            self._give_up()
            self._become(DataState())

    def show_index(self, index: Index) -> None:
        """Show data that are known already, without a scan.

        Args:
            index: what a folder holds.
        """
        self._give_up()
        self._show(index)

    @Slot(str)
    def choose_target(self, name: str) -> None:
        """Learn another column.

        Args:
            name: one of the targets.
        """
        index = self.state.index
        if index is not None and name in index.targets and name != self.state.target:
            self._become(_with_target(self.state, index.targets[name]))
            self.target_changed.emit(self.state.target, self.state.task)

    @Slot(str)
    def choose_task(self, task: Task) -> None:
        """Learn the column as something else, such as yes/no instead of two categories.

        Args:
            task: one that the values allow.
        """
        index = self.state.index
        if index is None or task == self.state.task:
            return
        chosen = index.target(self.state.target).as_task(task)
        self._become(replace(self.state, task=task, balance=balance_of(chosen)))
        self.target_changed.emit(self.state.target, task)

    def close(self) -> None:
        """End every thread; returns when they have ended."""
        self._give_up()
        for thread in list(self._threads):
            thread.wait()
        self._threads.clear()

    def _give_up(self) -> None:
        for thread in self._threads:
            thread.stop()

    def _current(self, thread: ScanThread) -> bool:
        return (
            bool(self._threads) and thread is self._threads[-1] and self.state.phase == "scanning"
        )

    @Slot(object, int, int)
    def _progress(self, thread: ScanThread, done: int, total: int) -> None:
        if self._current(thread):
            self._become(replace(self.state, done=done, total=total))

    @Slot(object, object)
    def _found(self, thread: ScanThread, index: Index) -> None:
        if self._current(thread):
            self._show(index)

    @Slot(object, object)
    def _failed(self, thread: ScanThread, error: UserError) -> None:
        if self._current(thread):
            self._become(DataState(phase="failed", folder=thread.folder, error=error))

    @Slot()
    def _sweep(self) -> None:
        for thread in [thread for thread in self._threads if thread.isFinished()]:
            # finished comes from a thread that is about to end: it must have ended to be let go.
            thread.wait()
            self._threads.remove(thread)

    def _show(self, index: Index) -> None:
        state = DataState(
            phase="shown",
            folder=index.root,
            index=index,
            layout=_LAYOUTS[index.layout],
            targets=tuple(Choice(name, name) for name in index.targets),
            splits=splits_in_words(index),
            sizes={m: size_in_words(index, m) for m in index.modalities},
            counts={
                severity: sum(f.severity == severity for f in index.findings)
                for severity in ("error", "warning", "info")
            },
        )
        self._become(_with_target(state, next(iter(index.targets.values()))))
        self.opened.emit(index)

    def _become(self, state: DataState) -> None:
        self.state = state
        self.changed.emit(state)


def _with_target(state: DataState, target: Target) -> DataState:
    return replace(
        state,
        target=target.name,
        tasks=tuple(_task_choice(target, task) for task in TASKS),
        task=target.task,
        balance=balance_of(target),
    )


def _task_choice(target: Target, task: Task) -> Choice:
    try:
        target.as_task(task)
    except UserError as error:
        return Choice(task, TASK_WORDS[task].capitalize(), "", error.remedy or error.problem)
    return Choice(task, TASK_WORDS[task].capitalize())


def balance_of(target: Target) -> Balance:
    """How the values of a target are spread.

    Args:
        target: a column.
    """
    values = target.values[target.present]
    missing = len(target.values) - len(values)
    left_out = f" {missing:,} without a value." if missing else ""
    if target.task == "number":
        return _histogram(values, left_out)
    counts = np.bincount(values, minlength=len(target.classes))
    order = np.argsort(-counts, kind="stable")
    ratio = counts.max() / max(int(counts.min()), 1)
    even = (
        "Evenly spread."
        if ratio < 1.5
        else f"The most frequent class has {ratio:.1f} times the samples of the rarest."
    )
    return Balance(
        names=tuple(target.classes[i] for i in order),
        counts=tuple(int(counts[i]) for i in order),
        note=even + left_out,
    )


def _histogram(values: NDArray[Any], left_out: str) -> Balance:
    if not len(values):
        return Balance(note="No sample has a value.")
    median = float(np.median(values))
    low, high = np.percentile(values, [25, 75])
    spread = max(float(high - low) / 1.349, 1e-12)
    near = values[np.abs(values - median) <= _FAR * spread]
    # With more than half of all values alike the spread is zero: then all are shown.
    shown = near if len(near) and high > low else values
    counts, edges = np.histogram(shown, bins=_BINS)
    far = len(values) - len(shown)
    note = f"Median {median:.4g}, from {values.min():.4g} to {values.max():.4g}."
    if far:
        note += f" {far:,} far out, not drawn."
    return Balance(
        counts=tuple(int(count) for count in counts),
        low=float(edges[0]),
        high=float(edges[-1]),
        median=median,
        note=note + left_out,
    )


def splits_in_words(index: Index) -> str:
    """How the samples are divided, or will be.

    Args:
        index: the data.
    """
    if index.fixed_split is None:
        return "Divided at random when training starts: 70 % train, 15 % validation, 15 % test."
    counts = [int((index.fixed_split == number).sum()) for number in range(len(SPLITS))]
    stated = " · ".join(f"{count:,} {name}" for count, name in zip(counts, SPLITS, strict=True))
    unstated = len(index) - sum(counts)
    rest = f" · {unstated:,} not stated" if unstated else ""
    return f"Stated by the data: {stated}{rest}."


def size_in_words(index: Index, modality: Modality) -> str:
    """How many samples have a modality, and how large it typically is.

    Args:
        index: the data.
        modality: one that the data have.
    """
    count = int((index.files[modality] != "").sum())
    noun = {"image": "pictures", "audio": "sounds", "text": "texts"}[modality]
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
