"""Plots of what several terms, or several modalities, do over the steps; and their legend."""

from __future__ import annotations

import html
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from workbench.gui import theme
from workbench.gui.plots.live import LivePlot
from workbench.runs.curves import Curves
from workbench.runs.series import Numbers, Series

GROUPS = {
    "terms": ("Loss of each term", "raw loss"),
    "weights": ("Weight of each term", "weight"),
    "shares": ("Share of each term in the sum", "share"),
    "gradients": ("Length of the gradient of each encoder", "length"),
    "cosines": ("Cosine between the gradients of the task and of all other terms", "cosine"),
    "traces": ("What the balancer tells of itself", ""),
}
"""What a plot can show: its title, and what its upright axis shows."""

_NAMED = {"task": 3, "image": 0, "audio": 1, "text": 2}
_MOST = 12
_SMOOTHING = 0.8


def series_number(name: str, others: list[str]) -> int:
    """The number of the colour of a term, a modality or a trace; the same in every plot.

    Args:
        name: whose.
        others: all names that are neither the task nor a modality, in a fixed order.
    """
    last = name.rpartition(".")[2]
    if last in _NAMED:
        return _NAMED[last]
    return 4 + others.index(name) if name in others else 4


class TermsPlot(LivePlot):
    """The curves of one group of a run's ``Curves``, each in the colour of its term.

    Args:
        name: its ``objectName``.
        group: a key of ``GROUPS``.
        empty: what is said while there is nothing.
        parent: its parent.
    """

    def __init__(
        self, name: str, group: str, empty: str, parent: QWidget | None = None
    ) -> None:  # fmt: skip
        title, left = GROUPS[group]
        super().__init__(name, title, left, empty=empty, parent=parent)
        # Chips and a legend stand beside it in a card that fits a small window.
        self.setMinimumHeight(60)
        self._group = group
        self._drawn_curves: list[Any] = [self._new_curve() for _ in range(_MOST)]
        self._zero: Any = pg.InfiniteLine(angle=0, pos=0.0, movable=False)
        self._zero.setVisible(group == "cosines")
        self._item.addItem(self._zero, ignoreBounds=True)
        self.finish()

    @property
    def group(self) -> str:
        """Which group is shown."""
        return self._group

    def show_group(self, group: str) -> None:
        """Show another group of the same run."""
        self._group = group
        title, self._left = GROUPS[group]
        self.setAccessibleName(title)
        self._zero.setVisible(group == "cosines")
        self.reset_view()
        self._dress()
        self.redraw()

    def known(self) -> dict[str, Series]:
        """The curves of the group by name; the first ones of very many."""
        found: dict[str, Series] = getattr(self._curves, self._group)
        return dict(list(found.items())[:_MOST])

    def series(self) -> dict[str, tuple[Numbers, Numbers]]:
        """All curves."""
        return {name: (series.x, series.y) for name, series in self.known().items()}

    def named_items(self) -> dict[str, Any]:
        """All curves."""
        words = (name.replace("_", " ") for name in self.known())
        return dict(zip(words, self._drawn_curves, strict=False))

    def draw(self) -> None:
        """Bring the curves to the plot."""
        known = list(self.known().values())
        noisy = self._group in ("terms", "gradients", "cosines")
        for place, curve in enumerate(self._drawn_curves):
            if place >= len(known):
                curve.setData([], [])
                continue
            if noisy:
                curve.setData(*self.visible_smooth(known[place], _SMOOTHING))
            else:
                curve.setData(*self.visible(known[place]))
        self.dress(theme.current())

    def dress(self, worn: theme.Theme) -> None:
        """Give the curves their colours and dashes."""
        names = list(self.known())
        others = unnamed(names)
        for name, curve in zip(names, self._drawn_curves, strict=False):
            number = series_number(name, others)
            curve.setPen(pg.mkPen(worn.colour_of(number), style=worn.dash_of(number)))
        self._zero.setPen(pg.mkPen(worn.line))


class Legend(QLabel):
    """Names curves in their colours, in as many lines as it takes.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._names: list[str] = []
        self._areas: dict[str, str] = {}

    def show_names(self, names: list[str], areas: Mapping[str, str] = MappingProxyType({})) -> None:
        """Name these curves.

        Args:
            names: of the curves.
            areas: where they are areas: all of these in their order, with their words.
        """
        if names != self._names or areas != self._areas:
            self._names, self._areas = list(names), dict(areas)
            self._write()

    def changeEvent(self, event: QEvent) -> None:
        """Change colours with the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_names"):
            self._write()

    def _write(self) -> None:
        worn, others = theme.current(), list(self._areas) or unnamed(self._names)
        marks = {
            Qt.PenStyle.SolidLine: "—", Qt.PenStyle.DashLine: "- -", Qt.PenStyle.DotLine: "···",
            Qt.PenStyle.DashDotLine: "-·-", Qt.PenStyle.DashDotDotLine: "-··",
        }  # fmt: skip
        entries = []
        for name in self._names:
            number = series_number(name, others)
            told = html.escape(self._areas.get(name, name.replace("_", " ")))
            mark = "■" if self._areas else marks[worn.dash_of(number)]
            entries.append(
                f'<span style="color:{worn.colour_of(number)}">{mark}&nbsp;{told}</span>'
            )
        self.setText(" &nbsp; ".join(entries))
        self.setAccessibleName(", ".join(self._names))


def unnamed(names: list[str]) -> list[str]:
    """Names that have no colour of their own, in their order."""
    return [name for name in names if name.rpartition(".")[2] not in _NAMED]


def has_terms(curves: Curves) -> bool:
    """Whether there are several terms to look at."""
    return bool(curves.terms)
