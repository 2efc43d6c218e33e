"""A dataset of one's own by microphone and camera, so that a demo can start with nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QImage, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from workbench.data.takes import Takes
from workbench.gui import theme
from workbench.gui.background import Latest
from workbench.gui.choices import Choice
from workbench.gui.decoding import READERS, Sound
from workbench.gui.pixels import image_of
from workbench.gui.presenters.capture import TICK_MS, CapturePresenter
from workbench.gui.presenters.capture_state import CaptureState
from workbench.gui.sound import Player
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.capture_cards import ClassesCard, TakesCard
from workbench.gui.widgets.capture_views import LevelMeter, LiveView
from workbench.gui.widgets.cards import Banner, Card
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.labels import label

_PER_SECOND = 1000 // TICK_MS


@dataclass(frozen=True)
class _Take:
    """A take, decoded.

    Args:
        picture: uint8 [height, width, 3]; None where it has none.
        sound: its sound; None where it has none.
        text: its text; "" where it has none.
    """

    picture: NDArray[np.uint8] | None
    sound: Sound | None
    text: str


def _decoded(takes: Takes, name: str, stem: str) -> _Take:
    files = takes.files(name, stem)
    return _Take(
        READERS.picture(files["image"]) if "image" in files else None,
        READERS.sound(files["audio"]) if "audio" in files else None,
        READERS.text(files["text"]) if "text" in files else "",
    )


class CaptureView(QDialog):
    """Shows a ``CaptureState`` and sends what the person wishes to its presenter.

    Args:
        presenter: who decides.
        player: plays takes; made anew when left out.
        parent: its parent.
    """

    def __init__(
        self,
        presenter: CapturePresenter,
        player: Player | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("capture")
        self.setWindowTitle("Record your own data")
        self.setAccessibleName("Record your own data")
        self.setAcceptDrops(True)
        self.resize(960, 640)
        self._presenter = presenter
        self._player = player or Player(self)
        self._decoder = Latest(self)
        self._decoder.answered.connect(self._play_decoded)

        box = QVBoxLayout(self)
        box.setContentsMargins(theme.GAP_LARGE, theme.GAP_LARGE, theme.GAP_LARGE, theme.GAP_LARGE)
        box.setSpacing(theme.GAP_LARGE)
        self.banner = Banner("capture_banner")
        self._decoder.failed.connect(self.banner.show_error)
        box.addWidget(self.banner)
        columns = QHBoxLayout()
        columns.setSpacing(theme.GAP_LARGE)
        self.classes = ClassesCard()
        self.takes = TakesCard()
        columns.addWidget(self.classes, 3)
        columns.addWidget(self._devices(), 6)
        columns.addWidget(self.takes, 3)
        box.addLayout(columns, 1)
        box.addLayout(self._foot())
        # Return in a field adds a class or a text; it must not press a button besides.
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)
        self._connect()
        self.show_state(presenter.state)

    def _connect(self) -> None:
        presenter = self._presenter
        presenter.changed.connect(self.show_state)
        presenter.level_changed.connect(self.level.show_level)
        presenter.seen.connect(self.live.show_image)
        self.classes.dataset_wished.connect(presenter.rename)
        self.classes.add_wished.connect(presenter.add_class)
        self.classes.rename_wished.connect(presenter.rename_class)
        self.classes.removal_wished.connect(presenter.remove_class)
        self.classes.chosen.connect(presenter.choose_class)
        self.takes.play_wished.connect(self._play)
        self.takes.deletion_wished.connect(presenter.delete)
        self.camera.picked.connect(presenter.choose_camera)
        self.microphone.picked.connect(presenter.choose_microphone)
        self.seconds.valueChanged.connect(presenter.set_seconds)
        self.together.toggled.connect(presenter.set_with_picture)
        self.words.textChanged.connect(presenter.set_words)
        self.record.clicked.connect(self._record)
        self.snap.clicked.connect(presenter.snap)
        self.burst.clicked.connect(presenter.snap_many)

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to listen and to look."""
        super().showEvent(event)
        self.classes.new_class.setFocus()
        self._presenter.open()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let go of microphone and camera."""
        self._player.stop()
        self._presenter.close()
        super().closeEvent(event)

    def done(self, result: int) -> None:
        """Let go of microphone and camera when it is left by Escape, too."""
        self._player.stop()
        self._presenter.close()
        super().done(result)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped into the chosen class."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Copy the files."""
        event.acceptProposedAction()
        self._presenter.bring([Path(url.toLocalFile()) for url in event.mimeData().urls()])

    def _devices(self) -> QWidget:
        card = Card("Record", name="capture_devices_card")
        self.camera = Combo("capture_camera", "Camera", letters=12)
        self.microphone = Combo("capture_microphone", "Microphone", letters=12)
        self.live = LiveView("capture_live")
        self.level = LevelMeter("capture_level")
        self.silence = label("", "quiet", "capture_silence", wrap=True)
        self.seconds = QDoubleSpinBox()
        self.seconds.setObjectName("capture_seconds")
        self.seconds.setAccessibleName("Length of a sound in seconds")
        self.seconds.setSingleStep(0.5)
        self.seconds.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.seconds.setRange(0.3, 30.0)
        self.seconds.setDecimals(1)
        self.seconds.setSuffix(" s")
        self.together = QCheckBox("with a picture")
        self.together.setObjectName("capture_together")
        self.words = QLineEdit()
        self.words.setObjectName("capture_words")
        self.words.setAccessibleName("Text of every take")
        self.words.setPlaceholderText("Text of the take")
        self.record = Button("Record sound", "capture_record", icon_name="microphone", primary=True)
        # What it says changes while it records; what stands beside it stays in its place.
        self.record.setMinimumWidth(self.record.sizeHint().width())
        self.snap = Button("Take picture", "capture_snap", icon_name="camera")
        self.burst = Button("Take 10", "capture_burst")
        self.burst.setToolTip("Ten pictures within a few seconds; turn or move the thing")
        bring = Button("Add files…", "capture_bring", flat=True, icon_name="plus")
        bring.clicked.connect(self._bring)
        card.body.addLayout(_line(self.camera, self.snap, self.burst))
        card.body.addWidget(self.live, 1)
        card.body.addLayout(_line(self.microphone, self.seconds, self.record))
        card.body.addWidget(self.level)
        card.body.addWidget(self.silence)
        card.body.addLayout(_line(self.words, self.together, bring))
        return card

    def _foot(self) -> QHBoxLayout:
        self.hint = label("", "quiet", "capture_hint", wrap=True)
        self.leave = Button("Close", "capture_close", flat=True)
        self.leave.clicked.connect(self.close)
        self.use = Button("Use these data", "capture_use", primary=True, icon_name="arrow-right")
        self.use.clicked.connect(self._use)
        foot = QHBoxLayout()
        foot.setSpacing(theme.GAP)
        foot.addWidget(self.hint, 1)
        foot.addWidget(self.leave)
        foot.addWidget(self.use)
        return foot

    @Slot(object)
    def show_state(self, state: CaptureState) -> None:
        """Show the state."""
        if state.error is not None:
            self.banner.show_error(state.error)
        else:
            self.banner.hide()
        self.classes.show_state(state)
        self.takes.show_state(state)
        self._show_devices(state)
        recording = state.phase == "recording"
        idle = state.phase == "idle"
        left = f"{-(-state.left // _PER_SECOND)}" if state.phase == "countdown" else ""
        self.live.show_count("● REC" if recording else left)
        self.record.setText("Record sound" if idle else "Cancel")
        self.record.setEnabled(not state.sound_problem and bool(state.chosen))
        can_snap = not state.camera_problem and bool(state.chosen) and idle
        self.snap.setEnabled(can_snap)
        self.burst.setEnabled(can_snap and not state.burst)
        self.burst.setText(f"{state.burst} left" if state.burst else "Take 10")
        self.hint.setText(" ".join(filter(None, (state.note, state.hint))))
        self.use.setEnabled(state.usable)
        self.use.setToolTip("" if state.usable else "Needs two classes with two takes each")

    def _show_devices(self, state: CaptureState) -> None:
        for combo, names, chosen in (
            (self.camera, state.cameras, state.camera),
            (self.microphone, state.microphones, state.microphone),
        ):
            combo.show_choices([Choice(name, name) for name in names], chosen)
            combo.setEnabled(bool(names))
        self.live.show_note(state.camera_problem)
        self.silence.setText(state.sound_problem)
        self.silence.setVisible(bool(state.sound_problem))
        self.level.setVisible(not state.sound_problem)
        self.together.setEnabled(not state.camera_problem)
        if self.seconds.value() != state.seconds and not self.seconds.hasFocus():
            self.seconds.setValue(state.seconds)

    @Slot()
    def _record(self) -> None:
        if self._presenter.state.phase == "idle":
            self._player.stop()
            self._presenter.record()
        else:
            self._presenter.cancel()

    @Slot()
    def _bring(self) -> None:
        asked = QFileDialog(self, "Add pictures, sounds or texts")
        asked.setFileMode(QFileDialog.FileMode.ExistingFiles)
        asked.filesSelected.connect(
            lambda names: self._presenter.bring([Path(name) for name in names])
        )
        asked.open()

    @Slot(str)
    def _play(self, stem: str) -> None:
        takes, name = Takes(self._presenter.state.folder), self._presenter.state.chosen
        self._decoder.ask(lambda: _decoded(takes, name, stem))

    @Slot(object)
    def _play_decoded(self, take: _Take) -> None:
        picture = QImage() if take.picture is None else image_of(take.picture)
        self.live.show_take(picture, take.text)
        if take.sound is not None:
            problem = self._player.play(take.sound.samples, take.sound.rate)
            self.silence.setText(problem)
            self.silence.setVisible(bool(problem))

    @Slot()
    def _use(self) -> None:
        self.close()
        self._presenter.use()


def _line(*widgets: QWidget) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(theme.GAP)
    for number, widget in enumerate(widgets):
        line.addWidget(widget, 1 if number == 0 else 0)
    return line
