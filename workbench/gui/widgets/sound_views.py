"""Sounds for the eye: waveform, log-mel spectrogram and the axis of time beneath them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme
from workbench.gui.pixels import Colours, image_of

FULL_SPAN = (-1.0, 1.0)
"""Of the spectrogram that a model gets: -80 dB to full scale."""
_RADIUS = 6.0
_INSET = 4.0
_STEP = 0.05
"""Share of the length that a key moves by."""
_APART = 56
"""Pixels between two times on the axis, at least."""


class Pane(QWidget):
    """Base: a rounded ground that redraws when the theme changes.

    Args:
        name: its ``objectName``.
        name_for_readers: its accessible name.
        height: in device-independent pixels.
        parent: its parent.
    """

    def __init__(
        self, name: str, name_for_readers: str, height: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(name_for_readers)
        self.setMinimumHeight(height)
        self._height = height
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        """As high as was asked for."""
        return QSize(240, self._height)

    def changeEvent(self, event: QEvent) -> None:
        """Redraw in the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that keys arrive here."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys go elsewhere."""
        super().focusOutEvent(event)
        self.update()

    def ground(self, painter: QPainter) -> None:
        """Paint the rounded ground."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.current().ground))
        painter.drawRoundedRect(QRectF(self.rect()), _RADIUS, _RADIUS)

    def frame(self, painter: QPainter) -> None:
        """Paint a frame where the keyboard's focus is here."""
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.current().accent), 1))
            edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(edge, _RADIUS, _RADIUS)


class Timed(Pane):
    """Base of what shows a sound over time: a click seeks, a line shows what is heard.

    What stands still is painted once and kept, as the line moves many times a second.
    """

    sought = Signal(float)
    """The person wants to hear from this share of the length, 0..1."""

    toggled = Signal()
    """The person wants to play, or to stop."""

    def __init__(
        self, name: str, name_for_readers: str, height: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, name_for_readers, height, parent)
        self.heard = -1.0
        """The moment that is heard as a share of the length; below 0: none."""
        self.still = QPixmap()
        """What stands still; empty when it must be painted anew."""

    def show_heard(self, share: float) -> None:
        """Show which moment is heard.

        Args:
            share: of the length, 0..1; below 0: none.
        """
        if share != self.heard:
            for where in (self.heard, share):
                x = round(self._left_of(where))
                self.update(x - 2, 0, 5, self.height())
            self.heard = share

    def draw(self, painter: QPainter) -> None:
        """Paint what stands still; redefined by each."""

    def repaint_all(self) -> None:
        """Paint what stands still anew."""
        self.still = QPixmap()
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Redraw in the colours of another theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self.still = QPixmap()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Redraw in another size."""
        super().resizeEvent(event)
        self.still = QPixmap()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what stands still, and the line above it."""
        if self.still.isNull():
            ratio = self.devicePixelRatioF()
            self.still = QPixmap(self.size() * ratio)
            self.still.setDevicePixelRatio(ratio)
            self.still.fill(Qt.GlobalColor.transparent)
            inner = QPainter(self.still)
            self.ground(inner)
            self.draw(inner)
            inner.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self.still)
        if 0 <= self.heard <= 1:
            painter.setPen(QPen(QColor(theme.current().text), 1))
            x = self._left_of(self.heard)
            painter.drawLine(QPointF(x, 2), QPointF(x, self.height() - 2))
        self.frame(painter)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Seek."""
        if event.button() == Qt.MouseButton.LeftButton:
            inner = max(self.width() - 2 * _INSET, 1)
            share = (event.position().x() - _INSET) / inner
            self.sought.emit(min(max(share, 0.0), 1.0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right seek, Home begins, the space bar plays and stops."""
        steps = {Qt.Key.Key_Left: -_STEP, Qt.Key.Key_Right: _STEP, Qt.Key.Key_Home: -1.0}
        key = Qt.Key(event.key())
        if key in steps:
            self.sought.emit(min(max(max(self.heard, 0.0) + steps[key], 0.0), 1.0))
        elif key == Qt.Key.Key_Space:
            self.toggled.emit()
        else:
            super().keyPressEvent(event)

    def _left_of(self, share: float) -> float:
        return _INSET + share * (self.width() - 2 * _INSET)


class Waveform(Timed):
    """The course of a sound: the range of its samples in each column of pixels."""

    def __init__(
        self, name: str, name_for_readers: str, height: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, name_for_readers, height, parent)
        self._samples: NDArray[np.float32] = np.zeros(0, np.float32)

    def show_samples(self, samples: NDArray[np.float32]) -> None:
        """Show a sound.

        Args:
            samples: float32 [samples], -1..1.
        """
        self._samples = samples
        self.repaint_all()

    def draw(self, painter: QPainter) -> None:
        """Draw one line a column."""
        count, room = len(self._samples), max(self.width() - 2 * _INSET, 1)
        if not count:
            return
        columns = min(int(room), count)
        starts = np.linspace(0, count, columns, endpoint=False).astype(np.int64)
        lows = np.minimum.reduceat(self._samples, starts)
        highs = np.maximum.reduceat(self._samples, starts)
        loudest = max(float(highs.max()), float(-lows.min()), 1e-3)
        middle = self.height() / 2
        scale = (middle - _INSET) / loudest
        left = _INSET + np.arange(columns) * room / columns
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(QColor(theme.current().colour_of("audio")), 1))
        painter.drawLines(
            [
                QLineF(x, middle - high * scale, x, middle - low * scale)
                for x, high, low in zip(left.tolist(), highs.tolist(), lows.tolist(), strict=True)
            ]
        )


class Spectrogram(Timed):
    """Log-mel energies: time to the right, pitch upwards, louder is stronger in colour."""

    def __init__(
        self, name: str, name_for_readers: str, height: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, name_for_readers, height, parent)
        self._log_mel: NDArray[Any] = np.zeros((0, 0))
        self._span: tuple[float, float] | None = None

    def show_log_mel(self, log_mel: NDArray[Any], span: tuple[float, float] | None = None) -> None:
        """Show a spectrogram.

        Args:
            log_mel: [frames, bands].
            span: what is silence and what is loudest; None: as the sound itself says. With a span
                each value is a rectangle of its own, as a model gets it.
        """
        self._log_mel, self._span = log_mel, span
        self.repaint_all()

    def draw(self, painter: QPainter) -> None:
        """Draw it over the whole width."""
        if self._log_mel.size:
            picture = image_of(Colours.worn().of(self._log_mel, self._span))
            smooth = QPainter.RenderHint.SmoothPixmapTransform
            painter.setRenderHint(smooth, self._span is None)
            room = QRectF(self.rect()).adjusted(_INSET, _INSET, -_INSET, -_INSET)
            painter.drawImage(room, picture)


class TimeAxis(Timed):
    """Seconds beneath waveform and spectrogram."""

    def __init__(
        self, name: str, name_for_readers: str, height: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, name_for_readers, height, parent)
        self.setFixedHeight(height)
        self._seconds = 0.0

    def show_seconds(self, seconds: float) -> None:
        """Show this length.

        Args:
            seconds: of the sound.
        """
        if seconds != self._seconds:
            self._seconds = seconds
            self.repaint_all()

    def ground(self, painter: QPainter) -> None:
        """Nothing: it stands on the card."""

    def draw(self, painter: QPainter) -> None:
        """Write times that are round and far enough apart to be read."""
        room = self.width() - 2 * _INSET
        step = tick_step(self._seconds, room / _APART)
        if not step:
            return
        painter.setPen(QColor(theme.current().quiet))
        font = self.font()
        font.setPixelSize(theme.QUIET - 1)
        painter.setFont(font)
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        for number in range(int(self._seconds / step + 1e-6) + 1):
            at = number * step
            x = _INSET + at / self._seconds * room
            words = f"{at:.{digits}f} s"
            width = painter.fontMetrics().horizontalAdvance(words)
            # The first and the last must not leave the widget.
            left = min(max(x - width / 2, 0.0), self.width() - width)
            painter.drawText(QPointF(left, painter.fontMetrics().ascent() + 1), words)


def tick_step(seconds: float, most: float) -> float:
    """Distance of round times on an axis.

    Args:
        seconds: length of the axis.
        most: how many times there is room for.

    Returns:
        1, 2 or 5 times a power of ten seconds; 0 where the axis has no length or no room.
    """
    if seconds <= 0 or most < 1:
        return 0.0
    least = seconds / most
    ten = 10.0 ** math.floor(math.log10(least))
    return next(ten * times for times in (1, 2, 5, 10) if ten * times >= least * (1 - 1e-9))
