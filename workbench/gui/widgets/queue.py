"""The queue beside the curves: which runs come next, how many at once."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QSize, Qt, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.presenters.queue import QueuePresenter, QueueRow, QueueState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card
from workbench.gui.widgets.icons import icon
from workbench.gui.widgets.labels import label
from workbench.runs.queue import MOST_AT_ONCE

_FOLDER = Qt.ItemDataRole.UserRole
_TAKEN = Qt.ItemDataRole.UserRole + 1
_WIDTH = 264
_NOTHING = "Runs that you add from the recipe wait here. They begin one after another."


class QueueView(Card):
    """Shows a ``QueueState`` and sends what the person wishes to its presenter.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: QueuePresenter, parent: QWidget | None = None) -> None:
        self._shown: tuple[QueueRow, ...] = ()
        super().__init__("Queue", " ", "queue", parent)
        self._presenter = presenter
        self.setFixedWidth(_WIDTH)
        self.nothing = label(_NOTHING, "quiet", "queue_nothing", wrap=True)
        self.body.addWidget(self.nothing)
        self.list = _List()
        self.list.itemClicked.connect(self._open)
        self.list.itemActivated.connect(self._open)
        self.list.itemSelectionChanged.connect(self._allow)
        self.list.model().rowsMoved.connect(self._moved)
        self.body.addWidget(self.list, 1)
        self.body.addLayout(self._row_buttons())
        self.body.addLayout(self._settings())
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    def _row_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_SMALL)
        words = label("At once", "quiet")
        self.at_once = QSpinBox()
        self.at_once.setObjectName("queue_at_once")
        self.at_once.setAccessibleName("Runs at once")
        self.at_once.setRange(1, MOST_AT_ONCE)
        self.at_once.setFixedWidth(56)
        self.at_once.setToolTip("How many runs may be under way; they share processor and memory")
        self.at_once.valueChanged.connect(lambda count: self._presenter.settle(at_once=count))
        words.setBuddy(self.at_once)
        self.up = _small("queue_up", "arrow-up", "Earlier")
        self.down = _small("queue_down", "arrow-down", "Later")
        self.remove = _small("queue_remove", "x", "Take out of the queue")
        self.up.clicked.connect(lambda: self._shift(-1))
        self.down.clicked.connect(lambda: self._shift(1))
        self.remove.clicked.connect(self._remove)
        row.addWidget(words)
        row.addWidget(self.at_once)
        row.addStretch(1)
        for button in (self.up, self.down, self.remove):
            row.addWidget(button)
        return row

    def _settings(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(theme.GAP)
        self.after_failure = QCheckBox("Go on after a failure")
        self.after_failure.setObjectName("queue_after_failure")
        self.after_failure.setAccessibleName("Go on with the queue after a failure")
        self.after_failure.clicked.connect(lambda on: self._presenter.settle(after_failure=on))
        self.switch = Button("Begin no more runs", "queue_switch", icon_name="pause")
        self.switch.clicked.connect(self._switch)
        column.addWidget(self.after_failure)
        column.addWidget(self.switch)
        return column

    def changeEvent(self, event: QEvent) -> None:
        """Draw the icons anew when the theme changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for place, row in enumerate(self._shown):
                _fill(self.list.item(place), row)

    @Slot(object)
    def show_state(self, state: QueueState) -> None:
        """Show a state."""
        self.hint.setText(state.words)
        self.nothing.setVisible(not state.rows)
        self.list.setVisible(bool(state.rows))
        if state.rows != self._shown:
            self._show_rows(state.rows)
        words = "Begin no more runs" if state.on else "Begin runs again"
        self.switch.setText(words)
        self.switch.setAccessibleName(words)
        self.switch.show_icon("pause" if state.on else "play")
        self.at_once.blockSignals(True)
        if not self.at_once.hasFocus():
            self.at_once.setValue(state.at_once)
        self.at_once.blockSignals(False)
        self.after_failure.setChecked(state.after_failure)
        self._allow()

    def _show_rows(self, rows: tuple[QueueRow, ...]) -> None:
        same = [row.folder for row in rows] == [row.folder for row in self._shown]
        self._shown = rows
        chosen = self._chosen()
        if not same:
            self.list.clear()
            for _ in rows:
                self.list.addItem(QListWidgetItem())
        for place, row in enumerate(rows):
            _fill(self.list.item(place), row)
            if not same and row.folder == chosen:
                self.list.setCurrentRow(place)

    @Slot()
    def _allow(self) -> None:
        item = self.list.currentItem()
        waits = item is not None and item.isSelected() and not item.data(_TAKEN)
        place, count = self.list.currentRow(), self.list.count()
        before = self.list.item(place - 1) if place > 0 else None
        self.up.setEnabled(waits and before is not None and not before.data(_TAKEN))
        self.down.setEnabled(waits and place < count - 1)
        self.remove.setEnabled(waits)

    @Slot(QListWidgetItem)
    def _open(self, item: QListWidgetItem) -> None:
        if item.data(_TAKEN):
            self._presenter.show_run(item.data(_FOLDER))

    @Slot()
    def _switch(self) -> None:
        self._presenter.settle(on=not self._presenter.state.on)

    @Slot()
    def _remove(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self._presenter.remove(chosen.name)

    def _shift(self, by: int) -> None:
        place = self.list.currentRow()
        item = self.list.takeItem(place)
        self.list.insertItem(place + by, item)
        self.list.setCurrentItem(item)
        self._moved()

    @Slot()
    def _moved(self) -> None:
        waiting = [
            item.data(_FOLDER).name
            for item in (self.list.item(place) for place in range(self.list.count()))
            if not item.data(_TAKEN)
        ]
        rows = {row.folder.name: row for row in self._shown}
        taken = tuple(row for row in self._shown if row.taken)
        # The list shows this order already; the queue's own word for it may differ.
        self._shown = (*taken, *(rows[name] for name in waiting))
        self._presenter.order(waiting)

    def _chosen(self) -> Path | None:
        item = self.list.currentItem()
        folder: Path | None = item.data(_FOLDER) if item is not None else None
        return folder


class _List(QListWidget):
    """Rows that wait may be dragged; those under way stay."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("queue_list")
        self.setAccessibleName("Runs in the queue")
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_TwoLines(self))

    def sizeHint(self) -> QSize:
        """Room for a few rows; more where there is."""
        return QSize(_WIDTH, 160)


class _TwoLines(QStyledItemDelegate):
    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Two lines and some air, whatever the length of the name."""
        return QSize(_WIDTH // 2, 2 * option.fontMetrics.lineSpacing() + 12)


def _small(name: str, icon_name: str, words: str) -> Button:
    made = Button("", name, icon_name=icon_name, flat=True, name_for_readers=words)
    made.setToolTip(words)
    return made


def _fill(item: QListWidgetItem, row: QueueRow) -> None:
    item.setText(f"{row.title}\n{row.words}")
    item.setIcon(icon("play" if row.taken else "hourglass", "accent" if row.taken else "quiet"))
    item.setToolTip(f"{row.title}: {row.words}" + ("; click to watch it" if row.taken else ""))
    item.setData(_FOLDER, row.folder)
    item.setData(_TAKEN, row.taken)
    flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
    item.setFlags(flags if row.taken else flags | Qt.ItemFlag.ItemIsDragEnabled)
