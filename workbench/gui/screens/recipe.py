"""The recipe screen: encoders, fusion, objective and training in forms, and the model drawn."""

from __future__ import annotations

import re
from functools import partial

from PySide6.QtCore import QRegularExpression, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.errors import UserError
from workbench.gui.presenters.recipe import RecipePresenter, RecipeState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card, EmptyState
from workbench.gui.widgets.fold import Fold
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.model_drawing import ModelDrawing
from workbench.gui.widgets.picker import FormSlot, PartPicker
from workbench.gui.widgets.recipe_cards import ModalityCard, PlaceCard, TrainingCard
from workbench.gui.widgets.recipe_checks import ChecksCard
from workbench.gui.widgets.recipe_objective import ObjectiveCard
from workbench.gui.widgets.screen import Screen
from workbench.parts import MODALITIES

_SUBTITLE = (
    "Everything is filled in for your data. Change what you like; what cannot work is greyed, "
    "with the reason."
)

_FIELDS = (QAbstractSpinBox, QComboBox, QLineEdit)

_NO_DATA = (
    "No data yet",
    "Open a folder or a sample project first; the recipe is then filled in for it.",
)


class RecipeView(Screen):
    """Shows a ``RecipeState`` and sends what the person wishes to its presenter.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    data_wished = Signal()
    """Go to the data screen."""

    find_wished = Signal(str)
    """Try out what suits the recipe: ``rate`` or ``batch``."""

    loss_wished = Signal()
    """Look at the curve of the loss."""

    duel_wished = Signal()
    """Compare losses by experiment."""

    def __init__(self, presenter: RecipePresenter, parent: QWidget | None = None) -> None:
        super().__init__("Recipe", "recipe", scrolls=True, parent=parent)
        self._presenter = presenter
        self._head()
        self.empty = EmptyState("sliders-horizontal", *_NO_DATA, "Go to the data", "recipe_empty")
        self.empty.acted.connect(self.data_wished)
        self._full = QWidget()
        stack = QStackedLayout()
        stack.addWidget(self.empty)
        stack.addWidget(self._full)
        self._stack = stack
        self.body.addLayout(stack)
        self._fill()
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: RecipeState) -> None:
        """Show the state."""
        here = state.spec is not None
        self._stack.setCurrentIndex(int(here))
        # The page behind must not make the empty one scroll.
        policy = QSizePolicy.Policy.Preferred if here else QSizePolicy.Policy.Ignored
        self._full.setSizePolicy(policy, policy)
        for widget in (self.name, self._name_label, self.queue, self.train):
            widget.setVisible(here)
        self.subtitle.setText(_SUBTITLE if here else "")
        if state.spec is None:
            self.empty.show_words(*_words_of(state.trouble))
            return
        if self.name.text().strip() != state.spec.name and "name" not in state.errors:
            self.name.setText(state.spec.name)
        self._mark_name(state.errors.get("name", ""))
        for card in self._modalities:
            card.show_state(state)
        self._fusion.show_part(state.chosen["model.fusion"], state.forms["model.fusion"])
        self._fusion_hint.setText("" if state.spec.objective.loss else "not used without a target")
        self._model_form.show_form(state.forms["model"])
        rate = state.spec.model.modality_dropout
        self._rare.button.setText(
            f"Modality dropout · {rate:g}" if rate else "Modality dropout · off"
        )
        self._objective.show_state(state)
        self._training.show_state(state)
        self._checks.show_state(state)
        self.drawing.show_outline(state.outline)
        self._model_card.hint.setText(state.size)
        for button in (self.train, self.queue):
            button.setEnabled(state.ready)
        first = state.checks[0].sentence if state.checks else ""
        self.train.setToolTip("Train this recipe (Ctrl+Return)" if state.ready else first)

    def _head(self) -> None:
        self._name_label = label("Name of the run", "quiet")
        self.name = QLineEdit()
        self.name.setObjectName("recipe_name")
        self.name.setAccessibleName("Name of the run")
        self.name.setMaxLength(80)
        self.name.setFixedWidth(200)
        self._name_label.setBuddy(self.name)
        self.name.textEdited.connect(lambda text: self._presenter.change("name", text.strip()))
        self.train = Button("Train", "recipe_train", icon_name="play", primary=True)
        self.train.setShortcut("Ctrl+Return")
        self.train.clicked.connect(self._presenter.train)
        self.queue = Button("Add to queue", "recipe_queue", icon_name="queue")
        self.queue.setToolTip("Train it when those before it are done")
        self.queue.clicked.connect(self._presenter.queue)
        for widget in (self._name_label, self.name, self.queue, self.train):
            self.tools.addWidget(widget)

    def _fill(self) -> None:
        rows = QVBoxLayout(self._full)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(10)
        top = QHBoxLayout()
        top.setSpacing(12)
        self._modalities = tuple(ModalityCard(modality) for modality in MODALITIES)
        for card in self._modalities:
            self._hear(card)
            card.switched.connect(self._presenter.switch)
            card.reset_wished.connect(self._presenter.reset)
            top.addWidget(card, 1)
        rows.addLayout(top)
        middle = QHBoxLayout()
        middle.setSpacing(12)
        self._objective, self._training = ObjectiveCard(), TrainingCard()
        self._objective.curve_wished.connect(self.loss_wished)
        self._objective.duel_wished.connect(self.duel_wished)
        self._training.find_wished.connect(self.find_wished)
        self._objective.advice_wished.connect(self._presenter.take_advice)
        self._objective.advice_tried.connect(self._presenter.try_advice)
        self._objective.advice_dismissed.connect(self._presenter.dismiss_advice)
        cards: list[PlaceCard] = [self._fusion_card(), self._objective, self._training]
        for place_card, share in zip(cards, (30, 40, 30), strict=True):
            self._hear(place_card)
            middle.addWidget(place_card, share)
        rows.addLayout(middle, 1)
        bottom = QHBoxLayout()
        bottom.setSpacing(12)
        self._model_card = model = Card("The model", "", "recipe_card_model", dense=True)
        self.drawing = ModelDrawing("recipe_drawing")
        self.drawing.visited.connect(self._visit)
        model.body.addWidget(self.drawing, 1)
        self._checks = ChecksCard()
        self._checks.visited.connect(self._visit)
        bottom.addWidget(model, 65)
        bottom.addWidget(self._checks, 35)
        rows.addLayout(bottom, 1)

    def _fusion_card(self) -> PlaceCard:
        card = PlaceCard("Fusion", "", "recipe_card_fusion")
        self._fusion_hint = card.hint
        self._fusion = PartPicker("model.fusion", "recipe_fusion", "Fusion", 3, folds=False)
        self._model_form = FormSlot("model", "recipe_model", 2)
        self._rare = Fold("Dropout", "recipe_fusion_advanced", "Modality dropout, and what is rare")
        self._rare.body.addWidget(self._model_form)
        self._rare.body.addWidget(self._fusion.rare)
        for part in (self._fusion, self._model_form):
            card.hear(part)
        card.body.addWidget(self._fusion)
        card.body.addWidget(self._rare)
        card.body.addStretch(1)
        return card

    def _hear(self, card: PlaceCard) -> None:
        card.changed.connect(self._presenter.change)
        card.refused.connect(self._presenter.refuse)

    def _mark_name(self, sentence: str) -> None:
        if bool(self.name.property("wrong")) != bool(sentence):
            self.name.setProperty("wrong", bool(sentence))
            self.name.style().unpolish(self.name)
            self.name.style().polish(self.name)
        self.name.setToolTip(sentence or "What you will find this run by")

    @Slot(str)
    def _visit(self, place: str) -> None:
        """Put the keyboard where a check or a box of the drawing points to."""
        if place in {"findings", "data"}:
            self.data_wished.emit()
            return
        field = self._field(field_name(place))
        if field is None:
            return
        above = field.parentWidget()
        while above is not None and above is not self:
            if isinstance(above, Fold):
                above.unfold()
            if isinstance(above, QScrollArea):
                # What was unfolded has its place only when the layout has been made anew.
                QTimer.singleShot(0, field, partial(above.ensureWidgetVisible, field))
            above = above.parentWidget()
        field.setFocus()

    def _field(self, name: str) -> QWidget | None:
        """The field of that name, or the first of those whose names begin with it."""
        field = self.findChild(QWidget, name)
        if field is not None:
            return field
        start = QRegularExpression(f"^{QRegularExpression.escape(name)}_")
        fields = [w for w in self.findChildren(QWidget, start) if isinstance(w, _FIELDS)]
        return next(iter(fields), None)


def _words_of(trouble: UserError | None) -> tuple[str, str]:
    """Title and sentence where there is no recipe."""
    if trouble is None:
        return _NO_DATA
    return "Nothing to learn from these data yet", f"{trouble.problem} {trouble.remedy}".strip()


def field_name(place: str) -> str:
    """The ``objectName`` of the field of a dotted place of the spec.

    Args:
        place: such as ``training.epochs`` or ``objective.loss.delta``.
    """
    pair = re.match(r"objective\.alignments\.(\w+)\+(\w+)\.(loss)?", place)
    if pair:
        rest = place[pair.end() :].removeprefix(".").removesuffix("name").removesuffix(".")
        start = f"recipe_align_{pair[1]}_{pair[2]}" + ("" if pair[3] else "_term")
        return f"{start}_{rest}" if rest else start
    for start, name in (
        ("model.encoders.", "recipe_encoder_"),
        ("model.fusion", "recipe_fusion"),
        ("objective.loss", "recipe_loss"),
        ("objective.balancer", "recipe_balancer"),
        ("objective.", "recipe_objective_"),
        ("training.augmentation.", "recipe_augment_"),
        ("training.optimizer", "recipe_optimizer"),
        ("training.schedule", "recipe_schedule"),
        ("training.", "recipe_"),
        ("data.image", "recipe_image"),
        ("data.audio", "recipe_audio"),
        ("data.text", "recipe_text"),
        ("data.", "recipe_data_"),
        ("model.", "recipe_model_"),
    ):
        if place.startswith(start):
            rest = place.removeprefix(start).removesuffix(".name")
            return (name + rest).replace(".", "_")
    return f"recipe_{place}"
