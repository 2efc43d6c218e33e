"""One sample with all its modalities: picture, sound and text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedLayout,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from workbench.data.index import Index
from workbench.errors import UserError
from workbench.gui import theme
from workbench.gui.background import Latest
from workbench.gui.decoding import READERS, Decoders, Sample, decode
from workbench.gui.model_eyes import ModelEyes, Seen
from workbench.gui.sound import Player
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import ElidedLabel, label, set_role
from workbench.gui.widgets.picture import Picture
from workbench.gui.widgets.sound_player import SoundView
from workbench.gui.widgets.tokens import tokens_in_html
from workbench.parts import MODALITIES, Modality
from workbench.spec import Augmentation, DataSpec

# The picture takes nearly all of the height that is left over, up to its largest.
_STRETCH: dict[Modality, int] = {"image": 100, "audio": 0, "text": 0}

_HIGHEST = 440


def open_with_desktop(path: Path) -> None:
    """Open a file with the program that the desktop has for it."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


class SampleView(QWidget):
    """Shows one sample; files are decoded in a worker thread, late ones are dropped.

    Args:
        prefix: of the object names: ``<prefix>_title``, ``<prefix>_picture``,
            ``<prefix>_waveform``, ``<prefix>_spectrogram``, ``<prefix>_text``,
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
        self._files: dict[Modality, Path] = {}
        self._player = player
        self._eyes = ModelEyes()
        self._inputs: tuple[DataSpec, Augmentation] | None = None
        self._variation = 0
        self._place: tuple[Index, int] | None = None
        self._latest = Latest(self)
        self._latest.answered.connect(self._show)
        self._latest.failed.connect(self._fail)
        self._stack = QStackedLayout(self)
        nothing = label("Choose a sample in the table.", "quiet", f"{prefix}_empty")
        nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack.addWidget(nothing)
        self._full = QWidget()
        self._stack.addWidget(self._full)
        self._fill()

    def show_sample(self, index: Index, row: int) -> None:
        """Decode and show one sample.

        Args:
            index: the data.
            row: which sample.
        """
        # The name stands there at once; the rest follows when it is decoded.
        self.title.setText(str(index.stems[row]))
        self._place = (index, row)
        self._ask()

    def show_inputs(self, data: DataSpec, augmentation: Augmentation) -> None:
        """Know the recipe, so that samples can be shown as the model sees them.

        Args:
            data: how files are read.
            augmentation: how training samples are varied.
        """
        if (data, augmentation) != self._inputs:
            self._inputs = (data, augmentation)
            self.as_model.setVisible(True)
            if self.as_model.isChecked():
                self._ask()

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
        self._place = None
        self.sound.player.stop()
        self._stack.setCurrentIndex(0)

    def _fill(self) -> None:
        box = QVBoxLayout(self._full)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP)
        self.title = ElidedLabel("", "card-title", f"{self._prefix}_title")
        self.target = ElidedLabel("", "quiet", f"{self._prefix}_target")
        self._problem = label("", "bad", f"{self._prefix}_problem", wrap=True)
        for line in (self.title, self.target, self._problem):
            box.addWidget(line)
        box.addLayout(self._switches())
        self.picture = Picture(f"{self._prefix}_picture", "Picture", 96)
        self.sound = SoundView(self._prefix, self._player)
        self.waveform, self.spectrogram = self.sound.waveform, self.sound.spectrogram
        self.text = QTextEdit()
        self.text.setAcceptRichText(False)
        self.text.setObjectName(f"{self._prefix}_text")
        self.text.setAccessibleName("Text")
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setMinimumHeight(52)
        self.text.setMaximumHeight(84)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._sections: dict[Modality, tuple[QWidget, QLabel, QWidget, Button]] = {}
        content: dict[Modality, tuple[QWidget, ...]] = {
            "image": (self.picture,),
            "audio": (self.sound,),
            "text": (self.text,),
        }
        for modality in MODALITIES:
            section = self._section(modality, content[modality])
            if modality == "image":
                section.setMaximumHeight(_HIGHEST)
            box.addWidget(section, _STRETCH[modality])
        # Takes what the picture leaves, so that titles and text stay at the top.
        box.addStretch(1)

    def _switches(self) -> QHBoxLayout:
        """What the model sees, and the next way in which training varies it."""
        self.as_model = Button(
            "As the model sees it", f"{self._prefix}_as_model", icon_name="eye", chip=True
        )
        self.as_model.setVisible(False)
        self.as_model.clicked.connect(self._switch)
        self.variation = Button(
            "Next variation", f"{self._prefix}_variation", icon_name="shuffle", flat=True
        )
        self.variation.setToolTip("Show the sample as another epoch of training varies it")
        self.variation.hide()
        self.variation.clicked.connect(self._vary)
        line = QHBoxLayout()
        line.setSpacing(theme.GAP)
        line.addWidget(self.as_model)
        line.addWidget(self.variation)
        line.addStretch(1)
        return line

    @Slot()
    def _switch(self) -> None:
        self._variation = 0
        self._ask()

    @Slot()
    def _vary(self) -> None:
        self._variation += 1
        self._ask()

    def _ask(self) -> None:
        """Decode what is to be seen now."""
        if self._place is None:
            return
        index, row = self._place
        work = partial(decode, index, row, self._decoders, self.target_name)
        if self.as_model.isChecked() and self._inputs is not None:
            see = partial(self._eyes.see, index, row, *self._inputs, self._variation)
            self._latest.ask(lambda: (work(), see()))
        else:
            self._latest.ask(lambda: (work(), None))

    def _section(self, modality: Modality, content: tuple[QWidget, ...]) -> QWidget:
        section, inside = QWidget(), QWidget()
        outer, inner = QVBoxLayout(section), QVBoxLayout(inside)
        for layout in (outer, inner):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(theme.GAP_SMALL)
        head = QHBoxLayout()
        caption = label(modality.title(), "quiet", f"{self._prefix}_{modality}_caption")
        caption.setWordWrap(True)
        button = Button(
            "Open",
            f"{self._prefix}_open_{modality}",
            flat=True,
            name_for_readers=f"Open the {modality} file",
        )
        button.setProperty("link", True)
        button.clicked.connect(partial(self._open, modality))
        head.addWidget(caption, 1)
        head.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        outer.addLayout(head)
        for widget in content:
            inner.addWidget(widget, 1)
        outer.addWidget(inside, 1)
        self._sections[modality] = (section, caption, inside, button)
        return section

    @Slot(object)
    def _show(self, answer: object) -> None:
        sample, seen = cast("tuple[Sample, Seen | None]", answer)
        self._stack.setCurrentIndex(1)
        self._files = sample.files
        self._problem.hide()
        self.title.setText(sample.stem)
        self.target.setText(sample.target or "No target")
        if sample.picture is not None:
            self.picture.show_pixels(sample.picture)
        if sample.sound is not None:
            self.sound.show_sound(sample.sound)
        if sample.text is not None:
            self.text.setPlainText(sample.text)
        for modality in MODALITIES:
            self._show_section(modality, sample)
        self._show_seen(seen)

    def _show_seen(self, seen: Seen | None) -> None:
        """Put what the model sees in the place of what a person sees."""
        varies = self._inputs is not None and self._inputs[1] != Augmentation()
        self.variation.setVisible(seen is not None and varies)
        if seen is None:
            return
        if seen.picture is not None:
            self.picture.show_pixels(seen.picture)
        if seen.log_mel is not None:
            self.spectrogram.show_log_mel(seen.log_mel)
        if seen.tokens is not None:
            self.text.setHtml(tokens_in_html(seen.tokens))
        for modality, words in seen.words.items():
            varied = f" · variation {self._variation}" if self._variation else ""
            self._sections[modality][1].setText(f"{modality.title()} · {words}{varied}")
        for modality, problem in seen.problems.items():
            self._sections[modality][1].setText(problem)

    def _show_section(self, modality: Modality, sample: Sample) -> None:
        section, caption, inside, button = self._sections[modality]
        has = {"image": sample.picture, "audio": sample.sound, "text": sample.text}
        shown = has[modality] is not None
        problem = sample.problems.get(modality, "")
        section.setVisible(shown or bool(problem))
        box = cast("QVBoxLayout", self._full.layout())
        box.setStretchFactor(section, _STRETCH[modality] if shown else 0)
        inside.setVisible(shown)
        button.setVisible(modality in sample.files)
        button.setToolTip(str(sample.files.get(modality, "")))
        words = modality.title()
        caption.setText(problem or words)
        # A file that is missing is a fact; one that cannot be read is a fault.
        set_role(caption, "bad" if problem and modality in sample.files else "quiet")

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._stack.setCurrentIndex(1)
        self._problem.setText(f"{error.problem} {error.remedy}".strip())
        self._problem.show()

    def _open(self, modality: Modality) -> None:
        if modality in self._files:
            self._open_file(self._files[modality])
