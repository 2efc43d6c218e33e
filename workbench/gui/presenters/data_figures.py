"""What is counted about data for the data screen: distribution, division, possible targets.

A million samples take a second here, so that it is done in a worker thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workbench.data import targets
from workbench.data.index import Index, Strings, Target, strings
from workbench.errors import UserError
from workbench.gui.choices import Choice
from workbench.gui.presenters.balance import Balance, balance_of
from workbench.gui.presenters.data_words import incomplete, size_in_words
from workbench.gui.presenters.division import Divided, divided
from workbench.parts import TASKS, Modality, Task
from workbench.spec import DataSpec, Reading

NOTHING = "Nothing: only what belongs together"
"""The target of data that are only pairs, in words."""
_TITLES: Mapping[Task, str] = {
    "category": "Category",
    "yes_no": "Yes or no",
    "number": "Number",
    "labels": "Several categories",
    "ordered": "Ordered category",
    "numbers": "Several numbers",
    "none": "Nothing, only pairs",
}
_LOOKED_AT = 20_000
"""Cells that say whether a column can be learned as something else."""


@dataclass(frozen=True)
class Figures:
    """What was counted.

    Args:
        tasks: what the target can be learned as; those that it cannot say why.
        balance: how its values are spread.
        division: how samples are divided.
        without_target: how many samples have no value.
        incomplete: how many samples lack a modality that others have.
        sizes: how many samples have each modality and how large it typically is, in words.
    """

    tasks: tuple[Choice, ...] = ()
    balance: Balance = field(default_factory=Balance)
    division: Divided = field(default_factory=Divided)
    without_target: int = 0
    incomplete: int = 0
    sizes: Mapping[Modality, str] = field(default_factory=dict)


def figures(index: Index, data: DataSpec, modalities: Sequence[Modality]) -> Figures:
    """Count.

    Args:
        index: the data.
        data: what is learned, and how samples are divided.
        modalities: those in use.
    """
    column = index.target(data.target)
    target = column.as_task(data.task)
    division = divided(index, data, modalities)
    return Figures(
        tasks=task_choices(index, column, data.reading),
        balance=balance_of(target, division.splits),
        division=division,
        without_target=int((~target.present).sum()),
        incomplete=incomplete(index),
        sizes={modality: size_in_words(index, modality) for modality in index.modalities},
    )


def target_choices(index: Index) -> tuple[Choice, ...]:
    """The columns that can be learned, and nothing.

    Args:
        index: the data.
    """
    return (*(Choice(name, name) for name in index.targets), Choice("", NOTHING, "", _pairs(index)))


def task_choices(index: Index, target: Target, reading: Reading) -> tuple[Choice, ...]:
    """What a column can be learned as.

    Args:
        index: the data.
        target: the column.
        reading: how the folder was read.
    """
    return tuple(
        Choice(task, _TITLES[task], "", _reason(index, target, task, reading)) for task in TASKS
    )


def needs_rereading(target: Target, task: Task) -> bool:
    """Whether the cells of a column must be read anew to learn it as this task.

    Args:
        target: the column as it was read.
        task: what it is to be.
    """
    try:
        target.as_task(task)
    except UserError:
        return True
    # Categories come by the alphabet: an order is found when the cells are read.
    return task == "ordered" and target.task != "ordered"


def _reason(index: Index, target: Target, task: Task, reading: Reading) -> str:
    """Why a column cannot be learned as this task; "" when it can."""
    if task == "none":
        return _pairs(index)
    if not target.name:
        return "Choose a column first."
    cells = _cells(index, target)
    try:
        target.as_task(task)
    except UserError as error:
        if cells is None:
            return error.remedy or error.problem
    else:
        return ""
    order = reading.orders.get(target.name, ())
    try:
        found, _ = targets.detect(
            target.name, cells, task=task, separator=reading.separator, order=order
        )
    except UserError as error:
        return error.problem
    return "" if found is not None else "Its cells do not allow it."


def _cells(index: Index, target: Target) -> Strings | None:
    """The words that a column was read from, some of them; None where they are not kept."""
    if target.name in index.columns:
        return index.columns[target.name][:_LOOKED_AT]
    if target.task in {"category", "yes_no", "ordered"}:
        words: Strings = strings([*target.classes, ""])[target.values[:_LOOKED_AT]]
        return words
    return None


def _pairs(index: Index) -> str:
    return "" if len(index.modalities) > 1 else "One modality alone makes no pairs."
