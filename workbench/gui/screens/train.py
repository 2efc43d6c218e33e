"""The training screen: curves, figures, what happens now, and the ways to stop."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPlainTextEdit,
    QProgressBar,
    QSlider,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.plots.live import LivePlot
from workbench.gui.plots.training import LossPlot, MetricPlot
from workbench.gui.presenters.queue import QueueState
from workbench.gui.presenters.train import TrainPresenter
from workbench.gui.presenters.train_state import TrainState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card, EmptyState, Figure
from workbench.gui.widgets.figures import MACHINE, STEPS, FiguresView
from workbench.gui.widgets.fold import Fold
from workbench.gui.widgets.labels import ElidedLabel, label, set_role
from workbench.gui.widgets.learning import LearningView, TermsView
from workbench.gui.widgets.screen import Screen
from workbench.gui.widgets.tabs import Tabs
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
        self._waiting = 0
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
        self._columns = QHBoxLayout()
        self._columns.setSpacing(theme.GAP_LARGE)
        self._columns.addWidget(self._stack, 1)
        self.body.addLayout(self._columns)
        presenter.changed.connect(self.show_state)
        presenter.curves_changed.connect(self._show_curves)
        presenter.earlier_changed.connect(self._show_earlier)
        self.show_state(presenter.state)

    def _buttons(self) -> None:
        self.queue = Button("Queue", "train_queue", chip=True)
        self.queue.setToolTip("Runs that come next")
        self.stop = Button("Stop and keep best", "train_stop", icon_name="stop")
        self.pause = Button("Pause", "train_pause", icon_name="pause")
        self.pause.setToolTip("Stand still after this step; everything is saved")
        self.go_on = Button("Resume", "train_resume", icon_name="play", primary=True)
        self.release = Button("Free the memory", "train_release", icon_name="eject")
        self.release.setToolTip("End the engine; the run goes on from disk when you resume it")
        self.finish = Button("Stop after epoch", "train_finish_epoch", icon_name="flag")
        self.finish.setToolTip("Finish and validate this epoch, then stop and keep the best")
        self.wait = Button("Wait", "train_wait", icon_name="hourglass")
        self.proposal = Button(
            "Train again", "train_proposal", icon_name="arrow-clockwise", primary=True
        )
        self.discard = Button("Discard", "train_discard", icon_name="trash")
        self.again = Button("Change the recipe", "train_again", icon_name="sliders-horizontal")
        self.results = Button(
            "See the results", "train_results", icon_name="chart-bar", primary=True
        )
        self.stop.clicked.connect(self._presenter.stop)
        self.pause.clicked.connect(self._presenter.pause)
        self.go_on.clicked.connect(self._presenter.go_on)
        self.release.clicked.connect(self._presenter.release)
        self.finish.clicked.connect(self._presenter.finish_epoch)
        self.wait.clicked.connect(self._presenter.wait_longer)
        self.proposal.clicked.connect(self._presenter.take_proposal)
        self.discard.clicked.connect(self._presenter.discard)
        self.again.clicked.connect(self.recipe_wished)
        self.results.clicked.connect(lambda: self.results_wished.emit(self._state.folder))
        # The harmless wish stands first: it is the one that the keyboard reaches first.
        for button in (
            self.queue, self.wait, self.proposal, self.go_on, self.pause, self.release,
            self.finish, self.stop, self.discard, self.again, self.results,
        ):  # fmt: skip
            self.tools.addWidget(button)

    def show_beside(self, panel: QWidget) -> None:
        """Put the queue beside the curves; it is seen while its button is down."""
        self._columns.addWidget(panel)
        panel.setVisible(self.queue.isChecked())
        self.queue.toggled.connect(panel.setVisible)

    @Slot(object)
    def show_queue(self, state: QueueState) -> None:
        """Say how the queue stands; it comes into sight when the first run waits in it."""
        before, self._waiting = self._waiting, state.waiting
        self.queue.setText(f"Queue · {state.waiting}" if state.waiting else "Queue")
        self.queue.setAccessibleName(f"Queue: {state.words}")
        if state.waiting and not before:
            self.queue.setChecked(True)
        if state.error is not None:
            self.banner.show_error(state.error)

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
        grid.setRowStretch(0, 4)
        grid.setRowStretch(1, 5)
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
        self.details = Fold("Details", "train_details", "The last lines of the run's log")
        self.details_text = _reading("train_details_text", "The last lines of the run's log")
        self.details_text.setFixedHeight(140)
        self.details.body.addWidget(self.details_text)
        column.addWidget(self.details)
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
        self.ghosts = Button("Earlier runs", "train_earlier", chip=True)
        self.ghosts.setToolTip(
            "Validation loss of earlier runs on the same data with the same loss"
        )
        self.ghosts.setChecked(True)
        self.ghosts.toggled.connect(self.loss_plot.set_earlier)
        self.ghosts.hide()
        smoothing = label("Smooth", "quiet")
        smoothing.setBuddy(slider)
        for widget in (smoothing, slider, self.ghosts, log, clip):
            card.head.addWidget(widget)
        card.body.addWidget(self.loss_plot, 1)
        legend = _legend()
        self.ghosts_legend = label("··· earlier runs", "quiet")
        self.ghosts_legend.hide()
        self.ghosts.toggled.connect(self.ghosts_legend.setVisible)
        self.spikes_legend = label("▽ spike", "quiet")
        self.spikes_legend.setToolTip("A step whose loss stands far above those before it")
        self.spikes_legend.hide()
        for entry in (self.spikes_legend, self.ghosts_legend):
            legend.insertWidget(legend.count() - 1, entry)
        card.body.addLayout(legend)
        return card

    def _metric_card(self) -> Card:
        card = Card(name="train_metric_card")
        self.figures = Tabs("train_figures", "Metric after each epoch, terms of the objective")
        self.metric_plot = MetricPlot("train_metric_plot")
        self.terms = TermsView()
        self.figures.addTab(self.metric_plot, "Metric")
        self.figures.addTab(self.terms, "Terms")
        self.figures.setTabVisible(1, False)
        card.body.addWidget(self.figures, 1)
        return card

    def _side_card(self) -> Card:
        card = Card(name="train_side_card")
        words = "What happened, who is learning, what the steps and the machine do"
        tabs = Tabs("train_side", words)
        self.log = _reading("train_log_lines", "What happened")
        self.log.setMinimumHeight(80)
        self.log.verticalScrollBar().rangeChanged.connect(self._show_newest)
        self.steps = FiguresView("train_steps", STEPS)
        self.machine = FiguresView("train_machine", MACHINE)
        self.learning = LearningView()
        tabs.addTab(self.log, "What happened")
        tabs.addTab(self.learning, "Who learns")
        tabs.addTab(self.steps, "Steps")
        tabs.addTab(self.machine, "Machine")
        card.body.addWidget(tabs, 1)
        return card

    def _plots(self) -> tuple[LivePlot, ...]:
        return (self.loss_plot, self.metric_plot)

    @Slot(object)
    def _show_earlier(self, earlier: tuple[Curves, ...]) -> None:
        self.ghosts.setVisible(bool(earlier))
        self.ghosts_legend.setVisible(bool(earlier) and self.ghosts.isChecked())
        self.loss_plot.show_earlier(earlier)

    @Slot(object)
    def _show_curves(self, curves: Curves) -> None:
        for plot in self._plots():
            plot.show_curves(curves)
        self.learning.show_curves(curves)
        self.terms.show_curves(curves)
        self.steps.show_curves(curves)
        self.machine.show_curves(curves)

    @Slot(object)
    def show_state(self, state: TrainState) -> None:
        """Show a state."""
        before, self._state = self._state, state
        self._stack.setCurrentIndex(0 if state.phase == "idle" else 1)
        self.title.setText(state.title)
        self.subtitle.setText(state.recipe)
        self._show_buttons(state)
        self.details.setVisible(bool(state.log))
        self.words.setText(state.words)
        self._show_progress(state)
        self.loss.show_figure(*state.loss)
        self.score.caption.setText(state.metric_name)
        self.score.show_figure(*state.metric)
        self.epoch.show_figure(*state.epoch)
        self.verdict.show_figure(state.verdict.word, state.verdict.reason)
        self.spikes_legend.setVisible(bool(len(self._presenter.curves.spikes)))
        self.verdict.setToolTip(state.verdict.details)
        self.verdict.setAccessibleDescription(state.verdict.details)
        set_role(self.verdict.note, "warn" if state.verdict.tone == "warn" else "quiet")
        self.learning.show_learning(state.learning, several=state.several)
        for view in (self.steps, self.machine):
            if view.isVisible():
                view.tell()
        self.figures.setTabVisible(1, state.several)
        if state.several:
            self.terms.tell(self._presenter.curves)
        if state.lines != before.lines:
            self._show_lines(before, state)
        if state.log != before.log:
            self.details_text.setPlainText(state.log)
            self.details.button.setChecked(False)
        if state.error is not before.error:
            if state.error is not None:
                self.banner.show_error(state.error)
            else:
                self.banner.hide()

    def _show_buttons(self, state: TrainState) -> None:
        over = not state.held
        still = state.phase in {"pausing", "paused"}
        self.pause.setVisible(state.phase in {"preparing", "running"})
        self.go_on.setVisible(still or state.resumable)
        self.release.setVisible(state.phase == "paused")
        self.finish.setVisible(state.phase == "running")
        self.wait.setVisible(state.silent)
        self.proposal.setVisible(bool(state.proposal))
        if state.proposal:
            self.proposal.setText(state.proposal)
            self.proposal.setAccessibleName(state.proposal)
        self.stop.setVisible(state.held)
        self.stop.setEnabled(state.under_way)
        self.discard.setVisible(state.held and state.phase != "evaluating")
        self.again.setVisible(over and state.phase != "idle")
        self.results.setVisible(state.has_results)

    def _show_progress(self, state: TrainState) -> None:
        if state.progress < 0:
            self.progress.setRange(0, 0)
        else:
            self.progress.setRange(0, 1000)
            self.progress.setValue(round(state.progress * 1000))

    def _show_lines(self, before: TrainState, state: TrainState) -> None:
        known = len(before.lines)
        if state.folder == before.folder and known and state.lines[:known] == before.lines:
            self.log.appendPlainText("\n".join(state.lines[known:]))
        else:
            self.log.setPlainText("\n".join(state.lines))

    @Slot()
    def _show_newest(self) -> None:
        # Somebody who reads or copies older lines is left in peace.
        if not self.log.hasFocus():
            bar = self.log.verticalScrollBar()
            bar.setValue(bar.maximum())


def _reading(name: str, title: str) -> QPlainTextEdit:
    made = QPlainTextEdit()
    made.setObjectName(name)
    made.setAccessibleName(title)
    made.setReadOnly(True)
    return made


def _legend() -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(theme.GAP_LARGE)
    for series, words in (
        ("train", "— training step"),
        ("train", "● epoch"),
        ("validation", "- - ● validation"),
        ("validation", "★ best"),
    ):
        entry = label(words, f"series-{series}")
        row.addWidget(entry)
    row.addStretch(1)
    return row
