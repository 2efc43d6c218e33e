"""All samples in a table that stays quick with a million rows."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QItemSelection, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.data.index import Index
from workbench.gui import theme
from workbench.gui.listing import Column, cell
from workbench.gui.presenters.samples import SamplesPresenter, SamplesState
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.rows_model import LEFT, ROW_HEIGHT, RowsModel

_LONG = 1000
"""Letters of a text that a tooltip shows."""
_NARROWEST = 88
"""Room for the word validation, device-independent pixels."""
_WIDTHS = {"sample": 180, "target": 140, "split": 104, "modality": 166, "column": 120}


class SamplesModel(RowsModel):
    """The columns of an index: sample, target, split, modalities, further columns.

    Nothing is copied for a sample: rows are numbers of samples, text is made when a cell is seen.

    Args:
        parent: its parent.
    """

    sort_wished = Signal(object, bool)
    """The ``Column`` to sort by, None for the order of the data; and whether from the largest."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = SamplesState()

    def show_state(self, state: SamplesState) -> None:
        """Show these rows.

        Args:
            state: from the presenter.
        """
        before, self._state = self._state, state
        if state.samples is None or (state.samples is before.samples and state.rows is before.rows):
            return
        self.beginResetModel()
        self._columns, self._rows = state.samples.columns, state.rows
        self.endResetModel()

    def column_at(self, place: int) -> Column | None:
        """The column that stands at a place; None where there is none."""
        return self._columns[place] if 0 <= place < len(self._columns) else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Wish another order; a number below 0 wishes that of the data."""
        descending = order == Qt.SortOrder.DescendingOrder
        self.sort_wished.emit(self.column_at(column), descending)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Names of the columns."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return LEFT
        column = self.column_at(section)
        return column.title if role == Qt.ItemDataRole.DisplayRole and column else None

    def data(
        self,
        index: QModelIndex | QPersistentModelIndex,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """The words of a cell."""
        samples = self._state.samples
        if samples is None:
            return None
        row, column = int(self._rows[index.row()]), self._columns[index.column()]
        # The whole path is for the tooltip: a column is as wide as a file's name.
        if role == Qt.ItemDataRole.ToolTipRole:
            return cell(samples, column, row, _LONG)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        words = cell(samples, column, row)
        if column.kind == "modality" and not self._inline(column):
            words = words.rpartition("/")[2]
        return words or "–"

    def _inline(self, column: Column) -> bool:
        samples = self._state.samples
        return column.name == "text" and samples is not None and samples.index.texts is not None


class RowsTable(QTableView):
    """The table itself: rows of one height, one chosen.

    Args:
        name: its ``objectName``.
        presenter: who decides what is listed.
        parent: its parent.
    """

    chosen = Signal(int)
    """Number of the sample that the person looks at."""

    def __init__(
        self, name: str, presenter: SamplesPresenter, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.rows = SamplesModel(self)
        self._columns: tuple[Column, ...] = ()
        self._telling = True
        self.setModel(self.rows)
        self._dress(name)
        # Connected after the header has asked for the order of the data, which it does by itself.
        self.rows.sort_wished.connect(self._sort)
        self._presenter = presenter
        presenter.changed.connect(self.show_state)
        self.selectionModel().selectionChanged.connect(self._choose)

    def show_state(self, state: SamplesState) -> None:
        """Show these rows; the chosen sample stays chosen where it is among them."""
        self._telling = False
        self.rows.show_state(state)
        columns = state.samples.columns if state.samples is not None else ()
        if columns != self._columns:
            self._columns = columns
            self._share_width()
        place = columns.index(state.wish.column) if state.wish.column in columns else -1
        down = (
            Qt.SortOrder.DescendingOrder if state.wish.descending else Qt.SortOrder.AscendingOrder
        )
        header = self.horizontalHeader()
        if (header.sortIndicatorSection(), header.sortIndicatorOrder()) != (place, down):
            header.setSortIndicator(place, down)
        self._telling = True

    def look_at(self, sample: int) -> None:
        """Choose a sample without telling; nothing is chosen where it is not listed.

        Args:
            sample: its number.
        """
        self._telling = False
        row = self.rows.row_of(sample)
        if row >= 0:
            self.selectRow(row)
        else:
            self.clearSelection()
        self._telling = True

    def resizeEvent(self, event: Any) -> None:
        """Share the room among the columns anew."""
        super().resizeEvent(event)
        self._share_width()

    def _share_width(self) -> None:
        """Few columns fill the table; many keep a readable width, and the table scrolls."""
        wanted = [_WIDTHS[column.kind] for column in self._columns]
        room = self.viewport().width()
        stretch = max(room / sum(wanted), 0.6) if wanted else 1.0
        header = self.horizontalHeader()
        for place, width in enumerate(wanted):
            header.resizeSection(place, max(int(width * stretch), _NARROWEST))
        header.setStretchLastSection(True)

    def _dress(self, name: str) -> None:
        self.setObjectName(name)
        self.setAccessibleName("Samples")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        # Fixed heights: with a million rows nothing may be measured.
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        # The third click gives back the order of the data.
        header.setSortIndicatorClearable(True)
        self.setSortingEnabled(True)

    def _sort(self, column: Column | None, descending: bool) -> None:
        if self._telling:
            self._presenter.sort(column, descending=descending)

    def _choose(self, selected: QItemSelection) -> None:
        if self._telling and selected.indexes():
            self.chosen.emit(self.rows.entry(selected.indexes()[0].row()))


def search_field(prefix: str, presenter: SamplesPresenter) -> QLineEdit:
    """The field that narrows a list of samples down.

    Args:
        prefix: of its object name, ``<prefix>_filter``.
        presenter: who searches.
    """
    field = QLineEdit()
    field.setObjectName(f"{prefix}_filter")
    field.setAccessibleName("Filter samples")
    field.setPlaceholderText("Filter by name, class or file")
    field.setClearButtonEnabled(True)
    field.setMaximumWidth(320)
    field.textChanged.connect(presenter.search)
    return field


class SamplesTable(QWidget):
    """The table with its filter.

    Args:
        prefix: of the object names: ``<prefix>_filter``, ``<prefix>_table``, ``<prefix>_count``.
        parent: its parent.
    """

    chosen = Signal(int)
    """Number of the sample that the person looks at."""

    def __init__(self, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.presenter = SamplesPresenter(self)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        self.search = search_field(prefix, self.presenter)
        self.count = label("", "quiet", f"{prefix}_count")
        head = QHBoxLayout()
        head.addWidget(self.search, 1)
        head.addStretch(1)
        head.addWidget(self.count)
        box.addLayout(head)
        self.table = RowsTable(f"{prefix}_table", self.presenter)
        self.table.chosen.connect(self.chosen)
        box.addWidget(self.table, 1)
        self.presenter.changed.connect(self._tell)

    def show_index(self, index: Index, target: str) -> None:
        """Show these data.

        Args:
            index: the data.
            target: the column to tell; "" for none.
        """
        before = self.presenter.state.samples
        if before is None or before.index.stems is not index.stems:
            self.search.clear()
        self.presenter.show_index(index, target)

    def _tell(self, state: SamplesState) -> None:
        self.count.setText(state.words)
