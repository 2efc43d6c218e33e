"""What the data screen shows and decides: what was read, what is learned, how it is divided."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import QObject, Signal, Slot

from workbench import suggest
from workbench.data.index import Index
from workbench.errors import UserError
from workbench.gui.background import Latest
from workbench.gui.presenters.data_figures import (
    Figures,
    figures,
    needs_rereading,
)
from workbench.gui.presenters.data_state import DataState, shown
from workbench.gui.presenters.data_words import source_of
from workbench.gui.presenters.examination import Examination, Examiner
from workbench.gui.presenters.reading import ReadingPresenter
from workbench.gui.presenters.remedies import Applied, applied, undone
from workbench.gui.scanning import Examine, FolderReader, Scan
from workbench.parts import Modality, Task
from workbench.spec import DataSpec, Reading

__all__ = ["DataPresenter", "DataState"]


class DataPresenter(QObject):
    """Reads folders, holds what a person chose about them, and has every file looked at.

    Args:
        scan: ``workbench.data.folder.scan``.
        examine: ``workbench.data.health.examine``.
        clock: seconds that only grow.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``DataState`` after a change."""

    opened = Signal(object, object)
    """The ``Index`` of data that were read, and the ``DataSpec`` that goes with it."""

    chosen = Signal(object)
    """The ``DataSpec`` after the person chose another target, division or remedy."""

    examined = Signal(object)
    """The ``Index`` after every file was looked at: with findings and typical sizes."""

    def __init__(
        self,
        scan: Scan,
        examine: Examine,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.state = DataState()
        self.reading = ReadingPresenter(scan, parent=self)
        self._asked = Reading()
        self._wanted: DataSpec | None = None
        self._scanned: Index | None = None
        self._modalities: tuple[Modality, ...] = ()
        self._reader, self._counter = FolderReader(scan, self), Latest(self)
        self._examiner = Examiner(examine, clock, self)
        self._reader.progressed.connect(self._progress)
        self._reader.found.connect(self._found)
        self._reader.failed.connect(self._failed)
        self._examiner.began.connect(self._examining)
        self._examiner.progressed.connect(self._examining)
        self._examiner.found.connect(self._examined)
        self._examiner.failed.connect(self._examination_failed)
        self._counter.answered.connect(self._counted)
        self._counter.failed.connect(self.tell)
        self.reading.accepted.connect(self._accept_reading)

    @Slot(object)
    def open(self, path: Path, data: DataSpec | None = None) -> None:
        """Read a folder; what was under way is given up.

        Args:
            path: the folder, or a zip file of one.
            data: what was chosen about it earlier, such as in a run of the past.
        """
        self._stop_all()
        self._wanted = data
        self._asked = data.reading if data is not None else Reading()
        self._become(DataState(phase="scanning", folder=path))
        self._reader.read(path, self._asked)

    @Slot()
    def cancel(self) -> None:
        """Give the reading up."""
        if self.state.phase == "scanning":
            self._stop_all()
            self._become(DataState())

    @Slot()
    def skip(self) -> None:
        """Give the look at every file up."""
        self._examiner.give_up()
        self._become(replace(self.state, examination=None))

    @Slot()
    def correct(self) -> None:
        """Open the correction of how the folder is read."""
        if self.state.folder is not None:
            self.reading.begin(self.state.folder, self._scanned, self._asked, self.state.target)

    def show_index(self, index: Index, data: DataSpec | None = None) -> None:
        """Show data that are known already.

        Args:
            index: what a folder holds.
            data: what was chosen about it; None: as it suggests itself.
        """
        self._stop_all()
        self._wanted = data
        self._show(index)

    @Slot(str)
    def choose_target(self, name: str) -> None:
        """Learn another column.

        Args:
            name: one of the targets; "" for none.
        """
        index, data = self.state.index, self.state.data
        if index is None or data is None or name == data.target:
            return
        self._choose(target=name, task=index.target(name).task)

    @Slot(str)
    def choose_task(self, task: Task) -> None:
        """Learn the column as something else; its cells are read anew where that is needed.

        Args:
            task: one that the values allow.
        """
        index, data = self.state.index, self.state.data
        if index is None or data is None or task == data.task:
            return
        if task == "none":
            self.choose_target("")
        elif not needs_rereading(index.target(data.target), task):
            self._choose(task=task)
        else:
            tasks = {**self._asked.tasks, data.target: task}
            asked = self._asked.model_copy(update={"tasks": tasks})
            self._wanted = data.model_copy(update={"task": task})
            self._read_anew(asked)

    @Slot(str, object)
    def change(self, name: str, value: object) -> None:
        """Divide otherwise, or keep incomplete samples or not.

        Args:
            name: ``division``, ``group``, ``validation``, ``test``, ``split_seed`` or
                ``incomplete``.
            value: its new value.
        """
        changes = {name: value}
        groups = self.state.groups
        if name == "division" and value == "grouped" and groups and not self._data().group:
            changes["group"] = groups[0].name
        self._choose(**changes)

    @Slot(int)
    def apply(self, number: int) -> None:
        """Apply the remedy of a finding.

        Args:
            number: place of the finding.
        """
        finding = self.state.findings[number]
        if finding.remedy is None:
            return
        data, done = applied(self._data(), finding)
        self._adopt_remedies(data, (*self.state.applied, done))

    @Slot(int)
    def undo(self, number: int) -> None:
        """Undo a remedy that was applied.

        Args:
            number: its place among those applied.
        """
        done = self.state.applied
        data = undone(self._data(), done[number])
        self._adopt_remedies(data, done[:number] + done[number + 1 :])

    @Slot()
    def take_back(self) -> None:
        """Leave nobody out any more."""
        kept = tuple(done for done in self.state.applied if "leave_out" not in done.changes)
        self._adopt_remedies(self._data().model_copy(update={"leave_out": ()}), kept)

    def adopt(self, data: DataSpec, modalities: tuple[Modality, ...]) -> None:
        """Follow what was chosen in the recipe; nothing is announced.

        Args:
            data: the recipe's.
            modalities: those in use.
        """
        mine = self.state.data
        if mine is None or data.folder != mine.folder or data.target != mine.target:
            return
        counts = (_divides(mine), self._modalities) != (_divides(data), modalities)
        self._modalities = modalities
        if data != mine:
            self._become(replace(self.state, data=data))
        if counts:
            self._count()

    @Slot(object)
    def tell(self, error: UserError) -> None:
        """Say that what was chosen cannot be learned.

        Args:
            error: what is wrong with it, and what to do.
        """
        self._become(replace(self.state, error=error))

    def close(self) -> None:
        """End every thread; returns when they have ended."""
        self._stop_all()
        self._reader.close()
        self._examiner.close()
        self.reading.close()

    def _data(self) -> DataSpec:
        assert self.state.data is not None
        return self.state.data

    def _stop_all(self) -> None:
        self._reader.give_up()
        self._examiner.give_up()
        self._counter.forget()
        self.reading.back()
        self._scanned = None

    def _read_anew(self, asked: Reading) -> None:
        assert self.state.folder is not None
        self._become(replace(self.state, rereading=True, error=None))
        self._reader.read(self.state.folder, asked)

    @Slot(int, int)
    def _progress(self, done: int, total: int) -> None:
        if self.state.phase == "scanning":
            self._become(replace(self.state, done=done, total=total))

    @Slot(object)
    def _found(self, answer: object) -> None:
        index, self._asked = cast("tuple[Index, Reading]", answer)
        self._show(index)

    @Slot(object)
    def _failed(self, error: UserError) -> None:
        if self.state.phase == "scanning":
            self._become(DataState(phase="failed", folder=self.state.folder, error=error))
        else:
            self._wanted = None
            self._become(replace(self.state, rereading=False, error=error))

    @Slot(object, object)
    def _accept_reading(self, index: Index, asked: Reading) -> None:
        before, self._asked = self.state.data, asked
        if before is not None and before.target in index.targets:
            self._wanted = before.model_copy(
                update={"task": index.targets[before.target].task, "leave_out": (), "group": ""}
            )
        self._show(index)

    def _show(self, index: Index) -> None:
        self._examiner.give_up()
        wanted, self._wanted = self._wanted, None
        data, error = _fitting(index, wanted)
        self._scanned = index
        self._modalities = index.modalities
        keep = self.state.applied if self.state.rereading else ()
        self._become(shown(index, data, keep, error))
        self.opened.emit(index, data)
        self._count()
        self._examiner.start(index, data)

    def _choose(self, **changes: Any) -> None:
        if self.state.data is None:
            return
        data = DataSpec.model_validate({**dict(self.state.data), **changes})
        if data != self.state.data:
            self._settle(data, self.state.applied)

    def _adopt_remedies(self, data: DataSpec, done: tuple[Applied, ...]) -> None:
        if data.reading != self._data().reading:
            # What is read anew brings its own targets; the rest of the choice is kept.
            self._wanted = data
            self._become(replace(self.state, applied=done))
            self._read_anew(data.reading)
        else:
            self._settle(data, done)

    def _settle(self, data: DataSpec, done: tuple[Applied, ...]) -> None:
        self._become(replace(self.state, data=data, applied=done, error=None))
        self.chosen.emit(data)
        self._count()
        if self._scanned is not None:
            self._examiner.start_soon(self._scanned, data)

    def _count(self) -> None:
        index, data, modalities = self.state.index, self.state.data, self._modalities
        if index is not None and data is not None:
            self._counter.ask(lambda: figures(index, data, modalities))

    @Slot(object)
    def _counted(self, answer: object) -> None:
        self._become(replace(self.state, figures=cast("Figures", answer)))

    @Slot(object)
    def _examining(self, examination: Examination) -> None:
        self._become(replace(self.state, examination=examination))

    @Slot(object)
    def _examined(self, index: Index) -> None:
        self._modalities = tuple(m for m in self._modalities if m in index.modalities)
        self._become(replace(self.state, index=index, examination=None, examined=True))
        self.examined.emit(index)
        self._count()

    @Slot(object)
    def _examination_failed(self, error: UserError) -> None:
        self._become(replace(self.state, examination=None, error=error))

    def _become(self, state: DataState) -> None:
        self.state = state
        self.changed.emit(state)


def _fitting(index: Index, wanted: DataSpec | None) -> tuple[DataSpec, UserError | None]:
    """What is chosen about these data: what was wanted as far as it fits, and why it does not."""
    if wanted is None:
        return suggest.data_spec(index), None
    folder = str(source_of(index))
    try:
        index.target(wanted.target).as_task(wanted.task)
    except UserError as error:
        return suggest.data_spec(index), error
    return wanted.model_copy(update={"folder": folder, "reading": index.reading}), None


def _divides(data: DataSpec) -> dict[str, object]:
    """What the counts of the splits depend on."""
    return data.model_dump(exclude={"image", "audio", "text"})
