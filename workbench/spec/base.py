"""What every spec is: frozen, strict data."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.errors import UserError

OptionValue = bool | int | float | str | None
# JSON knows no tuples: a list is taken for one.
Names = Annotated[tuple[str, ...], Field(strict=False)]


class Spec(BaseModel):
    """Base of all specs: frozen, strict, nothing unknown, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class PartSpec(Spec):
    """A part by name, and its options.

    Args:
        name: the part's name.
        options: values of its options by name; those left out take their default.
    """

    name: str
    options: dict[str, OptionValue] = {}


def refusal(error: ValidationError, what: str) -> UserError:
    """Why data are no valid spec, in words: the first of what is wrong.

    Args:
        error: of the model.
        what: is said to be wrong where it is the whole: ``The duel``.
    """
    first = error.errors()[0]
    place = ".".join(str(key) for key in first["loc"])
    return UserError(f"{place or what} is {first.get('input')!r}: {first['msg']}.")
