"""Content that is folded away until somebody asks for it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.widgets.buttons import Button


class Fold(QWidget):
    """A small button that shows or hides what lies in ``body``.

    Args:
        title: words of the button.
        name: ``objectName`` of the button.
        hint: what is inside, for the tooltip and for screen readers.
        parent: its parent.
    """

    unfolded = Signal(bool)
    """The content is shown now, or no longer."""

    def __init__(
        self, title: str, name: str, hint: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(theme.GAP)
        self.button = Button(title, name, icon_name="caret-right", flat=True)
        self.button.setProperty("fold", True)
        self.button.setCheckable(True)
        self.button.setAccessibleDescription(hint)
        self.button.setToolTip(hint)
        self.button.show_icon("caret-right", "quiet")
        self._inside = QWidget()
        self.body = QVBoxLayout(self._inside)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(theme.GAP)
        self._inside.hide()
        self.button.toggled.connect(self._fold)
        outer.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        outer.addWidget(self._inside)

    def unfold(self) -> None:
        """Show the content."""
        self.button.setChecked(True)

    def _fold(self, shown: bool) -> None:
        self._inside.setVisible(shown)
        self.button.show_icon("caret-down" if shown else "caret-right", "quiet")
        self.unfolded.emit(shown)
