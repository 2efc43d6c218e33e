"""The model as a drawing: inputs, encoders, fusion, heads, losses, and what is aligned."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.gui import theme
from workbench.gui.outline import Node, Outline, short
from workbench.gui.widgets.model_places import GAP, HEIGHT, Places, arrange

_THREE_LINES = 50.0
"""Height from which a box has a line for its figures."""


class ModelDrawing(QWidget):
    """Boxes in the colour of their modality, joined from left to right.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    visited = Signal(str)
    """The place of the spec whose box was clicked."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("The model")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self.setMouseTracking(True)
        self._outline = Outline()
        self._over: Node | None = None

    def show_outline(self, outline: Outline) -> None:
        """Draw these boxes."""
        if outline != self._outline:
            self._outline, self._over = outline, None
            self.setAccessibleDescription(outline.in_words())
            self.updateGeometry()
            self.update()

    def places(self) -> Places:
        """Where everything stands."""
        return arrange(self._outline, self.width(), self.height())

    def sizeHint(self) -> QSize:
        """Room for one row a modality."""
        rows = max(1, len(self._outline.branches))
        return QSize(560, round(rows * (HEIGHT + GAP) - GAP) + 2)

    def minimumSizeHint(self) -> QSize:
        """Boxes shorten their words before they overlap."""
        return QSize(420, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Say more of the box under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            node = self.places().node_at(event.pos().toPointF())
            words = "" if node is None else f"{node.in_words()}\nClick to go to its form."
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        """Redraw in the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark the box under the pointer."""
        self._mark(self.places().node_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Mark none."""
        self._mark(None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click leads to the form of the box."""
        node = self.places().node_at(event.position())
        if node is not None and node.place and event.button() == Qt.MouseButton.LeftButton:
            self.visited.emit(node.place)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw lines, then boxes, then the tags on the lines."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        worn, places = theme.current(), self.places()
        painter.setPen(QPen(QColor(worn.quiet), 1.2))
        for line in places.lines:
            painter.drawPath(line)
        painter.setPen(QPen(QColor(worn.colour_of("fused")), 1.4, Qt.PenStyle.DashLine))
        for dash in places.dashes:
            painter.drawPath(dash)
        for box, node in places.boxes:
            _draw(painter, node, box, node is self._over)
        for box, node in places.tags:
            _draw_tag(painter, node, box, node is self._over)
        painter.end()

    def _mark(self, node: Node | None) -> None:
        if node is not self._over:
            self._over = node
            pointing = Qt.CursorShape.PointingHandCursor
            self.setCursor(Qt.CursorShape.ArrowCursor if node is None else pointing)
            self.update()


def _draw(painter: QPainter, node: Node, box: QRectF, marked: bool) -> None:
    worn = theme.current()
    line = QColor(worn.colour_of(node.series)) if node.series else QColor(worn.quiet)
    painter.save()
    _frame(painter, box, line, 7, marked)
    lines = [(node.title, worn.text, 12, QFont.Weight.DemiBold)]
    roomy = box.height() >= _THREE_LINES
    detail, figures = node.detail, node.figures
    if not roomy and node.size is not None:
        detail, figures = f"{detail} · {short(node.size.parameters)}".strip(" ·"), ""
    lines += [(words, worn.quiet, 11, QFont.Weight.Normal) for words in (detail, figures) if words]
    # Two lines stand close together; one alone stands in the middle.
    high = min(16.0, (box.height() - 4) / len(lines))
    top = box.center().y() - high * len(lines) / 2
    for number, (words, colour, size, weight) in enumerate(lines):
        inner = QRectF(box.left() + 5, top + number * high, box.width() - 10, high)
        _write(painter, words, inner, colour, size, weight)
    painter.restore()


def _draw_tag(painter: QPainter, node: Node, box: QRectF, marked: bool) -> None:
    worn = theme.current()
    painter.save()
    line = QColor(worn.colour_of(node.series or "fused"))
    _frame(painter, box, line, box.height() / 2, marked)
    _write(painter, node.title, box.adjusted(4, 0, -4, 0), worn.text, 10, QFont.Weight.Medium)
    painter.restore()


def _frame(painter: QPainter, box: QRectF, line: QColor, corner: float, marked: bool) -> None:
    """A rounded box, washed in the colour of its line; the panel lies beneath the wash."""
    painter.setPen(QPen(line, 2.4 if marked else 1.2))
    painter.setBrush(QColor(theme.current().panel))
    painter.drawRoundedRect(box, corner, corner)
    wash = QColor(line)
    wash.setAlphaF(0.24 if marked else 0.14)
    painter.setBrush(wash)
    painter.drawRoundedRect(box, corner, corner)


def _write(
    painter: QPainter, words: str, box: QRectF, colour: str, size: int, weight: QFont.Weight
) -> None:
    font = painter.font()
    font.setPixelSize(size)
    font.setWeight(weight)
    painter.setFont(font)
    painter.setPen(QColor(colour))
    short_words = painter.fontMetrics().elidedText(
        words, Qt.TextElideMode.ElideRight, int(box.width())
    )
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, short_words)
