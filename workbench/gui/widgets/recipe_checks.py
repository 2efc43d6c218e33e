"""The card of the recipe screen that says what was looked at before training."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.preflight import Check
from workbench.gui.presenters.recipe import RecipeState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card
from workbench.gui.widgets.labels import IconLabel, label


class ChecksCard(Card):
    """What was looked at before training: ready, or what is in the way.

    Args:
        parent: its parent.
    """

    visited = Signal(str)
    """The place that a line concerns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Before training", "", "recipe_card_checks", parent, dense=True)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(2)
        self.body.addLayout(self._lines)
        self.facts = label("", "quiet", "recipe_facts", wrap=True)
        self.body.addWidget(self.facts)
        self.body.addStretch(1)
        self._shown: tuple[Check, ...] = ()

    def show_state(self, state: RecipeState) -> None:
        """Show the checks of the state."""
        self.facts.setText(state.facts[:1].upper() + state.facts[1:])
        if state.checks == self._shown:
            return
        self._shown = state.checks
        while (item := self._lines.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()
        for number, check in enumerate(state.checks):
            self._lines.addWidget(_CheckLine(check, f"recipe_check_{number}", self.visited))


class _CheckLine(QWidget):
    def __init__(self, check: Check, name: str, visited: SignalInstance) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 0, 2)
        row.setSpacing(theme.GAP)
        icon, role = {
            "ok": ("check-circle", "good"),
            "warning": ("warning", "warn"),
            "error": ("warning-circle", "bad"),
        }[check.severity]
        row.addWidget(IconLabel(icon, role, 16), 0, Qt.AlignmentFlag.AlignTop)
        words = label(check.sentence, "strong" if check.severity == "ok" else "", name, wrap=True)
        row.addWidget(words, 1)
        if check.place:
            go = Button(
                "Show", f"{name}_show", flat=True, name_for_readers=f"Show: {check.sentence}"
            )
            go.setProperty("link", True)
            go.clicked.connect(lambda: visited.emit(check.place))
            row.addWidget(go, 0, Qt.AlignmentFlag.AlignTop)
