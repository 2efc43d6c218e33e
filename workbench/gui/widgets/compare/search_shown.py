"""A search that is looked at: the best trial, how it was found, what matters, all trials."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QItemSelection, QModelIndex, QSignalBlocker, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.gui.plots.compare.search import HistoryPlot, ImportancePlot, ParallelPlot
from workbench.gui.presenters.compare.search import SearchPresenter, SearchState, Shown
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card
from workbench.gui.widgets.evaluation_tables import Column, EvaluationTable
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.tabs import Tabs
from workbench.searching import judging
from workbench.searching.study import Trial

_FATES = {"running": "under way", "done": "done", "pruned": "ended early", "failed": "failed"}


class SearchShownView(QWidget):
    """Shows the search of a ``SearchState``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: SearchPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("search_shown")
        self.setAccessibleName("A search")
        self._presenter = presenter
        self._of: object = None
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(12)
        outer.addWidget(self._head())
        plots = QHBoxLayout()
        plots.setSpacing(12)
        self.history = HistoryPlot("search_history")
        self.importance = ImportancePlot("search_importance")
        history = Card("Trials", "the line is the best so far", "search_history_card")
        history.body.addWidget(self.history, 1)
        matters = Card("What matters", "", "search_importance_card")
        self.why_not = label("", "quiet", "search_why_not", wrap=True)
        matters.body.addWidget(self.why_not)
        matters.body.addWidget(self.importance, 1)
        plots.addWidget(history, 1)
        plots.addWidget(matters, 1)
        outer.addLayout(plots, 1)
        self.parallel = ParallelPlot("search_parallel")
        self.trials = EvaluationTable("search_table", "Trials", (1,))
        self.trials.selectionModel().selectionChanged.connect(self._look)
        self.trials.doubleClicked.connect(self._open)
        card = Card("", "", "search_trials_card")
        self.tabs = Tabs("search_tabs", "All trials")
        self.tabs.addTab(self.parallel, "Every trial")
        self.tabs.addTab(self.trials, "Table")
        self.tabs.setTabToolTip(0, "A line each; the stronger it is, the better its trial did")
        self.tabs.setTabToolTip(1, "The one that is chosen is marked among the lines; a double "
                                "click opens its run")  # fmt: skip
        card.body.addWidget(self.tabs, 1)
        outer.addWidget(card, 1)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: SearchState) -> None:
        """Show the state."""
        shown = state.shown
        if shown is None:
            self.headline.setText("Reading the search…")
            self._of = None
            return
        self.halt.setVisible(shown.started)
        self.go_on.setVisible(not shown.started and not shown.standing.over)
        self.duel.setEnabled(shown.has_lead)
        if shown == self._of:
            return
        self._of = shown
        spec, standing = shown.spec, shown.standing
        self.headline.setText(judging.headline(spec, standing))
        self.progress.setText(judging.progress(spec, standing))
        self.beware.setVisible(shown.has_lead)
        self.history.show_standing(spec, standing)
        self.importance.setVisible(bool(standing.importance))
        self.importance.show_importance(standing.importance)
        self.why_not.setText(standing.why_no_importance)
        self.why_not.setVisible(bool(standing.why_no_importance))
        self.parallel.show_standing(spec, standing, self._looked_at())
        columns = _columns(shown)
        rows = np.arange(len(standing.trials))
        with QSignalBlocker(self.trials.selectionModel()):
            self.trials.show_columns(columns, rows, (1,) * len(columns))

    def _head(self) -> Card:
        card = Card("", "", "search_head_card")
        row = QHBoxLayout()
        self.headline = label("", "card-title", "search_headline", wrap=True)
        row.addWidget(self.headline, 1)
        self.duel = Button("Duel with the recipe", "search_duel", icon_name="scales")
        self.duel.setToolTip("See by repeats whether the best trial really beats the recipe")
        self.duel.clicked.connect(self._presenter.duel)
        self.halt = Button("Halt", "search_halt", icon_name="pause")
        self.halt.clicked.connect(self._presenter.halt)
        self.go_on = Button("Go on", "search_go_on", icon_name="play")
        self.go_on.clicked.connect(self._presenter.go_on)
        for button in (self.duel, self.halt, self.go_on):
            row.addWidget(button)
        card.body.addLayout(row)
        self.progress = label("", "quiet", "search_progress")
        card.body.addWidget(self.progress)
        self.beware = label(judging.OPTIMISTIC, "quiet", "search_beware", wrap=True)
        card.body.addWidget(self.beware)
        return card

    def _looked_at(self) -> int | None:
        found = self.trials.selectionModel().selectedRows()
        return self.trials.rows.entry(found[0].row()) if found else None

    @Slot(QItemSelection, QItemSelection)
    def _look(self, *_: object) -> None:
        shown = self._presenter.state.shown
        if shown is not None:
            self.parallel.show_standing(shown.spec, shown.standing, self._looked_at())

    @Slot(QModelIndex)
    def _open(self, index: QModelIndex) -> None:
        self._presenter.open_run(self.trials.rows.entry(index.row()))


def _columns(shown: Shown) -> tuple[Column, ...]:
    spec, trials = shown.spec, shown.standing.trials

    def values(place: str) -> Column:
        found = [each.values.get(place) for each in trials]
        numbers = all(isinstance(each, int | float) for each in found)
        key = np.asarray(found if numbers else [str(each) for each in found])
        title = place.removesuffix(".name").rpartition(".")[2].replace("_", " ")
        return (title.capitalize(), key, lambda i: judging.setting_words(found[i]), numbers)

    def mark(trial: Trial) -> str:
        best = " *" if trial.number == shown.standing.best else ""
        return f"{trial.number + 1}{best}"

    figures = np.asarray([each.value for each in trials], np.float64)
    metric = judging.metric_of(spec).replace("_", " ").capitalize()
    return (
        ("Trial", np.arange(len(trials)), lambda i: mark(trials[i]), True),
        (metric, np.where(np.isfinite(figures), figures, -math.inf),
         lambda i: judging.value_words(spec, trials[i].value), True),
        *(values(each.place) for each in spec.space),
        ("How", np.asarray([each.fate for each in trials], np.str_),
         lambda i: str(trials[i].notes.get("message") or _FATES[trials[i].fate]), False),
    )  # fmt: skip
