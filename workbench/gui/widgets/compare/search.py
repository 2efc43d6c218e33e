"""The searches of the compare screen: their list, the form of a new one, the one looked at."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from workbench.gui.presenters.compare.search import SearchPresenter
from workbench.gui.widgets.compare.experiments import ExperimentList, ExperimentsView
from workbench.gui.widgets.compare.search_form import SearchFormView
from workbench.gui.widgets.compare.search_shown import SearchShownView

_NOTHING = "Searches that were begun stand here."


class SearchView(ExperimentsView):
    """Shows a ``SearchState``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: SearchPresenter, parent: QWidget | None = None) -> None:
        form, shown = SearchFormView(presenter), SearchShownView(presenter)
        experiments = ExperimentList("Searches", "search", "New search", _NOTHING)
        experiments.new_wished.connect(presenter.begin_form)
        super().__init__(presenter, experiments, form, shown, "search", "Searches", parent)
        self.form, self.shown = form, shown
