"""The plots of a training run: its loss and its metric."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from workbench.gui import theme
from workbench.gui.plots.live import LivePlot
from workbench.runs.curves import Curves
from workbench.runs.series import Numbers

MOST_GHOSTS = 3
"""Earlier runs drawn behind the present one at most; more would hide it."""

MOST_CLIPPED = 20_000
"""Steps that tell what the highest hundredth of all is."""


class LossPlot(LivePlot):
    """Training loss of each step, faint and smoothed, of each epoch, and of validation.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        empty = "The curve begins with the first step."
        super().__init__(name, "Loss over epochs", "loss", empty=empty, parent=parent)
        self._weight, self._clip, self._log = 0.8, False, False
        self._earlier: tuple[Curves, ...] = ()
        self._show_earlier = True
        new = self._new_curve
        self._ghosts = [new() for _ in range(MOST_GHOSTS)]
        self._raw, self._smooth, self._train, self._validation = new(), new(), new(), new()
        self._spikes = new()
        self._star: Any = pg.ScatterPlotItem(symbol="star", size=15)
        self._star.setZValue(10)
        self._item.addItem(self._star)
        self.finish()

    def show_earlier(self, earlier: tuple[Curves, ...]) -> None:
        """Draw the validation loss of earlier runs faintly behind; the last ones of many."""
        self._earlier = earlier[-MOST_GHOSTS:]
        self.redraw()

    def set_earlier(self, on: bool) -> None:
        """Whether the earlier runs are drawn."""
        self._show_earlier = on
        self.redraw()

    def set_smoothing(self, weight: float) -> None:
        """How much of the past the smoothed curve keeps, 0 to below 1."""
        self._weight = weight
        self.redraw()

    def set_log(self, on: bool) -> None:
        """Whether the upright axis is logarithmic."""
        self._log = on
        self._item.setLogMode(x=False, y=on)
        self.redraw()
        self.reset_view()

    def set_clip(self, on: bool) -> None:
        """Whether the upright axis leaves out the highest hundredth of the steps."""
        self._clip = on
        self.redraw()
        if not on:
            self.reset_view()

    def series(self) -> dict[str, tuple[Numbers, Numbers]]:
        """Training by step, smoothed and by epoch, and validation."""
        steps = self._curves.steps
        found = {
            "step": (steps.x, steps.y),
            "smoothed": steps.smoothed(self._weight),
        }
        for name, group in (("train", self._curves.train), ("validation", self._curves.validation)):
            if "loss" in group:
                found[name] = (group["loss"].x, group["loss"].y)
        return found

    def named_items(self) -> dict[str, Any]:
        """Those of this run, and one of the earlier ones."""
        return {
            "each step": self._raw, "smoothed": self._smooth, "train": self._train,
            "validation": self._validation, "spike": self._spikes, "best": self._star,
            "earlier runs": self._ghosts[0],
        }  # fmt: skip

    def draw(self) -> None:
        """Bring the curves to the plot."""
        steps = self._curves.steps
        seen = [run.validation["loss"] for run in self._earlier if "loss" in run.validation]
        for number, ghost in enumerate(self._ghosts):
            known = seen[number] if self._show_earlier and number < len(seen) else None
            ghost.setData(*(self._positive(known.x, known.y) if known else ([], [])))
        self._raw.setData(*self._positive(*self.visible(steps)))
        self._smooth.setData(*self._positive(*self.visible_smooth(steps, self._weight)))
        self._spikes.setData(*self._positive(*self.visible(self._curves.spikes)))
        for curve, group in (
            (self._train, self._curves.train),
            (self._validation, self._curves.validation),
        ):
            known = group.get("loss")
            curve.setData(*(self._positive(known.x, known.y) if known else ([], [])))
        self._draw_star()
        if self._clip:
            # A hundredth of many steps is known well enough from some of them.
            some = steps.y[:: -(-len(steps) // MOST_CLIPPED) or 1]
            self._clip_view(some[np.isfinite(some) & ((some > 0) | (not self._log))])

    def _clip_view(self, values: Numbers) -> None:
        if not len(values):
            return
        low, high = np.percentile(values, [0, 99])
        if self._log:
            low, high = np.log10([low, high])
        self._view.setYRange(float(low), float(high), padding=0.05)

    def _draw_star(self) -> None:
        value = self._curves.best_loss
        if math.isnan(value):
            self._star.setData([], [])
            return
        if self._log:
            value = float(np.log10(max(value, 1e-12)))
        self._star.setData([self._curves.best], [value])

    def _positive(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
        """On a logarithmic axis, values of 0 and below leave a gap."""
        return (x, np.where(y > 0, y, np.nan)) if self._log else (x, y)

    def dress(self, worn: theme.Theme) -> None:
        """Give the curves their colours."""
        train, validation = worn.colour_of("train"), worn.colour_of("validation")
        faint = QColor(train)
        faint.setAlpha(70)
        # Wider pens with antialiasing are sixty times slower; width 1 serves.
        self._raw.setPen(pg.mkPen(faint))
        for ghost in self._ghosts:
            ghost.setPen(pg.mkPen(worn.quiet, style=Qt.PenStyle.DotLine))
        self._smooth.setPen(pg.mkPen(train))
        self._spikes.setPen(None)
        self._spikes.setSymbol("t")
        self._spikes.setSymbolSize(8)
        self._spikes.setSymbolBrush(None)
        self._spikes.setSymbolPen(pg.mkPen(worn.warn))
        self._train.setPen(None)
        self._train.setSymbol("o")
        self._train.setSymbolSize(5)
        self._train.setSymbolBrush(train)
        self._train.setSymbolPen(None)
        _dress_validation(self._validation, validation)
        self._star.setBrush(validation)
        self._star.setPen(pg.mkPen(worn.panel))


class MetricPlot(LivePlot):
    """The metric beside the loss, of training and of validation, after each epoch.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        empty = "The first point comes after the first epoch."
        title = "Metric over epochs"
        super().__init__(name, title, "", empty=empty, whole_epochs=True, parent=parent)
        self._train, self._validation = self._new_curve(), self._new_curve()
        self.finish()

    def series(self) -> dict[str, tuple[Numbers, Numbers]]:
        """Training and validation."""
        metric = self._curves.metric
        groups = {"train": self._curves.train, "validation": self._curves.validation}
        return {
            name: (group[metric].x, group[metric].y)
            for name, group in groups.items()
            if metric in group
        }

    def named_items(self) -> dict[str, Any]:
        """Training and validation."""
        return {"train": self._train, "validation": self._validation}

    def draw(self) -> None:
        """Bring the curves to the plot."""
        known = self.series()
        self._train.setData(*known.get("train", ([], [])))
        self._validation.setData(*known.get("validation", ([], [])))

    def dress(self, worn: theme.Theme) -> None:
        """Give the curves their colours."""
        train = worn.colour_of("train")
        self._train.setPen(pg.mkPen(train))
        self._train.setSymbol("o")
        self._train.setSymbolSize(5)
        self._train.setSymbolBrush(train)
        self._train.setSymbolPen(None)
        _dress_validation(self._validation, worn.colour_of("validation"))


def _dress_validation(curve: Any, colour: str) -> None:
    curve.setPen(pg.mkPen(colour, style=theme.Theme.dash_of("validation")))
    curve.setSymbol("o")
    curve.setSymbolSize(6)
    curve.setSymbolBrush(colour)
    curve.setSymbolPen(None)
