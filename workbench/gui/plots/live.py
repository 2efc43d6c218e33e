"""Live plots of a run: drawn at the screen's pace, only when there is news and somebody looks."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Slot
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.widgets.labels import label
from workbench.runs.curves import Curves
from workbench.runs.series import Numbers, Series

REDRAW_MS = 80
"""About 12 pictures a second: fluid for a curve, and cheap."""

POINTS_PER_PIXEL = 2
"""Points drawn of a curve in one column of pixels: its lowest and its highest."""


class EpochAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph carries no types
    """A level axis of epochs: whole numbers once whole epochs are seen.

    Args:
        whole: whole numbers always, for figures that exist after an epoch only.
    """

    def __init__(self, *, whole: bool) -> None:
        super().__init__("bottom")
        self._whole = whole

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> Any:  # noqa: N803  # pyqtgraph's names
        """Distances of the marks, largest first, each with its offset."""
        levels = super().tickSpacing(minVal, maxVal, size)
        if not self._whole and maxVal - minVal < 2:
            return levels
        kept = {(max(1.0, float(round(step))), 0.0) for step, _ in levels}
        return sorted(kept, reverse=True)


class LivePlot(QWidget):
    """A themed plot of curves over epochs that redraws itself while it is seen.

    The wheel zooms along the level axis, dragging moves; a double click or Home shows all again.
    Its menu copies the figures; the window adds how a plot is saved.

    Args:
        name: its ``objectName``.
        title: its accessible name.
        left: what its upright axis shows.
        empty: what is said while there is nothing to draw.
        whole_epochs: its figures exist after an epoch only.
        parent: its parent.
    """

    def __init__(
        self,
        name: str,
        title: str,
        left: str,
        *,
        empty: str,
        whole_epochs: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 110)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._plot: Any = pg.PlotWidget(axisItems={"bottom": EpochAxis(whole=whole_epochs)})
        self._plot.setAccessibleName(title)
        self._plot.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.hideButtons()
        self._plot.setMenuEnabled(False)
        self._plot.setMinimumSize(1, 1)
        self._item: Any = self._plot.plotItem
        self._view: Any = self._item.getViewBox()
        self._view.setMouseEnabled(x=True, y=False)
        self._view.setDefaultPadding(0.02)
        self._view.setAutoVisible(y=True)
        self._view.sigXRangeChanged.connect(self._move)
        self._stretch = (-math.inf, math.inf)
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
        self._empty = label(empty, "quiet", wrap=True, parent=self)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        box.addWidget(self._empty)
        self._plot.hide()
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

    def as_csv(self) -> str:
        """The figures as a table of three columns: series, epoch, value."""
        written = io.StringIO()
        rows = csv.writer(written, lineterminator="\n")
        rows.writerow(("series", "epoch", "value"))
        for name, (places, values) in self.series().items():
            rows.writerows(
                (name, *row) for row in zip(places.tolist(), values.tolist(), strict=True)
            )
        return written.getvalue()

    def menu(self) -> QMenu:
        """What can be done with this plot; owned by it and gone when it closes."""
        made = QMenu(self)
        made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        made.addAction("Show all again", self.reset_view)
        made.addSeparator()
        made.addAction("Copy data as CSV", self._copy)
        return made

    @Slot()
    def redraw(self) -> None:
        """Draw at the next chance, whether or not there is news."""
        self._drawn = -1
        self._tick()

    def visible(self, series: Series) -> tuple[Numbers, Numbers]:
        """Points of a series for what is seen: all of them where they are few."""
        most = round(POINTS_PER_PIXEL * max(200.0, self._view.width()))
        return series.within(*self._stretch, most)

    def visible_smooth(self, series: Series, weight: float) -> tuple[Numbers, Numbers]:
        """A series smoothed, as fine as what is seen needs it."""
        return series.smoothed(weight, *self._stretch)

    def _new_curve(self) -> Any:
        """A curve without points; what is not finite leaves a gap in it."""
        return self._item.plot(connect="finite")

    def series(self) -> dict[str, tuple[Numbers, Numbers]]:
        """What the read-out tells: the curves by name, as (places, values)."""
        return {}

    def named_items(self) -> dict[str, Any]:
        """The curves as they are drawn, by the names that a legend gives them."""
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw as fine as the new width needs it."""
        super().resizeEvent(event)
        self._drawn = -1

    def changeEvent(self, event: QEvent) -> None:
        """Change colours with the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and getattr(self, "_finished", False):
            self._dress()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The window adds to the menu what it can do with every plot."""
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Home shows all again."""
        if event.key() == Qt.Key.Key_Home:
            self.reset_view()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _tick(self) -> None:
        if self._drawn != self._curves.version and self.isVisible():
            self._drawn = self._curves.version
            known = {name: pair for name, pair in self.series().items() if len(pair[0])}
            self._plot.setVisible(bool(known))
            self._empty.setVisible(not known)
            self.draw()
            latest = (f"{name} {pair[1][-1]:.4g}" for name, pair in known.items())
            self.setAccessibleDescription("Latest: " + ", ".join(latest) if known else "")

    @Slot()
    def _move(self) -> None:
        """Draw another stretch at once, so that a dragged curve has no end inside the window."""
        stretch = (-math.inf, math.inf)
        if not self._view.autoRangeEnabled()[0]:
            stretch = tuple(self._view.viewRange()[0])
        if stretch != self._stretch:
            self._stretch = stretch
            if self._plot.isVisible() and self.isVisible():
                self.draw()
            else:
                self._drawn = -1

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.as_csv())

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

    def values_at(self, x: float) -> dict[str, float]:
        """Of every series the value whose place is nearest to ``x`` epochs."""
        found = {}
        for name, (places, values) in self.series().items():
            if len(places):
                right = int(np.clip(np.searchsorted(places, x), 1, max(1, len(places) - 1)))
                pair = range(max(0, right - 1), min(right + 1, len(places)))
                found[name] = float(values[min(pair, key=lambda at: abs(places[at] - x))])
        return found

    def _hover(self, place: QPointF) -> None:
        x = float(self._view.mapSceneToView(place).x())
        known = self.values_at(x)
        if not known or not self._view.sceneBoundingRect().contains(place):
            self._hide_read_out()
            return
        lines = [f"epoch {x:.2f}"]
        lines += [f"{name}  {value:.4g}" for name, value in known.items() if math.isfinite(value)]
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
