"""Every repeat of a duel as a dot: its contestant level, the metric that judges upright."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QToolTip, QWidget

from workbench.duels.judging import Judgement
from workbench.gui import theme
from workbench.gui.plots.scatter import ResultPlot
from workbench.runs.results_words import caption, is_share, metric_words

_NEAR = 12.0
_LETTER = 7.5
# Pixels of a letter of the axis, and of the axis itself.
_AXIS = 70


class SeedDots(ResultPlot):
    """A dot for each repeat, those of one seed joined by a line; the mean as a bar.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    chosen = Signal(str, int)
    """Contestant and seed of a dot that was clicked."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Each repeat", "", "", parent)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._judgement: Judgement | None = None
        self._metric = ""
        self._joins: Any = pg.PlotDataItem(connect="finite")
        self._means: Any = pg.PlotDataItem(connect="finite")
        self._dots: list[Any] = []
        self._at: list[tuple[str, int, float, float]] = []
        self._plot.addItem(self._joins)
        self._plot.addItem(self._means)
        self._plot.getAxis("bottom").setStyle(tickLength=0)
        self.dress()

    def show_judgement(self, judgement: Judgement, metric: str) -> None:
        """Show all repeats that are done.

        Args:
            judgement: of the duel.
            metric: that judges.
        """
        if judgement == self._judgement and metric == self._metric:
            return
        self._judgement, self._metric = judgement, metric
        self._words["left"] = caption(metric)
        for item in self._dots:
            self._plot.removeItem(item)
        self._dots, self._at = [], []
        for place, standing in enumerate(judgement.standings):
            count = len(standing.values)
            # Side by side in the order of the seeds, so that equal figures do not hide each other.
            across = place + (np.arange(count) - (count - 1) / 2) * min(0.06, 0.5 / max(count, 1))
            for x, (seed, value) in zip(across, standing.values.items(), strict=True):
                self._at.append((standing.name, seed, float(x), value))
            item = pg.ScatterPlotItem(across, list(standing.values.values()), size=9, pxMode=True)
            self._dots.append(item)
            self._plot.addItem(item)
        self._draw_lines(judgement)
        self._name_axis(judgement)
        values = [value for *_, value in self._at]
        if values:
            low, high = min(values), max(values)
            room = (high - low or abs(high) or 1.0) * 0.12
            self._plot.setYRange(low - room, high + room, padding=0)
        if is_share(metric):
            self.view.setLimits(yMax=1.02)
        self._plot.setXRange(-0.5, len(judgement.standings) - 0.5, padding=0)
        told = [f"{each.name}: mean {each.mean:.3g} of {len(each.values)}"
                for each in judgement.standings]  # fmt: skip
        self.setAccessibleDescription("; ".join(told))
        self.dress()

    def _draw_lines(self, judgement: Judgement) -> None:
        x, y = [], []
        for seed in sorted({seed for _, seed, *_ in self._at}):
            for name in [each.name for each in judgement.standings]:
                found = next((p for p in self._at if p[:2] == (name, seed)), None)
                x.append(found[2] if found else np.nan)
                y.append(found[3] if found else np.nan)
            x.append(np.nan)
            y.append(np.nan)
        self._joins.setData(x, y)
        means = [(place, each.mean) for place, each in enumerate(judgement.standings)]
        self._means.setData(
            [value for place, _ in means for value in (place - 0.28, place + 0.28, np.nan)],
            [value for _, mean in means for value in (mean, mean, np.nan)],
        )

    def _name_axis(self, judgement: Judgement) -> None:
        room = max(self.width() - _AXIS, 100) / max(len(judgement.standings), 1)
        most = max(int(room / _LETTER), 5)
        ticks = []
        for place, each in enumerate(judgement.standings):
            lost = f" ({len(each.lost)} lost)" if each.lost else ""
            name = each.name if len(each.name) <= most else f"{each.name[: most - 1]}…"
            ticks.append((place, f"{name}{lost}"))
        self._plot.getAxis("bottom").setTicks([ticks])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Names are as long as there is room for."""
        super().resizeEvent(event)
        if self._judgement is not None:
            self._name_axis(self._judgement)

    def place_of(self, contestant: str, seed: int) -> QPointF | None:
        """Where a dot lies in this widget; None where there is none.

        Args:
            contestant: its name.
            seed: of the repeat.
        """
        for name, mine, x, y in self._at:
            if (name, mine) == (contestant, seed):
                scene = self.view.mapViewToScene(QPointF(x, y))
                return QPointF(self._plot.mapToParent(self._plot.mapFromScene(scene)))
        return None

    def _near(self, point: QPointF) -> tuple[str, int, float] | None:
        found, least = None, _NEAR
        for name, seed, _, value in self._at:
            place = self.place_of(name, seed)
            if place is not None:
                off = place - point
                far = float(np.hypot(off.x(), off.y()))
                if far < least:
                    found, least = (name, seed, value), far
        return found

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say which repeat the pointer is on."""
        found = self._near(event.position())
        if found is None:
            QToolTip.hideText()
            return
        name, seed, value = found
        words = f"{name}, seed {seed}: {metric_words(self._metric, value)} · click to open the run"
        QToolTip.showText(event.globalPosition().toPoint(), words, self)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on a dot chooses it."""
        found = self._near(event.position())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(found[0], found[1])

    def dress(self) -> None:
        """Put on the colours of the theme."""
        super().dress()
        if not hasattr(self, "_at"):
            return
        worn = theme.current()
        for place, item in enumerate(self._dots):
            item.setBrush(worn.colour_of(place))
            item.setPen(pg.mkPen(worn.panel, width=1))
        self._joins.setPen(pg.mkPen(worn.line, width=1))
        self._means.setPen(pg.mkPen(worn.text, width=2))
