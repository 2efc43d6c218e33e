"""The replay of a run: a time line over the epochs, and all that is known of the one it is on."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QSlider,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.choices import Choice
from workbench.gui.plots.confusion import ConfusionMatrix
from workbench.gui.plots.insight.epochs import EpochsPlot
from workbench.gui.plots.scatter import ScatterPlot
from workbench.gui.presenters.insight.replay import SPEEDS, ReplayPresenter, ReplayState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card, EmptyState
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.evaluation_tables import Column, EvaluationTable
from workbench.gui.widgets.labels import ElidedLabel, label
from workbench.gui.widgets.seen import SeenPage
from workbench.runs.replay import Moment, Replay
from workbench.runs.results_words import number_words

_PAGES = {"empty": 0, "refused": 0, "reading": 1, "shown": 2}
_WIDTHS = (30, 20, 28, 22)
_ORDERS = (
    Choice("changed", "Changed most", "Samples whose answer changed most often."),
    Choice("late", "Learned last", "Samples that stayed right from the latest epoch on."),
    Choice("wrong", "Wrong at the end", "Samples that are wrong after the last epoch."),
    Choice("name", "By name"),
)
_SPEEDS = tuple(Choice(name, f"{name} ×") for name in SPEEDS)
_RIGHT_WRONG = ("■", "□")
# Filled where a sample was right.
_STRIP = 6
# Epochs of a strip at most; of more epochs evenly chosen ones.


class ReplayView(SeenPage):
    """Shows a ``ReplayState``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: ReplayPresenter, parent: QWidget | None = None) -> None:
        super().__init__(presenter, "replay", "Replay of the run", parent)
        self._presenter = presenter
        self._found: Replay | None = None
        self._rows: tuple[int, ...] = ()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 0)
        pages = QWidget()
        self._stack = QStackedLayout(pages)
        card = Card(name="replay_refused_card")
        self.refused = EmptyState(
            "clock-counter-clockwise", "Nothing to replay", "Open a run.", name="replay_refused"
        )
        card.body.addWidget(self.refused)
        waiting = label("Reading the epochs…", "quiet", "replay_reading")
        waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for page in (card, waiting, self._shown()):
            self._stack.addWidget(page)
        outer.addWidget(pages, 1)
        for keys, step in (("Ctrl+Left", -1), ("Ctrl+Right", 1)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda step=step: self._step(step))
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: ReplayState) -> None:
        """Show the state."""
        self._stack.setCurrentIndex(_PAGES[state.phase])
        if state.phase == "refused":
            self.refused.show_words("Nothing to replay", state.why)
        found, moment = state.found, state.moment
        if state.phase != "shown" or found is None or moment is None:
            return
        if found is not self._found:
            self._found = found
            self._begin(found)
        with QSignalBlocker(self.line):
            self.line.setValue(moment.epoch)
        self.headline.setText(state.headline)
        words = "Stand still" if state.playing else "Play"
        self.play.setText(words)
        self.play.setAccessibleName(words)
        self.play.show_icon("pause" if state.playing else "play", "on_accent")
        self.speeds.show_choices(_SPEEDS, state.speed)
        self.orders.show_choices(_ORDERS, state.order)
        self.weighed.setText("\n".join(state.weighed))
        self._show_moment(found, moment, state.rows)

    def _begin(self, found: Replay) -> None:
        """Show what is the same in all epochs."""
        with QSignalBlocker(self.line):
            self.line.setRange(found.epochs[0], found.epochs[-1])
            self.line.setPageStep(max(1, len(found.epochs) // 10))
        self.matrix.setVisible(not found.numbers)
        self.scatter.setVisible(found.numbers)
        self._answers.title.setText("Said against true" if found.numbers else "Confusion")
        metric = "Validation error" if found.numbers else "Validation accuracy"
        self._metric.title.setText(metric)

    def _show_moment(self, found: Replay, moment: Moment, rows: tuple[int, ...]) -> None:
        self.loss.show_course(found.epochs, found.course("loss").tolist(), moment.epoch)
        values = found.course("metric")
        # The star marks the lowest: of a share what is best is highest.
        self.course.show_course(
            found.epochs, values.tolist(), moment.epoch, highest=not found.numbers
        )
        if found.numbers:
            self.scatter.show_numbers(found.true, moment.said)
        else:
            counts = tuple(tuple(row) for row in moment.confusion.tolist())
            self.matrix.show_counts(found.classes, counts)
        order = np.asarray(rows, np.int64)
        self.table.show_columns(_columns(found, moment), order, _WIDTHS)

    def _step(self, by: int) -> None:
        state = self._presenter.state
        if state.found is not None and state.moment is not None:
            place = state.found.epochs.index(state.moment.epoch) + by
            if 0 <= place < len(state.found.epochs):
                self._presenter.choose_epoch(state.found.epochs[place])

    @Slot(QModelIndex)
    def _open(self, index: QModelIndex) -> None:
        if index.isValid():
            self._presenter.choose_sample(self.table.rows.entry(index.row()))

    def _shown(self) -> QWidget:
        page = QWidget()
        outer = QVBoxLayout(page)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(12)
        outer.addWidget(self._time_line())
        row = QHBoxLayout()
        row.setSpacing(12)
        curves = QVBoxLayout()
        curves.setSpacing(12)
        loss = Card("Validation loss", "", "replay_loss_card", dense=True)
        self.loss = EpochsPlot("replay_loss", "Validation loss over the epochs", 0)
        loss.body.addWidget(self.loss, 1)
        self._metric = Card("Validation accuracy", "", "replay_metric_card", dense=True)
        self.course = EpochsPlot("replay_metric", "Validation metric over the epochs", 1)
        self._metric.body.addWidget(self.course, 1)
        weighed = Card("What training weighed", "", "replay_weighed_card", dense=True)
        self.weighed = label("", "quiet", "replay_weighed", wrap=True)
        weighed.body.addWidget(self.weighed)
        curves.addWidget(loss, 3)
        curves.addWidget(self._metric, 3)
        curves.addWidget(weighed)
        row.addLayout(curves, 28)
        self._answers = Card("Confusion", "validation", "replay_answers_card", dense=True)
        self.matrix = ConfusionMatrix("replay_confusion")
        self.scatter = ScatterPlot("replay_scatter")
        self._answers.body.addWidget(self.matrix, 1)
        self._answers.body.addWidget(self.scatter, 1)
        row.addWidget(self._answers, 32)
        row.addWidget(self._samples(), 48)
        outer.addLayout(row, 1)
        return page

    def _time_line(self) -> Card:
        card = Card("", "", "replay_line_card", dense=True)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_LARGE)
        self.play = Button("Play", "replay_play", icon_name="play", primary=True)
        self.play.setMinimumWidth(116)
        self.play.clicked.connect(self._presenter.play)
        self.line = QSlider(Qt.Orientation.Horizontal)
        self.line.setObjectName("replay_line")
        self.line.setAccessibleName("Epoch")
        self.line.setToolTip("Drag, or use the arrow keys")
        self.line.valueChanged.connect(self._presenter.choose_epoch)
        self.speeds = Combo("replay_speed", "Speed", letters=4)
        self.speeds.setFixedWidth(76)
        self.speeds.picked.connect(self._presenter.choose_speed)
        row.addWidget(self.play)
        row.addWidget(self.line, 1)
        row.addWidget(self.speeds)
        card.body.addLayout(row)
        self.headline = ElidedLabel("", "", "replay_headline")
        card.body.addWidget(self.headline)
        return card

    def _samples(self) -> Card:
        card = Card("Answers", "a click shows the sample", "replay_samples_card", dense=True)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.orders = Combo("replay_order", "Order of the samples", letters=10)
        self.orders.picked.connect(self._presenter.choose_order)
        self.search = QLineEdit()
        self.search.setObjectName("replay_search")
        self.search.setAccessibleName("Search samples by name")
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._presenter.search)
        row.addWidget(self.orders, 1)
        row.addWidget(self.search, 1)
        card.body.addLayout(row)
        self.table = EvaluationTable("replay_table", "Answers of the epoch", _WIDTHS)
        self.table.clicked.connect(self._open)
        self.table.activated.connect(self._open)
        card.body.addWidget(self.table, 1)
        return card


def _columns(found: Replay, moment: Moment) -> tuple[Column, ...]:
    """The samples as they stand after an epoch."""
    stems, true, said = found.stems, found.true, moment.said
    names = ("Sample", stems, lambda row: str(stems[row]), False)
    if found.numbers:
        off = np.abs(said - true)
        return (
            names,
            ("True", true, lambda row: number_words(float(true[row])), True),
            ("Said", said, lambda row: number_words(float(said[row])), True),
            ("Off by", off, lambda row: number_words(float(off[row]), 3), True),
        )
    classes, right = found.classes, found.right
    places = np.unique(np.linspace(0, len(found.epochs) - 1, _STRIP).round().astype(np.int64))
    times = right.sum(axis=0)

    def strip(row: int) -> str:
        return "".join(_RIGHT_WRONG[0 if right[place, row] else 1] for place in places)

    def answer(row: int) -> str:
        mark = "✓" if moment.right[row] else "✗"
        return f"{mark} {classes[int(said[row])]} {moment.sure[row]:.0%}"

    return (
        names,
        ("True", true, lambda row: classes[int(true[row])], False),
        ("Says", said, answer, False),
        ("Course", times, strip, False),
    )
