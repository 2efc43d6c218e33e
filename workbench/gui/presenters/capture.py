"""What the recording screen shows and decides: classes, devices, countdown, takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance, Slot
from PySide6.QtGui import QImage

from workbench.data.takes import Takes, safe_name
from workbench.errors import UserError
from workbench.gui.recording import RATE, Device, pixels_of

COUNTDOWN = 3
"""Seconds before a recording begins."""
TICK_MS = 100
BURST, BURST_MS = 10, 250
"""Pictures of a run, and the time between two of them."""
_PER_SECOND = 1000 // TICK_MS
NO_MICROPHONE = "No microphone was found. Connect one; until then pictures and files can be added."
NO_CAMERA = "No camera was found. Connect one; until then sounds and files can be added."
ENOUGH = 5
"""Takes of each class from which training makes some sense."""


class MicrophoneLike(Protocol):
    """What ``recording.Microphone`` is."""

    level_changed: SignalInstance

    def open(self, device: Device) -> str: ...  # noqa: D102 - as of Microphone
    def close(self) -> None: ...  # noqa: D102
    def begin(self) -> None: ...  # noqa: D102
    def end(self) -> NDArray[np.float32]: ...  # noqa: D102


class CameraLike(Protocol):
    """What ``recording.Camera`` is."""

    seen: SignalInstance
    failed: SignalInstance

    def open(self, device: Device) -> str: ...  # noqa: D102 - as of Camera
    def close(self) -> None: ...  # noqa: D102


class DevicesLike(Protocol):
    """What ``recording.Devices`` is."""

    changed: SignalInstance
    problem: str

    def microphones(self) -> list[Device]: ...  # noqa: D102 - as of Devices
    def cameras(self) -> list[Device]: ...  # noqa: D102


@dataclass(frozen=True)
class Hardware:
    """Everything that records.

    Args:
        devices: what is plugged in.
        microphone: listens.
        camera: looks.
    """

    devices: DevicesLike
    microphone: MicrophoneLike
    camera: CameraLike


@dataclass(frozen=True)
class CaptureState:
    """All that the recording screen shows.

    Args:
        name: of the dataset.
        folder: where it lies.
        classes: name and number of takes of each class.
        chosen: the class that takes go to; "": none yet.
        takes: stems of the chosen class, the newest last.
        microphones: names, the one in use first.
        cameras: names, the one in use first.
        sound_problem: why no sound can be recorded; "".
        camera_problem: why no picture can be taken; "".
        phase: idle, counting down, or recording.
        left: tenths of a second left of countdown or recording.
        seconds: how long a recording is.
        with_picture: a picture is taken with every sound.
        words: a text that goes with every take; "": none.
        burst: pictures that are still to be taken at a run.
        hint: what to do next, one sentence.
        error: what went wrong last.
    """

    name: str = "my data"
    folder: Path = Path()
    classes: tuple[tuple[str, int], ...] = ()
    chosen: str = ""
    takes: tuple[str, ...] = ()
    microphones: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()
    sound_problem: str = ""
    camera_problem: str = ""
    phase: Literal["idle", "countdown", "recording"] = "idle"
    left: int = 0
    seconds: float = 1.0
    with_picture: bool = False
    words: str = ""
    burst: int = 0
    hint: str = ""
    error: UserError | None = None

    @property
    def usable(self) -> bool:
        """Two classes have two takes each: the least that can be opened."""
        return sum(count >= 2 for _, count in self.classes) >= 2


class CapturePresenter(QObject):
    """Takes sounds and pictures into a dataset of one's own.

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
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.tick)
        self._burst = QTimer(self)
        self._burst.setInterval(BURST_MS)
        self._burst.timeout.connect(self.burst_tick)
        self.state = CaptureState(folder=home / "my data")

    def open(self) -> None:
        """Look for devices and begin to listen and look."""
        if self._hardware is None:
            self._hardware = self._make()
            self._hardware.devices.changed.connect(self._look_for_devices)
            self._hardware.microphone.level_changed.connect(self.level_changed)
            self._hardware.camera.seen.connect(self._see)
            self._hardware.camera.failed.connect(self._lose_camera)
        self._look_for_devices()
        self._refresh()

    def close(self) -> None:
        """Let go of microphone and camera."""
        self._timer.stop()
        self._burst.stop()
        if self._hardware is not None:
            self._hardware.microphone.close()
            self._hardware.camera.close()
        self._frame = None
        self._become(phase="idle", left=0, burst=0)

    def rename(self, name: str) -> None:
        """Work on the dataset of another name, an old one or a new one."""
        try:
            plain = safe_name(name, "dataset")
        except UserError as error:
            self._become(error=error)
            return
        self._become(name=plain, folder=self._home / plain, chosen="", error=None)
        self._refresh()

    def add_class(self, name: str) -> None:
        """Add a class and choose it."""
        self._try(lambda takes: self._become(chosen=takes.add_class(name)))

    def rename_class(self, name: str) -> None:
        """Give the chosen class another name."""
        old = self.state.chosen
        if old:
            self._try(lambda takes: self._become(chosen=takes.rename_class(old, name)))

    def remove_class(self) -> None:
        """Delete the chosen class with its takes."""
        old = self.state.chosen
        if old:
            self._become(chosen="")
            self._try(lambda takes: takes.remove_class(old))

    def choose_class(self, name: str) -> None:
        """Take into another class."""
        if name in dict(self.state.classes):
            self._become(chosen=name)
            self._refresh()

    def choose_microphone(self, name: str) -> None:
        """Listen to another microphone."""
        if self._hardware is not None:
            known = {device.name: device for device in self._hardware.devices.microphones()}
            if name in known:
                others = tuple(n for n in known if n != name)
                problem = self._hardware.microphone.open(known[name])
                self._become(microphones=(name, *others), sound_problem=problem)

    def choose_camera(self, name: str) -> None:
        """Look through another camera."""
        if self._hardware is not None:
            known = {device.name: device for device in self._hardware.devices.cameras()}
            if name in known:
                others = tuple(n for n in known if n != name)
                self._frame = None
                problem = self._hardware.camera.open(known[name])
                self._become(cameras=(name, *others), camera_problem=problem)

    def set_seconds(self, seconds: float) -> None:
        """Record that long."""
        self._become(seconds=float(np.clip(seconds, 0.3, 30.0)))

    def set_with_picture(self, wanted: bool) -> None:
        """Take a picture with every sound, as one sample."""
        self._become(with_picture=wanted)

    def record(self) -> None:
        """Count down, then record."""
        if self.state.phase == "idle" and self._ready(self.state.sound_problem):
            self._become(phase="countdown", left=COUNTDOWN * _PER_SECOND, error=None)
            self._timer.start()

    def cancel(self) -> None:
        """Give the countdown or the recording up."""
        self._timer.stop()
        if self._hardware is not None and self.state.phase == "recording":
            self._hardware.microphone.end()
        self._become(phase="idle", left=0)

    def snap(self) -> None:
        """Take one picture."""
        if self._ready(self.state.camera_problem) and self._frame is not None:
            picture, words = pixels_of(self._frame), self.state.words
            chosen = self.state.chosen
            self._try(lambda takes: takes.save(chosen, picture=picture, words=words))

    def snap_many(self) -> None:
        """Take pictures at a run; turn or move the thing meanwhile."""
        if self._ready(self.state.camera_problem) and not self.state.burst:
            self._become(burst=BURST)
            self._burst.start()

    @Slot()
    def burst_tick(self) -> None:
        """Take the next picture of a run."""
        self.snap()
        left = 0 if self.state.error is not None else self.state.burst - 1
        self._become(burst=left)
        if left <= 0:
            self._burst.stop()

    def set_words(self, words: str) -> None:
        """Save this text with every take from now on."""
        self._become(words=words)

    def delete(self, stem: str) -> None:
        """Delete one take of the chosen class."""
        self._try(lambda takes: takes.delete(self.state.chosen, stem))

    def bring(self, files: list[Path]) -> None:
        """Copy files into the chosen class."""
        if self._ready(""):
            self._try(lambda takes: takes.bring(self.state.chosen, files))

    def use(self) -> None:
        """Open the dataset on the Data screen."""
        if self.state.usable:
            self.close()
            self.folder_wished.emit(self.state.folder)

    @Slot()
    def tick(self) -> None:
        """A tenth of a second has passed."""
        left = self.state.left - 1
        if left > 0:
            self._become(left=left)
        elif self.state.phase == "countdown" and self._hardware is not None:
            self._hardware.microphone.begin()
            self._become(phase="recording", left=max(1, round(self.state.seconds * _PER_SECOND)))
        else:
            self._keep()

    def _keep(self) -> None:
        """The recording is over: write it."""
        self._timer.stop()
        assert self._hardware is not None
        heard = self._hardware.microphone.end()
        wanted = round(self.state.seconds * RATE)
        sound = heard[-wanted:] if len(heard) > wanted else heard
        picture = None
        if self.state.with_picture and self._frame is not None:
            picture = pixels_of(self._frame)
        self._become(phase="idle", left=0)
        if not len(sound):
            error = UserError("Nothing was heard.", "Check that the microphone is not muted.")
            self._become(error=error)
            return
        chosen, words = self.state.chosen, self.state.words
        self._try(
            lambda takes: takes.save(chosen, picture=picture, sound=(sound, RATE), words=words)
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

    def _try(self, work: Callable[[Takes], object]) -> None:
        try:
            work(Takes(self.state.folder))
        except UserError as error:
            self._become(error=error)
        else:
            self._become(error=None)
        self._refresh()

    def _refresh(self) -> None:
        takes = Takes(self.state.folder)
        classes = tuple((name, len(takes.takes(name))) for name in takes.classes())
        chosen = self.state.chosen if self.state.chosen in dict(classes) else ""
        chosen = chosen or (classes[0][0] if classes else "")
        stems = takes.takes(chosen) if chosen else ()
        self._become(classes=classes, chosen=chosen, takes=stems, hint=_hint(classes))

    @Slot()
    def _look_for_devices(self) -> None:
        assert self._hardware is not None
        devices = self._hardware.devices
        microphones = tuple(device.name for device in devices.microphones())
        cameras = tuple(device.name for device in devices.cameras())
        self._become(
            microphones=microphones,
            cameras=cameras,
            sound_problem="" if microphones else devices.problem or NO_MICROPHONE,
            camera_problem="" if cameras else devices.problem or NO_CAMERA,
        )
        if microphones:
            self.choose_microphone(microphones[0])
        if cameras:
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
