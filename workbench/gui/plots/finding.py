"""The curve of a trial: loss by learning rate, or speed by batch size."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.presenters.finding import FindingState

_MOST_ABOVE = 3.0
"""A loss that bursts is cut off this many times the median above it, so that the rest is seen."""


class FindingPlot(QWidget):
    """Draws a ``FindingState``; what is proposed is marked.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("What was tried")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        self._plot: Any = pg.PlotWidget()
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self._plot.hideButtons()
        self._plot.setMenuEnabled(False)
        self.item: Any = self._plot.plotItem
        self.item.getViewBox().setMouseEnabled(x=False, y=False)
        font = QFont(self.font())
        font.setPixelSize(theme.QUIET - 1)
        for side in ("left", "bottom"):
            axis = self.item.getAxis(side)
            axis.setTickFont(font)
            axis.enableAutoSIPrefix(enable=False)
        self.item.showGrid(x=True, y=True, alpha=0.12)
        self.curve: Any = self.item.plot([], [])
        self.mark: Any = pg.InfiniteLine(angle=90, label="")
        self.mark.hide()
        self.item.addItem(self.mark, ignoreBounds=True)
        box.addWidget(self._plot)
        self._state = FindingState()
        self._dress()

    def show_state(self, state: FindingState) -> None:
        """Draw a state."""
        self._state = state
        rates = state.what == "rate"
        self.item.setLogMode(x=rates, y=False)
        self.item.setLabel("bottom", "Learning rate" if rates else "Samples a step")
        self.item.setLabel("left", "Loss" if rates else "Samples a second")
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
        self._show_mark(state)

    def _show_mark(self, state: FindingState) -> None:
        shown = state.found is not None and bool(state.places)
        self.mark.setVisible(shown)
        if shown and state.found is not None:
            rates = state.what == "rate"
            self.mark.setValue(
                math.log10(state.found) if rates else state.places.index(state.found)
            )

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()

    def _dress(self) -> None:
        worn = theme.current()
        self._plot.setBackground(worn.panel)
        for side in ("left", "bottom"):
            axis = self.item.getAxis(side)
            axis.setPen(pg.mkPen(worn.line))
            axis.setTextPen(pg.mkPen(worn.quiet))
        self.curve.setPen(pg.mkPen(worn.accent, width=1))
        self.curve.setSymbol("o")
        self.curve.setSymbolSize(4)
        self.curve.setSymbolBrush(pg.mkBrush(worn.accent))
        self.curve.setSymbolPen(None)
        self.mark.setPen(pg.mkPen(worn.good, width=1, style=Qt.PenStyle.DashLine))
