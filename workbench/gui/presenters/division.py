"""How many samples train, validate and test, exactly as training will divide them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workbench.data.cache import select
from workbench.data.index import SPLITS, Index, Target
from workbench.data.split import divide
from workbench.errors import UserError
from workbench.gui.choices import Choice
from workbench.parts import Modality
from workbench.spec import DIVISIONS, DataSpec

TITLES: Mapping[str, str] = {
    "auto": "As the data state, else evenly",
    "stated": "As the data state it",
    "stratified": "Each class in the same shares",
    "random": "At random",
    "grouped": "Groups together",
    "stable": "By name, so that nobody moves",
}
_CAPTIONS: Mapping[str, str] = {
    "auto": "The split that the data state; where they state none, each class in the same shares.",
    "stated": "Folders such as train and test, or a column of the table, say it.",
    "stratified": "Each class, or range of numbers, is divided in the same shares.",
    "random": "Chance alone decides.",
    "grouped": "All samples of a group, such as a speaker, come into the same split.",
    "stable": "A hash of each sample's name decides: samples added later move nobody.",
}

CountsRow = tuple[str, int, int, int]
"""A class, and how many of its samples train, validate and test."""


@dataclass(frozen=True)
class Divided:
    """How samples are divided.

    Args:
        splits: int8 [samples]: 0 train, 1 validation, 2 test, -1 left out; None: not known.
        counts: samples that train, validate and test.
        classes: the same for each class, in the order of the classes; empty for numbers.
        left_out: samples that take no part, by reason.
        problem: why they cannot be divided; None: they can.
    """

    splits: NDArray[np.int8] | None = None
    counts: tuple[int, int, int] = (0, 0, 0)
    classes: tuple[CountsRow, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    problem: UserError | None = None

    @property
    def words(self) -> str:
        """The counts, one line: ``2,100 train · 450 validation · 450 test``."""
        return " · ".join(
            f"{count:,} {name}" for count, name in zip(self.counts, SPLITS, strict=True)
        )

    @property
    def left_out_words(self) -> str:
        """Who takes no part and why, one line; "" where all do."""
        told = [f"{count:,} ({reason})" for reason, count in self.left_out.items()]
        return f"Left out: {', '.join(told)}." if told else ""


def divided(index: Index, data: DataSpec, modalities: Sequence[Modality]) -> Divided:
    """Divide samples as training will.

    Args:
        index: the data.
        data: target, division and who is left out.
        modalities: those in use.
    """
    left_out: dict[str, int] = {}
    try:
        target = index.target(data.target).as_task(data.task)
        usable, reasons = select(index, target, tuple(modalities), data)
        left_out = {reason: count for reason, count in reasons.items() if count}
        splits = divide(index, target, usable, data)
    except UserError as error:
        return Divided(left_out=left_out, problem=error)
    counts = np.bincount(splits[splits >= 0], minlength=len(SPLITS))
    train, validation, test = (int(count) for count in counts)
    return Divided(splits, (train, validation, test), _of_classes(target, splits), left_out)


def _of_classes(target: Target, splits: NDArray[np.int8]) -> tuple[CountsRow, ...]:
    if not target.classes:
        return ()
    counts = []
    for number in range(len(SPLITS)):
        values = target.values[splits == number]
        counts.append(
            values.sum(axis=0, dtype=np.int64)
            if target.task == "labels"
            else np.bincount(values, minlength=len(target.classes))
        )
    return tuple(
        (name, int(counts[0][i]), int(counts[1][i]), int(counts[2][i]))
        for i, name in enumerate(target.classes)
    )


def division_choices(index: Index) -> tuple[Choice, ...]:
    """The ways of dividing; those that these data do not allow say why.

    Args:
        index: the data.
    """
    states = index.fixed_split is not None and bool((index.fixed_split >= 0).any())
    reasons = {
        "stated": "" if states else "The data state no split.",
        "grouped": "" if index.columns else "The data have no column to group by.",
    }
    return tuple(
        Choice(name, TITLES[name], _CAPTIONS[name], reasons.get(name, "")) for name in DIVISIONS
    )


def group_choices(index: Index) -> tuple[Choice, ...]:
    """The columns that samples can be grouped by; those meant for it come first.

    Args:
        index: the data.
    """
    meant = [name for name, role in index.reading.roles.items() if role == "group"]
    names = dict.fromkeys([*(name for name in meant if name in index.columns), *index.columns])
    return tuple(Choice(name, name) for name in names)
