"""What a column of words is as a target, found out or as a person says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.data import amounts, label_sets
from workbench.data.index import Finding, Strings, Target
from workbench.data.orders import known_order, natural
from workbench.errors import UserError
from workbench.parts import Task

MISSING = frozenset(
    {"", "na", "n/a", "#n/a", "<na>", "nan", "nat", "null", "none", "nil", "-", "--", "?", "缺失"}
)
"""Words, in small letters, that mean that there is no value."""
_NO_AND_YES = (
    ("no", "yes"),
    ("false", "true"),
    ("0", "1"),
    ("n", "y"),
    ("f", "t"),
    ("off", "on"),
    ("negative", "positive"),
    ("absent", "present"),
    ("nein", "ja"),
    ("falsch", "wahr"),
    ("non", "oui"),
    ("否", "是"),
    ("阴性", "阳性"),
    ("无", "有"),
)
_NUMBERS = 0.9
"""Share of a column that must read as numbers; the rest is then reported as mistyped."""
_CLASSES = 20
"""A column of whole numbers with no more different values than this is taken for classes."""
_NOT_OFFERED = "It is not offered as a target."
_SHOWN = 4


@dataclass(frozen=True)
class _Column:
    """A column as its different words, so that a million cells are looked at in no time.

    Args:
        name: its name.
        different: its words, each once, sorted; none is missing.
        codes: place of each cell's word in ``different``, int64 [samples]; -1 is missing.
        counts: how many cells hold each word, int64 [different].
    """

    name: str
    different: list[str]
    codes: NDArray[np.int64]
    counts: NDArray[np.int64]

    @property
    def present(self) -> int:
        """Cells that hold something."""
        return int(self.counts.sum())

    def cells(self, most: int) -> list[str]:
        """The first cells that hold something, at most so many."""
        codes = self.codes[: 20 * most]
        return [self.different[code] for code in codes[codes >= 0][:most].tolist()]

    def spread(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values of the different words, [different, ...], to those of all cells."""
        missing = np.full((1, *values.shape[1:]), np.nan)
        return np.asarray(np.concatenate([values, missing])[self.codes], np.float64)

    def rows_of(self, wrong: NDArray[np.bool_]) -> tuple[int, ...]:
        """Samples whose word is among those marked, bool [different]."""
        return tuple(np.flatnonzero(np.append(wrong, False)[self.codes]).tolist())


def category(name: str, words: Strings) -> Target:
    """A column of class names; two that mean no and yes make a yes/no target.

    Args:
        name: the column's name.
        words: its cells, text [samples]; "" is missing.
    """
    return _category(_column(name, words))


def detect(
    name: str,
    words: Strings,
    *,
    task: Task | None = None,
    separator: str = "",
    order: Sequence[str] = (),
) -> tuple[Target | None, list[Finding]]:
    """The target that a column of a table holds.

    Args:
        name: the column's name.
        words: its cells, stripped, text [samples]; "" is missing, and so are words such as ``NA``
            and ``null``.
        task: what it is to be; None: what it looks like.
        separator: between several categories in a cell; "": found.
        order: categories of an ordered target, the lowest first; empty: found.

    Returns:
        The target (None: the column does not serve as one), and what a person should know.

    Raises:
        UserError: it cannot be what ``task`` says; says why.
    """
    column, findings = _without_missing(_column(name, words))
    if not column.present:
        if task is not None and task != "none":
            raise UserError(f"Column '{name}' is empty.", "Choose another column.")
        finding = Finding("info", f"Column '{name}' is empty", _NOT_OFFERED, kind="column")
        return None, [*findings, finding]
    looks = task or _looks(column, separator, order)
    if task is None and looks == "category":
        return _category(column), findings
    if looks is None:
        title = f"Column '{name}' is not a target"
        detail = "Nearly every sample has a value of its own."
        return None, [*findings, Finding("info", title, detail, kind="column")]
    target, more = _as(looks, column, separator, order)
    return target, findings + more


def _column(name: str, words: Strings) -> _Column:
    cells = words.tolist()
    different = sorted(set(cells) - {""})
    code = {word: place for place, word in enumerate(different)} | {"": -1}
    codes = np.fromiter(map(code.__getitem__, cells), np.int64, len(cells))
    return _Column(name, different, codes, _counted(codes, len(different)))


def _counted(codes: NDArray[np.int64], different: int) -> NDArray[np.int64]:
    return np.bincount(codes[codes >= 0], minlength=different).astype(np.int64)


def _looks(column: _Column, separator: str, order: Sequence[str]) -> Task | None:
    """What a column is by its words; None: no target."""
    different = column.different
    if order:
        return "ordered"
    if label_sets.are_numbers(different):
        return "numbers"
    if label_sets.are_lists(different):
        return "labels"
    read = amounts.read(different)
    ordered = bool(known_order(different, column.name))
    if ordered and read.units:
        # "1 star, 2 stars" are steps, not amounts.
        return "ordered"
    reads = np.isfinite(read.values)
    share = column.counts[reads].sum() / column.present
    whole = bool((read.values[reads] == np.round(read.values[reads])).all())
    few = share == 1 and whole and len(different) <= min(_CLASSES, column.present // 2)
    if share >= _NUMBERS and not few:
        return "number"
    if not few and ordered:
        return "ordered"
    if separator or label_sets.separator_of(column.cells(2000)):
        return "labels"
    return "category" if len(different) <= max(2, column.present // 2) else None


def _as(
    task: Task, column: _Column, separator: str, order: Sequence[str]
) -> tuple[Target | None, list[Finding]]:
    match task:
        case "number":
            return _number(column)
        case "numbers":
            return _numbers(column)
        case "labels":
            return _labels(column, separator)
        case "ordered":
            return _ordered(column, order)
        case "none":
            return None, []
    found = _category(column)
    if len(found.classes) > _most_classes(column):
        raise UserError(
            f"Column '{column.name}' has {len(found.classes):,} different values in "
            f"{len(column.codes):,} samples, too many for categories.",
            "Learn it as a number, or choose another column.",
        )
    if task == "yes_no" and len(found.classes) != 2:
        raise UserError(
            f"Column '{column.name}' has {len(found.classes)} different values; yes/no needs two.",
            "Learn it as a category.",
        )
    return Target(column.name, task, found.values, found.classes), []


def _most_classes(column: _Column) -> int:
    return max(_CLASSES, len(column.codes) // 2)


def _category(column: _Column) -> Target:
    classes = tuple(column.different)
    lowered = [word.lower() for word in classes]
    pair = next((pair for pair in _NO_AND_YES if sorted(lowered) == sorted(pair)), None)
    if pair is None:
        return Target(column.name, "category", column.codes, classes)
    order = np.asarray([*(pair.index(word) for word in lowered), -1], np.int64)
    ranked = tuple(sorted(classes, key=lambda word: pair.index(word.lower())))
    return Target(column.name, "yes_no", order[column.codes], ranked)


def _number(column: _Column) -> tuple[Target, list[Finding]]:
    read = amounts.read(column.different)
    wrong = ~np.isfinite(read.values)
    if wrong.all():
        raise UserError(
            f"Column '{column.name}' holds no numbers, such as '{column.different[0]}'.",
            "Learn it as a category.",
        )
    findings = _no_numbers(column, wrong, "numbers")
    findings += [
        Finding("info", f"Numbers of '{column.name}' have a comma", note, kind="comma")
        for note in read.notes
    ]
    if read.units:
        what = ", ".join(unit for unit, _ in read.units.most_common(3))
        several = len(read.units) > 1
        findings.append(
            Finding(
                "warning" if several else "info",
                f"Values of '{column.name}' carry {'different units' if several else 'a unit'}",
                f"Read as plain numbers without: {what}."
                + (" Write them all in the same unit." if several else ""),
                kind="unit",
            )
        )
    return Target(column.name, "number", column.spread(read.values)), findings


def _numbers(column: _Column) -> tuple[Target, list[Finding]]:
    lists = [amounts.listed(word) for word in column.different]
    lengths: Counter[int] = Counter()
    for numbers, count in zip(lists, column.counts.tolist(), strict=True):
        if numbers is not None:
            lengths[len(numbers)] += count
    if not lengths:
        raise UserError(
            f"Column '{column.name}' holds no lists of numbers.",
            "Write them as [0.5, 1.25] in a cell.",
        )
    length = lengths.most_common(1)[0][0]
    values = np.full((len(lists), length), np.nan)
    for place, numbers in enumerate(lists):
        if numbers is not None and len(numbers) == length:
            values[place] = numbers
    findings = _no_numbers(column, np.isnan(values).any(axis=1), f"{length} numbers")
    columns = tuple(f"{column.name} {number}" for number in range(1, length + 1))
    return Target(column.name, "numbers", column.spread(values), columns=columns), findings


def _no_numbers(column: _Column, wrong: NDArray[np.bool_], what: str) -> list[Finding]:
    """What is said of words that do not read as numbers, bool [different]."""
    if not wrong.any():
        return []
    rows = column.rows_of(wrong)
    words = [f"'{column.different[place]}'" for place in np.flatnonzero(wrong)[:_SHOWN]]
    title = f"{len(rows):,} values of '{column.name}' are not {what}"
    if len(rows) == 1:
        title = f"1 value of '{column.name}' is not {'a number' if what == 'numbers' else what}"
    detail = f"Such as {', '.join(words)}; these samples are left out."
    return [Finding("warning", title, detail, kind="not_a_number", rows=rows)]


def _labels(column: _Column, separator: str) -> tuple[Target, list[Finding]]:
    lists = label_sets.are_lists(column.different)
    used = "" if lists else separator or label_sets.separator_of(column.cells(2000)) or "|"
    sets = [label_sets.split(word, used) for word in column.different]
    classes = tuple(sorted({label for labels in sets for label in labels}))
    if not classes:
        raise UserError(f"Column '{column.name}' names no categories.", "Choose another column.")
    if len(classes) > _most_classes(column):
        raise UserError(
            f"Column '{column.name}' has {len(classes):,} different categories in "
            f"{len(column.codes):,} samples.",
            "State the sign between the categories of a cell, or choose another column.",
        )
    place = {label: number for number, label in enumerate(classes)}
    values = np.zeros((len(sets) + 1, len(classes)), np.int8)
    values[-1] = -1
    for row, labels in enumerate(sets):
        values[row, [place[label] for label in labels]] = 1
    several = sum(
        count for labels, count in zip(sets, column.counts.tolist(), strict=True) if len(labels) > 1
    )
    how = "lists" if lists else f"words parted by {used}"
    title = f"'{column.name}' holds several categories at once"
    detail = f"Read as {how}: {several:,} samples have more than one of {len(classes)} categories."
    findings = [Finding("info", title, detail, kind="labels")]
    return Target(column.name, "labels", values[column.codes], classes), findings


def _ordered(column: _Column, order: Sequence[str]) -> tuple[Target, list[Finding]]:
    different = column.different
    if len(different) > _most_classes(column):
        raise UserError(
            f"Column '{column.name}' has {len(different):,} different values, too many to be "
            "ordered categories.",
            "Learn it as a number.",
        )
    if len(different) < 2:
        raise UserError(
            f"Column '{column.name}' says '{different[0]}' everywhere; an order needs two values.",
            "Choose another column.",
        )
    stated = list(dict.fromkeys(order)) or known_order(different, column.name)
    strange = sorted((word for word in different if word not in stated), key=natural)
    kept = tuple(word for word in [*stated, *strange] if word in set(different))
    place = np.asarray([*(kept.index(word) for word in different), -1], np.int64)
    title = f"'{column.name}' has an order"
    findings = [Finding("info", title, " < ".join(kept) + ".", kind="order")]
    if order and strange:
        title = f"{len(strange)} categories of '{column.name}' have no place in the order"
        detail = f"They are put last: {', '.join(strange[:_SHOWN])}."
        findings.append(Finding("warning", title, detail, kind="order"))
    return Target(column.name, "ordered", place[column.codes], kept), findings


def together(targets: Mapping[str, Target], names: Sequence[str] = ()) -> Target | None:
    """Several columns of numbers as one target.

    Args:
        targets: all columns that can be learned.
        names: those wanted, in this order; empty: every column of numbers.

    Returns:
        A target of the task ``numbers`` named ``x + y``; None where fewer than two can be joined.

    Raises:
        UserError: a name is no column of numbers.
    """
    known = [name for name, target in targets.items() if target.task == "number"]
    for name in names:
        if name not in known:
            has = f"Columns of numbers are: {', '.join(known)}." if known else "There is none."
            raise UserError(f"'{name}' is no column of numbers.", has)
    chosen = tuple(dict.fromkeys(names)) or tuple(known)
    if len(chosen) < 2:
        return None
    values = np.stack([targets[name].values for name in chosen], axis=1)
    return Target(" + ".join(chosen), "numbers", values, columns=chosen)


def without_rare(target: Target) -> tuple[Target, list[str]]:
    """The target without classes of a single sample, which cannot both train and be tested.

    Args:
        target: any.

    Returns:
        The target, and the names of the classes that were taken out.
    """
    if target.task not in {"category", "ordered"}:
        return target, []
    counts = _counted(target.values, len(target.classes))
    kept = np.flatnonzero(counts >= 2)
    rare = [name for name, count in zip(target.classes, counts, strict=True) if count < 2]
    if not rare:
        return target, []
    renumbered = np.full(len(target.classes) + 1, -1, np.int64)
    renumbered[kept] = np.arange(len(kept))
    classes = tuple(target.classes[number] for number in kept)
    return Target(target.name, target.task, renumbered[target.values], classes), rare


def _without_missing(column: _Column) -> tuple[_Column, list[Finding]]:
    gone = np.asarray([word.lower() in MISSING for word in column.different], bool)
    if not gone.any():
        return column, []
    missing = [column.different[place] for place in np.flatnonzero(gone)]
    rows = column.rows_of(gone)
    shown = ", ".join(f"'{word}'" for word in missing[:_SHOWN])
    mean = "means" if len(missing) == 1 else "mean"
    title = f"{len(rows):,} missing {'value' if len(rows) == 1 else 'values'} of '{column.name}'"
    finding = Finding("info", title, f"{shown} {mean} no value.", kind="no_value", rows=rows)
    renumbered = np.full(len(gone) + 1, -1, np.int64)
    renumbered[:-1][~gone] = np.arange(int((~gone).sum()))
    codes = renumbered[column.codes]
    different = [word for word, lost in zip(column.different, gone, strict=True) if not lost]
    return _Column(column.name, different, codes, _counted(codes, len(different))), [finding]
