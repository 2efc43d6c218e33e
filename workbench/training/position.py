"""Where a run stands: all that it takes to go on, beside the variables."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from workbench.training.steps import Figures


@dataclass
class Position:
    """How far a run is.

    Args:
        epoch: complete epochs.
        step: optimiser steps so far.
        best: lowest validation loss so far.
        best_epoch: the epoch that had it; 0: none yet.
        waited: epochs since the learning rate was reduced or the loss was the lowest.
        factor: what the learning rate has been reduced to, as a share of the planned one.
        seconds: time spent on training and validation.
        epoch_seconds: the part of it that belongs to the epoch in hand.
        sums: figures of the epoch in hand; None at its start.
        compiled: what a trial of compiled steps has shown; None: nothing yet.
        place: length of the run's history that goes with it, in bytes.
    """

    epoch: int = 0
    step: int = 0
    best: float = math.inf
    best_epoch: int = 0
    waited: int = 0
    factor: float = 1.0
    seconds: float = 0.0
    epoch_seconds: float = 0.0
    sums: Figures | None = None
    compiled: bool | None = None
    place: int = 0

    def to_state(self) -> dict[str, Any]:
        """Plain values, for a checkpoint."""
        return asdict(self) | {"sums": None if self.sums is None else self.sums.to_plain()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Position:
        """The position of a checkpoint; what else the state holds is passed over."""
        known = {field.name: state[field.name] for field in fields(cls)}
        sums = known["sums"]
        return cls(**known | {"sums": None if sums is None else Figures.from_plain(sums)})

    def hear_epoch(self, loss: float) -> bool:
        """Count an epoch by its validation loss; whether it is the best so far."""
        self.epoch += 1
        self.sums, self.epoch_seconds = None, 0.0
        if loss < self.best:
            self.best, self.best_epoch, self.waited = loss, self.epoch, 0
            return True
        self.waited += 1
        return False
