"""Bars of what each modality added, and a heat table of it for each class."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from workbench.gui import theme
from workbench.gui.plots.insight.rows import NamedRows

_ROW = 44
_HIGH = 20
_SERIES = {"image": "image", "audio": "audio", "text": "text"}


@dataclass(frozen=True)
class Bar:
    """One bar.

    Args:
        name: of the modality.
        title: what stands beside it.
        value: how long it is; below 0 it goes to the left.
        low: where the value may lie at least.
        high: at most.
        words: what stands at its end.
    """

    name: str
    title: str
    value: float
    low: float
    high: float
    words: str


class ShareBars(NamedRows):
    """Level bars from a common zero, each with the range where it may lie.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "What each modality added", _ROW, 320, parent)
        self._bars: tuple[Bar, ...] = ()
        self._chosen = ""
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_bars(self, bars: tuple[Bar, ...], chosen: str) -> None:
        """Show these bars, one of them chosen."""
        self._bars, self._chosen = bars, chosen
        told = ", ".join(f"{bar.title} {bar.words}" for bar in bars)
        self.show_names(tuple(bar.name for bar in bars), told)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bars."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        worn = theme.current()
        metrics = QFontMetrics(self.font())
        names = max((metrics.horizontalAdvance(bar.title) for bar in self._bars), default=0) + 16
        words = max((metrics.horizontalAdvance(bar.words) for bar in self._bars), default=0) + 16
        low = min([0.0, *(min(bar.low, bar.value) for bar in self._bars)])
        high = max([1e-9, *(max(bar.high, bar.value) for bar in self._bars)])
        room = max(self.width() - names - words, 40)
        scale = room / (high - low)
        zero = names - low * scale
        for row, bar in enumerate(self._bars):
            middle = (row + 0.5) * _ROW
            if bar.name == self._chosen:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(worn.soft_accent))
                painter.drawRoundedRect(QRectF(0, row * _ROW + 2, self.width(), _ROW - 4), 6, 6)
            painter.setPen(QColor(worn.text))
            left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            painter.drawText(QRectF(8, row * _ROW, names, _ROW), left, bar.title)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(worn.colour_of(_SERIES[bar.name])))
            box = QRectF(QPointF(zero, middle - _HIGH / 2),
                         QPointF(zero + bar.value * scale, middle + _HIGH / 2))  # fmt: skip
            painter.drawRoundedRect(box.normalized(), 3, 3)
            painter.setPen(QPen(QColor(worn.text), 1.5))
            start, end = zero + bar.low * scale, zero + bar.high * scale
            painter.drawLine(QPointF(start, middle), QPointF(end, middle))
            for edge in (start, end):
                painter.drawLine(QPointF(edge, middle - 4), QPointF(edge, middle + 4))
            spot = QRectF(zero + max(bar.high, bar.value, 0) * scale + 8, row * _ROW, words, _ROW)
            painter.drawText(spot, left, bar.words)
        painter.setPen(QPen(QColor(worn.quiet), 1))
        painter.drawLine(QPointF(zero, 2), QPointF(zero, len(self._bars) * _ROW - 2))


class ClassHeat(QWidget):
    """A table of classes and modalities whose cells are the deeper the more was added.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("What each modality added for each class")
        self._rows: tuple[str, ...] = ()
        self._columns: tuple[str, ...] = ()
        self._titles: tuple[str, ...] = ()
        self._values: tuple[tuple[float, ...], ...] = ()
        self.setMouseTracking(True)

    def show_values(
        self, rows: tuple[str, ...], columns: tuple[str, ...], titles: tuple[str, ...],
        values: tuple[tuple[float, ...], ...],
    ) -> None:  # fmt: skip
        """Show a value for each row and column.

        Args:
            rows: names of the classes.
            columns: names of the modalities.
            titles: what stands above the columns.
            values: [rows][columns], in nats.
        """
        self._rows, self._columns, self._titles, self._values = rows, columns, titles, values
        self.setMinimumHeight((len(rows) + 1) * 24 + 4)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Wear another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell the cell under the pointer."""
        for row, name in enumerate(self._rows):
            for column, title in enumerate(self._titles):
                if self._cell(row, column).contains(event.position()):
                    words = (
                        f"{name}: the {title.lower()} adds {self._values[row][column]:+.2f} nats"
                    )
                    QToolTip.showText(event.globalPosition().toPoint(), words, self)
                    return
        QToolTip.hideText()

    def _names_width(self) -> float:
        metrics = QFontMetrics(self.font())
        widest = max((metrics.horizontalAdvance(name) for name in self._rows), default=0)
        return min(widest + 16.0, self.width() * 0.4)

    def _cell(self, row: int, column: int) -> QRectF:
        left = self._names_width()
        wide = (self.width() - left) / max(len(self._columns), 1)
        return QRectF(left + column * wide, (row + 1) * 24.0, wide - 3, 21)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the cells."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        worn = theme.current()
        metrics = QFontMetrics(self.font())
        most = max((abs(v) for row in self._values for v in row), default=1.0) or 1.0
        middle = Qt.AlignmentFlag.AlignCenter
        for column, title in enumerate(self._titles):
            box = self._cell(0, column).translated(0, -24)
            painter.setPen(QColor(worn.quiet))
            painter.drawText(box, middle, title)
        for row, name in enumerate(self._rows):
            whole = self._cell(row, 0)
            painter.setPen(QColor(worn.text))
            wide = self._names_width() - 8
            short = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, int(wide))
            left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            painter.drawText(QRectF(0, whole.top(), wide, whole.height()), left, short)
            for column, modality in enumerate(self._columns):
                value = self._values[row][column]
                ink = QColor(worn.colour_of(_SERIES[modality]) if value >= 0 else worn.quiet)
                ink.setAlphaF(0.08 + 0.72 * abs(value) / most)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(ink)
                box = self._cell(row, column)
                painter.drawRoundedRect(box, 3, 3)
                painter.setPen(QColor(worn.text))
                painter.drawText(box, middle, f"{value:+.2f}")
