"""A slice through the loss: as a map with contours, and as cuts through its middle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from workbench.gui import theme
from workbench.gui.plots.axis import AxisPlot
from workbench.gui.plots.insight.colours import ramp
from workbench.gui.presenters.insight.landscape import LandscapeState
from workbench.runs.results_words import number_words

_CONTOURS = 9


class LandscapePlot(AxisPlot):
    """The loss over a square: the colour of each place, contours, and the weights in the middle.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    pointed = Signal(str)
    """What the loss is under the pointer, in words; "" outside."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Loss around the weights", "second direction", parent)
        self._bottom = "first direction, in lengths of the filters"
        self._view.setAspectLocked(True)
        self._view.setDefaultPadding(0)
        self.image: Any = pg.ImageItem(axisOrder="row-major")
        self.item.addItem(self.image)
        self.contours: list[Any] = []
        self.middle: Any = pg.ScatterPlotItem(x=[0], y=[0], symbol="x", size=12, pxMode=True)
        self.item.addItem(self.middle)
        self._steps: NDArray[np.float64] = np.zeros(0)
        self._values: NDArray[np.float64] = np.zeros((0, 0))
        self._log = False
        self._plot.scene().sigMouseMoved.connect(self._move)
        self.dress()

    def show_state(self, state: LandscapeState) -> None:
        """Draw a state whose values are those of a square."""
        assert state.found is not None
        assert state.values is not None
        self._steps, self._values, self._log = state.found.steps, state.values, state.log
        step = float(self._steps[1] - self._steps[0])
        low, wide = float(self._steps[0]) - step / 2, len(self._steps) * step
        self.image.setImage(self._values, autoLevels=False, levels=span(self._values))
        # The middle of a cell is the place that was measured.
        self.image.setRect(QRectF(low, low, wide, wide))
        self._draw_contours()
        self._view.setRange(xRange=(low, low + wide), yRange=(low, low + wide), padding=0)
        self.setAccessibleDescription(
            "; ".join(f"{f.caption} {f.value}, {f.note}" for f in state.figures)
        )
        self.dress()

    def words_at(self, place: QPointF) -> str:
        """What the loss is at a place.

        Args:
            place: in pixels of the scene.
        """
        if not len(self._steps):
            return ""
        spot = self._view.mapSceneToView(place)
        step = float(self._steps[1] - self._steps[0])
        column, row = (round((at - float(self._steps[0])) / step) for at in (spot.x(), spot.y()))
        many = len(self._steps)
        if not (0 <= row < many and 0 <= column < many):
            return ""
        value = float(self._values[row, column])
        loss = number_words(10**value if self._log else value)
        return f"{self._steps[column]:+.2f}, {self._steps[row]:+.2f}: loss {loss}"

    def dress(self) -> None:
        """Wear the colours of the theme."""
        super().dress()
        if not hasattr(self, "middle"):
            return
        worn = theme.current()
        self.item.showGrid(x=False, y=False)
        self.image.setLookupTable(ramp(worn))
        self.middle.setPen(pg.mkPen(worn.text, width=2))
        self.middle.setBrush(pg.mkBrush(worn.text))
        ink = QColor(worn.panel)
        ink.setAlpha(170)
        for line in self.contours:
            line.setPen(pg.mkPen(ink, width=1))

    def _draw_contours(self) -> None:
        for line in self.contours:
            line.setParentItem(None)
            self._plot.scene().removeItem(line)
        self.contours.clear()
        low, high = span(self._values)
        if not np.isfinite(self._values).all() or high <= low:
            # Where the loss bursts there is no line to follow.
            return
        # Far out the loss rises fast: lines at even shares of the places, not of the loss.
        for level in np.unique(np.quantile(self._values, np.linspace(0, 1, _CONTOURS + 2)[1:-1])):
            line = pg.IsocurveItem(self._values, level=float(level), axisOrder="row-major")
            line.setParentItem(self.image)
            line.setZValue(2)
            self.contours.append(line)

    def _move(self, place: QPointF) -> None:
        inside = self._view.sceneBoundingRect().contains(place)
        self.pointed.emit(self.words_at(place) if inside else "")


class CutsPlot(AxisPlot):
    """The loss along each direction through the middle.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Cuts through the middle", "loss", parent)
        self._plot.setMinimumHeight(120)
        self.item.getAxis("left").setWidth(None)
        self.lines: list[Any] = [self.item.plot([], []) for _ in range(2)]
        self.middle: Any = pg.InfiniteLine(pos=0, angle=90, movable=False)
        self.item.addItem(self.middle, ignoreBounds=True)
        self.dress()

    def show_state(self, state: LandscapeState) -> None:
        """Draw a state."""
        assert state.found is not None
        assert state.values is not None
        steps, middle = state.found.steps, state.found.centre
        square = state.values.ndim == 2
        cuts = [state.values[middle] if square else state.values]
        cuts += [state.values[:, middle]] if square else []
        for number, line in enumerate(self.lines):
            line.setVisible(number < len(cuts))
            if number < len(cuts):
                line.setData(steps, cuts[number], connect="finite")
        self._left = "log10 of the loss" if state.log and not state.no_log else "loss"
        low, high = span(np.concatenate(cuts))
        room = max(high - low, 1e-9) * 0.06
        self._view.setYRange(low - room, high + room, padding=0)
        self.show_axis("lengths of the filters", float(steps[0]), float(steps[-1]))

    def dress(self) -> None:
        """Wear the colours of the theme."""
        super().dress()
        if not hasattr(self, "middle"):
            return
        worn = theme.current()
        for number, line in enumerate(self.lines):
            # Colour is never alone: the second is dashed.
            line.setPen(pg.mkPen(worn.series[number], width=2, style=worn.dash_of(number)))
        self.middle.setPen(pg.mkPen(worn.quiet, width=1, style=Qt.PenStyle.DotLine))


def span(values: NDArray[np.float64]) -> tuple[float, float]:
    """The lowest and the highest of the values that are finite."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return 0.0, 1.0
    return float(finite.min()), float(finite.max())
