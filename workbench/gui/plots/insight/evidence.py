"""The figures behind a finding, as bars; those that it is about stand out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from workbench.gui import theme
from workbench.gui.plots.scatter import ResultPlot
from workbench.runs.advising import Evidence

_MOST_NAMES = 8
_LETTERS = 14


class EvidencePlot(ResultPlot):
    """Bars from left to right.

    Args:
        name: its ``objectName``.
        parent: its parent.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Evidence", "", "", parent)
        self._evidence: Evidence | None = None
        self._bars: Any = None
        self.dress()

    def show_evidence(self, evidence: Evidence) -> None:
        """Show these bars.

        Args:
            evidence: them.
        """
        if evidence is self._evidence:
            return
        self._evidence = evidence
        self._words["bottom"] = evidence.title
        count = len(evidence.names)
        every = max(1, -(-count // _MOST_NAMES))
        ticks = [(place, _short(name)) for place, name in enumerate(evidence.names)
                 if place % every == 0]  # fmt: skip
        self._plot.getAxis("bottom").setTicks([ticks])
        highest = max(evidence.values, default=0.0)
        top = highest * 1.05 or 1.0
        if evidence.share:
            top = min(1.0, np.ceil(highest / 0.25 + 1e-9) * 0.25) if highest <= 1 else top
        lowest = min(0.0, *evidence.values) if evidence.values else 0.0
        self._plot.setXRange(-0.6, count - 0.4, padding=0)
        self._plot.setYRange(lowest, top, padding=0)
        percent = [[(n / 100, f"{n}%") for n in range(0, 101, 25)]] if evidence.share else None
        self._plot.getAxis("left").setTicks(percent)
        told = zip(evidence.names, evidence.values, evidence.marked, strict=True)
        marked = [f"{name} {value:.3g}" for name, value, on in told if on]
        self.setAccessibleDescription(f"{evidence.title}; marked: {', '.join(marked)}")
        self._draw()

    def _draw(self) -> None:
        evidence = self._evidence
        if evidence is None:
            return
        worn = theme.current()
        if self._bars is not None:
            self._plot.removeItem(self._bars)
        colours = [worn.accent if on else worn.line for on in evidence.marked]
        self._bars = pg.BarGraphItem(
            x=list(range(len(evidence.values))), height=list(evidence.values), width=0.8,
            brushes=colours, pens=[pg.mkPen(None)] * len(colours),
        )  # fmt: skip
        self._plot.addItem(self._bars)

    def dress(self) -> None:
        """Put on the colours of the theme."""
        super().dress()
        if hasattr(self, "_bars"):
            self._draw()


def _short(name: str) -> str:
    return name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
