"""How right a model is over the noise on each modality, and where the dial stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from workbench.gui import theme
from workbench.gui.plots.scatter import ResultPlot, dress_legend
from workbench.runs.robustness import Curve, Robustness

_TICKS = [
    [(n / 100, f"{n}%") for n in range(0, 101, 20)],
    [(n / 100, "") for n in range(0, 100, 10)],
]


class RobustnessPlot(ResultPlot):
    """A curve for each modality; of the chosen one its interval and its level when taken away.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    moved = Signal(float)
    """The person dragged the dial's line there, 0..1."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Score over noise", "right", "noise", parent)
        # Here the pointer moves the line.
        self._plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, on=False)
        self._plot.setMenuEnabled(False)
        self._plot.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.view.setMouseEnabled(x=False, y=False)
        self._found: Robustness | None = None
        self._chosen: Curve | None = None
        self._curves: dict[str, Any] = {}
        self._guessing: Any = pg.PlotDataItem()
        self._without: Any = pg.PlotDataItem()
        self._ends: Any = (pg.PlotDataItem(), pg.PlotDataItem())
        self._band: Any = pg.FillBetweenItem(*self._ends)
        self._spot: Any = pg.ScatterPlotItem(size=10, pxMode=True)
        self._legend: Any = pg.LegendItem(offset=(12, -12), verSpacing=-4)
        self._legend.setParentItem(self.view)
        self.line: Any = pg.InfiniteLine(angle=90, movable=True, bounds=(0, 1))
        self.line.sigDragged.connect(lambda: self.moved.emit(float(self.line.value())))
        for item in (self._band, self._guessing, self._without, self._spot):
            self._plot.addItem(item)
        self._plot.addItem(self.line, ignoreBounds=True)
        self._spot.setZValue(10)
        self._plot.getAxis("bottom").setTicks(_TICKS)
        self._plot.setRange(xRange=(0, 1), yRange=(0, 1))
        self.dress()

    def show_curves(self, found: Robustness, modality: str, titles: dict[str, str]) -> None:
        """Show the curves.

        Args:
            found: what was measured.
            modality: the one that the dial is on.
            titles: what the modalities are called.
        """
        if found is self._found and self._chosen is found.curve(modality):
            return
        self._found, self._chosen = found, found.curve(modality)
        self._words["left"] = "right" if found.score == "accuracy" else "mean error"
        for item in self._curves.values():
            self._plot.removeItem(item)
        self._curves = {curve.name: pg.PlotDataItem() for curve in found.curves}
        self._legend.clear()
        for curve in found.curves:
            item = self._curves[curve.name]
            self._plot.addItem(item)
            item.setData(found.strengths, self._up(curve.scores))
            self._legend.addItem(item, f"noise on {titles[curve.name].lower()}")
        self._guessing.setData([0, 1], self._up((found.guessing,) * 2))
        if self._chosen is not None:
            self._show_chosen(found, self._chosen, titles)
        self._legend.addItem(self._guessing, "guessing")
        self._fit(found)
        self.dress()
        self.show_strength(float(self.line.value()))

    def _show_chosen(self, found: Robustness, chosen: Curve, titles: dict[str, str]) -> None:
        for end, item in enumerate(self._ends):
            item.setData(found.strengths, self._up([pair[end] for pair in chosen.between]))
        self._without.setData([0, 1], self._up((chosen.without,) * 2))
        self._legend.addItem(self._without, f"{titles[chosen.name].lower()} taken away")
        told = [
            f"{s:.0%} {v:.3g}"
            for s, v in zip(found.strengths, self._up(chosen.scores), strict=True)
        ]
        self.setAccessibleDescription(f"Noise on {titles[chosen.name].lower()}: {', '.join(told)}")

    def show_strength(self, strength: float) -> None:
        """Put the line where the dial stands, 0..1."""
        if abs(self.line.value() - strength) > 1e-6:
            self.line.setValue(strength)
        if self._found is None or self._chosen is None:
            self._spot.setData([], [])
            return
        score = self._found.at(self._chosen, strength)
        self._spot.setData([strength], self._up((score,)))

    def _up(self, scores: Any) -> Any:
        """Scores as they are drawn: errors upwards."""
        errors = self._found is not None and self._found.score == "error"
        return -np.asarray(scores) if errors else np.asarray(scores)

    def _fit(self, found: Robustness) -> None:
        if found.score == "accuracy":
            self._plot.setRange(xRange=(0, 1), yRange=(0, 1))
            self._plot.getAxis("left").setTicks([[(n / 100, f"{n}%") for n in range(0, 101, 20)]])
            return
        highest = max(-low for curve in found.curves for low, _ in curve.between)
        highest = max(highest, -found.guessing, *(-curve.without for curve in found.curves))
        self._plot.setRange(xRange=(0, 1), yRange=(0, highest * 1.1 or 1.0))
        self._plot.getAxis("left").setTicks(None)

    def dress(self) -> None:
        """Put on the colours of the theme."""
        super().dress()
        if not hasattr(self, "line"):
            return
        worn = theme.current()
        for name, item in self._curves.items():
            chosen = self._chosen is not None and name == self._chosen.name
            pen = pg.mkPen(
                worn.colour_of(name), width=3 if chosen else 1.5, style=worn.dash_of(name)
            )
            item.setPen(pen)
        self._guessing.setPen(pg.mkPen(worn.quiet, width=1, style=Qt.PenStyle.DashLine))
        own = worn.colour_of(self._chosen.name) if self._chosen is not None else worn.accent
        soft = QColor(own)
        soft.setAlpha(45)
        self._band.setBrush(soft)
        for item in self._ends:
            item.setPen(pg.mkPen(None))
        self._without.setPen(pg.mkPen(own, width=1, style=Qt.PenStyle.DotLine))
        self._spot.setBrush(QColor(own))
        self._spot.setPen(pg.mkPen(worn.panel, width=2))
        self.line.setPen(pg.mkPen(worn.text, width=1.5))
        self.line.setHoverPen(pg.mkPen(worn.accent_hover, width=3))
        dress_legend(self._legend)
