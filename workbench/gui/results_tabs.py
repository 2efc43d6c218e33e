"""Makes the tabs of the results screen and connects them: who is told what, and who asks whom."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Slot

from workbench.engine import protocol
from workbench.gui.engines import Engines
from workbench.gui.presenters.insight.curves import CurvesPresenter
from workbench.gui.presenters.results import ResultsPresenter
from workbench.gui.presenters.study import StudyPresenter
from workbench.gui.screens.results import ResultsView
from workbench.gui.widgets.insight.curves import CurvesView
from workbench.gui.widgets.study import StudyBar

Split = Literal["train", "validation", "test"]


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
        self.evaluating = StudyPresenter(engines.study, self)
        self.evaluating.finished.connect(self._show_evaluated)
        view.work_slot.addWidget(StudyBar("results_evaluating", "", self.evaluating))
        results.evaluate_wished.connect(self._evaluate)
        self.curves = CurvesPresenter(self)
        self.curves_view = CurvesView(self.curves)
        view.add_tab("Curves", self.curves_view)
        results.changed.connect(self.curves.follow)

    def close(self) -> None:
        """End all work that is under way."""
        self.evaluating.stop()

    @Slot(object, str)
    def _evaluate(self, folder: Path, split: Split) -> None:
        self.evaluating.start(protocol.EvaluateSplit(run=str(folder), split=split))

    @Slot(object)
    def _show_evaluated(self, file: Path) -> None:
        run = file.parent.parent
        if self._results.state.folder == run:
            self._results.show_run(run, file.stem)
