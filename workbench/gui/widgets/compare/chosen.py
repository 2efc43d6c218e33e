"""The chosen runs beside each other: curves, settings and figures, answers sample by sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QItemSelection, QModelIndex, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.comparing import words
from workbench.comparing.answers import Answers
from workbench.comparing.comparison import SPLITS, Comparison
from workbench.gui import theme
from workbench.gui.asking import AskFile, file_to_write
from workbench.gui.choices import Choice
from workbench.gui.plots.compare.bands import BandPlot
from workbench.gui.plots.compare.confusion import ConfusionDifference
from workbench.gui.presenters.compare.chosen import ChosenPresenter, ChosenState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.evaluation_tables import Column, EvaluationTable
from workbench.gui.widgets.insight.sample_peek import ThumbnailView
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.tabs import Tabs
from workbench.runs.results_words import is_share

_BOTTOMS = {"epoch": "epoch", "step": "step", "time": "seconds of training"}
_PEEK = 210
_CELL, _WIDEST_NAME, _WIDEST = 32, 320, 200
# Room around the words of a cell, and of columns at most, in pixels.
ask_page = file_to_write("Save the comparison", "HTML pages", "html")
ask_rows = file_to_write("Save the comparison", "CSV files", "csv")


class ChosenView(QWidget):
    """Shows a ``ChosenState``.

    Args:
        presenter: who decides.
        ask: asks for a file to write, of ``html`` and of ``csv``.
        parent: its parent.
    """

    run_wished = Signal(object)
    """The ``Path`` of a run to open."""

    def __init__(
        self, presenter: ChosenPresenter, ask: tuple[AskFile, AskFile] = (ask_page, ask_rows),
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setObjectName("chosen")
        self.setAccessibleName("Chosen runs beside each other")
        self._presenter, self._ask = presenter, ask
        self._of: object = None
        self._listed: tuple[object, ...] = ()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, theme.GAP_SMALL, 0, 0)
        self.banner = Banner("chosen_banner")
        outer.addWidget(self.banner)
        pages = QWidget()
        self._stack = QStackedLayout(pages)
        self.hint = label("", "quiet", "chosen_hint", wrap=True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack.addWidget(self.hint)
        self.tabs = Tabs("chosen_tabs", "What is compared")
        self.tabs.addTab(self._curves(), "Curves")
        self.tabs.addTab(self._figures(), "Figures and settings")
        self.tabs.addTab(self._answers(), "Answers")
        self.tabs.setCornerWidget(self._save_button())
        self._stack.addWidget(self.tabs)
        outer.addWidget(pages, 1)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: ChosenState) -> None:
        """Show the state."""
        if state.error is not None:
            self.banner.show_error(state.error)
        elif state.told:
            self.banner.show_info(state.told)
        else:
            self.banner.hide()
        self.hint.setText(state.hint)
        self._stack.setCurrentIndex(1 if state.comparison is not None else 0)
        if state.comparison is None:
            self._of = None
            return
        self._show_curves(state)
        if state.comparison is not self._of:
            self._of = state.comparison
            self._show_figures(state.comparison)
        self._show_answers(state)

    def _save_button(self) -> Button:
        self.save = Button("Save", "chosen_save", icon_name="floppy-disk")
        menu = QMenu(self.save)
        menu.setObjectName("chosen_save_menu")
        for title, ask, then in (
            ("Report as HTML…", self._ask[0], self._presenter.save_page),
            ("Figures and settings as CSV…", self._ask[1], self._presenter.save_csv),
        ):
            action = menu.addAction(title)
            action.triggered.connect(partial(self._ask_for, ask, then))
        self.save.setMenu(menu)
        return self.save

    def _ask_for(self, ask: AskFile, then: Callable[[Any], None], _: bool = False) -> None:
        ask(self, "comparison", then)

    def _curves(self) -> QWidget:
        page, box = _page()
        row = QHBoxLayout()
        self.figure = Combo("chosen_figure", "Figure", letters=14)
        self.figure.picked.connect(self._presenter.choose_figure)
        self.axis = Combo("chosen_axis", "Over what", letters=8)
        self.axis.picked.connect(self._presenter.choose_axis)
        self.means = QCheckBox("Mean of runs that differ only by seed")
        self.means.setObjectName("chosen_means")
        self.means.toggled.connect(self._presenter.choose_means)
        for combo in (self.figure, self.axis):
            combo.setFixedWidth(200)
            row.addWidget(combo)
        row.addWidget(self.means)
        self.beware = label("", "quiet", "chosen_beware")
        row.addStretch(1)
        row.addWidget(self.beware)
        box.addLayout(row)
        self.plot = BandPlot("chosen_plot", "Curves of the chosen runs", "epoch")
        box.addWidget(self.plot, 1)
        return page

    def _show_curves(self, state: ChosenState) -> None:
        self.figure.show_choices(state.figures, state.figure)
        self.axis.show_choices(state.axes, state.axis)
        with QSignalBlocker(self.means):
            self.means.setChecked(state.means)
        self.means.setVisible(state.repeats)
        self.beware.setText(
            "Values of different losses do not compare." if "loss" in state.figure else ""
        )
        title = next((each.title for each in state.figures if each.name == state.figure), "")
        plain = state.figure.removeprefix("train_")
        self.plot.show_lines(state.lines, title, _BOTTOMS[state.axis], share=is_share(plain))

    def _figures(self) -> QWidget:
        page, box = _page()
        self.figure_table = EvaluationTable(
            "chosen_figures", "Settings that differ, and figures, of the chosen runs", ()
        )
        self.figure_table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        box.addWidget(self.figure_table, 1)
        return page

    def _show_figures(self, comparison: Comparison) -> None:
        """Settings that differ first, then the figures."""
        heads, *settings = words.setting_rows(comparison)
        rows = settings + words.figure_rows(comparison)[1:]
        columns = _columns(heads, rows)
        self.figure_table.show_columns(columns, np.arange(len(rows)), ())
        metrics = self.figure_table.fontMetrics()
        for place, head in enumerate(heads):
            told = [head, *(row[place] for row in rows)]
            wide = max(metrics.horizontalAdvance(each) for each in told) + _CELL
            most = _WIDEST_NAME if place == 0 else _WIDEST
            self.figure_table.setColumnWidth(place, min(wide, most))

    def _answers(self) -> QWidget:
        page, box = _page()
        self.headlines = label("", "", "chosen_headlines", wrap=True)
        self.caveat = label(words.ONE_EACH, "quiet", "chosen_caveat", wrap=True)
        box.addWidget(_scrolled(self.headlines, self.caveat))
        row = QHBoxLayout()
        self.other = Combo("chosen_other", "Beside the first", letters=10)
        self.other.picked.connect(self._presenter.choose_other)
        self.split = Combo("chosen_split", "Samples", letters=10)
        self.split.picked.connect(self._presenter.choose_split)
        self.part = Combo("chosen_part", "Which samples", letters=20)
        self.part.picked.connect(self._presenter.choose_part)
        for combo, wide in ((self.other, 2), (self.split, 1), (self.part, 3)):
            row.addWidget(combo, wide)
        box.addLayout(row)
        low = QHBoxLayout()
        low.setSpacing(theme.GAP)
        self.samples = EvaluationTable("chosen_samples", "Samples", (1,))
        self.samples.selectionModel().selectionChanged.connect(self._look)
        self.samples.doubleClicked.connect(self._open)
        low.addWidget(self.samples, 3)
        self.peek = ThumbnailView("chosen_peek")
        self.peek.setFixedWidth(_PEEK)
        low.addWidget(self.peek, 0, Qt.AlignmentFlag.AlignTop)
        self.matrix = ConfusionDifference("chosen_confusion")
        self.matrix.setMinimumHeight(120)
        self.matrix.cell_chosen.connect(self._presenter.choose_cell)
        self.matrix.cleared.connect(self._presenter.clear_cell)
        low.addWidget(self.matrix, 2)
        box.addLayout(low, 1)
        return page

    def _show_answers(self, state: ChosenState) -> None:
        comparison = state.comparison
        if comparison is None:
            return
        self.headlines.setText("\n".join((*state.headlines, *comparison.warnings)))
        self.other.show_choices(state.others, str(state.other))
        self.other.setVisible(len(state.others) > 1)
        self.split.show_choices(tuple(Choice(each, each.capitalize()) for each in SPLITS),
                                state.split)  # fmt: skip
        both = state.answers
        self.part.show_choices(state.parts, state.part if state.cell is None else "")
        self.part.setEnabled(both is not None)
        confusion = np.zeros((0, 0), np.int64) if both is None else both.confusion()
        self.matrix.setVisible(confusion.size > 0)
        if both is not None and confusion.size:
            self.matrix.show_difference(both.first.classes, confusion, state.names, state.cell)
        listed = (both, state.part, state.cell)
        if listed == self._listed:
            return
        self._listed = listed
        rows = state.listed()
        with QSignalBlocker(self.samples.selectionModel()):
            columns = () if both is None else _answer_columns(both, state.names)
            self.samples.show_columns(columns, rows, (1,) * len(columns))
        self.samples.selectRow(0)
        self._presenter.look(int(rows[0]) if len(rows) else -1)

    @Slot(QItemSelection, QItemSelection)
    def _look(self, *_: object) -> None:
        found = self.samples.selectionModel().selectedRows()
        self._presenter.look(self.samples.rows.entry(found[0].row()) if found else -1)

    @Slot(QModelIndex)
    def _open(self, _: QModelIndex) -> None:
        self.run_wished.emit(self._presenter.folder)


def _page() -> tuple[QWidget, QVBoxLayout]:
    page = QWidget()
    box = QVBoxLayout(page)
    box.setContentsMargins(0, theme.GAP_SMALL, 0, 0)
    box.setSpacing(theme.GAP_SMALL)
    return page, box


def _scrolled(*widgets: QWidget) -> QScrollArea:
    """Sentences that take no more room than they need, and scroll where they are many."""
    area = QScrollArea()
    area.setObjectName("chosen_sentences")
    area.setWidgetResizable(True)
    inner = QWidget()
    box = QVBoxLayout(inner)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(2)
    for widget in widgets:
        box.addWidget(widget)
    box.addStretch(1)
    area.setWidget(inner)
    area.setFixedHeight(64)
    area.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return area


def _columns(heads: Sequence[str], rows: Sequence[list[str]]) -> tuple[Column, ...]:
    """Rows of words as columns of a table."""

    def column(place: int, head: str) -> Column:
        cells = [row[place] for row in rows]
        return (head or "Setting or figure", np.asarray(cells, np.str_), lambda i: cells[i],
                place > 0)  # fmt: skip

    return tuple(column(place, head) for place, head in enumerate(heads))


def _answer_columns(both: Answers, names: tuple[str, str]) -> tuple[Column, ...]:
    def column(title: str, key: Any, place: int) -> Column:
        order = key.reshape(len(key), -1)[:, 0]
        numbers = not both.first.classes and not both.first.columns and place > 0
        return (title, order, lambda i: words.answer_words(both, i)[place], numbers)

    return (
        column("Sample", both.one.stem, 0),
        column("Truth", both.one.target, 1),
        column(names[0], both.one.prediction, 2),
        column(names[1], both.two.prediction, 3),
    )
