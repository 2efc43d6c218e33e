"""What the columns of a table are, and the order of ordered categories."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QGridLayout, QHBoxLayout, QListWidget, QWidget

from workbench.gui import theme
from workbench.gui.choices import Choice
from workbench.gui.presenters.data_words import ROLES
from workbench.gui.presenters.reading_preview import ColumnRow
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.labels import ElidedLabel
from workbench.spec import COLUMN_ROLES

_CHOICES = tuple(Choice(role, ROLES[role]) for role in COLUMN_ROLES)
_LIST_ROW = 26


class RolesView(QWidget):
    """A line for each column: its name, what it is, and some of its cells.

    Args:
        prefix: of the object names: ``<prefix>_role_<number>`` for the boxes.
        parent: its parent.
    """

    chosen = Signal(str, str)
    """A column, and what it is said to be."""

    def __init__(self, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._prefix = prefix
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(6)
        for column, stretch in enumerate((3, 4, 6)):
            self._grid.setColumnStretch(column, stretch)
        self._names: tuple[str, ...] = ()
        self._boxes: list[Combo] = []
        self._examples: list[ElidedLabel] = []

    def show_columns(self, columns: tuple[ColumnRow, ...]) -> None:
        """Show these columns.

        Args:
            columns: with what they are and examples.
        """
        names = tuple(column.name for column in columns)
        if names != self._names:
            self._names = names
            self._fill()
        for column, box, examples in zip(columns, self._boxes, self._examples, strict=True):
            box.show_choices(_CHOICES, column.role)
            examples.setText(" · ".join(column.examples) or "no cells")

    def _fill(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                # It stays its parent's: what belongs to nobody may be deleted in any thread.
                widget.hide()
                widget.deleteLater()
        self._boxes, self._examples = [], []
        for row, name in enumerate(self._names):
            box = Combo(f"{self._prefix}_role_{row}", f"What the column {name} is", letters=10)
            box.picked.connect(lambda role, name=name: self.chosen.emit(name, role))
            examples = ElidedLabel("", "quiet", f"{self._prefix}_examples_{row}")
            self._boxes.append(box)
            self._examples.append(examples)
            self._grid.addWidget(ElidedLabel(name), row, 0)
            self._grid.addWidget(box, row, 1)
            self._grid.addWidget(examples, row, 2)


class OrderView(QWidget):
    """Categories to be dragged into their order, or moved by two buttons.

    Args:
        prefix: of the object names: ``<prefix>_order``, ``<prefix>_order_up``,
            ``<prefix>_order_down``.
        parent: its parent.
    """

    ordered = Signal(object)
    """The categories, the lowest first."""

    def __init__(self, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        self.list = QListWidget()
        self.list.setObjectName(f"{prefix}_order")
        self.list.setAccessibleName("Categories, the lowest first")
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.list.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.list.model().rowsMoved.connect(self._tell)
        row.addWidget(self.list, 1)
        buttons = QGridLayout()
        for number, (words, icon, step) in enumerate(
            (("Lower", "arrow-up", -1), ("Higher", "arrow-down", 1))
        ):
            button = Button(words, f"{prefix}_order_{'up' if step < 0 else 'down'}", icon_name=icon)
            button.clicked.connect(partial(self._move, step))
            buttons.addWidget(button, number, 0)
        buttons.setRowStretch(2, 1)
        row.addLayout(buttons)

    def show_order(self, order: tuple[str, ...]) -> None:
        """Show this order.

        Args:
            order: categories, the lowest first.
        """
        if order == self.order():
            return
        self.list.clear()
        self.list.addItems(list(order))
        self.list.setFixedHeight(_LIST_ROW * min(max(len(order), 3), 7) + 8)

    def order(self) -> tuple[str, ...]:
        """The categories as they stand."""
        return tuple(self.list.item(row).text() for row in range(self.list.count()))

    def _move(self, step: int, checked: bool = False) -> None:
        row = self.list.currentRow()
        to = row + step
        if row < 0 or not 0 <= to < self.list.count():
            return
        self.list.insertItem(to, self.list.takeItem(row))
        self.list.setCurrentRow(to)
        self._tell()

    def _tell(self) -> None:
        self.ordered.emit(self.order())
