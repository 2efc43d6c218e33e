"""The what-if: a loss and its options at the left, two courses over the epochs at the right."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from workbench import parts
from workbench.gui import theme
from workbench.gui.plots.insight.epochs import EpochsPlot
from workbench.gui.presenters.insight.what_if import WhatIfPresenter, WhatIfState
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner, Card, EmptyState
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.loss_options import LossOptions
from workbench.gui.widgets.seen import SeenPage

_WIDTH = 320
_PAGES = {"empty": 0, "refused": 0, "reading": 1, "shown": 2}


class WhatIfView(SeenPage):
    """Shows a ``WhatIfState``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: WhatIfPresenter, parent: QWidget | None = None) -> None:
        super().__init__(presenter, "what_if", "What if another loss had judged", parent)
        self._presenter = presenter
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 0)
        outer.setSpacing(12)
        self.banner = Banner("what_if_banner")
        outer.addWidget(self.banner)
        pages = QWidget()
        self._stack = QStackedLayout(pages)
        card = Card(name="what_if_refused_card")
        self.refused = EmptyState(
            "arrows-clockwise", "Nothing to judge anew", "Open a run.", name="what_if_refused"
        )
        card.body.addWidget(self.refused)
        waiting = label("Reading the stored answers…", "quiet", "what_if_reading")
        waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for page in (card, waiting, self._shown()):
            self._stack.addWidget(page)
        outer.addWidget(pages, 1)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: WhatIfState) -> None:
        """Show the state."""
        self._stack.setCurrentIndex(_PAGES[state.phase])
        if state.phase == "refused":
            self.refused.show_words("Nothing to judge anew", state.why)
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()
        if state.phase != "shown":
            return
        self.losses.show_choices(state.losses, state.loss)
        self.options.show_options(state.options, state.values)
        self.label.setText(state.label)
        self.back.setEnabled(state.changed)
        self.duel.setEnabled(state.changed)
        self.sentences.setText("\n".join(state.sentences))
        self._show_answer(state)

    def _show_answer(self, state: WhatIfState) -> None:
        answer, spec = state.answer, state.spec
        if answer is None or spec is None or spec.objective.loss is None:
            return
        mine = parts.find("loss", spec.objective.loss.name).title
        self._recorded.title.setText(f"As recorded: {mine}")
        self._other.title.setText(f"Recomputed: {state.title}")
        recorded = answer.epochs[int(np.argmin(answer.recorded))]
        other = answer.epochs[int(np.argmin(answer.loss))]
        apart = recorded != other
        self.recorded.show_course(answer.epochs, answer.recorded, other if apart else 0)
        self.recomputed.show_course(answer.epochs, answer.loss, recorded if apart else 0)

    def _shown(self) -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._side())
        column = QVBoxLayout()
        column.setSpacing(12)
        self._recorded = Card("As recorded", "validation", "what_if_recorded_card")
        self.recorded = EpochsPlot("what_if_recorded", "Recorded validation loss", 0)
        self._recorded.body.addWidget(self.recorded, 1)
        self._other = Card(
            "Recomputed", "the same answers; a dotted line: the best by the other", "what_if_card"
        )
        self.recomputed = EpochsPlot("what_if_recomputed", "Recomputed validation loss", 1)
        self._other.body.addWidget(self.recomputed, 1)
        column.addWidget(self._recorded, 1)
        column.addWidget(self._other, 1)
        row.addLayout(column, 1)
        return page

    def _side(self) -> Card:
        card = Card("What if …", "", "what_if_side")
        card.setFixedWidth(_WIDTH)
        self.losses = Combo("what_if_loss", "The loss that judges", letters=14)
        self.losses.picked.connect(self._presenter.choose_loss)
        card.body.addWidget(self.losses)
        self.options = LossOptions("what_if_option")
        self.options.edited.connect(self._presenter.set_option)
        card.body.addWidget(self.options)
        self.back = Button("As it was trained", "what_if_back", flat=True)
        self.back.setProperty("link", True)
        self.back.clicked.connect(self._presenter.put_back)
        card.body.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)
        self.sentences = label("", "", "what_if_sentences", wrap=True)
        card.body.addWidget(self.sentences)
        card.body.addSpacing(theme.GAP)
        self.label = label("", "quiet", "what_if_label", wrap=True)
        card.body.addWidget(self.label)
        card.body.addStretch(1)
        self.duel = Button("Try by training: a duel", "what_if_duel", icon_name="scales")
        self.duel.clicked.connect(self._presenter.try_as_duel)
        card.body.addWidget(self.duel)
        return card
