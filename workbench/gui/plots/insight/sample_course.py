"""The loss of one sample over the epochs, beside the median of all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme
from workbench.gui.plots.axis import AxisPlot
from workbench.gui.presenters.insight.sample_facts import Followed

_HEIGHT = 128


class SampleCourse(AxisPlot):
    """Draws a ``Followed``; points are filled where the sample was right, hollow where not.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Loss of this sample over the epochs", "loss", parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)
        self.curve: Any = self.item.plot([], [], connect="finite")
        self.points: Any = pg.ScatterPlotItem(size=6)
        self.item.addItem(self.points)
        self.usual: Any = self.item.plot([], [], connect="finite")
        self._places = np.zeros((0, 2))
        self._right = np.zeros(0, bool)
        self.dress()

    def show_course(self, course: Followed) -> None:
        """Draw the epochs of a sample."""
        epochs = np.asarray(course.epochs, float)
        seen = np.isfinite(course.loss)
        right = course.right if len(course.right) else np.ones(len(epochs), bool)
        self._right, self._places = right[seen], np.stack([epochs, course.loss], axis=1)[seen]
        self.curve.setData(epochs, course.loss)
        self.usual.setData(epochs, course.usual)
        known = np.concatenate([course.loss, course.usual])
        known = known[np.isfinite(known)]
        top = float(known.max()) if len(known) else 1.0
        self.item.getViewBox().setYRange(min(0.0, float(known.min(initial=0.0))), top or 1.0)
        last = epochs[-1] if len(epochs) else 1.0
        self.show_axis("epoch", 1.0, max(last, 2.0))

    def dress(self) -> None:
        """Wear the colours of the theme."""
        super().dress()
        if not hasattr(self, "usual"):
            return
        worn = theme.current()
        ink = QColor(worn.accent)
        self.curve.setPen(pg.mkPen(ink, width=1.5))
        hollow, filled = pg.mkBrush(QColor(worn.panel)), pg.mkBrush(ink)
        self.points.setData(
            self._places[:, 0], self._places[:, 1], pen=pg.mkPen(ink, width=1.2),
            brush=[filled if right else hollow for right in self._right],
        )  # fmt: skip
        self.usual.setPen(pg.mkPen(worn.quiet, width=1, style=Qt.PenStyle.DashLine))
