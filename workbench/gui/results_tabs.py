"""Makes the tabs of the results screen and connects them: who is told what, and who asks whom."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from PySide6.QtCore import QObject, Qt, Slot

from workbench.engine import protocol
from workbench.gui.engines import Engines
from workbench.gui.peeking import Peek
from workbench.gui.presenters.insight.advice import AdvicePresenter
from workbench.gui.presenters.insight.curves import CurvesPresenter
from workbench.gui.presenters.insight.handover import HandoverPresenter
from workbench.gui.presenters.insight.landscape import LandscapePresenter
from workbench.gui.presenters.insight.map import MapPresenter
from workbench.gui.presenters.insight.microscope import MicroscopePresenter
from workbench.gui.presenters.insight.modalities import ModalitiesPresenter
from workbench.gui.presenters.insight.replay import ReplayPresenter
from workbench.gui.presenters.insight.retrieval import RetrievalPresenter
from workbench.gui.presenters.insight.robustness import RobustnessPresenter
from workbench.gui.presenters.insight.samples import BrowserPresenter
from workbench.gui.presenters.insight.what_if import WhatIfPresenter
from workbench.gui.presenters.results import ResultsPresenter, ResultsState
from workbench.gui.presenters.study import StudyPresenter
from workbench.gui.previewing import Preview
from workbench.gui.run_index import RunIndex
from workbench.gui.run_sounds import RunSounds
from workbench.gui.screens.results import ResultsView
from workbench.gui.trying import Trying
from workbench.gui.widgets.insight.advice import AdviceView
from workbench.gui.widgets.insight.curves import CurvesView
from workbench.gui.widgets.insight.handover import HandoverView
from workbench.gui.widgets.insight.landscape import LandscapeView
from workbench.gui.widgets.insight.map import MapView
from workbench.gui.widgets.insight.microscope import MicroscopeView
from workbench.gui.widgets.insight.modalities import ModalitiesView
from workbench.gui.widgets.insight.replay import ReplayView
from workbench.gui.widgets.insight.retrieval import RetrievalView
from workbench.gui.widgets.insight.robustness import RobustnessView
from workbench.gui.widgets.insight.samples import BrowserView
from workbench.gui.widgets.insight.what_if import WhatIfView
from workbench.gui.widgets.sample import open_with_desktop
from workbench.gui.widgets.study import StudyBar

Split = Literal["train", "validation", "test"]


class ResultsTabs(QObject):
    """All ways to look at a trained run but the overview.

    Args:
        view: gets a tab for each.
        results: says which run is looked at.
        index: finds the data of the run.
        engines: answer questions and do longer work.
        parent: its parent.
    """

    def __init__(
        self, view: ResultsView, results: ResultsPresenter, index: RunIndex, engines: Engines,
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._view, self._results, self._index, self._engines = view, results, index, engines
        self._dice = np.random.default_rng()
        self.evaluating = StudyPresenter(engines.study, self)
        self.evaluating.finished.connect(self._show_evaluated)
        view.work_slot.addWidget(StudyBar("results_evaluating", "", self.evaluating))
        results.evaluate_wished.connect(self._evaluate)
        self._add_advice()
        self._add_samples()
        self.curves = CurvesPresenter(self)
        self.curves_view = CurvesView(self.curves)
        view.add_tab("Curves", self.curves_view)
        results.changed.connect(self.curves.follow)
        self.modalities = ModalitiesPresenter(engines.study, self)
        self.modalities_view = ModalitiesView(self.modalities)
        view.add_tab("Modalities", self.modalities_view)
        self.modalities_view.sample_chosen.connect(view.sample_chosen)
        results.changed.connect(self.modalities.follow)
        self._add_microscope()
        self._add_robustness()
        self.retrieval = RetrievalPresenter(self)
        self.retrieval_view = RetrievalView(self.retrieval)
        view.add_tab("Partners", self.retrieval_view)
        view.sample_chosen.connect(self.retrieval.choose_stem, Qt.ConnectionType.QueuedConnection)
        results.changed.connect(self.retrieval.follow)
        self._add_previews()
        self._add_tryit()
        self._add_map()
        self._add_landscape()
        self._add_replay()
        self._add_what_if()
        self._add_handover()
        results.changed.connect(self._show_tabs)
        self._show_tabs(results.state)

    def close(self) -> None:
        """End all work that is under way."""
        self.evaluating.stop()
        self.handover.close()
        self.trying.close()
        self.map.close()
        self.landscape.close()
        self.replay.close()
        self.what_if.close()
        self.modalities.study.stop()
        self.robustness.study.stop()

    def _add_advice(self) -> None:
        self.advice = AdvicePresenter(self)
        self.advice_view = AdviceView(self.advice)
        self._results.changed.connect(self.advice.follow)
        self._view.add_tab("Advice", self.advice_view)

    def _add_samples(self) -> None:
        self.samples = BrowserPresenter(self._index, self)
        self.samples_view = BrowserView(self.samples)
        self._view.add_tab("Samples", self.samples_view)
        self._results.changed.connect(self.samples.follow)
        self._view.browse_wished.connect(self.browse)

    @Slot(int, int)
    def browse(self, true: int = -1, said: int = -1) -> None:
        """Look at the samples of a class that were taken for another.

        Args:
            true: number of the class; -1: any.
            said: number of the class that they were taken for; -1: any.
        """
        self.samples.show_cell(true, said)
        self._view.tabs.setCurrentWidget(self.samples_view)

    def _add_previews(self) -> None:
        shown = (
            (self.retrieval_view.asked_shown, self.retrieval_view.asked_slot, "results_asked"),
            (self.retrieval_view.found_shown, self.retrieval_view.found_slot, "results_found"),
        )
        for told, slot, name in shown:
            preview = Preview(self._index, self._results, name, parent=self)
            slot.addWidget(preview.view)
            told.connect(preview.show_sample)

    def _add_microscope(self) -> None:
        self.microscope = MicroscopePresenter(self)
        self.microscope_view = MicroscopeView(self.microscope)
        self.microscope.asked.connect(self._engines.ask)
        self._engines.answered.connect(self.microscope.answer)
        self._results.changed.connect(self.microscope.follow)
        # The screen chooses its first sample before everybody else has heard of another run.
        later = Qt.ConnectionType.QueuedConnection
        self._view.sample_chosen.connect(self.microscope.choose_stem, later)
        self.microscope_view.random_wished.connect(self._choose_any)
        self._sounds = RunSounds(self._index, self)
        self._sounds.came.connect(self.microscope_view.show_sound)
        self._view.sample_chosen.connect(self._sounds.look)
        self._view.add_tab("Microscope", self.microscope_view)

    def _add_robustness(self) -> None:
        self.robustness = RobustnessPresenter(self._engines.study, self)
        self.robustness_view = RobustnessView(self.robustness)
        self.robustness.asked.connect(self._engines.ask)
        self._engines.answered.connect(self.robustness.answer)
        self._results.changed.connect(self.robustness.follow)
        later = Qt.ConnectionType.QueuedConnection
        self._view.sample_chosen.connect(self.robustness.choose_stem, later)
        self.robustness_view.random_wished.connect(self._choose_any)
        self._view.add_tab("Robustness", self.robustness_view)

    @Slot()
    def _choose_any(self) -> None:
        samples = self._results.state.samples
        if samples is not None and len(samples):
            self._choose(str(self._dice.choice(samples.stem)))

    def _add_handover(self) -> None:
        self.handover = HandoverPresenter(self._engines.study, self)
        self.handover_view = HandoverView(self.handover)
        self.handover.open_wished.connect(open_with_desktop)
        self._results.changed.connect(self.handover.follow)
        self._view.add_tab("Hand over", self.handover_view)

    def _add_tryit(self) -> None:
        self.trying = Trying(self._index, self._results, self._engines, parent=self)
        self.trying.view.sample_chosen.connect(self._look_at)
        self._view.add_tab("Try it", self.trying.view)

    def _add_map(self) -> None:
        self._peek = Peek(self._index, self)
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

    def _add_replay(self) -> None:
        self.replay = ReplayPresenter(self)
        self.replay_view = ReplayView(self.replay)
        self.replay.sample_chosen.connect(self._look_at)
        self._results.changed.connect(self.replay.follow)
        self._view.add_tab("Replay", self.replay_view)

    def _add_what_if(self) -> None:
        self.what_if = WhatIfPresenter(self)
        self.what_if_view = WhatIfView(self.what_if)
        self.what_if.asked.connect(self._engines.ask)
        self._engines.answered.connect(self.what_if.answer)
        self._results.changed.connect(self.what_if.follow)
        self._view.add_tab("What if", self.what_if_view)

    @Slot(str)
    def _look_at(self, stem: str) -> None:
        self._choose(stem)
        self._view.tabs.setCurrentIndex(0)

    @Slot(str)
    def _choose(self, stem: str) -> None:
        """Choose a sample in the overview, too; where its list leaves it out, all are listed."""
        row = self._results.row_of(stem)
        if row >= 0 and self._view.samples.rows.row_of(row) < 0:
            self._results.show_all()
        self._view.choose_entry(row)

    @Slot(object)
    def _show_tabs(self, state: ResultsState) -> None:
        """Only what can be said of this run is offered."""
        found = state.results
        several = state.spec is not None and len(state.spec.modalities) > 1
        offered = {
            self.retrieval_view: found is not None and bool(found.per_pair),
            self.modalities_view: found is not None and found.task != "none" and several,
            self.microscope_view: found is not None and found.task != "none",
            self.robustness_view: found is not None and found.task != "none",
        }
        for page, on in offered.items():
            self._view.tabs.setTabVisible(self._view.tabs.indexOf(page), on)

    @Slot(object, str)
    def _evaluate(self, folder: Path, split: Split) -> None:
        self.evaluating.start(protocol.EvaluateSplit(run=str(folder), split=split))

    @Slot(object)
    def _show_evaluated(self, file: Path) -> None:
        run = file.parent.parent
        if self._results.state.folder == run:
            self._results.show_run(run, file.stem)
