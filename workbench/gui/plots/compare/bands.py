"""Lines in bands: how several runs went, or the mean of those that repeat each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from workbench.comparing.overlay import Line
from workbench.gui import theme
from workbench.gui.plots.scatter import ResultPlot, dress_legend

_COLUMNS = 3
"""Of the legend, which stands above the lines."""
_ROW = 0.16
"""Share of the height that a row of the legend takes in a small window."""


class BandPlot(ResultPlot):
    """A line each, in a band of one standard deviation where it is a mean.

    Args:
        name: its ``objectName``.
        title: its accessible name.
        bottom: what its level axis shows.
        parent: its parent.
    """

    def __init__(self, name: str, title: str, bottom: str, parent: QWidget | None = None) -> None:
        super().__init__(name, title, "", bottom, parent)
        self._shown: tuple[Line, ...] = ()
        self._lines: list[Any] = []
        self._ends: list[tuple[Any, Any]] = []
        self._bands: list[Any] = []
        self._legend: Any = pg.LegendItem(offset=(8, 1), verSpacing=-6, colCount=_COLUMNS)
        self._legend.setParentItem(self.view)
        self.dress()

    def show_lines(
        self, lines: Sequence[Line], left: str, bottom: str, *, until: float = 0.0,
        share: bool = False,
    ) -> None:  # fmt: skip
        """Show these lines.

        Args:
            lines: their points; the number of a line gives its colour.
            left: what the upright axis shows.
            bottom: what the level axis shows.
            until: place that is shown at least.
            share: values are shares, 0..1.
        """
        names = [line.name for line in lines]
        if names != [line.name for line in self._shown]:
            self._make(names)
        self._shown = tuple(lines)
        self._words |= {"left": left, "bottom": bottom}
        told = []
        for place, line in enumerate(lines):
            self._lines[place].setData(line.x, line.y)
            spread = line.spread if len(line.spread) else np.zeros(len(line.y))
            low, high = self._ends[place]
            low.setData(line.x, line.y - spread)
            high.setData(line.x, line.y + spread)
            if len(line.y):
                told.append(f"{line.name} {line.y[-1]:.3g} at {bottom} {line.x[-1]:.4g}")
        self.setAccessibleDescription("; ".join(told) or "There is nothing to draw")
        self._fit(until, share)
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

    def _fit(self, until: float, share: bool) -> None:
        """Show all places, and all values with room for the legend above them."""
        ends = [self._ends[place] for place in range(len(self._shown))]
        values = [part.yData for pair in ends for part in pair if part.yData is not None]
        found = np.concatenate([np.zeros(0), *values])
        found = found[np.isfinite(found)]
        places = np.concatenate([np.zeros(0), *(line.x for line in self._shown)])
        first = float(places.min()) if len(places) else 1.0
        last = max(until, float(places.max()) if len(places) else 0.0)
        self._plot.setXRange(first, last if last > first else first + 1)
        if len(found):
            low, high = float(found.min()), float(found.max())
            if share:
                low, high = max(low, 0.0), min(high, 1.0)
            room = high - low or abs(high) or 1.0
            rows = -(-len(self._lines) // _COLUMNS)
            above = min(0.05 + _ROW * rows, 0.6)
            self._plot.setYRange(low - 0.05 * room, high + above * room, padding=0)

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
