"""The cells of the gallery: where they stand, and how one is painted."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QTextOption
from PySide6.QtWidgets import QWidget

from workbench.gui import theme
from workbench.gui.listing import Samples, value_words
from workbench.gui.thumbnails import Thumbnail
from workbench.gui.widgets.icons import icon

LINE = 17
"""Height of a line of the caption, pixels."""
_RADIUS = 6.0


@dataclass(frozen=True)
class Grid:
    """Where cells stand.

    Args:
        count: how many cells.
        across: how many side by side.
        width: of a cell with its gap, pixels.
        height: of a cell with its caption and gap, pixels.
    """

    count: int = 0
    across: int = 1
    width: int = 1
    height: int = 1

    @property
    def total(self) -> int:
        """Height of all rows, pixels."""
        return -(-self.count // self.across) * self.height

    def seen(self, top: int, height: int) -> range:
        """The cells of the rows between ``top`` and ``top + height``, pixels."""
        first = max(0, top // self.height)
        last = max(first, -(-(top + height) // self.height))
        return range(min(first * self.across, self.count), min(last * self.across, self.count))

    def place(self, cell: int) -> tuple[int, int]:
        """Left and top of a cell, pixels."""
        row, column = divmod(cell, self.across)
        return column * self.width, row * self.height

    def cell_at(self, left: int, top: int) -> int:
        """The cell at a point; -1 where there is none."""
        column = left // self.width
        cell = (top // self.height) * self.across + column
        return cell if 0 <= column < self.across and 0 <= cell < self.count else -1


class Brush:
    """Paints cells.

    Args:
        painter: on the viewport of the gallery.
        gallery: whose font and focus count.
    """

    def __init__(self, painter: QPainter, gallery: QWidget) -> None:
        self._painter = painter
        self._worn = theme.current()
        self._name = gallery.font()
        self._quiet = QFont(self._name)
        self._quiet.setPixelSize(theme.QUIET)
        self._focused = gallery.hasFocus()
        wrap = QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere
        self._wrapped = QTextOption()
        self._wrapped.setWrapMode(wrap)

    def cell(self, box: QRect, samples: Samples, row: int, found: Thumbnail | None) -> None:
        """Paint one cell: what stands for the sample, its name, its target."""
        painter, worn = self._painter, self._worn
        ground = QPainterPath()
        ground.addRoundedRect(QRectF(box), _RADIUS, _RADIUS)
        painter.fillPath(ground, QColor(worn.ground))
        if found is not None:
            painter.setClipPath(ground)
            self.inside(box, found)
            painter.setClipping(False)
        name, value = caption(samples, row)
        line = QRect(box.left(), box.bottom() + 4, box.width(), LINE)
        painter.setFont(self._name)
        painter.setPen(QColor(worn.text))
        self._words(line, name, Qt.TextElideMode.ElideMiddle)
        line.translate(0, LINE)
        if value:
            line.setLeft(line.left() + self._dot(line, samples, row))
            painter.setFont(self._quiet)
            painter.setPen(QColor(worn.quiet))
            self._words(line, value, Qt.TextElideMode.ElideRight)

    def frame(self, whole: QRect) -> None:
        """Paint the mark of the chosen cell."""
        self._painter.setPen(QPen(QColor(self._worn.accent), 2 if self._focused else 1.5))
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.drawRoundedRect(QRectF(whole).adjusted(1, 1, -1, -1), _RADIUS, _RADIUS)

    def inside(self, box: QRect, found: Thumbnail) -> None:
        """Paint what stands for a sample into a box."""
        painter, worn = self._painter, self._worn
        if found.image is not None and found.sound:
            painter.drawImage(QRectF(box), found.image)
        elif found.image is not None:
            size = QSize(found.image.size()).scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
            # A picture of few pixels shows them.
            smooth = size.width() <= 3 * found.image.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            left = box.left() + (box.width() - size.width()) / 2
            top = box.top() + (box.height() - size.height()) / 2
            painter.drawImage(QRectF(left, top, size.width(), size.height()), found.image)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        elif found.text:
            painter.setFont(self._quiet)
            painter.setPen(QColor(worn.text))
            painter.drawText(QRectF(box.adjusted(8, 6, -8, -6)), found.text, self._wrapped)
        else:
            mark = QRect(0, 0, 24, 24)
            mark.moveCenter(box.center())
            icon("warning-circle", "warn").paint(painter, mark)

    def _words(self, line: QRect, words: str, mode: Qt.TextElideMode) -> None:
        shown = self._painter.fontMetrics().elidedText(words, mode, line.width())
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        self._painter.drawText(line, int(flags), shown)

    def _dot(self, line: QRect, samples: Samples, row: int) -> int:
        """Paint the colour of the class; the width that it takes."""
        target = samples.target
        if target is None or target.values.ndim > 1 or not target.classes:
            return 0
        colour = QColor(self._worn.colour_of(int(target.values[row])))
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(colour)
        self._painter.drawEllipse(QPointF(line.left() + 4, line.center().y() + 1), 3.5, 3.5)
        return 12


def caption(samples: Samples, row: int) -> tuple[str, str]:
    """The name of a sample without its folders, and its target."""
    name = str(samples.index.stems[row]).rpartition("/")[2]
    return name, value_words(samples.target, row) if samples.target is not None else ""
