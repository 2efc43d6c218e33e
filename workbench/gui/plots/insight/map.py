"""The map of embeddings: each sample a point, in the colour of what it is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QWidget

from workbench.gui import theme
from workbench.gui.plots.axis import AxisPlot
from workbench.gui.plots.insight.colours import colours_of
from workbench.gui.plots.insight.points import PointsItem
from workbench.gui.presenters.insight.map import MapState
from workbench.gui.presenters.insight.map_points import Colouring, Points

_NEAR = 9.0
_CLOSER = 0.8


class MapPlot(AxisPlot):
    """Shows the points of a ``MapState``; the wheel goes closer, dragging moves.

    Plus and minus go closer and away, 0 shows everything.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    pointed = Signal(int)
    """Number of the sample under the pointer; -1: none."""

    clicked = Signal(int)
    """Number of the sample whose point was clicked."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Map of embeddings", "", parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._view.setMouseEnabled(x=True, y=True)
        self._view.setAspectLocked(True)
        self._view.disableAutoRange()
        self.lines: Any = pg.PlotCurveItem(connect="pairs")
        self.points = PointsItem()
        self.mark: Any = pg.ScatterPlotItem(size=13, pxMode=True)
        self.under: Any = pg.ScatterPlotItem(size=15, pxMode=True)
        for item in (self.lines, self.points, self.under, self.mark):
            self.item.addItem(item, ignoreBounds=True)
        self._state = MapState()
        self._coloured: Colouring | None = None
        self._worn = (-1, "")
        self._known: Points | None = None
        self._pointed = -1
        scene = self._plot.scene()
        scene.sigMouseMoved.connect(self._move)
        scene.sigMouseClicked.connect(self._click)
        self._plot.viewport().installEventFilter(self)
        self.dress()

    @Slot(object)
    def show_state(self, state: MapState) -> None:
        """Show the points of a state."""
        self._state = state
        points = state.points
        if points is None:
            return
        if points is not self._known:
            self._known, self._coloured = points, None
            self.points.show_places(points.places, points.second)
            self._point_to(-1)
            self.fit()
            self._name_axes(state)
        self._colour()
        self._show_lines()
        self._mark(self.mark, state.chosen)

    @Slot()
    def fit(self) -> None:
        """Show all points."""
        bounds = self.points.boundingRect()
        wide, high = bounds.width() or 1.0, bounds.height() or 1.0
        middle = bounds.center()
        self._view.setRange(
            xRange=(middle.x() - wide / 2, middle.x() + wide / 2),
            yRange=(middle.y() - high / 2, middle.y() + high / 2),
            padding=0.06,
        )

    def row_at(self, place: QPointF) -> int:
        """The sample of the point next to a place, -1 when none is near.

        Args:
            place: in pixels of the scene.
        """
        if self._known is None or not len(self._known):
            return -1
        spot = self._view.mapSceneToView(place)
        across, up = self._view.viewPixelSize()
        off = (self._known.places - np.array([spot.x(), spot.y()], np.float32)) / (across, up)
        far = np.einsum("ij,ij->i", off, off)
        nearest = int(far.argmin())
        return int(self._known.rows[nearest]) if far[nearest] <= _NEAR**2 else -1

    def place_of(self, row: int) -> QPointF:
        """Where the first point of a sample lies, in pixels of the scene."""
        assert self._known is not None
        spot = self._known.places[self._known.rows == row][0]
        return QPointF(self._view.mapViewToScene(QPointF(float(spot[0]), float(spot[1]))))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go closer or away, or show everything."""
        match event.key():
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self._view.scaleBy((_CLOSER, _CLOSER))
            case Qt.Key.Key_Minus:
                self._view.scaleBy((1 / _CLOSER, 1 / _CLOSER))
            case Qt.Key.Key_0:
                self.fit()
            case _:
                super().keyPressEvent(event)

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        """Point to nothing when the pointer leaves."""
        if event.type() == QEvent.Type.Leave:
            self._point_to(-1)
        return bool(super().eventFilter(watched, event))

    def dress(self) -> None:
        """Wear the colours of the theme."""
        super().dress()
        if not hasattr(self, "points"):
            return
        worn = theme.current()
        for side in ("left", "bottom"):
            # A label brings its axis back.
            self.item.showAxis(side, bool(self._left))
        self.item.showGrid(x=False, y=False)
        self.mark.setBrush(None)
        self.mark.setPen(pg.mkPen(worn.text, width=2))
        self.under.setBrush(None)
        self.under.setPen(pg.mkPen(worn.quiet, width=2))
        ink = QColor(worn.quiet)
        ink.setAlpha(80)
        self.lines.setPen(pg.mkPen(ink, width=1))
        self._colour()

    def _name_axes(self, state: MapState) -> None:
        self._bottom, self._left = state.axes
        self.dress()

    def _colour(self) -> None:
        colours, points = self._state.colours, self._known
        if points is None or colours is None:
            return
        now = (self._state.lit, theme.current().scheme)
        if colours is not self._coloured or now != self._worn:
            self._coloured, self._worn = colours, now
            found = colours_of(colours, self._state.lit, theme.current())
            # The order is by chance, always the same: no class shall lie on top of the others.
            order = np.random.default_rng(0).permutation(len(points))
            if self._state.lit >= 0 and len(colours.group):
                lit = colours.group[order] == self._state.lit
                order = np.concatenate([order[~lit], order[lit]])
            self.points.show_colours(found, QColor(theme.current().panel), order)

    def _show_lines(self) -> None:
        points, state = self._known, self._state
        shown = points is not None and state.can_join and state.joined
        self.lines.setVisible(shown)
        if not shown or points is None:
            return
        first, second = points.places[~points.second], points.places[points.second]
        both = np.stack([first, second], axis=1).reshape(-1, 2)
        self.lines.setData(both[:, 0], both[:, 1])

    def _mark(self, item: Any, row: int) -> None:
        known = self._known
        places = known.places[known.rows == row] if known is not None else np.empty((0, 2))
        item.setData(x=places[:, 0], y=places[:, 1])

    def _point_to(self, row: int) -> None:
        if row != self._pointed:
            self._pointed = row
            self._mark(self.under, row)
            self.pointed.emit(row)

    def _move(self, place: QPointF) -> None:
        inside = self._view.sceneBoundingRect().contains(place)
        row = self.row_at(place) if inside else -1
        shape = Qt.CursorShape.PointingHandCursor if row >= 0 else Qt.CursorShape.ArrowCursor
        self._plot.viewport().setCursor(shape)
        self._point_to(row)

    def _click(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            row = self.row_at(event.scenePos())
            if row >= 0:
                self.clicked.emit(row)
