"""A combo box whose choices can be greyed with a reason, and that the wheel does not change."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from workbench.gui.choices import Choice


class Combo(QComboBox):
    """A combo box of ``Choice``.

    Args:
        name: its ``objectName``.
        name_for_readers: its accessible name.
        letters: width in letters that the closed box asks for at least.
        parent: its parent.
    """

    picked = Signal(str)
    """The person chose the entry of that name; not sent when the program chooses."""

    def __init__(
        self, name: str, name_for_readers: str, *, letters: int = 8, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(name_for_readers)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # A long name must not widen the form; the open list may be wider than the box.
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(letters)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMaxVisibleItems(16)
        self._choices: tuple[Choice, ...] = ()
        self.activated.connect(self._pick)

    def show_choices(self, choices: Iterable[Choice], chosen: str) -> None:
        """Offer these choices with one of them chosen.

        Args:
            choices: all entries; those with a reason are greyed and say it.
            chosen: name of the chosen one; an unknown name leaves the box empty.
        """
        wanted = tuple(choices)
        if wanted != self._choices:
            self._choices = wanted
            self._fill()
        row = next((i for i, choice in enumerate(wanted) if choice.name == chosen), -1)
        self.setCurrentIndex(row)
        self.setToolTip(wanted[row].caption if row >= 0 else "")

    def chosen(self) -> str:
        """Name of the chosen entry; "" when there is none."""
        row = self.currentIndex()
        return self._choices[row].name if 0 <= row < len(self._choices) else ""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the page scroll: a wheel that passes by must not change a choice."""
        event.ignore()

    def showPopup(self) -> None:
        """Open the list as wide as its longest entry."""
        longest = max((self.view().sizeHintForColumn(0), self.width()))
        self.view().setMinimumWidth(min(longest + 24, 640))
        super().showPopup()

    def minimumSizeHint(self) -> QSize:
        """Narrower than its longest entry."""
        return QSize(64, super().minimumSizeHint().height())

    def _fill(self) -> None:
        model = QStandardItemModel(self)
        for choice in self._choices:
            words = f"{choice.title}  ·  {choice.reason}" if choice.reason else choice.title
            item = QStandardItem(words)
            item.setToolTip(choice.reason or choice.caption)
            item.setEnabled(not choice.reason)
            model.appendRow(item)
        # Qt deletes the model before it, as the box is its parent.
        self.setModel(model)

    def _pick(self, row: int) -> None:
        if 0 <= row < len(self._choices):
            self.picked.emit(self._choices[row].name)
