"""The tab *Map*: embeddings in two dimensions."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.plots.insight.map import MapPlot
from workbench.gui.presenters.insight.map import MapPresenter, MapState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner, Card, EmptyState
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.insight.legend import ColourLegend
from workbench.gui.widgets.insight.sample_peek import SamplePeek
from workbench.gui.widgets.labels import label, set_role
from workbench.gui.widgets.seen import SeenPage
from workbench.gui.widgets.study import StudyBar

_SIDE = 280
_PAGES = {"empty": 0, "reading": 1, "needed": 0, "shown": 2}


class MapView(SeenPage):
    """Shows a ``MapState``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    overview_wished = Signal()
    """Show the chosen sample in the overview."""

    def __init__(self, presenter: MapPresenter, parent: QWidget | None = None) -> None:
        super().__init__(presenter, "map", "Map of embeddings", parent)
        self._presenter = presenter
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 0)
        outer.setSpacing(12)
        outer.addLayout(self._tools())
        self.banner = Banner("map_banner")
        outer.addWidget(self.banner)
        # A whole row: beside the tools its sentence would be narrow and high.
        outer.addWidget(self.bar.banner)
        columns = QHBoxLayout()
        columns.setSpacing(12)
        columns.addWidget(self._picture(), 1)
        columns.addWidget(self._side())
        outer.addLayout(columns, 1)
        presenter.changed.connect(self.show_state)
        presenter.study.changed.connect(lambda state: self._show_bar())
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: MapState) -> None:
        """Show the state."""
        self.spaces.show_choices(state.spaces, state.space)
        self.methods.show_choices(state.methods, state.method)
        shown = state.phase == "shown"
        self.colourings.show_choices(state.colourings, state.coloured)
        for widget in (self._colour_words, self.colourings, self.fit, self._right):
            widget.setVisible(shown)
        self._facts_row.setVisible(shown and bool(state.facts))
        self.join.setVisible(shown and state.can_join)
        self.join.setChecked(state.joined)
        self._stack.setCurrentIndex(_PAGES[state.phase])
        self.note.setText(state.note)
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()
        self._show_bar()
        self.plot.show_state(state)
        if shown and state.colours is not None:
            self._show_side(state)

    def _show_side(self, state: MapState) -> None:
        assert state.colours is not None
        self.legend.show_colours(state.colours, state.lit)
        title = next((c.title for c in state.colourings if c.name == state.coloured), "")
        self._legend_card.title.setText(title)
        for number, (what, value) in enumerate(self._facts):
            fact = state.facts[number] if number < len(state.facts) else None
            what.setText(fact.caption if fact else "")
            value.setText(fact.value if fact else "")
            for part in (what, value):
                part.setVisible(fact is not None)
                part.setToolTip(fact.meaning if fact else "")
        self.peek.show_sample(state.results, state.samples, state.chosen)
        self.overview.setEnabled(state.chosen >= 0)

    def _show_bar(self) -> None:
        """The bar is there while there is something to draw or to stop."""
        state = self._presenter.state
        working = self._presenter.study.state.phase == "working"
        self.bar.setVisible(working or state.phase == "needed")

    @Slot(int)
    def _peek(self, row: int) -> None:
        """Show the sample under the pointer; where there is none the chosen one."""
        state = self._presenter.state
        if state.phase == "shown":
            self.peek.show_sample(
                state.results, state.samples, row if row >= 0 else state.chosen
            )  # fmt: skip

    def _tools(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.spaces = Combo("map_space", "Which embedding", letters=12)
        self.spaces.picked.connect(self._presenter.choose_space)
        self.methods = Combo("map_method", "How many dimensions become two", letters=7)
        self.methods.picked.connect(self._presenter.choose_method)
        self.colourings = Combo("map_colour", "What the colours mean", letters=14)
        self.colourings.picked.connect(self._presenter.choose_colouring)
        self._colour_words = label("Colour", "quiet")
        self.join = Button("Join pairs", "map_join", chip=True)
        self.join.setToolTip("A line from each half of a pair to the other")
        self.join.clicked.connect(self._presenter.join)
        self.fit = Button("Show all", "map_fit", icon_name="arrows-out")
        self.bar = StudyBar("map_study", "Draw the map", self._presenter.study, self)
        self.bar.wished.connect(self._presenter.draw)
        for words, box in (("Embedding", self.spaces), ("Method", self.methods)):
            row.addWidget(label(words, "quiet"))
            row.addWidget(box)
        row.addWidget(self._colour_words)
        row.addWidget(self.colourings)
        for box, width in ((self.spaces, 150), (self.methods, 100), (self.colourings, 150)):
            box.setFixedWidth(width)
        row.addWidget(self.join)
        row.addWidget(self.fit)
        row.addWidget(self.bar, 1000)
        row.addStretch(1)
        return row

    def _picture(self) -> Card:
        card = Card(name="map_card")
        inside = QWidget()
        self._stack = QStackedLayout(inside)
        self._stack.addWidget(
            EmptyState(
                "circles-three", "This map is not drawn yet",
                "The model embeds each sample of this split; two dimensions of that are drawn. "
                "It takes some seconds, and the map is kept with the run.",
                name="map_empty",
            )
        )  # fmt: skip
        waiting = label("Reading the map…", "quiet", "map_reading")
        waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack.addWidget(waiting)
        self.plot = MapPlot("map_plot")
        self.plot.pointed.connect(self._peek)
        self.plot.clicked.connect(self._presenter.choose_sample)
        self.fit.clicked.connect(self.plot.fit)
        self._stack.addWidget(self.plot)
        card.body.addWidget(inside, 1)
        card.body.addWidget(self._figures())
        self.note = label("", "quiet", "map_note", wrap=True)
        card.body.addWidget(self.note)
        return card

    def _side(self) -> QWidget:
        self._right = QWidget()
        self._right.setFixedWidth(_SIDE)
        column = QVBoxLayout(self._right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self._legend_card = Card("Colour", "", "map_legend_card")
        self.legend = ColourLegend("map_legend")
        self.legend.group_chosen.connect(self._presenter.light)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        set_role(area, "plain")
        holder = QWidget()
        set_role(holder, "panel")
        inner = QVBoxLayout(holder)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.legend)
        inner.addStretch(1)
        area.setWidget(holder)
        self._legend_card.body.addWidget(area)
        column.addWidget(self._legend_card, 1)
        card = Card("Sample", "point at one · click to keep it", "map_sample_card")
        self.peek = SamplePeek("map_sample")
        card.body.addWidget(self.peek)
        self.overview = Button("Show in the overview", "map_overview", icon_name="arrow-right")
        self.overview.clicked.connect(self.overview_wished)
        card.body.addWidget(self.overview)
        column.addWidget(card)
        return self._right

    def _figures(self) -> QWidget:
        """Figures of a space in which pairs were aligned, one line."""
        self._facts_row = QWidget()
        self._facts_row.setObjectName("map_facts")
        row = QHBoxLayout(self._facts_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        self._facts: list[tuple[QLabel, QLabel]] = []
        for number in range(3):
            what = label("", "quiet")
            value = label("", "strong", f"map_fact_{number}")
            row.addWidget(what)
            row.addWidget(value)
            row.addSpacing(theme.GAP_LARGE)
            self._facts.append((what, value))
        row.addStretch(1)
        self._facts_row.hide()
        return self._facts_row
