"""Live plots of a run: drawn at the screen's pace, only when there is news and somebody looks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QFont, QHideEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.runs.curves import Curves, smooth, thin

REDRAW_MS = 80
"""About 12 pictures a second: fluid for a curve, and cheap."""

Numbers = NDArray[np.float64]


class LivePlot(QWidget):
    """A themed plot of curves over epochs that redraws itself while it is seen.

    The wheel zooms along the level axis, dragging moves, a double click shows all again.

    Args:
        name: its ``objectName``.
        title: its accessible name.
        left: what its upright axis shows.
        parent: its parent.
    """

    def __init__(self, name: str, title: str, left: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 110)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        self._plot: Any = pg.PlotWidget()
        self._plot.setAccessibleName(title)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.hideButtons()
        self._plot.setMenuEnabled(False)
        self._plot.setMinimumSize(1, 1)
        self._item: Any = self._plot.plotItem
        self._view: Any = self._item.getViewBox()
        self._view.setMouseEnabled(x=True, y=False)
        self._view.setDefaultPadding(0.02)
        self._view.setAutoVisible(y=True)
        font = QFont(self.font())
        font.setPixelSize(theme.QUIET - 1)
        for side in ("left", "bottom"):
            axis = self._item.getAxis(side)
            axis.setTickFont(font)
            axis.enableAutoSIPrefix(enable=False)
        self._left = left
        self._read_out: Any = pg.TextItem(anchor=(0, 0))
        self._read_out.setZValue(20)
        self._cross: Any = pg.InfiniteLine(angle=90, movable=False)
        self._item.addItem(self._cross, ignoreBounds=True)
        self._view.addItem(self._read_out, ignoreBounds=True)
        self._plot.scene().sigMouseMoved.connect(self._hover)
        self._plot.scene().sigMouseClicked.connect(self._clicked)
        self._hide_read_out()
        box.addWidget(self._plot)
        self._curves = Curves()
        self._drawn = -1
        self._timer = QTimer(self)
        self._timer.setInterval(REDRAW_MS)
        self._timer.timeout.connect(self._tick)
        self._finished = False

    def finish(self) -> None:
        """Dress the curves; called at the end of the making of each plot."""
        self._finished = True
        self._dress()

    def show_curves(self, curves: Curves) -> None:
        """Show these curves from now on."""
        self._curves = curves
        self._drawn = -1
        self.reset_view()
        self._tick()

    def reset_view(self) -> None:
        """Show everything again."""
        self._view.enableAutoRange()

    @Slot()
    def redraw(self) -> None:
        """Draw at the next chance, whether or not there is news."""
        self._drawn = -1
        self._tick()

    def series(self) -> dict[str, tuple[Numbers, Numbers]]:
        """What the read-out tells: the curves by name, as (places, values)."""
        return {}

    def draw(self) -> None:
        """Bring the curves to the plot; redefined by each plot."""

    def dress(self, worn: theme.Theme) -> None:
        """Give the curves the colours of a theme; redefined by each plot."""

    def showEvent(self, event: QShowEvent) -> None:
        """Draw while seen."""
        super().showEvent(event)
        self._timer.start()
        self._tick()

    def hideEvent(self, event: QHideEvent) -> None:
        """Rest while unseen."""
        super().hideEvent(event)
        self._timer.stop()

    def changeEvent(self, event: QEvent) -> None:
        """Change colours with the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and getattr(self, "_finished", False):
            self._dress()

    @Slot()
    def _tick(self) -> None:
        if self._drawn != self._curves.version and self.isVisible():
            self._drawn = self._curves.version
            self.draw()

    def _dress(self) -> None:
        worn = theme.current()
        self._plot.setBackground(worn.panel)
        for side in ("left", "bottom"):
            axis = self._item.getAxis(side)
            axis.setPen(pg.mkPen(worn.line))
            axis.setTextPen(pg.mkPen(worn.quiet))
        style = {"color": worn.quiet, "font-size": f"{theme.QUIET - 1}px"}
        self._item.setLabel("left", self._left, **style)
        self._item.setLabel("bottom", "epoch", **style)
        self._item.showGrid(x=False, y=True, alpha=0.12)
        self._cross.setPen(pg.mkPen(worn.quiet, style=Qt.PenStyle.DotLine))
        self._read_out.fill = pg.mkBrush(QColor(worn.panel))
        self._read_out.border = pg.mkPen(worn.line)
        self._read_out.setColor(worn.text)
        self.dress(worn)

    def _hide_read_out(self) -> None:
        self._cross.hide()
        self._read_out.hide()

    def _hover(self, place: QPointF) -> None:
        if not self._view.sceneBoundingRect().contains(place):
            self._hide_read_out()
            return
        x = self._view.mapSceneToView(place).x()
        lines = [f"epoch {x:.2f}"]
        for name, (places, values) in self.series().items():
            if len(places):
                nearest = int(np.clip(np.searchsorted(places, x), 0, len(places) - 1))
                lines.append(f"{name}  {values[nearest]:.4g}")
        if len(lines) == 1:
            self._hide_read_out()
            return
        self._cross.setPos(x)
        self._read_out.setText("\n".join(lines))
        (left, right), (_, top) = self._view.viewRange()
        self._read_out.setAnchor((1.1, 0) if x > (left + right) / 2 else (-0.1, 0))
        self._read_out.setPos(x, top)
        self._cross.show()
        self._read_out.show()

    def _clicked(self, event: Any) -> None:
        if event.double():
            self.reset_view()


class LossPlot(LivePlot):
    """Training loss of each step, faint and smoothed, of each epoch, and of validation.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Loss over epochs", "loss", parent)
        self._weight, self._clip, self._log = 0.8, False, False
        new = self._item.plot
        self._raw, self._smooth, self._train, self._validation = new(), new(), new(), new()
        self._star: Any = pg.ScatterPlotItem(symbol="star", size=15)
        self._star.setZValue(10)
        self._item.addItem(self._star)
        self.finish()

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
        """Training by step and by epoch, and validation."""
        found = {"step": (self._curves.steps.x, self._curves.steps.y)}
        for name, group in (("train", self._curves.train), ("validation", self._curves.validation)):
            if "loss" in group:
                found[name] = (group["loss"].x, group["loss"].y)
        return found

    def draw(self) -> None:
        """Bring the curves to the plot."""
        steps = self._curves.steps
        self._raw.setData(*self._positive(*thin(steps.x, steps.y)))
        self._smooth.setData(*self._positive(*smooth(steps.x, steps.y, self._weight)))
        for curve, group in (
            (self._train, self._curves.train),
            (self._validation, self._curves.validation),
        ):
            known = group.get("loss")
            curve.setData(*(self._positive(known.x, known.y) if known else ([], [])))
        self._draw_star()
        if self._clip and len(steps):
            low, high = np.percentile(steps.y, [0, 99])
            if self._log:
                low, high = np.log10(max(low, 1e-12)), np.log10(max(high, 1e-12))
            self._view.setYRange(float(low), float(high), padding=0.05)

    def _draw_star(self) -> None:
        known = self._curves.validation.get("loss")
        if not known or not self._curves.best:
            self._star.setData([], [])
            return
        value = float(known.y[self._curves.best - 1])
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
        self._smooth.setPen(pg.mkPen(train))
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
        super().__init__(name, "Metric over epochs", "", parent)
        self._train, self._validation = self._item.plot(), self._item.plot()
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


class StepPlot(LivePlot):
    """One figure over the steps: the learning rate, or the speed.

    Args:
        name: its ``objectName``.
        which: ``learning_rate`` or ``speed``: the curve of ``Curves`` to show.
        title: its accessible name.
        parent: its parent.
    """

    def __init__(self, name: str, which: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(name, title, "", parent)
        self._which, self._title = which, title
        self._curve: Any = self._item.plot()
        self.finish()

    def series(self) -> dict[str, tuple[Numbers, Numbers]]:
        """The one curve."""
        known = getattr(self._curves, self._which)
        return {self._title.lower(): (known.x, known.y)}

    def draw(self) -> None:
        """Bring the curve to the plot."""
        known = getattr(self._curves, self._which)
        self._curve.setData(*thin(known.x, known.y))

    def dress(self, worn: theme.Theme) -> None:
        """Give the curve its colour."""
        self._curve.setPen(pg.mkPen(worn.colour_of("fused")))


def _dress_validation(curve: Any, colour: str) -> None:
    curve.setPen(pg.mkPen(colour, style=theme.Theme.dash_of("validation")))
    curve.setSymbol("o")
    curve.setSymbolSize(6)
    curve.setSymbolBrush(colour)
    curve.setSymbolPen(None)
