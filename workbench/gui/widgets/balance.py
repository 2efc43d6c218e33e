"""How the values of a target are spread: bars of classes, or a histogram of numbers."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.gui import theme
from workbench.gui.presenters.data import Balance

_ROW, _AXIS = 20, 18


class BalanceView(QWidget):
    """Paints a ``Balance`` into the room that there is; what does not fit is counted.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("How the target is spread")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._balance = Balance()

    def show_balance(self, balance: Balance) -> None:
        """Show how values are spread."""
        self._balance = balance
        told = ", ".join(
            f"{name}: {count}" for name, count in zip(balance.names, balance.counts, strict=False)
        )
        self.setAccessibleDescription(f"{balance.note} {told}".strip())
        self.update()

    def sizeHint(self) -> QSize:
        """Room for some classes."""
        return QSize(260, 5 * _ROW)

    def minimumSizeHint(self) -> QSize:
        """Room for a few classes."""
        return QSize(180, 3 * _ROW)

    def changeEvent(self, event: QEvent) -> None:
        """Redraw in the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def event(self, event: QEvent) -> bool:
        """Tell the whole name and the count of the class under the pointer."""
        if isinstance(event, QHelpEvent) and self._balance.names:
            row = event.pos().y() // _ROW
            shown, _ = self._shown()
            if row < shown:
                words = f"{self._balance.names[row]}: {self._balance.counts[row]:,} samples"
                QToolTip.showText(event.globalPos(), words, self)
                return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw bars of classes or a histogram."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = painter.font()
        font.setPixelSize(theme.QUIET)
        painter.setFont(font)
        if self._balance.names:
            self._draw_classes(painter)
        elif self._balance.counts:
            self._draw_histogram(painter)
        painter.end()

    def _shown(self) -> tuple[int, int]:
        """How many classes are drawn, and how many are only counted."""
        room = max(1, self.height() // _ROW)
        count = len(self._balance.names)
        return (count, 0) if count <= room else (room - 1, count - room + 1)

    def _draw_classes(self, painter: QPainter) -> None:
        worn, balance = theme.current(), self._balance
        shown, more = self._shown()
        metrics = painter.fontMetrics()
        names = balance.names[:shown]
        widest = max((metrics.horizontalAdvance(name) for name in names), default=0)
        left = min(widest + 2, self.width() * 0.45)
        right = metrics.horizontalAdvance(f"{max(balance.counts):,}")
        room = self.width() - left - right - 20
        for row, (name, count) in enumerate(zip(names, balance.counts, strict=False)):
            line = QRectF(0, row * _ROW, self.width(), _ROW)
            short = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, int(left))
            painter.setPen(QColor(worn.text))
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, short)
            length = max(room * count / max(balance.counts), 2.0)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(worn.accent))
            painter.drawRoundedRect(QRectF(left + 10, line.top() + 5, length, _ROW - 10), 3, 3)
            painter.setPen(QColor(worn.quiet))
            painter.drawText(
                line.adjusted(left + 10 + length + 6, 0, 60, 0),
                Qt.AlignmentFlag.AlignVCenter,
                f"{count:,}",
            )
        if more:
            low, high = min(balance.counts[shown:]), max(balance.counts[shown:])
            span = f"{low:,}" if low == high else f"{low:,} to {high:,}"
            painter.setPen(QColor(worn.quiet))
            painter.drawText(
                QRectF(0, shown * _ROW, self.width(), _ROW),
                Qt.AlignmentFlag.AlignVCenter,
                f"and {more} more, {span} samples each",
            )

    def _draw_histogram(self, painter: QPainter) -> None:
        worn, balance = theme.current(), self._balance
        floor = self.height() - _AXIS
        width = self.width() / len(balance.counts)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(worn.accent))
        for number, count in enumerate(balance.counts):
            high = (floor - 4) * count / max(*balance.counts, 1)
            if count:
                bar = QRectF(number * width + 1, floor - high, width - 2, max(high, 1.5))
                painter.drawRoundedRect(bar, 2, 2)
        painter.setPen(QColor(worn.line))
        painter.drawLine(0, floor, self.width(), floor)
        painter.setPen(QColor(worn.quiet))
        axis = QRectF(0, floor + 2, self.width(), _AXIS - 2)
        flags = Qt.AlignmentFlag
        for value, side in (
            (balance.low, flags.AlignLeft),
            ((balance.low + balance.high) / 2, flags.AlignHCenter),
            (balance.high, flags.AlignRight),
        ):
            painter.drawText(axis, side | flags.AlignVCenter, f"{value:.4g}")
