"""What a column of words is as a target: a category, yes or no, or a number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import Finding, Strings, Target

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


def detect(name: str, words: Strings) -> tuple[Target | None, list[Finding]]:
    """The target that a column of a table holds.

    Args:
        name: the column's name.
        words: its cells, stripped; "" is missing.

    Returns:
        The target (None: the column does not serve as one), and what a person should know.
    """
    present = words != ""
    count = int(present.sum())
    if count == 0:
        return None, [
            Finding("info", f"Column '{name}' is empty", "It is not offered as a target.")
        ]
    numbers, reads = _as_numbers(words)
    different = len(np.unique(words[present]))
    share = reads.sum() / count
    whole = bool((numbers[reads] == np.round(numbers[reads])).all())
    if share >= _NUMBERS and not (share == 1 and whole and different <= min(_CLASSES, count // 2)):
        wrong = present & ~reads
        findings = []
        if wrong.any():
            samples = ", ".join(f"'{word}'" for word in words[wrong][:3])
            title = f"{int(wrong.sum())} values of '{name}' are not numbers"
            findings = [
                Finding("warning", title, f"Such as {samples}; these samples are left out.")
            ]
        return Target(name, "number", numbers), findings
    if different > max(2, count // 2):
        title = f"Column '{name}' is not a target"
        return None, [Finding("info", title, "Nearly every sample has a value of its own.")]
    return category(name, words), []


def without_rare(target: Target) -> tuple[Target, list[str]]:
    """The target without classes of a single sample, which cannot both train and be tested.

    Returns:
        The target, and the names of the classes that were taken out.
    """
    if not target.classes:
        return target, []
    counts = np.bincount(target.values[target.present], minlength=len(target.classes))
    kept = np.flatnonzero(counts >= 2)
    rare = [name for name, count in zip(target.classes, counts, strict=True) if count < 2]
    if not rare or target.task == "yes_no":
        return target, []
    renumbered = np.full(len(target.classes) + 1, -1, np.int64)
    renumbered[kept] = np.arange(len(kept))
    classes = tuple(target.classes[number] for number in kept)
    return Target(target.name, target.task, renumbered[target.values], classes), rare


def _as_numbers(words: Strings) -> tuple[NDArray[np.float64], NDArray[Any]]:
    numbers = np.full(len(words), np.nan)
    for row, word in enumerate(words.tolist()):
        text = word.replace(",", ".") if word.count(",") == 1 and "." not in word else word
        try:
            numbers[row] = float(text)
        except ValueError:
            continue
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers, np.isfinite(numbers)
