"""A picture that can be looked at closely."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme
from workbench.gui.pixels import image_of
from workbench.gui.widgets.sound_views import Pane

CLOSEST = 32.0
"""Largest enlargement over the fitted size."""
_STEP = 1.25
_WHEEL_NOTCH = 120
_KEY_MOVE = 0.1
_VISIBLE_PIXELS = 3.0
"""Enlargement of a pixel from which it is shown as a square."""


class Picture(Pane):
    """A picture fitted into its place, sides in proportion.

    The wheel, or plus and minus, enlarges it around the pointer or its middle; dragging or the
    arrows move it; a double click, or 0 and 1, goes between fitted and 100 %.
    """

    zoomed = Signal()
    """It is shown larger or smaller."""

    def __init__(
        self, name: str, name_for_readers: str, height: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, name_for_readers, height, parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._image = QImage()
        self._closer = 1.0
        self._middle = QPointF(0.5, 0.5)
        self._dragged: QPointF | None = None

    def show_pixels(self, pixels: NDArray[np.uint8]) -> None:
        """Show a picture, fitted.

        Args:
            pixels: uint8 [height, width, 3].
        """
        self.show_image(image_of(pixels))

    def show_image(self, image: QImage) -> None:
        """Show a picture, fitted.

        Args:
            image: any picture.
        """
        self._image = image
        self.setAccessibleDescription(f"{image.width()} × {image.height()} pixels")
        self.fit()

    @property
    def closer(self) -> float:
        """How many times larger than fitted it is shown."""
        return self._closer

    @property
    def percent(self) -> float:
        """Size in percent: 100 shows each of its pixels as one of the window."""
        return 100 * self._fitted() * self._closer

    def fit(self) -> None:
        """Show all of it."""
        self._become(1.0, QPointF(0.5, 0.5))

    def actual(self) -> None:
        """Show it at 100 %, around what is in the middle now."""
        if not self._image.isNull():
            self._become(1 / self._fitted(), self._middle)

    def enlarge(self, times: float, around: QPointF | None = None) -> None:
        """Show it larger or smaller.

        Args:
            times: than now.
            around: the point that stays where it is; None: the middle.
        """
        if self._image.isNull():
            return
        point = around or QPointF(self.width() / 2, self.height() / 2)
        before = self._share(point)
        natural = 1 / self._fitted()
        lowest, highest = min(1.0, natural), max(CLOSEST, natural)
        self._closer = min(max(self._closer * times, lowest), highest)
        self._become(self._closer, self._middle + before - self._share(point))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it; small ones with visible pixels."""
        painter = QPainter(self)
        self.ground(painter)
        if not self._image.isNull():
            place = self._place()
            squares = place.width() > _VISIBLE_PIXELS * self._image.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not squares)
            painter.setClipRect(self.rect())
            painter.drawImage(place, self._image)
            painter.setClipping(False)
        if self._closer != 1.0:
            self._tell(painter)
        self.frame(painter)
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Closer or farther around the pointer."""
        self.enlarge(_STEP ** (event.angleDelta().y() / _WHEEL_NOTCH), event.position())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zoom and move by keys."""
        key, far = Qt.Key, _KEY_MOVE / self._closer
        moves = {
            key.Key_Left: QPointF(-far, 0), key.Key_Right: QPointF(far, 0),
            key.Key_Up: QPointF(0, -far), key.Key_Down: QPointF(0, far),
        }  # fmt: skip
        pressed = Qt.Key(event.key())
        if pressed in (key.Key_Plus, key.Key_Equal):
            self.enlarge(_STEP)
        elif pressed == key.Key_Minus:
            self.enlarge(1 / _STEP)
        elif pressed == key.Key_0:
            self.fit()
        elif pressed == key.Key_1:
            self.actual()
        elif pressed in moves and self._closer > 1:
            self._become(self._closer, self._middle + moves[pressed])
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of it."""
        self._dragged = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move it."""
        if self._dragged is not None:
            moved = self._share(self._dragged) - self._share(event.position())
            self._dragged = event.position()
            self._become(self._closer, self._middle + moved)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let it go."""
        self._dragged = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """From fitted to 100 %, and back."""
        if self._closer == 1.0:
            self.actual()
        else:
            self.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another room gives another percentage."""
        super().resizeEvent(event)
        self.zoomed.emit()

    def _become(self, closer: float, middle: QPointF) -> None:
        changed = closer != self._closer
        self._closer = closer
        if closer <= 1:
            middle = QPointF(0.5, 0.5)
        self._middle = QPointF(min(max(middle.x(), 0.0), 1.0), min(max(middle.y(), 0.0), 1.0))
        if closer > 1:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.unsetCursor()
        self.update()
        if changed:
            self.zoomed.emit()

    def _tell(self, painter: QPainter) -> None:
        """The percentage in a corner."""
        worn, words = theme.current(), f"{self.percent:,.0f} %"
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = painter.fontMetrics().horizontalAdvance(words) + 12
        box = QRectF(self.width() - width - 6, self.height() - 26, width, 20)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(worn.panel))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QPen(QColor(worn.text)))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def _fitted(self) -> float:
        """Pixels of the window for one of the picture when all of it is shown."""
        if self._image.isNull():
            return 1.0
        across = self.width() / self._image.width()
        return max(min(across, self.height() / self._image.height()), 1e-6)

    def _place(self) -> QRectF:
        scale = self._fitted() * self._closer
        width, height = self._image.width() * scale, self._image.height() * scale
        left = self.width() / 2 - self._middle.x() * width
        top = self.height() / 2 - self._middle.y() * height
        return QRectF(left, top, width, height)

    def _share(self, point: QPointF) -> QPointF:
        """Where a point lies on the picture, 0..1 each way."""
        place = self._place()
        return QPointF(
            (point.x() - place.left()) / max(place.width(), 1e-6),
            (point.y() - place.top()) / max(place.height(), 1e-6),
        )
