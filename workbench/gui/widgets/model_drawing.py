"""The model as a drawing: inputs, encoders, fusion, head and loss."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme
from workbench.gui.outline import Node, Outline

_HEIGHT, _HIGHEST, _GAP = 34.0, 56.0, 8.0
_WIDEST, _NARROWEST = 190.0, 76.0
_WIDEST_LINK = 96.0


class ModelDrawing(QWidget):
    """Boxes in the colour of their modality, joined from left to right.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("The model")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self._outline = Outline()

    def show_outline(self, outline: Outline) -> None:
        """Draw these boxes."""
        if outline != self._outline:
            self._outline = outline
            self.setAccessibleDescription(outline.in_words())
            self.setToolTip("")
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Room for one row a modality."""
        rows = max(1, len(self._outline.branches))
        return QSize(560, round(rows * (_HEIGHT + _GAP) - _GAP) + 2)

    def minimumSizeHint(self) -> QSize:
        """Boxes shorten their words before they overlap."""
        return QSize(420, self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        """Redraw in the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw lines, then boxes."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        branches, trunk = self._places()
        painter.setPen(QPen(QColor(theme.current().quiet), 1.2))
        for row in branches:
            for left, right in pairwise(row):
                _link(painter, left, right)
            if row and trunk:
                _link(painter, row[-1], trunk[0])
        for left, right in pairwise(trunk):
            _link(painter, left, right)
        for nodes, boxes in zip(self._outline.branches, branches, strict=True):
            for node, box in zip(nodes, boxes, strict=True):
                _draw(painter, node, box)
        for node, box in zip(self._outline.trunk, trunk, strict=True):
            _draw(painter, node, box)
        painter.end()

    def _places(self) -> tuple[list[list[QRectF]], list[QRectF]]:
        """Where the boxes stand, by branch and in the trunk."""
        rows = self._outline.branches
        if not rows:
            return [], []
        depth = max(len(row) for row in rows)
        count = depth + len(self._outline.trunk)
        # A link is 0.45 of a box wide, both bounded so that a wide window does not look empty.
        unit = (self.width() - 2) / (count + (count - 1) * 0.45)
        box = min(max(unit, _NARROWEST), _WIDEST)
        link = min((self.width() - 2 - count * box) / max(1, count - 1), _WIDEST_LINK)
        start = max(1.0, (self.width() - count * box - (count - 1) * link) / 2)
        left = [start + column * (box + link) for column in range(count)]
        room = (self.height() - 2 + _GAP) / len(rows) - _GAP
        high = min(max(room * 0.8 if room > _HIGHEST else room, _HEIGHT), _HIGHEST)
        gap = min(max(_GAP, room - high), 2 * _GAP)
        height = len(rows) * (high + gap) - gap
        top = max(1.0, (self.height() - height) / 2)
        branches = [
            [QRectF(left[c], top + r * (high + gap), box, high) for c in range(len(row))]
            for r, row in enumerate(rows)
        ]
        middle = top + (height - high) / 2
        trunk = [QRectF(x, middle, box, high) for x in left[depth:]]
        return branches, trunk


def _link(painter: QPainter, left: QRectF, right: QRectF) -> None:
    start = QPointF(left.right(), left.center().y())
    end = QPointF(right.left(), right.center().y())
    bend = (end.x() - start.x()) / 2
    path = QPainterPath(start)
    path.cubicTo(start + QPointF(bend, 0), end - QPointF(bend, 0), end)
    painter.drawPath(path)


def _draw(painter: QPainter, node: Node, box: QRectF) -> None:
    worn = theme.current()
    line = QColor(worn.colour_of(node.series)) if node.series else QColor(worn.quiet)
    painter.save()
    painter.setPen(QPen(line, 1.2))
    painter.setBrush(QColor(worn.panel))
    painter.drawRoundedRect(box, 7, 7)
    wash = QColor(line)
    wash.setAlphaF(0.14)
    painter.setBrush(wash)
    painter.drawRoundedRect(box, 7, 7)
    slack = max(1.0, (box.height() - 32) / 2)
    inner = box.adjusted(6, slack, -6, -slack)
    title, detail = inner, QRectF()
    if node.detail:
        half = inner.height() / 2
        title = QRectF(inner.left(), inner.top(), inner.width(), half + 1)
        detail = QRectF(inner.left(), inner.top() + half, inner.width(), half)
    _write(painter, node.title, title, worn.text, 12, QFont.Weight.DemiBold)
    _write(painter, node.detail, detail, worn.quiet, 11, QFont.Weight.Normal)
    painter.restore()


def _write(
    painter: QPainter, words: str, box: QRectF, colour: str, size: int, weight: QFont.Weight
) -> None:
    font = painter.font()
    font.setPixelSize(size)
    font.setWeight(weight)
    painter.setFont(font)
    painter.setPen(QColor(colour))
    short = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(box.width()))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, short)
