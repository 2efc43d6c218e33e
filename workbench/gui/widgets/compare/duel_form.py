"""The form of a duel: what is compared, how often, by which learning rates and judged by what."""

from __future__ import annotations

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

from workbench.duels.spec import MOST_REPEATS
from workbench.duels.words import contestant_words
from workbench.gui import theme
from workbench.gui.choices import Choice
from workbench.gui.presenters.compare.duel import DuelPresenter, DuelState
from workbench.gui.presenters.compare.duel_form import MOST_CHOSEN, RATE_SEARCHES, TYPED, DuelForm
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card, EmptyState
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.labels import label, set_role

_SIDE = 380
_FAIR = (
    "Same samples, same initial weights, same batches for all. Each seed gives new weights and "
    "another order; repeats are compared in pairs of one seed, by an exact test."
)


class DuelFormView(QWidget):
    """Shows the form of a ``DuelState``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: DuelPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("duel_form")
        self.setAccessibleName("A new duel")
        self._presenter = presenter
        self._offered: tuple[Choice, ...] = ()
        self.boxes: dict[str, QCheckBox] = {}
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self.empty = EmptyState(
            "scales", "Nothing to compare yet", presenter.state.no_form, name="duel_form_empty"
        )  # fmt: skip
        outer.addWidget(self.empty, 1)
        self.page = QWidget()
        columns = QHBoxLayout(self.page)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(12)
        columns.addWidget(self._who(), 1)
        columns.addWidget(self._how())
        outer.addWidget(self.page, 1)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: DuelState) -> None:
        """Show the state."""
        form = state.form
        self.page.setVisible(form is not None)
        self.empty.setVisible(form is None)
        if form is None:
            self.empty.show_words("Nothing to compare yet", state.no_form)
            return
        given = form.given is not None
        self.places.show_choices(form.places, "" if given else form.place)
        typed = form.place == TYPED and not given
        self._typed.setVisible(typed)
        self._area.setVisible(not typed and not given)
        self._given.setVisible(given)
        self.why.setVisible(bool(form.why))
        self.why.setText(form.why)
        if given:
            self._show_given(form)
        elif typed:
            self.typed_places.show_choices(form.typed_places, form.typed_place)
            known = {each.name: each.caption for each in form.typed_places}
            self.typed_help.setText(known[form.typed_place])
            if self.typed.text() != form.typed:
                self.typed.setText(form.typed)
        else:
            self._show_offered(form)
        self._show_how(form)
        self.begin.setEnabled(len(form.contestants) >= 2 and not state.starting)
        several = len(form.recipe.modalities) > 1
        self.modalities.setEnabled(several)
        self.fusions.setEnabled(several)

    def _show_given(self, form: DuelForm) -> None:
        assert form.given is not None
        lines = [f"{each.name}: {contestant_words(form.given, each)}" for each in form.contestants]
        self._given.setText("\n".join(lines))

    def _show_offered(self, form: DuelForm) -> None:
        if form.offered != self._offered:
            self._offered = form.offered
            self._fill()
        full = len(form.chosen) >= MOST_CHOSEN
        for choice in form.offered:
            box = self.boxes[choice.name]
            on = choice.name in form.chosen
            with QSignalBlocker(box):
                box.setChecked(on)
            box.setEnabled(on or (not choice.reason and not full))

    def _fill(self) -> None:
        while self._rows.count():
            item = self._rows.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.boxes = {}
        for row, choice in enumerate(self._offered):
            box = QCheckBox(choice.title)
            box.setObjectName(f"duel_choose_{choice.name}")
            box.setAccessibleName(choice.title)
            box.clicked.connect(
                lambda on, name=choice.name: self._presenter.choose(name, on)
            )  # fmt: skip
            words = label(choice.reason or choice.caption, "quiet", wrap=True)
            self._rows.addWidget(box, row, 0, Qt.AlignmentFlag.AlignTop)
            self._rows.addWidget(words, row, 1)
            self.boxes[choice.name] = box
        self._rows.setRowStretch(len(self._offered), 1)

    def _show_how(self, form: DuelForm) -> None:
        if self.repeats.value() != form.repeats:
            with QSignalBlocker(self.repeats):
                self.repeats.setValue(form.repeats)
        self.repeats_words.setText(form.repeats_words)
        self.rates.show_choices(RATE_SEARCHES.values(), form.rates)
        self.metrics.show_choices(form.metrics, form.metric)
        runs = form.runs if len(form.contestants) >= 2 else 0
        epochs = form.recipe.training.epochs
        self.total.setText(
            f"{runs} runs of up to {epochs} epochs" if runs else "Choose two contestants or more."
        )

    def _who(self) -> Card:
        card = Card("Who is compared", f"up to {MOST_CHOSEN}", "duel_who_card")
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.places = Combo("duel_place", "What is compared", letters=12)
        self.places.setPlaceholderText("As proposed")
        self.places.picked.connect(self._presenter.compare)
        row.addWidget(self.places, 1)
        self.modalities = Button("Modalities", "duel_ablate_modalities")
        self.modalities.setToolTip("Each modality alone, each pair, and all together")
        self.modalities.clicked.connect(lambda: self._presenter.ablate("modalities"))
        self.fusions = Button("All fusions", "duel_ablate_fusions")
        self.fusions.setToolTip("Every fusion that fits, against the one of the recipe")
        self.fusions.clicked.connect(lambda: self._presenter.ablate("fusions"))
        row.addWidget(self.modalities)
        row.addWidget(self.fusions)
        card.body.addLayout(row)
        self.why = label("", "", "duel_why", wrap=True)
        card.body.addWidget(self.why)
        self._given = label("", "quiet", "duel_given", wrap=True)
        self._given.setAlignment(Qt.AlignmentFlag.AlignTop)
        card.body.addWidget(self._given)
        card.body.addWidget(self._typing())
        card.body.addWidget(self._list(), 1)
        card.body.addStretch(0)
        return card

    def _typing(self) -> QWidget:
        self._typed = QWidget()
        column = QVBoxLayout(self._typed)
        column.setContentsMargins(0, 0, 0, 0)
        self.typed_places = Combo("duel_typed_place", "Which option", letters=16)
        self.typed_places.picked.connect(self._presenter.type_for)
        self.typed = QLineEdit()
        self.typed.setObjectName("duel_typed")
        self.typed.setAccessibleName("Values that are compared, with commas between them")
        self.typed.setPlaceholderText("0.5, 1, 2")
        self.typed.textEdited.connect(self._presenter.type_values)
        column.addWidget(self.typed_places)
        column.addWidget(self.typed)
        self.typed_help = label("", "quiet", "duel_typed_help", wrap=True)
        column.addWidget(self.typed_help)
        column.addStretch(1)
        return self._typed

    def _list(self) -> QScrollArea:
        inside = QWidget()
        set_role(inside, "panel")
        self._rows = QGridLayout(inside)
        self._rows.setContentsMargins(0, 4, 8, 0)
        self._rows.setHorizontalSpacing(theme.GAP_LARGE)
        self._rows.setVerticalSpacing(10)
        self._rows.setColumnStretch(1, 1)
        self._area = QScrollArea()
        self._area.setObjectName("duel_offered")
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(inside)
        return self._area

    def _how(self) -> Card:
        card = Card("How it is decided", "", "duel_how_card")
        card.setFixedWidth(_SIDE)
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.GAP_LARGE)
        grid.setVerticalSpacing(theme.GAP)
        self.repeats = QSpinBox()
        self.repeats.setObjectName("duel_repeats")
        self.repeats.setAccessibleName("Repeats by seed")
        self.repeats.setRange(1, MOST_REPEATS)
        self.repeats.valueChanged.connect(self._presenter.choose_repeats)
        self.rates = Combo("duel_rates", "Search of a fair learning rate", letters=12)
        self.rates.picked.connect(self._presenter.choose_rates)
        self.metrics = Combo("duel_metric", "What judges", letters=12)
        self.metrics.picked.connect(self._presenter.choose_metric)
        for row, (words, field) in enumerate(
            (("Repeats", self.repeats), ("Learning rate", self.rates), ("Judge", self.metrics))
        ):
            grid.addWidget(label(words, "quiet"), row, 0)
            grid.addWidget(field, row, 1)
        grid.setColumnStretch(1, 1)
        card.body.addLayout(grid)
        self.repeats_words = label("", "quiet", "duel_repeats_words", wrap=True)
        card.body.addWidget(self.repeats_words)
        card.body.addWidget(
            label(
                "The judge is measured on the test samples and is never the loss: values of "
                "different losses do not compare.", "quiet", wrap=True,
            )
        )  # fmt: skip
        card.body.addWidget(label(_FAIR, "quiet", "duel_fair", wrap=True))
        card.body.addStretch(1)
        self.total = label("", "strong", "duel_total", wrap=True)
        card.body.addWidget(self.total)
        self.begin = Button("Begin the duel", "duel_begin", icon_name="play", primary=True)
        self.begin.clicked.connect(self._presenter.begin)
        card.body.addWidget(self.begin)
        return card
