"""A dataset of one's own by microphone and camera, so that a demo can start with nothing."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDoubleSpinBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.data.takes import Takes
from workbench.gui import theme
from workbench.gui.background import Latest
from workbench.gui.choices import Choice
from workbench.gui.decoding import RATE, READERS, Sound
from workbench.gui.pixels import image_of
from workbench.gui.presenters.capture import TICK_MS, CapturePresenter, CaptureState
from workbench.gui.sound import Player
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.capture_views import LevelMeter, LiveView
from workbench.gui.widgets.cards import Banner, Card
from workbench.gui.widgets.combo import Combo
from workbench.gui.widgets.labels import label

_PER_SECOND = 1000 // TICK_MS


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
        columns.addWidget(self._classes(), 3)
        columns.addWidget(self._devices(), 6)
        columns.addWidget(self._takes(), 3)
        box.addLayout(columns, 1)
        box.addLayout(self._foot())
        presenter.changed.connect(self.show_state)
        presenter.level_changed.connect(self.level.show_level)
        presenter.seen.connect(self.live.show_image)
        self.show_state(presenter.state)

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to listen and to look."""
        super().showEvent(event)
        self.new_class.setFocus()
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

    def _classes(self) -> QWidget:
        card = Card("Classes", name="capture_classes_card")
        self.name = QLineEdit()
        self.name.setObjectName("capture_name")
        self.name.setAccessibleName("Name of the dataset")
        self.name.editingFinished.connect(lambda: self._presenter.rename(self.name.text()))
        self.classes = QListWidget()
        self.classes.setObjectName("capture_classes")
        self.classes.setAccessibleName("Classes")
        self.classes.currentRowChanged.connect(self._choose)
        self.new_class = QLineEdit()
        self.new_class.setObjectName("capture_new_class")
        self.new_class.setAccessibleName("Name of a class")
        self.new_class.setPlaceholderText("Name of a class")
        self.new_class.returnPressed.connect(self._add)
        add = Button("Add", "capture_add")
        add.clicked.connect(self._add)
        self.rename = Button("Rename", "capture_rename", flat=True)
        self.rename.setToolTip("Give the chosen class the name that is typed above")
        self.rename.clicked.connect(self._rename)
        self.remove = Button("Delete", "capture_remove", flat=True)
        self.remove.clicked.connect(self._presenter.remove_class)
        grid = QGridLayout()
        grid.setSpacing(theme.GAP)
        grid.addWidget(self.new_class, 0, 0, 1, 2)
        grid.addWidget(add, 0, 2)
        grid.addWidget(self.rename, 1, 0)
        grid.addWidget(self.remove, 1, 1)
        grid.setColumnStretch(0, 1)
        card.body.addWidget(label("Dataset", "quiet"))
        card.body.addWidget(self.name)
        card.body.addWidget(self.classes, 1)
        card.body.addLayout(grid)
        return card

    def _devices(self) -> QWidget:
        card = Card("Record", name="capture_devices_card")
        self.camera = Combo("capture_camera", "Camera", letters=12)
        self.camera.picked.connect(self._presenter.choose_camera)
        self.microphone = Combo("capture_microphone", "Microphone", letters=12)
        self.microphone.picked.connect(self._presenter.choose_microphone)
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
        self.seconds.valueChanged.connect(self._presenter.set_seconds)
        self.together = QCheckBox("with a picture")
        self.together.setObjectName("capture_together")
        self.together.toggled.connect(self._presenter.set_with_picture)
        self.words = QLineEdit()
        self.words.setObjectName("capture_words")
        self.words.setAccessibleName("Text of every take")
        self.words.setPlaceholderText("Text of the take")
        self.words.textChanged.connect(self._presenter.set_words)
        self.record = Button("Record sound", "capture_record", icon_name="microphone", primary=True)
        self.record.clicked.connect(self._record)
        self.snap = Button("Take picture", "capture_snap", icon_name="camera")
        self.snap.clicked.connect(self._presenter.snap)
        self.burst = Button("Take 10", "capture_burst")
        self.burst.setToolTip("Ten pictures within a few seconds; turn or move the thing")
        self.burst.clicked.connect(self._presenter.snap_many)
        bring = Button("Add files…", "capture_bring", flat=True, icon_name="plus")
        bring.clicked.connect(self._bring)
        card.body.addLayout(_line(self.camera, self.snap, self.burst))
        card.body.addWidget(self.live, 1)
        card.body.addLayout(_line(self.microphone, self.seconds, self.record))
        card.body.addWidget(self.level)
        card.body.addWidget(self.silence)
        card.body.addLayout(_line(self.words, self.together, bring))
        return card

    def _takes(self) -> QWidget:
        card = Card("Takes", name="capture_takes_card")
        self.takes_title = card.title
        self.takes = QListWidget()
        self.takes.setObjectName("capture_takes")
        self.takes.setAccessibleName("Takes of the class")
        self.play = Button("Play or show", "capture_play", icon_name="play")
        self.play.clicked.connect(self._play)
        self.delete = Button("Delete", "capture_delete", flat=True, icon_name="trash")
        self.delete.clicked.connect(self._delete)
        card.body.addWidget(self.takes, 1)
        card.body.addLayout(_line(self.play, self.delete))
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
        if not self.name.hasFocus():
            self.name.setText(state.name)
        self._show_lists(state)
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
        self.hint.setText(state.hint)
        self.use.setEnabled(state.usable)
        self.use.setToolTip("" if state.usable else "Needs two classes with two takes each")

    def _show_lists(self, state: CaptureState) -> None:
        names = [f"{name}  ·  {count}" for name, count in state.classes]
        _fill(self.classes, names, next(
            (row for row, (name, _) in enumerate(state.classes) if name == state.chosen), -1
        ))  # fmt: skip
        self.rename.setEnabled(bool(state.chosen))
        self.remove.setEnabled(bool(state.chosen))
        _fill(self.takes, list(reversed(state.takes)), 0 if state.takes else -1)
        self.takes_title.setText(f"Takes of {state.chosen}" if state.chosen else "Takes")
        self.play.setEnabled(bool(state.takes))
        self.delete.setEnabled(bool(state.takes))

    def _show_devices(self, state: CaptureState) -> None:
        for combo, names in ((self.camera, state.cameras), (self.microphone, state.microphones)):
            combo.show_choices([Choice(name, name) for name in names], names[0] if names else "")
            combo.setEnabled(bool(names))
        self.live.show_note(state.camera_problem)
        self.silence.setText(state.sound_problem)
        self.silence.setVisible(bool(state.sound_problem))
        self.level.setVisible(not state.sound_problem)
        self.together.setEnabled(not state.camera_problem)
        if self.seconds.value() != state.seconds and not self.seconds.hasFocus():
            self.seconds.setValue(state.seconds)

    @Slot(int)
    def _choose(self, row: int) -> None:
        classes = self._presenter.state.classes
        if 0 <= row < len(classes) and classes[row][0] != self._presenter.state.chosen:
            self._presenter.choose_class(classes[row][0])

    @Slot()
    def _add(self) -> None:
        self._presenter.add_class(self.new_class.text())
        if self._presenter.state.error is None:
            self.new_class.clear()

    @Slot()
    def _rename(self) -> None:
        self._presenter.rename_class(self.new_class.text())
        if self._presenter.state.error is None:
            self.new_class.clear()

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

    def _take(self) -> str:
        item = self.takes.currentItem()
        return item.text() if item is not None else ""

    @Slot()
    def _play(self) -> None:
        state = self._presenter.state
        files = Takes(state.folder).files(state.chosen, self._take())
        if "audio" in files:
            self._decoder.ask(lambda: READERS.sound(files["audio"]))
        elif "image" in files:
            self._decoder.ask(lambda: READERS.picture(files["image"]))

    @Slot(object)
    def _play_decoded(self, decoded: object) -> None:
        if isinstance(decoded, Sound):
            problem = self._player.play(decoded.samples, RATE)
            self.silence.setText(problem)
            self.silence.setVisible(bool(problem))
        else:
            self.live.show_still(image_of(cast("NDArray[np.uint8]", decoded)))

    @Slot()
    def _delete(self) -> None:
        if self._take():
            self._presenter.delete(self._take())

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


def _fill(listed: QListWidget, words: list[str], chosen: int) -> None:
    """Show these rows without telling anybody that the choice has changed."""
    listed.blockSignals(True)
    if [listed.item(row).text() for row in range(listed.count())] != words:
        listed.clear()
        listed.addItems(words)
    listed.setCurrentRow(chosen)
    listed.blockSignals(False)
