"""What the tab of partners shows and decides: who is asked for, and who lies nearest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from workbench.errors import UserError
from workbench.gui.background import Latest
from workbench.gui.choices import Choice
from workbench.gui.presenters.results import ResultsState
from workbench.parts import MODALITIES
from workbench.runs import pairs
from workbench.runs.pairs import Aligned
from workbench.runs.results import PairRow

MANY = 12
"""So many partners are listed."""
NOUNS: Mapping[str, str] = {"image": "picture", "audio": "sound", "text": "text"}
"""What a sample of a modality is called in sentences."""


@dataclass(frozen=True)
class RetrievalState:
    """All that the tab shows.

    Args:
        folder: of the run; None while nothing is shown.
        split: which samples these are.
        rows: how well each direction does.
        pairs: where the samples lie, by pair.
        direction: pair and asked modality, as ``image+text/image``.
        asked: number of the sample that is asked with; -1: none.
        found: numbers of its nearest, the nearest first.
        near: their cosines.
        place: of its own partner among all.
        error: why nothing can be asked.
    """

    folder: Path | None = None
    split: str = ""
    rows: tuple[PairRow, ...] = ()
    pairs: dict[str, Aligned] = field(default_factory=dict)
    direction: str = ""
    asked: int = -1
    found: tuple[int, ...] = ()
    near: tuple[float, ...] = ()
    place: int = 0
    error: UserError | None = None

    @property
    def directions(self) -> tuple[Choice, ...]:
        """The directions that can be asked."""
        return tuple(
            Choice(f"{row.pair}/{row.asked}", f"{NOUNS[row.asked]} to {NOUNS[row.found]}")
            for row in self.rows
            if row.pair in self.pairs
        )

    @property
    def aligned(self) -> Aligned | None:
        """The pair that is looked at."""
        return self.pairs.get(self.direction.split("/")[0])

    @property
    def modality(self) -> str:
        """What is asked with."""
        return self.direction.partition("/")[2]

    def stem(self, row: int) -> str:
        """Name of a sample."""
        pair = self.aligned
        return str(pair.stems[row]) if pair is not None and 0 <= row < len(pair.stems) else ""

    @property
    def words(self) -> str:
        """What came of it, in a sentence."""
        pair = self.aligned
        if pair is None or self.asked < 0:
            return ""
        other = next(NOUNS[m] for m in MODALITIES if m in pair.halves and m != self.modality)
        total = int(pair.has.sum())
        if self.place == 1:
            return f"Its own {other} is the nearest of {total:,}."
        return f"Its own {other} is number {self.place:,} of {total:,}."


class RetrievalPresenter(QObject):
    """Answers who lies nearest, from what the evaluation kept.

    Args:
        parent: its parent.
    """

    changed = Signal(object)
    """The ``RetrievalState`` after a change."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = RetrievalState()
        self._dice = np.random.default_rng()
        self._reading = Latest(self)
        self._reading.answered.connect(self._have)
        self._reading.failed.connect(self._fail)

    @Slot(object)
    def follow(self, results: ResultsState) -> None:
        """Follow what the results screen shows."""
        rows = results.results.per_pair if results.results is not None else ()
        folder, split = results.folder, results.split
        if results.phase != "shown" or folder is None or not rows:
            self._reading.forget()
            if self.state.folder is not None:
                self._become(RetrievalState())
        elif (folder, split, rows) != (self.state.folder, self.state.split, self.state.rows):
            self._become(RetrievalState(folder, split, rows))
            self._reading.ask(lambda: pairs.read(folder, split))

    @Slot(str)
    def choose_direction(self, name: str) -> None:
        """Ask with another modality."""
        self._ask(name, self.state.asked)

    @Slot(str)
    def choose_stem(self, stem: str) -> None:
        """Ask with the sample of that name; nothing happens where it has no pair."""
        pair = self.state.aligned
        if pair is not None:
            rows = np.flatnonzero(pair.stems == stem)
            if len(rows) and pair.has[rows[0]]:
                self._ask(self.state.direction, int(rows[0]))

    @Slot()
    def choose_any(self) -> None:
        """Ask with any sample."""
        pair = self.state.aligned
        if pair is not None and pair.has.any():
            rows: NDArray[np.int64] = np.flatnonzero(pair.has)
            self._ask(self.state.direction, int(self._dice.choice(rows)))

    @Slot(object)
    def _have(self, found: dict[str, Aligned]) -> None:
        self._become(replace(self.state, pairs=found))
        known = self.state.directions
        if not known:
            remedy = "Evaluate it again."
            self._fail(UserError("This split was evaluated by an earlier version.", remedy))
            return
        pair = found[known[0].name.split("/")[0]]
        rows = np.flatnonzero(pair.has)
        self._ask(known[0].name, int(rows[0]) if len(rows) else -1)

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, error=error))

    def _ask(self, direction: str, asked: int) -> None:
        state = replace(self.state, direction=direction, asked=asked, found=(), near=(), place=0)
        pair = state.aligned
        if pair is not None and 0 <= asked < len(pair.stems) and pair.has[asked]:
            rows, near = pair.nearest(state.modality, asked, MANY)
            state = replace(
                state, found=tuple(rows.tolist()), near=tuple(near.tolist()),
                place=pair.place(state.modality, asked),
            )  # fmt: skip
        elif asked >= 0:
            state = replace(state, asked=-1)
        self._become(state)

    def _become(self, state: RetrievalState) -> None:
        self.state = state
        self.changed.emit(state)
