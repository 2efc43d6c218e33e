"""What can be searched: places of a recipe, with ranges from the limits of its options."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from workbench import parts
from workbench.errors import UserError, nearest
from workbench.options import Option
from workbench.spec import PART_PLACES, RunSpec, change
from workbench.spec.base import Spec
from workbench.spec.change import options_at, places

FACTOR = 30.0
"""Of a rate, or where a limit is open, the range reaches so far down and up from the recipe's."""
SIZE_FACTOR = 4
"""Of a whole number whose limits only keep nonsense out, such as the size of a batch."""
_WIDE = 100.0
"""A range over more than two decades is searched by its logarithm."""

Value = bool | int | float | str | None


class Hyperparameter(Spec):
    """One place of a recipe that is searched.

    Args:
        place: dotted, as of ``spec.change``.
        kind: a number with a range, a whole one, or a choice.
        low: lowest value of a number.
        high: highest value of a number.
        log: the logarithm of the number is what is spread evenly; low is above 0 then.
        choices: of a choice, two or more.
    """

    place: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Literal["float", "int", "choice"]
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    choices: tuple[Value, ...] = ()

    @model_validator(mode="after")
    def _makes_sense(self) -> Hyperparameter:
        if self.kind == "choice":
            if len(set(self.choices)) < 2:
                raise UserError(f"{self.place} has fewer than two values to try.", "Give more.")
        elif not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise UserError(
                f"{self.place} goes from {self.low:g} to {self.high:g}.",
                "The first must be below the second.",
            )
        elif self.log and self.low <= 0:
            raise UserError(f"{self.place} begins at {self.low:g}.", "Begin above 0.")
        return self

    @property
    def ends(self) -> tuple[Value, ...]:
        """Values by which it is tried whether it fits: all choices, or both ends."""
        if self.kind == "choice":
            return self.choices
        whole = self.kind == "int"
        return tuple(int(end) if whole else end for end in (self.low, self.high))

    @property
    def words(self) -> str:
        """What is tried, as it is written on the command line."""
        if self.kind == "choice":
            return ",".join("none" if each is None else str(each) for each in self.choices)
        return f"{self.low:g}..{self.high:g}"

    def holds(self, value: object) -> bool:
        """Whether a value is one that can be tried.

        Args:
            value: of the place.
        """
        if self.kind == "choice":
            return value in self.choices
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and self.low <= value <= self.high  # type: ignore[operator]  # a number


def parse(recipe: RunSpec, text: str) -> Hyperparameter:
    """A hyperparameter as it is written: ``PLACE``, ``PLACE=LOW..HIGH`` or ``PLACE=A,B``.

    Args:
        recipe: whose options say what is allowed.
        text: with the place alone, the range or the choices follow from the limits of the option.

    Raises:
        UserError: there is no such place, or what is to be tried does not fit; says what would.
    """
    place, equals, wanted = (word.strip() for word in text.partition("="))
    if place in PART_PLACES:
        place += ".name"
    if place.endswith(".name") and place.removesuffix(".name") in PART_PLACES:
        names = [word.strip() for word in wanted.split(",")] if equals else fitting(recipe, place)
        return _choice(recipe, place, names)
    option = option_at(recipe, place)
    if not equals:
        return _usual(recipe, place, option)
    if ".." in wanted:
        low, _, high = wanted.partition("..")
        return _range(place, option, option.parse(low), option.parse(high))
    if option.kind == "text":
        raise UserError(f"{place} is a text.", "Search options that are numbers or choices.")
    return _choice(recipe, place, [option.parse(word) for word in wanted.split(",")])


def option_at(recipe: RunSpec, place: str) -> Option:
    """The option of a place.

    Args:
        recipe: where it is.
        place: dotted.

    Raises:
        UserError: there is none; names the nearest.
    """
    head, _, last = place.rpartition(".")
    known = places(recipe)
    if place not in known or not head:
        raise UserError(f"There is no setting '{place}'.", nearest(place, known))
    for option in options_at(recipe, head):
        if option.name == last:
            return option
    raise UserError(f"{place} cannot be searched.", "Choose an option of a part or of training.")


def fitting(recipe: RunSpec, place: str) -> list[str]:
    """Names of the parts that fit a recipe at a place.

    Args:
        recipe: where.
        place: of the name of a part.
    """
    kind = PART_PLACES[place.removesuffix(".name")]
    found = []
    for part in parts.parts(kind, task=recipe.data.task):
        try:
            change(recipe, place, part.name)
        except UserError:
            # It does not fit with another part of this recipe.
            continue
        found.append(part.name)
    return found


def offered(recipe: RunSpec) -> tuple[Hyperparameter, ...]:
    """What a form offers: learning rate, and all options with limits of the parts in use.

    Args:
        recipe: whose options.
    """
    found = []
    for head in ("training", *PART_PLACES):
        if head == "training":
            names = ["learning_rate", "batch_size"]
        elif _value_at(recipe, head) is not None:
            names = [option.name for option in options_at(recipe, head)]
            found += _if_any(recipe, f"{head}.name") if head in _NAMED else []
        else:
            continue
        for name in names:
            found += _if_any(recipe, f"{head}.{name}")
    return tuple(found)


_NAMED = ("objective.loss", "model.fusion", "training.optimizer")


def _if_any(recipe: RunSpec, place: str) -> list[Hyperparameter]:
    try:
        return [parse(recipe, place)]
    except UserError:
        # It has one value only, or no limits: nothing to search by itself.
        return []


def _choice(recipe: RunSpec, place: str, values: list[Any]) -> Hyperparameter:
    for value in values:
        change(recipe, place, value)
    return Hyperparameter(place=place, kind="choice", choices=tuple(values))


def _range(place: str, option: Option, low: Any, high: Any) -> Hyperparameter:
    if option.kind not in ("int", "float"):
        raise UserError(f"{place} is no number.", f"Write {place}=A,B.")
    whole = option.kind == "int"
    wide = low > 0 and (option.log or high / low >= _WIDE)
    return Hyperparameter(
        place=place, kind="int" if whole else "float", low=low, high=high, log=wide
    )


def _usual(recipe: RunSpec, place: str, option: Option) -> Hyperparameter:
    """The hyperparameter that follows from the limits of an option."""
    if option.kind == "bool":
        return Hyperparameter(place=place, kind="choice", choices=(False, True))
    if option.kind == "choice":
        return _choice(recipe, place, list(option.choices))
    value = _value_at(recipe, place)
    if option.kind == "text" or not isinstance(value, int | float):
        raise UserError(f"{place} has no limits to search within.", f"Write {place}=LOW..HIGH.")
    low, high = option.minimum, option.maximum
    if low is not None and option.open_minimum:
        low = None if low == 0 else low + 1e-6
    if high is not None and option.open_maximum:
        high -= 1e-3 * (high - (low or 0.0)) or 1e-6
    if value > 0 and (option.log or low is None or high is None):
        # Limits that only keep nonsense out are far from where anything learns.
        low = max(value / FACTOR, low or 0.0) if option.log or low is None else low
        high = min(value * FACTOR, high if high is not None else math.inf)
    if low is None or high is None:
        raise UserError(f"{place} has no limits to search within.", f"Write {place}=LOW..HIGH.")
    if option.kind == "int":
        low, high = math.ceil(low), math.floor(high)
        if value > 0 and low > 0 and high / low >= _WIDE:
            low, high = max(low, value // SIZE_FACTOR), min(high, value * SIZE_FACTOR)
    else:
        low, high = float(f"{low:.3g}"), float(f"{high:.3g}")
    return _range(place, option, low, high)


def _value_at(recipe: RunSpec, place: str) -> Any:
    node: Any = recipe.model_dump(mode="json")
    for key in place.split("."):
        if isinstance(node, dict) and key not in node and "options" in node:
            node = node["options"]
        node = node.get(key) if isinstance(node, dict) else None
    return node


def value_at(recipe: RunSpec, place: str) -> Any:
    """The value of a place of a recipe; None where there is none.

    Args:
        recipe: it.
        place: dotted, as of ``spec.change``.
    """
    return _value_at(recipe, place)
