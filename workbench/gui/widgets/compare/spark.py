"""A small curve in a cell."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from workbench.gui import theme
from workbench.runs.table import Row

SPARK_WIDTH = 92
_MARGIN_X, _MARGIN_Y = 10.0, 6.0
_MOST = 60


class Spark(QStyledItemDelegate):
    """Draws the curve of a run, its last point marked; nothing until it is read.

    Args:
        curve: gives the values of a run; asked only for cells that are seen.
        parent: the table; its model gives the run of a line by ``row_at``.
    """

    def __init__(
        self, curve: Callable[[Row], NDArray[np.float64]], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._curve = curve

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:  # fmt: skip
        """Draw it over what every cell has."""
        super().paint(painter, option, index)
        row = index.model().row_at(index.row())  # type: ignore[attr-defined]
        if row is None:
            return
        points = points_of(self._curve(row), QRectF(option.rect))
        if not points:
            return
        worn = theme.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(worn.accent), 1.5))
        painter.drawPolyline(points)
        painter.setBrush(QColor(worn.accent))
        painter.drawEllipse(points[-1], 2.0, 2.0)
        painter.restore()


def points_of(values: NDArray[np.float64], box: QRectF) -> list[QPointF]:
    """Where the points of a curve lie in a cell, its lowest at the bottom.

    Args:
        values: of the curve; of many some are left out.
        box: the cell, in pixels.
    """
    if not len(values):
        return []
    if len(values) > _MOST:
        values = values[np.linspace(0, len(values) - 1, _MOST).astype(np.int64)]
    low, room = float(values.min()), float(np.ptp(values)) or 1.0
    inner = box.adjusted(_MARGIN_X, _MARGIN_Y, -_MARGIN_X, -_MARGIN_Y)
    step = inner.width() / max(len(values) - 1, 1)
    return [
        QPointF(inner.left() + place * step, inner.bottom() - (value - low) / room * inner.height())
        for place, value in enumerate(values.tolist())
    ]
