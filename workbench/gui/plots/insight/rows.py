"""What all plots share whose rows have names and can be clicked."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QSize, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QSizePolicy, QWidget


class NamedRows(QWidget):
    """Base: rows one below the other, each of a name.

    Args:
        name: its ``objectName``.
        title: its accessible name.
        height: of a row, in pixels.
        wide: width that it asks for.
        parent: its parent.
    """

    chosen = Signal(str)
    """The row of that name was clicked."""

    def __init__(
        self, name: str, title: str, height: int, wide: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._names: tuple[str, ...] = ()
        self._height, self._wide = height, wide

    def show_names(self, names: tuple[str, ...], told: str) -> None:
        """Take the names of the rows.

        Args:
            names: the first on top.
            told: what the rows say, for readers of the screen.
        """
        self._names = names
        self.setAccessibleDescription(told)
        self.updateGeometry()
        self.update()

    def row_height(self) -> float:
        """Pixels of a row as they are now."""
        return float(self._height)

    def sizeHint(self) -> QSize:
        """Room for every row."""
        return QSize(self._wide, max(len(self._names), 1) * self._height)

    def place_of(self, name: str) -> QPointF:
        """The middle of a row, in pixels of this widget."""
        return QPointF(self.width() / 2, (self._names.index(name) + 0.5) * self.row_height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the row under the pointer."""
        row = int(event.position().y() // max(self.row_height(), 1.0))
        if 0 <= row < len(self._names):
            self.chosen.emit(self._names[row])

    def changeEvent(self, event: QEvent) -> None:
        """Wear another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
