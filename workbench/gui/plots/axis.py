"""The plain themed plot that other plots are made from."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from workbench.gui import theme


class AxisPlot(QWidget):
    """A themed plot without menus or zoom; curves go into ``item``.

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
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._left, self._bottom = left, ""
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        self._plot: Any = pg.PlotWidget()
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self._plot.hideButtons()
        self._plot.setMenuEnabled(False)
        self._plot.setMinimumSize(1, 1)
        self.item: Any = self._plot.plotItem
        self._view: Any = self.item.getViewBox()
        self._view.setMouseEnabled(x=False, y=False)
        self._view.setDefaultPadding(0.04)
        font = QFont(self.font())
        font.setPixelSize(theme.QUIET - 1)
        for side in ("left", "bottom"):
            axis = self.item.getAxis(side)
            axis.setTickFont(font)
            axis.enableAutoSIPrefix(enable=False)
        self.item.getAxis("left").setWidth(46)
        box.addWidget(self._plot)

    def show_axis(self, words: str, low: float, high: float) -> None:
        """Show this stretch of an axis."""
        self._bottom = words
        self._view.setXRange(low, high, padding=0.01)
        self.dress()

    def changeEvent(self, event: QEvent) -> None:
        """Change colours with the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_view"):
            self.dress()

    def dress(self) -> None:
        """Wear the colours of the theme."""
        worn = theme.current()
        self._plot.setBackground(worn.panel)
        for side in ("left", "bottom"):
            axis = self.item.getAxis(side)
            axis.setPen(pg.mkPen(worn.line))
            axis.setTextPen(pg.mkPen(worn.quiet))
        style = {"color": worn.quiet, "font-size": f"{theme.QUIET - 1}px"}
        self.item.setLabel("left", self._left, **style)
        if self._left:
            self.item.setLabel("bottom", self._bottom, **style)
        self.item.showGrid(x=False, y=True, alpha=0.12)
