"""Further terms of the objective: heads, alignments, penalties, and who weighs them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from workbench import parts
from workbench.gui import theme
from workbench.gui.presenters.recipe import RecipeState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.fold import Fold
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.picker import FormSlot, PartPicker
from workbench.spec import PAIRS

_SWITCH, _WEIGHT, _FIELD = 164, 96, 28
# Width of the switches and of the fields of weights, and height of a field.
_PENALTIES = ("l2", "l1", "embedding_l2")


class TermRow(QWidget):
    """Base of the rows of terms: on or off at the left, how much it counts at the right.

    Args:
        switch: its words and its ``objectName``; what it does, for the tooltip.
        weight: the field of its weight.
        parent: its parent.
    """

    changed = Signal(str, object)
    """Dotted place, and the value wished there."""

    refused = Signal(str, str)
    """Dotted place, and what is wrong with what was typed there."""

    def __init__(
        self, switch: tuple[str, str, str], weight: FormSlot, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        words, name, hint = switch
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(0, 0, 0, 0)
        self.box.setSpacing(theme.GAP_SMALL)
        self.row = QHBoxLayout()
        self.row.setSpacing(theme.GAP)
        self.switch = QCheckBox(words)
        self.switch.setObjectName(name)
        self.switch.setAccessibleName(words)
        self.switch.setToolTip(hint)
        self.weight = weight
        weight.setFixedWidth(_WEIGHT)
        self.switch.setMinimumHeight(_FIELD)
        # In one line with the field, whose name stands above it.
        self.row.addWidget(self.switch, 1, Qt.AlignmentFlag.AlignBottom)
        self.row.addWidget(weight, 0, Qt.AlignmentFlag.AlignBottom)
        self.box.addLayout(self.row)
        self.hear(weight)

    def show_state(self, state: RecipeState) -> None:
        """Show this term of the state."""
        raise NotImplementedError

    def hear(self, part: FormSlot | PartPicker) -> None:
        """Pass the wishes of a part on."""
        part.changed.connect(self.changed)
        part.refused.connect(self.refused)


class HeadsRow(TermRow):
    """A head with the task loss for each modality."""

    def __init__(self, parent: QWidget | None = None) -> None:
        switch = (
            "A head for each modality",
            "recipe_objective_heads",
            "The same loss on each modality alone, so that none is left behind",
        )
        weight = FormSlot("objective", "recipe_objective", 1, only=("heads_weight",))
        super().__init__(switch, weight, parent)
        self.switch.clicked.connect(lambda on: self.changed.emit("objective.heads", on))

    def show_state(self, state: RecipeState) -> None:
        """Show the heads of the state."""
        assert state.spec is not None
        objective = state.spec.objective
        self.setVisible(objective.loss is not None and len(state.spec.modalities) > 1)
        self.switch.setChecked(objective.heads)
        self.weight.show_form(state.forms["objective"])
        self.weight.setVisible(objective.heads)


class AlignmentRow(TermRow):
    """One pair of modalities: whether it is aligned, by which loss, and how much it counts.

    Args:
        pair: its name in a spec.
        parent: its parent.
    """

    def __init__(self, pair: str, parent: QWidget | None = None) -> None:
        self.pair = pair
        self.place = f"objective.alignments.{pair}"
        self._first = ""
        name = f"recipe_align_{pair.replace('+', '_')}"
        both = " and ".join(PAIRS[pair])
        switch = (f"Align {both}", f"{name}_on", f"Draw {both} of a sample together")
        super().__init__(switch, FormSlot(self.place, f"{name}_term", 1, advanced=False), parent)
        # So that the boxes of all pairs stand beneath each other.
        self.switch.setMinimumWidth(_SWITCH)
        self.switch.clicked.connect(self._switch)
        self.picker = PartPicker(f"{self.place}.loss", name, f"Alignment of {pair}", 3, folds=False)
        self.form = FormSlot(self.place, f"{name}_term", 3, advanced=True)
        for part in (self.picker, self.form):
            self.hear(part)
        self.row.insertWidget(1, self.picker.combo, 1, Qt.AlignmentFlag.AlignBottom)
        self.fold = Fold("Options", f"{name}_options", f"Options of the alignment of {both}")
        for widget in (self.picker.caption, self.picker.slot, self.picker.rare, self.form):
            self.fold.body.addWidget(widget)
        self.box.addWidget(self.fold)

    def show_state(self, state: RecipeState) -> None:
        """Show this pair of the state."""
        assert state.spec is not None
        self.setVisible(set(PAIRS[self.pair]) <= set(state.spec.modalities))
        chosen = state.chosen[f"{self.place}.loss"]
        self._first = next((choice.name for choice in chosen.choices if not choice.reason), "")
        on = bool(chosen.name)
        self.switch.setChecked(on)
        self.switch.setEnabled(on or bool(self._first))
        form, options = state.forms.get(self.place), state.forms.get(f"{self.place}.loss")
        self.picker.show_part(chosen, options)
        if form is not None:
            self.weight.show_form(form)
            self.form.show_form(form)
        for widget in (self.picker.combo, self.weight, self.fold):
            widget.setVisible(on)

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
        self.body.addWidget(self._make_task())
        self.heads = HeadsRow()
        self.rows = tuple(AlignmentRow(pair) for pair in PAIRS)
        for row in (self.heads, *self.rows):
            self._hear(row)
            self.body.addWidget(row)
        self.balancer = PartPicker("objective.balancer", "recipe_balancer", "Balancer", 3)
        self.form = FormSlot("objective", "recipe_objective", 3, only=_PENALTIES)
        for part in (self.balancer, self.form):
            self._hear(part)
        self.body.addWidget(label("Balance of the terms", "strong"))
        self.body.addWidget(self.balancer)
        self.body.addWidget(self._make_waiting())
        self.body.addWidget(label("Penalties", "strong"))
        self.body.addWidget(self.form)

    def show_state(self, state: RecipeState) -> None:
        """Show the terms of the state."""
        assert state.spec is not None
        objective = state.spec.objective
        self.task.show_form(state.forms["objective"])
        self._task.setVisible(objective.loss is not None)
        for row in (self.heads, *self.rows):
            row.show_state(state)
        self.balancer.show_part(
            state.chosen["objective.balancer"], state.forms["objective.balancer"]
        )
        self.waiting.setText(state.waiting)
        self._waiting.setVisible(bool(state.waiting))
        self.form.show_form(state.forms["objective"])
        title = "Terms" if objective.loss is None else "More terms"
        self.button.setText(f"{title} · {_on(state)}")
        if objective.loss is None and not self.button.isChecked():
            # Without a target these are the objective.
            self.button.setChecked(True)

    def _make_task(self) -> QWidget:
        """The task loss, and how much it counts."""
        self.task = FormSlot("objective", "recipe_objective", 1, only=("weight",))
        self.task.setFixedWidth(_WEIGHT)
        self._hear(self.task)
        words = label("Task loss on the fused head")
        words.setMinimumHeight(_FIELD)
        self._task = QWidget()
        row = QHBoxLayout(self._task)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(words, 1, Qt.AlignmentFlag.AlignBottom)
        row.addWidget(self.task, 0, Qt.AlignmentFlag.AlignBottom)
        return self._task

    def _make_waiting(self) -> QWidget:
        """What greyed balancers wait for, and the click that adds it."""
        self._waiting = QWidget()
        row = QHBoxLayout(self._waiting)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        self.waiting = label("", "quiet", "recipe_balancer_waiting", wrap=True)
        row.addWidget(self.waiting, 1)
        add = Button("Add the heads", "recipe_balancer_add", flat=True)
        add.setProperty("link", True)
        add.clicked.connect(lambda: self.changed.emit("objective.heads", True))
        row.addWidget(add, 0, Qt.AlignmentFlag.AlignTop)
        return self._waiting

    def _hear(self, part: TermRow | PartPicker | FormSlot) -> None:
        part.changed.connect(self.changed)
        part.refused.connect(self.refused)


def _on(state: RecipeState) -> str:
    """Which terms are on, in few words."""
    assert state.spec is not None
    objective = state.spec.objective
    words = (["heads"] if objective.heads else []) + list(objective.alignments)
    words += [name.replace("_", " ") for name in _PENALTIES if getattr(objective, name)]
    if objective.balancer.name != "fixed":
        words.append(parts.find("balancer", objective.balancer.name).title)
    return ", ".join(words) or "none"
