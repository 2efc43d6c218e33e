"""Whether steps are compiled by XLA: as was chosen, or as a trial of both ways shows."""

from __future__ import annotations

from typing import Literal

TRIAL_STEPS = 24
"""Steps of each way, after the first that is traced or compiled; the later half is timed."""

Choice = Literal["auto", "on", "off"]


class Compiling:
    """Tries both ways on a GPU and keeps the faster one.

    Args:
        choice: as of a spec.
        can: there is one GPU, and nothing that forbids it.
        settled: what an earlier trial of the run has shown; None: nothing yet.
    """

    def __init__(self, choice: Choice, can: bool, settled: bool | None = None) -> None:
        self.settled: bool | None = settled
        if choice != "auto" or not can:
            self.settled = choice == "on"
        self._trying = False
        self._steps = 0
        self._seconds = 0.0
        self._timed = 0
        self._plain = 0.0

    @property
    def now(self) -> bool:
        """Whether the next steps are to be compiled."""
        return self._trying if self.settled is None else self.settled

    def hear(self, seconds: float, count: int) -> bool:
        """Take in steps of the way that is tried.

        Args:
            seconds: how long they took.
            count: how many.

        Returns:
            Whether the next steps go another way.
        """
        if self.settled is not None:
            return False
        before = self.now
        if self._steps >= TRIAL_STEPS // 2:
            self._seconds += seconds
            self._timed += count
        self._steps += count
        if self._steps >= TRIAL_STEPS and self._timed:
            self._judge(self._seconds / self._timed)
        return self.now != before

    def _judge(self, each: float) -> None:
        if self._trying:
            self.settled = each < self._plain
            return
        self._plain, self._trying = each, True
        self._steps = self._timed = 0
        self._seconds = 0.0
