"""Sounds for the eye: waveform and log-mel spectrogram."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme

_RADIUS = 6.0
_INSET = 4.0


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

    def ground(self, painter: QPainter) -> None:
        """Paint the rounded ground."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.current().ground))
        painter.drawRoundedRect(QRectF(self.rect()), _RADIUS, _RADIUS)


class Timed(Pane):
    """Base of what shows a sound over time: a click seeks, a line shows what is heard."""

    sought = Signal(float)
    """The person clicked at this share of the length, 0..1."""

    def __init__(
        self, name: str, name_for_readers: str, height: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, name_for_readers, height, parent)
        self._heard = -1.0

    def show_heard(self, share: float) -> None:
        """Show which moment is heard.

        Args:
            share: of the length, 0..1; below 0: none.
        """
        self._heard = share
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Seek."""
        if event.button() == Qt.MouseButton.LeftButton:
            inner = max(self.width() - 2 * _INSET, 1)
            share = (event.position().x() - _INSET) / inner
            self.sought.emit(min(max(share, 0.0), 1.0))

    def playhead(self, painter: QPainter) -> None:
        """Paint the line."""
        if self._heard >= 0:
            painter.setPen(QPen(QColor(theme.current().text), 1))
            x = _INSET + self._heard * (self.width() - 2 * _INSET)
            painter.drawLine(QPointF(x, 2), QPointF(x, self.height() - 2))


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
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw one line a column."""
        painter = QPainter(self)
        self.ground(painter)
        count = len(self._samples)
        if count:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QPen(QColor(theme.current().colour_of("audio")), 1))
            columns = min(self.width() - 8, count)
            starts = np.linspace(0, count, columns, endpoint=False).astype(np.int64)
            lows = np.minimum.reduceat(self._samples, starts)
            highs = np.maximum.reduceat(self._samples, starts)
            middle = self.height() / 2
            scale = (self.height() / 2 - 4) / max(float(np.abs(self._samples).max()), 1e-3)
            for column in range(columns):
                x = 4 + column * (self.width() - 8) / columns
                painter.drawLine(
                    QPointF(x, middle - float(highs[column]) * scale),
                    QPointF(x, middle - float(lows[column]) * scale),
                )
        self.playhead(painter)
        painter.end()


class Spectrogram(Timed):
    """Log-mel energies: time to the right, pitch upwards, louder is stronger in colour."""

    def __init__(
        self, name: str, name_for_readers: str, height: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, name_for_readers, height, parent)
        self._log_mel: NDArray[Any] = np.zeros((0, 0))

    def show_log_mel(self, log_mel: NDArray[Any]) -> None:
        """Show a spectrogram.

        Args:
            log_mel: [frames, bands].
        """
        self._log_mel = log_mel
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it over the whole width."""
        painter = QPainter(self)
        self.ground(painter)
        if self._log_mel.size:
            picture = image_of(spectrogram_pixels(self._log_mel))
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(self.rect()).adjusted(_INSET, 4, -_INSET, -4), picture)
        self.playhead(painter)
        painter.end()


def spectrogram_pixels(log_mel: NDArray[Any]) -> NDArray[np.uint8]:
    """Log-mel energies in the theme's colours.

    Args:
        log_mel: [frames, bands].

    Returns:
        uint8 [bands, frames, 3], the lowest band at the bottom.
    """
    worn = theme.current()
    stops = [_rgb(worn.ground), _rgb(worn.colour_of("audio")), _rgb(worn.text)]
    table = np.stack(
        [np.interp(np.arange(256), [0, 176, 255], [stop[c] for stop in stops]) for c in range(3)],
        axis=1,
    )
    # The quiet third of a spectrogram is noise; it becomes the ground.
    low, high = float(np.percentile(log_mel, 33)), float(log_mel.max())
    level = np.clip((log_mel - low) / max(high - low, 1e-6), 0, 1) * 255
    coloured: NDArray[np.uint8] = table[level.astype(np.uint8).T[::-1]].astype(np.uint8)
    return coloured


def image_of(pixels: NDArray[np.uint8]) -> QImage:
    """A picture for painting.

    Args:
        pixels: uint8 [height, width, 3].
    """
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    # The copy lets the array go.
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _rgb(colour: str) -> tuple[int, int, int]:
    made = QColor(colour)
    return made.red(), made.green(), made.blue()
