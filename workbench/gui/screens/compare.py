"""The compare screen: which of several runs, losses or options is better, and is it real."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from workbench.gui.widgets.screen import Screen
from workbench.gui.widgets.tabs import Tabs


class CompareView(Screen):
    """A tab for each way to compare.

    Args:
        parent: its parent.
    """

    shown = Signal()
    """The screen is seen now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Compare", "compare", parent=parent)
        self.subtitle.setText("Which is better, and is the difference real?")
        self.tabs = Tabs("compare_tabs", "Ways to compare")
        self.body.addWidget(self.tabs, 1)

    def add_tab(self, title: str, page: QWidget) -> None:
        """Add another way to compare.

        Args:
            title: what it is called.
            page: what it shows; it follows its presenter by itself.
        """
        self.tabs.addTab(page, title)

    def show_tab(self, page: QWidget) -> None:
        """Show the tab with this page."""
        self.tabs.setCurrentWidget(page)

    def showEvent(self, event: QShowEvent) -> None:
        """Say that the screen is seen, unless its window was only restored."""
        super().showEvent(event)
        if not event.spontaneous():
            self.shown.emit()
