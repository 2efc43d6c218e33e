"""What the steps and the machine do: chips, one sentence, and the curves behind it."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.plots.live import LivePlot
from workbench.gui.plots.machine import FigurePlot, TimePlot
from workbench.gui.plots.terms import Legend
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import label
from workbench.runs.curves import Curves
from workbench.runs.telemetry import SPENT, figures

TIME = "time"
STEPS = {"learning_rate": "Rate", "gradient": "Gradient", "update": "Update", "speed": "Speed"}
MACHINE = {
    TIME: "Time", "processor": "Processor", "memory": "Memory", "busy": "GPU",
    "graphics": "GPU memory",
}  # fmt: skip


class FiguresView(QWidget):
    """Chips that choose a figure, what it says now, and its curve.

    Args:
        name: its ``objectName``; that of its parts begin with it.
        offered: what the chips say, by name of the figure; ``TIME`` may be among them.
        parent: its parent.
    """

    def __init__(self, name: str, offered: dict[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._curves = Curves()
        self._offered = list(offered)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, theme.GAP, 0, 0)
        box.setSpacing(theme.GAP)
        known = figures()
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_SMALL)
        self.chips = QButtonGroup(self)
        for place, (which, words) in enumerate(offered.items()):
            tip = "Where the time goes" if which == TIME else known[which].title
            chip = Button(words, f"{name}_{which}", chip=True, name_for_readers=tip)
            chip.setToolTip(tip)
            chip.setChecked(place == 0)
            self.chips.addButton(chip, place)
            row.addWidget(chip)
        row.addStretch(1)
        self.sentence = label("", "quiet", f"{name}_sentence", wrap=True)
        self.plot = FigurePlot(f"{name}_plot", next(w for w in offered if w != TIME))
        self.time = TimePlot(f"{name}_time_plot")
        self._stack = QStackedWidget()
        for plot in self.plots():
            self._stack.addWidget(plot)
        self.legend = Legend(f"{name}_legend")
        box.addLayout(row)
        box.addWidget(self.sentence)
        box.addWidget(self._stack, 1)
        box.addWidget(self.legend)
        self.chips.idClicked.connect(self._choose)
        self._choose(0)

    def plots(self) -> tuple[LivePlot, ...]:
        """Its plots."""
        return (self.plot, self.time)

    def show_curves(self, curves: Curves) -> None:
        """Show another run."""
        self._curves = curves
        for plot in self.plots():
            plot.show_curves(curves)
        self.tell()

    def tell(self) -> None:
        """Say what the figure says now, and offer what this machine has."""
        for which in ("busy", "graphics"):
            if which in self._offered:
                place = self._offered.index(which)
                self.chips.button(place).setVisible(bool(getattr(self._curves, which)))
                if self.chips.checkedId() == place and not getattr(self._curves, which):
                    self._choose(0)
                    return
        shown = self.time if self._stack.currentWidget() is self.time else self.plot
        self.sentence.setText(shown.sentence)
        self.sentence.setVisible(bool(shown.sentence))
        self.legend.setVisible(bool(self._named()))
        self.legend.show_names(self._named(), SPENT if shown is self.time else {})

    def showEvent(self, event: QShowEvent) -> None:
        """Say what came while nobody looked."""
        super().showEvent(event)
        self.tell()

    def _named(self) -> list[str]:
        """Names of the curves where there are several."""
        if self._stack.currentWidget() is self.time:
            return self.time.names()
        names = list(self.plot.known())
        return names if len(names) > 1 else []

    @Slot(int)
    def _choose(self, place: int) -> None:
        self.chips.button(place).setChecked(True)
        which = self._offered[place]
        self._stack.setCurrentWidget(self.time if which == TIME else self.plot)
        if which != TIME:
            self.plot.show_figure(which)
        self.tell()
