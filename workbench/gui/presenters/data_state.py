"""All that the data screen shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import Finding, Index
from workbench.errors import UserError
from workbench.gui.choices import Choice
from workbench.gui.presenters.data_figures import Figures, target_choices
from workbench.gui.presenters.data_words import reading_in_words, source_of
from workbench.gui.presenters.division import division_choices, group_choices
from workbench.gui.presenters.examination import Examination
from workbench.gui.presenters.remedies import Applied
from workbench.parts import Task
from workbench.spec import DataSpec


@dataclass(frozen=True)
class DataState:
    """All that the data screen shows.

    Args:
        phase: empty, scanning, shown or failed.
        folder: the folder or zip file in question.
        done: files looked at while scanning.
        total: files to look at; 0: not known.
        index: what was found.
        data: what is learned, how it is divided, and who is left out; None before data are shown.
        reading: how the folder was read, in words.
        targets: columns that can be learned.
        divisions: ways of dividing.
        groups: columns to group by.
        figures: what was counted of the target and the division.
        examination: how far the look at every file is; None: none is under way.
        examined: every file was looked at.
        applied: remedies that were applied and can be undone.
        rereading: the folder is being read anew, as another task asks for it.
        error: what went wrong last.
    """

    phase: Literal["empty", "scanning", "shown", "failed"] = "empty"
    folder: Path | None = None
    done: int = 0
    total: int = 0
    index: Index | None = None
    data: DataSpec | None = None
    reading: str = ""
    targets: tuple[Choice, ...] = ()
    divisions: tuple[Choice, ...] = ()
    groups: tuple[Choice, ...] = ()
    figures: Figures = field(default_factory=Figures)
    examination: Examination | None = None
    examined: bool = False
    applied: tuple[Applied, ...] = ()
    rereading: bool = False
    error: UserError | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What a person should know, gravest first."""
        return self.index.findings if self.index is not None else ()

    @property
    def rows_without_target(self) -> NDArray[np.int64]:
        """The samples that have no value of the chosen target."""
        if self.index is None:
            return np.zeros(0, np.int64)
        return np.flatnonzero(~self.index.target(self.target).present)

    @property
    def target(self) -> str:
        """The column that is learned; "" for none."""
        return self.data.target if self.data is not None else ""

    @property
    def task(self) -> Task:
        """What it is learned as."""
        return self.data.task if self.data is not None else "category"


def shown(
    index: Index, data: DataSpec, applied: tuple[Applied, ...], error: UserError | None
) -> DataState:
    """The state once a folder was read.

    Args:
        index: what was found.
        data: what is chosen about it.
        applied: remedies that were applied and still hold.
        error: what went wrong on the way.
    """
    return DataState(
        phase="shown",
        folder=source_of(index),
        index=index,
        data=data,
        reading=reading_in_words(index),
        targets=target_choices(index),
        divisions=division_choices(index),
        groups=group_choices(index),
        applied=applied,
        error=error,
    )
