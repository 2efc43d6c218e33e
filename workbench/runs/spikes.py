"""Steps whose loss stands far above those before it."""

from __future__ import annotations

import math

import numpy as np

from workbench.runs.series import Numbers, Series

WINDOW = 256
"""Steps that tell what is usual."""
FEWEST = 32
"""Steps before nothing is called a spike."""
SPREADS = 6.0
"""Robust spreads above the median from which a loss is a spike."""

_CHUNK = 64
# Steps that are judged by the same usual loss: a median for each would cost more than the rest.
_SPREAD = 1.4826
# Of a normal distribution: from the median distance from the median to a standard deviation.
_LEAST = 0.02
# Share of the usual loss that a spread is at least: a very even curve has no spikes of a hair.


class Spikes(Series):
    """Places and values of spikes, found as the steps come."""

    def __init__(self) -> None:
        super().__init__()
        self._limit = math.inf
        self._looked = 0

    def hear(self, steps: Series, new: int) -> None:
        """Judge the newest steps.

        Args:
            steps: all of them.
            new: how many at the end are new.
        """
        begin, end = len(steps) - new, len(steps)
        while begin < end:
            if self._limit == math.inf or begin - self._looked >= _CHUNK:
                self._limit, self._looked = limit(steps.y[max(0, begin - WINDOW) : begin]), begin
            stop = min(end, max(begin + 1, self._looked + _CHUNK))
            if self._limit == math.inf:
                stop = min(end, begin + FEWEST)
            x, y = steps.x[begin:stop], steps.y[begin:stop]
            high = y > self._limit
            if high.any():
                self.extend(x[high], y[high])
            begin = stop

    def cut(self, place: float) -> None:
        """Take back all after a place; what is usual is looked at anew."""
        super().cut(place)
        self._limit, self._looked = math.inf, 0


def limit(losses: Numbers) -> float:
    """From which loss on a step is a spike, by the steps before it; infinite where too few."""
    known = losses[np.isfinite(losses)]
    if len(known) < FEWEST:
        return math.inf
    middle = float(np.median(known))
    spread = _SPREAD * float(np.median(np.abs(known - middle)))
    return middle + SPREADS * max(spread, _LEAST * abs(middle))
