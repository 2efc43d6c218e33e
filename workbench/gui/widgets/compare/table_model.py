"""The lines of the table of runs: a run each, and between them one for each group."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont

from workbench.gui import theme
from workbench.gui.presenters.compare.table import EDITABLE, TableState, title_of
from workbench.runs.results_words import is_share
from workbench.runs.table import METRICS, Group, Row, in_words

_Index = QModelIndex | QPersistentModelIndex


class RunsModel(QAbstractTableModel):
    """Runs, and between them a line for each group.

    Args:
        parent: its parent.
    """

    changed_by_hand = Signal(object, str, str)
    """The ``Path`` of a run, the column, and the words that somebody wrote there."""

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
            shown = () if in_words(group.value) in state.folded else group.rows
            self._lines += [group, *shown]
        self._numbers = {name for name in state.columns if self._holds_numbers(name)}
        self.endResetModel()

    def group_at(self, place: int) -> Group | None:
        """The group of a line; None where it is that of a run."""
        line = self._lines[place] if 0 <= place < len(self._lines) else None
        return line if isinstance(line, Group) else None

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
        if self.row_at(index.row()) is None:
            return whole
        whole |= Qt.ItemFlag.ItemIsSelectable
        editable = self._state.columns[index.column()] in EDITABLE
        return whole | Qt.ItemFlag.ItemIsEditable if editable else whole

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Wish that a name, tags or a note become other ones."""
        row = self.row_at(index.row())
        if row is None or role != Qt.ItemDataRole.EditRole:
            return False
        name, words = self._state.columns[index.column()], str(value).strip()
        if words == in_words(row.get(name)):
            return False
        self.changed_by_hand.emit(row.folder, name, words)
        return True

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a cell says, and how it looks."""
        line, name = self._lines[index.row()], self._state.columns[index.column()]
        if role == Qt.ItemDataRole.EditRole and isinstance(line, Row):
            return in_words(line.get(name))
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
            value = in_words(line.value)
            mark = "▸" if value in self._state.folded else "▾"
            return f"{mark} {group}: {value or 'none'} · {many}"
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
