"""What was taken for what: counts of true against predicted classes, painted, clickable."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.gui import theme
from workbench.gui.plots.cells import LINE, Cell, Grid, colour_of, grid_of, readable

_ARROWS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
_CLICKS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
_FLAGS = Qt.AlignmentFlag


class ConfusionMatrix(QWidget):
    """Counts of samples, a row for each true class, a column for each predicted one.

    The colour of a cell is its share of its row: the accent on the diagonal, where predictions
    are right, a warm colour elsewhere. A click, Enter or Space chooses a cell; arrows move.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    cell_chosen = Signal(int, int)
    """Row (true class) and column (predicted class) that the person chose."""

    cleared = Signal()
    """The person wants no cell: the chosen one again, or Escape."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Confusion matrix")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._classes: tuple[str, ...] = ()
        self._counts: NDArray[np.int64] = np.zeros((0, 0), np.int64)
        self._chosen: Cell | None = None
        self._under: Cell | None = None
        self._cursor: Cell = (0, 0)
        self._as_shares = False

    @Slot(bool)
    def show_as_shares(self, on: bool) -> None:
        """Write shares of each true class in the cells, or counts."""
        self._as_shares = on
        self.update()

    def show_counts(
        self,
        classes: tuple[str, ...],
        counts: tuple[tuple[int, ...], ...],
        chosen: Cell | None = None,
    ) -> None:
        """Show these counts.

        Args:
            classes: names by index.
            counts: a row for each true class, a column for each predicted class.
            chosen: the cell that is framed.
        """
        if classes != self._classes:
            self._cursor, self._under = (0, 0), None
        self._classes = classes
        self._counts = np.array(counts, np.int64).reshape(len(classes), len(classes))
        self._chosen = chosen
        if chosen is not None:
            self._cursor = chosen
        self._tell()
        self.update()

    def words_of(self, row: int, column: int) -> str:
        """What a cell says, one sentence.

        Args:
            row: a true class.
            column: a predicted class.
        """
        count, of = int(self._counts[row, column]), int(self._counts[row].sum())
        share = f" ({count / of:.1%} of {of:,})" if of else ""
        noun = "sample" if count == 1 else "samples"
        true, said = self._classes[row], self._classes[column]
        verb = f"{true}, recognised" if row == column else f"{true}, taken for {said}"
        return f"{verb}: {count:,} {noun}{share}"

    def as_text(self) -> str:
        """The matrix as tab separated text, to be copied."""
        head = "\t".join(("true \\ predicted", *self._classes))
        rows = (
            "\t".join((name, *(str(count) for count in row)))
            for name, row in zip(self._classes, self._counts.tolist(), strict=True)
        )
        return "\n".join((head, *rows))

    def place_of(self, row: int, column: int) -> QPointF:
        """The middle of a cell, in pixels of this widget."""
        return self._grid().cell(row, column).center()

    def sizeHint(self) -> QSize:
        """Room for some ten classes."""
        return QSize(380, 280)

    def minimumSizeHint(self) -> QSize:
        """Room for two classes."""
        return QSize(220, 150)

    def changeEvent(self, event: QEvent) -> None:
        """Redraw in the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def event(self, event: QEvent) -> bool:
        """Tell the cell, or the whole name of the class, under the pointer."""
        if isinstance(event, QHelpEvent) and self._classes:
            words = self._words_at(QPointF(event.pos()))
            if words:
                QToolTip.showText(event.globalPos(), words, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Frame the cell under the pointer."""
        self._hover(self._grid().at(event.position()) if self._classes else None)

    def leaveEvent(self, event: QEvent) -> None:
        """Frame no cell."""
        self._hover(None)
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the cell under the pointer."""
        found = self._grid().at(event.position()) if self._classes else None
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self._cursor = found
            self._choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move, Enter and Space choose, Escape lets go."""
        key = Qt.Key(event.key())
        if key in _ARROWS and self._classes:
            last = len(self._classes) - 1
            down, right = _ARROWS[key]
            row, column = self._cursor
            self._cursor = (min(max(row + down, 0), last), min(max(column + right, 0), last))
            self._tell()
            self.update()
        elif key in _CLICKS and self._classes:
            self._choose()
        elif key == Qt.Key.Key_Escape and self._chosen is not None:
            self.cleared.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show no keyboard cell."""
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw names, cells and frames."""
        if not self._classes:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = painter.font()
        font.setPixelSize(theme.QUIET)
        painter.setFont(font)
        grid = self._grid()
        self._draw_names(painter, grid)
        self._draw_cells(painter, grid)
        self._draw_frames(painter, grid)
        painter.end()

    def _choose(self) -> None:
        if self._cursor == self._chosen:
            self.cleared.emit()
        else:
            self.cell_chosen.emit(*self._cursor)

    def _hover(self, cell: Cell | None) -> None:
        if cell != self._under:
            self._under = cell
            pointing = Qt.CursorShape.PointingHandCursor
            self.setCursor(pointing if cell is not None else Qt.CursorShape.ArrowCursor)
            self.update()

    def _tell(self) -> None:
        if self._classes:
            right, total = int(self._counts.trace()), int(self._counts.sum())
            whole = f"{len(self._classes)} classes, {right:,} of {total:,} right. "
            self.setAccessibleDescription(whole + self.words_of(*self._cursor))

    def _words_at(self, place: QPointF) -> str:
        grid = self._grid()
        cell = grid.at(place)
        if cell is not None:
            return self.words_of(*cell)
        row = int((place.y() - grid.top) // grid.height)
        if place.x() < grid.left and 0 <= row < grid.many:
            return f"True class: {self._classes[row]}"
        column = int((place.x() - grid.left) // grid.width)
        if place.y() > grid.top and 0 <= column < grid.many:
            return f"Predicted class: {self._classes[column]}"
        return ""

    def _grid(self) -> Grid:
        widest = max((self._advance(name) for name in self._classes), default=0.0)
        return grid_of(self.width(), self.height(), len(self._classes), widest)

    def _advance(self, words: str) -> float:
        # The widget's own font is that of the body; names are drawn in the smaller one.
        return self.fontMetrics().horizontalAdvance(words) * theme.QUIET / theme.BODY + 2

    def _draw_names(self, painter: QPainter, grid: Grid) -> None:
        worn, metrics = theme.current(), painter.fontMetrics()
        floor = grid.floor
        painter.setPen(QColor(worn.text))
        short = Qt.TextElideMode.ElideMiddle
        # With rows lower than a line of text only every second, third... name is drawn.
        for row in range(0, grid.many, max(1, int(np.ceil(13 / grid.height)))):
            room = grid.left - LINE - 8
            middle = grid.cell(row, 0).center().y()
            box = QRectF(LINE, middle - 8, room, 16)
            words = metrics.elidedText(self._classes[row], short, int(room))
            painter.drawText(box, _FLAGS.AlignRight | _FLAGS.AlignVCenter, words)
        step = max(1, int(np.ceil(13 / grid.width))) if grid.upright else 1
        for column in range(0, grid.many, step):
            middle = grid.cell(0, column).center().x()
            if grid.upright:
                room = grid.foot - 8
                words = metrics.elidedText(self._classes[column], short, int(room))
                painter.save()
                painter.translate(middle, floor + 6)
                painter.rotate(-90)
                box = QRectF(-room, -8, room, 16)
                painter.drawText(box, _FLAGS.AlignRight | _FLAGS.AlignVCenter, words)
                painter.restore()
            else:
                words = metrics.elidedText(self._classes[column], short, int(grid.width - 6))
                box = QRectF(middle - grid.width / 2, floor + 4, grid.width, LINE)
                painter.drawText(box, _FLAGS.AlignCenter, words)
        self._draw_captions(painter, grid)

    def _draw_captions(self, painter: QPainter, grid: Grid) -> None:
        painter.setPen(QColor(theme.current().quiet))
        across = QRectF(grid.left, grid.floor + grid.foot, grid.many * grid.width, LINE)
        painter.drawText(across, _FLAGS.AlignCenter, "predicted")
        painter.save()
        painter.translate(LINE / 2, (grid.top + grid.floor) / 2)
        painter.rotate(-90)
        painter.drawText(QRectF(-60, -8, 120, 16), _FLAGS.AlignCenter, "true")
        painter.restore()

    def _draw_cells(self, painter: QPainter, grid: Grid) -> None:
        shares = self._shares()
        gap = 1.0 if grid.width > 8 and grid.height > 8 else 0.0
        round_ = 3.0 if gap else 0.0
        for row in range(grid.many):
            for column in range(grid.many):
                colour = self._colour(float(shares[row, column]), (row, column))
                box = grid.cell(row, column).adjusted(gap, gap, -gap, -gap)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour)
                painter.drawRoundedRect(box, round_, round_)
                self._draw_words(painter, box, (row, column), colour, float(shares[row, column]))

    def _shares(self) -> NDArray[np.float64]:
        """How deep the colour of each cell is, 0..1."""
        sums = np.maximum(self._counts.sum(axis=1, keepdims=True), 1)
        return np.asarray(self._counts / sums, np.float64)

    def _colour(self, share: float, cell: Cell) -> QColor:
        return colour_of(theme.current(), share, cell[0] == cell[1])

    def _draw_words(
        self, painter: QPainter, box: QRectF, cell: Cell, colour: QColor, share: float
    ) -> None:
        count = f"{int(self._counts[cell]):,}"
        if self._as_shares:
            count = f"{self._counts[cell] / max(int(self._counts[cell[0]].sum()), 1):.0%}"
        metrics = painter.fontMetrics()
        if metrics.horizontalAdvance(count) + 4 > box.width() or box.height() < 13:
            return
        worn = theme.current()
        words = QColor(readable(worn, colour))
        nobody = not self._counts[cell]
        if nobody:
            words = QColor(worn.quiet)
        painter.setPen(words)
        if box.height() < 40 or box.width() < 48 or nobody or self._as_shares:
            painter.drawText(box, _FLAGS.AlignCenter, count)
            return
        font = painter.font()
        large = painter.font()
        large.setPixelSize(theme.CARD_TITLE)
        large.setBold(True)
        painter.setFont(large)
        upper = QRectF(box.left(), box.center().y() - 18, box.width(), 18)
        painter.drawText(upper, _FLAGS.AlignCenter, count)
        painter.setFont(font)
        painter.drawText(upper.translated(0, 18), _FLAGS.AlignCenter, f"{share:.0%}")

    def _draw_frames(self, painter: QPainter, grid: Grid) -> None:
        worn = theme.current()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        frames = [(self._under, worn.quiet, 1.5), (self._chosen, worn.text, 2.0)]
        if self.hasFocus():
            frames.append((self._cursor, worn.accent, 2.0))
        for cell, colour, width in frames:
            if cell is not None:
                painter.setPen(QPen(QColor(colour), width))
                painter.drawRoundedRect(grid.cell(*cell), 4, 4)
