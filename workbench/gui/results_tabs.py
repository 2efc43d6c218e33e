"""Makes the tabs of the results screen and connects them: who is told what, and who asks whom."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from workbench.gui.engines import Engines
from workbench.gui.peeking import Peek
from workbench.gui.presenters.insight.landscape import LandscapePresenter
from workbench.gui.presenters.insight.map import MapPresenter
from workbench.gui.presenters.results import ResultsPresenter
from workbench.gui.run_index import RunIndex
from workbench.gui.screens.results import ResultsView
from workbench.gui.widgets.insight.landscape import LandscapeView
from workbench.gui.widgets.insight.map import MapView


class ResultsTabs(QObject):
    """All ways to look at a trained run but the overview.

    Args:
        view: gets a tab for each.
        results: says which run is looked at.
        engines: answer questions and do longer work.
        index: finds the data of the run.
        parent: its parent.
    """

    def __init__(
        self, view: ResultsView, results: ResultsPresenter, engines: Engines,
        index: RunIndex, parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._view, self._results, self._engines = view, results, engines
        self._peek = Peek(index, self)
        self._add_map()
        self._add_landscape()

    def close(self) -> None:
        """End all work that is under way."""
        self.map.close()
        self.landscape.close()

    def _add_map(self) -> None:
        self.map = MapPresenter(self._engines.study, self)
        view = MapView(self.map)
        view.peek.wanted.connect(self._peek.look)
        self._peek.came.connect(view.peek.show_picture)
        view.overview_wished.connect(lambda: self._view.tabs.setCurrentIndex(0))
        self.map.sample_chosen.connect(self._choose)
        self._results.changed.connect(self.map.show_results)
        self._view.add_tab("Map", view)

    def _add_landscape(self) -> None:
        self.landscape = LandscapePresenter(self._engines.study, self)
        self._results.changed.connect(self.landscape.show_results)
        self._view.add_tab("Landscape", LandscapeView(self.landscape))

    @Slot(str)
    def _choose(self, stem: str) -> None:
        """Choose a sample in the overview, too; where its list leaves it out, all are listed."""
        row = self._results.row_of(stem)
        if row >= 0 and self._view.samples.rows.row_of(row) < 0:
            self._results.show_all()
        self._view.choose_entry(row)
