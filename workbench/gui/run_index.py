"""The index of the data that a run was made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from workbench.data.folder import scan
from workbench.data.index import Index
from workbench.errors import UserError
from workbench.gui.background import Latest
from workbench.gui.presenters.data import DataPresenter
from workbench.runs import store


class RunIndex(QObject):
    """Finds the index of a run's data: the one that is open, or one that is scanned for it.

    Args:
        data: whose index serves where it is of the same folder.
        run: gives the folder of the run whose data are wanted; None for no run.
        parent: its parent.
    """

    found = Signal(object)
    """The ``Index`` that was asked for."""

    failed = Signal(object)
    """The ``UserError`` why there is none: the data are gone, or the run's spec is damaged."""

    def __init__(
        self, data: DataPresenter, run: Callable[[], Path | None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._data, self._run = data, run
        self._index: Index | None = None
        self._of: Path | None = None
        self._scanning = False
        self._scan = Latest(self)
        self._scan.answered.connect(self._have)
        self._scan.failed.connect(self._fail)

    def forget(self) -> None:
        """Another run is shown, or other data are open."""
        self._index = None
        self._scanning = False
        self._scan.forget()

    def ask(self) -> None:
        """Find the index; ``found`` brings it, at once where it is known."""
        folder = self._run()
        if folder is None or (self._scanning and self._of == folder):
            return
        if self._index is not None and self._of == folder:
            self.found.emit(self._index)
            return
        self._index, self._of = None, folder
        known, shown = self._data.state.index, self._data.state.data
        try:
            data = store.find(folder).spec().data
        except UserError as error:
            self.failed.emit(error)
            return
        if (
            known is not None
            and shown is not None
            and (shown.folder, shown.reading) == (data.folder, data.reading)
        ):
            self._have(known)
        else:
            self._scanning = True
            self._scan.ask(lambda: scan(data.folder, reading=data.reading, check=False))

    @Slot(object)
    def _have(self, index: Index) -> None:
        self._index, self._scanning = index, False
        self.found.emit(index)

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        # Data that were put back meanwhile are found when the next sample is asked for.
        self._scanning = False
        self.failed.emit(error)
