"""A duel that is looked at: the verdict, the race, every seed as a dot, the figures."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from workbench.duels import words
from workbench.duels.judging import Standing
from workbench.duels.spec import DuelSpec
from workbench.gui.plots.compare.race import RacePlot
from workbench.gui.plots.compare.seed_dots import SeedDots
from workbench.gui.presenters.compare.duel import DuelPresenter, DuelState, Shown
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Card
from workbench.gui.widgets.evaluation_tables import Column, EvaluationTable
from workbench.gui.widgets.labels import label, set_role
from workbench.gui.widgets.rows_model import ROW_HEIGHT
from workbench.runs.curves import in_words
from workbench.runs.results_words import caption, number_words

_WIDTHS = (24, 14, 12, 12, 24, 14)
_MOST_ROWS = 6
_PLOT = 240
# Pixels of a plot at least; in a low window the page scrolls.


class DuelShownView(QWidget):
    """Shows the duel of a ``DuelState``.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    def __init__(self, presenter: DuelPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("duel_shown")
        self.setAccessibleName("A duel")
        self._presenter = presenter
        self._table_of: object = None
        inside = QWidget()
        set_role(inside, "ground")
        outer = QVBoxLayout(inside)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(12)
        outer.addWidget(self._verdict())
        plots = QHBoxLayout()
        plots.setSpacing(12)
        race = Card("The race", "validation, mean and spread over the seeds", "duel_race_card")
        self.race = RacePlot("duel_race")
        race.body.addWidget(self.race, 1)
        plots.addWidget(race, 1)
        dots = Card("Every seed", "test; a click opens the run", "duel_dots_card")
        self.dots = SeedDots("duel_dots")
        self.dots.chosen.connect(presenter.open_run)
        dots.body.addWidget(self.dots, 1)
        plots.addWidget(dots, 1)
        for plot in (self.race, self.dots):
            plot.setMinimumHeight(_PLOT)
            # It takes the room that there is and asks for none: else the page would always scroll.
            plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        outer.addLayout(plots, 1)
        outer.addWidget(self._figures())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        area = QScrollArea()
        area.setObjectName("duel_page")
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        whole.addWidget(area)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    @Slot(object)
    def show_state(self, state: DuelState) -> None:
        """Show the state."""
        shown = state.shown
        if shown is None:
            self.headline.setText("Reading the duel…")
            for line in (self.sentences, self.traps):
                line.hide()
            return
        self.headline.setText(shown.verdict.headline)
        decided = shown.judgement.over and any(
            pair.call != "undecided" for pair in shown.judgement.pairs
        )
        set_role(self.headline, "figure" if shown.judgement.over else "card-title")
        self.card.hint.setText(f"{shown.spec.name} · {shown.progress}")
        self.sentences.setVisible(bool(shown.verdict.sentences))
        self.sentences.setText("\n".join(shown.verdict.sentences))
        self.traps.setVisible(bool(shown.verdict.traps))
        self.traps.setText("\n".join(f"Beware: {each}" for each in shown.verdict.traps))
        self.setAccessibleDescription(shown.verdict.headline if decided else "Not decided")
        self._show_buttons(shown)
        self.race.show_race(shown.race)
        self.dots.show_judgement(shown.judgement, shown.spec.metric)
        if shown.judgement != self._table_of:
            self._table_of = shown.judgement
            self._show_table(shown)

    def _show_buttons(self, shown: Shown) -> None:
        self.halt.setVisible(shown.started)
        lost = any(each.lost for each in shown.judgement.standings)
        self.go_on.setVisible(not shown.started and (not shown.judgement.over or lost))
        self.again.setVisible(not shown.started)

    def _show_table(self, shown: Shown) -> None:
        standings = shown.judgement.standings
        columns = _columns(shown.spec, standings)
        order = np.arange(len(standings))
        self.table.show_columns(columns, order, _WIDTHS)
        head = self.table.horizontalHeader().sizeHint().height()
        rows = min(len(standings), _MOST_ROWS)
        self.table.setFixedHeight(head + rows * ROW_HEIGHT + 6)

    def _verdict(self) -> Card:
        self.card = card = Card("Verdict", " ", "duel_verdict_card")
        self.halt = Button("Halt", "duel_halt", icon_name="pause")
        self.halt.setToolTip("Begin no further run; what is under way goes on to its end")
        self.halt.clicked.connect(self._presenter.halt)
        self.go_on = Button("Go on", "duel_go_on", icon_name="play")
        self.go_on.clicked.connect(self._presenter.go_on)
        self.again = Button("Change and repeat", "duel_again", icon_name="copy")
        self.again.setToolTip("Fill the form with this duel")
        self.again.clicked.connect(self._presenter.use_recipe_again)
        for button in (self.halt, self.go_on, self.again):
            card.head.addWidget(button)
        self.headline = label("", "figure", "duel_headline", wrap=True)
        self.sentences = label("", "", "duel_sentences", wrap=True)
        self.traps = label("", "quiet", "duel_traps", wrap=True)
        for line in (self.headline, self.sentences, self.traps):
            line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            card.body.addWidget(line)
        return card

    def _figures(self) -> Card:
        card = Card("Figures", "", "duel_figures_card", dense=True)
        self.table = EvaluationTable("duel_table", "Contestants of the duel", _WIDTHS)
        card.body.addWidget(self.table)
        return card


def _columns(spec: DuelSpec, standings: tuple[Standing, ...]) -> tuple[Column, ...]:
    """The figures of each contestant."""

    def column(title: str, keys: list[float], told: list[str], *, number: bool = True) -> Column:
        return title, np.array(keys), told.__getitem__, number

    places = [float(place) for place in range(len(standings))]
    means = [each.mean for each in standings]
    spreads = [each.spread for each in standings]
    seconds = [each.seconds for each in standings]
    return (
        column("Contestant", places, [each.name for each in standings], number=False),
        column(caption(spec.metric), means, [_figure(spec, each) for each in means]),
        column("Spread", spreads, [_spread(spec, each) for each in spreads]),
        column("Repeats", [len(each.values) for each in standings],
               [_repeats(spec, each) for each in standings]),
        column("Learning rate", [each.rate or math.nan for each in standings],
               [_rates(spec, each) for each in standings], number=False),
        column("A run", seconds, [_time(each) for each in seconds]),
    )  # fmt: skip


def _figure(spec: DuelSpec, value: float) -> str:
    return "" if math.isnan(value) else words.figure_words(spec, value)


def _spread(spec: DuelSpec, value: float) -> str:
    return "" if math.isnan(value) else f"± {words.gain_words(spec, value)}"


def _repeats(spec: DuelSpec, standing: Standing) -> str:
    lost = f", {len(standing.lost)} lost" if standing.lost else ""
    return f"{len(standing.values)} of {spec.repeats}{lost}"


def _time(seconds: float) -> str:
    if math.isnan(seconds):
        return ""
    return in_words(seconds) if seconds >= 10 else f"{number_words(seconds, 2)} s"


def _rates(spec: DuelSpec, standing: Standing) -> str:
    """The learning rate, and how each that was tried did."""
    if standing.rate is None or len(standing.rates) < 2:
        return words.rate_words(spec, standing)
    tried = ", ".join(
        f"×{rate:.2g}: {'lost' if math.isnan(value) else number_words(value, 3)}"
        for rate, value in standing.rates.items()
    )
    contestant = spec.contestant(standing.name)
    value = spec.spec_of(contestant, rate=standing.rate).training.learning_rate
    return f"{value:.3g} ({tried})"
