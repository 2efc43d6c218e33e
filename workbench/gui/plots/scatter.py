"""Predictions of numbers: against the truth, and how far they are off."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget

from workbench.gui import theme

_MOST = 4000
_NEAR = 8.0

Numbers = NDArray[np.float64]


class ResultPlot(QWidget):
    """A still plot in the colours of the theme: nothing pans, zooms or opens a menu.

    Args:
        name: its ``objectName``.
        title: its accessible name.
        left: what its upright axis shows.
        bottom: what its level axis shows.
        parent: its parent.
    """

    def __init__(
        self, name: str, title: str, left: str, bottom: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 140)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        # The plot only shows: the pointer and the keyboard are this widget's own matter.
        self._plot: Any = pg.PlotWidget()
        self._plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.setAccessibleName(title)
        self._plot.hideButtons()
        self._plot.setMinimumSize(1, 1)
        # Half a letter of the tick at either end stands beyond the axis.
        self._plot.plotItem.setContentsMargins(0, 6, 8, 0)
        box.addWidget(self._plot)
        self.view: Any = self._plot.plotItem.getViewBox()
        self.view.setDefaultPadding(0.03)
        font = QFont(self.font())
        font.setPixelSize(theme.QUIET)
        self._words = {"left": left, "bottom": bottom}
        for side in self._words:
            axis = self._plot.getAxis(side)
            axis.setTickFont(font)
            axis.enableAutoSIPrefix(False)

    def changeEvent(self, event: QEvent) -> None:
        """Wear another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.dress()

    def dress(self) -> None:
        """Put on the colours of the theme."""
        worn = theme.current()
        self._plot.setBackground(worn.panel)
        for side, words in self._words.items():
            axis = self._plot.getAxis(side)
            axis.setPen(pg.mkPen(worn.line, width=1))
            axis.setTextPen(worn.quiet)
            axis.setLabel(words, **{"color": worn.quiet, "font-size": "12px"})
            axis.setStyle(tickLength=4)


def dress_legend(legend: Any) -> None:
    """Put the colours of the theme on a legend and on what it says already."""
    worn = theme.current()
    ground = QColor(worn.panel)
    ground.setAlpha(220)
    legend.setBrush(ground)
    legend.setLabelTextColor(worn.text)
    legend.setLabelTextSize("11px")
    for _, words in legend.items:
        # The legend tells its labels the colour, but does not have them drawn again.
        words.setText(words.text)


class ScatterPlot(ResultPlot):
    """Each sample as a point: its true number level, the predicted one upright.

    On the line the two are the same. Of more than 4,000 samples the worst and an even choice of
    the rest are drawn.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    sample_chosen = Signal(int)
    """Number of the sample whose point was clicked."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Predicted against true numbers", "predicted", "true", parent)
        self._drawn: NDArray[np.int64] = np.zeros(0, np.int64)
        self._line = pg.InfiniteLine(angle=45, movable=False)
        self._points = pg.ScatterPlotItem(size=6, pxMode=True)
        self._mark = pg.ScatterPlotItem(size=11, pxMode=True)
        self._true: Numbers = np.zeros(0)
        self._predicted: Numbers = np.zeros(0)
        self._chosen = -1
        for item in (self._line, self._points, self._mark):
            self._plot.addItem(item)
        self.setMouseTracking(True)
        self.dress()

    def show_numbers(self, true: Numbers, predicted: Numbers) -> None:
        """Show these samples.

        Args:
            true: one number for each sample.
            predicted: one number for each sample; those that are not finite are left out.
        """
        self._true, self._predicted, self._chosen = true, predicted, -1
        self._drawn = thinned(np.abs(predicted - true), _MOST)
        x, y = true[self._drawn], predicted[self._drawn]
        self._points.setData(x=x, y=y)
        self._mark.clear()
        if len(x):
            low, high = min(x.min(), y.min()), max(x.max(), y.max())
            self._plot.setRange(xRange=(low, high), yRange=(low, high))
        many = len(true)
        some = "" if len(self._drawn) == many else f", {len(self._drawn):,} of them drawn"
        off = np.abs(predicted - true)
        near = float(np.median(off)) if many else 0.0
        self.setAccessibleDescription(
            f"{many:,} samples{some}; half of them are off by less than {near:.4g}."
        )

    def mark(self, sample: int) -> None:
        """Mark a sample.

        Args:
            sample: its number; -1 for none. One whose prediction is not finite has no place.
        """
        self._chosen = sample
        known = 0 <= sample < len(self._true)
        if known and np.isfinite(self._true[sample] - self._predicted[sample]):
            self._mark.setData(x=[self._true[sample]], y=[self._predicted[sample]])
        else:
            self._mark.clear()

    def place_of(self, sample: int) -> QPointF:
        """Where a sample lies, in pixels of this widget."""
        spot = QPointF(self._true[sample], self._predicted[sample])
        return QPointF(self._plot.mapFromScene(self.view.mapViewToScene(spot)))

    def sample_at(self, place: QPointF) -> int:
        """The sample next to a place, -1 when none is near.

        Args:
            place: in pixels of this widget.
        """
        if not len(self._drawn):
            return -1
        spot = self.view.mapSceneToView(self._plot.mapToScene(place.toPoint()))
        across, up = self.view.viewPixelSize()
        far = np.hypot(
            (self._true[self._drawn] - spot.x()) / across,
            (self._predicted[self._drawn] - spot.y()) / up,
        )
        nearest = int(far.argmin())
        return int(self._drawn[nearest]) if far[nearest] <= _NEAR else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the sample under the pointer."""
        found = self.sample_at(event.position())
        if found >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.sample_chosen.emit(found)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell the sample under the pointer."""
        found = self.sample_at(event.position())
        if found < 0:
            self.unsetCursor()
            QToolTip.hideText()
            return
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        true, said = self._true[found], self._predicted[found]
        words = f"true {true:.5g}, predicted {said:.5g}, off by {said - true:+.4g}"
        QToolTip.showText(event.globalPosition().toPoint(), words, self)

    def dress(self) -> None:
        """Put on the colours of the theme."""
        super().dress()
        worn = theme.current()
        self._line.setPen(pg.mkPen(worn.quiet, width=1, style=Qt.PenStyle.DashLine))
        ink = QColor(worn.accent)
        ink.setAlpha(130)
        self._points.setPen(None)
        self._points.setBrush(ink)
        self._mark.setPen(pg.mkPen(worn.text, width=1))
        self._mark.setBrush(QColor(worn.colour_of("validation")))


class ResidualHistogram(ResultPlot):
    """How many samples are off by how much: predicted minus true.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Spread of errors", "samples", "predicted − true", parent)
        self._bars = pg.BarGraphItem(x=[0], height=[0], width=1)
        self._zero = pg.InfiniteLine(pos=0, angle=90, movable=False)
        self._plot.addItem(self._bars)
        self._plot.addItem(self._zero)
        self.dress()

    def show_errors(self, errors: Numbers) -> None:
        """Show these errors.

        Args:
            errors: predicted minus true, one for each sample; those not finite are left out.
        """
        self._show(*binned(errors))
        self._words["bottom"] = "predicted − true"
        self.dress()
        finite = errors[np.isfinite(errors)]
        mean = float(finite.mean()) if len(finite) else 0.0
        spread = float(finite.std()) if len(finite) else 0.0
        self.setAccessibleDescription(
            f"{len(errors):,} errors, on average {mean:+.4g}, standard deviation {spread:.4g}."
        )

    def show_places(self, before: Numbers) -> None:
        """Show how many others stand before the partner of each sample.

        Args:
            before: 0 where it is the nearest of all; below 0 where a sample has no partner.
        """
        before = before[before >= 0]
        far = max(float(before.max()) if len(before) else 1.0, 1.0)
        bins = int(np.clip(np.sqrt(len(before)), 4, 30))
        counts, edges = np.histogram(before, bins=bins, range=(0.0, far))
        self._show(counts, edges)
        self._words["bottom"] = "others that are nearer than the partner"
        self.dress()
        middle = float(np.median(before)) if len(before) else 0.0
        self.setAccessibleDescription(
            f"{len(before):,} samples; in the middle case {middle:.4g} others are nearer."
        )

    def _show(self, counts: NDArray[np.int64], edges: Numbers) -> None:
        middles = (edges[:-1] + edges[1:]) / 2
        width = float(edges[1] - edges[0])
        self._bars.setOpts(x=middles, height=counts, width=width * 0.9)
        self._plot.setRange(xRange=(edges[0], edges[-1]), yRange=(0, max(int(counts.max()), 1)))

    def dress(self) -> None:
        """Put on the colours of the theme."""
        super().dress()
        worn = theme.current()
        self._bars.setOpts(brush=QColor(worn.accent), pen=QColor(worn.panel))
        self._zero.setPen(pg.mkPen(worn.quiet, width=1, style=Qt.PenStyle.DashLine))


def thinned(off: Numbers, most: int) -> NDArray[np.int64]:
    """Numbers of samples to draw: the worst tenth of the room, and evenly chosen others.

    Args:
        off: how far each sample is off; those not finite are not drawn.
        most: how many may be drawn.

    Returns:
        Ascending numbers.
    """
    rows = np.flatnonzero(np.isfinite(off))
    if len(rows) <= most:
        return rows
    order = rows[np.argsort(-off[rows], kind="stable")]
    worst, rest = order[: most // 10], np.sort(order[most // 10 :])
    even = np.linspace(0, len(rest) - 1, most - len(worst)).astype(np.int64)
    return np.sort(np.concatenate((worst, rest[even])))


def binned(errors: Numbers) -> tuple[NDArray[np.int64], Numbers]:
    """Counts of errors in bins of one width, with zero at an edge; far ones are in the outermost.

    Args:
        errors: those not finite are left out.

    Returns:
        Counts, and one edge more than counts.
    """
    finite = errors[np.isfinite(errors)]
    far = float(np.abs(finite).max()) if len(finite) else 1.0
    # A few far errors must not press all others into one bar.
    near = 4 * float(np.percentile(np.abs(finite), 90)) if len(finite) else 1.0
    reach = min(far, near) or far or 1.0
    half = int(np.clip(np.sqrt(len(finite)) / 2, 4, 15))
    edges = np.linspace(-reach, reach, 2 * half + 1)
    counts, _ = np.histogram(np.clip(finite, -reach, reach), bins=edges)
    return counts, edges
