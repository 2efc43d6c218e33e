"""Makes the tabs of the compare screen and connects them: who is told what, and who asks whom."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from workbench.gui.engines import Engines
from workbench.gui.screens.compare import CompareView


class CompareTabs(QObject):
    """All ways to compare runs, and what would become runs.

    Args:
        view: gets a tab for each.
        engines: answer questions and do longer work.
        runs: the folder of all runs.
        parent: its parent.
    """

    run_wished = Signal(object)
    """The ``Path`` of a run to open."""

    def __init__(
        self, view: CompareView, engines: Engines, runs: Path, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._view, self._engines, self._runs = view, engines, runs
        view.shown.connect(self.refresh)

    @Slot()
    def refresh(self) -> None:
        """Look at the folders again: the screen is seen."""

    def close(self) -> None:
        """End all work that is under way."""
