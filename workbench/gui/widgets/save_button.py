"""A small button on the plot or table that is pointed at: what else can be done with it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QTableView, QWidget
from shiboken6 import isValid

from workbench.gui.saving import saveable
from workbench.gui.widgets.buttons import Button

_INSET = 2
_MAY_END = frozenset({QEvent.Type.Leave, QEvent.Type.Hide, QEvent.Type.Resize})


class SaveButton(Button):
    """Comes over every plot and table of a window while the mouse is on it.

    The keyboard reaches the same menu by its menu key.

    Args:
        window: whose plots and tables.
    """

    wished = Signal(object, QPoint)
    """Open the menu of this ``QWidget``, at a place of the screen."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(
            "", "save_more", icon_name="dots-three", name_for_readers="Save or copy", parent=window
        )
        self.setToolTip("Save or copy")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFixedSize(22, 22)
        self.setStyleSheet("padding: 0;")
        self.hide()
        self._window = window
        self._on: QWidget | None = None
        self.clicked.connect(self._open)
        self.installEventFilter(self)

    @Slot()
    def watch(self) -> None:
        """Watch the plots and tables that the window has now."""
        for widget in self._window.findChildren(QWidget):
            if saveable(widget) is widget:
                # A second time changes nothing: a filter stands there once.
                widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Come where the mouse comes, and go when it leaves."""
        kind = event.type()
        if kind == QEvent.Type.Enter and isinstance(watched, QWidget) and watched is not self:
            self._come(watched)
        elif kind in _MAY_END and watched in (self._on, self) and not self._pointed(kind):
            self.hide()
        elif kind == QEvent.Type.Resize and watched is self._on and self.isVisible():
            self._come(self._on)
        return super().eventFilter(watched, event)

    def _come(self, plot: QWidget) -> None:
        self._on = plot
        # Where it hides nothing: above the scroll bar of a table, where the axes of a plot meet.
        corner = QPoint(_INSET, plot.height() - self.height() - _INSET)
        if isinstance(plot, QTableView):
            corner = QPoint(plot.width() - self.width() - _INSET, _INSET)
        self.move(plot.mapTo(self._window, corner))
        self.raise_()
        self.show()

    def _pointed(self, kind: QEvent.Type) -> bool:
        """Whether the mouse is still on the plot, be it on the button that lies there."""
        on = self._on
        if on is None or kind == QEvent.Type.Hide or not isValid(on) or not on.isVisible():
            return False
        return on.rect().contains(on.mapFromGlobal(QCursor.pos()))

    @Slot()
    def _open(self) -> None:
        if self._on is not None and isValid(self._on):
            self.wished.emit(self._on, self.mapToGlobal(QPoint(0, self.height())))
