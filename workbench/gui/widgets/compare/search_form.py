"""The form of a search: what is tried, within which ranges, how many trials, how drawn."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.presenters.compare.search import SearchPresenter, SearchState
from workbench.gui.presenters.compare.search_form import SAMPLERS, Offer, SearchForm
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card, EmptyState
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.labels import label, set_role
from workbench.searching.spec import MOST_TRIALS

_SIDE = 340
_NO_RECIPE = "Open data first: a search tries variants of the recipe."
_HONEST = (
    "Trials are judged by validation samples and trained once each, so the best of many looks "
    "better than it is. When the search is over, a duel of the best against the recipe settles it."
)


class SearchFormView(QWidget):
    """Shows the form of a ``SearchState``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: SearchPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("search_form")
        self.setAccessibleName("A new search")
        self._presenter = presenter
        self._places: tuple[str, ...] = ()
        self.boxes: dict[str, QCheckBox] = {}
        self.ranges: dict[str, QLineEdit] = {}
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self.empty = EmptyState("scales", "Nothing to search yet", _NO_RECIPE,
                                name="search_form_empty")  # fmt: skip
        outer.addWidget(self.empty, 1)
        self.page = QWidget()
        columns = QHBoxLayout(self.page)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(12)
        columns.addWidget(self._what(), 1)
        columns.addWidget(self._how())
        outer.addWidget(self.page, 1)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: SearchState) -> None:
        """Show the state."""
        form = state.form
        self.page.setVisible(form is not None)
        self.empty.setVisible(form is None)
        if form is None:
            return
        places = tuple(each.place for each in form.offers)
        if places != self._places:
            self._offer(form)
        for each in form.offers:
            self._show_offer(each)
        self.sampler.show_choices(SAMPLERS, form.sampler)
        with QSignalBlocker(self.trials), QSignalBlocker(self.prune):
            self.trials.setValue(form.trials)
            self.prune.setChecked(form.prune)
        self.cost.setText(
            f"At most {form.trials} runs of {form.recipe.training.epochs} epochs, one after the "
            "other in the queue."
        )
        self.begin.setEnabled(not state.starting)

    def _show_offer(self, offer: Offer) -> None:
        box, line = self.boxes[offer.place], self.ranges[offer.place]
        with QSignalBlocker(box), QSignalBlocker(line):
            box.setChecked(offer.on)
            line.setEnabled(offer.on)
            if line.text() != offer.typed:
                line.setText(offer.typed)
                line.setCursorPosition(0)

    def _what(self) -> Card:
        card = Card("What is tried", "LOW..HIGH, or values with commas", "search_what_card")
        area = QScrollArea()
        area.setObjectName("search_offers")
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        set_role(inside, "panel")
        box = QVBoxLayout(inside)
        box.setContentsMargins(0, 0, 8, 0)
        self._grid = QGridLayout()
        self._grid.setVerticalSpacing(theme.GAP_SMALL)
        self._grid.setColumnStretch(1, 1)
        box.addLayout(self._grid)
        box.addStretch(1)
        area.setWidget(inside)
        card.body.addWidget(area, 1)
        return card

    def _offer(self, form: SearchForm) -> None:
        """Make a line for each place that can be searched."""
        self._places = tuple(each.place for each in form.offers)
        for widget in (*self.boxes.values(), *self.ranges.values()):
            self._grid.removeWidget(widget)
            widget.deleteLater()
        self.boxes, self.ranges = {}, {}
        for row, each in enumerate(form.offers):
            box = QCheckBox(each.place.removesuffix(".name").replace("_", " ").replace(".", " · "))
            box.setObjectName(f"search_on_{each.place}")
            box.setToolTip(each.place)
            box.toggled.connect(partial(self._presenter.choose, each.place))
            line = QLineEdit()
            line.setObjectName(f"search_range_{each.place}")
            line.setAccessibleName(f"What is tried of {each.place}")
            line.setToolTip(f"From its limits: {each.usual}")
            line.textEdited.connect(partial(self._presenter.type_range, each.place))
            self._grid.addWidget(box, row, 0)
            self._grid.addWidget(line, row, 1)
            self.boxes[each.place], self.ranges[each.place] = box, line

    def _how(self) -> Card:
        card = Card("How", "", "search_how_card")
        card.setFixedWidth(_SIDE)
        grid = QGridLayout()
        grid.setVerticalSpacing(theme.GAP)
        self.trials = QSpinBox()
        self.trials.setObjectName("search_trials")
        self.trials.setAccessibleName("Trials")
        self.trials.setRange(2, MOST_TRIALS)
        self.trials.valueChanged.connect(self._presenter.choose_trials)
        self.sampler = Combo("search_sampler", "How values are drawn", letters=12)
        self.sampler.picked.connect(self._presenter.choose_sampler)
        for row, (words, field) in enumerate((("Trials", self.trials), ("Drawn", self.sampler))):
            grid.addWidget(label(words), row, 0)
            grid.addWidget(field, row, 1)
        grid.setColumnStretch(1, 1)
        card.body.addLayout(grid)
        self.prune = QCheckBox("End hopeless trials early")
        self.prune.setObjectName("search_prune")
        self.prune.setToolTip("Those that are worse than half of the earlier ones at their epoch")
        self.prune.toggled.connect(self._presenter.choose_pruning)
        card.body.addWidget(self.prune)
        self.cost = label("", "quiet", "search_cost", wrap=True)
        card.body.addWidget(self.cost)
        card.body.addWidget(label(_HONEST, "quiet", "search_honest", wrap=True))
        card.body.addStretch(1)
        self.begin = Button("Begin", "search_begin", icon_name="play", primary=True)
        self.begin.clicked.connect(self._presenter.begin)
        card.body.addWidget(self.begin)
        return card
