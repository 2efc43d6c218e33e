"""All samples in a table that stays quick with a million rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QItemSelection, QObject, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.data.index import SPLITS, Index
from workbench.gui import theme
from workbench.gui.background import Latest
from workbench.gui.decoding import target_words
from workbench.gui.sample_query import Query, columns_of, select
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.rows_model import LEFT, ROW_HEIGHT, RowsModel

MANY = 20_000
"""Samples from which filtering and sorting are done outside of the window's thread."""
_EXCERPT = 120
_NARROWEST = 110


class SamplesModel(RowsModel):
    """The columns of an index: sample, target, split where the data state it, files, the rest.

    Nothing is copied per sample: rows are numbers of samples, text is made when a cell is seen.

    Args:
        parent: its parent.
    """

    rows_changed = Signal()
    """Other samples are shown, or in another order."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.query = Query()
        self._index: Index | None = None
        self._latest = Latest(self)
        self._latest.answered.connect(self._show_rows)

    @property
    def rows(self) -> NDArray[np.int64]:
        """The samples that are shown, in their order."""
        return self._rows

    def show_index(self, index: Index, target: str) -> None:
        """Show these data.

        Args:
            index: the data.
            target: the column that the second column shows.
        """
        self.beginResetModel()
        if index is not self._index:
            self.query = Query()
            self._rows = np.arange(len(index), dtype=np.int64)
        self._index = index
        self._columns = columns_of(index)
        self.endResetModel()
        self.ask(replace(self.query, target=target))

    def ask(self, query: Query) -> None:
        """Show what is wanted; with many samples it follows in a moment.

        Args:
            query: what is wanted.
        """
        self.query = query
        if self._index is None:
            return
        work = partial(select, self._index, query)
        if len(self._index) > MANY:
            self._latest.ask(work)
        else:
            self._latest.forget()
            self._show_rows(work())

    def filter(self, words: str) -> None:
        """Keep the samples whose name, class or cells contain these words, in either case.

        Args:
            words: "" keeps all.
        """
        self.ask(replace(self.query, words=words))

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; a number below 0 restores the given order."""
        name = str(self._columns[column]) if 0 <= column < len(self._columns) else ""
        down = order == Qt.SortOrder.DescendingOrder
        if (name, down) != (self.query.column, self.query.descending):
            self.ask(replace(self.query, column=name, descending=down))

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
        name = str(self._columns[section])
        target = self.query.target or "Target"
        return target.replace("_", " ").capitalize() if name == "Target" else name

    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The words of a cell."""
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        column = str(self._columns[index.column()])
        words = self._cell(int(self._rows[index.row()]), column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return words
        # The whole path is for the tooltip: a column is as wide as a file's name.
        is_path = self._index is not None and column in self._paths()
        return (words.rpartition("/")[2] if is_path else words[:_EXCERPT]) or "–"

    def _paths(self) -> Sequence[str]:
        assert self._index is not None
        inline = self._index.texts is not None
        files = [m.title() for m in self._index.modalities if m != "text" or not inline]
        return ["Sample", *files]

    def _cell(self, sample: int, column: str) -> str:
        index = self._index
        if index is None:
            return ""
        if column == "Sample":
            return str(index.stems[sample])
        if column == "Target":
            return target_words(index, sample, self.query.target)
        if column == "Split":
            number = -1 if index.fixed_split is None else int(index.fixed_split[sample])
            return SPLITS[number] if number >= 0 else ""
        modality = next((m for m in index.modalities if m.title() == column), None)
        if modality == "text" and index.texts is not None:
            return " ".join(str(index.texts[sample]).split())
        if modality is not None:
            return str(index.files[modality][sample])
        return str(index.columns[column][sample])

    @Slot(object)
    def _show_rows(self, rows: object) -> None:
        self.layoutAboutToBeChanged.emit()
        self._rows = cast("NDArray[np.int64]", rows)
        self.layoutChanged.emit()
        self.rows_changed.emit()


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
        self.prefix = prefix
        self.model = SamplesModel(self)
        self._index: Index | None = None
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(0, 0, 0, 0)
        self.box.setSpacing(theme.GAP)
        self.search = QLineEdit()
        self.search.setObjectName(f"{prefix}_filter")
        self.search.setAccessibleName("Filter samples")
        self.search.setPlaceholderText("Filter by name, class or words")
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(320)
        self.search.textChanged.connect(self.model.filter)
        self.count = label("", "quiet", f"{prefix}_count")
        self.head = QHBoxLayout()
        self.head.setSpacing(theme.GAP)
        self.head.addWidget(self.search, 1)
        self.head.addStretch(1)
        self.head.addWidget(self.count)
        self.box.addLayout(self.head)
        self.table = QTableView()
        self._dress(f"{prefix}_table")
        self.views = QStackedLayout()
        self.views.addWidget(self.table)
        self.box.addLayout(self.views, 1)
        self.model.rows_changed.connect(self._follow_rows)

    def show_index(self, index: Index, target: str) -> None:
        """Show these data, and look at the first sample when they are new.

        Args:
            index: the data.
            target: the column to tell.
        """
        new = index is not self._index
        self._index = index
        if new:
            self.search.blockSignals(True)
            self.search.clear()
            self.search.blockSignals(False)
            self.table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.model.show_index(index, target)
        self._spread()

    def choose(self, sample: int) -> None:
        """Look at a sample, if it is shown.

        Args:
            sample: its number.
        """
        row = self.model.row_of(sample)
        if row >= 0:
            self.table.selectRow(row)
            self.table.scrollTo(self.model.index(row, 0))

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
        table.horizontalHeader().setHighlightSections(False)
        table.horizontalHeader().setMinimumSectionSize(_NARROWEST)
        table.setSortingEnabled(True)
        table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        table.selectionModel().selectionChanged.connect(self._select)

    def _spread(self) -> None:
        """Columns share the width; where they are many, the table scrolls sideways."""
        many = self.model.columnCount() > 6
        mode = QHeaderView.ResizeMode.Interactive if many else QHeaderView.ResizeMode.Stretch
        self.table.horizontalHeader().setSectionResizeMode(mode)
        bar = (
            Qt.ScrollBarPolicy.ScrollBarAsNeeded if many else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        )
        self.table.setHorizontalScrollBarPolicy(bar)

    @Slot()
    def _follow_rows(self) -> None:
        self._tell()
        if self.model.rowCount() and not self.table.selectionModel().hasSelection():
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
