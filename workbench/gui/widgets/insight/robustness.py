"""The tab of robustness: a dial of noise, what it does to a split, and to one sample."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSlider, QStackedLayout, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.plots.insight.answer_bars import AnswerBars
from workbench.gui.plots.insight.noisy import NoisyPane, NoisyWords
from workbench.gui.plots.insight.robustness import RobustnessPlot
from workbench.gui.presenters.insight.robustness import RobustnessPresenter, RobustnessState
from workbench.gui.presenters.insight.robustness_words import STANDS
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner, Card, EmptyState
from workbench.gui.widgets.labels import MODALITY_ICONS, ElidedLabel, label
from workbench.gui.widgets.sound_views import TimeAxis
from workbench.gui.widgets.study import StudyBar
from workbench.parts import MODALITIES

TITLES = {"image": "Picture", "audio": "Sound", "text": "Text"}


class RobustnessView(QWidget):
    """Shows a ``RobustnessState`` and sends what the person wishes.

    Args:
        presenter: who decides.
        parent: its parent.
    """

    random_wished = Signal()
    """Look at any sample."""

    def __init__(self, presenter: RobustnessPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("results_robustness")
        self.setAccessibleName("Robustness")
        self._presenter = presenter
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 0)
        outer.setSpacing(12)
        self.banner = Banner("robustness_banner")
        outer.addWidget(self.banner)
        outer.addWidget(self._dial_card())
        columns = QHBoxLayout()
        columns.setSpacing(12)
        columns.addWidget(self._curves_card(), 62)
        columns.addWidget(self._sample_card(), 38)
        outer.addLayout(columns, 1)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    def showEvent(self, event: QShowEvent) -> None:
        """Only what is seen is read and asked about."""
        super().showEvent(event)
        self._presenter.see(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """It is no longer seen."""
        super().hideEvent(event)
        self._presenter.see(False)

    def _dial_card(self) -> Card:
        card = Card(name="robustness_dial_card")
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_LARGE)
        chips = QHBoxLayout()
        chips.setSpacing(theme.GAP_SMALL)
        chips.addWidget(label("Noise on", "quiet"))
        self.chips: dict[str, Button] = {}
        for modality in MODALITIES:
            chip = Button(TITLES[modality], f"robustness_{modality}", chip=True,
                          icon_name=MODALITY_ICONS[modality])  # fmt: skip
            chip.clicked.connect(partial(self._choose, modality))
            self.chips[modality] = chip
            chips.addWidget(chip)
        row.addLayout(chips)
        row.addLayout(self._slider(), 1)
        self.strength = label("", "figure", "robustness_strength")
        self.strength.setFixedWidth(86)
        self.strength.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.strength)
        card.body.addLayout(row)
        return card

    def _slider(self) -> QVBoxLayout:
        box = QVBoxLayout()
        box.setSpacing(0)
        self.dial = QSlider(Qt.Orientation.Horizontal)
        self.dial.setObjectName("robustness_dial")
        self.dial.setAccessibleName("How much noise")
        self.dial.setToolTip("From none to nothing but noise")
        self.dial.setRange(0, 100)
        self.dial.setPageStep(10)
        self.dial.setMinimumHeight(32)
        self.dial.valueChanged.connect(lambda value: self._presenter.turn(value / 100))
        box.addWidget(self.dial)
        ends = QHBoxLayout()
        ends.addWidget(label("none", "quiet"))
        self.effect = label("", "strong", "robustness_effect")
        self.effect.setAlignment(Qt.AlignmentFlag.AlignCenter)
        ends.addWidget(self.effect, 1)
        ends.addWidget(label("nothing but noise", "quiet"))
        box.addLayout(ends)
        return box

    def _curves_card(self) -> Card:
        card = Card(name="robustness_curves_card")
        page = QWidget()
        self._pages = QStackedLayout(page)
        self._pages.setContentsMargins(0, 0, 0, 0)
        self._pages.addWidget(self._before())
        self._pages.addWidget(self._after())
        card.body.addWidget(page)
        return card

    def _before(self) -> QWidget:
        page = EmptyState(
            "shield-check", "How much noise can it take?",
            "Noise is put on one modality of up to 500 samples, from none to nothing else, and "
            "the model is asked again each time. The dial above works on one sample at once.",
            name="robustness_empty",
        )  # fmt: skip
        self.bar = StudyBar("robustness_measure", "Measure", self._presenter.study)
        self.bar.wished.connect(self._presenter.measure)
        page.hold(self.bar)
        return page

    def _after(self) -> QWidget:
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        self.title = label("", "card-title", "robustness_title")
        self.sentence = label("", "quiet", "robustness_sentence", wrap=True)
        self.sentence.setToolTip(STANDS)
        self.plot = RobustnessPlot("robustness_plot")
        self.plot.moved.connect(self._presenter.turn)
        self.level = label("", "", "robustness_level", wrap=True)
        self.note = label("", "quiet", "robustness_note", wrap=True)
        for widget in (self.title, self.sentence):
            box.addWidget(widget)
        box.addWidget(self.plot, 1)
        for widget in (self.level, self.note):
            box.addWidget(widget)
        return page

    def _sample_card(self) -> Card:
        card = Card("What the model gets", "", "robustness_sample_card")
        self.stem = ElidedLabel("", "", "robustness_stem")
        self.truth = ElidedLabel("", "quiet", "robustness_truth")
        card.body.addWidget(self.stem)
        card.body.addWidget(self.truth)
        page = QWidget()
        self._given = QStackedLayout(page)
        self._given.setContentsMargins(0, 0, 0, 0)
        seen = QWidget()
        column = QVBoxLayout(seen)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        self.pane = NoisyPane("robustness_pane")
        self.axis = TimeAxis("robustness_axis", "Time in seconds", 16)
        column.addWidget(self.pane, 1)
        column.addWidget(self.axis)
        self.words = NoisyWords("robustness_words")
        self.nothing = label("", "quiet", "robustness_nothing", wrap=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for widget in (seen, self.words, self.nothing):
            self._given.addWidget(widget)
        card.body.addWidget(page, 1)
        self.bars = AnswerBars("robustness_bars")
        card.body.addWidget(self.bars)
        card.body.addLayout(self._buttons())
        return card

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.again = Button("Other noise", "robustness_again", icon_name="arrows-clockwise")
        self.again.setToolTip("Draw the noise anew, as strong as now")
        self.again.clicked.connect(self._presenter.draw_again)
        self.any = Button("Another sample", "robustness_any", icon_name="shuffle")
        self.any.clicked.connect(self.random_wished)
        row.addWidget(self.again)
        row.addWidget(self.any)
        row.addStretch(1)
        return row

    @Slot(object)
    def show_state(self, state: RobustnessState) -> None:
        """Show the state."""
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()
        for modality, chip in self.chips.items():
            chip.setVisible(modality in state.modalities)
            chip.setChecked(modality == state.modality)
        with QSignalBlocker(self.dial):
            self.dial.setValue(round(100 * state.strength))
        self.dial.setEnabled(state.phase != "empty")
        self.strength.setText(f"{state.strength:.0%}")
        self.effect.setText(state.dial)
        self._pages.setCurrentIndex(1 if state.phase == "shown" else 0)
        self.bar.setEnabled(state.phase != "empty")
        if state.found is not None:
            self.title.setText(state.title)
            self.sentence.setText(state.sentence)
            self.level.setText(state.level)
            self.note.setText(state.note)
            self.plot.show_curves(state.found, state.modality, TITLES)
            self.plot.show_strength(state.strength)
        self._show_sample(state)

    def _show_sample(self, state: RobustnessState) -> None:
        self.stem.setText(state.stem or "No sample chosen")
        self.truth.setText(f"Truth: {state.truth}" if state.truth else "")
        self.again.setEnabled(bool(state.stem) and state.strength > 0)
        self.bars.show_bars(state.bars)
        vector = state.given == "text" and not state.tokens
        if state.values is None or vector:
            words = "Choose a sample in the overview, or take another one here."
            if state.trouble:
                words = state.trouble
            elif state.stem and state.values is None:
                words = "Asking the model…"
            elif state.stem:
                words = "The model gets the text as a vector, which has no look of its own."
            self.nothing.setText(words)
            self._given.setCurrentIndex(2)
        elif state.given == "text":
            self.words.show_words(state.tokens, state.struck)
            self._given.setCurrentIndex(1)
        else:
            self.pane.show_values(state.values)
            self.axis.setVisible(state.given == "audio")
            self.axis.show_seconds(state.seconds)
            self._given.setCurrentIndex(0)

    def _choose(self, modality: str) -> None:
        self._presenter.choose_modality(modality)
        # A chip that is chosen stays so when it is clicked again.
        self.chips[modality].setChecked(True)
