"""What the recipe screen shows and decides: a spec, its choices, and what is in the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from workbench import events, parts, spec
from workbench.advice import Advice, advise
from workbench.data.index import Index
from workbench.duels.spec import advised_duel
from workbench.errors import UserError
from workbench.gui.outline import Outline, outline, size_words
from workbench.gui.preflight import Check, Survey, facts, look_over, survey
from workbench.gui.presenters.recipe_changes import (
    ABOUT_DATA,
    gone_with,
    part_place,
    places_of,
    with_data,
    with_task,
)
from workbench.gui.presenters.recipe_changes import changed as apply_change
from workbench.gui.presenters.recipe_forms import (
    Form,
    PartChoice,
    balancers_waiting,
    chosen_parts,
    forms,
    reason_against,
)
from workbench.gui.presenters.recipe_size import ModelSize, phases
from workbench.parts import Modality, Part, Task
from workbench.spec import DataSpec, PartSpec, RunSpec

Suggest = Callable[[Index, str | None], RunSpec]
Reasons = Callable[[Index, RunSpec], Mapping[str, str]]


@dataclass(frozen=True)
class RecipeState:
    """All that the recipe screen shows.

    Args:
        spec: the run as it stands; None before there are data.
        offered: modalities that the data have.
        chosen: the part at each part place.
        forms: the form at each place.
        reasons: why the suggestion is what it is, by place.
        errors: what is wrong with a typed value, by place.
        checks: what was looked at before training; gravest first.
        outline: the model as boxes.
        facts: samples and steps in words.
        ready: training can start.
        advice: another loss that the data ask for; None where there is none, or it was dismissed.
        size: how large the model is, in words; "" while that is not known.
        phases: of encoders that are not trained as a whole, what is trained when, by modality.
        waiting: what balancers wait for that one click adds, in one sentence; "" for nothing.
        trouble: why nothing can be learned from data that are there; None otherwise.
    """

    spec: RunSpec | None = None
    offered: tuple[Modality, ...] = ()
    chosen: Mapping[str, PartChoice] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    outline: Outline = field(default_factory=Outline)
    facts: str = ""
    ready: bool = False
    advice: Advice | None = None
    size: str = ""
    phases: Mapping[str, str] = field(default_factory=dict)
    waiting: str = ""
    trouble: UserError | None = None


class RecipePresenter(QObject):
    """Holds the spec of the next run; every change goes through ``spec.change``.

    Args:
        suggest: a spec for data and target; ``workbench.suggest.suggest``.
        reasons: a sentence for each notable choice, by place; ``workbench.suggest.reasons``.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``RecipeState`` after a change."""

    train_wished = Signal(object)
    """The ``RunSpec`` to train."""

    queue_wished = Signal(object)
    """Let this ``RunSpec`` wait in the queue."""

    duel_proposed = Signal(object, str)
    """The ``DuelSpec`` that tries what the data ask for, and why."""

    asked = Signal(object)
    """A ``protocol.Describe`` for the engine."""

    def __init__(self, suggest: Suggest, reasons: Reasons, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = RecipeState()
        self._suggest, self._reasons = suggest, reasons
        self._index: Index | None = None
        self._suggested: RunSpec | None = None
        self._surveyed: tuple[tuple[Index, Any, Any], Survey] | None = None
        self._resting: dict[str, PartSpec] = {}
        self._dismissed: set[str] = set()
        self._size = ModelSize()

    def use(
        self,
        index: Index,
        run_spec: RunSpec | None = None,
        *,
        target: str | None = None,
        task: Task | None = None,
        data: DataSpec | None = None,
    ) -> None:
        """Begin with these data.

        Args:
            index: the data.
            run_spec: a spec to start from, such as that of an earlier run; None: a suggested one.
            target: the column to learn; None: the first.
            task: what the target is; None: as its values say.
            data: what was chosen on the data screen; it goes before ``target`` and ``task``.

        Raises:
            UserError: the data cannot be learned, or the spec does not belong to them.
        """
        chosen = run_spec or self._suggest(index, data.target if data is not None else target)
        if data is not None:
            chosen = with_data(chosen, data)
        elif task is not None and task != chosen.data.task:
            chosen = with_task(chosen, task)
        index.target(chosen.data.target).as_task(chosen.data.task)
        for modality in chosen.modalities:
            if modality not in index.modalities:
                raise UserError(
                    f"The recipe reads {modality}, which these data do not have.",
                    "Open the data that it was made for.",
                )
        self._index = index
        self._resting = {}
        self._suggested = chosen
        self._become(chosen, {}, reasons=self._reasons(index, chosen))

    def divide(self, data: DataSpec) -> None:
        """Take over what was chosen about the same target: division, and who is left out.

        Args:
            data: what was chosen on the data screen.
        """
        current = self.state.spec
        if current is not None and with_data(current, data) != current:
            places = {f"data.{name}" for name in ABOUT_DATA}
            errors = {at: words for at, words in self.state.errors.items() if at not in places}
            self._become(with_data(current, data), errors, reasons=self.state.reasons)

    def refresh(self, index: Index) -> None:
        """Follow what the look at every file has brought to light; what a person set stays.

        Args:
            index: the same data with typical sizes, and without files that cannot be read.
        """
        current, before = self.state.spec, self._suggested
        if current is None or before is None:
            return
        fresh = self._suggest(index, current.data.target).data
        changes: dict[str, Any] = {
            modality: getattr(fresh, modality)
            for modality in index.modalities
            if getattr(current.data, modality) == getattr(before.data, modality)
        }
        changed = current.model_copy(update={"data": current.data.model_copy(update=changes)})
        for modality in current.modalities:
            if modality not in index.modalities and len(changed.model.encoders) > 1:
                changed = spec.change(changed, f"model.encoders.{modality}", None)
        self._index = index
        self._suggested = before.model_copy(update={"data": before.data.model_copy(update=changes)})
        self._become(changed, self.state.errors, reasons=self._reasons(index, changed))

    def clear(self, trouble: UserError | None = None) -> None:
        """There are no data that can be learned.

        Args:
            trouble: why data that are there cannot be learned.
        """
        self._index = self._suggested = self._surveyed = None
        self.state = RecipeState(trouble=trouble)
        self.changed.emit(self.state)

    @Slot(str, object)
    def change(self, place: str, value: object) -> None:
        """Set one value; one that is refused becomes an error at its place.

        Args:
            place: as ``spec.change`` takes it.
            value: in the option's own type, or as typed.
        """
        current = self.state.spec
        if current is None:
            return
        try:
            changed = apply_change(current, place, value)
        except UserError as error:
            self.refuse(place, f"{error.problem} {error.remedy}".strip())
            return
        owner = part_place(place)
        # Another part has other options: what was wrong with the old ones no longer matters.
        errors = {
            at: words
            for at, words in self.state.errors.items()
            if at != place and not (owner and at.startswith(f"{owner}."))
        }
        self._become(changed, errors, reasons=self._reasons_for(place, changed))

    def use_part(self, part: Part, options: Mapping[str, Any]) -> None:
        """Take a loss or an alignment into the recipe, where ``why_not`` has no objection.

        Args:
            part: a loss, for the task; or an alignment, for the pairs that are aligned, or for the
                first two modalities.
            options: all of its options.
        """
        current = self.state.spec
        if current is None:
            return
        for place in places_of(part, current):
            named = [(f"{place}.name", part.name)]
            current = spec.change_all(
                current, [*named, *((f"{place}.{name}", v) for name, v in options.items())]
            )
        errors = {
            at: words
            for at, words in self.state.errors.items()
            if not at.startswith("objective.loss.")
        }
        self._become(current, errors, reasons=self._reasons_for("objective.loss", current))

    @Slot()
    def refresh_parts(self) -> None:
        """Offer parts that have come, and say which of the recipe are gone."""
        if self.state.spec is not None:
            self._become(self.state.spec, self.state.errors, reasons=self.state.reasons)

    @Slot(str)
    def reset(self, place: str) -> None:
        """Set every option at a place to what it is by default.

        Args:
            place: a place that has a form, such as ``training.augmentation.image``.
        """
        current = self.state.spec
        if current is None:
            return
        changed = current
        for option in spec.options_at(current, place):
            changed = spec.change(changed, f"{place}.{option.name}", option.default)
        errors = {
            at: words for at, words in self.state.errors.items() if not at.startswith(f"{place}.")
        }
        self._become(changed, errors, reasons=self.state.reasons)

    @Slot(str, str)
    def refuse(self, place: str, sentence: str) -> None:
        """A typed value cannot be taken; training waits until it is mended.

        Args:
            place: where it was typed.
            sentence: what is wrong with it.
        """
        if self.state.spec is not None:
            errors = {**self.state.errors, place: sentence}
            self._become(self.state.spec, errors, reasons=self.state.reasons)

    @Slot(str, bool)
    def switch(self, modality: Modality, on: bool) -> None:
        """Look at a modality or not; its encoder and options are remembered.

        Args:
            modality: one that the data have.
            on: whether the model reads it.
        """
        current = self.state.spec
        place = f"model.encoders.{modality}"
        if current is None or (modality in current.model.encoders) == on:
            return
        if not on:
            if len(current.model.encoders) == 1:
                # Nothing is wrong with the spec as it stays: the view is shown it again.
                self.changed.emit(self.state)
                return
            self._resting[modality] = current.model.encoders[modality]
            changed = spec.change_all(current, [(place, None), *gone_with(modality, current)])
            self._become(changed, self.state.errors, reasons=self._reasons_for(place, changed))
            return
        rested = self._resting.get(modality)
        first = parts.parts("encoder", modality=modality)[0].name
        changed = spec.change(current, place, rested.name if rested else first)
        for name, value in (rested.options if rested else {}).items():
            changed = spec.change(changed, f"{place}.{name}", value)
        self._become(changed, self.state.errors, reasons=self._reasons_for(place, changed))

    @Slot()
    def train(self) -> None:
        """Ask for training, if nothing is in the way."""
        if self.state.ready:
            self.train_wished.emit(self.state.spec)

    @Slot()
    def queue(self) -> None:
        """Let this recipe wait for its turn, if nothing is in the way."""
        if self.state.ready:
            self.queue_wished.emit(self.state.spec)

    def _reasons_for(self, place: str, changed: RunSpec) -> Mapping[str, str]:
        if part_place(place) and self._index is not None:
            return self._reasons(self._index, changed)
        return self.state.reasons

    def _become(
        self, run_spec: RunSpec, errors: Mapping[str, str], *, reasons: Mapping[str, str]
    ) -> None:
        index = self._index
        assert index is not None
        target = index.target(run_spec.data.target)
        many = len(target.classes or target.columns)
        if question := self._size.question(run_spec, many):
            self.asked.emit(question)
        sizes = self._size.parts
        found = self._survey(index, run_spec)
        checks = look_over(run_spec, found, errors, self._size.problem)
        self.state = RecipeState(
            spec=run_spec,
            offered=index.modalities,
            chosen=chosen_parts(run_spec, index.modalities, self._resting),
            forms=forms(run_spec),
            reasons=dict(reasons),
            errors=dict(errors),
            checks=checks,
            outline=outline(run_spec, many, sizes),
            facts=facts(run_spec, found),
            ready=not any(check.severity == "error" for check in checks),
            advice=self._advice(index, run_spec),
            size=size_words(sizes),
            phases={m: words for m in run_spec.modalities if (words := phases(sizes.get(m)))},
            waiting=balancers_waiting(run_spec),
        )
        self.changed.emit(self.state)

    @Slot(object)
    def answer(self, event: object) -> None:
        """Take an answer of the engine; one about an older recipe is not looked at."""
        if isinstance(event, events.ModelDescribed) and self._size.answer(event):
            self.refresh_parts()

    @Slot()
    def ask(self) -> None:
        """Ask how large the model is, if that is not known."""
        if self.state.spec is not None and not self._size.known:
            self._size.forget()
            self.refresh_parts()

    def _advice(self, index: Index, run_spec: RunSpec) -> Advice | None:
        found = advise(index, run_spec)
        return None if found is None or found.part in self._dismissed else found

    @Slot()
    def take_advice(self) -> None:
        """Take the loss that the data ask for."""
        advice = self.state.advice
        if advice is not None:
            part = parts.find("loss", advice.part)
            self.use_part(part, part.check(advice.options))

    @Slot()
    def try_advice(self) -> None:
        """Propose a duel of the loss at hand and the one that the data ask for."""
        advice, recipe = self.state.advice, self.state.spec
        if advice is not None and recipe is not None:
            self.duel_proposed.emit(advised_duel(recipe, advice), advice.sentence)

    @Slot()
    def dismiss_advice(self) -> None:
        """Keep the loss; the same is not proposed again for these data."""
        if self.state.advice is not None:
            self._dismissed.add(self.state.advice.part)
            self.refresh_parts()

    def _survey(self, index: Index, run_spec: RunSpec) -> Survey:
        """Who takes part; counted only when what it depends on has changed."""
        chosen = tuple(getattr(run_spec.data, name) for name in ABOUT_DATA)
        key = (index, chosen, run_spec.modalities)
        known = self._surveyed
        if known is None or known[0][0] is not index or known[0][1:] != key[1:]:
            known = (key, survey(index, run_spec.data, run_spec.modalities))
            self._surveyed = known
        return known[1]


def why_not(part: Part, run_spec: RunSpec) -> str:
    """Why a loss or an alignment cannot be taken into a recipe; "" when it can.

    Args:
        part: the loss or alignment.
        run_spec: the recipe.
    """
    if part.kind == "alignment" and len(run_spec.modalities) < 2:
        return "An alignment needs two modalities; the recipe has one."
    return reason_against(part, run_spec)
