"""The race of a duel: a neutral validation metric over the epochs, mean and band of each side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from workbench.duels.race import Race
from workbench.gui import theme
from workbench.gui.plots.scatter import ResultPlot, dress_legend
from workbench.runs.results_words import caption, is_share

_COLUMNS = 3
"""Of the legend, which stands above the lines."""
_ROW = 0.16
"""Share of the height that a row of the legend takes in a small window."""


class RacePlot(ResultPlot):
    """A line for each contestant: the mean over its repeats, in a band of one standard deviation.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Validation metric over the epochs", "", "epoch", parent)
        self._race = Race()
        self._lines: list[Any] = []
        self._ends: list[tuple[Any, Any]] = []
        self._bands: list[Any] = []
        self._legend: Any = pg.LegendItem(offset=(8, 1), verSpacing=-6, colCount=_COLUMNS)
        self._legend.setParentItem(self.view)
        self.dress()

    def show_race(self, race: Race) -> None:
        """Show how far the contestants are.

        Args:
            race: it.
        """
        if race is self._race:
            return
        names = [lane.name for lane in race.lanes]
        if names != [lane.name for lane in self._race.lanes]:
            self._make(names)
        self._race = race
        self._words["left"] = caption(race.metric) if race.metric else ""
        told = []
        for place, lane in enumerate(race.lanes):
            epochs, mean, spread, count = lane.band()
            self._lines[place].setData(epochs, mean)
            sure = count > 1
            low, high = self._ends[place]
            low.setData(epochs[sure], (mean - spread)[sure])
            high.setData(epochs[sure], (mean + spread)[sure])
            if len(mean):
                told.append(f"{lane.name} {mean[-1]:.3g} after {int(epochs[-1])} epochs")
        self.setAccessibleDescription("; ".join(told) or "Nothing was trained yet")
        self._fit()
        self.dress()

    def _make(self, names: list[str]) -> None:
        for item in (*self._lines, *self._bands):
            self._plot.removeItem(item)
        self._legend.clear()
        self._lines = [pg.PlotDataItem() for _ in names]
        self._ends = [(pg.PlotDataItem(), pg.PlotDataItem()) for _ in names]
        self._bands = [pg.FillBetweenItem(*ends) for ends in self._ends]
        for band in self._bands:
            self._plot.addItem(band)
        for line, name in zip(self._lines, names, strict=True):
            self._plot.addItem(line)
            self._legend.addItem(line, name)

    def _fit(self) -> None:
        """Show all epochs that are planned, and all values that are there."""
        bands = [lane.band() for lane in self._race.lanes]
        values = [part for _, mean, spread, _ in bands for part in (mean - spread, mean + spread)]
        found = np.concatenate([np.zeros(0), *values])
        self._plot.setXRange(1, max(self._race.epochs, 2))
        if len(found):
            low, high = float(found.min()), float(found.max())
            if is_share(self._race.metric):
                low, high = max(low, 0.0), min(high, 1.0)
            room = high - low or abs(high) or 1.0
            rows = -(-len(self._lines) // _COLUMNS)
            self._plot.setYRange(low - 0.05 * room, high + (0.05 + _ROW * rows) * room, padding=0)

    def dress(self) -> None:
        """Put on the colours of the theme."""
        super().dress()
        worn = theme.current()
        for place, line in enumerate(getattr(self, "_lines", ())):
            colour = worn.colour_of(place)
            line.setPen(pg.mkPen(colour, width=2, style=worn.dash_of(place)))
            soft = QColor(colour)
            soft.setAlpha(40)
            self._bands[place].setBrush(soft)
            for end in self._ends[place]:
                end.setPen(pg.mkPen(None))
        if hasattr(self, "_legend"):
            dress_legend(self._legend)
