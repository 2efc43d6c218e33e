"""Cards of the recipe screen: one modality, the training; and the base of all."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.presenters.recipe import RecipeState
from workbench.gui.presenters.recipe_forms import Form
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card
from workbench.gui.widgets.fold import Fold
from workbench.gui.widgets.labels import MODALITY_ICONS, IconLabel, label
from workbench.gui.widgets.picker import FormSlot, PartPicker
from workbench.gui.widgets.recipe_terms import TermsFold
from workbench.parts import Modality


class PlaceCard(Card):
    """Base of the cards that set places of a spec: passes the wishes of its parts on."""

    changed = Signal(str, object)
    """Dotted place, and the value wished there."""

    refused = Signal(str, str)
    """Dotted place, and what is wrong with what was typed there."""

    def __init__(
        self, title: str, hint: str = "", name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(title, hint, name, parent, dense=True)

    def hear(self, part: FormSlot | PartPicker | TermsFold) -> None:
        """Pass the wishes of a part on."""
        part.changed.connect(self.changed)
        part.refused.connect(self.refused)


class ModalityCard(PlaceCard):
    """One modality: on or off, its encoder, and how its files are read.

    Args:
        modality: which.
        parent: its parent.
    """

    switched = Signal(str, bool)
    """The modality, and whether it shall be looked at."""

    reset_wished = Signal(str)
    """Dotted place whose options shall be as they are by default."""

    def __init__(self, modality: Modality, parent: QWidget | None = None) -> None:
        super().__init__(modality.title(), "", f"recipe_card_{modality}", parent)
        self.modality = modality
        self._reason, self._varied = "", "off"
        self._augmented = f"training.augmentation.{modality}"
        self._add_head()
        self.picker = PartPicker(
            f"model.encoders.{modality}", f"recipe_encoder_{modality}", f"{modality} encoder", 3,
            folds=False,
        )  # fmt: skip
        self.inputs = FormSlot(f"data.{modality}", f"recipe_{modality}", 3, advanced=False)
        self.rare_inputs = FormSlot(f"data.{modality}", f"recipe_{modality}", 3, advanced=True)
        self.augmentation = FormSlot(self._augmented, f"recipe_augment_{modality}", 3)
        for part in (self.picker, self.inputs, self.rare_inputs, self.augmentation):
            self.hear(part)
        self.fold = Fold("Advanced", f"recipe_{modality}_advanced", "Seldom changed options")
        self.fold.body.addWidget(self.rare_inputs)
        self.fold.body.addWidget(self.picker.rare)
        self.variety = self._make_variety()
        self.phases = label("", "quiet", f"recipe_{modality}_phases", wrap=True)
        self._off = label("Not looked at. Switch it on to use it.", "quiet", wrap=True)
        self._inside = self._make_inside()
        self.body.addWidget(self._inside)
        self.body.addWidget(self._off)
        self.body.addStretch(1)

    def _add_head(self) -> None:
        """Icon and title, why the suggestion is what it is, and the switch."""
        modality = self.modality
        self._icon = IconLabel(MODALITY_ICONS[modality], "text", 18)
        self.head.insertWidget(0, self._icon)
        self._bulb = IconLabel("lightbulb", "accent", 16)
        self._bulb.setObjectName(f"recipe_{modality}_reason")
        self.head.addWidget(self._bulb)
        self.switch = QCheckBox("On")
        self.switch.setObjectName(f"recipe_{modality}_on")
        self.switch.setAccessibleName(f"Use {modality}")
        self.switch.setToolTip(f"Whether the model looks at {modality}")
        self.switch.clicked.connect(lambda on: self.switched.emit(modality, on))
        self.head.addWidget(self.switch)

    def _make_variety(self) -> Fold:
        """The form of the augmentation, and a button that switches all of it off."""
        fold = Fold(
            "Augmentation", f"recipe_{self.modality}_augmentation",
            "Training samples are varied at random; validation and test samples never are",
        )  # fmt: skip
        # What is on is told beside the word where there is room: the button may be narrower.
        fold.button.setMinimumWidth(24)
        fold.body.addWidget(self.augmentation)
        self.reset = Button(
            "Switch all off", f"recipe_{self.modality}_augmentation_reset", flat=True,
            name_for_readers=f"Switch all augmentation of {self.modality} off",
        )  # fmt: skip
        self.reset.setProperty("link", True)
        self.reset.setToolTip("Leave training samples as they are")
        self.reset.clicked.connect(self._reset)
        fold.body.addWidget(self.reset, 0, Qt.AlignmentFlag.AlignLeft)
        return fold

    def _make_inside(self) -> QWidget:
        """All that is shown of a modality that is on."""
        made = QWidget()
        box = QVBoxLayout(made)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        box.addWidget(self.picker)
        box.addWidget(self.phases)
        box.addWidget(self.inputs)
        # Both buttons in one line: the screen fits a small window.
        folds = QHBoxLayout()
        folds.addWidget(self.fold.button)
        folds.addWidget(self.variety.button)
        folds.addStretch(1)
        box.addLayout(folds)
        for fold in (self.fold, self.variety):
            box.addWidget(fold)
            # Without its button a folded one is nothing but a gap.
            fold.hide()
            fold.unfolded.connect(fold.setVisible)
        return made

    def show_state(self, state: RecipeState) -> None:
        """Show this modality of the state."""
        place = f"model.encoders.{self.modality}"
        self.setVisible(self.modality in state.offered)
        if self.modality not in state.offered or state.spec is None:
            return
        on = self.modality in state.spec.model.encoders
        alone = on and len(state.spec.model.encoders) == 1
        self.switch.setChecked(on)
        self.switch.setEnabled(not alone)
        self.switch.setToolTip(
            "The model must look at something: switch another modality on first."
            if alone
            else f"Whether the model looks at {self.modality}"
        )
        self._inside.setVisible(on)
        self._off.setVisible(not on)
        self.picker.show_part(state.chosen[place], state.forms.get(place))
        self.phases.setText(state.phases.get(self.modality, ""))
        self.phases.setVisible(bool(self.phases.text()))
        inputs = state.forms[f"data.{self.modality}"]
        self.inputs.show_form(inputs)
        self.rare_inputs.show_form(inputs)
        options = (*inputs.options, *state.forms.get(place, inputs).options)
        self.fold.button.setVisible(any(option.advanced for option in options))
        varied = state.forms[self._augmented]
        self.augmentation.show_form(varied)
        self._varied = changes_in_words(varied)
        self.variety.button.setToolTip(f"How training samples are varied at random: {self._varied}")
        wrong = any(place.startswith(f"{self._augmented}.") for place in state.errors)
        self.reset.setEnabled(
            wrong or any(varied.values[o.name] != o.default for o in varied.options)
        )
        self._reason = state.reasons.get(f"data.{self.modality}", "")
        self._bulb.setToolTip(self._reason)
        self._bulb.setAccessibleName(self._reason)
        self._show_reason()
        self._show_variety()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the reason, and what is varied, where there is room for it."""
        super().resizeEvent(event)
        self._show_reason()
        self._show_variety()

    def _show_reason(self) -> None:
        # Title, icons and switch take about this much; half a sentence helps nobody.
        room = self.width() - 200
        fits = self.hint.fontMetrics().horizontalAdvance(self._reason) <= room
        self.hint.setText(self._reason if fits else "")
        self._bulb.setVisible(bool(self._reason))

    def _show_variety(self) -> None:
        button, other = self.variety.button, self.fold.button
        taken = 2 * theme.GAP_LARGE + 3 * theme.GAP
        taken += other.sizeHint().width() if other.isVisibleTo(self) else 0
        for words in (self._varied, f"{self._varied.count(',') + 1} on"):
            button.setText(f"Augmentation · {words}")
            if taken + button.sizeHint().width() <= self.width() or words == "off":
                return

    def _reset(self) -> None:
        self.augmentation.restore()
        self.reset_wished.emit(self._augmented)


def changes_in_words(form: Form) -> str:
    """What of a form is not as it is by default: ``off``, or ``flip horizontal, rotate 10 °``.

    Args:
        form: options and their values.
    """
    told = []
    for option in form.options:
        value = form.values[option.name]
        if value != option.default and not option.advanced:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            words = f"{value:g} {option.unit}".strip() if number else str(value)
            told.append(f"{option.title.lower()} {words}")
    return ", ".join(told) or "off"


class TrainingCard(PlaceCard):
    """How long and how fast to train; what is rarely changed is folded away.

    Args:
        parent: its parent.
    """

    find_wished = Signal(str)
    """Try out what suits: ``rate`` or ``batch``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Training", "", "recipe_card_training", parent)
        self._plain = FormSlot("training", "recipe", 2, advanced=False)
        self._rare = FormSlot("training", "recipe", 2, advanced=True)
        self._division = FormSlot("data", "recipe_data", 2, advanced=False)
        self._rare_division = FormSlot("data", "recipe_data", 2, advanced=True)
        self.optimizer = self._picker("training.optimizer", "recipe_optimizer", "Optimiser")
        self.schedule = self._picker("training.schedule", "recipe_schedule", "Schedule")
        for slot in (self._plain, self._rare, self._division, self._rare_division):
            self.hear(slot)
        self.body.addWidget(self._plain)
        self.body.addLayout(self._finders())
        self.body.addLayout(self._pickers())
        self.fold = Fold("Advanced", "recipe_training_advanced", "Seed, optimiser, division")
        for words, inside in (
            ("", (self._rare,)),
            ("Optimiser", (self.optimizer, self.optimizer.rare)),
            ("Schedule", (self.schedule, self.schedule.rare)),
            ("Division of the data", (self._division, self._rare_division)),
        ):
            if words:
                self.fold.body.addWidget(label(words, "strong"))
            for widget in inside:
                self.fold.body.addWidget(widget)
        self.body.addWidget(self.fold)
        self.body.addStretch(1)

    def show_state(self, state: RecipeState) -> None:
        """Show the training of the state."""
        for button in self.finders:
            button.setEnabled(state.ready)
        for slot in (self._plain, self._rare):
            slot.show_form(state.forms["training"])
        for slot in (self._division, self._rare_division):
            slot.show_form(state.forms["data"])
        for place, picker in (
            ("training.optimizer", self.optimizer),
            ("training.schedule", self.schedule),
        ):
            picker.show_part(state.chosen[place], state.forms[place])

    def _finders(self) -> QHBoxLayout:
        """Two links that try out what suits this recipe on this machine."""
        row = QHBoxLayout()
        row.setSpacing(12)
        self.finders = []
        for what, words in (("rate", "Find a learning rate…"), ("batch", "Find a batch size…")):
            button = Button(words, f"recipe_find_{what}", flat=True)
            button.setProperty("link", True)
            button.clicked.connect(partial(self.find_wished.emit, what))
            self.finders.append(button)
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _picker(self, place: str, name: str, words: str) -> PartPicker:
        made = PartPicker(place, name, words, 2, folds=False)
        self.hear(made)
        return made

    def _pickers(self) -> QGridLayout:
        """The two boxes side by side; what belongs to the chosen parts lies in the fold."""
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        for column, (words, picker) in enumerate(
            (("Optimiser", self.optimizer), ("Schedule", self.schedule))
        ):
            title = label(words, "quiet")
            title.setBuddy(picker.combo)
            grid.addWidget(title, 0, column)
            grid.addWidget(picker.combo, 1, column)
            grid.setColumnStretch(column, 1)
        return grid
