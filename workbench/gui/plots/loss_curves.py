"""Curves of losses over what one sample says, with a sample that can be dragged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QWidget

from workbench.gui import theme
from workbench.gui.plots.axis import AxisPlot

Numbers = NDArray[np.float64]
Drawn = tuple[Numbers, int]
"""Values at the places, and the number of the colour."""

_BARS = 60


class LossCurvesPlot(AxisPlot):
    """Curves of up to four losses, and the sample that is dragged along them.

    A click or a drag moves the sample, and so do the arrow keys.

    Args:
        name: its ``objectName``.
        title: its accessible name.
        left: what its upright axis shows.
        most: curves at most.
        parent: its parent.
    """

    moved = Signal(float)
    """The sample was dragged to this place."""

    def __init__(
        self, name: str, title: str, left: str, most: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, title, left, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._curves: list[Any] = [self.item.plot(connect="finite") for _ in range(most)]
        self._drawn: list[Drawn] = []
        self._places: Numbers = np.empty(0)
        self._place = 0.0
        self._line: Any = pg.InfiniteLine(angle=90, movable=True)
        self._line.setCursor(Qt.CursorShape.SizeHorCursor)
        self._line.sigDragged.connect(lambda line: self.moved.emit(float(line.value())))
        self.item.addItem(self._line, ignoreBounds=True)
        self._dots: Any = pg.ScatterPlotItem(size=9)
        self._dots.setZValue(10)
        self.item.addItem(self._dots, ignoreBounds=True)
        self._plot.scene().sigMouseClicked.connect(self._clicked)
        self.dress()

    def show_curves(self, places: Numbers, drawn: Sequence[Drawn]) -> None:
        """Draw these curves.

        Args:
            places: of all of them.
            drawn: values and colour of each.
        """
        self._places, self._drawn = places, list(drawn)
        for number, curve in enumerate(self._curves):
            curve.setData(*((places, drawn[number][0]) if number < len(drawn) else ([], [])))
        self._fit()
        self.dress()
        self.show_place(self._place)

    def show_place(self, place: float) -> None:
        """Show the sample at a place."""
        self._place = place
        self._line.setValue(place)
        worn = theme.current()
        spots = []
        for values, series in self._drawn:
            value = float(np.interp(place, self._places, values))
            brush = pg.mkBrush(worn.colour_of(series))
            spots.append({"pos": (place, value), "brush": brush, "pen": pg.mkPen(worn.panel)})
        self._dots.setData(spots)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrow keys move the sample."""
        way = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if way is None or len(self._places) < 2:
            super().keyPressEvent(event)
            return
        step = (self._places[-1] - self._places[0]) / 100
        self.moved.emit(float(self._place + way * step))

    def dress(self) -> None:
        """Wear the colours of the theme."""
        super().dress()
        if not hasattr(self, "_line"):
            return
        worn = theme.current()
        for curve, (_, series) in zip(self._curves, self._drawn, strict=False):
            pen = pg.mkPen(worn.colour_of(series), width=1, style=worn.dash_of(series))
            curve.setPen(pen)
        self._line.setPen(pg.mkPen(worn.quiet, style=Qt.PenStyle.DotLine))
        self._line.setHoverPen(pg.mkPen(worn.accent))

    def _fit(self) -> None:
        """Show all curves, but let none that rises steeply press the others flat."""
        known = [values[np.isfinite(values)] for values, _ in self._drawn]
        known = [values for values in known if len(values)]
        if not known:
            return
        low = min(float(values.min()) for values in known)
        tops = sorted(float(values.max()) for values in known)
        high = min(tops[-1], 3 * tops[0] - 2 * min(low, 0.0)) if tops[0] > 0 else tops[-1]
        span = max(high - low, 1e-6)
        self._view.setYRange(low - 0.05 * span, high + 0.08 * span, padding=0)

    def _clicked(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            place = self._view.mapSceneToView(event.scenePos())
            self.moved.emit(float(place.x()))


class SamplesHistogram(AxisPlot):
    """How the samples of a run lie along the axis; those beyond it stand in the last bars.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Where the samples of the run lie", "samples", parent)
        self._bars: Any = pg.BarGraphItem(x=[0], height=[0], width=0.1)
        self.item.addItem(self._bars)
        self._range = (0.0, 1.0)
        self.dress()

    def show_axis(self, words: str, low: float, high: float) -> None:
        """Show this stretch of an axis."""
        self._range = (low, high)
        super().show_axis(words, low, high)

    def show_samples(self, places: Numbers) -> None:
        """Show where these samples lie."""
        low, high = self._range
        counts, edges = np.histogram(np.clip(places, low, high), bins=_BARS, range=(low, high))
        width = edges[1] - edges[0]
        self._bars.setOpts(x=edges[:-1] + width / 2, height=counts, width=0.9 * width)
        self._view.setYRange(0, max(1, int(counts.max())), padding=0.08)
        beyond = int(((places < low) | (places > high)).sum())
        self.setAccessibleDescription(f"{len(places):,} samples, {beyond:,} beyond the axis")

    def dress(self) -> None:
        """Wear the colours of the theme."""
        super().dress()
        if hasattr(self, "_bars"):
            colour = QColor(theme.current().accent)
            colour.setAlpha(140)
            self._bars.setOpts(brush=pg.mkBrush(colour), pen=pg.mkPen(None))
