"""What every spec is: frozen, strict data."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

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
