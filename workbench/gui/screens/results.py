"""The results screen: how good it is, what was taken for what, and the worst mistakes."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QItemSelection, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.plots.confusion import ConfusionMatrix
from workbench.gui.plots.scatter import ResidualHistogram, ScatterPlot
from workbench.gui.presenters.results import ResultsPresenter, ResultsState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card, EmptyState, Figure
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.evaluation_cards import CurveTile, SampleFacts, VerdictTile
from workbench.gui.widgets.evaluation_tables import (
    EvaluationTable,
    class_columns,
    number_columns,
    sample_columns,
)
from workbench.gui.widgets.labels import label, set_role
from workbench.gui.widgets.screen import Screen
from workbench.gui.widgets.tabs import Tabs

_PAGES = {"empty": 0, "failed": 0, "unevaluated": 0, "reading": 1, "shown": 2}
_NARROW = 150
# A plot beside the table of several numbers, in pixels.
_CLASS_WIDTHS = (28, 21, 17, 16, 18)
_COLUMN_WIDTHS = (30, 23, 25, 22)
_SAMPLE_WIDTHS: dict[str, tuple[int, ...]] = {
    "labels": (18, 25, 25, 12, 10, 10),
    "none": (50, 30, 20),
    "number": (36, 16, 16, 16, 16),
    "numbers": (36, 16, 16, 16, 16),
}
_WIDTHS_WITH_SPREAD = (32, 15, 15, 10, 14, 14)
_WIDTHS_OF_CLASSES = (30, 18, 18, 12, 12, 10)


class ResultsView(Screen):
    """Shows a ``ResultsState`` and sends what the person wishes to its presenter.

    Whoever shows samples puts a widget into ``preview_slot`` and listens to ``sample_chosen``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    sample_chosen = Signal(str)
    """Name of the sample that the person looks at; "" when none is left to look at."""

    browse_wished = Signal(int, int)
    """Browse the samples of this true class that were taken for that one; -1: any."""

    train_wished = Signal()
    """Go to the training."""

    recipe_wished = Signal()
    """Go to the recipe."""

    folder_wished = Signal(object)
    """Open this ``Path`` in the desktop's file browser."""

    def __init__(self, presenter: ResultsPresenter, parent: QWidget | None = None) -> None:
        super().__init__("Results", "results", parent=parent)
        self._presenter = presenter
        self._looked_at: object = None
        self._numbers_of: object = None
        self._head()
        # For the bar of work that is wished from here.
        self.work_slot = QVBoxLayout()
        self.body.addLayout(self.work_slot)
        self._stack = QStackedLayout()
        self._stack.addWidget(self._empty())
        self._stack.addWidget(self._reading())
        self._stack.addWidget(self._shown())
        self._stack.addWidget(self._to_evaluate())
        self.body.addLayout(self._stack, 1)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: ResultsState) -> None:
        """Show the state."""
        self._stack.setCurrentIndex(3 if state.can_evaluate else _PAGES[state.phase])
        self.title.setText(state.name or "Results")
        self.subtitle.setText(state.summary)
        shown = state.phase == "shown"
        self.splits.setVisible(shown and len(state.splits) > 1)
        self.splits.show_choices(state.splits, state.split)
        self.columns.setVisible(shown and len(state.columns) > 1)
        self.folder.setVisible(state.folder is not None)
        self.train.setVisible(state.folder is not None)
        self.recipe.setVisible(state.folder is not None)
        self._show_error(state)
        if shown:
            self._show_results(state)

    def _show_error(self, state: ResultsState) -> None:
        if state.error is not None and state.phase == "unevaluated":
            self.banner.show_info(f"{state.error.problem} {state.error.remedy}".strip())
        elif state.error is not None:
            self.banner.show_error(state.error)
        elif state.trouble:
            self.banner.show_warning(state.trouble)
        else:
            self.banner.hide()

    def _show_results(self, state: ResultsState) -> None:
        results, samples, rows = state.results, state.samples, state.rows
        assert results is not None
        assert samples is not None
        assert rows is not None
        new = samples is not self._looked_at
        self._looked_at = samples
        if new:
            self._show_figures(state)
        if results.confusion:
            self.matrix.show_counts(results.classes, results.confusion, state.wish.cell)
        if new and results.classes:
            order = np.arange(len(results.per_class))
            self.classes.show_columns(class_columns(results.per_class), order, _CLASS_WIDTHS)
        elif new:
            pairs = results.task == "none"
            self._scatter_card.setVisible(not pairs)
            self._errors_card.title.setText("How far down the partner is" if pairs else "Errors")
            self.scatter.show_numbers(samples.target, samples.prediction)
            off = samples.prediction - samples.target
            (self.errors.show_places if pairs else self.errors.show_errors)(off)
            self._show_numbers(state)
            if pairs:
                self._errors_card.hint.setText("0: it is the nearest of all")
        self._matrix_card.setVisible(bool(results.confusion))
        self._show_filters(state)
        wide = _SAMPLE_WIDTHS.get(results.task, _WIDTHS_OF_CLASSES)
        if results.has_spread:
            wide = _WIDTHS_WITH_SPREAD
        self.samples.show_columns(sample_columns(results, samples), rows, wide)
        self._look_at_first()

    def _show_figures(self, state: ResultsState) -> None:
        self.columns.show_choices(state.columns, state.column)
        for tile, words in zip(self.figures, state.figures, strict=False):
            tile.caption.setText(words.caption)
            tile.show_figure(words.value, words.note)
            tile.setToolTip(words.meaning)
            tile.setAccessibleName(words.caption)
            tile.setAccessibleDescription(f"{words.value}, {words.note}. {words.meaning}")
        for number, tile in enumerate(self.figures):
            tile.setVisible(number < len(state.figures))
        if state.verdict is not None:
            self.verdict.show_verdict(state.verdict)
        self.curve.show_curve(state.curve)
        assert state.results is not None
        self._pictures.setCurrentIndex(0 if state.results.classes else 1)

    def _show_numbers(self, state: ResultsState) -> None:
        """The table of several numbers, and in it the one that is looked at."""
        results = state.results
        assert results is not None
        several = len(results.columns) > 1
        self._numbers_card.setVisible(several)
        for card, hint in self._hints.items():
            # Three cards in a row leave no room for half sentences.
            card.hint.setText("" if several else hint)
        with QSignalBlocker(self.numbers.selectionModel()):
            if results is not self._numbers_of:
                self._numbers_of = results
                order = np.arange(len(results.per_column))
                columns = number_columns(results.per_column)
                self.numbers.show_columns(columns, order, _COLUMN_WIDTHS)
            if state.column:
                self.numbers.selectRow(
                    self.numbers.rows.row_of(results.columns.index(state.column))
                )
        self.numbers.viewport().update()

    def _show_filters(self, state: ResultsState) -> None:
        assert state.results is not None
        classes, cell = state.results.classes, state.wish.cell
        self.mistakes.setVisible(bool(classes))
        self.one_class.setVisible(bool(classes))
        self.mistakes.setChecked(state.wish.mistakes_only and cell is None)
        number = state.wish.class_index
        self.one_class.show_choices(state.classes, classes[number] if number >= 0 else "")
        self.cell.setVisible(cell is not None)
        if cell is not None:
            words = self.matrix.words_of(*cell).split(":")[0]
            shown = words if len(words) <= 40 else f"{words[:39]}…"
            self.cell.setText(shown)
            self.cell.setToolTip(f"{words}: show all again")
            self.cell.setAccessibleName(f"{words}: show all again")
        if self.search.text().strip().lower() != state.wish.words:
            self.search.setText(state.wish.words)
        self.count.setText(state.counted)
        self.nothing.setText(state.nothing)
        numbers = state.results.task in ("number", "numbers")
        self._samples_card.title.setText("Worst errors" if numbers else "Worst first")

    def _look_at_first(self) -> None:
        some = bool(self.samples.rows.rowCount())
        self._list.setCurrentIndex(0 if some else 1)
        if some:
            self.samples.selectRow(0)
            self.samples.scrollToTop()
        else:
            self.facts.show_nothing()
            self.scatter.mark(-1)
            self.sample_chosen.emit("")

    def _head(self) -> None:
        self.splits = Combo("results_split", "Split", letters=9)
        self.splits.picked.connect(self._presenter.choose_split)
        self.columns = Combo("results_column", "Which number", letters=9)
        self.columns.picked.connect(self._presenter.choose_column)
        self.folder = Button("Run folder", "results_folder", icon_name="folder-open")
        self.folder.clicked.connect(lambda: self.folder_wished.emit(self._presenter.state.folder))
        self.train = Button("Training", "results_train", icon_name="chart-line")
        self.train.clicked.connect(self.train_wished)
        self.recipe = Button(
            "Change the recipe", "results_recipe", icon_name="sliders-horizontal", primary=True
        )
        self.recipe.clicked.connect(self.recipe_wished)
        for widget in (self.columns, self.splits, self.folder, self.train, self.recipe):
            self.tools.addWidget(widget)

    def _empty(self) -> QWidget:
        page = EmptyState(
            "target", "No results to show",
            "Results come when a run was trained and tested: how often it is right against "
            "guessing, what it takes for what, and its worst mistakes.",
            "Go to the recipe", "results_empty",
        )  # fmt: skip
        page.acted.connect(self.recipe_wished)
        return page

    def _to_evaluate(self) -> QWidget:
        page = EmptyState(
            "target", "Trained, but not evaluated",
            "The weights of this run are here. Evaluating them on the test samples says how often "
            "it is right against guessing, what it takes for what, and its worst mistakes.",
            "Evaluate it", "results_unevaluated",
        )  # fmt: skip
        page.acted.connect(self._presenter.evaluate)
        return page

    def _reading(self) -> QWidget:
        page = QWidget()
        box = QVBoxLayout(page)
        box.addStretch(2)
        words = label("Reading the results…", "quiet", "results_reading")
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(words)
        row.addStretch(1)
        box.addLayout(row)
        box.addStretch(3)
        return page

    def _shown(self) -> QWidget:
        self.tabs = Tabs("results_tabs", "Ways to look at the results")
        self.tabs.addTab(self._overview(), "Overview")
        return self.tabs

    def add_tab(self, title: str, page: QWidget) -> None:
        """Add another way to look at the results.

        Args:
            title: what it is called.
            page: what it shows; it follows the presenter by itself.
        """
        self.tabs.addTab(page, title)

    def _overview(self) -> QWidget:
        page = QWidget()
        outer = QVBoxLayout(page)
        outer.setContentsMargins(0, 12, 0, 0)
        outer.setSpacing(12)
        outer.addLayout(self._tiles())
        columns = QHBoxLayout()
        columns.setSpacing(12)
        left = QVBoxLayout()
        left.setSpacing(12)
        pictures = QWidget()
        self._pictures = QStackedLayout(pictures)
        self._pictures.addWidget(self._of_classes())
        self._pictures.addWidget(self._of_numbers())
        left.addWidget(pictures, 11)
        left.addWidget(self._of_samples(), 9)
        columns.addLayout(left, 70)
        columns.addWidget(self._of_sample(), 30)
        outer.addLayout(columns, 1)
        return page

    def _tiles(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        self.figures = tuple(Figure("", f"results_figure_{number}") for number in range(3))
        for tile in self.figures:
            tile.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
            row.addWidget(tile, 17)
        self.curve = CurveTile("results_curve")
        self.verdict = VerdictTile("results_verdict")
        row.addWidget(self.curve, 19)
        row.addWidget(self.verdict, 30)
        return row

    def _of_classes(self) -> QWidget:
        page, row = _page()
        card = Card("Confusion matrix", "click a cell")
        self.matrix = ConfusionMatrix("results_matrix")
        self.matrix.cell_chosen.connect(self._presenter.choose_cell)
        self.matrix.cleared.connect(self._presenter.clear_cell)
        self.as_shares = Button("Shares", "results_shares_of_cells", chip=True)
        self.as_shares.setToolTip("Write shares of each true class in the cells instead of counts")
        self.as_shares.clicked.connect(self.matrix.show_as_shares)
        card.head.addWidget(self.as_shares)
        card.body.addWidget(self.matrix)
        self._matrix_card = card
        row.addWidget(card, 48)
        card = Card("Classes")
        self.classes = EvaluationTable("results_classes", "Classes", (1,))
        card.body.addWidget(self.classes)
        row.addWidget(card, 52)
        return page

    def _of_numbers(self) -> QWidget:
        page, row = _page()
        card = Card("Predicted against true")
        self._hints = {card: "on the line they are the same"}
        self._scatter_card = card
        self.scatter = ScatterPlot("results_scatter")
        self.scatter.sample_chosen.connect(self.choose_entry)
        card.body.addWidget(self.scatter)
        row.addWidget(card, 30)
        card = Card("Errors")
        self._hints[card] = "left: too low · right: too high"
        self._errors_card = card
        self.errors = ResidualHistogram("results_errors")
        card.body.addWidget(self.errors)
        row.addWidget(card, 30)
        card = Card("Numbers", "", "results_numbers_card")
        self.numbers = EvaluationTable("results_numbers", "Numbers", (1,))
        self.numbers.selectionModel().selectionChanged.connect(self._choose_number)
        card.body.addWidget(self.numbers)
        self.numbers.setToolTip("Choose a number to see its samples")
        self._numbers_card = card
        for plot in (self.scatter, self.errors):
            # What a plot would like to be must not take the room of the table.
            plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
            plot.setMinimumWidth(_NARROW)
        row.addWidget(card, 50)
        return page

    def _of_samples(self) -> Card:
        card = Card("Worst first", "", "results_samples_card")
        self._samples_card = card
        self.mistakes = Button("Mistakes only", "results_mistakes", chip=True)
        self.mistakes.clicked.connect(self._presenter.choose_mistakes)
        self.one_class = Combo("results_class", "Class", letters=9)
        self.one_class.picked.connect(self._presenter.choose_class)
        self.one_class.setMaximumWidth(170)
        self.cell = Button("", "results_cell", icon_name="x", chip=True)
        self.cell.setCheckable(False)
        self.cell.clicked.connect(self._presenter.clear_cell)
        self.search = QLineEdit()
        self.search.setObjectName("results_search")
        self.search.setAccessibleName("Search samples by name")
        self.search.setPlaceholderText("Search by name")
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(180)
        self.search.textChanged.connect(self._presenter.search)
        self.count = label("", "quiet", "results_count")
        self.browse = Button("", "results_browse", icon_name="arrow-square-out", flat=True,
                             name_for_readers="Look at them with all that is known")  # fmt: skip
        self.browse.setToolTip("Look at them in the tab Samples, with all that is known of each")
        self.browse.clicked.connect(self._browse)
        for widget in (self.mistakes, self.cell, self.one_class, self.search, self.count,
                       self.browse):  # fmt: skip
            card.head.addWidget(widget)
        self.samples = EvaluationTable("results_samples", "Samples, worst first", (1,))
        self.samples.selectionModel().selectionChanged.connect(self._select)
        self.nothing = label("", "quiet", "results_nothing")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._list = QStackedLayout()
        self._list.addWidget(self.samples)
        self._list.addWidget(self.nothing)
        card.body.addLayout(self._list)
        return card

    def _of_sample(self) -> Card:
        card = Card("", "", "results_sample_card")
        self.facts = SampleFacts("results_sample")
        card.body.addWidget(self.facts)
        preview = QWidget()
        set_role(preview, "panel")
        self.preview_slot = QVBoxLayout(preview)
        self.preview_slot.setContentsMargins(0, theme.GAP, 0, 0)
        area = QScrollArea()
        set_role(area, "panel")
        area.setObjectName("results_preview_area")
        area.setAccessibleName("The sample")
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(preview)
        card.body.addWidget(area, 1)
        return card

    @Slot()
    def _browse(self) -> None:
        wish = self._presenter.state.wish
        true, said = wish.cell if wish.cell is not None else (wish.class_index, -1)
        self.browse_wished.emit(true, said)

    def _choose_number(self, selected: QItemSelection) -> None:
        results = self._presenter.state.results
        if selected.indexes() and results is not None:
            entry = self.numbers.rows.entry(selected.indexes()[0].row())
            self._presenter.choose_column(results.columns[entry])

    @Slot(int)
    def choose_entry(self, entry: int) -> None:
        """Choose a sample by its number, where it is listed."""
        row = self.samples.rows.row_of(entry)
        if row >= 0:
            self.samples.selectRow(row)

    def _select(self, selected: QItemSelection) -> None:
        state = self._presenter.state
        if not selected.indexes() or state.results is None or state.samples is None:
            return
        entry = self.samples.rows.entry(selected.indexes()[0].row())
        self.facts.show_sample(state.results, state.samples, entry)
        if not state.results.classes:
            self.scatter.mark(entry)
        self.sample_chosen.emit(str(state.samples.stem[entry]))


def _page() -> tuple[QWidget, QHBoxLayout]:
    page = QWidget()
    row = QHBoxLayout(page)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(12)
    return page, row
