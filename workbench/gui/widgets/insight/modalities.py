"""The tab of modalities: which one carried the model, for which classes and which samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QItemSelection, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.gui.plots.insight.shares import Bar, ClassHeat, ShareBars
from workbench.gui.presenters.insight.modalities import (
    ModalitiesPresenter,
    ModalitiesState,
    relied,
    share_words,
    value_words,
    verdict,
)
from workbench.gui.widgets.cards import Banner, Card, EmptyState
from workbench.gui.widgets.evaluation_tables import Column, EvaluationTable, Words
from workbench.gui.widgets.labels import label, set_role
from workbench.gui.widgets.study import StudyBar
from workbench.runs.contribution import Contribution, Rows

TITLES = {"image": "Picture", "audio": "Sound", "text": "Text"}
_HOW = {
    "trained": "as in training, where samples lacked it",
    "others": "by that of other samples, averaged",
}
_WIDTHS = (22, 18, 20, 20, 20)
_SET_WIDTHS = (70, 30)
_SAMPLE_WIDTHS = (40, 20, 20, 20)


class ModalitiesView(QWidget):
    """Shows a ``ModalitiesState``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    sample_chosen = Signal(str)
    """Name of the sample that the person looks at."""

    def __init__(self, presenter: ModalitiesPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("results_modalities")
        self.setAccessibleName("Modalities")
        self._presenter = presenter
        self._shown: object = None
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 0)
        outer.setSpacing(12)
        self.banner = Banner("results_modalities_banner")
        outer.addWidget(self.banner)
        self._pages = QStackedLayout()
        self._pages.addWidget(self._before())
        self._pages.addWidget(self._after())
        outer.addLayout(self._pages, 1)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    def _before(self) -> QWidget:
        card = Card(name="results_modalities_before")
        page = EmptyState(
            "puzzle-piece", "Which modality carried it?",
            "Each modality is taken away, alone and together with others, and the model is asked "
            "again. What each adds on average over all orders is its Shapley value: together they "
            "are exactly what the model gains over knowing nothing.",
            name="results_modalities_empty",
        )  # fmt: skip
        self.bar = StudyBar("results_contribute", "Find out", self._presenter.study)
        self.bar.wished.connect(self._presenter.ask)
        page.hold(self.bar)
        card.body.addWidget(page)
        return card

    def _after(self) -> QWidget:
        page = QWidget()
        columns = QHBoxLayout(page)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(12)
        left = QVBoxLayout()
        left.setSpacing(12)
        left.addWidget(self._shares_card())
        left.addWidget(self._table_card(), 1)
        columns.addLayout(left, 56)
        right = QVBoxLayout()
        right.setSpacing(12)
        right.addWidget(self._class_card(), 1)
        right.addWidget(self._samples_card(), 1)
        columns.addLayout(right, 44)
        return page

    def _shares_card(self) -> Card:
        card = Card("", "", "results_shares_card")
        self.title = label("", "card-title", "results_modalities_title")
        self.sentence = label("", "quiet", "results_modalities_sentence", wrap=True)
        self.bars = ShareBars("results_shares")
        self.bars.chosen.connect(self._presenter.choose)
        for widget in (self.title, self.sentence, self.bars):
            card.body.addWidget(widget)
        return card

    def _table_card(self) -> Card:
        card = Card("Asked in other ways", "", "results_modalities_card")
        self._hint = card.hint
        self.table = EvaluationTable("results_modalities_table", "Modalities", (1,))
        self.table.setFixedHeight(130)
        card.body.addWidget(self.table)
        self.sets = EvaluationTable("results_coalitions", "Every combination of modalities", (1,))
        card.body.addWidget(self.sets, 1)
        self.note = label("", "quiet", "results_modalities_note", wrap=True)
        card.body.addWidget(self.note)
        return card

    def _class_card(self) -> Card:
        card = self._classes = Card("For each class", "log-probability of the truth, in nats")
        self.heat = ClassHeat("results_class_heat")
        area = QScrollArea()
        area.setObjectName("results_class_heat_area")
        area.setAccessibleName("Classes")
        set_role(area, "panel")
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        set_role(self.heat, "panel")
        area.setWidget(self.heat)
        card.body.addWidget(area)
        return card

    def _samples_card(self) -> Card:
        card = Card("Relied on it most", "", "results_relied_card")
        self._relied = card.title
        self.samples = EvaluationTable("results_relied", "Samples that relied on it most", (1,))
        self.samples.selectionModel().selectionChanged.connect(self._look)
        card.body.addWidget(self.samples)
        return card

    @Slot(object)
    def show_state(self, state: ModalitiesState) -> None:
        """Show the state."""
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()
        self._pages.setCurrentIndex(1 if state.phase == "shown" else 0)
        self.bar.setEnabled(state.phase != "empty")
        if state.found is None or state.rows is None:
            self._shown = None
            return
        if state.found is not self._shown:
            self._shown = state.found
            self._show_found(state.found)
        self._show_bars(state.found, state.chosen)
        self._relied.setText(f"Relied on the {TITLES[state.chosen].lower()} most")
        with QSignalBlocker(self.samples.selectionModel()):
            self.samples.show_columns(_sample_columns(state.rows), relied(state), _SAMPLE_WIDTHS)

    def _show_found(self, found: Contribution) -> None:
        title, sentence = verdict(found)
        self.title.setText(title)
        self.sentence.setText(sentence)
        whole = value_words(found, found.whole, signed=False)
        nothing = value_words(found, found.nothing, signed=False)
        what = "right" if found.score == "accuracy" else "mean error"
        self._hint.setText(f"{what}: {whole} with all, {nothing} with none")
        self.table.show_columns(_columns(found), np.arange(len(found.modalities)), _WIDTHS)
        self.sets.show_columns(_set_columns(found), np.arange(len(found.coalitions)), _SET_WIDTHS)
        ways = {_HOW[row.removal] for row in found.modalities}
        self.note.setText(
            f"{found.samples:,} {found.split} samples. Modalities are taken away "
            f"{' or '.join(sorted(ways))}; exchanged: {found.permutations} times with that of "
            "another sample, ± standard deviation."
        )
        self._classes.setVisible(bool(found.classes))
        names = tuple(row.name for row in found.modalities)
        self.heat.show_values(
            tuple(of.name for of in found.classes), names, tuple(TITLES[n] for n in names),
            tuple(tuple(of.shapley[n] for n in names) for of in found.classes),
        )  # fmt: skip

    def _show_bars(self, found: Contribution, chosen: str) -> None:
        unit = " points" if found.score == "accuracy" else ""
        bars = []
        for row in found.modalities:
            words = f"{value_words(found, row.shapley)}{unit}"
            if found.gain > 0:
                words += f" · {share_words(found, row.shapley)}"
            bars.append(Bar(row.name, TITLES[row.name], row.shapley, *row.between, words))
        self.bars.show_bars(tuple(bars), chosen)

    def _look(self, selected: QItemSelection) -> None:
        rows = self._presenter.state.rows
        if selected.indexes() and rows is not None:
            entry = self.samples.rows.entry(selected.indexes()[0].row())
            self.sample_chosen.emit(str(rows.stem[entry]))


def _columns(found: Contribution) -> tuple[Column, ...]:
    rows = found.modalities
    names = np.array([TITLES[row.name] for row in rows], dtype=object)

    def of(title: str, values: list[float], words: list[str]) -> Column:
        return (title, np.array(values), lambda n: words[n], True)

    def plain(value: float) -> str:
        return value_words(found, value, signed=False)

    exchanged = [
        f"{plain(row.permuted)} ± {value_words(found, row.permuted_spread).lstrip('+')}"
        for row in rows
    ]
    return (
        ("Modality", names, lambda n: str(names[n]), False),
        of("Alone", [row.alone for row in rows], [plain(row.alone) for row in rows]),
        of("Without it", [row.without for row in rows], [plain(row.without) for row in rows]),
        of("Lost by that", [found.whole - row.without for row in rows],
           [value_words(found, found.whole - row.without) for row in rows]),
        of("Exchanged", [row.permuted for row in rows], exchanged),
    )  # fmt: skip


def _set_columns(found: Contribution) -> tuple[Column, ...]:
    ranked = sorted(found.coalitions.items(), key=lambda item: -item[1])
    names = np.array([_set_words(kept) for kept, _ in ranked], dtype=object)
    values = np.array([value for _, value in ranked])
    return (
        ("What the model knows", names, lambda n: str(names[n]), False),
        ("Right" if found.score == "accuracy" else "Mean error", values,
         lambda n: value_words(found, float(values[n]), signed=False), True),
    )  # fmt: skip


def _set_words(kept: str) -> str:
    words = " + ".join(TITLES[name] for name in kept.split("+")) if kept else "nothing"
    return words.lower().capitalize()


def _sample_columns(rows: Rows) -> tuple[Column, ...]:
    found: list[Column] = [("Sample", rows.stem, lambda n: str(rows.stem[n]), False)]
    for place, name in enumerate(rows.modalities):
        values = rows.values[:, place]
        found.append((TITLES[name], values, _words(values), True))
    return tuple(found)


def _words(values: NDArray[np.float64]) -> Words:
    return lambda n: f"{values[n]:+.2f}"
