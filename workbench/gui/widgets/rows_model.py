"""A table over columns: rows are numbers of entries, and text is made when a cell is seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QObject, Qt

ROW_HEIGHT = 28
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class RowsModel(QAbstractTableModel):
    """Base of tables that sort and filter by an array of entry numbers.

    Subclasses fill ``_columns`` and, in ``_refresh``, ``_rows``.

    Args:
        parent: its parent.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns: Sequence[Any] = ()
        self._rows: NDArray[np.int64] = np.zeros(0, np.int64)
        self._order: tuple[int, bool] | None = None

    def entry(self, row: int) -> int:
        """Number of the entry that stands in a row."""
        return int(self._rows[row])

    def row_of(self, entry: int) -> int:
        """The row of an entry; -1 when it is not shown."""
        found = np.flatnonzero(self._rows == entry)
        return int(found[0]) if len(found) else -1

    def rowCount(self, parent: Any = None) -> int:
        """How many entries are shown."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Any = None) -> int:
        """How many columns there are."""
        return 0 if parent is not None and parent.isValid() else len(self._columns)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; a number below 0 restores the given order."""
        self._order = (column, order == Qt.SortOrder.DescendingOrder) if column >= 0 else None
        self.layoutAboutToBeChanged.emit()
        # What is selected stays selected, wherever it stands now.
        kept = self.persistentIndexList()
        entries = [self.entry(index.row()) for index in kept]
        self._refresh()
        moved = [
            self.index(self.row_of(entry), index.column())
            for entry, index in zip(entries, kept, strict=True)
        ]
        self.changePersistentIndexList(kept, moved)
        self.layoutChanged.emit()

    def _refresh(self) -> None:
        """Fill ``_rows`` anew; redefined by each table."""
