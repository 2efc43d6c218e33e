"""A picture, a spectrogram or words with the evidence laid over them.

What speaks for it is drawn in one colour and what speaks against it in another; both can be told
apart by people who do not see red or green.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme
from workbench.gui.pixels import Colours, image_of
from workbench.gui.widgets.sound_views import FULL_SPAN, Pane

_LOUD = 99.0
"""Percentile of the evidence that is drawn in full; a single place must not pale all others."""
_LEAST_DRAG = 0.02


def overlay(values: NDArray[np.float32], opacity: float) -> QImage:
    """Evidence as a picture that is laid over another one.

    Args:
        values: [height, width].
        opacity: of the strongest, 0..1.
    """
    worn = theme.current()
    top = float(np.percentile(np.abs(values), _LOUD)) or float(np.abs(values).max()) or 1.0
    strength = np.clip(np.abs(values) / top, 0, 1)
    good, bad = (QColor(c) for c in (worn.colour_of("validation"), worn.accent))
    rgba = np.empty((*values.shape, 4), np.uint8)
    for channel, part in enumerate(("red", "green", "blue")):
        both = (getattr(good, part)(), getattr(bad, part)())
        rgba[..., channel] = np.where(values >= 0, both[0], both[1])
    rgba[..., 3] = (255 * opacity * strength).astype(np.uint8)
    raw = np.ascontiguousarray(rgba)
    height, width = values.shape
    return QImage(raw.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()


class HeatPane(Pane):
    """Base: an image over which evidence lies, and on which a person can drag.

    Args:
        name: its ``objectName``.
        title: its accessible name.
        height: at least.
        parent: its parent.
    """

    dragged = Signal(object)
    """Left, top, width and height that were marked, as shares of the image; None: a click."""

    def __init__(self, name: str, title: str, height: int, parent: QWidget | None = None) -> None:
        super().__init__(name, title, height, parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._image = QImage()
        self._values: NDArray[np.float32] | None = None
        self._opacity = 0.75
        self._from: QPointF | None = None
        self._to = QPointF()

    def drop_evidence(self) -> None:
        """Show the image alone."""
        self._values = None
        self.update()

    def show_opacity(self, opacity: float) -> None:
        """Show the evidence stronger or fainter, 0..1."""
        self._opacity = opacity
        self.update()

    def _show(self, image: QImage, values: NDArray[np.float32] | None) -> None:
        self._image, self._values = image, values
        self.update()

    def place(self) -> QRectF:
        """Where the image lies."""
        return QRectF(self.rect())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the image, the evidence and what is being marked."""
        painter = QPainter(self)
        self.ground(painter)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if not self._image.isNull():
            painter.drawImage(self.place(), self._image)
            if self._values is not None:
                painter.drawImage(self.place(), overlay(self._values, self._opacity))
        if self._from is not None:
            painter.setPen(QPen(QColor(theme.current().text), 1, Qt.PenStyle.DashLine))
            painter.drawRect(self._marked())
        self.frame(painter)

    def _marked(self) -> QRectF:
        assert self._from is not None
        return QRectF(self._from, self._to).normalized().intersected(self.place())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to mark."""
        if event.button() == Qt.MouseButton.LeftButton and not self._image.isNull():
            self._from = self._to = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark."""
        if self._from is not None:
            self._to = event.position()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """What was marked is told."""
        if self._from is None:
            return
        box, room = self._marked(), self.place()
        self._from = None
        self.update()
        shares = (
            (box.left() - room.left()) / room.width(), (box.top() - room.top()) / room.height(),
            box.width() / room.width(), box.height() / room.height(),
        )  # fmt: skip
        self.dragged.emit(shares if self._is_wide(shares) else None)

    def _is_wide(self, shares: tuple[float, float, float, float]) -> bool:
        return min(shares[2:]) >= _LEAST_DRAG


class HeatPicture(HeatPane):
    """A picture as the model sees it, its sides in proportion."""

    def show_picture(self, pixels: NDArray[np.uint8], values: NDArray[np.float32] | None) -> None:
        """Show a picture.

        Args:
            pixels: uint8 [height, width, 3].
            values: evidence [height, width]; None: there is none.
        """
        self._show(image_of(pixels), values)

    def place(self) -> QRectF:
        """Fitted into the middle."""
        room = QRectF(self.rect())
        size = self._image.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        box = QRectF(QPointF(), size.toSizeF())
        box.moveCenter(room.center())
        return box


class HeatSpectrogram(HeatPane):
    """A spectrogram as the model hears it; marks are stretches of time."""

    def show_log_mel(self, log_mel: NDArray[Any], values: NDArray[np.float32] | None) -> None:
        """Show a spectrogram.

        Args:
            log_mel: [frames, bands].
            values: evidence of the same shape; None: there is none.
        """
        image = _grey(log_mel)
        # Time goes to the right and pitch upwards.
        turned = None if values is None else np.ascontiguousarray(values.T[::-1])
        self._show(image, turned)

    def show_wave(self, wave: NDArray[Any], values: NDArray[np.float32] | None) -> None:
        """Show how loud a wave is over time, as one row.

        Args:
            wave: [values].
            values: evidence of the same length; None: there is none.
        """
        loud = _binned(np.abs(wave.astype(np.float32)))[:, None]
        span = 2 * loud / max(float(loud.max()), 1e-6) - 1
        self._show(
            _grey(np.repeat(span, 8, axis=1)),
            None if values is None else np.repeat(_binned(values)[None], 8, axis=0),
        )

    def _marked(self) -> QRectF:
        box, room = super()._marked(), self.place()
        return QRectF(box.left(), room.top(), box.width(), room.height())

    def _is_wide(self, shares: tuple[float, float, float, float]) -> bool:
        return shares[2] >= _LEAST_DRAG


def _grey(log_mel: NDArray[Any]) -> QImage:
    """Without colours: those are the evidence's."""
    image = image_of(Colours.worn().of(log_mel, FULL_SPAN))
    return image.convertToFormat(QImage.Format.Format_Grayscale8)


def _binned(values: NDArray[np.float32], bins: int = 200) -> NDArray[np.float32]:
    parts = np.array_split(values, min(bins, len(values)))
    return np.array([part.mean() for part in parts], np.float32)


class HeatWords(QWidget):
    """Words in a line that breaks, each on a ground as strong as its evidence.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Words and their evidence")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._words: tuple[str, ...] = ()
        self._values: NDArray[np.float32] | None = None

    def show_words(self, words: tuple[str, ...], values: NDArray[np.float32] | None) -> None:
        """Show words.

        Args:
            words: in their order.
            values: evidence of each; None: there is none.
        """
        self._words = words
        self._values = None if values is None else values[: len(words)]
        told = [
            f"{w} {v:+.2f}" for w, v in zip(words, self._values, strict=False)
        ] if self._values is not None else list(words)  # fmt: skip
        self.setAccessibleDescription(", ".join(told[:60]))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for three lines."""
        return QSize(300, 3 * 30)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        worn = theme.current()
        metrics = QFontMetrics(self.font())
        values = self._values
        top = float(np.abs(values).max()) if values is not None and len(values) else 0.0
        left, line = 0.0, 0.0
        for place, word in enumerate(self._words):
            wide = metrics.horizontalAdvance(word) + 16
            if left + wide > self.width() and left:
                left, line = 0.0, line + 30
            box = QRectF(left, line, wide, 26)
            if values is not None and place < len(values) and top:
                value = float(values[place])
                ink = QColor(worn.colour_of("validation") if value >= 0 else worn.accent)
                ink.setAlphaF(0.1 + 0.65 * abs(value) / top)
                painter.setBrush(ink)
            else:
                painter.setBrush(QColor(worn.hover))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(box, 5, 5)
            painter.setPen(QColor(worn.text))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, word)
            left += wide + 4
