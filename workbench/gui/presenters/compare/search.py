"""What the searches of the compare screen show and decide: the form, the trials, what matters."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from workbench.errors import UserError
from workbench.gui.background import InOrder, Latest
from workbench.gui.presenters.compare import search_form
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


@dataclass(frozen=True)
class _Looked:
    rows: tuple[SearchRow, ...]
    shown: Shown | None
    chosen: Path | None
    error: UserError | None = None
    began: bool = False


class SearchPresenter(QObject):
    """Plans searches and carries them on while a window is open.

    Args:
        runs: the folder of all runs.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``SearchState`` after a change."""

    run_wished = Signal(object)
    """The ``Path`` of a run to open."""

    duel_wished = Signal(object, str)
    """The ``DuelSpec`` that settles what was found, and why."""

    def __init__(self, runs: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = SearchState()
        self._runs = runs
        self._recipe: RunSpec | None = None
        self._stale = False
        self._forms = Latest(self)
        self._forms.answered.connect(self._have_form)
        self._forms.failed.connect(self._fail)
        self._known: dict[Path, SearchRow] = {}
        self._visible = False
        self._work = InOrder(self)
        self._work.answered.connect(self._have)
        self._work.failed.connect(self._fail)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Carry on searches that are under way from now on."""
        self._timer.start()
        self.refresh()

    def close(self) -> None:
        """Carry nothing on any more."""
        self._timer.stop()

    @Slot(bool)
    def be_seen(self, seen: bool) -> None:
        """The searches are seen, or no longer are."""
        self._visible = seen
        if seen:
            self._offer()
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Look at the folders again."""
        self._look(lambda: self.state.chosen)

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
        self._become(replace(self.state, starting=True, error=None))

        def make() -> Path:
            return store.create(self._runs, search_form.search_of_form(form)).folder

        self._look(make, begins=True)

    @Slot(object)
    def open(self, folder: Path) -> None:
        """Look at a search."""
        if folder != self.state.chosen:
            self._become(
                replace(self.state, page="search", chosen=folder, shown=None, error=None)
            )  # fmt: skip
        self._look(lambda: folder)

    @Slot()
    def halt(self) -> None:
        """Begin no more trials of the search that is looked at."""
        self._change_shown(advance.halt)

    @Slot()
    def go_on(self) -> None:
        """Carry the search that is looked at on."""
        self._change_shown(advance.go_on)

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

    def _change_shown(self, change: Callable[[Search], object]) -> None:
        folder = self.state.chosen
        if folder is None:
            return

        def work() -> Path:
            change(Search(folder))
            return folder

        self._look(work)

    @Slot()
    def _tick(self) -> None:
        if not self._work.busy and any(row.under_way for row in self.state.rows):
            self.refresh()

    def _look(self, first: Callable[[], Path | None], *, begins: bool = False) -> None:
        """Do something first, then carry everything on and read what is looked at."""
        runs, known = self._runs, self._known

        def work() -> _Looked:
            chosen, error = self.state.chosen, None
            try:
                chosen = first()
            except UserError as told:
                error = told
            rows, shown = [], None
            for search in store.every(runs):
                wanted = search.folder == chosen
                if search.folder in known and not wanted:
                    rows.append(known[search.folder])
                    continue
                row, mine, trouble = _carried_on(search)
                rows.append(row)
                if row.under_way:
                    known.pop(search.folder, None)
                else:
                    # Opening a study takes a while; one that stands still is not read again.
                    known[search.folder] = row
                if wanted:
                    shown, error = mine, error or trouble
            return _Looked(tuple(rows), shown, chosen, error, begins)

        self._work.ask(work)

    @Slot(object)
    def _have(self, looked: _Looked) -> None:
        now = replace(self.state, rows=looked.rows)
        if looked.began:
            now = replace(now, starting=False, error=looked.error)
            if looked.error is None:
                now = replace(now, page="search", chosen=looked.chosen, shown=looked.shown)
        elif looked.chosen == self.state.chosen and self.state.page == "search":
            now = replace(now, shown=looked.shown, error=looked.error)
        if now != self.state:
            self._become(now)

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, error=error, starting=False))

    def _become(self, state: SearchState) -> None:
        self.state = state
        self.changed.emit(state)


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
