"""Decides what the replay shows: one epoch of a finished run at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from workbench.errors import UserError
from workbench.gui.background import Latest
from workbench.gui.presenters.insight.seen import SeenPresenter
from workbench.runs.metrics import in_sentence
from workbench.runs.replay import ORDERS, Moment, Order, Replay
from workbench.runs.results_words import is_share, metric_words, number_words

LAST_SECONDS = 8.0
"""About as long a replay from the first epoch to the last takes, at plain speed."""
_QUICKEST, _SLOWEST = 40, 600
# Milliseconds an epoch.
SPEEDS = {"0.5": 0.5, "1": 1.0, "2": 2.0, "4": 4.0}


@dataclass(frozen=True)
class ReplayState:
    """All that the replay shows.

    Args:
        phase: no run is looked at; it is read; it cannot be replayed; it is shown.
        folder: of the run.
        why: why it cannot be replayed.
        found: all epochs.
        moment: the one that is looked at.
        playing: it goes on by itself.
        speed: how fast; a name of ``SPEEDS``.
        order: of the samples.
        words: those that are looked for.
        rows: numbers of the samples that are listed.
        headline: the epoch and its figures, in words.
        weighed: what training weighed in that epoch, in lines.
    """

    phase: Literal["empty", "reading", "refused", "shown"] = "empty"
    folder: Path | None = None
    why: str = ""
    found: Replay | None = None
    moment: Moment | None = None
    playing: bool = False
    speed: str = "1"
    order: Order = "changed"
    words: str = ""
    rows: tuple[int, ...] = ()
    headline: str = ""
    weighed: tuple[str, ...] = ()


class ReplayPresenter(SeenPresenter):
    """Reads the history of the run that is looked at, and plays it.

    Args:
        parent: its parent.
    """

    changed = Signal(object)
    """The ``ReplayState`` after a change."""

    sample_chosen = Signal(str)
    """Name of a sample to look at."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = ReplayState()
        self._reading = Latest(self)
        self._reading.answered.connect(self._show)
        self._reading.failed.connect(self._fail)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._next)

    @Slot(bool)
    def be_seen(self, seen: bool) -> None:
        """It is seen, or no longer is: then it stands still."""
        if not seen:
            self._stop()
        super().be_seen(seen)

    def _turn_to(self, folder: Path | None) -> None:
        self.close()
        now = self.state
        kept = ReplayState(speed=now.speed, order=now.order)
        phase: Literal["reading", "empty"] = "reading" if folder is not None else "empty"
        self._become(replace(kept, phase=phase, folder=folder))

    def _read_run(self, folder: Path) -> None:
        self._reading.ask(lambda: Replay(folder))

    @Slot(int)
    def choose_epoch(self, epoch: int) -> None:
        """Look at the recorded epoch that is nearest to a number."""
        found, moment = self.state.found, self.state.moment
        if found is None:
            return
        nearest = min(found.epochs, key=lambda each: abs(each - epoch))
        if moment is None or nearest != moment.epoch:
            self._become(_at(self.state, nearest))

    @Slot()
    def play(self) -> None:
        """Play or stand still; from the beginning where it is at its end."""
        found, moment = self.state.found, self.state.moment
        if found is None or moment is None:
            return
        if self.state.playing:
            self._stop()
            return
        state = self.state
        if moment.epoch == found.epochs[-1]:
            state = _at(state, found.epochs[0])
        self._become(replace(state, playing=True))
        self._timer.start(self._pause)

    @Slot(str)
    def choose_speed(self, name: str) -> None:
        """Play at another speed."""
        self._become(replace(self.state, speed=name))
        if self.state.playing:
            self._timer.start(self._pause)

    @Slot(str)
    def choose_order(self, name: str) -> None:
        """List the samples in another order."""
        order = next((each for each in ORDERS if each == name), self.state.order)
        self._become(_listed(replace(self.state, order=order)))

    @Slot(str)
    def search(self, words: str) -> None:
        """List only samples whose names contain these words."""
        self._become(_listed(replace(self.state, words=words)))

    @Slot(int)
    def choose_sample(self, row: int) -> None:
        """Look at a sample, by its number."""
        found = self.state.found
        if found is not None and 0 <= row < len(found.stems):
            self.sample_chosen.emit(str(found.stems[row]))

    def close(self) -> None:
        """Play and wait for nothing any more."""
        self._timer.stop()
        self._reading.forget()

    @property
    def _pause(self) -> int:
        found = self.state.found
        epochs = len(found.epochs) if found is not None else 1
        plain = float(np.clip(1000 * LAST_SECONDS / epochs, _QUICKEST, _SLOWEST))
        return max(_QUICKEST, round(plain / SPEEDS[self.state.speed]))

    @Slot()
    def _next(self) -> None:
        found, moment = self.state.found, self.state.moment
        if found is None or moment is None:
            self._timer.stop()
            return
        place = found.epochs.index(moment.epoch) + 1
        if place < len(found.epochs):
            self._become(_at(self.state, found.epochs[place]))
        if place >= len(found.epochs) - 1:
            self._stop()

    def _stop(self) -> None:
        self._timer.stop()
        if self.state.playing:
            self._become(replace(self.state, playing=False))

    @Slot(object)
    def _show(self, found: Replay) -> None:
        state = _listed(replace(self.state, phase="shown", found=found))
        self._become(_at(state, found.epochs[-1]))

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, phase="refused", why=f"{error.problem} {error.remedy}"))

    def _become(self, state: ReplayState) -> None:
        self.state = state
        self.changed.emit(state)


def _listed(state: ReplayState) -> ReplayState:
    found = state.found
    if found is None:
        return state
    rows: NDArray[np.int64] = found.order(state.order, state.words)
    return replace(state, rows=tuple(rows.tolist()))


def _at(state: ReplayState, epoch: int) -> ReplayState:
    found = state.found
    assert found is not None
    moment = found.at(epoch)
    return replace(
        state, moment=moment, headline=_headline(found, moment), weighed=tuple(_weighed(moment))
    )


def _headline(found: Replay, moment: Moment) -> str:
    told = [f"Epoch {moment.epoch} of {found.epochs[-1]}"]
    for name, value in moment.figures.items():
        part, _, metric = name.partition(" ")
        words = metric_words(metric, value) if is_share(metric) else number_words(value, 3)
        told.append(f"{part} {in_sentence(metric)} {words}")
    if not found.numbers and moment.epoch != found.epochs[0]:
        told.append(f"{moment.changed:,} of {len(found.stems):,} answers changed")
    return " · ".join(told)


def _weighed(moment: Moment) -> list[str]:
    """What training weighed, a line for each thing that is known."""
    lines = [
        f"{name}: weight {weight:.3g}, {moment.shares.get(name, 0.0):.0%} of the sum"
        for name, weight in moment.weights.items()
    ]
    whole = sum(moment.gradients.values())
    if whole > 0 and len(moment.gradients) > 1:
        told = ", ".join(f"{n} {v / whole:.0%}" for n, v in sorted(moment.gradients.items()))
        lines.append(f"Pull of the gradients: {told}")
    if np.isfinite(moment.update):
        lines.append(f"A step moved the weights by {moment.update:.2%} of their length")
    if np.isfinite(moment.learning_rate):
        lines.append(f"Learning rate {moment.learning_rate:.3g}")
    return lines
