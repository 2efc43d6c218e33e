"""The duels of the compare screen: their list, the form of a new one, the one that is looked at."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from workbench.gui.presenters.compare.duel import DuelPresenter
from workbench.gui.widgets.compare.duel_form import DuelFormView
from workbench.gui.widgets.compare.duel_shown import DuelShownView
from workbench.gui.widgets.compare.experiments import ExperimentList, ExperimentsView

_NOTHING = "Duels that were begun stand here, with their verdicts."


class DuelView(ExperimentsView):
    """Shows a ``DuelState``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: DuelPresenter, parent: QWidget | None = None) -> None:
        form, shown = DuelFormView(presenter), DuelShownView(presenter)
        experiments = ExperimentList("Duels", "duel", "New duel", _NOTHING)
        experiments.new_wished.connect(presenter.begin_form)
        super().__init__(presenter, experiments, form, shown, "duel", "Duels", parent)
        self.form, self.shown = form, shown
