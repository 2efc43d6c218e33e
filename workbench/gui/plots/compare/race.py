"""The race of a duel: a neutral validation metric over the epochs, mean and band of each side."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from workbench.comparing.overlay import Line
from workbench.duels.race import Race
from workbench.gui.plots.compare.bands import BandPlot
from workbench.runs.results_words import caption, is_share


class RacePlot(BandPlot):
    """A line for each contestant: the mean over its repeats, in a band of one standard deviation.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Validation metric over the epochs", "epoch", parent)
        self._race = Race()

    def show_race(self, race: Race) -> None:
        """Show how far the contestants are.

        Args:
            race: it.
        """
        if race is self._race:
            return
        self._race = race
        lines = [Line(lane.name, *lane.band()[:3], len(lane.runs)) for lane in race.lanes]
        left = caption(race.metric) if race.metric else ""
        self.show_lines(lines, left, "epoch", until=race.epochs, share=is_share(race.metric))
