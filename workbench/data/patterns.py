"""Patterns of file names: what ``{label}_{speaker}_{index}`` says of ``cat_anna_07``."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import Strings, strings
from workbench.errors import UserError

_FIELD = re.compile(r"\{([^{}]*)\}")
_SEPARATORS = "_-. "
_LOOKED_AT = 2000
"""Names from which a pattern is guessed, drawn from all of them."""
_SAME_FORM = 0.9
"""Share of the names that must have the same number of parts; the rest is listed."""
_MOST_PARTS = 6
_FEW = 0.5
"""A field with more different values than this share of the names is a number, not a label."""


@dataclass(frozen=True)
class Pattern:
    """A pattern, ready to match.

    Args:
        text: as it was written.
        fields: names of its fields in order; ``{_}`` is none.
        expression: the regular expression that it stands for.
    """

    text: str
    fields: tuple[str, ...]
    expression: re.Pattern[str]

    def match(self, name: str) -> dict[str, str] | None:
        """The values of the fields in one name; None where it does not match."""
        found = self.expression.fullmatch(name)
        return found.groupdict() if found else None

    def spans(self, name: str) -> list[tuple[str, int, int]]:
        """Field, start and end of each field in a name, for the eye; empty where none matches."""
        found = self.expression.fullmatch(name)
        return [(field, *found.span(field)) for field in self.fields] if found else []

    def columns(self, names: Strings) -> tuple[dict[str, Strings], NDArray[np.bool_]]:
        """The values of the fields in many names.

        Args:
            names: names without their suffix, text [names].

        Returns:
            For each field its values, text [names], "" where the name does not match; and which
            names match, bool [names].
        """
        found = [self.expression.fullmatch(name) for name in names.tolist()]
        values = {
            field: strings([one[field] if one else "" for one in found]) for field in self.fields
        }
        return values, np.asarray([one is not None for one in found], bool)


def parse(text: str) -> Pattern:
    """The pattern that a person wrote.

    A field takes as few letters as will do, at least one, and no ``/``; what stands between fields
    must be in the name as it is. A name is matched in a time that grows with its length only, as a
    field never takes back what it has left.

    Args:
        text: such as ``{label}_{speaker}_{index}``.

    Raises:
        UserError: it has no field, a bad field name, a field twice, two fields with nothing between
            them, or a brace without its partner; says where.
    """
    fields: list[str] = []
    expression, end, field = "", 0, ""
    for found in _FIELD.finditer(text):
        between = text[end : found.start()]
        _refuse_braces(text, between, end)
        name = found[1].strip()
        if fields and not between:
            raise UserError(
                f"Nothing stands between two fields at letter {found.start() + 1} of '{text}'.",
                "Put the sign between them that the names have there, such as _.",
            )
        _refuse_name(text, name, found.start(), fields)
        end = found.end()
        fields.append(name)
        expression += f"(?>{field}{re.escape(between)})"
        field = "(?:[^/]+?)" if name == "_" else f"(?P<{name}>[^/]+?)"
    _refuse_braces(text, text[end:], end)
    if not any(name != "_" for name in fields):
        raise UserError(
            f"The pattern '{text}' has no field.", "Write one in braces, such as {label}_{index}."
        )
    whole = re.compile(expression + field + re.escape(text[end:]))
    return Pattern(text, tuple(name for name in fields if name != "_"), whole)


def suggest(names: Sequence[str] | Strings) -> str:
    """A pattern that most of the names match, with a field ``label``; "" where there is none.

    Names are cut at the sign (``_``, ``-``, ``.`` or a space) that most of them have equally often;
    the first part with few different values becomes the label, a part that is a number in nearly
    all names the index.

    Args:
        names: names without their suffix.
    """
    looked_at = _drawn(names)
    for separator in _SEPARATORS:
        cut = [name.split(separator) for name in looked_at]
        lengths = Counter(len(parts) for parts in cut if "" not in parts)
        if not lengths:
            continue
        count, times = lengths.most_common(1)[0]
        if 2 <= count <= _MOST_PARTS and times >= _SAME_FORM * len(cut):
            fitting = [parts for parts in cut if len(parts) == count and "" not in parts]
            fields = _named(list(zip(*fitting, strict=True)))
            if fields:
                return separator.join(f"{{{field}}}" for field in fields)
    return ""


def _drawn(names: Sequence[str] | Strings) -> list[str]:
    """Some of the names, always the same: neighbours are of one class, every third may be too."""
    places: Sequence[int] = range(len(names))
    if len(names) > _LOOKED_AT:
        places = sorted(random.Random(0).sample(places, _LOOKED_AT))
    return [str(names[place]) for place in places]


def _named(columns: list[tuple[str, ...]]) -> list[str]:
    """Names of the parts of a name; empty where none of them can be a label."""
    few = [len(set(column)) <= max(2, _FEW * len(column)) for column in columns]
    words = [not all(value.isdigit() for value in column) for column in columns]
    label = next(
        (n for n, column in enumerate(columns) if few[n] and words[n] and len(set(column)) > 1),
        None,
    )
    if label is None:
        return []
    fields: list[str] = []
    part = 0
    for place in range(len(columns)):
        if place == label:
            fields.append("label")
        elif not words[place] and "index" not in fields:
            fields.append("index")
        else:
            part += 1
            fields.append(f"part{part}")
    return fields


def _refuse_braces(text: str, between: str, start: int) -> None:
    for sign in "{}":
        if sign in between:
            place = start + between.index(sign) + 1
            raise UserError(
                f"The brace {sign} at letter {place} of '{text}' has no partner.",
                "Write fields as {label}.",
            )


def _refuse_name(text: str, name: str, start: int, known: Sequence[str]) -> None:
    if not name.isidentifier():
        raise UserError(
            f"'{name}' at letter {start + 1} of '{text}' is no name of a field.",
            "Use letters, digits and _, a letter first.",
        )
    if name != "_" and name in known:
        raise UserError(
            f"The field {name} stands twice in '{text}'.", "Give each field its own name."
        )
