"""Decides what the what-if shows: another loss, or other options, on stored answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from workbench import events, parts
from workbench.duels.spec import Contestant, duel_between
from workbench.engine import protocol
from workbench.errors import UserError
from workbench.gui.background import Latest
from workbench.gui.choices import Choice
from workbench.gui.presenters.insight.seen import SeenPresenter
from workbench.options import Option
from workbench.runs import history, store, what_if
from workbench.runs.results_words import number_words
from workbench.spec import RunSpec

SOON_MS = 120
"""A slider that is dragged is asked about after this pause."""


@dataclass(frozen=True)
class WhatIfState:
    """All that the what-if shows.

    Args:
        phase: no run is looked at; it is read; it cannot be judged; it is shown.
        folder: of the run.
        spec: of the run.
        why: why it cannot be judged.
        losses: that can judge it, or why not.
        loss: which judges.
        options: all of its options.
        values: of its options.
        answer: the latest answer.
        label: what is seen here and what not, in a sentence.
        sentences: what the answer means.
        error: what went wrong.
    """

    phase: Literal["empty", "reading", "refused", "shown"] = "empty"
    folder: Path | None = None
    spec: RunSpec | None = None
    why: str = ""
    losses: tuple[Choice, ...] = ()
    loss: str = ""
    options: tuple[Option, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    answer: events.Reweighed | None = None
    label: str = ""
    sentences: tuple[str, ...] = ()
    error: UserError | None = None

    @property
    def title(self) -> str:
        """The loss that judges."""
        return parts.find("loss", self.loss).title if self.loss else ""

    @property
    def changed(self) -> bool:
        """It judges otherwise than the run was trained."""
        mine = self.spec.objective.loss if self.spec is not None else None
        return mine is not None and (self.loss, dict(self.values)) != (mine.name, mine.options)


class WhatIfPresenter(SeenPresenter):
    """Asks how another loss judges the epochs of the run that is looked at.

    Args:
        parent: its parent.
    """

    changed = Signal(object)
    """The ``WhatIfState`` after a change."""

    asked = Signal(object)
    """A question for the engine."""

    duel_wished = Signal(object, str)
    """A ``DuelSpec`` that tries the change by training, and why."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = WhatIfState()
        self._number = 0
        self._reading = Latest(self)
        self._reading.answered.connect(self._show_run)
        self._reading.failed.connect(self._fail)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self._ask)

    def _turn_to(self, folder: Path | None) -> None:
        self.close()
        self._become(WhatIfState("reading" if folder is not None else "empty", folder))

    def _read_run(self, folder: Path) -> None:
        self._reading.ask(lambda: _read(folder))

    @Slot(str)
    def choose_loss(self, name: str) -> None:
        """Judge by another loss."""
        if name != self.state.loss:
            self._become(_with_loss(self.state, name))
            self._ask()

    @Slot(str, object)
    def set_option(self, name: str, value: Any) -> None:
        """Judge by another value of an option."""
        self._become(replace(self.state, values=dict(self.state.values) | {name: value}))
        self._soon.start()

    @Slot()
    def put_back(self) -> None:
        """Judge as the run was trained."""
        mine = self.state.spec.objective.loss if self.state.spec is not None else None
        if mine is not None:
            self._become(_with_loss(self.state, mine.name))
            self._ask()

    @Slot(object)
    def answer(self, event: events.Said) -> None:
        """Take in an answer of the engine."""
        match event:
            case events.Reweighed(number=number) if number == self._number:
                sentences = tuple(_sentences(self.state, event))
                self._become(replace(self.state, answer=event, sentences=sentences, error=None))
            case events.NotAnswered(number=number, ask="reweigh") if number == self._number:
                self._become(replace(self.state, error=UserError(event.problem, event.remedy)))

    @Slot()
    def try_as_duel(self) -> None:
        """Have the change tried by training."""
        state = self.state
        if state.spec is None or not state.changed:
            return
        changes: dict[str, Any] = {"objective.loss.name": state.loss}
        changes |= {f"objective.loss.{name}": value for name, value in state.values.items()}
        mine = state.spec.objective.loss
        name = "Changed" if mine is not None and mine.name == state.loss else state.title
        try:
            made = duel_between(
                state.spec, (Contestant(name="As it is"), Contestant(name=name, changes=changes)),
                name=f"What if {state.title}",
            )  # fmt: skip
        except UserError as error:
            self._become(replace(state, error=error))
            return
        why = (
            "On stored answers another loss judged otherwise; what it teaches only training shows."
        )
        self.duel_wished.emit(made, why)

    def close(self) -> None:
        """Wait for nothing any more."""
        self._soon.stop()
        self._reading.forget()
        self._number += 1

    @Slot(object)
    def _show_run(self, state: WhatIfState) -> None:
        self._become(state)
        if state.phase == "shown":
            self._ask()

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, phase="refused", why=f"{error.problem} {error.remedy}"))

    @Slot()
    def _ask(self) -> None:
        state = self.state
        if state.folder is not None and state.loss:
            self._number += 1
            self.asked.emit(
                protocol.Reweigh(number=self._number, run=str(state.folder), loss=state.loss,
                                 options=dict(state.values))
            )  # fmt: skip

    def _become(self, state: WhatIfState) -> None:
        self.state = state
        self.changed.emit(state)


def _read(folder: Path) -> WhatIfState:
    spec = store.find(folder).spec()
    known = history.about(folder)
    why = history.why_none(folder)
    if not why and known is not None:
        why = what_if.why_not(spec, known)
    if why or known is None or spec.objective.loss is None:
        return WhatIfState("refused", folder, spec, why)
    losses = tuple(
        Choice(part.name, part.title, part.caption, reason)
        for part, reason in what_if.offered(spec)
    )
    mine = parts.find("loss", spec.objective.loss.name).title
    words = (
        f"Recomputed on the stored answers of {len(known.validation):,} validation samples. The "
        f"model was trained with {mine} all the same: this is how another loss judges it, and not "
        "what training with that one would give."
    )
    state = WhatIfState("shown", folder, spec, losses=losses, label=words)
    return _with_loss(state, spec.objective.loss.name)


def _with_loss(state: WhatIfState, name: str) -> WhatIfState:
    """The state with another loss; the run's own with the options that it was trained with."""
    part = parts.find("loss", name)
    mine = state.spec.objective.loss if state.spec is not None else None
    values = part.check(mine.options if mine is not None and mine.name == name else {})
    if part.learns and "learn" in values:
        values = values | {"learn": False}
    options = tuple(option for option in part.options if option.name != "learn")
    return replace(state, loss=name, options=options, values=values, error=None)


def _sentences(state: WhatIfState, answer: events.Reweighed) -> list[str]:
    """What the answer means."""
    kept = answer.epochs[int(np.argmin(answer.recorded))]
    best = answer.epochs[int(np.argmin(answer.loss))]
    if not state.changed:
        return [f"As it was trained: the lowest validation loss is that of epoch {kept}."]
    told = []
    if best == kept:
        told.append(f"Epoch {kept} is the best by both: the same weights would have been kept.")
    else:
        told.append(
            f"By this loss epoch {best} is the best, by that of the training epoch {kept}: other "
            "weights would have been kept."
        )
    place = answer.epochs.index(kept)
    before, now = answer.recorded_worst[place], answer.worst[place]
    if before is not None and now is not None:
        told.append(
            f"In epoch {kept} the worst 5 % of the samples carry {now:.0%} of this loss, and "
            f"{before:.0%} of that of the training."
        )
    low, high = min(answer.loss), max(answer.loss)
    told.append(f"It goes from {number_words(high, 3)} at most to {number_words(low, 3)} at least.")
    return told
