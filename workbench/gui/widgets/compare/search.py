"""The searches of the compare screen: their list, the form of a new one, the one looked at."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from workbench.gui.presenters.compare.search import SearchPresenter, SearchState
from workbench.gui.widgets.cards import Banner
from workbench.gui.widgets.compare.experiments import ExperimentList
from workbench.gui.widgets.compare.search_form import SearchFormView
from workbench.gui.widgets.compare.search_shown import SearchShownView
from workbench.gui.widgets.seen import SeenPage

_NOTHING = "Searches that were begun stand here."


class SearchView(SeenPage):
    """Shows a ``SearchState``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: SearchPresenter, parent: QWidget | None = None) -> None:
        super().__init__(presenter, "search", "Searches", parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 0)
        outer.setSpacing(12)
        self.banner = Banner("search_banner")
        outer.addWidget(self.banner)
        row = QHBoxLayout()
        row.setSpacing(12)
        self.experiments = ExperimentList("Searches", "search", "New search", _NOTHING)
        self.experiments.new_wished.connect(presenter.begin_form)
        self.experiments.opened.connect(presenter.open)
        row.addWidget(self.experiments)
        pages = QWidget()
        self._stack = QStackedLayout(pages)
        self.form = SearchFormView(presenter)
        self.shown = SearchShownView(presenter)
        self._stack.addWidget(self.form)
        self._stack.addWidget(self.shown)
        row.addWidget(pages, 1)
        outer.addLayout(row, 1)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: SearchState) -> None:
        """Show the state."""
        self._stack.setCurrentIndex(1 if state.page == "search" else 0)
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()
        self.experiments.show_rows(state.rows, state.chosen)
