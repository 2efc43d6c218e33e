"""What the form of a duel offers, and the duel that it becomes. Plain data, no widget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench import parts
from workbench.duels import words
from workbench.duels.ablation import ablate
from workbench.duels.spec import (
    JUDGES,
    Contestant,
    DuelSpec,
    duel_between,
    of_values,
)
from workbench.duels.statistics import repeats_needed
from workbench.errors import UserError
from workbench.gui.choices import Choice
from workbench.options import Option
from workbench.parts import Kind
from workbench.runs.metrics import in_sentence
from workbench.spec import PART_PLACES, RunSpec, change_all, options_at

MOST_CHOSEN = 6
"""Contestants that a form takes; more take very long."""
TYPED = "typed"
"""The comparison of values that are typed for some place of the recipe."""
RATE_SEARCHES = {
    "none": Choice("none", "as the recipe says", "No search: all use the recipe's learning rate."),
    "short": Choice("short", "best of 3: ÷3, ×1, ×3", "Each contestant tries the same three."),
    "long": Choice("long", "best of 5: ÷10 to ×10", "Each contestant tries the same five."),
}
_RATES = {"none": (1.0,), "short": (1 / 3, 1.0, 3.0), "long": (0.1, 1 / 3, 1.0, 3.0, 10.0)}
_OTHER_JUDGES: Mapping[str, tuple[str, ...]] = {
    "category": ("macro_f1", "balanced_accuracy", "mcc"),
    "yes_no": ("macro_f1", "balanced_accuracy", "mcc"),
    "labels": ("macro_f1", "accuracy"),
    "ordered": ("accuracy", "quadratic_kappa", "macro_f1"),
    "number": ("rmse", "r2", "median_error"),
    "numbers": ("rmse", "r2"),
    "none": ("recall_at_5", "median_rank"),
}


@dataclass(frozen=True)
class DuelForm:
    """What the form of a duel shows.

    Args:
        recipe: what all contestants have in common.
        place: what is compared: a place of a part, or ``TYPED``.
        places: what can be.
        offered: what can be chosen there.
        chosen: names of what is, in the order in which it was chosen; the first is the one that
            others are measured against.
        typed_place: the place that typed values belong to.
        typed_places: those that can be typed for.
        typed: the values, with commas between them.
        repeats: how often each is trained.
        rates: which search of a learning rate; a name of ``RATE_SEARCHES``.
        metric: what judges.
        metrics: what can.
        given: a duel that was proposed, whose contestants take the place of what is chosen.
        why: why it was proposed.
    """

    recipe: RunSpec
    place: str = "objective.loss.name"
    places: tuple[Choice, ...] = ()
    offered: tuple[Choice, ...] = ()
    chosen: tuple[str, ...] = ()
    typed_place: str = ""
    typed_places: tuple[Choice, ...] = ()
    typed: str = ""
    repeats: int = 6
    rates: str = "short"
    metric: str = ""
    metrics: tuple[Choice, ...] = ()
    given: DuelSpec | None = None
    why: str = ""

    @property
    def contestants(self) -> tuple[Contestant, ...]:
        """Who is compared; may be fewer than two."""
        if self.given is not None:
            return self.given.contestants
        if self.place == TYPED:
            values = [word.strip() for word in self.typed.split(",") if word.strip()]
            return of_values(self.typed_place, values)
        return of_values(self.place, self.chosen)

    @property
    def comparisons(self) -> int:
        """How many pairs are compared."""
        count = len(self.contestants)
        first = self.given is not None and self.given.against == "first"
        return max(count - 1, 0) if first else count * (count - 1) // 2

    @property
    def runs(self) -> int:
        """How many runs it takes."""
        tried = len(_RATES[self.rates])
        if self.place == TYPED and self.typed_place == "training.learning_rate":
            tried = 1
        return len(self.contestants) * (self.repeats + (tried if tried > 1 else 0))

    @property
    def repeats_words(self) -> str:
        """What so many repeats can show."""
        return words.repeats_words(self.comparisons, self.repeats) if self.comparisons else ""


@dataclass(frozen=True)
class _Place:
    place: str
    kind: Kind
    title: str
    modality: str = ""


def begin(recipe: RunSpec) -> DuelForm:
    """A form for a recipe: its loss against the next one that fits.

    Args:
        recipe: what all contestants have in common.
    """
    judges = (JUDGES[recipe.data.task], *_OTHER_JUDGES[recipe.data.task])
    places = tuple(Choice(each.place, each.title) for each in _places(recipe))
    first = "objective.loss.name" if recipe.objective.loss is not None else places[0].name
    typed = tuple(_typed_places(recipe))
    made = DuelForm(
        recipe, places=(*places, Choice(TYPED, "Values of an option")), metric=judges[0],
        metrics=tuple(Choice(name, _judge(name)) for name in judges),
        typed_places=typed, typed_place=typed[0].name,
    )  # fmt: skip
    return compare(made, first)


def compare(form: DuelForm, place: str) -> DuelForm:
    """The form with something else compared; what the recipe has is chosen first.

    Args:
        form: it.
        place: a name of ``places``.
    """
    if place == TYPED:
        return _with(form, place=place, offered=(), chosen=(), given=None, why="")
    offered = tuple(_offered(form.recipe, place))
    now = form.recipe.part(place.removesuffix(".name")).name
    others = [each.name for each in offered if not each.reason and each.name != now]
    return _with(
        form, place=place, offered=offered, chosen=(now, *others[:1]), given=None, why=""
    )  # fmt: skip


def choose(form: DuelForm, name: str, on: bool) -> DuelForm:
    """The form with a contestant more or fewer.

    Args:
        form: it.
        name: of what is offered.
        on: it takes part.
    """
    kept = tuple(each for each in form.chosen if each != name)
    return _with(form, chosen=(*kept, name) if on else kept)


def type_values(form: DuelForm, typed: str) -> DuelForm:
    """The form with these values typed.

    Args:
        form: it.
        typed: with commas between them.
    """
    return _with(form, typed=typed)


def type_for(form: DuelForm, place: str) -> DuelForm:
    """The form with values typed for another place.

    Args:
        form: it.
        place: a name of ``typed_places``.
    """
    return _with(form, typed_place=place, typed="")


def propose(form: DuelForm, spec: DuelSpec, why: str = "") -> DuelForm:
    """The form filled with a duel that somebody proposes.

    Args:
        form: of the recipe of that duel.
        spec: the duel.
        why: the reason, in a sentence.
    """
    rates = next((name for name, rates in _RATES.items() if rates == spec.rates), "short")
    return replace(
        form, given=spec, why=why, metric=spec.metric, rates=rates, repeats=spec.repeats
    )  # fmt: skip


def ablated(form: DuelForm, what: str) -> DuelForm:
    """The form filled with an ablation.

    Args:
        form: it.
        what: ``modalities`` or ``fusions``.

    Raises:
        UserError: the recipe has nothing to leave out.
    """
    reasons = {
        "modalities": "Each group of modalities is trained without the others, and compared with "
        "all together.",
        "fusions": "Each fusion that fits is compared with the one of the recipe.",
    }
    # The search of learning rates would triple what is a long experiment already.
    made = ablate(form.recipe, what, rates=(1.0,))
    return propose(form, made, reasons[what])


def duel_of_form(form: DuelForm) -> DuelSpec:
    """The duel that a form says.

    Args:
        form: it.

    Raises:
        UserError: it is not whole; says what is missing.
    """
    contestants = form.contestants
    if len(contestants) < 2:
        raise UserError("A duel needs two contestants.", "Choose another one.")
    if form.given is None and len(contestants) > MOST_CHOSEN:
        raise UserError(
            f"{len(contestants)} contestants are too many.", f"Choose up to {MOST_CHOSEN}."
        )
    given = form.given
    facts: dict[str, Any] = {
        "repeats": form.repeats, "rates": _RATES[form.rates], "metric": form.metric,
    }  # fmt: skip
    if given is not None and given.metric == form.metric:
        facts["larger_is_better"] = given.larger_is_better
    if given is not None:
        facts["against"] = given.against
        return duel_between(given.recipe, contestants, name=given.name, **facts)
    return duel_between(form.recipe, contestants, **facts)


def _with(form: DuelForm, **changes: Any) -> DuelForm:
    """The form with changes; the repeats follow the comparisons where those change."""
    made: DuelForm = replace(form, **changes)
    if made.comparisons == form.comparisons and form.chosen:
        return made
    return replace(made, repeats=max(6, repeats_needed(made.comparisons)))


def _judge(metric: str) -> str:
    words = in_sentence(metric)
    return words[:1].upper() + words[1:]


def _places(recipe: RunSpec) -> Iterator[_Place]:
    if recipe.objective.loss is not None:
        yield _Place("objective.loss.name", "loss", "Losses")
    if len(recipe.modalities) > 1 and recipe.objective.loss is not None:
        yield _Place("model.fusion.name", "fusion", "Fusions")
    for modality in recipe.modalities:
        title = f"Encoders of {modality}"
        yield _Place(f"model.encoders.{modality}.name", "encoder", title, modality)
    yield _Place("objective.balancer.name", "balancer", "Ways to balance terms")
    yield _Place("training.optimizer.name", "optimizer", "Optimisers")
    yield _Place("training.schedule.name", "schedule", "Schedules")


def _offered(recipe: RunSpec, place: str) -> Iterator[Choice]:
    """Parts that can stand at a place; those that do not fit the recipe say why."""
    found = next(each for each in _places(recipe) if each.place == place)
    known = (
        parts.parts("loss", task=recipe.data.task) if found.kind == "loss"
        else parts.parts(found.kind, modality=found.modality) if found.modality
        else parts.parts(found.kind)
    )  # fmt: skip
    for part in known:
        try:
            change_all(recipe, [(place, part.name)])
            reason = ""
        except UserError as error:
            reason = error.remedy or error.problem
        yield Choice(part.name, part.title, part.caption, reason)


def _typed_places(recipe: RunSpec) -> Iterator[Choice]:
    """Numbers and switches of the recipe whose values can be typed."""
    loss = ["objective.loss"] if recipe.objective.loss is not None else []
    for owner in (*loss, "training", "model", "model.fusion", "training.optimizer"):
        for option in sorted(options_at(recipe, owner), key=lambda each: each.advanced):
            if option.kind == "text" or option.name in ("seed", "deterministic"):
                continue
            yield Choice(f"{owner}.{option.name}", _typed_title(recipe, owner, option), option.help)


def _typed_title(recipe: RunSpec, owner: str, option: Option) -> str:
    if owner not in PART_PLACES:
        return option.title
    part = parts.find(PART_PLACES[owner], recipe.part(owner).name)
    return f"{part.title}: {option.title.lower()}"
