"""All samples as small pictures; only the cells that are seen are laid out, decoded and painted."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from workbench.gui import theme
from workbench.gui.pixels import Colours
from workbench.gui.presenters.samples import SamplesPresenter, SamplesState
from workbench.gui.thumbnails import Thumbnails
from workbench.gui.widgets.gallery_cells import LINE, Brush, Grid, caption

SMALLEST, LARGEST, USUAL = 72, 256, 112
"""Sides of a cell's picture in device-independent pixels."""
_GAP = 8
_HIGHEST = 2**30
"""Largest value of a scroll bar; a taller gallery scrolls in larger steps."""
_AHEAD = 1
"""Screens above and below whose pictures are decoded after those that are seen."""


class Gallery(QAbstractScrollArea):
    """Samples as pictures, spectrograms or beginnings of texts, with name and target.

    Args:
        name: its ``objectName``.
        presenter: who decides what is listed.
        thumbnails: what decodes; one of its own when left out.
        parent: its parent.
    """

    chosen = Signal(int)
    """Number of the sample that the person looks at."""

    side_changed = Signal(int)
    """The side of a cell's picture changed, by the wheel or by a key."""

    def __init__(
        self,
        name: str,
        presenter: SamplesPresenter,
        thumbnails: Thumbnails | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Samples as pictures")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.thumbnails = thumbnails or Thumbnails(parent=self)
        self.thumbnails.came.connect(self._repaint_sample)
        self._state = SamplesState()
        self._cells: dict[int, int] = {}
        self.side = USUAL
        """Side of a cell's picture, pixels."""
        self.grid = Grid()
        self.current = -1
        """The chosen cell; -1 for none."""
        presenter.changed.connect(self.show_state)

    @Slot(object)
    def show_state(self, state: SamplesState) -> None:
        """Show these rows; the chosen sample stays chosen where it is among them."""
        before, self._state = self._state, state
        if state.samples is None:
            return
        self.thumbnails.show_index(state.samples.index, Colours.worn())
        if state.rows is not before.rows or state.samples is not before.samples:
            kept = before.rows[self.current] if 0 <= self.current < len(before.rows) else -1
            self.current = self._cell_of(int(kept))
            self._lay_out()
            if state.rows is not before.rows:
                self.verticalScrollBar().setValue(0)
        self.viewport().update()

    def look_at(self, sample: int) -> None:
        """Choose a sample without telling, and scroll to it.

        Args:
            sample: its number; nothing is chosen where it is not listed.
        """
        self.current = self._cell_of(sample)
        self._reveal(self.current)
        self.viewport().update()

    @Slot(int)
    def show_side(self, side: int) -> None:
        """Make cells larger or smaller; what is at the top stays.

        Args:
            side: of a cell's picture, pixels.
        """
        side = int(np.clip(side, SMALLEST, LARGEST))
        if side == self.side:
            return
        first = self.grid.seen(self._top(), 1)
        kept = self.current if self.current in self._visible() else (first[0] if first else 0)
        self.side = side
        self._lay_out()
        self._scroll_to(self.grid.place(kept)[1])
        self.side_changed.emit(side)
        self.viewport().update()

    # -- where things stand -----------------------------------------------------------------------

    def _lay_out(self) -> None:
        room = max(self.viewport().width() - _GAP, 1)
        across = max(1, room // (self.side + _GAP))
        height = self.side + 2 * LINE + _GAP + 4
        # What is left of the width is shared, so that the right edge is straight.
        self.grid = Grid(len(self._state.rows), across, room // across, height)
        bar = self.verticalScrollBar()
        most = max(0, self.grid.total + _GAP - self.viewport().height())
        self._scale = max(1, -(-most // _HIGHEST))
        bar.setRange(0, most // self._scale)
        bar.setPageStep(max(1, self.viewport().height() // self._scale))
        bar.setSingleStep(max(1, height // 3 // self._scale))

    _scale = 1

    def _top(self) -> int:
        return self.verticalScrollBar().value() * self._scale

    def _scroll_to(self, top: int) -> None:
        self.verticalScrollBar().setValue(top // self._scale)

    def _visible(self) -> range:
        return self.grid.seen(self._top() - _GAP, self.viewport().height())

    def _cell_of(self, sample: int) -> int:
        found = np.flatnonzero(self._state.rows == sample)
        return int(found[0]) if len(found) else -1

    def _box(self, cell: int) -> QRect:
        """The picture of a cell, in the viewport."""
        left, top = self.grid.place(cell)
        spare = (self.grid.width - _GAP - self.side) // 2
        return QRect(left + _GAP + spare, top + _GAP - self._top(), self.side, self.side)

    def _whole(self, cell: int) -> QRect:
        return self._box(cell).adjusted(-4, -4, 4, 2 * LINE + 6)

    def _reveal(self, cell: int) -> None:
        if cell < 0:
            return
        top, height = self.grid.place(cell)[1], self.viewport().height()
        if top < self._top():
            self._scroll_to(top)
        elif top + self.grid.height + _GAP > self._top() + height:
            self._scroll_to(top + self.grid.height + _GAP - height + self._scale - 1)

    # -- what a person does -----------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home, End and pages move from cell to cell; plus and minus zoom."""
        page = max(1, self.viewport().height() // self.grid.height) * self.grid.across
        key = Qt.Key
        steps = {
            key.Key_Left: -1, key.Key_Right: 1,
            key.Key_Up: -self.grid.across, key.Key_Down: self.grid.across,
            key.Key_PageUp: -page, key.Key_PageDown: page,
            key.Key_Home: -self.grid.count, key.Key_End: self.grid.count,
        }  # fmt: skip
        pressed = Qt.Key(event.key())
        if pressed in steps and self.grid.count:
            self._go(self._next(steps[pressed]))
        elif pressed in (key.Key_Plus, key.Key_Minus):
            self.show_side(self.side + (16 if pressed == key.Key_Plus else -16))
        else:
            super().keyPressEvent(event)

    def _next(self, step: int) -> int:
        """The cell that a step leads to; up and down stay in their column."""
        if self.current < 0:
            return 0
        wanted = self.current + step
        if 0 <= wanted < self.grid.count:
            return wanted
        if abs(step) >= self.grid.count or abs(step) == 1:
            return int(np.clip(wanted, 0, self.grid.count - 1))
        column = self.current % self.grid.across
        if step < 0:
            return column
        last = column + (self.grid.count - 1 - column) // self.grid.across * self.grid.across
        # Below a short last row is its last cell.
        rows = -(-self.grid.count // self.grid.across)
        short = last // self.grid.across < rows - 1 and self.current == last
        return self.grid.count - 1 if short else last

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click chooses."""
        cell = self._at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and cell >= 0:
            self._go(cell)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The end of a click is no business of those beneath."""
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll; with Ctrl zoom."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.show_side(self.side + (16 if event.angleDelta().y() > 0 else -16))
            event.accept()
        else:
            super().wheelEvent(event)

    def _go(self, cell: int) -> None:
        self._reveal(cell)
        if cell == self.current:
            return
        self.current = cell
        self.viewport().update()
        self._say(cell)
        self.chosen.emit(int(self._state.rows[cell]))

    def _say(self, cell: int) -> None:
        """Tell a screen reader which sample is chosen."""
        samples = self._state.samples
        assert samples is not None
        name, value = caption(samples, int(self._state.rows[cell]))
        words = ", ".join(part for part in (name, value) if part)
        self.setAccessibleDescription(f"{words}, {cell + 1:,} of {self.grid.count:,}")
        event = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
        QAccessible.updateAccessibility(event)

    def _at(self, point: QPoint) -> int:
        return self.grid.cell_at(point.x() - _GAP // 2, point.y() + self._top() - _GAP // 2)

    # -- what Qt asks -----------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the cells out anew; what is at the top stays."""
        first = self.grid.seen(self._top(), 1)
        super().resizeEvent(event)
        self._lay_out()
        if first:
            self._scroll_to(self.grid.place(first[0])[1])

    def changeEvent(self, event: QEvent) -> None:
        """Decode spectrograms anew in the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._state.samples is not None:
            self.thumbnails.show_index(self._state.samples.index, Colours.worn())
            self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        """Tell name, target and what is wrong in a tooltip."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._tip(event)
            return True
        return super().viewportEvent(event)

    def _tip(self, event: QHelpEvent) -> None:
        cell, samples = self._at(event.pos()), self._state.samples
        if cell < 0 or samples is None:
            QToolTip.hideText()
            return
        row = int(self._state.rows[cell])
        found = self.thumbnails.of(row)
        lines = [*caption(samples, row), found.problem if found is not None else ""]
        QToolTip.showText(event.globalPos(), "\n".join(line for line in lines if line), self)

    @Slot(int)
    def _repaint_sample(self, row: int) -> None:
        cell = self._cells.get(row)
        if cell is not None:
            self.viewport().update(self._whole(cell))

    def sizeHint(self) -> QSize:
        """Room for a few cells."""
        return QSize(4 * (USUAL + _GAP), 2 * (USUAL + 2 * LINE + _GAP))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cells that are seen, and wish the pictures that they lack."""
        samples, rows = self._state.samples, self._state.rows
        painter = QPainter(self.viewport())
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        painter.fillRect(event.rect(), QColor(theme.current().panel))
        if samples is not None:
            seen = self._visible()
            self._cells = {int(rows[cell]): cell for cell in seen}
            brush = Brush(painter, self)
            for cell in seen:
                if self._whole(cell).intersects(event.rect()):
                    row = int(rows[cell])
                    brush.cell(self._box(cell), samples, row, self.thumbnails.of(row))
                    if cell == self.current:
                        brush.frame(self._whole(cell))
            self._wish(seen)
        painter.end()

    def _wish(self, seen: range) -> None:
        """What is seen first, then a screen below, then one above."""
        rows, more = self._state.rows, _AHEAD * len(seen)
        below = range(seen.stop, min(seen.stop + more, len(rows)))
        above = range(max(seen.start - more, 0), seen.start)
        ratio = self.devicePixelRatioF()
        wanted = (int(rows[cell]) for part in (seen, below, reversed(above)) for cell in part)
        self.thumbnails.wish(wanted, int(self.side * ratio))
