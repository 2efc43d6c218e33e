"""How samples are divided: the choice, the shares, and the exact counts that they give."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.choices import Choice
from workbench.gui.forms import OptionField
from workbench.gui.presenters.data_state import DataState
from workbench.gui.presenters.division import CountsRow, Divided
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.labels import label
from workbench.options import options_of_model
from workbench.spec import DataSpec

_SHARES = ("validation", "test", "split_seed")
_ROW = 22
_INCOMPLETE = (
    Choice("keep", "Kept and marked", "The model is told what is missing."),
    Choice("leave_out", "Left out", "Only samples with every modality in use take part."),
)


class DivisionView(QWidget):
    """Shows the division of a ``DataState``, and lets it be changed.

    Args:
        prefix: of the object names: ``<prefix>_division``, ``<prefix>_group``,
            ``<prefix>_validation``, ``<prefix>_test``, ``<prefix>_split_seed``,
            ``<prefix>_incomplete``, ``<prefix>_splits``, ``<prefix>_split_table``.
        parent: its parent.
    """

    changed = Signal(str, object)
    """Name of a field of the ``DataSpec``, and its new value."""

    take_back_wished = Signal()
    """Leave nobody out any more."""

    def __init__(self, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Divided | None = None
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        box.addLayout(self._choices(prefix))
        box.addLayout(self._shares(prefix))
        self._lacking = self._incomplete(prefix)
        box.addWidget(self._lacking)
        self._problem = label("", "bad", f"{prefix}_split_problem", wrap=True)
        box.addWidget(self._problem)
        self._table = _table(f"{prefix}_split_table")
        box.addWidget(self._table, 1)
        left = QHBoxLayout()
        self._left_out = label("", "quiet", f"{prefix}_left_out", wrap=True)
        self._back = Button("Take back", f"{prefix}_take_back", flat=True)
        self._back.setProperty("link", True)
        self._back.clicked.connect(self.take_back_wished)
        left.addWidget(self._left_out, 1)
        left.addWidget(self._back, 0, Qt.AlignmentFlag.AlignTop)
        box.addLayout(left)

    def show_state(self, state: DataState) -> None:
        """Show the division of the state."""
        data, index = state.data, state.index
        if data is None or index is None:
            return
        self.division.show_choices(state.divisions, data.division)
        grouped = data.division == "grouped"
        self._by.setVisible(grouped)
        self.group.setVisible(grouped)
        self.group.show_choices(state.groups, data.group)
        for name, field in self._fields.items():
            if not field.sentence:
                field.show_value(getattr(data, name))
        stated = data.division == "stated" or (
            data.division == "auto" and index.fixed_split is not None
        )
        for name in ("validation", "test"):
            tip = "Only for what the data do not state." if stated else ""
            self._fields[name].setToolTip(tip)
        self._lacking.setVisible(state.figures.incomplete > 0)
        self.incomplete.show_choices(_INCOMPLETE, data.incomplete)
        self._back.setVisible(bool(data.leave_out))
        self._show_counts(state.figures.division)

    def _show_counts(self, division: Divided) -> None:
        if division is self._shown:
            return
        self._shown = division
        problem = division.problem
        words = f"{problem.problem} {problem.remedy}".strip() if problem is not None else ""
        self._problem.setText(words)
        self._problem.setVisible(bool(words))
        self._table.setVisible(problem is None)
        self._left_out.setText(division.left_out_words)
        self._left_out.setVisible(bool(division.left_out_words))
        if problem is None:
            _fill(self._table, division)

    def _choices(self, prefix: str) -> QHBoxLayout:
        self.division = Combo(f"{prefix}_division", "How samples are divided", letters=10)
        self.division.picked.connect(lambda name: self.changed.emit("division", name))
        self.group = Combo(f"{prefix}_group", "Column whose values stay together", letters=6)
        self.group.picked.connect(lambda name: self.changed.emit("group", name))
        self._by = label("by", "quiet")
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        row.addWidget(self.division, 3)
        row.addWidget(self._by)
        row.addWidget(self.group, 2)
        return row

    def _shares(self, prefix: str) -> QHBoxLayout:
        self._fields: dict[str, OptionField] = {}
        row = QHBoxLayout()
        row.setSpacing(12)
        options = {option.name: option for option in options_of_model(DataSpec)}
        for name in _SHARES:
            field = OptionField(options[name], f"{prefix}_{name}")
            field.edited.connect(lambda value, name=name: self.changed.emit(name, value))
            self._fields[name] = field
            row.addWidget(field)
        row.addStretch(1)
        return row

    def _incomplete(self, prefix: str) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        self.incomplete = Combo(f"{prefix}_incomplete", "Incomplete samples", letters=10)
        self.incomplete.picked.connect(lambda name: self.changed.emit("incomplete", name))
        row.addWidget(label("Incomplete samples", "quiet"))
        row.addWidget(self.incomplete, 1)
        return line


def _table(name: str) -> QTableView:
    table = QTableView()
    table.setObjectName(name)
    table.setAccessibleName("Samples of each split")
    table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    table.verticalHeader().setDefaultSectionSize(_ROW)
    table.horizontalHeader().setHighlightSections(False)
    table.setMinimumHeight(3 * _ROW)
    table.setModel(QStandardItemModel(table))
    return table


def _fill(table: QTableView, division: Divided) -> None:
    model = table.model()
    assert isinstance(model, QStandardItemModel)
    model.clear()
    model.setHorizontalHeaderLabels(["", "Train", "Validation", "Test"])
    train, validation, test = division.counts
    for row in (("All samples", train, validation, test), *division.classes):
        model.appendRow(_cells(row))
    header = table.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    for column in range(1, 4):
        model.horizontalHeaderItem(column).setTextAlignment(
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        )


def _cells(row: CountsRow) -> list[QStandardItem]:
    name, *counts = row
    cells = [QStandardItem(name)]
    cells[0].setToolTip(name)
    for count in counts:
        cell = QStandardItem(f"{count:,}")
        cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        cells.append(cell)
    return cells
