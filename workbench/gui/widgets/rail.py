"""The rail of stages at the left of the window, always visible, each with its state."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.icons import icon
from workbench.gui.widgets.labels import ElidedLabel, label

Mark = Literal["", "ready", "running", "done", "attention"]
WIDTH = 168

_WORDS: dict[Mark, str] = {
    "": "",
    "ready": "ready",
    "running": "running",
    "done": "done",
    "attention": "needs attention",
}


class StageButton(Button):
    """A stage with its state: a tick when done, a dot while running, amber when in need.

    Args:
        text: its name.
        name: its ``objectName``.
        icon_name: its icon.
        parent: its parent.
    """

    def __init__(self, text: str, name: str, icon_name: str, parent: QWidget | None = None) -> None:
        super().__init__(text, name, icon_name=icon_name, parent=parent)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._mark: Mark = ""
        self.toggled.connect(self._follow)

    @property
    def mark(self) -> Mark:
        """The state that is shown."""
        return self._mark

    def show_mark(self, mark: Mark) -> None:
        """Show another state."""
        self._mark = mark
        words = _WORDS[mark]
        self.setAccessibleName(f"{self.text()}, {words}" if words else self.text())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The button, and its mark at the right."""
        super().paintEvent(event)
        if not self._mark:
            return
        worn = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.rect().center().y() + 1
        if self._mark in {"done", "attention"}:
            name, role = ("check", "good") if self._mark == "done" else ("warning", "warn")
            icon(name, role).paint(painter, self.width() - 26, middle - 8, 16, 16)
        else:
            colour = worn.accent if self._mark == "running" else worn.quiet
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colour))
            radius = 4.5 if self._mark == "running" else 3
            painter.drawEllipse(
                QRectF(self.width() - 18 - radius, middle - radius, 2 * radius, 2 * radius)
            )
        painter.end()

    def _follow(self, checked: bool) -> None:
        self.show_icon(self._icon_name, "accent" if checked else "quiet")


class Rail(QFrame):
    """Buttons of all stages, and a line about the data beneath.

    Args:
        stages: name, title and icon of each stage.
        parent: its parent.
    """

    chosen = Signal(str)
    """Name of the stage that the person chose."""

    def __init__(self, stages: list[tuple[str, str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setAccessibleName("Stages")
        self.setFixedWidth(WIDTH)
        box = QVBoxLayout(self)
        box.setContentsMargins(10, theme.GAP_LARGE, 10, theme.GAP_LARGE)
        box.setSpacing(theme.GAP_SMALL)
        name = label("Workbench", "card-title", "rail_name")
        name.setContentsMargins(12, 0, 0, theme.GAP)
        box.addWidget(name)
        self._group = QButtonGroup(self)
        self.buttons: dict[str, StageButton] = {}
        for key, title, icon_name in stages:
            button = StageButton(title, f"rail_{key}", icon_name)
            button.show_icon(icon_name, "quiet")
            button.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
            self._group.addButton(button)
            self.buttons[key] = button
            box.addWidget(button)
        box.addStretch(1)
        self.about = ElidedLabel("", "quiet", "rail_about")
        self.about.setContentsMargins(12, 0, 0, 0)
        box.addWidget(self.about)

    def show_stage(self, name: str) -> None:
        """Mark the stage that is shown."""
        self.buttons[name].setChecked(True)
