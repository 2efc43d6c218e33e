"""Makes the tabs of the results screen and connects them: who is told what, and who asks whom."""

from __future__ import annotations

from PySide6.QtCore import QObject

from workbench.gui.engines import Engines
from workbench.gui.presenters.results import ResultsPresenter
from workbench.gui.screens.results import ResultsView


class ResultsTabs(QObject):
    """All ways to look at a trained run but the overview.

    Args:
        view: gets a tab for each.
        results: says which run is looked at.
        engines: answer questions and do longer work.
        parent: its parent.
    """

    def __init__(
        self, view: ResultsView, results: ResultsPresenter, engines: Engines,
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._view, self._results, self._engines = view, results, engines

    def close(self) -> None:
        """End all work that is under way."""
