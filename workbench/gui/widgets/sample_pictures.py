"""Small pictures on the cards of sample projects, painted in the colours of the theme."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme

_RADIUS = 8.0


class SamplePicture(QWidget):
    """What a sample project is about, at a glance.

    Args:
        name: of the sample; one without a picture of its own gets one of its modalities.
        modalities: what a sample consists of.
        parent: its parent.
    """

    def __init__(
        self, name: str, modalities: tuple[str, ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name, self._modalities = name, modalities
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(96)
        self.setMaximumHeight(330)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(240, 176)

    def changeEvent(self, event: QEvent) -> None:
        """Redraw in the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a soft ground and the picture in its middle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QRectF(self.rect())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.current().soft_accent))
        painter.drawRoundedRect(ground, _RADIUS, _RADIUS)
        # Pictures are drawn on a field of 240 × 120 and fitted in.
        scale = min(ground.width() / 240, ground.height() / 120)
        painter.translate(ground.center())
        painter.scale(scale, scale)
        painter.translate(-120, -60)
        draw = _PICTURES.get(self._name)
        if draw is not None:
            draw(painter)
        else:
            _modalities(painter, self._modalities)
        painter.end()


def _colour(series: str | int) -> QColor:
    return QColor(theme.current().colour_of(series))


def _shapes(painter: QPainter) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_colour("image"))
    painter.drawEllipse(QRectF(22, 16, 44, 44))
    painter.setBrush(_colour("audio"))
    painter.drawRoundedRect(QRectF(80, 18, 40, 40), 4, 4)
    painter.setBrush(_colour("text"))
    painter.drawPolygon(QPolygonF([QPointF(156, 16), QPointF(181, 60), QPointF(131, 60)]))
    painter.setBrush(_colour("fused"))
    painter.drawPolygon(_star(QPointF(208, 39), 23))
    _wave(painter, QRectF(22, 68, 110, 36))
    _lines(painter, QRectF(146, 74, 76, 26))


def _gauges(painter: QPainter) -> None:
    worn = theme.current()
    middle, radius = QPointF(84, 64), 56.0
    painter.setBrush(QColor(worn.panel))
    painter.setPen(QPen(_colour("image"), 3))
    painter.drawEllipse(middle, radius - 8, radius - 8)
    painter.setPen(QPen(QColor(worn.quiet), 2))
    for tick in range(11):
        angle = math.radians(225 - 27 * tick)
        away = QPointF(math.cos(angle), -math.sin(angle))
        painter.drawLine(middle + away * (radius - 20), middle + away * (radius - 14))
    needle = math.radians(62)
    painter.setPen(QPen(_colour("audio"), 3.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(middle, middle + QPointF(math.cos(needle), -math.sin(needle)) * (radius - 20))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_colour("audio"))
    painter.drawEllipse(middle, 4.5, 4.5)
    painter.setBrush(QColor(worn.panel))
    painter.setPen(QPen(_colour("text"), 2))
    painter.drawRoundedRect(QRectF(154, 33, 70, 62), 6, 6)
    _lines(painter, QRectF(164, 45, 50, 38))


def _digits(painter: QPainter) -> None:
    worn = theme.current()
    ink = _colour("image")
    for number, (words, left) in enumerate((("3", 22.0), ("7", 86.0))):
        page = QRectF(left, 14, 54, 54)
        painter.setPen(QPen(QColor(worn.quiet), 1))
        painter.setBrush(QColor(worn.panel))
        painter.drawRoundedRect(page, 5, 5)
        font = QFont(painter.font())
        font.setPixelSize(42)
        font.setItalic(True)
        painter.setFont(font)
        painter.setPen(ink)
        painter.drawText(page, Qt.AlignmentFlag.AlignCenter, words)
        if number:
            painter.setPen(Qt.PenStyle.NoPen)
            blot = QColor(ink)
            blot.setAlphaF(0.75)
            painter.setBrush(blot)
            painter.drawEllipse(page.center() + QPointF(-6, 6), 15, 13)
            painter.drawEllipse(page.center() + QPointF(10, -8), 9, 10)
    _wave(painter, QRectF(152, 20, 70, 42))
    _lines(painter, QRectF(22, 84, 118, 24))


def _modalities(painter: QPainter, modalities: tuple[str, ...]) -> None:
    width = 56.0
    left = 120 - (len(modalities) * (width + 12) - 12) / 2
    for number, modality in enumerate(modalities):
        box = QRectF(left + number * (width + 12), 32, width, 56)
        painter.setPen(QPen(_colour(modality if modality in _DRAWN else 3), 2))
        painter.setBrush(QColor(theme.current().panel))
        painter.drawRoundedRect(box, 8, 8)
        _DRAWN.get(modality, _lines)(painter, box.adjusted(10, 14, -10, -14))


def _sun(painter: QPainter, box: QRectF) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_colour("image"))
    painter.drawEllipse(box.topLeft() + QPointF(8, 6), 5, 5)
    painter.drawPolygon(
        QPolygonF(
            [box.bottomLeft(), QPointF(box.center().x() + 4, box.top() + 6), box.bottomRight()]
        )
    )


def _wave(painter: QPainter, box: QRectF) -> None:
    path = QPainterPath(QPointF(box.left(), box.center().y()))
    for step in range(1, 81):
        share = step / 80
        swing = math.sin(share * 8 * math.pi) * math.sin(share * math.pi) * box.height() / 2
        path.lineTo(box.left() + share * box.width(), box.center().y() - swing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(_colour("audio"), 2))
    painter.drawPath(path)


def _lines(painter: QPainter, box: QRectF) -> None:
    painter.setPen(QPen(_colour("text"), 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    for number, share in enumerate((1.0, 0.8, 0.55)):
        y = box.top() + number * box.height() / 2
        painter.drawLine(QPointF(box.left(), y), QPointF(box.left() + box.width() * share, y))


def _star(middle: QPointF, radius: float) -> QPolygonF:
    corners = []
    for corner in range(10):
        away = radius if corner % 2 == 0 else radius * 0.45
        angle = math.radians(90 + corner * 36)
        corners.append(middle + QPointF(math.cos(angle), -math.sin(angle)) * away)
    return QPolygonF(corners)


_DRAWN: Mapping[str, Callable[[QPainter, QRectF], None]] = {
    "image": _sun,
    "audio": _wave,
    "text": _lines,
}
_PICTURES: Mapping[str, Callable[[QPainter], None]] = {
    "shapes": _shapes,
    "gauges": _gauges,
    "digits": _digits,
}
