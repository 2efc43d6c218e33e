"""What saved pictures of plots have besides: names of curves, and lines drawn with care."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from workbench.gui import theme

_FIRM = 1.6
# Width of a curve in a saved picture, beside that on the screen.


def named(plot: QWidget) -> dict[str, Any]:
    """The curves of a plot by name, from its legend inside or from the plot itself."""
    found: dict[str, Any] = getattr(plot, "named_items", dict)()
    legend: Any = getattr(plot, "_legend", None)
    if legend is not None and hasattr(legend, "items"):
        found = found | {words.text: sample.item for sample, words in legend.items}
    return found


def entries(plot: QWidget) -> list[tuple[str, Any]]:
    """What a saved picture has to name: curves whose legend stands outside of the plot."""
    if not hasattr(plot, "named_items"):
        return []
    drawn = [(name, item) for name, item in named(plot).items() if _has_points(item)]
    return drawn if len(drawn) > 1 else []


def _has_points(item: Any) -> bool:
    x = item.getData()[0]
    return x is not None and len(x) > 0


def draw_legend(
    named_curves: list[tuple[str, Any]], painter: QPainter, middle: float, wide: int
) -> None:
    """Names of curves in a row, each behind a piece of its line or its mark.

    Args:
        named_curves: of ``entries``.
        painter: draws them.
        middle: of the row, from above.
        wide: how much room there is; what does not fit is left away.
    """
    metrics, left = painter.fontMetrics(), 8.0
    for name, item in named_curves:
        pen, brush = item.opts.get("pen"), item.opts.get("symbolBrush") or item.opts.get("brush")
        if left + 22 + metrics.horizontalAdvance(name) > wide:
            break
        line = pg.mkPen(pen)
        if line.style() != Qt.PenStyle.NoPen and item.opts.get("symbol") != "star":
            painter.setPen(_firm(line))
            painter.drawLine(QPointF(left, middle), QPointF(left + 16, middle))
        else:
            painter.setPen(item.opts.get("symbolPen") or Qt.PenStyle.NoPen)
            painter.setBrush(pg.mkBrush(brush))
            painter.drawEllipse(QPointF(left + 8, middle), 3, 3)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QColor(theme.current().quiet))
        painter.drawText(QPointF(left + 21, middle + 4), name)
        left += 36 + metrics.horizontalAdvance(name)


def _firm(pen: QPen) -> QPen:
    """A line that keeps its width where the picture is finer than the screen."""
    firm = QPen(pen)
    firm.setWidthF(max(pen.widthF(), 1.0) * _FIRM)
    return firm


@contextmanager
def smooth(found: QWidget) -> Iterator[None]:
    """While this lasts, curves are drawn smooth and firm, which is too slow for live ones."""
    inner: Any = getattr(found, "_plot", None)
    items = inner.plotItem.items if inner is not None else []
    curves = [item for item in items if isinstance(item, pg.PlotDataItem)]
    before = [(item, item.opts["pen"], item.opts["antialias"]) for item in curves]
    for item, pen, _ in before:
        drawn = pg.mkPen(pen)
        item.opts["antialias"] = True
        item.setPen(_firm(drawn) if drawn.style() != Qt.PenStyle.NoPen else None)
    try:
        yield
    finally:
        for item, pen, fine in before:
            item.opts["antialias"] = fine
            item.setPen(pen)
