"""What a search is: a recipe, what is tried of it, and how long."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from workbench.errors import UserError
from workbench.searching.space import Hyperparameter, Value, value_at
from workbench.spec import RunSpec, change_all
from workbench.spec.base import Spec, refusal

MOST_TRIALS = 500
_MOST_TRIED = 200
# Combinations that are tried out before a search is made.


class SearchSpec(Spec):
    """A search that is fixed before anything is trained.

    Args:
        name: what people call it.
        recipe: what all trials have in common; the first trial is the recipe itself where its
            values lie within the ranges.
        space: what is searched, 1 to 12 different places.
        sampler: ``tpe`` learns from earlier trials (Bergstra et al. 2011, Algorithms for
            Hyper-Parameter Optimization); ``random`` does not.
        trials: how many are trained at most.
        minutes: how long trials are begun, of training time altogether; None: no limit.
        prune: trials that are worse than half of the earlier ones at the same epoch are ended
            (the median rule of Golovin et al. 2017, Google Vizier).
        first_trials: so many are never ended early, and are drawn at random by ``tpe``.
        first_epochs: no trial is ended before so many.
        seed: of the sampler; every trial trains by the seed of the recipe.
        version: of this format.
    """

    name: Annotated[str, Field(min_length=1, max_length=80)] = "search"
    recipe: RunSpec
    space: Annotated[tuple[Hyperparameter, ...], Field(min_length=1, max_length=12)]
    sampler: Literal["tpe", "random"] = "tpe"
    trials: Annotated[int, Field(ge=2, le=MOST_TRIALS)] = 20
    minutes: Annotated[float, Field(gt=0, le=100_000)] | None = None
    prune: bool = True
    first_trials: Annotated[int, Field(ge=1, le=100)] = 5
    first_epochs: Annotated[int, Field(ge=1, le=1000)] = 2
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    version: Literal[1] = 1

    @model_validator(mode="after")
    def _fits(self) -> SearchSpec:
        places = [each.place for each in self.space]
        if len(set(places)) < len(places):
            raise UserError("A place is searched twice.", "Give each place once.")
        for each in places:
            if each.startswith("data.") or each == "training.seed":
                raise UserError(
                    f"{each} is the same for all trials.",
                    "Samples, split and seed are shared: figures would not compare.",
                )
        return self

    def try_out(self) -> None:
        """See that trials can be made: all choices together, with all numbers at either end.

        Raises:
            UserError: one of them does not fit the recipe.
        """
        choices = [each for each in self.space if each.kind == "choice"]
        numbers = [each for each in self.space if each.kind != "choice"]
        combinations = itertools.product(*(each.choices for each in choices))
        for values in itertools.islice(combinations, _MOST_TRIED):
            chosen = {each.place: value for each, value in zip(choices, values, strict=True)}
            for end in (0, -1):
                self.spec_of(chosen | {each.place: each.ends[end] for each in numbers})

    @property
    def larger_is_better(self) -> bool:
        """Of the validation metric that trials are judged by: mean absolute error, or a share."""
        return self.recipe.data.task not in ("number", "numbers")

    @property
    def own_values(self) -> dict[str, Value] | None:
        """The recipe's own values; None where one of them is not among those that are tried."""
        found = {each.place: value_at(self.recipe, each.place) for each in self.space}
        inside = all(each.holds(found[each.place]) for each in self.space)
        return found if inside else None

    def spec_of(self, values: Mapping[str, Value], name: str = "") -> RunSpec:
        """The recipe of a trial.

        Args:
            values: by place.
            name: of its run.

        Raises:
            UserError: the values do not fit the recipe all together.
        """
        try:
            made = change_all(self.recipe, values.items())
        except UserError as error:
            told = ", ".join(f"{place} {value}" for place, value in values.items())
            raise UserError(
                f"A trial of this search could not be trained ({told}): {error.problem}",
                f"{error.remedy} An option that only one part has cannot be searched together "
                "with the name of that part.".strip(),
            ) from None
        return made.model_copy(update={"name": name or self.name})

    def to_json(self) -> str:
        """The text of ``search.json``."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def search_of(
    recipe: RunSpec, space: Sequence[Hyperparameter], *, name: str = "", **more: Any
) -> SearchSpec:
    """A search whose name follows from what is searched where it is left out.

    Args:
        recipe: what all trials have in common.
        space: what is searched.
        name: of the search.
        more: further fields of ``SearchSpec``.

    Raises:
        UserError: a hyperparameter or a field does not fit.
    """
    called = name or ", ".join(each.place.removesuffix(".name").rpartition(".")[2]
                               for each in space)[:80]  # fmt: skip
    try:
        made = SearchSpec(name=called or "search", recipe=recipe, space=tuple(space), **more)
    except ValidationError as error:
        raise refusal(error, "The search") from None
    made.try_out()
    return made


def read(file: Path) -> SearchSpec:
    """The search in a file.

    Args:
        file: ``search.json``.

    Raises:
        UserError: it is missing, damaged or holds anything else.
    """
    try:
        return SearchSpec.model_validate_json(file.read_bytes())
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}.", "Check the path.") from None
    except ValidationError as error:
        told = refusal(error, "The search")
        raise UserError(f"{file}: {told.problem}", told.remedy) from None
