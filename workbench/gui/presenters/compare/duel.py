"""What the duels of the compare screen show and decide: the form, the race, the verdict."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot

from workbench.duels import advance, plan, store, words
from workbench.duels.judging import Judgement, judge
from workbench.duels.race import Race, RaceReader
from workbench.duels.spec import DuelSpec
from workbench.duels.store import Duel, Outcomes
from workbench.duels.words import Verdict
from workbench.errors import UserError
from workbench.gui.presenters.compare import duel_form
from workbench.gui.presenters.compare.duel_form import DuelForm
from workbench.gui.presenters.compare.experiments import ExperimentsPresenter
from workbench.spec import RunSpec

log = logging.getLogger(__name__)

LOOK_MS = 1500
"""How often duels that are under way are looked at."""


@dataclass(frozen=True)
class DuelRow:
    """A duel in the list.

    Args:
        folder: its folder.
        title: its name.
        words: how it stands.
        under_way: it goes on by itself.
        over: all is trained.
    """

    folder: Path
    title: str
    words: str
    under_way: bool = False
    over: bool = False


@dataclass(frozen=True)
class Shown:
    """A duel that is looked at.

    Args:
        folder: its folder.
        spec: what it is.
        outcomes: what has come out.
        judgement: what that shows.
        verdict: in words.
        race: the validation metric over the epochs.
        progress: how far it is, in words.
    """

    folder: Path
    spec: DuelSpec
    outcomes: Outcomes
    judgement: Judgement
    verdict: Verdict
    race: Race
    progress: str

    @property
    def started(self) -> bool:
        """It goes on by itself."""
        return self.outcomes.on and not self.judgement.over


@dataclass(frozen=True)
class DuelState:
    """All that the duels show.

    Args:
        page: nothing; the form of a new duel; one that is looked at.
        rows: all duels, the newest first.
        form: of a new one; None before there is a recipe.
        no_form: why there is none.
        shown: the one that is looked at; None while it is read.
        chosen: folder of the one that is wanted.
        error: what went wrong.
        starting: a duel is being made.
    """

    page: Literal["form", "duel"] = "form"
    rows: tuple[DuelRow, ...] = ()
    form: DuelForm | None = None
    no_form: str = "Open data first: a duel compares variants of the recipe."
    shown: Shown | None = None
    chosen: Path | None = None
    error: UserError | None = None
    starting: bool = False


class DuelPresenter(ExperimentsPresenter):
    """Plans duels, carries them on while a window is open, and judges them.

    Args:
        runs: the folder of all runs.
        parent: its parent.
    """

    state: DuelState

    shown_wished = Signal()
    """Somebody proposed a duel: show the tab."""

    def __init__(self, runs: Path, parent: QObject | None = None) -> None:
        super().__init__("duel", DuelState(), LOOK_MS, parent)
        self._runs = runs
        self._recipe: RunSpec | None = None
        self._readers: dict[Path, RaceReader] = {}

    @Slot(object)
    def use_recipe(self, recipe: RunSpec | None) -> None:
        """Another recipe is on the recipe screen."""
        if recipe == self._recipe:
            return
        self._recipe = recipe
        form = self.state.form
        if form is not None and form.given is not None:
            # What was proposed has its own recipe.
            return
        self._become(replace(self.state, form=_form(recipe)))

    @Slot()
    def begin_form(self) -> None:
        """Plan a new duel of the recipe at hand."""
        form = _form(self._recipe)
        self._become(replace(self.state, page="form", form=form, chosen=None, error=None))

    def propose(self, spec: DuelSpec, why: str = "") -> None:
        """Show the form filled with a duel that is proposed.

        Args:
            spec: the duel.
            why: the reason, in a sentence.
        """
        form = duel_form.propose(duel_form.begin(spec.recipe), spec, why)
        self._become(replace(self.state, page="form", form=form, chosen=None, error=None))
        self.shown_wished.emit()

    @Slot(str)
    def ablate(self, what: str) -> None:
        """Fill the form with an ablation: ``modalities`` or ``fusions``."""
        self._change(lambda form: duel_form.ablated(form, what))

    @Slot(str)
    def compare(self, place: str) -> None:
        """Compare something else."""
        self._change(lambda form: duel_form.compare(form, place))

    @Slot(str, bool)
    def choose(self, name: str, on: bool) -> None:
        """Let somebody take part, or not."""
        self._change(lambda form: duel_form.choose(form, name, on))

    @Slot(str)
    def type_values(self, typed: str) -> None:
        """Compare these values, with commas between them."""
        self._change(lambda form: duel_form.type_values(form, typed))

    @Slot(str)
    def type_for(self, place: str) -> None:
        """Compare values of another place."""
        self._change(lambda form: duel_form.type_for(form, place))

    @Slot(int)
    def choose_repeats(self, repeats: int) -> None:
        """Train each contestant so often."""
        self._change(lambda form: replace(form, repeats=repeats))

    @Slot(str)
    def choose_rates(self, name: str) -> None:
        """Look for learning rates in this way."""
        self._change(lambda form: replace(form, rates=name))

    @Slot(str)
    def choose_metric(self, name: str) -> None:
        """Judge by another metric."""
        self._change(lambda form: replace(form, metric=name))

    @Slot()
    def begin(self) -> None:
        """Make the duel of the form and begin it."""
        form = self.state.form
        if form is None or self.state.starting:
            return
        try:
            spec = duel_form.duel_of_form(form)
        except UserError as error:
            self._become(replace(self.state, error=error))
            return
        self._begin(lambda: store.create(self._runs, spec).folder)

    @Slot()
    def halt(self) -> None:
        """Begin nothing more of the duel that is looked at."""
        self._change_shown(lambda folder: advance.halt(Duel(folder)))

    @Slot()
    def go_on(self) -> None:
        """Carry the duel that is looked at on."""
        self._change_shown(lambda folder: advance.go_on(Duel(folder)))

    @Slot(str, int)
    def open_run(self, contestant: str, seed: int) -> None:
        """Open the run of a contestant and seed."""
        shown = self.state.shown
        for each in shown.outcomes.every if shown is not None else ():
            place = each.place
            if (place.contestant, place.seed, place.searching) == (contestant, seed, False):
                folder = self._runs / each.run
                if (folder / "spec.json").is_file():
                    self.run_wished.emit(folder)
                else:
                    gone = UserError(f"{each.run} is gone.", "Its figures are kept in the duel.")
                    self._become(replace(self.state, error=gone))
                return

    @Slot()
    def use_recipe_again(self) -> None:
        """Fill the form with the duel that is looked at, to repeat or to change it."""
        shown = self.state.shown
        if shown is not None:
            self.propose(shown.spec, "As in an earlier duel.")

    def _change(self, changed: Callable[[DuelForm], DuelForm]) -> None:
        form = self.state.form
        if form is None:
            return
        try:
            self._become(replace(self.state, form=changed(form), error=None))
        except UserError as error:
            self._become(replace(self.state, error=error))

    def _every(self) -> list[Duel]:
        return store.every(self._runs)

    def _carried_on(
        self, experiment: Duel, wanted: bool
    ) -> tuple[DuelRow, Shown | None, UserError | None]:
        return _carried_on(experiment, self._readers, wanted)

    def _stands(self, row: DuelRow) -> bool:
        return row.over


def _form(recipe: RunSpec | None) -> DuelForm | None:
    return duel_form.begin(recipe) if recipe is not None else None


def _carried_on(
    duel: Duel, readers: dict[Path, RaceReader], wanted: bool
) -> tuple[DuelRow, Shown | None, UserError | None]:
    """A duel after what can be done for it now was done."""
    trouble = None
    try:
        spec = duel.spec()
        outcomes = duel.outcomes()
    except UserError as error:
        row = DuelRow(duel.folder, duel.name, "Damaged")
        return row, None, error
    try:
        if outcomes.on and not plan.is_over(spec, outcomes):
            outcomes = advance.advance(duel)
    except UserError as error:
        log.warning("a duel cannot be carried on: %s", error)
        trouble = error
    over = plan.is_over(spec, outcomes)
    done = sum(1 for each in outcomes.every if each.over)
    if not wanted:
        told = "Done" if over else "Halted" if not outcomes.on else f"{done} runs done"
        return DuelRow(duel.folder, spec.name, told, outcomes.on and not over, over), None, trouble
    judgement = judge(spec, outcomes)
    reader = readers.setdefault(duel.folder, RaceReader(duel, spec))
    said = words.verdict(spec, judgement)
    progress = words.progress_words(judgement)
    shown = Shown(
        duel.folder, spec, outcomes, judgement, said, reader.read(outcomes), progress
    )  # fmt: skip
    told = "Done" if over else "Halted" if not outcomes.on else progress
    return DuelRow(duel.folder, spec.name, told, shown.started, over), shown, trouble
