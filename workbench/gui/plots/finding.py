"""The curve of a trial: loss by learning rate, or speed by batch size."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from workbench.gui import theme
from workbench.gui.plots.axis import AxisPlot
from workbench.gui.presenters.finding import FindingState

_LEAST_HEIGHT = 160
_MOST_ABOVE = 3.0
"""A loss that bursts is cut off this many times the median above it, so that the rest is seen."""


class FindingPlot(AxisPlot):
    """Draws a ``FindingState``; what is proposed is marked.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "What was tried", "Loss", parent)
        self._plot.setMinimumHeight(_LEAST_HEIGHT)
        self.item.getAxis("left").setWidth(None)
        self.curve: Any = self.item.plot([], [])
        self.mark: Any = pg.InfiniteLine(angle=90, label="")
        self.mark.hide()
        self.item.addItem(self.mark, ignoreBounds=True)
        self.dress()

    def show_state(self, state: FindingState) -> None:
        """Draw a state."""
        rates = state.what == "rate"
        self.item.setLogMode(x=rates, y=False)
        self._bottom = "Learning rate" if rates else "Samples a step"
        self._left = "Loss" if rates else "Samples a second"
        places, values = np.asarray(state.places), np.asarray(state.values)
        if rates:
            self.item.getAxis("bottom").setTicks(None)
        else:
            # Sizes are doubled each time: one step of the axis each.
            places = np.arange(len(places), dtype=float)
            words = [(n, f"{size:g}") for n, size in enumerate(state.places)]
            self.item.getAxis("bottom").setTicks([words])
        self.curve.setData(places, values)
        if rates and len(values):
            top = np.median(values) + _MOST_ABOVE * (np.median(values) - values.min() + 1e-9)
            low = values.min()
            self.item.setYRange(low, max(low + 1e-6, min(values.max(), top)))
        else:
            self.item.getViewBox().setYRange(0, max(values, default=1.0) * 1.05)
        self.dress()
        self._show_mark(state)

    def _show_mark(self, state: FindingState) -> None:
        shown = state.found is not None and bool(state.places)
        self.mark.setVisible(shown)
        if shown and state.found is not None:
            rates = state.what == "rate"
            self.mark.setValue(
                math.log10(state.found) if rates else state.places.index(state.found)
            )

    def dress(self) -> None:
        """Wear the colours of the theme."""
        super().dress()
        worn = theme.current()
        if hasattr(self, "mark"):
            self.curve.setPen(pg.mkPen(worn.accent, width=1))
            self.curve.setSymbol("o")
            self.curve.setSymbolSize(4)
            self.curve.setSymbolBrush(pg.mkBrush(worn.accent))
            self.curve.setSymbolPen(None)
            self.mark.setPen(pg.mkPen(worn.good, width=1, style=Qt.PenStyle.DashLine))
