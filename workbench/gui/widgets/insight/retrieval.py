"""The tab of partners: ask with one modality, see which samples of another lie nearest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QItemSelection, QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.gui.presenters.insight.retrieval import (
    NOUNS,
    RetrievalPresenter,
    RetrievalState,
)
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner, Card
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.evaluation_tables import Column, EvaluationTable, Words
from workbench.gui.widgets.labels import label
from workbench.runs.results import PairRow
from workbench.runs.results_words import number_words

_ROW_WIDTHS = (32, 13, 13, 13, 16, 13)
_FOUND_WIDTHS = (14, 62, 24)


class RetrievalView(QWidget):
    """Shows a ``RetrievalState``; samples are shown by whoever owns the two slots.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    asked_shown = Signal(str)
    """Name of the sample that is asked with; "" for none."""

    found_shown = Signal(str)
    """Name of the one that is looked at among those found; "" for none."""

    def __init__(self, presenter: RetrievalPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("results_retrieval")
        self.setAccessibleName("Partners")
        self._presenter = presenter
        self._rows: object = None
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 0)
        outer.setSpacing(12)
        self.banner = Banner("results_retrieval_banner")
        outer.addWidget(self.banner)
        columns = QHBoxLayout()
        columns.setSpacing(12)
        self.asked_slot, self.found_slot = QVBoxLayout(), QVBoxLayout()
        columns.addWidget(self._asked_card(), 30)
        columns.addLayout(self._middle(), 42)
        card = Card("Found", "")
        card.body.addLayout(self.found_slot)
        columns.addWidget(card, 28)
        outer.addLayout(columns, 1)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    def _asked_card(self) -> Card:
        card = Card("Asked with", "")
        row = QHBoxLayout()
        self.direction = Combo("results_retrieval_direction", "Direction", letters=12)
        self.direction.picked.connect(self._presenter.choose_direction)
        self.any = Button("Another", "results_retrieval_any", icon_name="shuffle")
        self.any.clicked.connect(self._presenter.choose_any)
        row.addWidget(self.direction, 1)
        row.addWidget(self.any)
        card.body.addLayout(row)
        self.name = label("", "quiet", "results_retrieval_asked")
        card.body.addWidget(self.name)
        card.body.addLayout(self.asked_slot, 1)
        return card

    def _middle(self) -> QVBoxLayout:
        box = QVBoxLayout()
        box.setSpacing(12)
        card = Card("Both directions", "how often the partner is found")
        self.figures = EvaluationTable("results_retrieval_figures", "Both directions", (1,))
        card.body.addWidget(self.figures)
        box.addWidget(card, 35)
        card = Card("Nearest", "")
        self.words = label("", "quiet", "results_retrieval_words", wrap=True)
        self.found = EvaluationTable("results_retrieval_found", "Nearest samples", (1,))
        self.found.selectionModel().selectionChanged.connect(self._look)
        card.body.addWidget(self.words)
        card.body.addWidget(self.found, 1)
        box.addWidget(card, 65)
        return box

    @Slot(object)
    def show_state(self, state: RetrievalState) -> None:
        """Show the state."""
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()
        if state.rows is not self._rows:
            self._rows = state.rows
            columns = _figure_columns(state.rows)
            self.figures.show_columns(columns, np.arange(len(state.rows)), _ROW_WIDTHS)
        self.direction.show_choices(state.directions, state.direction)
        self.any.setEnabled(state.aligned is not None)
        self.words.setText(state.words)
        self.name.setText(state.stem(state.asked))
        self.asked_shown.emit(state.stem(state.asked))
        with QSignalBlocker(self.found.selectionModel()):
            self.found.show_columns(
                _found_columns(state), np.arange(len(state.found)), _FOUND_WIDTHS
            )
        if state.found:
            self.found.selectRow(0)
        else:
            self.found_shown.emit("")

    def _look(self, selected: QItemSelection) -> None:
        state = self._presenter.state
        if selected.indexes() and state.found:
            entry = self.found.rows.entry(selected.indexes()[0].row())
            self.found_shown.emit(state.stem(state.found[entry]))


def _figure_columns(rows: tuple[PairRow, ...]) -> tuple[Column, ...]:
    names = np.array([f"{NOUNS[row.asked]} → {NOUNS[row.found]}" for row in rows], dtype=object)
    found: list[Column] = [("Direction", names, lambda n: str(names[n]), False)]
    for title, field in (
        ("First", "recall_at_1"),
        ("In 5", "recall_at_5"),
        ("In 10", "recall_at_10"),
    ):
        shares = np.array([getattr(row, field) for row in rows])
        found.append((title, shares, _in_per_cent(shares), True))
    place = np.array([row.median_rank for row in rows])
    gap = np.array([row.gap for row in rows])
    found.append(("Middle", place, lambda n: number_words(float(place[n])), True))
    found.append(("Gap", gap, lambda n: f"{gap[n]:.2f}", True))
    return tuple(found)


def _in_per_cent(shares: NDArray[np.float64]) -> Words:
    return lambda n: f"{shares[n]:.0%}"


def _found_columns(state: RetrievalState) -> tuple[Column, ...]:
    near = np.array(state.near)
    stems = np.array([state.stem(row) for row in state.found], dtype=object)
    own = [row == state.asked for row in state.found]
    places = np.arange(1, len(own) + 1)
    return (
        ("Place", places, lambda n: f"{places[n]}{' ✓' if own[n] else ''}", True),
        ("Sample", stems, lambda n: str(stems[n]), False),
        ("Likeness", near, lambda n: f"{near[n]:.3f}", True),
    )
