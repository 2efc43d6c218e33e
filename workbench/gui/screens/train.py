"""The training screen: curves, figures, what happens now, and the ways to stop."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPlainTextEdit,
    QProgressBar,
    QSlider,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.plots.live import LossPlot, MetricPlot, StepPlot
from workbench.gui.presenters.train import TrainPresenter, TrainState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card, EmptyState, Figure
from workbench.gui.widgets.labels import ElidedLabel, label, set_role
from workbench.gui.widgets.screen import Screen
from workbench.runs.curves import Curves


class TrainView(Screen):
    """Shows a ``TrainState`` and its curves; sends wishes to its presenter.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    recipe_wished = Signal()
    """Go to the recipe."""

    results_wished = Signal(object)
    """Show the results of the run in this ``Path``."""

    def __init__(self, presenter: TrainPresenter, parent: QWidget | None = None) -> None:
        super().__init__("Train", "train", parent=parent)
        self._presenter = presenter
        self._state = presenter.state
        self._buttons()
        self._stack = QStackedWidget()
        empty = EmptyState(
            "chart-line",
            "Nothing has been trained yet",
            "Choose a recipe and press Train; the curves then grow here.",
            "Choose a recipe",
            "train_empty",
        )
        empty.acted.connect(self.recipe_wished)
        self._stack.addWidget(empty)
        self._stack.addWidget(self._shown())
        self.body.addWidget(self._stack)
        presenter.changed.connect(self.show_state)
        presenter.curves_changed.connect(self._show_curves)
        self.show_state(presenter.state)

    def _buttons(self) -> None:
        self.stop = Button("Stop and keep best", "train_stop", icon_name="stop")
        self.discard = Button("Discard", "train_discard", icon_name="trash")
        self.again = Button("Change the recipe", "train_again", icon_name="sliders-horizontal")
        self.results = Button(
            "See the results", "train_results", icon_name="chart-bar", primary=True
        )
        self.stop.clicked.connect(self._presenter.stop)
        self.discard.clicked.connect(self._presenter.discard)
        self.again.clicked.connect(self.recipe_wished)
        self.results.clicked.connect(lambda: self.results_wished.emit(self._state.folder))
        for button in (self.again, self.discard, self.stop, self.results):
            self.tools.addWidget(button)

    def _shown(self) -> QWidget:
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP_LARGE)
        box.addLayout(self._progress())
        tiles = QHBoxLayout()
        tiles.setSpacing(theme.GAP_LARGE)
        self.loss = Figure("Validation loss", "train_loss")
        self.score = Figure("Validation metric", "train_metric")
        self.epoch = Figure("Epoch", "train_epoch")
        self.verdict = Figure("Verdict", "train_verdict")
        for tile in (self.loss, self.score, self.epoch, self.verdict):
            tiles.addWidget(tile, 1)
        box.addLayout(tiles)
        grid = QGridLayout()
        grid.setSpacing(theme.GAP_LARGE)
        grid.addWidget(self._loss_card(), 0, 0, 2, 1)
        grid.addWidget(self._metric_card(), 0, 1)
        grid.addWidget(self._side_card(), 1, 1)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 2)
        box.addLayout(grid, 1)
        return page

    def _progress(self) -> QVBoxLayout:
        self.progress = QProgressBar()
        self.progress.setObjectName("train_progress")
        self.progress.setAccessibleName("Progress of the run")
        self.progress.setTextVisible(False)
        self.words = ElidedLabel("", "quiet", "train_words")
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addWidget(self.progress)
        column.addWidget(self.words)
        return column

    def _loss_card(self) -> Card:
        card = Card("Loss", name="train_loss_card")
        card.hint.hide()
        card.head.addStretch(1)
        self.loss_plot = LossPlot("train_loss_plot")
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setObjectName("train_smoothing")
        slider.setAccessibleName("Smoothing of the training curve")
        slider.setToolTip("How much of the past the smoothed curve keeps")
        slider.setRange(0, 99)
        slider.setValue(80)
        slider.setFixedWidth(90)
        slider.valueChanged.connect(lambda value: self.loss_plot.set_smoothing(value / 100))
        log = Button("Log", "train_log", chip=True, name_for_readers="Logarithmic axis")
        log.toggled.connect(self.loss_plot.set_log)
        clip = Button("Clip", "train_clip", chip=True, name_for_readers="Leave out the highest 1 %")
        clip.setToolTip("Leave the highest hundredth of the steps out of the picture")
        clip.toggled.connect(self.loss_plot.set_clip)
        smoothing = label("Smooth", "quiet")
        smoothing.setBuddy(slider)
        for widget in (smoothing, slider, log, clip):
            card.head.addWidget(widget)
        card.body.addWidget(self.loss_plot, 1)
        card.body.addLayout(_legend())
        return card

    def _metric_card(self) -> Card:
        self.metric_card = Card("Metric", "after each epoch", name="train_metric_card")
        self.metric_plot = MetricPlot("train_metric_plot")
        self.metric_card.body.addWidget(self.metric_plot, 1)
        return self.metric_card

    def _side_card(self) -> Card:
        card = Card(name="train_side_card")
        tabs = QTabWidget()
        tabs.setObjectName("train_side")
        tabs.setAccessibleName("What happened, learning rate, speed")
        self.log = QPlainTextEdit()
        self.log.setObjectName("train_log_lines")
        self.log.setAccessibleName("What happened")
        self.log.setReadOnly(True)
        self.log.setMinimumHeight(80)
        self.rate_plot = StepPlot("train_rate_plot", "learning_rate", "Learning rate")
        self.speed_plot = StepPlot("train_speed_plot", "speed", "Samples per second")
        tabs.addTab(self.log, "What happened")
        tabs.addTab(self.rate_plot, "Learning rate")
        tabs.addTab(self.speed_plot, "Speed")
        card.body.addWidget(tabs, 1)
        return card

    @Slot(object)
    def _show_curves(self, curves: Curves) -> None:
        for plot in (self.loss_plot, self.metric_plot, self.rate_plot, self.speed_plot):
            plot.show_curves(curves)

    @Slot(object)
    def show_state(self, state: TrainState) -> None:
        """Show a state."""
        before, self._state = self._state, state
        self._stack.setCurrentIndex(0 if state.phase == "idle" else 1)
        self.title.setText(state.title)
        self.subtitle.setText(state.recipe)
        over = state.phase in {"done", "failed"}
        self.stop.setVisible(not over and state.phase != "idle")
        self.discard.setVisible(not over and state.phase not in {"idle", "evaluating"})
        self.stop.setEnabled(state.under_way)
        self.again.setVisible(over)
        self.results.setVisible(state.phase == "done" and state.epoch[0] != "–")
        self.words.setText(state.words)
        self._show_progress(state)
        self.loss.show_figure(*state.loss)
        self.score.caption.setText(state.metric_name)
        self.score.show_figure(*state.metric)
        self.epoch.show_figure(*state.epoch)
        self.verdict.show_figure(state.verdict.word, state.verdict.reason)
        set_role(self.verdict.note, "warn" if state.verdict.tone == "warn" else "quiet")
        if state.lines != before.lines:
            self._show_lines(state)
        if state.error is not None:
            if state.error is not before.error:
                self.banner.show_error(state.error)
        else:
            self.banner.hide()

    def _show_progress(self, state: TrainState) -> None:
        if state.progress < 0:
            self.progress.setRange(0, 0)
        else:
            self.progress.setRange(0, 1000)
            self.progress.setValue(round(state.progress * 1000))

    def _show_lines(self, state: TrainState) -> None:
        lines = [*state.lines]
        if state.log:
            lines += ["", "The last lines of the log:", *state.log.splitlines()]
        self.log.setPlainText("\n".join(lines))
        self.log.moveCursor(QTextCursor.MoveOperation.End)


def _legend() -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(theme.GAP_LARGE)
    for series, words in (
        ("train", "— training, each step (faint: raw)"),
        ("train", "● training, each epoch"),
        ("validation", "- - ● validation"),
        ("validation", "★ best"),
    ):
        entry = label(words, f"series-{series}")
        row.addWidget(entry)
    row.addStretch(1)
    return row
