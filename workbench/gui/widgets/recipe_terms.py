"""Further terms of the objective: heads, alignments, penalties, and who weighs them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.presenters.recipe import RecipeState
from workbench.gui.widgets.fold import Fold
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.picker import FormSlot, PartPicker
from workbench.spec import PAIRS


class AlignmentRow(QWidget):
    """One pair of modalities: whether it is aligned, by which loss, and how much it counts.

    Args:
        pair: its name in a spec.
        parent: its parent.
    """

    changed = Signal(str, object)
    """Dotted place, and the value wished there."""

    refused = Signal(str, str)
    """Dotted place, and what is wrong with what was typed there."""

    def __init__(self, pair: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pair = pair
        self.place = f"objective.alignments.{pair}"
        self._first = ""
        name = f"recipe_align_{pair.replace('+', '_')}"
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        self.switch = QCheckBox(f"Align {' and '.join(PAIRS[pair])}")
        self.switch.setObjectName(f"{name}_on")
        self.switch.setAccessibleName(self.switch.text())
        self.switch.setToolTip("Draw the embeddings of the two modalities of a sample together")
        self.switch.clicked.connect(self._switch)
        self.picker = PartPicker(f"{self.place}.loss", name, f"Alignment of {pair}", 3)
        self.form = FormSlot(self.place, f"{name}_term", 3)
        for part in (self.picker, self.form):
            part.changed.connect(self.changed)
            part.refused.connect(self.refused)
        box.addWidget(self.switch)
        box.addWidget(self.picker)
        box.addWidget(self.form)

    def show_state(self, state: RecipeState) -> None:
        """Show this pair of the state."""
        assert state.spec is not None
        self.setVisible(set(PAIRS[self.pair]) <= set(state.spec.modalities))
        chosen = state.chosen[f"{self.place}.loss"]
        self._first = chosen.choices[0].name if chosen.choices else ""
        on = bool(chosen.name)
        self.switch.setChecked(on)
        self.picker.setVisible(on)
        self.picker.show_part(chosen, state.forms.get(f"{self.place}.loss"))
        form = state.forms.get(self.place)
        self.form.setVisible(form is not None)
        if form is not None:
            self.form.show_form(form)

    def _switch(self, on: bool) -> None:
        self.changed.emit(f"{self.place}.loss", self._first if on else None)


class TermsFold(Fold):
    """All terms beside the task loss, folded away; its button says what is on."""

    changed = Signal(str, object)
    """Dotted place, and the value wished there."""

    refused = Signal(str, str)
    """Dotted place, and what is wrong with what was typed there."""

    def __init__(self) -> None:
        super().__init__("More terms", "recipe_terms", "Heads, alignments, penalties, balance")
        self.heads = QCheckBox("A head with this loss for each modality")
        self.heads.setObjectName("recipe_objective_heads")
        self.heads.setAccessibleName(self.heads.text())
        self.heads.setToolTip("So that no modality is left behind; needs two modalities")
        self.heads.clicked.connect(lambda on: self.changed.emit("objective.heads", on))
        self.body.addWidget(self.heads)
        self.rows = tuple(AlignmentRow(pair) for pair in PAIRS)
        for row in self.rows:
            self._hear(row)
            self.body.addWidget(row)
        self.weighing = label("Balance of the terms", "quiet")
        self.balancer = PartPicker("objective.balancer", "recipe_balancer", "Balancer", 3)
        self.form = FormSlot("objective", "recipe_objective", 3, advanced=True)
        for part in (self.balancer, self.form):
            self._hear(part)
        self.body.addWidget(self.weighing)
        self.body.addWidget(self.balancer)
        self.body.addWidget(self.form)

    def show_state(self, state: RecipeState) -> None:
        """Show the terms of the state."""
        assert state.spec is not None
        objective = state.spec.objective
        several = len(state.spec.modalities) > 1
        self.heads.setChecked(objective.heads)
        self.heads.setEnabled(several and objective.loss is not None)
        for row in self.rows:
            row.show_state(state)
        self.balancer.show_part(
            state.chosen["objective.balancer"], state.forms["objective.balancer"]
        )
        self.form.show_form(state.forms["objective"])
        words = list(objective.alignments)
        words = (["heads"] if objective.heads else []) + words
        if objective.balancer.name != "fixed":
            words.append(objective.balancer.name.replace("_", " "))
        self.button.setText(f"More terms · {', '.join(words) or 'none'}")
        if objective.loss is None and not self.button.isChecked():
            # Without a target these are the objective.
            self.button.setChecked(True)

    def _hear(self, part: AlignmentRow | PartPicker | FormSlot) -> None:
        part.changed.connect(self.changed)
        part.refused.connect(self.refused)
