"""What the colours of points mean: groups with their counts, or a bar from low to high."""

from __future__ import annotations

import itertools

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.gui import theme
from workbench.gui.plots.insight.colours import colour_named, mixed, ramp
from workbench.gui.presenters.insight.map_points import Colouring

_LINE = 24
_BAR = 12


class ColourLegend(QWidget):
    """A line for each group, which can be clicked to dim the others; or a bar of colours.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    group_chosen = Signal(int)
    """Number of the group that was clicked."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("What the colours mean")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self._colours = Colouring()
        self._lit = self._at = -1

    def show_colours(self, colours: Colouring, lit: int) -> None:
        """Show what colours mean.

        Args:
            colours: of the points.
            lit: the one group that is not dimmed; -1: none is.
        """
        self._colours, self._lit = colours, lit
        self._at = min(self._at, len(colours.groups) - 1)
        lines = [f"{group.title}: {group.count:,}" for group in colours.groups]
        words = "; ".join(lines) or f"from {colours.low} to {colours.high}"
        self.setAccessibleDescription(words)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """As high as its lines."""
        many = len(self._colours.groups)
        return QSize(180, many * _LINE if many else _BAR + 8 + _LINE)

    def minimumSizeHint(self) -> QSize:
        """As high as its lines."""
        return QSize(80, self.sizeHint().height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the group under the pointer."""
        found = self._group_at(event.position())
        if found >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._at = found
            self.group_chosen.emit(found)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell the whole name of the group under the pointer."""
        found = self._group_at(event.position())
        if found < 0:
            self.unsetCursor()
            return
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        group = self._colours.groups[found]
        words = f"{group.title}: {group.count:,}. Click to dim the others."
        QToolTip.showText(event.globalPosition().toPoint(), words, self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down go from group to group, Space and Enter choose one."""
        many = len(self._colours.groups)
        match event.key():
            case Qt.Key.Key_Down if many:
                self._at = min(self._at + 1, many - 1)
            case Qt.Key.Key_Up if many:
                self._at = max(self._at - 1, 0)
            case Qt.Key.Key_Space | Qt.Key.Key_Return | Qt.Key.Key_Enter if self._at >= 0:
                self.group_chosen.emit(self._at)
            case _:
                super().keyPressEvent(event)
                return
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Wear another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the lines or the bar."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._colours.groups:
            for number in range(len(self._colours.groups)):
                self._line(painter, number)
        elif self._colours.low:
            self._bar(painter)
        painter.end()

    def place_of(self, number: int) -> QPointF:
        """The middle of a group's row, in pixels of this widget."""
        return QPointF(self.width() / 2, (number + 0.5) * _LINE)

    def _group_at(self, place: QPointF) -> int:
        number = int(place.y() // _LINE)
        return number if 0 <= number < len(self._colours.groups) else -1

    def _line(self, painter: QPainter, number: int) -> None:
        worn, group = theme.current(), self._colours.groups[number]
        box = QRectF(0, number * _LINE, self.width(), _LINE)
        if number == self._lit or (self.hasFocus() and number == self._at):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(worn.soft_accent if number == self._lit else worn.hover))
            painter.drawRoundedRect(box.adjusted(0, 1, 0, -1), 5, 5)
        colour = colour_named(group.colour, worn)
        if self._lit not in (-1, number):
            colour = mixed(QColor(worn.quiet), QColor(worn.panel), 0.22)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(12, box.center().y()), 5, 5)
        count = f"{group.count:,}"
        metrics = QFontMetrics(self.font())
        room = self.width() - 24 - metrics.horizontalAdvance(count) - 20
        title = metrics.elidedText(group.title, Qt.TextElideMode.ElideRight, room)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(worn.text))
        painter.drawText(box.adjusted(24, 0, 0, 0), middle | Qt.AlignmentFlag.AlignLeft, title)
        painter.setPen(QColor(worn.quiet))
        painter.drawText(box.adjusted(0, 0, -6, 0), middle | Qt.AlignmentFlag.AlignRight, count)

    def _bar(self, painter: QPainter) -> None:
        worn = theme.current()
        colours = ramp(worn)
        painter.setPen(Qt.PenStyle.NoPen)
        steps = np.linspace(0, self.width(), 65)
        for number, (left, right) in enumerate(itertools.pairwise(steps.tolist())):
            painter.setBrush(QColor(*colours[number * 4].tolist()))
            painter.drawRect(QRectF(left, 4, right - left + 0.6, _BAR))
        box = QRectF(0, _BAR + 6, self.width(), _LINE)
        painter.setPen(QColor(worn.quiet))
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft, self._colours.low)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight, self._colours.high)
