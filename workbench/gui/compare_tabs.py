"""Makes the tabs of the compare screen and connects them: who is told what, and who asks whom."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal, Slot

from workbench.duels.spec import DuelSpec
from workbench.gui.peeking import Peek
from workbench.gui.presenters.compare.chosen import ChosenPresenter, ChosenState
from workbench.gui.presenters.compare.duel import DuelPresenter
from workbench.gui.presenters.compare.search import SearchPresenter
from workbench.gui.presenters.compare.table import TablePresenter
from workbench.gui.presenters.data import DataPresenter
from workbench.gui.run_index import RunIndex
from workbench.gui.screens.compare import CompareView
from workbench.gui.thumbnails import Thumbnail
from workbench.gui.widgets.compare.chosen import ChosenView
from workbench.gui.widgets.compare.duel import DuelView
from workbench.gui.widgets.compare.search import SearchView
from workbench.gui.widgets.compare.table import TableView
from workbench.spec import RunSpec


class CompareTabs(QObject):
    """All ways to compare runs, and what would become runs.

    Args:
        view: gets a tab for each.
        data: what is open; its samples need not be looked for again.
        runs: the folder of all runs.
        settings: what is remembered from one time to the next.
        parent: its parent.
    """

    run_wished = Signal(object)
    """The ``Path`` of a run to open."""

    shown_wished = Signal()
    """Show the compare screen."""

    def __init__(
        self,
        view: CompareView,
        data: DataPresenter,
        runs: Path,
        settings: QSettings | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view, self._data, self._runs, self._settings = view, data, runs, settings
        view.shown.connect(self.refresh)
        self._add_table()
        self._add_duel()
        self._add_search()

    def _add_table(self) -> None:
        self.table = TablePresenter(self._runs, self._settings, self)
        self.table_view = TableView(self.table)
        self.table.open_wished.connect(self.run_wished)
        self._view.add_tab("Runs", self.table_view)
        self.chosen = ChosenPresenter(self)
        self.chosen_view = ChosenView(self.chosen)
        self.chosen_view.run_wished.connect(self.run_wished)
        self.table.chosen.connect(self.chosen.choose)
        self.chosen.changed.connect(self._give_room)
        self.table_view.show_below(self.chosen_view)
        self._peek = Peek(RunIndex(self._data, lambda: self.chosen.folder, self), self)
        self._peek.came.connect(self._show_picture)
        self.chosen.sample_changed.connect(self._look)
        self._sample = ""

    @Slot(object)
    def _give_room(self, state: ChosenState) -> None:
        self.table_view.give_room(on=state.comparison is not None or state.error is not None)

    @Slot(str)
    def _look(self, stem: str) -> None:
        self._sample = stem
        self.chosen_view.peek.show_thumbnail(None)
        self._peek.look(stem)

    @Slot(str, object)
    def _show_picture(self, stem: str, found: Thumbnail) -> None:
        if stem == self._sample:
            self.chosen_view.peek.show_thumbnail(found)

    def _add_duel(self) -> None:
        self.duel = DuelPresenter(self._runs, self)
        self.duel_view = DuelView(self.duel)
        self.duel.run_wished.connect(self.run_wished)
        self.duel.shown_wished.connect(self._show_duel)
        self._view.add_tab("Duel", self.duel_view)

    def _add_search(self) -> None:
        self.search = SearchPresenter(self._runs, self)
        self.search_view = SearchView(self.search)
        self.search.run_wished.connect(self.run_wished)
        self.search.duel_wished.connect(self.propose_duel)
        self._view.add_tab("Search", self.search_view)

    @Slot(object)
    def use_recipe(self, recipe: RunSpec | None) -> None:
        """Another recipe is on the recipe screen."""
        self.duel.use_recipe(recipe)
        self.search.use_recipe(recipe)

    @Slot()
    def _show_duel(self) -> None:
        self._view.show_tab(self.duel_view)
        self.shown_wished.emit()

    def start(self) -> None:
        """Carry on what is under way from now on."""
        self.duel.start()
        self.search.start()

    @property
    def about(self) -> str:
        """What is looked at, in a line."""
        shown = self.duel.state.shown
        if self._view.tabs.currentWidget() is self.duel_view and shown is not None:
            return f"{shown.spec.name} · {shown.verdict.headline}"
        return "Comparison of runs"

    @Slot()
    def plan_duel(self) -> None:
        """Show the form of a new duel of the recipe."""
        self.duel.begin_form()
        self._show_duel()

    @Slot(object, str)
    def propose_duel(self, spec: DuelSpec, why: str = "") -> None:
        """Show the form filled with a duel that is proposed.

        Args:
            spec: the duel.
            why: the reason, in a sentence.
        """
        self.duel.propose(spec, why)

    @Slot()
    def refresh(self) -> None:
        """Look at the folders again: the screen is seen."""
        self.table.refresh()

    def close(self) -> None:
        """End all work that is under way."""
        self.table.close()
        self.chosen.close()
        self.duel.close()
        self.search.close()
