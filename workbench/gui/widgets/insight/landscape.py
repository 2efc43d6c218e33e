"""The tab *Landscape*: the loss around the weights that were found."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.choices import Choice
from workbench.gui.plots.insight.landscape import CutsPlot, LandscapePlot, span
from workbench.gui.presenters.insight.landscape import LandscapePresenter, LandscapeState
from workbench.gui.presenters.insight.map_points import Colouring
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner, Card, EmptyState, Figure
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.insight.legend import ColourLegend
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.seen import SeenPage
from workbench.gui.widgets.study import StudyBar
from workbench.runs.results_words import number_words

_SIDE = 320
_MARK = "× the weights that training found"
_PAGES = {"empty": 0, "reading": 1, "needed": 0, "shown": 2}
_POINTS = tuple(
    Choice(str(n), f"{n} × {n}", f"{n * n:,} places are measured.") for n in (11, 21, 41)
)
_REACHES = tuple(
    Choice(f"{far:g}", f"± {far:g}", "In lengths of the filters.") for far in (0.25, 0.5, 1.0, 2.0)
)


class LandscapeView(SeenPage):
    """Shows a ``LandscapeState``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: LandscapePresenter, parent: QWidget | None = None) -> None:
        super().__init__(presenter, "landscape", "Landscape of the loss", parent)
        self._presenter = presenter
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 0)
        outer.setSpacing(12)
        outer.addLayout(self._tools())
        self.banner = Banner("landscape_banner")
        outer.addWidget(self.banner)
        # A whole row: beside the tools its sentence would be narrow and high.
        outer.addWidget(self.bar.banner)
        page = QWidget()
        self._stack = QStackedLayout(page)
        self._stack.addWidget(self._needed())
        waiting = label("Reading the landscape…", "quiet", "landscape_reading")
        waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack.addWidget(waiting)
        self._stack.addWidget(self._shown())
        outer.addWidget(page, 1)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: LandscapeState) -> None:
        """Show the state."""
        self._stack.setCurrentIndex(_PAGES[state.phase])
        self.slices.show_choices(state.slices, state.slice)
        self.points.show_choices(_POINTS, str(state.points))
        self.reach.show_choices(_REACHES, f"{state.reach:g}")
        self.bar.start.setText("Measure" if state.found is None else "Measure again")
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()
        if state.phase == "shown" and state.found is not None and state.values is not None:
            self._show_found(state)

    def _show_found(self, state: LandscapeState) -> None:
        found, values = state.found, state.values
        assert found is not None
        assert values is not None
        self.terms.show_choices(state.terms, state.term)
        self.terms.setVisible(len(state.terms) > 1)
        self.log.setEnabled(not state.no_log)
        self.log.setChecked(state.log and not state.no_log)
        self.log.setToolTip(state.no_log or "Draw the logarithm, so that low places differ, too")
        square = values.ndim == 2
        self._square.setVisible(square)
        self.scale.setVisible(square)
        self._second.setVisible(square)
        if square:
            self.plot.show_state(state)
            low, high = span(values)
            if state.log and not state.no_log:
                low, high = 10**low, 10**high
            bar = Colouring(
                level=np.zeros(1, np.float32), low=number_words(low), high=number_words(high)
            )
            self.scale.show_colours(bar, -1)
        self.cuts.show_state(state)
        for tile, words in zip(self.figures, state.figures, strict=True):
            tile.caption.setText(words.caption)
            tile.show_figure(words.value, words.note)
            tile.setToolTip(words.meaning)
            tile.setAccessibleDescription(f"{words.value}, {words.note}. {words.meaning}")

    def _tools(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.slices = Combo("landscape_slice", "What is moved", letters=12)
        self.slices.picked.connect(self._presenter.choose_slice)
        self.points = Combo("landscape_points", "How many places", letters=6)
        self.points.picked.connect(self._presenter.choose_points)
        self.reach = Combo("landscape_reach", "How far to go", letters=5)
        self.reach.picked.connect(self._presenter.choose_reach)
        self.bar = StudyBar("landscape_study", "Measure", self._presenter.study)
        self.bar.wished.connect(self._presenter.measure)
        for words, box, width in (
            ("Move", self.slices, 180), ("Places", self.points, 96), ("Reach", self.reach, 84),
        ):  # fmt: skip
            box.setFixedWidth(width)
            row.addWidget(label(words, "quiet"))
            row.addWidget(box)
        row.addWidget(self.bar, 1)
        return row

    def _needed(self) -> QWidget:
        card = Card(name="landscape_needed_card")
        card.body.addWidget(
            EmptyState(
                "compass", "Nothing is measured yet",
                "The weights are moved a little along two random directions, and the loss of up to "
                "512 validation samples is measured at every place. The run itself is not changed.",
                name="landscape_empty",
            )
        )  # fmt: skip
        return card

    def _shown(self) -> QWidget:
        page = QWidget()
        outer = QVBoxLayout(page)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(12)
        outer.addLayout(self._tiles())
        columns = QHBoxLayout()
        columns.setSpacing(12)
        self._square = Card("Around the weights", _MARK, "landscape_square_card")
        self.plot = LandscapePlot("landscape_plot")
        self.plot.pointed.connect(lambda words: self._square.hint.setText(words or _MARK))
        self._square.body.addWidget(self.plot, 1)
        columns.addWidget(self._square, 50)
        card = Card("Cuts through the middle", "", "landscape_cuts_card")
        self.cuts = CutsPlot("landscape_cuts")
        card.body.addWidget(self.cuts, 1)
        self._second = label("solid: first direction · dashed: second", "quiet", "landscape_key")
        card.body.addWidget(self._second)
        columns.addWidget(card, 40)
        columns.addWidget(self._words())
        outer.addLayout(columns, 1)
        return page

    def _tiles(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        self.figures = tuple(Figure("", f"landscape_figure_{number}") for number in range(3))
        for tile in self.figures:
            tile.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
            row.addWidget(tile, 1)
        card = Card("Loss", "", "landscape_scale_card", dense=True)
        card.setFixedWidth(_SIDE)
        self.terms = Combo("landscape_term", "Which loss", letters=10)
        self.terms.setFixedWidth(150)
        self.terms.picked.connect(self._presenter.choose_term)
        self.log = Button("Log", "landscape_log", chip=True, name_for_readers="Logarithm")
        self.log.clicked.connect(self._presenter.choose_log)
        card.head.addWidget(self.terms)
        card.head.addWidget(self.log)
        self.scale = ColourLegend("landscape_scale")
        card.body.addWidget(self.scale)
        row.addWidget(card)
        return row

    def _words(self) -> Card:
        card = Card("How to read it", "", "landscape_words_card")
        card.setFixedWidth(_SIDE)
        words = label(self._presenter.state.explanation, "quiet", "landscape_words", wrap=True)
        card.body.addWidget(words)
        card.body.addStretch(1)
        return card
