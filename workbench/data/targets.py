"""What a column of words is as a target, found out or as a person says."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import Finding, Strings, Target, strings
from workbench.data.orders import known_order
from workbench.errors import UserError
from workbench.parts import Task

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "--", "?"})
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
    ("non", "oui"),
    ("否", "是"),
)
_NUMBERS = 0.9
"""Share of a column that must read as numbers; the rest is then reported as mistyped."""
_CLASSES = 20
"""A column of whole numbers with no more different values than this is taken for classes."""
_SEPARATORS = ("|", ";", ",", "/")
_NUMBER = re.compile(r"([+-]?(?:\d+(?:[.,]\d+)*|[.,]\d+)(?:[eE][+-]?\d+)?)\s*([^\W\d]{1,5}|[%°])?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")


def category(name: str, words: Strings) -> Target:
    """A column of class names; "" is missing. Two that mean no and yes make a yes/no target."""
    present = words != ""
    names, numbers = np.unique(words[present], return_inverse=True)
    values = np.full(len(words), -1, np.int64)
    classes = tuple(str(word) for word in names)
    pair = next((pair for pair in _NO_AND_YES if {c.lower() for c in classes} == set(pair)), None)
    if pair is None or len(classes) != 2:
        values[present] = numbers
        return Target(name, "category", values, classes)
    order = [pair.index(word.lower()) for word in classes]
    values[present] = np.asarray(order)[numbers]
    return Target(
        name, "yes_no", values, tuple(sorted(classes, key=lambda c: pair.index(c.lower())))
    )


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
        words: its cells, stripped; "" is missing, and so are words such as ``NA`` and ``null``.
        task: what it is to be; None: what it looks like.
        separator: between several categories in a cell; "": found.
        order: categories of an ordered target, the lowest first; empty: found.

    Returns:
        The target (None: the column does not serve as one), and what a person should know.

    Raises:
        UserError: it cannot be what ``task`` says; says why.
    """
    words, findings = _without_missing(name, words)
    count = int((words != "").sum())
    if count == 0:
        if task is not None:
            raise UserError(f"Column '{name}' is empty.", "Choose another column.")
        finding = Finding("info", f"Column '{name}' is empty", _NOT_OFFERED, kind="column")
        return None, [*findings, finding]
    if task is not None:
        target, more = _as(task, name, words, separator, order)
    else:
        target, more = _looks(name, words, separator, order)
    return target, findings + more


_NOT_OFFERED = "It is not offered as a target."


def _looks(
    name: str, words: Strings, separator: str, order: Sequence[str]
) -> tuple[Target | None, list[Finding]]:
    present = words[words != ""]
    different = len(np.unique(present))
    if order:
        return _as("ordered", name, words, separator, order)
    if _lists(present) is not None:
        kind: Task = "numbers" if _lists(present) == "numbers" else "labels"
        return _as(kind, name, words, separator, order)
    numbers, units = as_numbers(words)
    ordered = known_order(np.unique(present).tolist())
    if ordered and units:
        # "1 star, 2 stars" are steps, not amounts.
        return _as("ordered", name, words, separator, ())
    reads = np.isfinite(numbers)
    share = reads.sum() / len(present)
    whole = bool((numbers[reads] == np.round(numbers[reads])).all())
    few = share == 1 and whole and different <= min(_CLASSES, len(present) // 2)
    if share >= _NUMBERS and not few:
        return _as("number", name, words, separator, order)
    if not few and ordered:
        return _as("ordered", name, words, separator, ())
    if separator or _separator_of(present):
        return _as("labels", name, words, separator, order)
    if different > max(2, len(present) // 2):
        title = f"Column '{name}' is not a target"
        detail = "Nearly every sample has a value of its own."
        return None, [Finding("info", title, detail, kind="column")]
    return category(name, words), []


def _as(
    task: Task, name: str, words: Strings, separator: str, order: Sequence[str]
) -> tuple[Target | None, list[Finding]]:
    match task:
        case "number":
            return _number(name, words)
        case "numbers":
            return _numbers(name, words)
        case "labels":
            return _labels(name, words, separator)
        case "ordered":
            return _ordered(name, words, order)
        case "none":
            return None, []
    found = category(name, words)
    if len(found.classes) > max(_CLASSES, len(words) // 2):
        raise UserError(
            f"Column '{name}' has {len(found.classes):,} different values in {len(words):,} "
            "samples, too many for categories.",
            "Learn it as a number, or choose another column.",
        )
    if task == "yes_no" and len(found.classes) != 2:
        raise UserError(
            f"Column '{name}' has {len(found.classes)} different values; yes/no needs two.",
            "Learn it as a category.",
        )
    return Target(name, task, found.values, found.classes), []


def _number(name: str, words: Strings) -> tuple[Target, list[Finding]]:
    numbers, units = as_numbers(words)
    wrong = (words != "") & ~np.isfinite(numbers)
    if wrong.sum() == (words != "").sum():
        sample = words[words != ""][0]
        raise UserError(
            f"Column '{name}' holds no numbers, such as '{sample}'.", "Learn it as a category."
        )
    findings = []
    if wrong.any():
        samples = ", ".join(f"'{word}'" for word in words[wrong][:3])
        title = f"{int(wrong.sum())} values of '{name}' are not numbers"
        rows = tuple(np.flatnonzero(wrong).tolist())
        detail = f"Such as {samples}; these samples are left out."
        findings.append(Finding("warning", title, detail, kind="not_a_number", rows=rows))
    if units:
        what = ", ".join(f"{unit} ({count:,})" for unit, count in units.most_common(3))
        several = len(units) > 1
        findings.append(
            Finding(
                "warning" if several else "info",
                f"Values of '{name}' carry {'different units' if several else 'a unit'}",
                f"Read as plain numbers without: {what}.",
                kind="unit",
            )
        )
    return Target(name, "number", numbers), findings


def _numbers(name: str, words: Strings) -> tuple[Target, list[Finding]]:
    rows = [_list_of_numbers(word) if word else None for word in words.tolist()]
    lengths = Counter(len(row) for row in rows if row)
    if not lengths:
        raise UserError(
            f"Column '{name}' holds no lists of numbers.", "Write them as [0.5, 1.25] in a cell."
        )
    length = lengths.most_common(1)[0][0]
    values = np.full((len(rows), length), np.nan)
    wrong = []
    for place, row in enumerate(rows):
        if row is not None and len(row) == length:
            values[place] = row
        elif words[place]:
            wrong.append(place)
    findings = []
    if wrong:
        title = f"{len(wrong)} values of '{name}' are not {length} numbers"
        findings.append(
            Finding(
                "warning", title, "These samples are left out.", (), "not_a_number", tuple(wrong)
            )
        )
    columns = tuple(f"{name} {number}" for number in range(1, length + 1))
    return Target(name, "numbers", values, columns=columns), findings


def _labels(name: str, words: Strings, separator: str) -> tuple[Target, list[Finding]]:
    present = words[words != ""]
    lists = _lists(present) == "words"
    used = "" if lists else separator or _separator_of(present) or "|"
    cells = [_split(word, used) if word else None for word in words.tolist()]
    counts = Counter(label for cell in cells for label in set(cell or ()))
    if len(counts) > max(_CLASSES, len(words) // 2):
        raise UserError(
            f"Column '{name}' has {len(counts):,} different categories in {len(words):,} samples.",
            "State the sign between the categories of a cell, or choose another column.",
        )
    classes = tuple(sorted(counts))
    place = {label: number for number, label in enumerate(classes)}
    values = np.full((len(words), len(classes)), -1, np.int8)
    for row, cell in enumerate(cells):
        if cell is not None:
            values[row] = 0
            values[row, [place[label] for label in cell]] = 1
    how = "lists" if lists else f"words parted by {used}"
    several = sum(len(cell) > 1 for cell in cells if cell)
    title = f"'{name}' holds several categories at once"
    detail = f"Read as {how}: {several:,} samples have more than one of {len(classes)} categories."
    return Target(name, "labels", values, classes), [Finding("info", title, detail, kind="labels")]


def _ordered(name: str, words: Strings, order: Sequence[str]) -> tuple[Target, list[Finding]]:
    found = category(name, words)
    ranked = list(order) or known_order(list(found.classes)) or sorted(found.classes, key=_natural)
    strange = [word for word in found.classes if word not in ranked]
    ranked += sorted(strange, key=_natural)
    if len(found.classes) > max(_CLASSES, len(words) // 2):
        raise UserError(
            f"Column '{name}' has {len(found.classes):,} different values, too many to be ordered "
            "categories.",
            "Learn it as a number.",
        )
    kept = [word for word in ranked if word in found.classes]
    place = np.asarray([kept.index(word) for word in found.classes] + [-1], np.int64)
    title = f"'{name}' has an order"
    findings = [Finding("info", title, " < ".join(kept) + ".", kind="order")]
    if order and strange:
        title = f"{len(strange)} categories of '{name}' have no place in the order"
        detail = f"They are put last: {', '.join(strange[:5])}."
        findings.append(Finding("warning", title, detail, kind="order"))
    return Target(name, "ordered", place[found.values], tuple(kept)), findings


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
    for name in names:
        if name not in targets or targets[name].task != "number":
            raise UserError(f"'{name}' is no column of numbers.", "Choose columns of numbers.")
    chosen = tuple(names) or tuple(n for n, target in targets.items() if target.task == "number")
    if len(chosen) < 2:
        return None
    values = np.stack([targets[name].values for name in chosen], axis=1)
    return Target(" + ".join(chosen), "numbers", values, columns=chosen)


def without_rare(target: Target) -> tuple[Target, list[str]]:
    """The target without classes of a single sample, which cannot both train and be tested.

    Returns:
        The target, and the names of the classes that were taken out.
    """
    if target.task not in {"category", "ordered"}:
        return target, []
    counts = np.bincount(target.values[target.present], minlength=len(target.classes))
    kept = np.flatnonzero(counts >= 2)
    rare = [name for name, count in zip(target.classes, counts, strict=True) if count < 2]
    if not rare:
        return target, []
    renumbered = np.full(len(target.classes) + 1, -1, np.int64)
    renumbered[kept] = np.arange(len(kept))
    classes = tuple(target.classes[number] for number in kept)
    return Target(target.name, target.task, renumbered[target.values], classes), rare


def as_numbers(words: Strings) -> tuple[NDArray[np.float64], Counter[str]]:
    """Numbers as people write them: ``1,5``, ``1.234,5``, ``1,234.5``, ``12 kg``, ``5 %``.

    Args:
        words: cells, text [samples].

    Returns:
        float64 [samples], NaN where a cell is no number; and how often each unit was met.
    """
    numbers = np.full(len(words), np.nan)
    units: Counter[str] = Counter()
    for row, word in enumerate(words.tolist()):
        try:
            numbers[row] = float(word)
            continue
        except ValueError:
            found = _NUMBER.fullmatch(word)
        if found:
            numbers[row] = _as_number(found[1])
            if found[2]:
                units[found[2]] += 1
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers, units


def _as_number(text: str) -> float:
    if _THOUSANDS.fullmatch(text) and (text.count(",") + text.count(".")) > 1:
        text = text.replace(",", "").replace(".", "")
    elif "," in text and "." in text:
        decimal = "," if text.rindex(",") > text.rindex(".") else "."
        text = text.replace("." if decimal == "," else ",", "").replace(decimal, ".")
    elif text.count(",") == 1:
        text = text.replace(",", ".")
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _without_missing(name: str, words: Strings) -> tuple[Strings, list[Finding]]:
    different = np.unique(words).tolist()
    missing = [word for word in different if word and word.lower() in MISSING]
    if not missing:
        return words, []
    gone = np.isin(words, strings(missing))
    title = f"{int(gone.sum())} values of '{name}' are missing"
    shown = ", ".join(f"'{word}'" for word in missing[:4])
    rows = tuple(np.flatnonzero(gone).tolist())
    kept = np.where(gone, strings([""]), words)
    return kept, [Finding("info", title, f"{shown} mean no value.", kind="no_value", rows=rows)]


def _lists(present: Strings) -> str | None:
    """``numbers`` or ``words`` where nearly all cells are JSON lists; else None."""
    looked_at = present[:200].tolist()
    opened = [word for word in looked_at if word.startswith("[") and word.endswith("]")]
    if len(opened) < _NUMBERS * len(looked_at):
        return None
    numbers = [word for word in opened if _list_of_numbers(word) is not None and len(word) > 2]
    return "numbers" if len(numbers) >= _NUMBERS * len(opened) else "words"


def _list_of_numbers(word: str) -> list[float] | None:
    try:
        read: Any = json.loads(word)
    except ValueError:
        return None
    if not isinstance(read, list) or not read:
        return None
    good = all(isinstance(value, int | float) and not isinstance(value, bool) for value in read)
    return [float(value) for value in read] if good and np.isfinite(read).all() else None


def _split(word: str, separator: str) -> list[str]:
    if separator:
        return [part.strip() for part in word.split(separator) if part.strip()]
    try:
        read = json.loads(word)
    except ValueError:
        read = [part.strip(" '\"") for part in word.strip("[]").split(",")]
    listed = read if isinstance(read, list) else [read]
    return [str(part).strip() for part in listed if str(part).strip()]


def _separator_of(present: Strings) -> str:
    """The sign that parts several categories in a cell; "" where cells hold one each.

    It must make few words of many cells: prose has commas too, but its parts do not come back.
    """
    looked_at = present[:2000].tolist()
    for sign in _SEPARATORS:
        cut = [[part.strip() for part in word.split(sign)] for word in looked_at if sign in word]
        if len(cut) < 0.02 * len(looked_at) or len(cut) < 2:
            continue
        words = Counter(part for parts in cut for part in parts)
        singles = {word for word in looked_at if sign not in word}
        different = set(words) | singles
        total = sum(words.values()) + len(looked_at) - len(cut)
        if (
            len(different) <= min(200, total // 4)
            and "" not in words
            and max(map(len, words)) <= 40
        ):
            return sign
    return ""


def _natural(word: str) -> tuple[Any, ...]:
    """Sorts ``9 stars`` before ``10 stars``."""
    return tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part.lower())
        for part in re.split(r"(\d+)", word)
        if part
    )
