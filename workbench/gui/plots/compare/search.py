"""The trials of a search: by number, over all places that were searched, and what matters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from workbench.gui import theme
from workbench.gui.plots.scatter import ResultPlot
from workbench.searching.judging import Standing, metric_of, setting_words, value_words
from workbench.searching.space import Hyperparameter, Value
from workbench.searching.spec import SearchSpec

_LETTERS = 18
"""Of the value at the end of an axis."""
_SHADES = 5
"""Groups of trials by how well they did, each in a colour of its own."""


class HistoryPlot(ResultPlot):
    """A dot for each trial that is done, and a line along the best so far.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Trials by number", "", "trial", parent)
        self._dots: Any = pg.ScatterPlotItem(size=7)
        self._line: Any = pg.PlotDataItem()
        self._plot.addItem(self._line)
        self._plot.addItem(self._dots)
        self.dress()

    def show_standing(self, spec: SearchSpec, standing: Standing) -> None:
        """Show how far a search is.

        Args:
            spec: what it is.
            standing: how it stands.
        """
        done = [each for each in standing.trials if math.isfinite(each.value)]
        x = np.asarray([each.number + 1 for each in done], np.float64)
        y = np.asarray([each.value for each in done], np.float64)
        better = np.maximum if spec.larger_is_better else np.minimum
        best = better.accumulate(y) if len(y) else y
        self._dots.setData(x, y)
        # It changes where a trial is done, and not on the way there.
        self._line.setData(np.repeat(x, 2)[1:], np.repeat(best, 2)[:-1])
        self._words["left"] = f"validation {metric_of(spec).replace('_', ' ')}"
        self._plot.setXRange(1, max(spec.trials, 2))
        if len(y):
            room = float(np.ptp(y)) or abs(float(y[0])) or 1.0
            self._plot.setYRange(float(y.min()) - 0.05 * room, float(y.max()) + 0.05 * room)
        told = f"{len(done)} trials, the best {value_words(spec, best[-1])}" if len(y) else "None"
        self.setAccessibleDescription(told)
        self.dress()

    def dress(self) -> None:
        """Put on the colours of the theme."""
        super().dress()
        worn = theme.current()
        if hasattr(self, "_line"):
            self._dots.setBrush(QColor(worn.colour_of(0)))
            self._dots.setPen(pg.mkPen(None))
            self._line.setPen(pg.mkPen(worn.colour_of(1), width=2))


class ParallelPlot(ResultPlot):
    """Parallel coordinates: an upright axis for each place, a line for each trial.

    Lines are the stronger the better their trial did; the one that is looked at stands out.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Trials over all places that were searched", "", "", parent)
        self._plot.hideAxis("left")
        # Every axis has its name, however near to the edge.
        self._plot.getAxis("bottom").setStyle(hideOverlappingLabels=False)
        self._lines = [pg.PlotDataItem(connect="finite") for _ in range(_SHADES)]
        self._chosen: Any = pg.PlotDataItem()
        self._axes: Any = pg.PlotDataItem(connect="finite")
        for item in (self._axes, *self._lines, self._chosen):
            self._plot.addItem(item)
        self._ends: list[Any] = []
        self.dress()

    def show_standing(
        self, spec: SearchSpec, standing: Standing, chosen: int | None = None
    ) -> None:
        """Show how far a search is.

        Args:
            spec: what it is.
            standing: how it stands.
            chosen: number of the trial that is looked at.
        """
        done = [each for each in standing.trials if math.isfinite(each.value)]
        sign = 1.0 if spec.larger_is_better else -1.0
        done.sort(key=lambda each: sign * each.value)
        values = np.asarray([each.value for each in done], np.float64)
        rows = np.asarray(
            [
                [*(place_of(one, each.values.get(one.place)) for one in spec.space), scaled]
                for each, scaled in zip(done, _scaled(values), strict=True)
            ],
            np.float64,
        ).reshape(len(done), len(spec.space) + 1)
        count = rows.shape[1]
        for shade, line in enumerate(self._lines):
            part = rows[len(done) * shade // _SHADES : len(done) * (shade + 1) // _SHADES]
            x = np.tile([*range(count), np.nan], len(part))
            y = np.column_stack([part, np.full(len(part), np.nan)]).ravel()
            line.setData(x, y)
        mine = [row for row, each in zip(rows, done, strict=True) if each.number == chosen]
        self._chosen.setData(np.arange(count) if mine else [], mine[0] if mine else [])
        axes = np.repeat(np.arange(count, dtype=np.float64), 3)
        self._axes.setData(axes, np.tile([0.0, 1.0, np.nan], count))
        self._label(spec, values)
        told = f"{len(done)} trials over {', '.join(each.place for each in spec.space)}"
        self.setAccessibleDescription(told)
        self.dress()

    def _label(self, spec: SearchSpec, values: Any) -> None:
        """Name the axes, and what their ends stand for."""
        for item in self._ends:
            self._plot.removeItem(item)
        names = [_short(each.place) for each in spec.space]
        names.append(metric_of(spec).replace("_", " "))
        ends = [_end_words(each) for each in spec.space]
        known = len(values) > 0
        ends.append(
            (value_words(spec, values.min()), value_words(spec, values.max()))
            if known
            else ("", "")
        )
        self._plot.getAxis("bottom").setTicks([list(enumerate(names))])
        self._ends = []
        for place, (low, high) in enumerate(ends):
            for words, at, anchor in ((low, 0.0, (0.5, 0.0)), (high, 1.0, (0.5, 1.0))):
                item = pg.TextItem(_cut(words), anchor=anchor)
                item.setPos(place, at)
                self._ends.append(item)
                self._plot.addItem(item)
        self._plot.setXRange(0, max(len(names) - 1, 1), padding=0.1)
        self._plot.setYRange(-0.16, 1.16, padding=0)

    def dress(self) -> None:
        """Put on the colours of the theme."""
        super().dress()
        if not hasattr(self, "_ends"):
            return
        worn = theme.current()
        for shade, line in enumerate(self._lines):
            colour = QColor(worn.colour_of(0))
            colour.setAlpha(30 + 200 * shade // (_SHADES - 1))
            line.setPen(pg.mkPen(colour, width=1 + shade / (_SHADES - 1)))
        self._chosen.setPen(pg.mkPen(worn.colour_of(1), width=3))
        self._axes.setPen(pg.mkPen(worn.line, width=1))
        for item in self._ends:
            item.setColor(QColor(worn.quiet))


class ImportancePlot(ResultPlot):
    """A bar for each place: how much of the differences between trials it explains.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "What matters", "", "share of the differences", parent)
        self._bars: Any = pg.BarGraphItem(x0=[], y=[], width=[], height=0.6)
        self._plot.addItem(self._bars)
        self.dress()

    def show_importance(self, importance: dict[str, float]) -> None:
        """Show these shares, the largest on top.

        Args:
            importance: 0..1 by place.
        """
        rows = sorted(importance.items(), key=lambda pair: pair[1])
        many = np.arange(len(rows))
        shares = [share for _, share in rows]
        self._bars.setOpts(x0=np.zeros(len(rows)), y=many, width=shares, height=0.6)
        ticks = [(place, _short(name)) for place, (name, _) in enumerate(rows)]
        self._plot.getAxis("left").setTicks([ticks])
        self._plot.setXRange(0, max(shares, default=1.0), padding=0.02)
        self._plot.setYRange(-0.6, max(len(rows) - 0.4, 0.6), padding=0)
        told = ", ".join(f"{name} {share:.0%}" for name, share in reversed(rows))
        self.setAccessibleDescription(told or "Nothing is known yet")
        self.dress()

    def dress(self) -> None:
        """Put on the colours of the theme."""
        super().dress()
        if hasattr(self, "_bars"):
            self._bars.setOpts(brush=QColor(theme.current().colour_of(0)), pen=pg.mkPen(None))


def place_of(space: Hyperparameter, value: Value) -> float:
    """How high a value lies on its axis, 0..1; NaN where it has none.

    Args:
        space: what the axis stands for.
        value: of a trial.
    """
    if space.kind == "choice":
        choices = list(space.choices)
        return choices.index(value) / (len(choices) - 1) if value in choices else math.nan
    if not isinstance(value, int | float):
        return math.nan
    low, high, at = space.low, space.high, float(value)
    if space.log:
        low, high, at = math.log(low), math.log(high), math.log(at)
    return (at - low) / (high - low)


def _scaled(values: Any) -> Any:
    room = float(np.ptp(values)) if len(values) else 0.0
    return (values - values.min()) / room if room else np.full(len(values), 0.5)


def _end_words(space: Hyperparameter) -> tuple[str, str]:
    low, high = (space.ends[0], space.ends[-1])
    return setting_words(low), setting_words(high)


def _cut(words: str) -> str:
    return words if len(words) <= _LETTERS else f"{words[: _LETTERS - 1]}…"


def _short(place: str) -> str:
    """The last words of a place, and of the name of a part whose it is."""
    return place.removesuffix(".name").rpartition(".")[2].replace("_", " ")
