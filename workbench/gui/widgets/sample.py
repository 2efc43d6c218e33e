"""One sample with all its modalities: picture, sound and text; as it is, or as a model sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QImage
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.data.index import Index
from workbench.errors import UserError
from workbench.gui import theme
from workbench.gui.background import Latest
from workbench.gui.decoding import LONGEST_SOUND, READERS, SIDE, Decoders, Sample, decode
from workbench.gui.model_eyes import ModelEyes, Seen
from workbench.gui.pixels import image_of
from workbench.gui.sound import Player
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import ElidedLabel, label
from workbench.gui.widgets.picture import Picture
from workbench.gui.widgets.sample_section import Section
from workbench.gui.widgets.sound_player import SoundView
from workbench.gui.widgets.tokens import TokensView
from workbench.parts import MODALITIES, Modality
from workbench.spec import Augmentation, DataSpec

# The picture takes nearly all of the height that is left over, up to its largest.
_STRETCH: dict[Modality, int] = {"image": 100, "audio": 0, "text": 0}

_HIGHEST = 440
_TEXT_LOWEST, _TEXT_HIGHEST = 44, 84
_TOKENS_HIGHEST = 112


def open_with_desktop(path: Path) -> None:
    """Open a file with the program that the desktop has for it."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


@dataclass(frozen=True)
class _Decoded:
    """A sample, and its picture ready to be painted."""

    sample: Sample
    image: QImage | None


def _decoded(index: Index, row: int, decoders: Decoders, target: str) -> _Decoded:
    sample = decode(index, row, decoders, target)
    return _Decoded(sample, image_of(sample.picture) if sample.picture is not None else None)


class SampleView(QWidget):
    """Shows one sample; files are decoded in a worker thread, late ones are dropped.

    Args:
        prefix: of the object names: ``<prefix>_title``, ``<prefix>_target``, ``<prefix>_others``,
            ``<prefix>_picture``, ``<prefix>_zoom``, ``<prefix>_text``, ``<prefix>_tokens``,
            ``<prefix>_open_<modality>``, ``<prefix>_as_model``, ``<prefix>_variation``, and those
            of ``SoundView``.
        decoders: what reads files.
        open_file: what the button *Open* does with a file.
        player: what plays sounds; made anew when left out.
        parent: its parent.
    """

    def __init__(
        self,
        prefix: str = "sample",
        decoders: Decoders = READERS,
        open_file: Callable[[Path], None] = open_with_desktop,
        player: Player | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(prefix)
        self.setAccessibleName("Sample")
        self.target_name = ""
        """Which target is told; "": the first."""
        self._prefix, self._decoders, self._open_file = prefix, decoders, open_file
        self._place: tuple[Index, int] | None = None
        self._inputs: tuple[DataSpec, Augmentation] | None = None
        self._variation = 0
        self._decoded: _Decoded | None = None
        self._seen: Seen | None = None
        self._shown: tuple[object, object] = (None, None)
        self._eyes = ModelEyes()
        self._learns: tuple[Index, DataSpec] | None = None
        self._latest, self._looks, self._lessons = Latest(self), Latest(self), Latest(self)
        self._latest.answered.connect(self._have_decoded)
        self._looks.answered.connect(self._have_seen)
        self._lessons.answered.connect(self._have_learned)
        for asked in (self._latest, self._looks, self._lessons):
            asked.failed.connect(self._fail)
        self._stack = QStackedLayout(self)
        nothing = label("Choose a sample in the table.", "quiet", f"{prefix}_empty")
        nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack.addWidget(nothing)
        self._full = QWidget()
        self._stack.addWidget(self._full)
        self._fill(player)

    def show_sample(self, index: Index, row: int) -> None:
        """Decode and show one sample.

        Args:
            index: the data.
            row: which sample.
        """
        # The name stands there at once; the rest follows when it is decoded.
        self.title.setText(str(index.stems[row]))
        self.sound.player.stop()
        self._place = (index, row)
        self._decoded = self._seen = None
        self._latest.ask(partial(_decoded, index, row, self._decoders, self.target_name))
        self._look()

    def show_inputs(self, data: DataSpec, augmentation: Augmentation) -> None:
        """Know the recipe, so that samples can be shown as the model sees them.

        Args:
            data: how files are read.
            augmentation: how training samples are varied.
        """
        if (data, augmentation) != self._inputs:
            self._inputs = (data, augmentation)
            self.as_model.setVisible(True)
            self._look()

    def show_stem(self, index: Index, stem: str) -> None:
        """Decode and show the sample of that name; nothing when the data have none.

        Args:
            index: the data.
            stem: name of a sample.
        """
        rows = np.flatnonzero(index.stems == stem)
        if len(rows):
            self.show_sample(index, int(rows[0]))
        else:
            self.clear()

    def clear(self) -> None:
        """Show that nothing is chosen."""
        self._latest.forget()
        self._looks.forget()
        self._place = self._decoded = self._seen = None
        self.sound.player.stop()
        self._stack.setCurrentIndex(0)

    def _look(self) -> None:
        """Ask for what the model sees of the sample; of the text its tokens are shown always."""
        if self._place is None or self._inputs is None:
            return
        (index, row), (data, augmentation) = self._place, self._inputs
        whole = self.as_model.isChecked()
        if "text" in index.modalities and not self._eyes.knows(index, data):
            self._learn(index, data)
        wanted: tuple[Modality, ...] = MODALITIES if whole else ("text",)
        see = partial(self._eyes.see, index, row, data, augmentation)
        self._looks.ask(partial(see, self._variation if whole else 0, wanted))

    def _learn(self, index: Index, data: DataSpec) -> None:
        """Ask for the tokeniser, once."""
        if self._learns is None or self._learns[0] is not index or self._learns[1] != data:
            self._learns = (index, data)
            self._lessons.ask(partial(self._eyes.learn, index, data))

    @Slot(object)
    def _have_learned(self, nothing: object) -> None:
        self._learns = None
        self._look()

    @Slot(object)
    def _have_decoded(self, answer: object) -> None:
        self._decoded = cast("_Decoded", answer)
        self._show()

    @Slot(object)
    def _have_seen(self, answer: object) -> None:
        self._seen = cast("Seen", answer)
        self._show()

    @Slot()
    def _switch(self) -> None:
        self._variation = 0
        self._look()
        self._show()

    @Slot()
    def _vary(self) -> None:
        self._variation += 1
        self._look()

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._stack.setCurrentIndex(1)
        self._problem.setText(f"{error.problem} {error.remedy}".strip())
        self._problem.show()

    def _open(self, modality: Modality) -> None:
        if self._decoded is not None and modality in self._decoded.sample.files:
            self._open_file(self._decoded.sample.files[modality])

    @Slot()
    def _zoom(self) -> None:
        if self.picture.closer == 1.0:
            self.picture.actual()
        else:
            self.picture.fit()

    @Slot()
    def _tell_zoom(self) -> None:
        fitted = self.picture.closer == 1.0
        self.zoom.setText("100 %" if fitted else "Fit")
        self.zoom.setAccessibleName("Show the picture at 100 %" if fitted else "Fit the picture")

    def _show(self) -> None:
        """Show what has arrived; what the model sees takes the place of what a person sees."""
        decoded, seen = self._decoded, self._seen
        as_model = self.as_model.isChecked() and self._inputs is not None
        if decoded is None or (as_model and seen is None):
            return
        sample = decoded.sample
        self._stack.setCurrentIndex(1)
        self._problem.hide()
        self.title.setText(sample.stem)
        self.target.setText(sample.target or "No target")
        self.others.setText(sample.others)
        self.others.setVisible(bool(sample.others))
        varies = self._inputs is not None and self._inputs[1] != Augmentation()
        self.variation.setVisible(as_model and varies)
        looked = seen if as_model else None
        if decoded is not self._shown[0] or looked is not self._shown[1]:
            # A zoomed picture, or a sound that plays, stays as it is when only tokens arrive.
            self._shown = (decoded, looked)
            self._show_picture(decoded, looked)
            self._show_sound(sample, looked)
        self._show_text(sample, seen, as_model)
        for modality in MODALITIES:
            self._caption(modality, sample, looked)

    def _show_picture(self, decoded: _Decoded, seen: Seen | None) -> None:
        if seen is not None and seen.picture is not None:
            self.picture.show_pixels(seen.picture)
        elif decoded.image is not None:
            self.picture.show_image(decoded.image)

    def _show_sound(self, sample: Sample, seen: Seen | None) -> None:
        if sample.sound is not None:
            self.sound.show_sound(sample.sound)
            if seen is not None and seen.log_mel is not None:
                self.sound.show_model(seen.log_mel, seen.seconds)

    def _show_text(self, sample: Sample, seen: Seen | None, as_model: bool) -> None:
        if sample.text is not None and self.text.toPlainText() != sample.text:
            self.text.setPlainText(sample.text)
        tokens = seen.tokens if seen is not None else None
        self.text.setVisible(not as_model or tokens is None)
        self.tokens.setVisible(tokens is not None)
        self.tokens.show_tokens(tokens or (), numbers=as_model)

    def _caption(self, modality: Modality, sample: Sample, seen: Seen | None) -> None:
        section = self._sections[modality]
        has = {"image": sample.picture, "audio": sample.sound, "text": sample.text}[modality]
        shown, words = has is not None, f"{modality.title()}{self._about(modality, sample)}"
        problem = sample.problems.get(modality, "")
        if seen is not None:
            problem = seen.problems.get(modality, problem)
            varied = f" · variation {self._variation}" if self._variation else ""
            if modality in seen.words:
                words = f"{modality.title()} · {seen.words[modality]}{varied}"
        file = str(sample.files.get(modality, ""))
        section.show_content(shown, words, problem, file)
        box = cast("QVBoxLayout", self._full.layout())
        box.setStretchFactor(section, section.stretch if shown else 0)

    def _about(self, modality: Modality, sample: Sample) -> str:
        """What is said of a modality besides its name."""
        if modality == "image" and sample.picture is not None:
            height, width = sample.picture.shape[:2]
            reduced = "reduced to " if max(height, width) >= SIDE else ""
            return f" · {reduced}{width:,} × {height:,} pixels"
        if modality == "audio" and sample.sound is not None and sample.sound.cut:
            return f" · its first {LONGEST_SOUND:.0f} s"
        if modality == "text" and self._seen is not None:
            words = self._seen.words.get("text", self._seen.problems.get("text", ""))
            return f" · {words}" if words else ""
        return ""

    def _fill(self, player: Player | None) -> None:
        prefix = self._prefix
        box = QVBoxLayout(self._full)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        names = QVBoxLayout()
        names.setSpacing(2)
        self.title = ElidedLabel("", "card-title", f"{prefix}_title")
        self.target = ElidedLabel("", "quiet", f"{prefix}_target")
        self.others = ElidedLabel("", "quiet", f"{prefix}_others")
        self._problem = label("", "bad", f"{prefix}_problem", wrap=True)
        self._problem.hide()
        for line in (self.title, self.target, self.others, self._problem):
            names.addWidget(line)
        box.addLayout(names)
        box.addLayout(self._switches())
        self.picture = Picture(f"{prefix}_picture", "Picture", 96)
        self.picture.zoomed.connect(self._tell_zoom)
        self.sound = SoundView(prefix, player)
        self.text = QPlainTextEdit()
        self.text.setObjectName(f"{prefix}_text")
        self.text.setAccessibleName("Text")
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setMinimumHeight(_TEXT_LOWEST)
        self.text.setMaximumHeight(_TEXT_HIGHEST)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.tokens = TokensView(f"{prefix}_tokens")
        self.tokens.setMaximumHeight(_TOKENS_HIGHEST)
        content: dict[Modality, tuple[QWidget, ...]] = {
            "image": (self.picture,),
            "audio": (self.sound,),
            "text": (self.text, self.tokens),
        }
        self._sections: dict[Modality, Section] = {}
        for modality in MODALITIES:
            section = Section(prefix, modality, content[modality], _STRETCH[modality])
            section.open_wished.connect(partial(self._open, modality))
            self._sections[modality] = section
            if modality == "image":
                # Before the section joins the others, so that the keyboard finds it there.
                self.zoom = Section.link("100 %", f"{prefix}_zoom", "Show the picture at 100 %")
                self.zoom.clicked.connect(self._zoom)
                section.head.insertWidget(1, self.zoom, 0, Qt.AlignmentFlag.AlignTop)
                QWidget.setTabOrder(section.open, self.zoom)
            box.addWidget(section, section.stretch)
        picture = self._sections["image"]
        picture.setMaximumHeight(_HIGHEST)
        # Takes what the picture leaves, so that titles and text stay at the top.
        box.addStretch(1)

    def _switches(self) -> QHBoxLayout:
        """What the model sees, and the next way in which training varies it."""
        prefix = self._prefix
        self.as_model = Button(
            "As the model sees it", f"{prefix}_as_model", icon_name="eye", chip=True
        )
        self.as_model.setVisible(False)
        self.as_model.clicked.connect(self._switch)
        self.variation = Button(
            "Next variation", f"{prefix}_variation", icon_name="shuffle", flat=True
        )
        self.variation.setToolTip(
            "Show the sample as another epoch of training varies it. Samples of validation and test"
            " are not varied."
        )
        self.variation.hide()
        self.variation.clicked.connect(self._vary)
        line = QHBoxLayout()
        line.setSpacing(theme.GAP_SMALL)
        line.addWidget(self.as_model)
        line.addWidget(self.variation)
        line.addStretch(1)
        return line
