"""Plots of what the steps and the machine do: one figure at a time, and where the time goes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from workbench.gui import theme
from workbench.gui.plots.live import LivePlot
from workbench.gui.plots.terms import series_number
from workbench.runs import telemetry
from workbench.runs.series import Numbers, Series

_MOST = 8
# Lines of one figure: one for each GPU of a machine.
_COLUMNS = 120


class FigurePlot(LivePlot):
    """One figure of ``runs.telemetry`` over the steps.

    Args:
        name: its ``objectName``.
        which: which figure.
        parent: its parent.
    """

    def __init__(self, name: str, which: str, parent: QWidget | None = None) -> None:
        self._flat = False
        self._figures = telemetry.figures()
        self._figure = self._figures[which]
        told = self._figure
        super().__init__(name, told.title, told.left, empty=told.empty, parent=parent)
        self.setMinimumHeight(60)
        self._lines: list[Any] = [self._new_curve() for _ in range(_MOST)]
        self._rule: Any = self._new_curve()
        self.show_figure(which)
        self.finish()

    def show_figure(self, which: str) -> None:
        """Show another figure of the same run."""
        self._figure = self._figures[which]
        self._left = self._figure.left
        self.setAccessibleName(self._figure.title)
        self._empty.setText(self._figure.empty)
        self._item.setLogMode(x=False, y=self._figure.log)
        self.reset_view()
        self._dress()
        self.redraw()

    @property
    def sentence(self) -> str:
        """What the figure says now."""
        return self._figure.sentence(self._curves)

    def known(self) -> dict[str, Series]:
        """The curves that have points, by name."""
        found = {n: s for n, s in self._figure.series(self._curves).items() if len(s)}
        return dict(list(found.items())[:_MOST])

    def series(self) -> dict[str, tuple[Numbers, Numbers]]:
        """All curves."""
        return {name: (s.x, s.y * self._figure.factor) for name, s in self.known().items()}

    def named_items(self) -> dict[str, Any]:
        """All curves, where there are several."""
        names = [name.replace("_", " ") for name in self.known()]
        return dict(zip(names, self._lines, strict=False)) if len(names) > 1 else {}

    def draw(self) -> None:
        """Bring the curves to the plot."""
        known = list(self.known().values())
        for place, line in enumerate(self._lines):
            x, y = self.visible(known[place]) if place < len(known) else (np.empty(0), np.empty(0))
            y = y * self._figure.factor
            line.setData(x, np.where(y > 0, y, np.nan) if self._figure.log else y)
        self._frame_flat(known)
        rule = self._figure.rule
        if rule is None or not known:
            self._rule.setData([], [])
        else:
            self._rule.setData([0.0, max(self._curves.place, known[0].x[-1])], [rule, rule])
        self.dress(theme.current())

    def _frame_flat(self, known: list[Series]) -> None:
        """A figure that never changes stands half way up; its own range would be nothing."""
        values = np.concatenate([s.y for s in known]) if known else np.empty(0)
        flat = len(values) > 0 and np.ptp(values) == 0 and values[0] > 0 and not self._figure.log
        if flat:
            self._view.setYRange(0, 2 * float(values[0]) * self._figure.factor, padding=0)
        elif self._flat:
            self._view.enableAutoRange(y=True)
        self._flat = flat

    def dress(self, worn: theme.Theme) -> None:
        """Give the curves their colours; measured now and then, they are points, too."""
        self._item.showLabel("bottom", show=False)
        names = list(self.known())
        for name, line in zip(names, self._lines, strict=False):
            number = series_number(name, names) if len(names) > 1 else 0
            line.setPen(pg.mkPen(worn.colour_of(number), style=worn.dash_of(number)))
            line.setSymbol("o" if self._figure.rule is not None else None)
            line.setSymbolSize(5)
            line.setSymbolBrush(worn.colour_of(number))
            line.setSymbolPen(None)
        self._rule.setPen(pg.mkPen(worn.quiet, style=Qt.PenStyle.DotLine))


class TimePlot(LivePlot):
    """Where the time goes, as areas that stand on one another and fill the plot.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(
            name, "Share of the time by what it is spent on", "%",
            empty="Shown from the first step on.", parent=parent,
        )  # fmt: skip
        self.setMinimumHeight(60)
        self._view.setAutoVisible(y=False)
        self._view.setYRange(0, 100, padding=0)
        # From the top down: each area hides the lower part of the one behind it.
        self._areas: list[Any] = [self._new_curve() for _ in range(_MOST)]
        for place, area in enumerate(self._areas):
            area.setFillLevel(0)
            area.setZValue(-place)
        self.finish()

    @property
    def sentence(self) -> str:
        """Where the time of the last epoch went."""
        return telemetry.time_sentence(self._curves)

    def names(self) -> list[str]:
        """What time is spent on, from below upwards."""
        known = telemetry.SPENT
        return [name for name in known if name in self._curves.spent]

    def reset_view(self) -> None:
        """Show the whole run again; the upright axis stays from 0 to 100 %."""
        self._view.enableAutoRange(x=True)

    def series(self) -> dict[str, tuple[Numbers, Numbers]]:
        """Shares in per cent."""
        x, shares = self._shares()
        return {telemetry.SPENT[n]: (x, 100 * shares[n]) for n in self.names()} if len(x) else {}

    def named_items(self) -> dict[str, Any]:
        """All areas."""
        words = (telemetry.SPENT[name] for name in self.names())
        return dict(zip(words, self._areas, strict=False))

    def draw(self) -> None:
        """Bring the areas to the plot."""
        x, shares = self._shares()
        top = np.zeros(len(x))
        names = self.names()
        for place, area in enumerate(self._areas):
            if place < len(names):
                top = top + 100 * shares[names[place]]
                area.setData(x, top)
            else:
                area.setData([], [])
        self.dress(theme.current())

    def _shares(self) -> tuple[Numbers, dict[str, Numbers]]:
        return telemetry.time_shares(self._curves, *self._stretch, _COLUMNS)

    def dress(self, worn: theme.Theme) -> None:
        """Give the areas their colours."""
        self._item.showLabel("bottom", show=False)
        names = list(telemetry.SPENT)
        for name, area in zip(self.names(), self._areas, strict=False):
            colour = QColor(worn.colour_of(series_number(name, names)))
            area.setPen(pg.mkPen(colour))
            area.setBrush(pg.mkBrush(colour))
