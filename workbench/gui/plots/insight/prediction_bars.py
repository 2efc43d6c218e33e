"""What a model says of something new, as large bars; what it said before stays as a ghost."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme
from workbench.gui.plots.insight.rows import NamedRows
from workbench.gui.presenters.insight.tryit_words import Row

_ROW, _LEAST = 46, 32
"""Pixels of a row where there is room, and where there is little."""
_LINE, _THICK, _ENDS = 20, 10, 13
_ROUNDED = 6.0
"""A mark so near to the beginning would only cut off the round end."""
_SAME = 0.003
"""A ghost that lies nearer than this share of the width is not drawn."""


class PredictionBars(NamedRows):
    """A bar for each class, or a place on a scale for each number.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "What the model says", _ROW, 260, parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._rows: tuple[Row, ...] = ()
        self._kind = "shares"

    def show_rows(self, rows: tuple[Row, ...], kind: str) -> None:
        """Show these rows.

        Args:
            rows: the first on top.
            kind: shares, numbers or near.
        """
        self._rows, self._kind = rows, kind
        told = [f"{r.name} {r.words}{', the truth' if r.true else ''}" for r in rows]
        pointing = kind == "near" and bool(rows)
        self.setCursor(
            Qt.CursorShape.PointingHandCursor if pointing else Qt.CursorShape.ArrowCursor
        )
        self.setToolTip("Click a sample to look at it." if pointing else "")
        self.show_names(tuple(row.name for row in rows), "; ".join(told))

    def minimumSizeHint(self) -> QSize:
        """Rows move together where there is little room."""
        return QSize(160, len(self._rows) * _LEAST)

    def row_height(self) -> float:
        """Pixels of a row as they are now."""
        return min(float(_ROW), self.height() / max(len(self._rows), 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        high = self.row_height()
        for number, row in enumerate(self._rows):
            room = QRectF(0, number * high, self.width(), high)
            self._paint_words(painter, row, room)
            if row.place >= 0:
                thick = min(_THICK, high - _LINE - 4)
                track = QRectF(0, room.top() + _LINE + 1, self.width(), max(thick, 4.0))
                if self._kind == "numbers":
                    self._paint_scale(painter, row, track)
                    self._paint_ends(painter, row, track, room.bottom())
                else:
                    self._paint_bar(painter, row, track)
        painter.end()

    def _paint_words(self, painter: QPainter, row: Row, room: QRectF) -> None:
        worn = theme.current()
        line = QRectF(room.left(), room.top(), room.width(), _LINE)
        font = self.font()
        font.setBold(row.said)
        painter.setFont(font)
        metrics = QFontMetrics(font)
        painter.setPen(QColor(worn.text))
        centre = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(line, centre | Qt.AlignmentFlag.AlignRight, row.words)
        wide = int(room.width()) - metrics.horizontalAdvance(row.words) - 12
        name = f"{row.name}{'  ✓ the truth' if row.true else ''}"
        short = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, wide)
        painter.drawText(line, centre | Qt.AlignmentFlag.AlignLeft, short)
        painter.setFont(self.font())

    def _paint_bar(self, painter: QPainter, row: Row, track: QRectF) -> None:
        worn = theme.current()
        round_by = track.height() / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(worn.hover))
        painter.drawRoundedRect(track, round_by, round_by)
        if row.before > row.place + _SAME:
            ghost = QColor(worn.quiet)
            ghost.setAlphaF(0.35)
            painter.setBrush(ghost)
            painter.drawRoundedRect(_upto(track, row.before), round_by, round_by)
        painter.setBrush(QColor(worn.good if row.true else worn.accent))
        painter.drawRoundedRect(_upto(track, row.place), round_by, round_by)
        if row.before * track.width() > _ROUNDED and row.before < row.place - _SAME:
            # How far it reached before, inside of what it reaches now.
            painter.setPen(QPen(QColor(worn.panel), 2))
            x = track.left() + track.width() * row.before
            painter.drawLine(QPointF(x, track.top()), QPointF(x, track.bottom()))

    def _paint_scale(self, painter: QPainter, row: Row, track: QRectF) -> None:
        worn = theme.current()
        middle = track.center().y()
        painter.setPen(QPen(QColor(worn.line), 2))
        painter.drawLine(QPointF(track.left(), middle), QPointF(track.right(), middle))
        painter.setPen(Qt.PenStyle.NoPen)
        if row.between is not None:
            soft = QColor(worn.accent)
            soft.setAlphaF(0.3)
            painter.setBrush(soft)
            low, high = (track.left() + track.width() * share for share in row.between)
            band = QRectF(low, track.top(), max(high - low, 4.0), track.height())
            painter.drawRoundedRect(band, 4, 4)
        radius = track.height() / 2
        for share, colour in ((row.before, worn.quiet), (row.place, worn.accent)):
            if share >= 0:
                dot = QColor(colour)
                dot.setAlphaF(0.45 if colour == worn.quiet else 1.0)
                painter.setBrush(dot)
                x = track.left() + radius + (track.width() - 2 * radius) * share
                painter.drawEllipse(QPointF(x, middle), radius, radius)

    def _paint_ends(self, painter: QPainter, row: Row, track: QRectF, bottom: float) -> None:
        line = QRectF(track.left(), track.bottom() + 1, track.width(), _ENDS)
        if line.bottom() > bottom:
            return
        font = self.font()
        font.setPixelSize(theme.QUIET - 1)
        painter.setFont(font)
        painter.setPen(QColor(theme.current().quiet))
        for words, side in zip(
            row.ends, (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight), strict=True
        ):
            painter.drawText(line, side | Qt.AlignmentFlag.AlignTop, words)
        painter.setFont(self.font())


def _upto(track: QRectF, share: float) -> QRectF:
    """The part of a bar that is filled; never thinner than its ends are round."""
    wide = track.width() * min(max(share, 0.0), 1.0)
    return QRectF(track.left(), track.top(), max(wide, min(track.height(), 3.0)), track.height())
