"""The microscope: one sample, why it is told so, and what changes do to the answer."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.choices import Choice
from workbench.gui.decoding import Sound
from workbench.gui.plots.insight.answer_bars import AnswerBars
from workbench.gui.plots.insight.heat import HeatPicture, HeatSpectrogram, HeatWords
from workbench.gui.presenters.insight.microscope import (
    METHODS,
    MicroscopePresenter,
    MicroscopeState,
    important_second,
)
from workbench.gui.sound import Player
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.cards import Banner, Card
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.labels import ElidedLabel, label
from workbench.gui.widgets.sound_views import TimeAxis
from workbench.parts import MODALITIES, Modality

_TITLES = {"image": "Picture", "audio": "Sound", "text": "Text"}
_PREDICTED = "predicted"


class MicroscopeView(QWidget):
    """Shows a ``MicroscopeState`` and sends what the person wishes.

    Args:
        presenter: who decides.
        player: what plays; made anew when left out.
        parent: its parent.
    """

    random_wished = Signal()
    """Look at any sample."""

    def __init__(
        self, presenter: MicroscopePresenter, player: Player | None = None,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setObjectName("results_microscope")
        self.setAccessibleName("Microscope")
        self._presenter = presenter
        self.player = player or Player(self)
        self._sound: Sound | None = None
        self._maps: object = None
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 0)
        outer.setSpacing(12)
        self.banner = Banner("microscope_banner")
        outer.addWidget(self.banner)
        columns = QHBoxLayout()
        columns.setSpacing(12)
        columns.addWidget(self._answer_card(), 29)
        columns.addLayout(self._evidence(), 71)
        outer.addLayout(columns, 1)
        presenter.changed.connect(self.show_state)
        self.show_state(presenter.state)

    def showEvent(self, event: QShowEvent) -> None:
        """Only what is seen is asked about."""
        super().showEvent(event)
        self._presenter.see(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Be silent when it is out of sight."""
        super().hideEvent(event)
        self.player.stop()
        self._presenter.see(False)

    @Slot(object)
    def show_sound(self, sound: Sound | None) -> None:
        """Take the sound that can be played; None: there is none."""
        self._sound = sound
        for button in (self.play, self.play_important):
            button.setEnabled(sound is not None)

    def _answer_card(self) -> Card:
        card = Card("What it says", "", "microscope_answer_card")
        self.busy = card.hint
        self.stem = ElidedLabel("", "", "microscope_stem")
        self.truth = ElidedLabel("", "quiet", "microscope_truth")
        self.bars = AnswerBars("microscope_bars")
        self.bars.chosen.connect(self._explain_class)
        for widget in (self.stem, self.truth, self.bars):
            card.body.addWidget(widget)
        card.body.addSpacing(theme.GAP)
        card.body.addLayout(self._choices())
        card.body.addLayout(self._switches())
        self.legend = label("", "quiet", "microscope_legend")
        card.body.addWidget(self.legend)
        card.body.addStretch(1)
        self.trust = label("", "quiet", "microscope_trust", wrap=True)
        card.body.addWidget(self.trust)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.check = Button("Can it be trusted?", "microscope_check", icon_name="shield-check")
        self.check.clicked.connect(lambda: self._presenter.change(checked=True))
        self.any = Button("Another", "microscope_any", icon_name="shuffle",
                          name_for_readers="Look at any sample")  # fmt: skip
        self.any.clicked.connect(self.random_wished)
        row.addWidget(self.check, 1)
        row.addWidget(self.any)
        card.body.addLayout(row)
        return card

    def _choices(self) -> QVBoxLayout:
        box = QVBoxLayout()
        box.setSpacing(theme.GAP)
        self.method = Combo("microscope_method", "How it is explained", letters=14)
        self.method.picked.connect(lambda name: self._presenter.change(method=name))
        self.output = Combo("microscope_class", "What is explained", letters=14)
        self.output.picked.connect(self._explain_class)
        self.rival = Button("Against the next likely", "microscope_rival", chip=True)
        self.rival.setToolTip("Explain the difference to the most probable other class")
        self.rival.clicked.connect(lambda on: self._presenter.change(against_rival=on))
        box.addWidget(self.method)
        box.addWidget(self.output)
        row = QHBoxLayout()
        row.addWidget(self.rival)
        row.addStretch(1)
        box.addLayout(row)
        return box

    def _switches(self) -> QVBoxLayout:
        box = QVBoxLayout()
        box.setSpacing(theme.GAP_SMALL)
        box.addWidget(label("The model knows", "quiet", "microscope_knows"))
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_SMALL)
        self.switches: dict[str, Button] = {}
        for modality in MODALITIES:
            chip = Button(_TITLES[modality], f"microscope_knows_{modality}", chip=True)
            chip.clicked.connect(partial(self._switch, modality))
            self.switches[modality] = chip
            row.addWidget(chip)
        row.addStretch(1)
        box.addLayout(row)
        self.restore = Button(
            "As it was", "microscope_restore", icon_name="arrow-counter-clockwise"
        )
        self.restore.clicked.connect(self._presenter.restore)
        box.addWidget(self.restore)
        return box

    def _evidence(self) -> QVBoxLayout:
        box = QVBoxLayout()
        box.setSpacing(12)
        upper = QHBoxLayout()
        upper.setSpacing(12)
        upper.addWidget(self._picture_card(), 1)
        upper.addWidget(self._sound_card(), 1)
        box.addLayout(upper, 1)
        box.addWidget(self._words_card())
        return box

    def _picture_card(self) -> Card:
        card = self._image_card = Card("Picture", "drag to cover a part", "microscope_image_card")
        self.picture = HeatPicture("microscope_picture", "Picture with its evidence", 160)
        self.picture.dragged.connect(self._mark_picture)
        card.body.addWidget(self.picture, 1)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.cut = Button("Cut out instead", "microscope_cut", chip=True)
        self.cut.setToolTip("Keep only what is marked, enlarged, instead of covering it")
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setObjectName("microscope_opacity")
        self.opacity.setAccessibleName("How strongly the evidence is drawn")
        self.opacity.setToolTip("How strongly the evidence is drawn")
        self.opacity.setRange(0, 100)
        self.opacity.setValue(75)
        self.opacity.valueChanged.connect(self._show_opacity)
        row.addWidget(self.cut)
        row.addWidget(self.opacity, 1)
        card.body.addLayout(row)
        self.image_note = label("", "quiet", "microscope_image_note", wrap=True)
        card.body.addWidget(self.image_note)
        return card

    def _sound_card(self) -> Card:
        card = self._audio_card = Card("Sound", "drag to mute a passage", "microscope_audio_card")
        self.spectrogram = HeatSpectrogram(
            "microscope_spectrogram", "Spectrogram with its evidence", 120
        )
        self.spectrogram.dragged.connect(self._mark_sound)
        self.axis = TimeAxis("microscope_axis", "Time in seconds", 16)
        card.body.addWidget(self.spectrogram, 1)
        card.body.addWidget(self.axis)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        self.play = Button("Play", "microscope_play", icon_name="play")
        self.play.clicked.connect(lambda: self._play(important=False))
        self.play_important = Button(
            "Play the important second", "microscope_play_important", icon_name="ear"
        )
        self.play_important.clicked.connect(lambda: self._play(important=True))
        row.addWidget(self.play)
        row.addWidget(self.play_important)
        row.addStretch(1)
        card.body.addLayout(row)
        self.audio_note = label("", "quiet", "microscope_audio_note", wrap=True)
        card.body.addWidget(self.audio_note)
        return card

    def _words_card(self) -> Card:
        card = self._text_card = Card("Text", "write other ones and see", "microscope_text_card")
        self.words = HeatWords("microscope_words")
        self.text = QLineEdit()
        self.text.setObjectName("microscope_text")
        self.text.setAccessibleName("Other words")
        self.text.setPlaceholderText("Other words…")
        self.text.setClearButtonEnabled(True)
        self.text.textEdited.connect(self._edit_text)
        card.body.addWidget(self.words, 1)
        card.body.addWidget(self.text)
        self.text_note = label("", "quiet", "microscope_text_note", wrap=True)
        card.body.addWidget(self.text_note)
        return card

    @Slot(object)
    def show_state(self, state: MicroscopeState) -> None:
        """Show the state."""
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()
        self.busy.setText("asking…" if state.busy else "")
        self.stem.setText(state.stem or "No sample chosen")
        self.truth.setText(f"Truth: {state.truth}" if state.truth else "")
        self.bars.show_bars(state.bars)
        self.legend.setText(
            "Orange raises the number, blue lowers it."
            if state.numbers
            else "Orange speaks for it, blue against it."
        )
        self.trust.setText(state.trust)
        self._show_question(state)
        cards = {"image": self._image_card, "audio": self._audio_card, "text": self._text_card}
        for modality, card in cards.items():
            card.setVisible(modality in state.modalities)
        self._show_evidence(state)

    def _show_question(self, state: MicroscopeState) -> None:
        ask = state.ask
        for widget in (self.method, self.output, self.rival, self.check, self.restore, self.text):
            widget.setEnabled(ask is not None)
        self.method.show_choices(METHODS, ask.method if ask is not None else "")
        output = state.classes[ask.output] if ask and ask.output is not None else _PREDICTED
        first = () if state.numbers else (Choice(_PREDICTED, "Why what it says"),)
        why = "Why this" if state.numbers else "Why"
        self.output.show_choices(
            (*first, *(Choice(name, f"{why} {name}") for name in state.classes)),
            state.classes[0] if state.numbers and output == _PREDICTED else output,
        )
        self.output.setVisible(len(state.classes) > 1)
        self.rival.setVisible(not state.numbers and len(state.classes) > 2)
        self.rival.setChecked(ask is not None and ask.against_rival)
        self.restore.setVisible(state.changed)
        hidden = ask.hidden if ask is not None else ()
        for modality, chip in self.switches.items():
            chip.setVisible(modality in state.modalities and len(state.modalities) > 1)
            chip.setChecked(modality not in hidden)
        if ask is not None and ask.text is None and not self.text.hasFocus():
            with QSignalBlocker(self.text):
                self.text.clear()

    def _show_evidence(self, state: MicroscopeState) -> None:
        if state.maps is self._maps:
            return
        self._maps = state.maps
        answer, given, maps = state.answer, state.maps.given, state.maps.maps
        problems = answer.problems if answer is not None else {}
        hidden = answer.hidden if answer is not None else ()
        for modality, note in (
            ("image", self.image_note), ("audio", self.audio_note), ("text", self.text_note)
        ):  # fmt: skip
            words = "Switched off." if modality in hidden else problems.get(modality, "")
            note.setText(words)
            note.setVisible(bool(words))
        picture, sound = given.get("image"), given.get("audio")
        if "image" in hidden:
            self.picture.drop_evidence()
        if "audio" in hidden:
            self.spectrogram.drop_evidence()
        if picture is not None:
            self.picture.show_picture(picture, maps.get("image"))
        if sound is not None and sound.ndim == 2:
            self.spectrogram.show_log_mel(sound, maps.get("audio"))
        elif sound is not None:
            self.spectrogram.show_wave(sound, maps.get("audio"))
        self.axis.show_seconds(state.seconds)
        self.words.show_words(answer.words if answer is not None else (), maps.get("text"))

    @Slot(int)
    def _show_opacity(self, value: int) -> None:
        self.picture.show_opacity(value / 100)
        self.spectrogram.show_opacity(value / 100)

    @Slot(str)
    def _explain_class(self, name: str) -> None:
        classes = self._presenter.state.classes
        if name == _PREDICTED:
            self._presenter.change(output=None)
        elif name in classes:
            self._presenter.change(output=classes.index(name))

    def _switch(self, modality: Modality) -> None:
        self._presenter.switch(modality, self.switches[modality].isChecked())

    @Slot(object)
    def _mark_picture(self, box: tuple[float, float, float, float] | None) -> None:
        if box is None:
            self._presenter.change(cut=None, covered=None)
        elif self.cut.isChecked():
            self._presenter.change(cut=box, covered=None)
        else:
            self._presenter.change(covered=box, cut=None)

    @Slot(object)
    def _mark_sound(self, box: tuple[float, float, float, float] | None) -> None:
        span = None if box is None else (box[0], box[0] + box[2])
        self._presenter.change(muted=span)

    @Slot(str)
    def _edit_text(self, text: str) -> None:
        self._presenter.change(text=text or None)

    def _play(self, *, important: bool) -> None:
        sound = self._sound
        if sound is None:
            return
        if self.player.playing:
            self.player.stop()
            return
        begin, end = 0.0, sound.seconds
        heard = self._presenter.state.maps.maps.get("audio")
        if important and heard is not None:
            begin, end = important_second(heard, self._presenter.state.seconds)
        first, last = round(begin * sound.rate), round(end * sound.rate)
        part = np.ascontiguousarray(sound.samples[first:last])
        problem = self.player.play(part if len(part) else sound.samples, sound.rate)
        if problem:
            self.audio_note.setText(problem)
            self.audio_note.show()
