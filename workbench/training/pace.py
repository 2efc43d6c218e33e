"""How fast steps are, so that a call of several takes about as long as a wish may wait."""

from __future__ import annotations

from workbench.training.steps import MOST_STEPS

CALL_SECONDS = 0.08
"""Steps of one call together take about this long: a wish to stop is heard between two calls."""


class Pace:
    """Measures steps, and says how many make a call.

    Args:
        samples: in a step, on average over an epoch; what only fills the last batch not counted.
    """

    def __init__(self, samples: float) -> None:
        self._samples = samples
        self._step = 0.0
        self._first = 0.0
        self._total = 0.0
        self._timed = 0
        self._traced = True

    def trace(self) -> None:
        """The next call is traced first, so that its time says nothing."""
        self._traced = True

    def call(self, left: int) -> int:
        """How many steps to do at once: one until the speed is known.

        Args:
            left: how many there are to do.
        """
        wanted = 1 if not self.known else max(1, int(CALL_SECONDS / self._step))
        return min(wanted, MOST_STEPS, left)

    def measure(self, seconds: float, count: int) -> None:
        """Take in a call.

        Args:
            seconds: how long it took.
            count: of steps.
        """
        recent = seconds / count
        if self._traced:
            self._traced = False
            if not self._first:
                self._first = self._step = recent
            return
        self._total += seconds
        self._timed += count
        slow = self._step > 4 * recent
        self._step = recent if slow else 0.8 * self._step + 0.2 * recent

    @property
    def known(self) -> bool:
        """Nothing is about to be traced, and the speed is known."""
        return self._timed > 0 and not self._traced

    @property
    def recent(self) -> float:
        """Samples a second of late."""
        return self._samples / self._step if self._step else 0.0

    @property
    def overall(self) -> float:
        """Samples a second over all timed steps; of a run of one step, that one; 0 without one."""
        if self._timed:
            return self._timed * self._samples / self._total
        return self._samples / self._first if self._first else 0.0
