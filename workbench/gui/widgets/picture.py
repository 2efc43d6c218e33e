"""A picture that can be looked at closely."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui.widgets.sound_views import Pane, image_of

CLOSEST = 32.0
"""Largest enlargement over the fitted size."""
_STEP = 1.25
_WHEEL_NOTCH = 120
_VISIBLE_PIXELS = 3.0
"""Enlargement of a pixel from which it is shown as a square."""


class Picture(Pane):
    """A picture fitted into its place, sides in proportion.

    The wheel enlarges it around the pointer, dragging moves it, a double click fits it again.
    """

    def __init__(
        self, name: str, name_for_readers: str, height: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, name_for_readers, height, parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._image = QImage()
        self._closer = 1.0
        self._middle = QPointF(0.5, 0.5)
        self._dragged: QPointF | None = None

    def show_pixels(self, pixels: NDArray[np.uint8]) -> None:
        """Show a picture, fitted.

        Args:
            pixels: uint8 [height, width, 3].
        """
        self._image = image_of(pixels)
        self.setAccessibleDescription(f"{pixels.shape[1]} × {pixels.shape[0]} pixels")
        self.fit()

    @property
    def closer(self) -> float:
        """How many times larger than fitted it is shown."""
        return self._closer

    def fit(self) -> None:
        """Show all of it."""
        self._closer, self._middle = 1.0, QPointF(0.5, 0.5)
        self.unsetCursor()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it; small ones with visible pixels."""
        painter = QPainter(self)
        self.ground(painter)
        if not self._image.isNull():
            place = self._place()
            enlarged = place.width() > _VISIBLE_PIXELS * self._image.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not enlarged)
            painter.setClipRect(self.rect())
            painter.drawImage(place, self._image)
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Closer or farther around the pointer."""
        if self._image.isNull():
            return
        before = self._share(event.position())
        factor = _STEP ** (event.angleDelta().y() / _WHEEL_NOTCH)
        self._closer = min(max(self._closer * factor, 1.0), CLOSEST)
        after = self._share(event.position())
        self._move(before - after)
        if self._closer > 1:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.fit()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of it."""
        self._dragged = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move it."""
        if self._dragged is not None:
            self._move(self._share(self._dragged) - self._share(event.position()))
            self._dragged = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let it go."""
        self._dragged = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fit it again."""
        self.fit()

    def _place(self) -> QRectF:
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        width, height = size.width() * self._closer, size.height() * self._closer
        left = self.width() / 2 - self._middle.x() * width
        top = self.height() / 2 - self._middle.y() * height
        return QRectF(left, top, width, height)

    def _share(self, point: QPointF) -> QPointF:
        """Where a point lies on the picture, 0..1 each way."""
        place = self._place()
        return QPointF(
            (point.x() - place.left()) / max(place.width(), 1.0),
            (point.y() - place.top()) / max(place.height(), 1.0),
        )

    def _move(self, by: QPointF) -> None:
        moved = self._middle + by
        self._middle = QPointF(min(max(moved.x(), 0.0), 1.0), min(max(moved.y(), 0.0), 1.0))
        if self._closer <= 1:
            self._middle = QPointF(0.5, 0.5)
        self.update()
