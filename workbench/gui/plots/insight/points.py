"""Very many points at once: each frame is one picture that numpy fills, not a thousand strokes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

_SHARES = 4
# Edges are this fine: so many steps from the ground to the colour of a point.

Whole = NDArray[np.int64]


class PointsItem(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """Round points, and square ones that stand on a corner; later ones lie above earlier ones."""

    def __init__(self) -> None:
        super().__init__()
        self._places: NDArray[np.float64] = np.empty((0, 2))
        self._diamonds: NDArray[np.bool_] = np.empty(0, bool)
        self._table: NDArray[np.uint32] = np.empty(0, np.uint32)
        self._order: Whole = np.empty(0, np.int64)
        self._bounds = QRectF()
        self._kept: tuple[object, QImage] | None = None

    def show_places(self, places: NDArray[np.float32], diamonds: NDArray[np.bool_]) -> None:
        """Show points at other places.

        Args:
            places: [points, 2].
            diamonds: those that are squares, bool [points].
        """
        self.prepareGeometryChange()
        self._places, self._diamonds = places.astype(np.float64), diamonds
        self._bounds = QRectF()
        if len(places):
            low, high = self._places.min(axis=0), self._places.max(axis=0)
            self._bounds = QRectF(*low, *(high - low))
        self._kept = None
        self.update()

    def show_colours(self, colours: NDArray[np.uint8], ground: QColor, order: Whole) -> None:
        """Show the points in other colours.

        Args:
            colours: red, green and blue of each point, [points, 3].
            ground: what is behind them.
            order: numbers of the points, the undermost first.
        """
        behind = np.array([ground.red(), ground.green(), ground.blue()], float)
        share = np.arange(1, _SHARES + 1)[None, :, None] / _SHARES
        mixed = share * colours[order][:, None] + (1 - share) * behind
        red, green, blue = np.moveaxis(mixed.round().astype(np.uint32).reshape(-1, 3), 1, 0)
        filled = np.uint32(0xFF000000) | red << 16 | green << 8 | blue
        # Number 0 is where no point is.
        self._table = np.concatenate([np.zeros(1, np.uint32), filled]).astype(np.uint32)
        self._order = order
        self._kept = None
        self.update()

    def boundingRect(self) -> QRectF:
        """Where points lie."""
        return self._bounds

    def paint(self, painter: QPainter, *args: Any) -> None:
        """Draw the points that are seen."""
        view = self.getViewBox()
        if view is None or not len(self._places) or len(self._order) != len(self._places):
            return
        ratio = painter.device().devicePixelRatioF()
        seen = view.mapRectToScene(view.boundingRect())
        # To pixels of the viewport; those of the device begin elsewhere.
        way = painter.combinedTransform()
        key = (way.m11(), way.m22(), way.dx(), way.dy(), seen, ratio)
        if self._kept is None or self._kept[0] != key:
            self._kept = (key, self._picture(way, seen, ratio))
        painter.save()
        painter.resetTransform()
        painter.drawImage(seen.topLeft(), self._kept[1])
        painter.restore()

    def _picture(self, way: Any, seen: QRectF, ratio: float) -> QImage:
        width, height = max(1, round(seen.width() * ratio)), max(1, round(seen.height() * ratio))
        radius = radius_of(len(self._places)) * ratio
        edge = int(np.ceil(radius)) + 1
        across = way.m11() * self._places[self._order, 0] + way.dx() - seen.left() * ratio
        down = way.m22() * self._places[self._order, 1] + way.dy() - seen.top() * ratio
        inside = (
            (across > -edge) & (across < width + edge) & (down > -edge) & (down < height + edge)
        )
        which = np.flatnonzero(inside)
        # A border on each side takes the halves of points that are cut off.
        wide = width + 4 * edge
        columns = np.rint(across[which]).astype(np.int64) + 2 * edge
        flat = (np.rint(down[which]).astype(np.int64) + 2 * edge) * wide + columns
        depth = np.zeros((height + 4 * edge) * wide, np.int32)
        square = self._diamonds[self._order][which]
        for chosen, diamond in ((~square, False), (square, True)):
            if chosen.any():
                stamp(depth, flat[chosen], which[chosen], radius, wide, diamond=diamond)
        found = self._table[depth.reshape(-1, wide)[2 * edge : -2 * edge, 2 * edge : -2 * edge]]
        image = QImage(
            found.tobytes(), width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
        ).copy()  # fmt: skip
        image.setDevicePixelRatio(ratio)
        return image


def radius_of(count: int) -> float:
    """How large each of so many points is, in pixels."""
    return float(np.interp(np.log10(max(count, 1)), [2.5, 3.5, 4.7], [4.5, 3.5, 2.0]))


def stamp(
    depth: NDArray[np.int32], flat: Whole, number: Whole, radius: float, wide: int, *,
    diamond: bool,
) -> None:  # fmt: skip
    """Note for each pixel which point is uppermost there, and how much of it the point fills.

    Args:
        depth: one value for each pixel, changed in place: 0, or 1 + 4 times the number of a point
            + how many fourths of the pixel it fills, less one.
        flat: pixel of the middle of each point.
        number: of each point, rising.
        radius: in pixels.
        wide: pixels in a row.
        diamond: a square that stands on a corner, as large as the disc.
    """
    reach = int(np.ceil(radius * (1.3 if diamond else 1.0)))
    for up in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            far = (abs(up) + abs(right)) / 1.25 if diamond else np.hypot(up, right)
            fourths = int(np.clip(np.ceil((radius + 0.5 - far) * _SHARES), 0, _SHARES))
            if fourths:
                place = flat + (up * wide + right)
                # Numbers rise: of two points on one pixel the later is written last.
                value = (number * _SHARES + fourths).astype(np.int32)
                depth[place] = np.maximum(depth[place], value)
