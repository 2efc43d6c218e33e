"""What the searches of the compare screen show and decide: the form, the trials, what matters."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot

from workbench.errors import UserError
from workbench.gui.background import Latest
from workbench.gui.presenters.compare import search_form
from workbench.gui.presenters.compare.experiments import ExperimentsPresenter
from workbench.gui.presenters.compare.search_form import SearchForm
from workbench.searching import advance, judging, store
from workbench.searching.judging import Standing
from workbench.searching.spec import SearchSpec
from workbench.searching.store import Search
from workbench.spec import RunSpec

log = logging.getLogger(__name__)

LOOK_MS = 2000
"""How often searches that are under way are looked at."""


@dataclass(frozen=True)
class SearchRow:
    """A search in the list.

    Args:
        folder: its folder.
        title: its name.
        words: how it stands.
        under_way: it goes on by itself.
    """

    folder: Path
    title: str
    words: str
    under_way: bool = False


@dataclass(frozen=True)
class Shown:
    """A search that is looked at.

    Args:
        folder: its folder.
        spec: what it is.
        standing: how it stands.
    """

    folder: Path
    spec: SearchSpec
    standing: Standing

    @property
    def started(self) -> bool:
        """It goes on by itself."""
        return self.standing.on and not self.standing.over

    @property
    def has_lead(self) -> bool:
        """A trial that is done is better than the recipe, as far as is known."""
        best = self.standing.best
        return best is not None and best != self.standing.own


@dataclass(frozen=True)
class SearchState:
    """All that the searches show.

    Args:
        page: the form of a new search; one that is looked at.
        rows: all searches, the newest first.
        form: of a new one; None before there is a recipe.
        shown: the one that is looked at; None while it is read.
        chosen: folder of the one that is wanted.
        error: what went wrong.
        starting: a search is being made.
    """

    page: Literal["form", "search"] = "form"
    rows: tuple[SearchRow, ...] = ()
    form: SearchForm | None = None
    shown: Shown | None = None
    chosen: Path | None = None
    error: UserError | None = None
    starting: bool = False


class SearchPresenter(ExperimentsPresenter):
    """Plans searches and carries them on while a window is open.

    Args:
        runs: the folder of all runs.
        parent: its parent.
    """

    state: SearchState

    duel_wished = Signal(object, str)
    """The ``DuelSpec`` that settles what was found, and why."""

    def __init__(self, runs: Path, parent: QObject | None = None) -> None:
        super().__init__("search", SearchState(), LOOK_MS, parent)
        self._runs = runs
        self._recipe: RunSpec | None = None
        self._stale = False
        self._forms = Latest(self)
        self._forms.answered.connect(self._have_form)
        self._forms.failed.connect(self._fail)

    @Slot(bool)
    def be_seen(self, seen: bool) -> None:
        """The searches are seen, or no longer are."""
        super().be_seen(seen)
        self._offer()

    @Slot(object)
    def use_recipe(self, recipe: RunSpec | None) -> None:
        """Another recipe is on the recipe screen."""
        if recipe != self._recipe:
            self._recipe, self._stale = recipe, True
            self._offer()

    @Slot()
    def begin_form(self) -> None:
        """Plan a new search of the recipe at hand."""
        self._stale = True
        self._become(replace(self.state, page="form", chosen=None, error=None))
        self._offer()

    @Slot(str, bool)
    def choose(self, place: str, on: bool) -> None:
        """Search a place, or not."""
        self._change(lambda form: search_form.changed(form, place, on=on))

    @Slot(str, str)
    def type_range(self, place: str, typed: str) -> None:
        """Try these values of a place."""
        self._change(lambda form: search_form.changed(form, place, typed=typed))

    @Slot(str)
    def choose_sampler(self, sampler: str) -> None:
        """Draw values in this way."""
        self._change(lambda form: replace(form, sampler=sampler))

    @Slot(int)
    def choose_trials(self, trials: int) -> None:
        """Train so many at most."""
        self._change(lambda form: replace(form, trials=trials))

    @Slot(bool)
    def choose_pruning(self, on: bool) -> None:
        """End hopeless trials early, or not."""
        self._change(lambda form: replace(form, prune=on))

    @Slot()
    def begin(self) -> None:
        """Make the search of the form and begin it."""
        form = self.state.form
        if form is None or self.state.starting:
            return
        self._begin(lambda: store.create(self._runs, search_form.search_of_form(form)).folder)

    @Slot()
    def halt(self) -> None:
        """Begin no more trials of the search that is looked at."""
        self._change_shown(lambda folder: advance.halt(Search(folder)))

    @Slot()
    def go_on(self) -> None:
        """Carry the search that is looked at on."""
        self._change_shown(lambda folder: advance.go_on(Search(folder)))

    def open_run(self, number: int) -> None:
        """Open the run of a trial.

        Args:
            number: of the trial.
        """
        shown = self.state.shown
        trial = None if shown is None else shown.standing.trial(number)
        if trial is not None and (self._runs / trial.run / "spec.json").is_file():
            self.run_wished.emit(self._runs / trial.run)

    @Slot()
    def duel(self) -> None:
        """Propose the duel of the best trial against the recipe."""
        shown = self.state.shown
        if shown is None:
            return
        try:
            self.duel_wished.emit(
                judging.duel_of_best(shown.spec, shown.standing), judging.OPTIMISTIC
            )
        except UserError as error:
            self._become(replace(self.state, error=error))

    def _offer(self) -> None:
        """Find out what can be searched of the recipe, once somebody looks."""
        if not (self._visible and self._stale):
            return
        self._stale = False
        recipe = self._recipe
        if recipe is None:
            self._forms.forget()
            self._become(replace(self.state, form=None))
        else:
            # Which parts fit is tried out one by one: too long for the window's thread.
            self._forms.ask(lambda: search_form.begin(recipe))

    @Slot(object)
    def _have_form(self, form: SearchForm) -> None:
        self._become(replace(self.state, form=form))

    def _change(self, change: Callable[[SearchForm], SearchForm]) -> None:
        if self.state.form is not None:
            self._become(replace(self.state, form=change(self.state.form), error=None))

    def _every(self) -> list[Search]:
        return store.every(self._runs)

    def _carried_on(
        self, experiment: Search, wanted: bool
    ) -> tuple[SearchRow, Shown | None, UserError | None]:
        return _carried_on(experiment)

    def _stands(self, row: SearchRow) -> bool:
        # Opening a study takes a while; one that is halted is not read again either.
        return not row.under_way


def _carried_on(search: Search) -> tuple[SearchRow, Shown | None, UserError | None]:
    """A search after what can be done for it now was done."""
    try:
        spec = search.spec()
        standing = judging.stand(search)
    except UserError as error:
        return SearchRow(search.folder, search.folder.name, "Damaged"), None, error
    trouble = None
    if standing.on and not standing.over:
        try:
            advance.advance(search)
            standing = judging.stand(search)
        except UserError as error:
            log.warning("a search cannot be carried on: %s", error)
            trouble = error
    shown = Shown(search.folder, spec, standing)
    told = judging.progress(spec, standing)
    return SearchRow(search.folder, spec.name, told, shown.started), shown, trouble
