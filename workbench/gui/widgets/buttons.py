"""Buttons whose icons follow the theme."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QPushButton, QWidget

from workbench.gui.widgets.icons import icon

ICON_SIZE = 16


class Button(QPushButton):
    """A push button.

    Args:
        text: what it says; with an empty text give ``name_for_readers``.
        name: its ``objectName``.
        icon_name: name of an icon; "" for none.
        primary: the one large action of a screen.
        flat: without a frame.
        chip: a small toggle, rounded.
        name_for_readers: accessible name where the text alone does not say it.
        parent: its parent.
    """

    def __init__(
        self,
        text: str,
        name: str,
        *,
        icon_name: str = "",
        primary: bool = False,
        flat: bool = False,
        chip: bool = False,
        name_for_readers: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self.setObjectName(name)
        self.setAccessibleName(name_for_readers or text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        for role, on in (("primary", primary), ("flat", flat), ("chip", chip)):
            if on:
                self.setProperty(role, True)
        self.setCheckable(chip)
        self._icon_name = icon_name
        self._icon_role = "on_accent" if primary else "text"
        self._dress()

    def show_icon(self, name: str, role: str = "text") -> None:
        """Show another icon, in a colour of the theme."""
        self._icon_name, self._icon_role = name, role
        self._dress()

    def changeEvent(self, event: QEvent) -> None:
        """Redraw the icon when the theme changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()

    def _dress(self) -> None:
        if self._icon_name:
            self.setIcon(icon(self._icon_name, self._icon_role))
            self.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
