"""One figure over the epochs, with a star where it is best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from workbench.gui import theme
from workbench.gui.plots.scatter import ResultPlot


class EpochsPlot(ResultPlot):
    """A curve over the epochs.

    Args:
        name: its ``objectName``.
        title: its accessible name.
        series: number of its colour.
        parent: its parent.
    """

    def __init__(self, name: str, title: str, series: int, parent: QWidget | None = None) -> None:
        super().__init__(name, title, "", "epoch", parent)
        self._series = series
        self._curve: Any = pg.PlotDataItem()
        self._star: Any = pg.ScatterPlotItem(size=15, symbol="star", pxMode=True)
        self._other: Any = pg.InfiniteLine(angle=90, movable=False)
        for item in (self._curve, self._other, self._star):
            self._plot.addItem(item)
        self._other.hide()
        self.dress()

    def show_course(
        self, epochs: Sequence[int], values: Sequence[float], mark: int = 0, *,
        highest: bool = False,
    ) -> None:  # fmt: skip
        """Show a course.

        Args:
            epochs: their numbers.
            values: the figure after each.
            mark: an epoch to mark by a line; 0: none.
            highest: the highest is best, not the lowest.
        """
        self._curve.setData(list(epochs), list(values))
        best = int(np.argmax(values) if highest else np.argmin(values)) if len(values) else -1
        if best >= 0:
            self._star.setData([epochs[best]], [values[best]])
            words = (
                f"{'highest' if highest else 'lowest'} in epoch {epochs[best]}: {values[best]:.4g}"
            )
            self.setAccessibleDescription(words)
            low, high = float(np.min(values)), float(np.max(values))
            room = (high - low or abs(high) or 1.0) * 0.08
            self._plot.setYRange(low - room, high + room, padding=0)
            self._plot.setXRange(min(epochs), max(*epochs, 2), padding=0.02)
        self._other.setVisible(mark > 0)
        self._other.setValue(mark)

    def dress(self) -> None:
        """Put on the colours of the theme."""
        super().dress()
        if not hasattr(self, "_other"):
            return
        worn = theme.current()
        colour = worn.colour_of(self._series)
        self._curve.setPen(pg.mkPen(colour, width=2, style=worn.dash_of(self._series)))
        self._star.setBrush(colour)
        self._star.setPen(pg.mkPen(worn.panel, width=1))
        self._other.setPen(pg.mkPen(worn.quiet, width=1, style=Qt.PenStyle.DotLine))
