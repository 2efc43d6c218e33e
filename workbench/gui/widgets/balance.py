"""How the values of a target are spread: bars of classes, or histograms of numbers.

Where the division is known, every bar is parted into what trains, validates and tests.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolTip, QWidget

from workbench.data.index import SPLITS
from workbench.gui import theme
from workbench.gui.presenters.balance import Balance, Parts
from workbench.gui.widgets.labels import label

_ROW, _AXIS, _TITLE = 20, 18, 16
_STRENGTH = (255, 150, 75)
"""How strong the accent is for samples that train, validate and test."""


def split_colour(number: int) -> QColor:
    """The colour of a split's part of a bar.

    Args:
        number: 0 train, 1 validation, 2 test.
    """
    colour = QColor(theme.current().accent)
    colour.setAlpha(_STRENGTH[number])
    return colour


class SplitLegend(QWidget):
    """Names the parts of the bars.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for number, split in enumerate(SPLITS):
            row.addWidget(_Swatch(number))
            row.addWidget(label(split, "quiet"))
            row.addSpacing(theme.GAP)
        row.addStretch(1)


class _Swatch(QWidget):
    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self.setFixedSize(10, 10)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a square of the colour."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(split_colour(self._number))
        painter.drawRoundedRect(self.rect(), 2, 2)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        """Redraw in the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()


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
        if balance == self._balance:
            return
        self._balance = balance
        told = ", ".join(_told(balance, row) for row in range(min(len(balance.names), 50)))
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
        """Tell the whole name and the counts of the class under the pointer."""
        if isinstance(event, QHelpEvent) and self._balance.names:
            row = event.pos().y() // _ROW
            shown, _ = self._shown()
            if row < shown:
                QToolTip.showText(event.globalPos(), _told(self._balance, row), self)
                return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw bars of classes or histograms."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = painter.font()
        font.setPixelSize(theme.QUIET)
        painter.setFont(font)
        balance = self._balance
        if balance.names:
            self._draw_classes(painter)
        elif balance.panels:
            self._draw_panels(painter)
        elif balance.counts:
            _draw_histogram(painter, balance, QRectF(self.rect()), theme.current())
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
            length = max(room * count / max(*balance.counts, 1), 2.0)
            bar = QRectF(left + 10, line.top() + 5, length, _ROW - 10)
            _draw_bar(painter, bar, count, balance.parts[row] if balance.parts else None)
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

    def _draw_panels(self, painter: QPainter) -> None:
        """Small histograms beside and below each other, each with its name."""
        worn, panels = theme.current(), self._balance.panels
        columns = min(len(panels), 3 if self.width() >= 420 else 2)
        rows = math.ceil(len(panels) / columns)
        width, height = self.width() / columns, self.height() / rows
        for number, panel in enumerate(panels):
            x, y = (number % columns) * width, (number // columns) * height
            room = QRectF(x, y, width - 12, height - 6)
            painter.setPen(QColor(worn.text))
            name = painter.fontMetrics().elidedText(
                panel.title, Qt.TextElideMode.ElideMiddle, int(room.width())
            )
            painter.drawText(
                QRectF(x, y, room.width(), _TITLE), Qt.AlignmentFlag.AlignVCenter, name
            )
            _draw_histogram(painter, panel, room.adjusted(0, _TITLE, 0, 0), worn, ends_only=True)


def _draw_bar(painter: QPainter, bar: QRectF, count: int, parts: Parts | None) -> None:
    """A lying bar; what is neither trained nor tested stays pale."""
    painter.setPen(Qt.PenStyle.NoPen)
    if parts is None or not count:
        painter.setBrush(split_colour(0))
        painter.drawRoundedRect(bar, 3, 3)
        return
    path = QPainterPath()
    path.addRoundedRect(bar, 3, 3)
    worn = theme.current()
    painter.save()
    painter.setClipPath(path)
    painter.fillRect(bar, QColor(worn.panel))
    x = bar.left()
    for number, part in enumerate(parts):
        length = bar.width() * part / count
        painter.fillRect(QRectF(x, bar.top(), length, bar.height()), split_colour(number))
        x += length
    rest = QRectF(x, bar.top(), bar.right() - x, bar.height())
    painter.fillRect(rest, QColor(worn.line))
    painter.restore()


def _draw_histogram(
    painter: QPainter, balance: Balance, room: QRectF, worn: theme.Theme, *, ends_only: bool = False
) -> None:
    floor = room.bottom() - _AXIS
    height = floor - room.top() - 4
    width = room.width() / max(len(balance.counts), 1)
    most = max(*balance.counts, 1)
    painter.setPen(Qt.PenStyle.NoPen)
    for number, count in enumerate(balance.counts):
        if not count:
            continue
        parts = balance.parts[number] if balance.parts else (count, 0, 0)
        x, bottom = room.left() + number * width, floor
        gap = 1.0 if width > 5 else 0.4
        for split, part in enumerate(parts):
            high = height * part / most
            bar = QRectF(x + gap, bottom - high, width - 2 * gap, high)
            painter.fillRect(bar, split_colour(split))
            bottom -= high
    painter.setPen(QColor(worn.line))
    painter.drawLine(int(room.left()), int(floor), int(room.right()), int(floor))
    painter.setPen(QColor(worn.quiet))
    axis = QRectF(room.left(), floor + 2, room.width(), _AXIS - 2)
    flags = Qt.AlignmentFlag
    ends = [(balance.low, flags.AlignLeft), (balance.high, flags.AlignRight)]
    if not ends_only:
        ends.append(((balance.low + balance.high) / 2, flags.AlignHCenter))
    for value, side in ends:
        painter.drawText(axis, side | flags.AlignVCenter, f"{value:.4g}")


def _told(balance: Balance, row: int) -> str:
    """A class with its counts, in words."""
    words = f"{balance.names[row]}: {balance.counts[row]:,} samples"
    if not balance.parts:
        return words
    parts = zip(balance.parts[row], SPLITS, strict=True)
    return f"{words} · " + " · ".join(f"{count:,} {split}" for count, split in parts)
