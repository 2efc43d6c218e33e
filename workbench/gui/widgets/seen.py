"""Pages that do nothing before they are seen."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget


class Looker(Protocol):
    """A presenter that reads only what somebody looks at."""

    def be_seen(self, seen: bool) -> None:
        """The page is seen, or no longer is."""
        ...


class SeenPage(QWidget):
    """Tells its presenter when it is seen, and when it no longer is.

    Args:
        presenter: who is told.
        name: its ``objectName``.
        title: its accessible name.
        parent: its parent.
    """

    def __init__(
        self, presenter: Looker, name: str, title: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self._looker = presenter

    def showEvent(self, event: QShowEvent) -> None:
        """It is seen."""
        super().showEvent(event)
        self._looker.be_seen(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """It is no longer seen."""
        super().hideEvent(event)
        self._looker.be_seen(False)
