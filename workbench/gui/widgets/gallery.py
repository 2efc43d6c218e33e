"""Samples as pictures in rows and columns; only what is seen is decoded and painted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRect, QRectF, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextOption,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from workbench.data.index import Index
from workbench.gui import theme
from workbench.gui.decoding import target_words
from workbench.gui.thumbnails import Thumbnail, Thumbnails
from workbench.gui.widgets.sound_views import image_of, spectrogram_pixels

SMALLEST, USUAL, LARGEST = 88, 136, 224
"""Sides of a cell's picture, device-independent pixels."""
_CAPTION = 36
_GAP = 10
_RADIUS = 6.0


class Gallery(QAbstractScrollArea):
    """A grid of samples.

    Args:
        name: its ``objectName``.
        thumbnails: what decodes; made anew when left out.
        parent: its parent.
    """

    sample_chosen = Signal(int)
    """Number of the sample that the person looks at."""

    def __init__(
        self, name: str, thumbnails: Thumbnails | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Gallery of samples")
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.thumbnails = thumbnails or Thumbnails(parent=self)
        self.thumbnails.came.connect(self._repaint)
        self._index: Index | None = None
        self._target = ""
        self._rows: NDArray[np.int64] = np.zeros(0, np.int64)
        self._chosen = -1
        self._side = USUAL
        self._images: dict[int, tuple[Thumbnail, str, QImage]] = {}
        self.verticalScrollBar().valueChanged.connect(self._scrolled)

    def show_rows(self, index: Index, rows: NDArray[np.int64], target: str) -> None:
        """Show these samples.

        Args:
            index: the data.
            rows: the samples, in their order.
            target: the column that the captions tell.
        """
        if index is not self._index:
            self._images.clear()
            self._chosen = -1
            self.thumbnails.show_index(index)
        self._index, self._rows, self._target = index, rows, target
        self._measure()
        self.viewport().update()
        self._want()

    def choose(self, sample: int) -> None:
        """Mark a sample and bring it into sight; nothing is told of it.

        Args:
            sample: its number.
        """
        self._chosen = sample
        place = self._place_of(sample)
        if place >= 0:
            self._reveal(place)
        self._describe()
        self.viewport().update()

    def set_side(self, side: int) -> None:
        """Make the cells larger or smaller.

        Args:
            side: of their pictures, ``SMALLEST`` to ``LARGEST``.
        """
        first = self._visible().start
        self._side = int(np.clip(side, SMALLEST, LARGEST))
        self._measure()
        self.verticalScrollBar().setValue(first // self._columns() * self._height())
        self.viewport().update()
        self._want()

    @property
    def chosen(self) -> int:
        """Number of the marked sample; -1: none."""
        return self._chosen

    def cell_of(self, sample: int) -> QRect:
        """Where a sample stands in the viewport; empty when it is not shown.

        Args:
            sample: its number.
        """
        place = self._place_of(sample)
        return self._cell(place) if place >= 0 else QRect()

    def _place_of(self, sample: int) -> int:
        found = np.flatnonzero(self._rows == sample)
        return int(found[0]) if len(found) else -1

    def _columns(self) -> int:
        return max(1, (self.viewport().width() - _GAP) // (self._side + _GAP))

    def _height(self) -> int:
        return self._side + _CAPTION + _GAP

    def _lines(self) -> int:
        return -(-len(self._rows) // self._columns())

    def _measure(self) -> None:
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self._lines() * self._height() + _GAP - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(self._height() // 3)

    def _visible(self) -> range:
        """Places that are at least partly seen."""
        top = self.verticalScrollBar().value()
        first = max(0, (top - _GAP) // self._height()) * self._columns()
        last = (top + self.viewport().height()) // self._height() + 1
        return range(min(first, len(self._rows)), min(last * self._columns(), len(self._rows)))

    def _cell(self, place: int) -> QRect:
        line, column = divmod(place, self._columns())
        # What is left over at the right is shared out between the columns.
        room = self.viewport().width() - _GAP - self._columns() * (self._side + _GAP)
        left = _GAP + column * (self._side + _GAP) + room * (column + 1) // (self._columns() + 1)
        top = _GAP + line * self._height() - self.verticalScrollBar().value()
        return QRect(left, top, self._side, self._side + _CAPTION)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cells that are seen."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._index is not None:
            for place in self._visible():
                cell = self._cell(place)
                if cell.intersects(event.rect()):
                    self._paint(painter, cell, int(self._rows[place]))
        painter.end()

    def _paint(self, painter: QPainter, cell: QRect, row: int) -> None:
        worn = theme.current()
        ground = QRectF(cell).adjusted(0, 0, 0, -_CAPTION)
        chosen = row == self._chosen
        if chosen:
            painter.setPen(QPen(QColor(worn.accent), 2))
            painter.setBrush(QColor(worn.soft_accent))
            painter.drawRoundedRect(QRectF(cell).adjusted(-4, -4, 4, 2), _RADIUS + 2, _RADIUS + 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(worn.ground))
        painter.drawRoundedRect(ground, _RADIUS, _RADIUS)
        found = self.thumbnails.get(row)
        if found is not None:
            self._paint_content(painter, ground, row, found)
        self._paint_caption(painter, cell, row)

    def _paint_content(self, painter: QPainter, ground: QRectF, row: int, found: Thumbnail) -> None:
        worn = theme.current()
        words = found.text or found.problem
        if words:
            painter.setPen(QColor(worn.text if found.text else worn.bad))
            option = QTextOption()
            option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
            painter.save()
            painter.setClipRect(ground)
            painter.drawText(ground.adjusted(8, 6, -8, -6), words, option)
            painter.restore()
            return
        image = self._image(row, found)
        size = image.size().scaled(ground.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        if found.log_mel is not None:
            size = ground.size().toSize()
        left = ground.left() + (ground.width() - size.width()) / 2
        top = ground.top() + (ground.height() - size.height()) / 2
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(left, top, size.width(), size.height()), image)

    def _image(self, row: int, found: Thumbnail) -> QImage:
        """The picture of a thumbnail; that of a sound wears the colours of the theme."""
        scheme = theme.current().scheme
        known = self._images.get(row)
        if known is not None and known[0] is found and known[1] == scheme:
            return known[2]
        pixels = found.picture
        if pixels is None:
            assert found.log_mel is not None
            pixels = spectrogram_pixels(found.log_mel)
        if len(self._images) > 2 * len(self._visible()) + 64:
            self._images.clear()
        image = image_of(pixels)
        self._images[row] = (found, scheme, image)
        return image

    def _paint_caption(self, painter: QPainter, cell: QRect, row: int) -> None:
        index = self._index
        assert index is not None
        worn = theme.current()
        measure = QFontMetrics(painter.font())
        line = QRect(cell.left() + 2, cell.bottom() - _CAPTION + 3, cell.width() - 4, 16)
        target = target_words(index, row, self._target) if self._target else ""
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if target:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._colour(row)))
            painter.drawEllipse(QRectF(line.left(), line.top() + 4, 8, 8))
            painter.setPen(QColor(worn.text))
            words = measure.elidedText(target, Qt.TextElideMode.ElideRight, line.width() - 14)
            painter.drawText(line.adjusted(14, 0, 0, 0), left, words)
            line.translate(0, 16)
        painter.setPen(QColor(worn.quiet))
        name = str(index.stems[row]).rpartition("/")[2]
        words = measure.elidedText(name, Qt.TextElideMode.ElideMiddle, line.width())
        painter.drawText(line, left, words)

    def _colour(self, row: int) -> str:
        """One colour a class, from the series; the accent for targets that are no classes."""
        worn = theme.current()
        target = self._index.targets.get(self._target) if self._index is not None else None
        if target is None or target.task not in {"category", "yes_no", "ordered"}:
            return worn.accent
        return worn.colour_of(int(target.values[row]) % len(worn.series))

    def _want(self) -> None:
        visible = self._visible()
        self.thumbnails.want(self._rows[visible.start : visible.stop].tolist())

    @Slot()
    def _scrolled(self) -> None:
        self.viewport().update()
        self._want()

    @Slot(int)
    def _repaint(self, row: int) -> None:
        visible = self._visible()
        found = np.flatnonzero(self._rows[visible.start : visible.stop] == row)
        if len(found):
            self.viewport().update(self._cell(visible.start + int(found[0])))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put as many columns as fit."""
        super().resizeEvent(event)
        self._measure()
        self._want()

    def changeEvent(self, event: QEvent) -> None:
        """Redraw in the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Look at the sample under the pointer."""
        for place in self._visible():
            if self._cell(place).contains(event.position().toPoint()):
                self._pick(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by the arrows, by pages, to the first and to the last."""
        place = self._place_of(self._chosen)
        columns = self._columns()
        page = max(1, self.viewport().height() // self._height()) * columns
        steps = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns, Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -len(self._rows), Qt.Key.Key_End: len(self._rows),
        }  # fmt: skip
        step = steps.get(Qt.Key(event.key()))
        if step is None or not len(self._rows):
            super().keyPressEvent(event)
            return
        self._pick(int(np.clip(max(place, 0) + step, 0, len(self._rows) - 1)))

    def _pick(self, place: int) -> None:
        self._reveal(place)
        self._chosen = int(self._rows[place])
        self._describe()
        self.viewport().update()
        self.sample_chosen.emit(self._chosen)

    def _reveal(self, place: int) -> None:
        cell, bar = self._cell(place), self.verticalScrollBar()
        if cell.top() < _GAP:
            bar.setValue(bar.value() + cell.top() - _GAP)
        elif cell.bottom() > self.viewport().height():
            bar.setValue(bar.value() + cell.bottom() - self.viewport().height() + _GAP)

    def _describe(self) -> None:
        if self._index is not None and 0 <= self._chosen < len(self._index):
            self.setAccessibleDescription(str(self._index.stems[self._chosen]))
