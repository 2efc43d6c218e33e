"""Small pictures of a run's samples, by name."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from workbench.data.index import Index
from workbench.errors import UserError
from workbench.gui.pixels import Colours
from workbench.gui.run_index import RunIndex
from workbench.gui.thumbnails import Thumbnail, Thumbnails

_SIDE = 160


class Peek(QObject):
    """Decodes what stands for the one sample that is looked at now.

    Args:
        index: finds the data of the run.
        parent: its parent.
    """

    came = Signal(str, object)
    """Name of the sample that was asked for last, and its ``Thumbnail``."""

    def __init__(self, index: RunIndex, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._indexes = index
        self._pictures = Thumbnails(parent=self)
        self._pictures.came.connect(self._hear)
        self._index: Index | None = None
        self._numbers: dict[str, int] = {}
        self._stem, self._row = "", -1
        index.found.connect(self._have)
        index.failed.connect(self._fail)

    @Slot(str)
    def look(self, stem: str) -> None:
        """Ask for what stands for a sample; ``came`` brings it."""
        self._stem, self._row = stem, -1
        if stem:
            self._indexes.ask()

    @Slot(object)
    def _have(self, index: Index) -> None:
        if index is not self._index:
            self._index = index
            self._numbers = {name: row for row, name in enumerate(index.stems.tolist())}
        self._pictures.show_index(index, Colours.worn())
        if not self._stem:
            return
        self._row = self._numbers.get(self._stem, -1)
        if self._row < 0:
            gone = Thumbnail(problem="The data no longer hold this sample.", side=_SIDE)
            self.came.emit(self._stem, gone)
            return
        self._pictures.wish([self._row], _SIDE)
        self._hear(self._row)

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        if self._stem:
            self.came.emit(self._stem, Thumbnail(problem=error.problem, side=_SIDE))

    @Slot(int)
    def _hear(self, row: int) -> None:
        found = self._pictures.of(row)
        if row == self._row and found is not None:
            self.came.emit(self._stem, found)
