"""What a model says, as bars; what it said before stays as a mark."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from workbench.gui import theme
from workbench.gui.plots.insight.rows import NamedRows
from workbench.gui.presenters.insight.microscope import Bar

_ROW = 34


class AnswerBars(NamedRows):
    """A bar for each class: its length is the probability, a mark where it was before.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "What the model says", _ROW, 220, parent)
        self._bars: tuple[Bar, ...] = ()

    def show_bars(self, bars: tuple[Bar, ...]) -> None:
        """Show these bars."""
        self._bars = bars
        told = [f"{bar.name} {bar.words}{', the truth' if bar.true else ''}" for bar in bars]
        self.setToolTip("Click a bar to have it explained." if len(bars) > 1 else "")
        self.show_names(tuple(bar.name for bar in bars), "; ".join(told))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bars."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row, bar in enumerate(self._bars):
            self._paint(painter, bar, QRectF(0, row * _ROW, self.width(), _ROW))

    def _paint(self, painter: QPainter, bar: Bar, room: QRectF) -> None:
        worn = theme.current()
        metrics = QFontMetrics(self.font())
        words = metrics.horizontalAdvance(bar.words)
        line = QRectF(room.left(), room.top() + 2, room.width(), 18)
        painter.setPen(QColor(worn.text))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(line, right, bar.words)
        name = f"{bar.name}{'  ✓' if bar.true else ''}"
        short = metrics.elidedText(
            name, Qt.TextElideMode.ElideMiddle, int(room.width()) - words - 12
        )
        font = self.font()
        font.setBold(bar.explained)
        painter.setFont(font)
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, short)
        painter.setFont(self.font())
        if bar.share < 0:
            return
        track = QRectF(room.left(), room.top() + 22, room.width(), 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(worn.hover))
        painter.drawRoundedRect(track, 3, 3)
        painter.setBrush(QColor(worn.good if bar.true else worn.accent))
        full = QRectF(track.left(), track.top(), max(track.width() * bar.share, 0), track.height())
        painter.drawRoundedRect(full, 3, 3)
        if abs(bar.before - bar.share) > 0.005:
            spot = track.left() + track.width() * bar.before
            painter.setPen(QPen(QColor(worn.text), 2))
            painter.drawLine(QPointF(spot, track.top() - 3), QPointF(spot, track.bottom() + 3))
