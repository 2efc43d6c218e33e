"""The sounds of a run's samples, by name, for whoever plays them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from workbench.data.index import Index
from workbench.gui.background import Latest
from workbench.gui.decoding import READERS, Sound, decode
from workbench.gui.run_index import RunIndex


class RunSounds(QObject):
    """Decodes the sound of the one sample that is looked at now.

    Args:
        index: finds the data of the run.
        parent: its parent.
    """

    came = Signal(object)
    """The ``Sound``; None where the sample has none, or while it is read."""

    def __init__(self, index: RunIndex, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._indexes = index
        self._stem = ""
        self._reading = Latest(self)
        self._reading.answered.connect(self.came)
        index.found.connect(self._have)

    @Slot(str)
    def look(self, stem: str) -> None:
        """Read the sound of a sample."""
        self._stem = stem
        self._reading.forget()
        self.came.emit(None)
        if stem:
            self._indexes.ask()

    @Slot(object)
    def _have(self, index: Index) -> None:
        stem = self._stem
        if stem and "audio" in index.modalities:
            self._reading.ask(lambda: _sound(index, stem))


def _sound(index: Index, stem: str) -> Sound | None:
    rows = np.flatnonzero(index.stems == stem)
    return decode(index, int(rows[0]), READERS, "").sound if len(rows) else None
