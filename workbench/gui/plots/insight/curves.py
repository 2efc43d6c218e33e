"""Curves of a classifier: rates against each other, reliability, and what a threshold does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

from workbench.gui import theme
from workbench.gui.plots.scatter import ResultPlot, dress_legend
from workbench.runs.class_curves import Bins, ClassCurve, ThresholdCurve

Numbers = NDArray[np.float64]
_KEYS = {
    Qt.Key.Key_Left: -0.01, Qt.Key.Key_Right: 0.01, Qt.Key.Key_PageDown: -0.1,
    Qt.Key.Key_PageUp: 0.1,
}  # fmt: skip
_FEWEST = 12
# The median of fewer errors is mostly chance.


class RatePlot(ResultPlot):
    """Two shares against each other, of many classes faint and of one strong.

    Args:
        name: its ``objectName``.
        what: the receiver operating characteristic, or precision against recall.
        parent: its parent.
    """

    def __init__(self, name: str, what: str, parent: QWidget | None = None) -> None:
        self._roc = what == "roc"
        words = ("true positive rate (recall)", "false positive rate")
        if not self._roc:
            words = ("precision", "recall")
        title = "Receiver operating characteristic" if self._roc else "Precision against recall"
        super().__init__(name, title, *words, parent)
        self._others: Any = pg.PlotDataItem(connect="finite")
        self._chance: Any = pg.PlotDataItem()
        self._curve: Any = pg.PlotDataItem()
        for item in (self._others, self._chance, self._curve):
            self._plot.addItem(item)
        self._plot.setRange(xRange=(0, 1), yRange=(0, 1))
        self.dress()

    def show_curves(
        self, curves: tuple[ClassCurve, ...], chosen: ClassCurve | None, total: int
    ) -> None:
        """Show these curves.

        Args:
            curves: of all classes.
            chosen: the one that is looked at.
            total: samples in all; say where chance lies.
        """
        gap = [np.nan]
        across = [value for c in curves for value in (*self._across(c), *gap)]
        up = [value for c in curves for value in (*self._up(c), *gap)]
        self._others.setData(across, up)
        if chosen is None:
            self._curve.setData([], [])
            self._chance.setData([], [])
            return
        self._curve.setData(self._across(chosen), self._up(chosen))
        level = chosen.support / max(total, 1)
        self._chance.setData([0, 1], [0, 1] if self._roc else [level, level])
        area = chosen.auc if self._roc else chosen.average_precision
        self.setAccessibleDescription(f"{chosen.name}: area {area:.3f}")

    def _across(self, curve: ClassCurve) -> tuple[float, ...]:
        return curve.false_positive_rate if self._roc else curve.recall

    def _up(self, curve: ClassCurve) -> tuple[float, ...]:
        return curve.true_positive_rate if self._roc else curve.precision

    def dress(self) -> None:
        """Put on the colours of the theme."""
        super().dress()
        worn = theme.current()
        faint = QColor(worn.quiet)
        faint.setAlpha(60)
        self._others.setPen(pg.mkPen(faint, width=1))
        self._chance.setPen(pg.mkPen(worn.quiet, width=1, style=Qt.PenStyle.DashLine))
        self._curve.setPen(pg.mkPen(worn.accent, width=2))


class ReliabilityPlot(ResultPlot):
    """How often it is right against how sure it says to be; on the line both are the same.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Reliability", "share that is right", "confidence", parent)
        self._line: Any = pg.PlotDataItem([0, 1], [0, 1])
        self._plain: Any = pg.PlotDataItem(symbolSize=7)
        self._scaled: Any = pg.PlotDataItem(symbolSize=6)
        self._legend: Any = pg.LegendItem(offset=(12, 8), verSpacing=-4)
        self._legend.setParentItem(self.view)
        for item in (self._line, self._plain, self._scaled):
            self._plot.addItem(item)
        self._plot.setRange(xRange=(0, 1), yRange=(0, 1))
        self.dress()

    def show_bins(self, plain: Bins, scaled: Bins | None) -> None:
        """Show the bins as the model says them, and as a temperature mends them."""
        self._legend.clear()
        self._plain.setData(plain.confidence, plain.accuracy)
        self._legend.addItem(self._plain, f"as it is: {plain.error:.1%}")
        if scaled is None:
            self._scaled.setData([], [])
        else:
            self._scaled.setData(scaled.confidence, scaled.accuracy)
            self._legend.addItem(self._scaled, f"tempered: {scaled.error:.1%}")
        self.setAccessibleDescription(f"Expected calibration error {plain.error:.1%}")

    def dress(self) -> None:
        """Put on the colours of the theme."""
        super().dress()
        worn = theme.current()
        self._line.setPen(pg.mkPen(worn.quiet, width=1, style=Qt.PenStyle.DashLine))
        second = worn.colour_of("validation")
        for item, colour, symbol in (
            (self._plain, worn.accent, "o"), (self._scaled, second, "s")
        ):  # fmt: skip
            item.setPen(pg.mkPen(colour, width=1))
            item.setSymbol(symbol)
            item.setSymbolBrush(pg.mkBrush(colour))
            item.setSymbolPen(None)
        dress_legend(self._legend)


class ThresholdPlot(ResultPlot):
    """Precision, recall and F1 over the threshold of a yes; the line can be dragged.

    The arrow keys move it, too.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    moved = Signal(float)
    """The person dragged the threshold there."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Threshold", "share", "threshold", parent)
        # Here the pointer moves the line.
        self._plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, on=False)
        self._plot.setMenuEnabled(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip("Drag the line, or move it with the arrow keys")
        self.view.setMouseEnabled(x=False, y=False)
        self._curves: dict[str, Any] = {}
        self._legend: Any = pg.LegendItem(offset=(-12, 8), verSpacing=-4)
        self._legend.setParentItem(self.view)
        for words in ("precision", "recall", "F1"):
            self._curves[words] = pg.PlotDataItem()
            self._plot.addItem(self._curves[words])
            self._legend.addItem(self._curves[words], words)
        self._best: Any = pg.InfiniteLine(angle=90, movable=False)
        self.line: Any = pg.InfiniteLine(angle=90, movable=True, bounds=(0, 1))
        self.line.sigDragged.connect(lambda: self.moved.emit(float(self.line.value())))
        for item in (self._best, self.line):
            self._plot.addItem(item, ignoreBounds=True)
        self._plot.setRange(xRange=(0, 1), yRange=(0, 1))
        self.dress()

    def show_curve(self, curve: ThresholdCurve, threshold: float) -> None:
        """Show what each threshold means, and the one that is looked at."""
        for item, values in zip(
            self._curves.values(), (curve.precision, curve.recall, curve.f1), strict=True
        ):
            item.setData(curve.thresholds, values)
        self._best.setVisible(curve.best is not None)
        if curve.best is not None:
            self._best.setValue(curve.best)
        if abs(self.line.value() - threshold) > 1e-6:
            self.line.setValue(threshold)
        self.setAccessibleDescription(f"{curve.name}: {threshold:.2f}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the threshold by a hundredth, or by a tenth."""
        by = _KEYS.get(Qt.Key(event.key()))
        if by is None:
            super().keyPressEvent(event)
            return
        self.moved.emit(min(max(float(self.line.value()) + by, 0.0), 1.0))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that keys arrive here."""
        super().focusInEvent(event)
        self.dress()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that keys arrive elsewhere."""
        super().focusOutEvent(event)
        self.dress()

    def dress(self) -> None:
        """Put on the colours of the theme."""
        super().dress()
        worn = theme.current()
        for number, item in enumerate(self._curves.values()):
            item.setPen(pg.mkPen(worn.colour_of(number), width=1, style=worn.dash_of(number)))
        self._best.setPen(pg.mkPen(worn.good, width=1, style=Qt.PenStyle.DotLine))
        self.line.setPen(pg.mkPen(worn.accent, width=4 if self.hasFocus() else 2))
        self.line.setHoverPen(pg.mkPen(worn.accent_hover, width=3))
        dress_legend(self._legend)


class SharePlot(ResultPlot):
    """How many samples are off by at most how much.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Share within", "share of the samples", "off by at most", parent)
        self._curve: Any = pg.PlotDataItem(stepMode=None)
        self._plot.addItem(self._curve)
        self.dress()

    def show_share(self, off: Numbers, share: Numbers, words: str) -> None:
        """Show the curve; the far end, where a few samples lie, is cut off.

        Args:
            off: distances, ascending.
            share: of the samples that are off by no more.
            words: what the level axis shows.
        """
        self._words["bottom"] = words
        self._curve.setData(off, share)
        reach = float(off[int(0.98 * (len(off) - 1))]) if len(off) else 1.0
        self._plot.setRange(xRange=(0, reach or 1.0), yRange=(0, 1))
        self.dress()

    def dress(self) -> None:
        """Put on the colours of the theme."""
        super().dress()
        self._curve.setPen(pg.mkPen(theme.current().accent, width=2))


class ErrorsPlot(ResultPlot):
    """How far off each prediction is, over what was predicted.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Errors by prediction", "predicted − true", "predicted", parent)
        self._zero: Any = pg.InfiniteLine(pos=0, angle=0, movable=False)
        self._points: Any = pg.ScatterPlotItem(size=5, pxMode=True)
        self._middle: Any = pg.PlotDataItem()
        for item in (self._zero, self._points, self._middle):
            self._plot.addItem(item)
        self.dress()

    def show_numbers(self, said: Numbers, errors: Numbers, rows: NDArray[np.int64]) -> None:
        """Show these errors, and their median in up to ten stretches of the prediction.

        Args:
            said: predictions.
            errors: predicted minus true.
            rows: which of them are drawn as points.
        """
        self._points.setData(x=said[rows], y=errors[rows])
        known = np.isfinite(said) & np.isfinite(errors)
        said, errors = said[known], errors[known]
        many = min(len(said) // _FEWEST, 10)
        if many < 3:
            self._middle.setData([], [])
        else:
            groups = np.array_split(np.argsort(said), many)
            self._middle.setData(
                [float(np.median(said[g])) for g in groups],
                [float(np.median(errors[g])) for g in groups],
            )
        if len(errors):
            reach = float(np.quantile(np.abs(errors), 0.98)) or 1.0
            self._plot.setRange(
                xRange=(float(said.min()), float(said.max())), yRange=(-reach * 1.1, reach * 1.1)
            )

    def dress(self) -> None:
        """Put on the colours of the theme."""
        super().dress()
        worn = theme.current()
        ink = QColor(worn.accent)
        ink.setAlpha(110)
        self._zero.setPen(pg.mkPen(worn.quiet, width=1, style=Qt.PenStyle.DashLine))
        self._points.setPen(None)
        self._points.setBrush(ink)
        self._middle.setPen(pg.mkPen(worn.colour_of("validation"), width=2))
