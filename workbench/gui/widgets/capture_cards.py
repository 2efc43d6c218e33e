"""The classes of a dataset that is being recorded, and the takes of one of them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QMessageBox,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.presenters.capture_state import CaptureState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card
from workbench.gui.widgets.labels import label


class ClassesCard(Card):
    """Which dataset, and its classes with the number of their takes.

    Args:
        parent: its parent.
    """

    dataset_wished = Signal(str)
    """Work on the dataset of this name, an old or a new one."""

    add_wished = Signal(str)
    """Add a class of this name."""

    rename_wished = Signal(str)
    """Give the chosen class this name."""

    removal_wished = Signal()
    """Delete the chosen class; the person has confirmed it."""

    chosen = Signal(str)
    """Take into this class."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Classes", name="capture_classes_card", parent=parent)
        self._state = CaptureState()
        self._awaited = ""
        self.name = QComboBox()
        self.name.setObjectName("capture_name")
        self.name.setAccessibleName("Name of the dataset")
        self.name.setToolTip("Choose one that was recorded earlier, or type a new name")
        self.name.setEditable(True)
        self.name.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.name.textActivated.connect(self.dataset_wished)
        line = self.name.lineEdit()
        assert line is not None
        line.editingFinished.connect(lambda: self.dataset_wished.emit(line.text()))
        self._line = line
        self.classes = QListWidget()
        self.classes.setObjectName("capture_classes")
        self.classes.setAccessibleName("Classes")
        # Of a long name the middle goes: the number of takes stays to be read.
        self.classes.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.classes.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.classes.currentRowChanged.connect(self._choose)
        self.body.addWidget(label("Dataset", "quiet"))
        self.body.addWidget(self.name)
        self.body.addWidget(self.classes, 1)
        self.body.addLayout(self._edit())

    def _edit(self) -> QGridLayout:
        self.new_class = QLineEdit()
        self.new_class.setObjectName("capture_new_class")
        self.new_class.setAccessibleName("Name of a class")
        self.new_class.setPlaceholderText("Name of a class")
        self.new_class.returnPressed.connect(self._add)
        self.new_class.textChanged.connect(self._show_can_rename)
        self.add = Button("Add", "capture_add")
        self.add.clicked.connect(self._add)
        self.rename = Button("Rename", "capture_rename", flat=True)
        self.rename.setToolTip("Give the chosen class the name that is typed above")
        self.rename.clicked.connect(self._rename)
        self.remove = Button("Delete", "capture_remove", flat=True)
        self.remove.setToolTip("Delete the chosen class with its takes")
        self.remove.clicked.connect(self._remove)
        grid = QGridLayout()
        grid.setSpacing(theme.GAP)
        grid.addWidget(self.new_class, 0, 0, 1, 2)
        grid.addWidget(self.add, 0, 2)
        grid.addWidget(self.rename, 1, 0)
        grid.addWidget(self.remove, 1, 1)
        grid.setColumnStretch(0, 1)
        return grid

    def show_state(self, state: CaptureState) -> None:
        """Show the state."""
        self._state = state
        if not self._line.hasFocus() or not self._line.isModified():
            self._show_datasets(state)
        if self._awaited and state.error is not None:
            self._awaited = ""  # the name stays to be mended
        elif self._awaited and self._awaited in dict(state.classes):
            self._awaited = ""
            self.new_class.clear()
        names = [name for name, _ in state.classes]
        row = names.index(state.chosen) if state.chosen in names else -1
        fill(self.classes, [f"{name}  ·  {count:,}" for name, count in state.classes], row)
        self.remove.setEnabled(bool(state.chosen))
        self._show_can_rename()

    def _show_datasets(self, state: CaptureState) -> None:
        names = sorted({*state.datasets, state.name})
        self.name.blockSignals(True)
        if [self.name.itemText(row) for row in range(self.name.count())] != names:
            self.name.clear()
            self.name.addItems(names)
        self.name.setCurrentIndex(names.index(state.name))
        self.name.blockSignals(False)

    @Slot()
    def _show_can_rename(self) -> None:
        self.rename.setEnabled(bool(self._state.chosen and self.new_class.text().strip()))

    @Slot(int)
    def _choose(self, row: int) -> None:
        if 0 <= row < len(self._state.classes):
            self.chosen.emit(self._state.classes[row][0])

    @Slot()
    def _add(self) -> None:
        self._awaited = self.new_class.text().strip()
        self.add_wished.emit(self.new_class.text())

    @Slot()
    def _rename(self) -> None:
        self._awaited = self.new_class.text().strip()
        self.rename_wished.emit(self.new_class.text())

    @Slot()
    def _remove(self) -> None:
        count = dict(self._state.classes).get(self._state.chosen, 0)
        if not count:
            self.removal_wished.emit()
            return
        box = QMessageBox(self)
        box.setObjectName("capture_remove_box")
        box.setIcon(QMessageBox.Icon.Question)
        box.setTextFormat(Qt.TextFormat.PlainText)
        takes = "its only take" if count == 1 else f"its {count:,} takes"
        box.setText(f"Delete the class '{self._state.chosen}' with {takes}?")
        box.setInformativeText("They cannot be brought back.")
        sure = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
        sure.clicked.connect(self.removal_wished)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()


class TakesCard(Card):
    """The takes of the chosen class, the newest first.

    Args:
        parent: its parent.
    """

    play_wished = Signal(str)
    """Play or show the take of this stem."""

    deletion_wished = Signal(str)
    """Delete the take of this stem."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Takes", name="capture_takes_card", parent=parent)
        self.takes = QListWidget()
        self.takes.setObjectName("capture_takes")
        self.takes.setAccessibleName("Takes of the class")
        self.takes.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.takes.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.takes.itemActivated.connect(self._play)
        self.play = Button("Play or show", "capture_play", icon_name="play")
        self.play.clicked.connect(self._play)
        self.delete = Button("Delete", "capture_delete", flat=True, icon_name="trash")
        self.delete.clicked.connect(self._delete)
        line = QHBoxLayout()
        line.setSpacing(theme.GAP)
        line.addWidget(self.play, 1)
        line.addWidget(self.delete)
        self.body.addWidget(self.takes, 1)
        self.body.addLayout(line)
        self._of: tuple[str, tuple[str, ...]] = ("", ())

    def show_state(self, state: CaptureState) -> None:
        """Show the state."""
        row = self.takes.currentRow()
        if self._of != (state.chosen, state.takes):
            same = self._of[0] == state.chosen and len(state.takes) < len(self._of[1])
            row = min(max(row, 0), len(state.takes) - 1) if same else 0
            self._of = (state.chosen, state.takes)
        fill(self.takes, list(reversed(state.takes)), row if state.takes else -1)
        self.title.setText(f"Takes of {state.chosen}" if state.chosen else "Takes")
        self.play.setEnabled(bool(state.takes))
        self.delete.setEnabled(bool(state.takes))

    def _take(self) -> str:
        item = self.takes.currentItem()
        return item.text() if item is not None else ""

    @Slot()
    def _play(self) -> None:
        if self._take():
            self.play_wished.emit(self._take())

    @Slot()
    def _delete(self) -> None:
        if self._take():
            self.deletion_wished.emit(self._take())


def fill(listed: QListWidget, words: list[str], chosen: int) -> None:
    """Show rows without telling anybody that the choice has changed.

    Args:
        listed: where.
        words: of each row.
        chosen: the row that is chosen; -1: none.
    """
    listed.blockSignals(True)
    if [listed.item(row).text() for row in range(listed.count())] != words:
        listed.clear()
        listed.addItems(words)
    if listed.currentRow() != chosen:
        listed.setCurrentRow(chosen)
    listed.blockSignals(False)
