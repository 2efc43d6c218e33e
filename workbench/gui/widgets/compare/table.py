"""The table of runs: a filter, a choice of columns, groups, and what compares the chosen ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    Qt,
    Slot,
)
from PySide6.QtGui import QAction, QColor, QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.presenters.compare.table import TablePresenter, TableState, title_of
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.labels import label
from workbench.runs.results_words import is_share
from workbench.runs.table import METRICS, Group, Row, in_words

_ROW = 26
_WIDEST, _NARROWEST = 240, 64
_LOOKED_AT = 60
# Rows whose words say how wide a column has to be.
_Index = QModelIndex | QPersistentModelIndex


class RunsModel(QAbstractTableModel):
    """Runs, and between them a line for each group.

    Args:
        parent: its parent.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = TableState()
        self._lines: list[Row | Group] = []
        self._numbers: set[str] = set()

    def show_state(self, state: TableState) -> None:
        """Show the runs of a state."""
        self.beginResetModel()
        self._state = state
        self._lines = [] if state.groups else [*state.shown]
        for group in state.groups:
            self._lines += [group, *group.rows]
        self._numbers = {name for name in state.columns if self._holds_numbers(name)}
        self.endResetModel()

    def row_at(self, place: int) -> Row | None:
        """The run of a line; None where it is that of a group."""
        line = self._lines[place] if 0 <= place < len(self._lines) else None
        return line if isinstance(line, Row) else None

    def column_at(self, place: int) -> str:
        """The name of a column."""
        return self._state.columns[place]

    def rowCount(self, parent: _Index | None = None) -> int:
        """How many lines there are."""
        return 0 if parent is not None and parent.isValid() else len(self._lines)

    def columnCount(self, parent: _Index | None = None) -> int:
        """How many columns there are."""
        return 0 if parent is not None and parent.isValid() else len(self._state.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """What the columns are called; their whole names in the tooltips."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        name = self._state.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            words = title_of(name)
            return words[:1].upper() + words[1:]
        if role == Qt.ItemDataRole.TextAlignmentRole and name in self._numbers:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return name if role == Qt.ItemDataRole.ToolTipRole else None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Runs can be chosen, groups cannot."""
        whole = Qt.ItemFlag.ItemIsEnabled
        one = self.row_at(index.row()) is not None
        return whole | Qt.ItemFlag.ItemIsSelectable if one else whole

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a cell says, and how it looks."""
        line, name = self._lines[index.row()], self._state.columns[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._words(line, name, first=index.column() == 0)
        best = isinstance(line, Row) and line.folder in self._state.best.get(name, frozenset())
        if role == Qt.ItemDataRole.FontRole and (best or isinstance(line, Group)):
            bold = QFont()
            bold.setBold(True)
            return bold
        if role == Qt.ItemDataRole.ForegroundRole and best:
            return QColor(theme.current().good)
        if role == Qt.ItemDataRole.BackgroundRole and isinstance(line, Group):
            return QColor(theme.current().hover)
        if role == Qt.ItemDataRole.TextAlignmentRole and self._is_number(line, name):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _holds_numbers(self, name: str) -> bool:
        known = (row for row in self._state.shown if row.get(name) is not None)
        first = next(known, None)
        return first is not None and self._is_number(first, name)

    def _is_number(self, line: Row | Group, name: str) -> bool:
        value = line.get(name) if isinstance(line, Row) else line.means.get(name)
        return isinstance(value, int | float) and not isinstance(value, bool)

    def _words(self, line: Row | Group, name: str, *, first: bool) -> str:
        if isinstance(line, Row):
            mark = "★ " if name == "name" and line.labels.star else ""
            return mark + _cell(name, line.get(name))
        if first:
            many = "1 run" if len(line.rows) == 1 else f"{len(line.rows)} runs"
            group = title_of(self._state.wish.group)
            return f"{group}: {in_words(line.value) or 'none'} · {many}"
        if name not in line.means:
            return ""
        spread = line.spreads[name]
        told = f" ± {_cell(name, spread)}" if spread == spread else ""
        return f"{_cell(name, line.means[name])}{told}"


def _cell(name: str, value: Any) -> str:
    metric = name.removeprefix(METRICS).partition("_")[2]
    if name.startswith(METRICS) and is_share(metric) and isinstance(value, int | float):
        return f"{value:.1%}"
    return in_words(value)


class RunsTable(QTableView):
    """Runs in lines; several can be chosen.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: TablePresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare_runs")
        self.setAccessibleName("Runs")
        self._presenter = presenter
        self._fitted: tuple[object, ...] = ()
        self.rows = RunsModel(self)
        self.setModel(self.rows)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        # Fixed heights: with ten thousand runs nothing may be measured.
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(_ROW)
        head = self.horizontalHeader()
        head.setSectionsMovable(True)
        head.setSectionsClickable(True)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.sectionClicked.connect(self._order)
        self.doubleClicked.connect(self._open)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)

    def show_state(self, state: TableState) -> None:
        """Show the runs of a state; those that were chosen stay so where they are still there."""
        kept = set(self.chosen())
        self.selectionModel().blockSignals(True)
        self.rows.show_state(state)
        if kept:
            model = self.selectionModel()
            flags = model.SelectionFlag.Select | model.SelectionFlag.Rows
            for place in range(self.rows.rowCount()):
                row = self.rows.row_at(place)
                if row is not None and row.folder in kept:
                    model.select(self.rows.index(place, 0), flags)
        self.selectionModel().blockSignals(False)
        laid = (state.columns, state.wish.group)
        if laid != self._fitted and state.shown:
            self._fitted = laid
            self._fit()
        head = self.horizontalHeader()
        head.setSortIndicatorShown(bool(state.wish.order) and state.wish.order in state.columns)
        if state.wish.order in state.columns:
            way = (
                Qt.SortOrder.DescendingOrder
                if state.wish.descending
                else Qt.SortOrder.AscendingOrder
            )
            head.setSortIndicator(state.columns.index(state.wish.order), way)

    def chosen(self) -> list[Path]:
        """Folders of the runs that are selected, from top to bottom."""
        places = sorted({index.row() for index in self.selectionModel().selectedRows()})
        rows = [self.rows.row_at(place) for place in places]
        return [row.folder for row in rows if row is not None]

    def selectionChanged(self, on: QItemSelection, off: QItemSelection) -> None:
        """Tell who is selected."""
        super().selectionChanged(on, off)
        self._presenter.choose(self.chosen())

    def _fit(self) -> None:
        """Give each column the room that its words need."""
        metrics = self.fontMetrics()
        for column in range(self.rows.columnCount()):
            words = [str(self.rows.headerData(column, Qt.Orientation.Horizontal)) + "    "]
            words += [str(self.rows.data(self.rows.index(row, column)) or "")
                      for row in range(min(self.rows.rowCount(), _LOOKED_AT))
                      # The words of a group may run on into empty cells; its figures may not.
                      if column or self.rows.row_at(row) is not None]  # fmt: skip
            wide = max(metrics.horizontalAdvance(each) for each in words) + 24
            self.setColumnWidth(column, min(max(wide, _NARROWEST), _WIDEST))

    @Slot(int)
    def _order(self, section: int) -> None:
        name, wish = self.rows.column_at(section), self._presenter.state.wish
        if wish.order == name and wish.descending:
            self._presenter.order("", descending=False)
        else:
            self._presenter.order(name, descending=wish.order == name)

    @Slot(QModelIndex)
    def _open(self, index: QModelIndex) -> None:
        row = self.rows.row_at(index.row())
        if row is not None:
            self._presenter.open(row.folder)

    @Slot(QPoint)
    def _menu(self, point: QPoint) -> None:
        index = self.indexAt(point)
        row = self.rows.row_at(index.row()) if index.isValid() else None
        if row is None:
            return
        name = self.rows.column_at(index.column())
        menu = QMenu(self)
        menu.setObjectName("compare_runs_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        open_run = QAction("Open this run", menu)
        open_run.triggered.connect(lambda: self._presenter.open(row.folder))
        menu.addAction(open_run)
        value = in_words(row.get(name))
        if value and name not in ("name", "when", "note"):
            only = QAction(f"Only runs with {title_of(name)} {value}", menu)
            only.triggered.connect(lambda: self._presenter.only(name, value))
            menu.addAction(only)
        menu.popup(self.viewport().mapToGlobal(point))


class TableView(QWidget):
    """Shows a ``TableState``; whoever compares the chosen runs fills ``comparison_slot``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: TablePresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare_table")
        self.setAccessibleName("Table of runs")
        self._presenter = presenter
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 0)
        outer.setSpacing(theme.GAP)
        self.banner = Banner("compare_table_banner")
        outer.addWidget(self.banner)
        outer.addLayout(self._tools())
        self.trouble = label("", "bad", "compare_trouble", wrap=True)
        outer.addWidget(self.trouble)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setObjectName("compare_split")
        split.setChildrenCollapsible(False)
        self.table = RunsTable(presenter)
        split.addWidget(self.table)
        self._below = QWidget()
        self.comparison_slot = QVBoxLayout(self._below)
        self.comparison_slot.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(split, 1)
        self._split = split
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    def show_below(self, widget: QWidget) -> None:
        """Put what compares the chosen runs below the table.

        Args:
            widget: it.
        """
        self.comparison_slot.addWidget(widget)
        self._split.addWidget(self._below)
        self._split.setSizes([300, 400])

    @Slot(object)
    def show_state(self, state: TableState) -> None:
        """Show the state."""
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()
        self.words.setText("Reading the runs…" if state.reading else state.words)
        if self.filter.text() != state.text:
            self.filter.setText(state.text)
        self.trouble.setText(state.trouble)
        self.trouble.setVisible(bool(state.trouble))
        self.groups.show_choices(state.grouping, state.wish.group)
        self.table.show_state(state)

    def _tools(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.filter = QLineEdit()
        self.filter.setObjectName("compare_filter")
        self.filter.setAccessibleName("Filter runs by words and conditions")
        self.filter.setPlaceholderText("Words, or conditions: loss.name=huber test_accuracy>0.9")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._presenter.filter)
        self.groups = Combo("compare_group", "Group by", letters=10)
        self.groups.setFixedWidth(180)
        self.groups.picked.connect(self._presenter.group)
        self.columns = Button("Columns", "compare_columns", icon_name="columns")
        self.columns.clicked.connect(self._offer_columns)
        self.words = label("", "quiet", "compare_words")
        row.addWidget(self.filter, 1)
        row.addWidget(self.groups)
        row.addWidget(self.columns)
        row.addWidget(self.words)
        return row

    @Slot()
    def _offer_columns(self) -> None:
        """A menu of all columns, those that are shown ticked."""
        state = self._presenter.state
        menu = QMenu(self)
        menu.setObjectName("compare_columns_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        usual = QAction("What differs", menu)
        usual.triggered.connect(self._presenter.usual_columns)
        menu.addAction(usual)
        menu.addSeparator()
        branches: dict[str, QMenu] = {}
        for name in state.known:
            head = name.split(".")[0] if "." in name else ""
            if head and head not in branches:
                branches[head] = menu.addMenu(head.capitalize())
            action = QAction(name.partition(".")[2] or name.capitalize(), menu)
            action.setCheckable(True)
            action.setChecked(name in state.columns)
            action.toggled.connect(lambda on, name=name: self._presenter.show_column(name, on=on))
            (branches[head] if head else menu).addAction(action)
        menu.popup(self.columns.mapToGlobal(QPoint(0, self.columns.height())))
