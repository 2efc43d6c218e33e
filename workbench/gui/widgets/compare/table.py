"""The table of runs: a filter, a choice of columns, groups, and what compares the chosen ones."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import (
    QItemSelection,
    QModelIndex,
    QPoint,
    QStringListModel,
    Qt,
    Slot,
)
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QMessageBox,
    QSplitter,
    QStyledItemDelegate,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.presenters.compare.table import (
    CURVE,
    EDITABLE,
    TablePresenter,
    TableState,
    title_of,
)
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.compare.completing import LastWord
from workbench.gui.widgets.compare.spark import SPARK_WIDTH, Spark
from workbench.gui.widgets.compare.table_model import RunsModel
from workbench.gui.widgets.labels import label
from workbench.runs.labels import parse_tags
from workbench.runs.table import in_words

_ROW, _LINE, _ANY = 26, 56, 2**24 - 1
# Heights in pixels: of a run, of a hint, and what Qt takes for no limit.
_WIDEST, _NARROWEST = 240, 64
_LOOKED_AT = 60
# Rows whose words say how wide a column has to be.


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
        # Words are changed by F2 or from the menu: a double click opens a run.
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.rows.changed_by_hand.connect(self._change)
        self._spark, self._plain = Spark(presenter.curve, self), QStyledItemDelegate(self)
        presenter.curve_came.connect(self.viewport().update)
        self.clicked.connect(self._fold)
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
            drawn = self.rows.column_at(column) == CURVE
            self.setItemDelegateForColumn(column, self._spark if drawn else self._plain)
            if drawn:
                self.setColumnWidth(column, SPARK_WIDTH)
                continue
            words = [str(self.rows.headerData(column, Qt.Orientation.Horizontal)) + "    "]
            words += [str(self.rows.data(self.rows.index(row, column)) or "")
                      for row in range(min(self.rows.rowCount(), _LOOKED_AT))
                      # The words of a group may run on into empty cells; its figures may not.
                      if column or self.rows.row_at(row) is not None]  # fmt: skip
            wide = max(metrics.horizontalAdvance(each) for each in words) + 24
            self.setColumnWidth(column, min(max(wide, _NARROWEST), _WIDEST))

    @Slot(object, str, str)
    def _change(self, folder: Path, name: str, words: str) -> None:
        self._presenter.label(folder, **{name: parse_tags(words) if name == "tags" else words})

    @Slot(QModelIndex)
    def _fold(self, index: QModelIndex) -> None:
        group = self.rows.group_at(index.row())
        if group is not None:
            self._presenter.fold(in_words(group.value))

    @Slot(int)
    def _order(self, section: int) -> None:
        name, wish = self.rows.column_at(section), self._presenter.state.wish
        if name == CURVE:
            return
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
        menu.addSeparator()
        for title, name, change in (
            ("Take the star off" if row.labels.star else "Give it a star", "star",
             partial(self._presenter.label, row.folder, star=not row.labels.star)),
            ("Put into the archive", "archive",
             partial(self._presenter.label, row.folder, archived=True)),
        ):  # fmt: skip
            action = menu.addAction(title)
            action.setObjectName(f"compare_run_{name}")
            action.triggered.connect(lambda _=False, change=change: change())
        for place, name in enumerate(self._presenter.state.columns):
            if name in EDITABLE:
                at = self.rows.index(index.row(), place)
                action = menu.addAction(f"Change the {name}…")
                action.setObjectName(f"compare_run_{name}")
                action.triggered.connect(lambda _=False, at=at: self.edit(at))
        many = [each for each in self.chosen() if each != row.folder]
        folders = [row.folder, *many] if row.folder in self.chosen() else [row.folder]
        what = "run" if len(folders) == 1 else f"{len(folders)} runs"
        discard = menu.addAction(f"Move {what} to the trash…")
        discard.setObjectName("compare_run_trash")
        discard.triggered.connect(lambda: self._ask_to_discard(folders, what))
        menu.popup(self.viewport().mapToGlobal(point))

    def _ask_to_discard(self, folders: list[Path], what: str) -> None:
        box = QMessageBox(self)
        box.setObjectName("compare_trash_box")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(f"Move {'this run' if len(folders) == 1 else what} to the trash?")
        box.setInformativeText("The trash of the desktop keeps them until it is emptied.")
        yes = box.addButton("Move to the trash", QMessageBox.ButtonRole.AcceptRole)
        yes.setObjectName("compare_trash_yes")
        box.addButton(QMessageBox.StandardButton.Cancel)
        yes.clicked.connect(lambda: self._presenter.discard(folders))
        box.open()


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
        self._known: tuple[str, ...] = ()
        self._roomy = True
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
        self.give_room(on=False)

    def give_room(self, *, on: bool) -> None:
        """Share the height with what stands below, or leave it one line only.

        Args:
            on: runs are compared there; the shares stay as somebody pulled them.
        """
        if on != self._roomy:
            self._roomy = on
            self._below.setMaximumHeight(_ANY if on else _LINE)
            self._split.setSizes([300, 400] if on else [1000, _LINE])

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
        if state.known != self._known:
            self._known = state.known
            self._names.setStringList(list(state.known))
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
        self._names = QStringListModel(self)
        self.filter.setCompleter(LastWord(self._names, self.filter))
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
        for name in (CURVE, *state.known):
            head = name.split(".")[0] if "." in name else ""
            if head and head not in branches:
                branches[head] = menu.addMenu(head.capitalize())
            action = QAction(name.partition(".")[2] or name.capitalize(), menu)
            action.setCheckable(True)
            action.setChecked(name in state.columns)
            action.toggled.connect(lambda on, name=name: self._presenter.show_column(name, on=on))
            (branches[head] if head else menu).addAction(action)
        menu.popup(self.columns.mapToGlobal(QPoint(0, self.columns.height())))
