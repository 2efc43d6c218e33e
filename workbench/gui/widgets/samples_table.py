"""All samples in a table that stays quick with a million rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QItemSelection, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.data.index import SPLITS, Index, Strings, strings
from workbench.gui import theme
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.rows_model import LEFT, ROW_HEIGHT, RowsModel


class SamplesModel(RowsModel):
    """The columns of an index: sample, target, split where the data state it, files.

    Nothing is copied per sample: rows are numbers of samples, text is made when a cell is seen.

    Args:
        parent: its parent.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._index: Index | None = None
        self._target = ""
        self._columns: tuple[str, ...] = ()
        self._needle = ""
        self._lowered: dict[str, Strings] = {}

    def show_index(self, index: Index, target: str) -> None:
        """Show these data.

        Args:
            index: the data.
            target: the column that the second column shows.
        """
        self.beginResetModel()
        if index is not self._index:
            self._lowered, self._needle, self._order = {}, "", None
        self._index, self._target = index, target
        split = ("Split",) if index.fixed_split is not None else ()
        self._columns = ("Sample", "Target", *split, *(m.title() for m in index.modalities))
        self._refresh()
        self.endResetModel()

    def filter(self, words: str) -> None:
        """Keep the samples whose name or class contains these words, in either case.

        Args:
            words: "" keeps all.
        """
        self._needle = words.strip().lower()
        self.beginResetModel()
        self._refresh()
        self.endResetModel()

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Names of the columns; the second is that of the target."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return LEFT
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        name = self._columns[section]
        return self._target.replace("_", " ").capitalize() if name == "Target" else name

    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The words of a cell."""
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        words = self._cell(int(self._rows[index.row()]), self._columns[index.column()])
        # The whole path is for the tooltip: a column is as wide as a file's name.
        return words if role == Qt.ItemDataRole.ToolTipRole else words.rpartition("/")[2] or "–"

    def _cell(self, sample: int, column: str) -> str:
        index = self._index
        if index is None:
            return ""
        if column == "Sample":
            return str(index.stems[sample])
        if column == "Target":
            target = index.targets[self._target]
            if not target.present[sample]:
                return ""
            value = target.values[sample]
            return target.classes[int(value)] if target.classes else f"{float(value):.6g}"
        if column == "Split":
            number = -1 if index.fixed_split is None else int(index.fixed_split[sample])
            return SPLITS[number] if number >= 0 else ""
        return next(
            (str(index.files[m][sample]) for m in index.modalities if m.title() == column), ""
        )

    def _refresh(self) -> None:
        index = self._index
        if index is None:
            return
        rows = np.arange(len(index), dtype=np.int64)
        if self._needle:
            rows = rows[self._matches()]
        if self._order is not None:
            column, descending = self._order
            order = np.argsort(self._key(self._columns[column])[rows], kind="stable")
            rows = rows[order[::-1] if descending else order]
        self._rows = rows

    def _matches(self) -> NDArray[np.bool_]:
        index = self._index
        assert index is not None
        found: NDArray[np.bool_] = np.strings.find(self._lower("Sample"), self._needle) >= 0
        target = index.targets[self._target]
        if target.classes:
            hits = [i for i, name in enumerate(target.classes) if self._needle in name.lower()]
            found |= np.isin(target.values, hits)
        for modality in index.modalities:
            found |= np.strings.find(self._lower(modality), self._needle) >= 0
        return found

    def _lower(self, column: str) -> Strings:
        index = self._index
        assert index is not None
        if column not in self._lowered:
            words = index.stems if column == "Sample" else index.files[column.lower()]  # type: ignore[index]
            self._lowered[column] = strings(np.strings.lower(words))
        return self._lowered[column]

    def _key(self, column: str) -> NDArray[Any]:
        index = self._index
        assert index is not None
        if column == "Sample":
            return index.stems
        if column == "Target":
            target = index.targets[self._target]
            if not target.classes:
                return target.values
            # Classes stand in the order of their names, not of their numbers.
            rank = np.argsort(np.argsort(strings(target.classes), kind="stable"))
            return np.where(target.values >= 0, rank[target.values], -1)
        if column == "Split" and index.fixed_split is not None:
            return index.fixed_split
        return next(index.files[m] for m in index.modalities if m.title() == column)


class SamplesTable(QWidget):
    """The table with its filter.

    Args:
        prefix: of the object names: ``<prefix>_filter``, ``<prefix>_table``, ``<prefix>_count``.
        parent: its parent.
    """

    sample_chosen = Signal(int)
    """Number of the sample that the person looks at."""

    def __init__(self, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = SamplesModel(self)
        self._index: Index | None = None
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        self.search = QLineEdit()
        self.search.setObjectName(f"{prefix}_filter")
        self.search.setAccessibleName("Filter samples")
        self.search.setPlaceholderText("Filter by name, class or file")
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(320)
        self.search.textChanged.connect(self._filter)
        self.count = label("", "quiet", f"{prefix}_count")
        head = QHBoxLayout()
        head.addWidget(self.search, 1)
        head.addStretch(1)
        head.addWidget(self.count)
        box.addLayout(head)
        self.table = QTableView()
        self._dress(f"{prefix}_table")
        box.addWidget(self.table, 1)

    def show_index(self, index: Index, target: str) -> None:
        """Show these data, and look at the first sample when they are new.

        Args:
            index: the data.
            target: the column to tell.
        """
        new = index is not self._index
        self._index = index
        if new:
            self.search.clear()
            self.table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        chosen = self.table.currentIndex().row()
        self.model.show_index(index, target)
        self._tell()
        self.table.selectRow(0 if new else max(chosen, 0))

    def _dress(self, name: str) -> None:
        table = self.table
        table.setObjectName(name)
        table.setAccessibleName("Samples")
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setWordWrap(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.verticalHeader().hide()
        # Fixed heights: with a million rows nothing may be measured.
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setHighlightSections(False)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setSortingEnabled(True)
        table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        table.selectionModel().selectionChanged.connect(self._select)

    def _filter(self, words: str) -> None:
        self.model.filter(words)
        self._tell()
        if self.model.rowCount():
            self.table.selectRow(0)

    def _tell(self) -> None:
        total = 0 if self._index is None else len(self._index)
        kept = self.model.rowCount()
        noun = "sample" if total == 1 else "samples"
        self.count.setText(
            f"{total:,} {noun}" if kept == total else f"{kept:,} of {total:,} {noun}"
        )

    def _select(self, selected: QItemSelection) -> None:
        if selected.indexes():
            self.sample_chosen.emit(self.model.entry(selected.indexes()[0].row()))
