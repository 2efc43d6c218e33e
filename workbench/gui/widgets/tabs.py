"""Tabs whose height does not change with what is chosen."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget, QWidget


class Tabs(QTabWidget):
    """Tabs that take the place they are given.

    A wrapped sentence on one page would let a layout give the whole more room than before, so that
    everything around it jumps when that page is chosen.

    Args:
        name: its ``objectName``.
        name_for_readers: its accessible name.
        parent: its parent.
    """

    def __init__(self, name: str, name_for_readers: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(name_for_readers)

    def hasHeightForWidth(self) -> bool:
        """The height never depends on the width."""
        return False
