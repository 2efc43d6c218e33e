"""The card of the recipe screen that says what is punished: the loss, and further terms."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench import parts
from workbench.gui import theme
from workbench.gui.presenters.recipe import RecipeState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import IconLabel, label
from workbench.gui.widgets.picker import PartPicker
from workbench.gui.widgets.recipe_cards import PlaceCard
from workbench.gui.widgets.recipe_terms import TermsFold


class ObjectiveCard(PlaceCard):
    """The loss: what is punished, how, and why it was suggested.

    Args:
        parent: its parent.
    """

    curve_wished = Signal()
    """Look at the curve of the loss."""

    duel_wished = Signal()
    """Compare losses by experiment."""

    advice_wished = Signal()
    """Take the loss that the data ask for."""

    advice_tried = Signal()
    """Let it compete with the loss at hand."""

    advice_dismissed = Signal()
    """Keep the loss as it is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Objective", " ", "recipe_card_objective", parent)
        self.about = Button("About this loss", "recipe_loss_about", flat=True)
        self.about.setProperty("link", True)
        self.about.setCheckable(True)
        self.look = Button("See its curve", "recipe_loss_curve", flat=True)
        self.look.setProperty("link", True)
        self.look.setToolTip("Draw this loss beside others on the Losses screen")
        self.look.clicked.connect(self.curve_wished)
        self.head.addWidget(self.look)
        self.duel = Button("Compare", "recipe_loss_duel", flat=True)
        self.duel.setProperty("link", True)
        self.duel.setToolTip("Let losses compete on these data: a duel on the Compare screen")
        self.duel.clicked.connect(self.duel_wished)
        self.head.addWidget(self.duel)
        self.about.toggled.connect(self._show_text)
        self.head.addWidget(self.about)
        self._text = ""
        self.picker = PartPicker("objective.loss", "recipe_loss", "Loss", 3)
        self.hear(self.picker)
        self.body.addWidget(self.picker)
        self.text = label("", "quiet", "recipe_loss_text", wrap=True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.body.addWidget(self.text)
        self.terms = TermsFold()
        self.hear(self.terms)
        self._reason = self._make_reason()
        self.body.addWidget(self._reason)
        self.body.addWidget(self.terms)
        self.body.addStretch(1)

    def _make_reason(self) -> QWidget:
        """Why the loss is as it is, or what the data ask for, to be taken or dismissed."""
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        row.addWidget(IconLabel("lightbulb", "accent", 16), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(2)
        self.reason = label("", "", "recipe_loss_reason", wrap=True)
        column.addWidget(self.reason)
        # Beneath the sentence, which needs the width.
        answers = QHBoxLayout()
        self.take = Button("", "recipe_advice_take", flat=True)
        self.try_it = Button("Try as a duel", "recipe_advice_duel", flat=True)
        self.try_it.setToolTip("See by experiment whether it suits these data better")
        self.not_now = Button("Not now", "recipe_advice_dismiss", flat=True)
        for button, wish in (
            (self.take, self.advice_wished),
            (self.try_it, self.advice_tried),
            (self.not_now, self.advice_dismissed),
        ):
            button.setProperty("link", True)
            button.clicked.connect(wish)
            answers.addWidget(button)
        answers.addStretch(1)
        column.addLayout(answers)
        row.addLayout(column, 1)
        return made

    def show_state(self, state: RecipeState) -> None:
        """Show the objective of the state."""
        chosen = state.chosen["objective.loss"]
        self.picker.show_part(chosen, state.forms.get("objective.loss"))
        self.picker.setVisible(bool(chosen.name))
        self.terms.show_state(state)
        self._text = "\n".join([chosen.text, *chosen.references]).strip()
        self._show_text()
        advice = state.advice
        reason = state.reasons.get("objective.loss", "") if advice is None else advice.sentence
        title = "" if advice is None else parts.find("loss", advice.part).title
        self.take.setText(f"Use {title}")
        self.take.setAccessibleName(f"Use {title}")
        for button in (self.take, self.try_it, self.not_now):
            button.setVisible(advice is not None)
        self.reason.setText(reason)
        self._reason.setVisible(bool(reason))

    def _show_text(self) -> None:
        """All that the documentation says, when it is wanted."""
        self.text.setText(self._text)
        self.text.setVisible(self.about.isChecked() and bool(self._text))
        self.about.setVisible(bool(self._text))
