"""A window of its own for a trial of learning rates or batch sizes."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.plots.finding import FindingPlot
from workbench.gui.presenters.finding import FindingPresenter, FindingState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner
from workbench.gui.widgets.labels import label

_TITLES = {"rate": "Find a learning rate", "batch": "Find a batch size"}
_HOW = {
    "rate": (
        "The learning rate is raised from step to step. A good one lies where the loss falls, well "
        "before it rises again. Nothing of the trial is kept."
    ),
    "batch": (
        "The batch size is doubled until memory or speed gives no more. Nothing of the trial is "
        "kept."
    ),
}


class FindingDialog(QDialog):
    """Shows a trial; closing it ends the trial.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: FindingPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("finding")
        self._presenter = presenter
        self.resize(640, 480)
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.MARGIN, theme.GAP_LARGE, theme.MARGIN, theme.GAP_LARGE)
        box.setSpacing(theme.GAP)
        self.title = label("", "screen-title", "finding_title")
        self.how = label("", "quiet", "finding_how", wrap=True)
        self.banner = Banner("finding_banner")
        self.plot = FindingPlot("finding_plot")
        self.progress = QProgressBar()
        self.progress.setObjectName("finding_progress")
        self.progress.setAccessibleName("Progress of the trial")
        self.progress.setTextVisible(False)
        self.words = label("", name="finding_words", wrap=True)
        for widget in (self.title, self.how, self.banner):
            box.addWidget(widget)
        box.addWidget(self.plot, 1)
        box.addWidget(self.progress)
        box.addWidget(self.words)
        box.addLayout(self._buttons())
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.use = Button("Use it", "finding_use", icon_name="check", primary=True)
        self.end = Button("Stop", "finding_close")
        self.use.clicked.connect(self._use)
        self.end.clicked.connect(self.reject)
        row.addStretch(1)
        row.addWidget(self.end)
        row.addWidget(self.use)
        return row

    @Slot(object)
    def show_state(self, state: FindingState) -> None:
        """Show a state."""
        title = _TITLES[state.what]
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.title.setText(title)
        self.how.setText(_HOW[state.what])
        self.plot.show_state(state)
        self.words.setText(state.words)
        over = state.phase in {"done", "failed"}
        self.progress.setVisible(not over)
        self.progress.setRange(0, 0 if state.progress < 0 else 1000)
        self.progress.setValue(round(1000 * state.progress))
        self.end.setText("Close" if over else "Stop")
        self.use.setVisible(state.found is not None)
        if state.found is not None:
            self.use.setText(f"Use {state.found:g}")
            self.use.setAccessibleName(f"Use {state.found:g} in the recipe")
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()

    @Slot()
    def _use(self) -> None:
        self._presenter.use()
        self.accept()

    def done(self, result: int) -> None:
        """However it is closed, the trial ends."""
        self._presenter.stop()
        super().done(result)
