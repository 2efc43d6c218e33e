"""What a duel is: one recipe, several contestants that differ in named places, and repeats."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from workbench import parts
from workbench.advice import Advice
from workbench.duels.statistics import repeats_needed
from workbench.errors import UserError, nearest
from workbench.runs.metrics import smaller_is_better
from workbench.spec import RunSpec, change_all
from workbench.spec.base import Spec, refusal

FEWEST, MOST = 2, 12
"""Contestants of a duel; a form offers two to six, an ablation may bring more."""
MOST_REPEATS = 20
"""More sign flips than 2**20 would take long to count."""
RATES = (1 / 3, 1.0, 3.0)
"""What the learning rate of the recipe is multiplied with in the search of a fair one."""
Value = bool | int | float | str | None

_SAME_FOR_ALL = ("training.seed", "training.deterministic")
_READING = ("data.image.", "data.audio.", "data.text.")
"""How files are read may be compared; which samples there are, and their split, may not."""

JUDGES: Mapping[str, str] = {
    "category": "accuracy", "yes_no": "accuracy", "labels": "micro_f1", "ordered": "mae_steps",
    "number": "mae", "numbers": "mae", "none": "recall_at_1",
}  # fmt: skip
"""By task, the neutral metric that judges unless another is chosen."""


class Contestant(Spec):
    """One side of a duel.

    Args:
        name: what it is called in tables and sentences.
        changes: how its recipe differs from the common one, value by place as of
            ``spec.change_all``; none: it is the recipe as it stands.
    """

    name: Annotated[str, Field(min_length=1, max_length=60)]
    changes: dict[str, Value] = Field(default_factory=dict)


class DuelSpec(Spec):
    """A comparison that is fixed before anything is trained.

    Args:
        name: what people call it.
        recipe: what all contestants have in common.
        contestants: who is compared, 2 to 12, with different names.
        repeats: how often each is trained, by another seed each time; the seeds are the same for
            all, so that weights, batches and augmentation begin alike.
        first_seed: of the first repeat; the others follow.
        metric: what judges, a metric of the evaluation of the test samples that is no loss.
        larger_is_better: of the metric.
        against: all pairs are compared, or each contestant with the first; fewer comparisons need
            fewer repeats.
        rates: what the learning rate is multiplied with in the search of a fair one; a single
            one: no search. Every contestant tries the same ones.
        rate_seed: of the runs of that search, which are not counted as repeats.
        version: of this format.
    """

    name: Annotated[str, Field(min_length=1, max_length=80)] = "duel"
    recipe: RunSpec
    contestants: Annotated[tuple[Contestant, ...], Field(min_length=FEWEST, max_length=MOST)]
    repeats: Annotated[int, Field(ge=1, le=MOST_REPEATS)] = 6
    first_seed: Annotated[int, Field(ge=0, le=2**31 - 1 - MOST_REPEATS)] = 1
    metric: str
    larger_is_better: bool
    against: Literal["all", "first"] = "all"
    rates: Annotated[
        tuple[Annotated[float, Field(gt=0, le=1000)], ...], Field(min_length=1, max_length=9)
    ] = RATES
    rate_seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    version: Literal[1] = 1

    @model_validator(mode="after")
    def _fits(self) -> DuelSpec:
        names = [each.name for each in self.contestants]
        if len(set(names)) < len(names):
            raise UserError("Two contestants have the same name.", "Give each its own.")
        if self.first_seed <= self.rate_seed < self.first_seed + self.repeats:
            raise UserError(
                "The seed of the search for learning rates is that of a repeat, too.",
                "Choose another rate_seed.",
            )
        for each in self.contestants:
            for place in each.changes:
                whose = place.startswith("data.") and not place.startswith(_READING)
                if whose or place in _SAME_FOR_ALL:
                    raise UserError(
                        f"{each.name} changes {place}, which is the same for all in a duel.",
                        "Compare something else: samples, split and seeds are shared.",
                    )
            self.spec_of(each)
        return self

    def spec_of(
        self, contestant: Contestant, *, seed: int | None = None, rate: float = 1.0
    ) -> RunSpec:
        """The recipe of a contestant.

        Args:
            contestant: one of the duel.
            seed: of all chance; None: as the recipe has it.
            rate: what the learning rate is multiplied with.

        Raises:
            UserError: its changes do not fit the recipe; says which contestant.
        """
        try:
            changed = change_all(self.recipe, contestant.changes.items())
            training: dict[str, Any] = {"deterministic": True}
            if seed is not None:
                training["seed"] = seed
            if rate != 1.0:
                training["learning_rate"] = min(changed.training.learning_rate * rate, 10.0)
            places = {f"training.{name}": value for name, value in training.items()}
            made = change_all(changed, places.items())
        except UserError as error:
            raise UserError(f"{contestant.name}: {error.problem}", error.remedy) from None
        called = contestant.name if seed is None else f"{contestant.name}, seed {seed}"
        return made.model_copy(update={"name": called})

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Who is compared with whom, by their places among the contestants."""
        count = len(self.contestants)
        if self.against == "first":
            return tuple((0, other) for other in range(1, count))
        return tuple(combinations(range(count), 2))

    def rates_of(self, contestant: Contestant) -> tuple[float, ...]:
        """The learning rates that a contestant tries, as multiples of the recipe's.

        Args:
            contestant: one of the duel; where the learning rate is what it differs in, no other one
                is tried.
        """
        return (1.0,) if "training.learning_rate" in contestant.changes else self.rates

    def contestant(self, name: str) -> Contestant:
        """The contestant of that name.

        Args:
            name: as in ``contestants``.

        Raises:
            UserError: there is none.
        """
        known = {each.name: each for each in self.contestants}
        if name not in known:
            raise UserError(f"There is no contestant '{name}'.", nearest(name, known))
        return known[name]

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of the repeats."""
        return tuple(range(self.first_seed, self.first_seed + self.repeats))

    def to_json(self) -> str:
        """The text of ``duel.json``."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def duel_of(
    recipe: RunSpec, place: str, values: Sequence[Value], *, name: str = "", **more: Any
) -> DuelSpec:
    """A duel between values of one place, such as losses.

    Args:
        recipe: what all have in common.
        place: dotted, as of ``spec.change``: ``objective.loss.name``.
        values: two or more; the first is the one that others are measured against.
        name: of the duel; made from the values when left out.
        more: further fields of ``DuelSpec``; the metric follows from the task when left out.

    Raises:
        UserError: a value does not fit the recipe.
    """
    return duel_between(recipe, of_values(place, values), name=name, **more)


def of_values(place: str, values: Sequence[Value]) -> tuple[Contestant, ...]:
    """A contestant for each value of one place.

    Args:
        place: dotted, as of ``spec.change``.
        values: what it is set to.
    """
    return tuple(Contestant(name=_words(value), changes={place: value}) for value in values)


def duel_between(
    recipe: RunSpec, contestants: Sequence[Contestant], *, name: str = "", **more: Any
) -> DuelSpec:
    """A duel whose metric, name and repeats follow from the rest where they are left out.

    So many repeats are made that the exact test can call a difference among all that are compared:
    6 for two contestants, 7 for three, 8 for four.

    Args:
        recipe: what all have in common.
        contestants: two or more.
        name: of the duel.
        more: further fields of ``DuelSpec``.

    Raises:
        UserError: a contestant or a field does not fit.
    """
    metric = more.get("metric", JUDGES[recipe.data.task])
    facts: dict[str, Any] = {
        "metric": metric, "larger_is_better": not smaller_is_better(metric),
    } | more  # fmt: skip
    if "repeats" not in facts:
        count = len(contestants)
        first = facts.get("against") == "first"
        facts["repeats"] = repeats_needed(count - 1 if first else count * (count - 1) // 2)
    called = name or " vs ".join(each.name for each in contestants)[:80]
    try:
        return DuelSpec(name=called, recipe=recipe, contestants=tuple(contestants), **facts)
    except ValidationError as error:
        raise refusal(error, "The duel") from None


def read(file: Path) -> DuelSpec:
    """The duel in a file.

    Args:
        file: ``duel.json``.

    Raises:
        UserError: it is missing, damaged or holds anything else.
    """
    try:
        return DuelSpec.model_validate_json(file.read_bytes())
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}.", "Check the path.") from None
    except ValidationError as error:
        told = refusal(error, "The duel")
        raise UserError(f"{file}: {told.problem}", told.remedy) from None


def _words(value: Value) -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:g}"
    known = {part.name: part.title for kind in parts.KINDS for part in parts.parts(kind)}
    return known.get(str(value), str(value))


def advised_duel(recipe: RunSpec, advice: Advice) -> DuelSpec:
    """The duel that tries what the data ask for against the loss of a recipe.

    Args:
        recipe: it has a loss.
        advice: another loss.

    Raises:
        UserError: the loss does not fit the recipe.
    """
    place = "objective.loss"
    own = recipe.part(place).name
    changes: dict[str, Value] = {f"{place}.name": advice.part}
    changes |= {f"{place}.{name}": value for name, value in advice.options.items()}
    contestants = (
        Contestant(name=parts.find("loss", own).title),
        Contestant(name=parts.find("loss", advice.part).title, changes=changes),
    )
    return duel_between(recipe, contestants)
