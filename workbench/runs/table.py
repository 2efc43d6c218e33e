"""Runs as a table: any value of their specs and any figure as a column; filter, order, groups.

Rows are made of what the index of runs keeps, so that ten thousand runs are a second's work and no
run is opened.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from workbench.errors import UserError, nearest
from workbench.runs.index import Entry
from workbench.runs.labels import Labels
from workbench.runs.metrics import is_of_loss, smaller_is_better
from workbench.runs.store import living

FACTS = ("name", "when", "phase", "epoch", "tags", "note", "star")
"""Columns that are no value of a spec and no figure."""
METRICS = "metrics."
_QUIET = ("name", "version", "training.seed")
"""Values of a spec that differ without telling: a name, a format, the number of a repeat."""
_CONDITION = re.compile(r"([\w.+]+)\s*(<=|>=|!=|=|<|>|~)\s*(\"[^\"]*\"|\S+)")
_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})(\d{2})")

Value = str | float | int | bool | None


@dataclass(frozen=True)
class Row:
    """A run in the table.

    Args:
        folder: of the run.
        labels: what people say of it.
        values: by column; what a run does not have is missing.
        problem: why it cannot be read; "" where it can.
        data: what it was trained on and towards: figures of others do not compare with its own.
    """

    folder: Path
    labels: Labels
    values: Mapping[str, Value]
    problem: str = ""
    data: tuple[str, str] = ("", "")

    def get(self, column: str) -> Value:
        """The value of a column; None where there is none."""
        return self.values.get(column)


@dataclass(frozen=True)
class Condition:
    """What a run must be.

    Args:
        column: whose value is looked at.
        sign: ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, or ``~``: contains.
        value: it is compared with.
    """

    column: str
    sign: str
    value: str

    def holds(self, row: Row) -> bool:
        """Whether a run is so.

        Args:
            row: the run.
        """
        mine = row.get(self.column)
        if self.sign == "~":
            return self.value.casefold() in in_words(mine).casefold()
        number = _number(self.value)
        if self.sign in ("=", "!="):
            same = in_words(mine).casefold() == self.value.casefold()
            if number is not None and isinstance(mine, int | float) and not isinstance(mine, bool):
                same = math.isclose(mine, number, rel_tol=1e-9)
            return same == (self.sign == "=")
        if number is None or not isinstance(mine, int | float) or isinstance(mine, bool):
            return False
        return {"<": mine < number, "<=": mine <= number, ">": mine > number,
                ">=": mine >= number}[self.sign]  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """Which runs are wanted, and how.

    Args:
        words: each must occur somewhere in a run.
        conditions: all must hold.
        order: column that they are ordered by; "" for the newest first.
        descending: the largest first.
        group: column whose equal values are put together; "" for none.
    """

    words: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    order: str = ""
    descending: bool = False
    group: str = ""


@dataclass(frozen=True)
class Group:
    """Runs with one value of a column.

    Args:
        value: it.
        rows: the runs, in order.
        means: of each metric its mean over the runs that have it.
        spreads: its standard deviation; NaN where fewer than two have it.
    """

    value: Value
    rows: tuple[Row, ...]
    means: Mapping[str, float] = field(default_factory=dict)
    spreads: Mapping[str, float] = field(default_factory=dict)


def rows_of(entries: Iterable[Entry]) -> tuple[Row, ...]:
    """Runs as rows.

    Args:
        entries: of the index.
    """
    return tuple(_row(entry) for entry in entries)


def _row(entry: Entry) -> Row:
    status = living(entry.status)
    stamp = _STAMP.match(entry.run.name)
    when = "{}-{}-{} {}:{}:{}".format(*stamp.groups()) if stamp else ""
    values: dict[str, Value] = {
        "name": entry.title, "when": when, "phase": status.phase, "epoch": status.epoch,
        "tags": ", ".join(entry.labels.tags), "note": entry.labels.note,
        "star": entry.labels.star,
    }  # fmt: skip
    values |= {f"{METRICS}{name}": value for name, value in status.metrics.items()}
    values |= values_of(from_json(entry.spec_text))
    of = (in_words(values.get("data.folder")), in_words(values.get("data.target")))
    return Row(entry.run.folder, entry.labels, values, entry.problem, of)


def values_of(spec: Mapping[str, Any]) -> dict[str, Value]:
    """Values of a spec by their places; its name and its format are none.

    Args:
        spec: as plain data.
    """
    values: dict[str, Value] = {}
    _flatten({key: spec[key] for key in spec if key not in ("name", "version")}, "", values)
    return values


def _flatten(node: dict[str, Any], prefix: str, values: dict[str, Value]) -> None:
    """Values of a spec by their dotted places, as ``spec.change`` names them."""
    for key, inner in node.items():
        place = _place(prefix, key)
        if type(inner) is dict:
            _flatten(inner, place, values)
        elif type(inner) is list:
            values[place] = ", ".join(str(each) for each in inner)
        else:
            values[place] = inner


@functools.lru_cache(maxsize=4096)
def _place(prefix: str, key: str) -> str:
    # The same few hundred of them in each of ten thousand runs.
    if key == "options":
        return prefix
    return f"{prefix}.{key}" if prefix else key


def columns_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """All columns that any run has: facts, figures, values of specs.

    Args:
        rows: of the table.
    """
    seen: dict[str, None] = {}
    for row in rows:
        seen.update(dict.fromkeys(row.values))
    metrics = sorted(name for name in seen if name.startswith(METRICS))
    places = sorted(name for name in seen if name not in FACTS and not name.startswith(METRICS))
    return (*FACTS, *metrics, *places)


def differing(rows: Sequence[Row]) -> tuple[str, ...]:
    """Places of specs in which the runs differ, those of the most telling first.

    Args:
        rows: of the table.
    """
    return differing_values([row.values for row in rows])


def differing_values(every: Sequence[Mapping[str, Value]]) -> tuple[str, ...]:
    """Places of specs whose values differ, those of the most telling first.

    Args:
        every: of each run its values by column.
    """
    if not every:
        return ()
    first, found = every[0], set[str]()
    for values in every[1:]:
        # A place that only some runs have is another way to differ.
        found.update(name for name, _ in first.items() ^ values.items())
    found = {
        name for name in found
        if name not in FACTS and not name.startswith(METRICS) and name not in _QUIET
    }  # fmt: skip
    return tuple(sorted(found, key=lambda name: (not name.endswith(".name"), name)))


def parse(text: str, columns: Sequence[str]) -> Wish:
    """What a person typed: words, and conditions such as ``objective.loss.name=huber``.

    Args:
        text: with blanks between them; a value with blanks in quotes.
        columns: that there are; the end of a name is enough where it is the only one.

    Raises:
        UserError: a condition names no column.
    """
    conditions = []
    for match in _CONDITION.finditer(text):
        column = column_called(match[1], columns)
        conditions.append(Condition(column, match[2], match[3].strip('"')))
    words = _CONDITION.sub(" ", text).casefold().split()
    return Wish(words=tuple(words), conditions=tuple(conditions))


def column_called(name: str, columns: Sequence[str]) -> str:
    """The column of a name, or of its end.

    Args:
        name: as it was typed.
        columns: that there are.

    Raises:
        UserError: there is none, or more than one.
    """
    if name in columns:
        return name
    ends = [each for each in columns if each.endswith(f".{name}")]
    if len(ends) == 1:
        return ends[0]
    if ends:
        raise UserError(f"'{name}' may be any of {', '.join(ends[:5])}.", "Write the whole name.")
    raise UserError(f"There is no column '{name}'.", nearest(name, columns))


def chosen(rows: Sequence[Row], wish: Wish) -> tuple[Row, ...]:
    """The runs that are wanted, in the order that is wanted.

    Args:
        rows: of the table, the newest first.
        wish: which.
    """
    found = [row for row in rows if all(each.holds(row) for each in wish.conditions)]
    if wish.words:
        found = [row for row in found if _has(row, wish.words)]
    if wish.order:
        known = [row for row in found if row.get(wish.order) is not None]
        rest = [row for row in found if row.get(wish.order) is None]
        known.sort(key=lambda row: _key(row.get(wish.order)), reverse=wish.descending)
        found = known + rest
    return tuple(found)


def grouped(rows: Sequence[Row], column: str) -> tuple[Group, ...]:
    """Runs put together by the value of a column, in the order in which values first occur.

    Args:
        rows: of the table.
        column: whose values.
    """
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(in_words(row.get(column)), []).append(row)
    return tuple(_group(mine, column) for mine in groups.values())


def _group(rows: list[Row], column: str) -> Group:
    means, spreads = {}, {}
    names = {name for row in rows for name in row.values if name.startswith(METRICS)}
    for name in sorted(names):
        values = [value for row in rows if isinstance(value := row.get(name), int | float)
                  and math.isfinite(value)]  # fmt: skip
        if values:
            mean = sum(values) / len(values)
            means[name] = mean
            off = sum((value - mean) ** 2 for value in values)
            spreads[name] = math.sqrt(off / (len(values) - 1)) if len(values) > 1 else math.nan
    return Group(rows[0].get(column), tuple(rows), means, spreads)


def best(rows: Sequence[Row], column: str) -> frozenset[Path]:
    """Runs with the best value of a metric among those on the same data and target.

    Values of a loss compare only between runs that were trained with it.

    Args:
        rows: of the table.
        column: ``metrics.<name>``.

    Returns:
        Their folders; of a group of one run none, for it has nobody to be better than.
    """
    sign = 1.0 if smaller_is_better(column) else -1.0
    alike: dict[tuple[str, ...], list[tuple[float, Path]]] = {}
    of_loss = is_of_loss(column)
    for row in rows:
        value = row.get(column)
        if isinstance(value, int | float) and math.isfinite(value):
            loss = str(row.get("objective.loss.name")) if of_loss else ""
            alike.setdefault((*row.data, loss), []).append((sign * value, row.folder))
    found: set[Path] = set()
    for values in alike.values():
        least = min(value for value, _ in values)
        if len(values) > 1:
            found |= {folder for value, folder in values if value == least}
    return frozenset(found)


def in_words(value: Value) -> str:
    """A value as a cell shows it.

    Args:
        value: of any column.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _has(row: Row, words: Iterable[str]) -> bool:
    text = " ".join(in_words(value) for value in row.values.values()).casefold()
    return all(word in text for word in words)


def _key(value: Value) -> tuple[int, float, str]:
    """Numbers before words, each in its own order."""
    if isinstance(value, int | float):
        return (0, float(value), "")
    return (1, 0.0, str(value).casefold())


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
