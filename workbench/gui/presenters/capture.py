"""What the recording screen decides: classes, devices, countdown, takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from workbench.data.takes import Brought, Takes, safe_name
from workbench.errors import UserError
from workbench.gui.background import InOrder
from workbench.gui.presenters.capture_state import CaptureState, Hardware
from workbench.gui.recording import RATE, pixels_of

COUNTDOWN = 3
"""Seconds before a recording begins."""
TICK_MS = 100
BURST, BURST_MS = 10, 250
"""Pictures of a run, and the time between two of them."""
PATIENCE = 10
"""Ticks for which the last of a recording may be on its way from the microphone."""
_PER_SECOND = 1000 // TICK_MS
NO_MICROPHONE = "No microphone was found. Connect one; until then pictures and files can be added."
NO_CAMERA = "No camera was found. Connect one; until then sounds and files can be added."
ENOUGH = 5
"""Takes of each class from which training makes some sense."""


@dataclass(frozen=True)
class _Done:
    """What the disk holds after a piece of work.

    Args:
        folder: of the dataset.
        contents: stems of every class.
        datasets: names of all datasets.
        answer: what the work returned.
        chosen: the class to choose; None: as before.
    """

    folder: Path
    contents: Mapping[str, tuple[str, ...]]
    datasets: tuple[str, ...]
    answer: object = None
    chosen: str | None = None


class CapturePresenter(QObject):
    """Takes sounds and pictures into a dataset of one's own.

    The disk is only touched by a worker thread, one thing after the other.

    Args:
        home: the folder of all such datasets.
        hardware: makes what records, when the screen is opened.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``CaptureState`` after a change."""

    level_changed = Signal(float)
    """How loud it is, 0..1."""

    seen = Signal(QImage)
    """What the camera sees."""

    folder_wished = Signal(object)
    """Open this folder of data."""

    def __init__(
        self, home: Path, hardware: Callable[[], Hardware], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._home, self._make = home, hardware
        self._hardware: Hardware | None = None
        self._frame: QImage | None = None
        self._contents: Mapping[str, tuple[str, ...]] = {}
        self._disk = InOrder(self)
        self._disk.answered.connect(self._hear)
        self._disk.failed.connect(self._fail)
        # Copying many files ends when the screen goes.
        self._leaving = False
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.tick)
        self._burst = QTimer(self)
        self._burst.setInterval(BURST_MS)
        self._burst.timeout.connect(self.burst_tick)
        self.state = CaptureState(folder=home / "my data")

    @property
    def busy(self) -> bool:
        """Whether something is still to be written."""
        return self._disk.busy

    def open(self) -> None:
        """Look for devices and begin to listen and look."""
        self._leaving = False
        if self._hardware is None:
            self._hardware = self._make()
            self._hardware.devices.changed.connect(self._look_for_devices)
            self._hardware.microphone.level_changed.connect(self.level_changed)
            self._hardware.camera.seen.connect(self._see)
            self._hardware.camera.failed.connect(self._lose_camera)
        self._look_for_devices()
        self._do(lambda takes: None)

    def close(self) -> None:
        """Let go of microphone and camera."""
        self._leaving = True
        self._timer.stop()
        self._burst.stop()
        if self._hardware is not None:
            self._hardware.microphone.close()
            self._hardware.camera.close()
        self._frame = None
        self._become(phase="idle", left=0, burst=0, microphone="", camera="")

    def rename(self, name: str) -> None:
        """Work on the dataset of another name, an old one or a new one."""
        try:
            plain = safe_name(name, "dataset")
        except UserError as error:
            self._become(error=error)
            return
        if plain != self.state.name:
            self._contents = {}
            self._become(
                name=plain, folder=self._home / plain, classes=(), takes=(), chosen="", error=None
            )
            self._do(lambda takes: None)

    def add_class(self, name: str) -> None:
        """Add a class and choose it."""
        self._do(lambda takes: takes.add_class(name), choose=True)

    def rename_class(self, name: str) -> None:
        """Give the chosen class another name."""
        old = self.state.chosen
        if old:
            self._do(lambda takes: takes.rename_class(old, name), choose=True)

    def remove_class(self) -> None:
        """Delete the chosen class with its takes."""
        old = self.state.chosen
        if old:
            self._do(lambda takes: takes.remove_class(old))

    def choose_class(self, name: str) -> None:
        """Take into another class."""
        if name in self._contents:
            self._become(chosen=name, takes=self._contents[name])

    def choose_microphone(self, name: str) -> None:
        """Listen to another microphone."""
        if self._hardware is not None:
            known = {device.name: device for device in self._hardware.devices.microphones()}
            if name in known and (name != self.state.microphone or self.state.sound_problem):
                self.cancel()
                problem = self._hardware.microphone.open(known[name])
                self._become(microphone=name, sound_problem=problem)

    def choose_camera(self, name: str) -> None:
        """Look through another camera."""
        if self._hardware is not None:
            known = {device.name: device for device in self._hardware.devices.cameras()}
            if name in known and (name != self.state.camera or self.state.camera_problem):
                self._frame = None
                problem = self._hardware.camera.open(known[name])
                self._become(camera=name, camera_problem=problem)

    def set_seconds(self, seconds: float) -> None:
        """Record that long."""
        self._become(seconds=float(np.clip(seconds, 0.3, 30.0)))

    def set_with_picture(self, wanted: bool) -> None:
        """Take a picture with every sound, as one sample."""
        self._become(with_picture=wanted)

    def set_words(self, words: str) -> None:
        """Save this text with every take from now on."""
        self._become(words=words)

    def record(self) -> None:
        """Count down, then record."""
        if self.state.phase == "idle" and self._ready(self.state.sound_problem):
            self._become(phase="countdown", left=COUNTDOWN * _PER_SECOND, error=None, note="")
            self._timer.start()

    def cancel(self) -> None:
        """Give the countdown or the recording up."""
        self._timer.stop()
        if self._hardware is not None and self.state.phase == "recording":
            self._hardware.microphone.end()
        self._become(phase="idle", left=0)

    def snap(self) -> None:
        """Take one picture."""
        if not self._ready(self.state.camera_problem):
            return
        frame, words, chosen = self._frame, self.state.words, self.state.chosen
        if frame is None:
            self._become(error=UserError("The camera shows nothing yet.", "Wait for its picture."))
            return
        self._do(lambda takes: takes.save(chosen, picture=pixels_of(frame), words=words))

    def snap_many(self) -> None:
        """Take pictures at a run; turn or move the thing meanwhile."""
        if self._ready(self.state.camera_problem) and not self.state.burst:
            self._become(burst=BURST, error=None)
            self._burst.start()

    @Slot()
    def burst_tick(self) -> None:
        """Take the next picture of a run."""
        self.snap()
        left = 0 if self.state.error is not None else self.state.burst - 1
        self._become(burst=left)
        if left <= 0:
            self._burst.stop()

    def delete(self, stem: str) -> None:
        """Delete one take of the chosen class."""
        chosen = self.state.chosen
        self._do(lambda takes: takes.delete(chosen, stem))

    def bring(self, files: list[Path]) -> None:
        """Copy files, or what lies in folders, into the chosen class."""
        if self._ready(""):
            chosen = self.state.chosen
            self._do(lambda takes: takes.bring(chosen, files, lambda: self._leaving))

    def use(self) -> None:
        """Open the dataset on the Data screen once all is written."""
        if self.state.usable:
            folder = self.state.folder
            self.close()
            self._do(lambda takes: folder)

    @Slot()
    def tick(self) -> None:
        """A tenth of a second has passed."""
        left = self.state.left - 1
        if left > 0:
            self._become(left=left)
        elif self.state.phase == "countdown" and self._hardware is not None:
            self._hardware.microphone.begin()
            self._become(phase="recording", left=max(1, round(self.state.seconds * _PER_SECOND)))
        elif self.state.phase == "recording" and self._hardware is not None:
            lacks = self._hardware.microphone.seconds < self.state.seconds
            if lacks and left > -PATIENCE:
                self._become(left=left)
            else:
                self._keep(self._hardware)

    def _keep(self, hardware: Hardware) -> None:
        """The recording is over: write it."""
        self._timer.stop()
        sound = hardware.microphone.end()[: round(self.state.seconds * RATE)]
        frame = self._frame if self.state.with_picture else None
        self._become(phase="idle", left=0)
        if not sound.any():
            error = UserError("Nothing was heard.", "Check that the microphone is not muted.")
            self._become(error=error)
            return
        chosen, words = self.state.chosen, self.state.words
        self._do(
            lambda takes: takes.save(
                chosen,
                picture=None if frame is None else pixels_of(frame),
                sound=(sound, RATE),
                words=words,
            )
        )

    def _ready(self, problem: str) -> bool:
        if problem:
            self._become(error=UserError(problem))
        elif not self.state.chosen:
            self._become(
                error=UserError("No class is chosen.", "Add a class, then record into it.")
            )
        else:
            return True
        return False

    def _do(self, work: Callable[[Takes], object], *, choose: bool = False) -> None:
        """Change the dataset, then look at what it holds; in the worker thread."""
        takes, home = Takes(self.state.folder), self._home

        def done() -> _Done:
            answer = work(takes)
            contents = {name: takes.takes(name) for name in takes.classes()}
            chosen = str(answer) if choose else None
            return _Done(takes.folder, contents, Takes(home).classes(), answer, chosen)

        self._disk.ask(done)

    @Slot(object)
    def _hear(self, done: _Done) -> None:
        if done.folder != self.state.folder:
            return  # another dataset was opened meanwhile
        wanted = done.chosen or self.state.chosen
        chosen = wanted if wanted in done.contents else next(iter(done.contents), "")
        classes = tuple((name, len(stems)) for name, stems in done.contents.items())
        self._contents = done.contents
        self._become(
            datasets=done.datasets,
            classes=classes,
            chosen=chosen,
            takes=done.contents.get(chosen, ()),
            hint=_hint(classes),
            note=_brought(done.answer) if isinstance(done.answer, Brought) else "",
            error=None,
        )
        if isinstance(done.answer, Path):
            self.folder_wished.emit(done.answer)

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(error=error)

    @Slot()
    def _look_for_devices(self) -> None:
        assert self._hardware is not None
        devices = self._hardware.devices
        microphones = tuple(device.name for device in devices.microphones())
        cameras = tuple(device.name for device in devices.cameras())
        if self.state.microphone not in microphones:
            if self.state.phase != "idle":
                lost = UserError(f"{self.state.microphone} was pulled out.", "Record it again.")
                self.cancel()
                self._become(error=lost)
            self._hardware.microphone.close()
            self._become(
                microphone="",
                sound_problem="" if microphones else devices.problem or NO_MICROPHONE,
            )
        if self.state.camera not in cameras:
            self._hardware.camera.close()
            self._frame = None
            self._become(camera="", camera_problem="" if cameras else devices.problem or NO_CAMERA)
        self._become(microphones=microphones, cameras=cameras)
        if microphones and not self.state.microphone:
            self.choose_microphone(microphones[0])
        if cameras and not self.state.camera:
            self.choose_camera(cameras[0])

    @Slot(QImage)
    def _see(self, image: QImage) -> None:
        self._frame = image
        self.seen.emit(image)

    @Slot(str)
    def _lose_camera(self, problem: str) -> None:
        self._frame = None
        self._become(camera_problem=problem)

    def _become(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]  # fields by name
        self.changed.emit(self.state)


def _hint(classes: tuple[tuple[str, int], ...]) -> str:
    if len(classes) < 2:
        return "Add two classes or more, such as yes and no, or apple and pear."
    few = [name for name, count in classes if count < ENOUGH]
    if few:
        return f"Take {ENOUGH} or more of each; still few: {', '.join(few[:4])}."
    return "Good. More takes, in other light and by other voices, make it better."


def _brought(answer: Brought) -> str:
    files = "file was" if answer.copied == 1 else "files were"
    words = f"{answer.copied:,} {files} added."
    if answer.left:
        some = ", ".join(answer.left[:3]) + (", …" if len(answer.left) > 3 else "")
        words += f" Left out, being no picture, sound or text: {some}."
    return words
