"""Sounds for the eye: waveform and log-mel spectrogram."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme

_RADIUS = 6.0


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


class Picture(Pane):
    """A picture fitted into its place, sides in proportion."""

    def __init__(
        self, name: str, name_for_readers: str, height: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, name_for_readers, height, parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._image = QImage()

    def show_pixels(self, pixels: NDArray[np.uint8]) -> None:
        """Show a picture.

        Args:
            pixels: uint8 [height, width, 3].
        """
        self._image = image_of(pixels)
        self.setAccessibleDescription(f"{pixels.shape[1]} × {pixels.shape[0]} pixels")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it as large as fits; small ones with visible pixels."""
        painter = QPainter(self)
        self.ground(painter)
        if not self._image.isNull():
            size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            enlarged = size.width() > 3 * self._image.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not enlarged)
            left, top = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
            painter.drawImage(QRectF(left, top, size.width(), size.height()), self._image)
        painter.end()


class Waveform(Pane):
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
        painter.end()


class Spectrogram(Pane):
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
            picture = image_of(self._colours())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(self.rect()).adjusted(4, 4, -4, -4), picture)
        painter.end()

    def _colours(self) -> NDArray[np.uint8]:
        """The energies in the theme's colours, uint8 [bands, frames, 3]."""
        worn = theme.current()
        stops = [_rgb(worn.ground), _rgb(worn.colour_of("audio")), _rgb(worn.text)]
        table = np.stack(
            [
                np.interp(np.arange(256), [0, 176, 255], [stop[c] for stop in stops])
                for c in range(3)
            ],
            axis=1,
        )
        # The quiet third of a spectrogram is noise; it becomes the ground.
        low, high = float(np.percentile(self._log_mel, 33)), float(self._log_mel.max())
        level = np.clip((self._log_mel - low) / max(high - low, 1e-6), 0, 1) * 255
        # The lowest band stands at the bottom, as on paper.
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
