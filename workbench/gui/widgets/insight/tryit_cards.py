"""The cards of *Try it*: what is given of a picture, a sound and words, and ways to give it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.data.media import SUFFIXES
from workbench.gui import theme
from workbench.gui.presenters.insight.tryit_state import DevicesState, Input
from workbench.gui.sound import Player
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.capture_views import LevelMeter, LiveView
from workbench.gui.widgets.cards import Card
from workbench.gui.widgets.labels import ElidedLabel, IconLabel, label
from workbench.gui.widgets.picture import Picture
from workbench.gui.widgets.sound_player import SoundView
from workbench.parts import Modality

HEAD = 28
"""Height of a card's head, whether its buttons are seen or not."""
_LONGEST = 20_000
"""Letters of a text that the model is asked about."""


class InputCard(Card):
    """A card that takes one modality by drop, dialog and clipboard.

    Args:
        modality: which.
        title: of the card.
        icon_name: of its empty place.
        invitation: what its empty place says.
        parent: its parent.
    """

    files_given = Signal(object)
    """Paths that were dropped or chosen."""

    paste_wished = Signal()
    """Take what the clipboard holds."""

    clear_wished = Signal()
    """Take away what is given."""

    switched = Signal(bool)
    """The model may know it, or not."""

    def __init__(
        self, modality: Modality, title: str, icon_name: str, invitation: str,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        self._name = f"tryit_{modality}"
        super().__init__(title, "", f"{self._name}_card", parent, dense=True)
        self.modality = modality
        self.setAcceptDrops(True)
        self.used = Button(
            "Used", f"{self._name}_used", chip=True, name_for_readers=f"The model knows the {title}"
        )
        self.used.setToolTip("Switch it off to see what the model says without it")
        self.used.clicked.connect(self.switched)
        self.clear = Button(
            "", f"{self._name}_clear", icon_name="x", flat=True,
            name_for_readers=f"Take the {title} away",
        )  # fmt: skip
        self.clear.clicked.connect(self.clear_wished)
        self.title.setMinimumHeight(HEAD)
        self.head.addWidget(self.used)
        self.head.addWidget(self.clear)
        self.places = QStackedLayout()
        self.places.addWidget(self._empty(icon_name, invitation))
        self.body.addLayout(self.places, 1)
        self.problem = label("", "bad", f"{self._name}_problem", wrap=True)
        self.body.addWidget(self.problem)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(theme.GAP_SMALL)
        self.open = Button("Open…", f"{self._name}_open", icon_name="folder-open",
                           name_for_readers=f"Open a file: {title}")  # fmt: skip
        self.open.clicked.connect(self._ask)
        self.paste = Button("Paste", f"{self._name}_paste", icon_name="clipboard",
                            name_for_readers=f"Paste: {title}")  # fmt: skip
        self.paste.clicked.connect(self.paste_wished)
        self.buttons.addWidget(self.open)
        self.buttons.addWidget(self.paste)
        self.body.addLayout(self.buttons)

    def _empty(self, icon_name: str, invitation: str) -> QWidget:
        page = QWidget()
        box = QVBoxLayout(page)
        box.setSpacing(theme.GAP_SMALL)
        box.addStretch(1)
        box.addWidget(IconLabel(icon_name, "quiet", 30), 0, Qt.AlignmentFlag.AlignHCenter)
        words = label(invitation, "quiet", wrap=True)
        words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        box.addWidget(words)
        box.addStretch(1)
        return page

    def show_input(self, given: Input) -> None:
        """Show what is given; redefined by each for its content."""
        self.hint.setText(given.name)
        self.problem.setText(given.problem)
        self.problem.setVisible(bool(given.problem))
        self.used.setVisible(given.given)
        self.used.setChecked(given.used)
        self.used.setText("Used" if given.used else "Left out")
        self.clear.setVisible(given.given)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            self._over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Nothing hovers any more."""
        self._over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Something was let go."""
        self._over(False)
        event.acceptProposedAction()
        self.files_given.emit(local_paths(event))

    def _over(self, over: bool) -> None:
        self.setProperty("over", over)
        self.style().unpolish(self)
        self.style().polish(self)

    @Slot()
    def _ask(self) -> None:
        endings = " ".join(f"*{ending}" for ending in sorted(SUFFIXES[self.modality]))
        dialog = QFileDialog(self, f"Open: {self.title.text()}", "", f"Files ({endings})")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.files_given.emit([Path(name)]))
        dialog.open()


def local_paths(event: QDropEvent) -> list[Path]:
    """Files and folders that are dropped."""
    urls = event.mimeData().urls()
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]


class PictureCard(InputCard):
    """A picture, or what the camera sees."""

    camera_wished = Signal(bool)
    snap_wished = Signal()
    live_wished = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("image", "Picture", "image", "Drop a picture here", parent)
        self.picture = Picture("tryit_picture", "Picture", 96)
        self.view = LiveView("tryit_view")
        self.view.setMinimumHeight(96)
        self.places.addWidget(self.picture)
        self.places.addWidget(self.view)
        self.camera = Button("Camera", "tryit_camera", icon_name="camera")
        self.camera.clicked.connect(self._press)
        self.live = Button("Live", "tryit_live", chip=True, name_for_readers="Predict live")
        self.live.setToolTip("Predict what the camera sees, a few times a second")
        self.live.clicked.connect(self.live_wished)
        self.off = Button("Off", "tryit_camera_off", flat=True, name_for_readers="Camera off")
        self.off.clicked.connect(lambda: self.camera_wished.emit(False))
        for button in (self.camera, self.live, self.off):
            self.buttons.addWidget(button)
        self.buttons.addStretch(1)
        self.trouble = ElidedLabel("", "quiet", "tryit_camera_trouble")
        self.body.addWidget(self.trouble)
        self._given, self._devices = Input(), DevicesState()
        self._shown: object = None

    def show_input(self, given: Input) -> None:
        """Show the picture."""
        super().show_input(given)
        self._given = given
        if given.pixels is not None and given.pixels is not self._shown:
            self._shown = given.pixels
            self.picture.show_pixels(given.pixels)
        self._show_place()

    def show_devices(self, state: DevicesState) -> None:
        """Show what the camera does."""
        self._devices = state
        self.trouble.setText(state.camera_problem)
        self.trouble.setVisible(bool(state.camera_problem))
        self.camera.setEnabled(not state.camera_problem)
        self.camera.setToolTip(state.camera_problem)
        self.camera.setText("Take it" if state.camera else "Camera")
        self.camera.setAccessibleName("Take the picture" if state.camera else "Camera on")
        for button in (self.live, self.off):
            button.setVisible(state.camera)
        for button in (self.open, self.paste):
            button.setVisible(not state.camera)
        self.live.setChecked(state.live)
        self._show_place()

    def _show_place(self) -> None:
        given = self._given
        self.places.setCurrentIndex(2 if self._devices.camera else int(given.file is not None))

    @Slot()
    def _press(self) -> None:
        if self._devices.camera:
            self.snap_wished.emit()
        else:
            self.camera_wished.emit(True)


class SoundCard(InputCard):
    """A sound, or what the microphone hears.

    Args:
        player: what plays; made anew when left out.
        parent: its parent.
    """

    record_wished = Signal(bool)
    """Begin to record, or end."""

    def __init__(self, player: Player | None = None, parent: QWidget | None = None) -> None:
        super().__init__("audio", "Sound", "speaker-high", "Drop a sound here", parent)
        self._recording = False
        self.sound = SoundView("tryit_sound", player)
        self.places.addWidget(self.sound)
        self.record = Button("Record", "tryit_record", icon_name="microphone")
        self.record.clicked.connect(lambda: self.record_wished.emit(not self._recording))
        self.buttons.addWidget(self.record)
        self.buttons.addStretch(1)
        self.level = LevelMeter("tryit_level")
        self.body.addWidget(self.level)
        self.trouble = ElidedLabel("", "quiet", "tryit_microphone_trouble")
        self.body.addWidget(self.trouble)
        self._shown: object = None

    def show_input(self, given: Input) -> None:
        """Show the sound."""
        super().show_input(given)
        if given.sound is not None and given.sound is not self._shown:
            self._shown = given.sound
            self.sound.show_sound(given.sound)
        if given.file is None:
            self.sound.player.stop()
        self.places.setCurrentIndex(int(given.file is not None))

    def show_devices(self, state: DevicesState) -> None:
        """Show what the microphone does."""
        if state.recording and not self._recording:
            self.sound.player.stop()
        self._recording = state.recording
        self.trouble.setText(state.sound_problem)
        self.trouble.setVisible(bool(state.sound_problem))
        self.record.setEnabled(not state.sound_problem)
        self.record.setToolTip(state.sound_problem)
        self.record.setText(f"Stop · {state.recorded:.1f} s" if state.recording else "Record")
        self.record.show_icon("stop" if state.recording else "microphone")
        self.level.setVisible(state.recording)
        for button in (self.open, self.paste):
            button.setVisible(not state.recording)


class WordsCard(InputCard):
    """Words that are typed, or a text file."""

    written = Signal(str)
    """The words, after each key."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("text", "Words", "text-t", "", parent)
        self.text = QPlainTextEdit()
        self.text.setObjectName("tryit_text")
        self.text.setAccessibleName("Words")
        self.text.setPlaceholderText("Type here, or drop a text file…")
        self.text.setTabChangesFocus(True)
        self.text.setMinimumHeight(46)
        # Files that are dropped on it are for the card.
        self.text.setAcceptDrops(False)
        self.text.textChanged.connect(self._tell)
        self.places.addWidget(self.text)
        self.places.setCurrentIndex(1)
        self.buttons.addStretch(1)

    def show_input(self, given: Input) -> None:
        """Show the words, unless they stand there already."""
        super().show_input(given)
        words = given.words or ""
        if words != self.text.toPlainText()[:_LONGEST]:
            with QSignalBlocker(self.text):
                self.text.setPlainText(words)

    @Slot()
    def _tell(self) -> None:
        self.written.emit(self.text.toPlainText()[:_LONGEST])
