"""Options: typed, limited, explained arguments, read from the one place where they are declared.

``options_of_function`` reads the keyword-only arguments of a part, ``options_of_model`` the fields
of a spec. Forms, command line flags, checks and generated documentation all take just ``Option``.
"""

from __future__ import annotations

import inspect
import math
import re
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from workbench.errors import UserError, nearest

OptionKind = Literal["bool", "int", "float", "choice", "text"]


@dataclass(frozen=True)
class Option:
    """One argument that a person can set.

    Args:
        name: the argument's name.
        kind: what it holds.
        default: its value when nobody says otherwise.
        help: one sentence: what it does and what to change it for.
        minimum: the lowest value; None: no limit.
        maximum: the highest value; None: no limit.
        open_minimum: the minimum itself is not allowed.
        open_maximum: the maximum itself is not allowed.
        choices: the allowed words of a choice.
        optional: None is allowed, and means off.
        log: steps of a form multiply rather than add.
        unit: what the number counts: ``Hz``, ``epochs``.
        advanced: folded away in a form.
        label: the name in words where the argument's own name does not serve.
    """

    name: str
    kind: OptionKind
    default: Any
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    open_minimum: bool = False
    open_maximum: bool = False
    choices: tuple[str, ...] = ()
    optional: bool = False
    log: bool = False
    unit: str = ""
    advanced: bool = False
    label: str = ""

    @property
    def title(self) -> str:
        """The name in words."""
        words = self.label or self.name.replace("_", " ")
        return words[:1].upper() + words[1:]

    @property
    def limits(self) -> str:
        """The allowed values in words: ``0 < x <= 10``; empty where there is no limit."""
        if self.kind == "choice":
            return " | ".join(self.choices)
        left = (
            ""
            if self.minimum is None
            else f"{self.minimum:g} {'<' if self.open_minimum else '<='} "
        )
        right = (
            ""
            if self.maximum is None
            else f" {'<' if self.open_maximum else '<='} {self.maximum:g}"
        )
        return f"{left}x{right}" if left or right else ""

    def check(self, value: object) -> Any:
        """The value in the option's own type.

        Raises:
            UserError: wrong type or outside the limits; says the limits.
        """
        if value is None:
            if self.optional:
                return None
            raise UserError(f"{self.name} needs a value.", self._wanted())
        if self.kind in {"int", "float"} and isinstance(value, int | float):
            number = self._number(value)
            if number is not None:
                return self._within(number)
        elif self.kind == "choice" and isinstance(value, str):
            if value in self.choices:
                return value
            raise UserError(f"{self.name} is '{value}'.", nearest(value, self.choices))
        elif isinstance(value, {"bool": bool, "text": str}.get(self.kind, ())):
            return value
        raise UserError(f"{self.name} is {value!r}.", self._wanted())

    def parse(self, text: str) -> Any:
        """The value that a person typed, as on the command line.

        Raises:
            UserError: it does not read as the option's type, or lies outside its limits.
        """
        word = text.strip()
        if self.optional and word.lower() in {"", "none", "off"}:
            return None
        if self.kind == "bool":
            known = {"true": True, "yes": True, "on": True, "1": True}
            known |= {"false": False, "no": False, "off": False, "0": False}
            return self.check(known.get(word.lower(), word))
        if self.kind in {"int", "float"}:
            try:
                return self.check(int(word) if re.fullmatch(r"[+-]?\d+", word) else float(word))
            except ValueError:
                raise UserError(f"{self.name} is '{text}'.", self._wanted()) from None
        return self.check(word)

    def extremes(self) -> list[Any]:
        """The default and the values at both ends of the limits, for tests and explorers."""
        if self.kind == "bool":
            return [False, True]
        if self.kind == "choice":
            return list(self.choices)
        if self.kind == "text":
            return [self.default]
        ends = [self.default, self._inward(self.minimum, 1), self._inward(self.maximum, -1)]
        return [
            *dict.fromkeys(v for v in ends if v is not None),
            *([None] if self.optional else []),
        ]

    def _number(self, value: float) -> float | None:
        """The value as this option's kind of number; None where that would lose something."""
        if isinstance(value, bool):
            return None
        if self.kind == "float":
            return float(value)
        return int(value) if isinstance(value, int) or value.is_integer() else None

    def _inward(self, end: float | None, sign: int) -> Any:
        if end is None:
            return None
        shut = not (self.open_minimum if sign > 0 else self.open_maximum)
        if self.kind == "int":
            return int(end) + (0 if shut else sign)
        # 1e-6 is the nearest value that a form can set beside an open end.
        return float(end) if shut else float(end) + sign * max(abs(end), 1.0) * 1e-6

    def _within(self, value: float) -> Any:
        low = self.minimum is not None and (
            value < self.minimum or (self.open_minimum and value == self.minimum)
        )
        high = self.maximum is not None and (
            value > self.maximum or (self.open_maximum and value == self.maximum)
        )
        if low or high or not math.isfinite(value):
            raise UserError(f"{self.name} is {value:g}.", self._wanted())
        return value

    def _wanted(self) -> str:
        kinds = {"bool": "true or false", "int": "a whole number", "float": "a number",
                 "choice": "one of", "text": "text"}  # fmt: skip
        limits = f" ({self.limits})" if self.limits else ""
        return f"It must be {kinds[self.kind]}{limits}{' or none' if self.optional else ''}."


def checked(options: Iterable[Option], values: Mapping[str, object], owner: str) -> dict[str, Any]:
    """All options with their values; those not given take their default.

    Args:
        options: what is declared.
        values: what is given.
        owner: who declares them, for the message.

    Raises:
        UserError: an unknown name or a bad value.
    """
    known = {option.name: option for option in options}
    for name in values:
        if name not in known:
            raise UserError(f"{owner} has no option '{name}'.", nearest(name, known))
    result = {}
    for name, option in known.items():
        try:
            result[name] = option.check(values[name]) if name in values else option.default
        except UserError as error:
            raise UserError(f"{owner}: {error.problem}", error.remedy) from None
    return result


def explained(docstring: str) -> dict[str, str]:
    """The ``Args:`` section of a Google-style docstring, by argument."""
    found = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", inspect.cleandoc(docstring), re.M)
    if not found:
        return {}
    result: dict[str, str] = {}
    name = ""
    for line in inspect.cleandoc(found.group(1)).splitlines():
        start = re.match(r"(\w+)(?: \([^)]*\))?:\s*(.*)", line)
        if start:
            name = start.group(1)
            result[name] = start.group(2)
        elif name:
            result[name] = f"{result[name]} {line.strip()}".strip()
    return result


def options_of_function(function: Callable[..., Any]) -> tuple[Option, ...]:
    """The options of a part: its keyword-only arguments that have a default.

    ``learned`` is none: it holds what a part has learned, and nobody sets it.
    """
    hints = get_type_hints(function, include_extras=True)
    texts = explained(inspect.getdoc(function) or "")
    return tuple(
        _option(name, hints.get(name, Any), parameter.default, texts.get(name, ""))
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
        and parameter.default is not parameter.empty
        and name != "learned"
    )


def options_of_model(model: type[BaseModel]) -> tuple[Option, ...]:
    """The options of a spec: its fields of plain type; nested specs and parts have their own."""
    texts = explained(inspect.getdoc(model) or "")
    hints = get_type_hints(model, include_extras=True)
    found = []
    for name, field in model.model_fields.items():
        if _kind(_plain(hints[name])[0]) is not None and not field.is_required():
            found.append(_option(name, hints[name], field.default, texts.get(name, "")))
    return tuple(found)


def _plain(hint: Any) -> tuple[Any, list[Any], bool]:
    """The bare type, the marks of ``Annotated``, and whether None is allowed."""
    marks: list[Any] = []
    optional = False
    while True:
        if get_origin(hint) is Annotated:
            hint, *more = get_args(hint)
            marks += more
        elif get_origin(hint) in {Union, types.UnionType}:
            rest = [kind for kind in get_args(hint) if kind is not type(None)]
            optional = optional or len(rest) < len(get_args(hint))
            if len(rest) != 1:
                return hint, marks, optional
            hint = rest[0]
        else:
            return hint, marks, optional


def _kind(bare: Any) -> OptionKind | None:
    if get_origin(bare) is Literal:
        return "choice"
    kinds: dict[Any, OptionKind] = {bool: "bool", int: "int", float: "float", str: "text"}
    return kinds.get(bare)


def _option(name: str, hint: Any, default: Any, text: str) -> Option:
    bare, marks, optional = _plain(hint)
    kind = _kind(bare)
    if kind is None:
        raise TypeError(f"option {name} has type {hint}; use bool, int, float, str or Literal")
    facts: dict[str, Any] = {}
    for mark in marks:
        extra = mark.json_schema_extra if isinstance(mark, FieldInfo) else None
        facts |= extra if isinstance(extra, dict) else {}
        for limit in mark.metadata if isinstance(mark, FieldInfo) else [mark]:
            facts |= _limit(limit)
    choices = get_args(bare) if kind == "choice" else ()
    return Option(
        name=name,
        kind=kind,
        default=default,
        help=text,
        choices=choices,
        optional=optional,
        **facts,
    )


def _limit(mark: Any) -> dict[str, Any]:
    match mark:
        case Ge(ge=value):
            return {"minimum": value}
        case Gt(gt=value):
            return {"minimum": value, "open_minimum": True}
        case Le(le=value):
            return {"maximum": value}
        case Lt(lt=value):
            return {"maximum": value, "open_maximum": True}
    return {}
