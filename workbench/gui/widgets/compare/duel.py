"""The duels of the compare screen: their list, the form of a new one, the one that is looked at."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from workbench.gui.presenters.compare.duel import DuelPresenter, DuelState
from workbench.gui.widgets.cards import Banner
from workbench.gui.widgets.compare.duel_form import DuelFormView
from workbench.gui.widgets.compare.duel_shown import DuelShownView
from workbench.gui.widgets.compare.experiments import ExperimentList
from workbench.gui.widgets.seen import SeenPage

_NOTHING = "Duels that were begun stand here, with their verdicts."


class DuelView(SeenPage):
    """Shows a ``DuelState``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: DuelPresenter, parent: QWidget | None = None) -> None:
        super().__init__(presenter, "duel", "Duels", parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 0)
        outer.setSpacing(12)
        self.banner = Banner("duel_banner")
        outer.addWidget(self.banner)
        row = QHBoxLayout()
        row.setSpacing(12)
        self.experiments = ExperimentList("Duels", "duel", "New duel", _NOTHING)
        self.experiments.new_wished.connect(presenter.begin_form)
        self.experiments.opened.connect(presenter.open)
        row.addWidget(self.experiments)
        pages = QWidget()
        self._stack = QStackedLayout(pages)
        self.form = DuelFormView(presenter)
        self.shown = DuelShownView(presenter)
        self._stack.addWidget(self.form)
        self._stack.addWidget(self.shown)
        row.addWidget(pages, 1)
        outer.addLayout(row, 1)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: DuelState) -> None:
        """Show the state."""
        self._stack.setCurrentIndex(1 if state.page == "duel" else 0)
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()
        self.experiments.show_rows(state.rows, state.chosen)
