"""What one run took for what more often than another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from workbench.gui import theme
from workbench.gui.plots.cells import Cell, colour_of, readable
from workbench.gui.plots.confusion import ConfusionMatrix


class ConfusionDifference(ConfusionMatrix):
    """Confusion of one run less that of another: the accent where the first has more samples.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setAccessibleName("Difference of two confusion matrices")
        self._names = ("the first", "the second")

    def show_difference(
        self, classes: tuple[str, ...], counts: NDArray[np.int64], names: tuple[str, str],
        chosen: Cell | None = None,
    ) -> None:  # fmt: skip
        """Show a difference.

        Args:
            classes: names by index.
            counts: of the first less those of the second, [true, predicted].
            names: of both runs.
            chosen: the cell that is framed.
        """
        self._names = names
        self.show_counts(classes, tuple(tuple(row) for row in counts.tolist()), chosen)

    def words_of(self, row: int, column: int) -> str:
        """What a cell says, one sentence."""
        count = int(self._counts[row, column])
        true, said = self._classes[row], self._classes[column]
        what = f"{true}, recognised" if row == column else f"{true}, taken for {said}"
        if count == 0:
            return f"{what}: as often by {self._names[0]} as by {self._names[1]}"
        more, less = self._names if count > 0 else self._names[::-1]
        return f"{what}: {abs(count):,} more by {more} than by {less}"

    def _tell(self) -> None:
        if self._classes:
            self.setAccessibleDescription(self.words_of(*self._cursor))

    def _shares(self) -> NDArray[np.float64]:
        most = max(int(np.abs(self._counts).max(initial=0)), 1)
        return np.asarray(np.abs(self._counts) / most, np.float64)

    def _colour(self, share: float, cell: Cell) -> QColor:
        return colour_of(theme.current(), share, bool(self._counts[cell] > 0))

    def _draw_words(
        self, painter: QPainter, box: QRectF, cell: Cell, colour: QColor, share: float
    ) -> None:
        count = int(self._counts[cell])
        words = f"{count:+,}" if count else "0"
        metrics = painter.fontMetrics()
        if metrics.horizontalAdvance(words) + 4 > box.width() or box.height() < 13:
            return
        worn = theme.current()
        painter.setPen(QColor(readable(worn, colour) if count else worn.quiet))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
