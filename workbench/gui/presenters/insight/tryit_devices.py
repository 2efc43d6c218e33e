"""Microphone and camera of the tab *Try it*: what they take becomes a file to be predicted."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from workbench.errors import UserError
from workbench.gui.background import InOrder
from workbench.gui.presenters.capture_state import Hardware
from workbench.gui.presenters.insight.tryit_state import DevicesState, Kind
from workbench.gui.recording import RATE, pixels_of

NO_MICROPHONE = "No microphone was found; connect one."
NO_CAMERA = "No camera was found; connect one."
TICK_MS = 100
LIVE_MS = 250
"""Time between two pictures that are predicted live."""
LONGEST = 30.0
"""Seconds of a recording."""
_KEPT = 8
"""Files of each kind that are kept: the engine may still read the one before."""


class TryItDevices(QObject):
    """Records sounds and takes pictures; devices are held only while they are wanted.

    Args:
        hardware: makes what records, when it is first needed.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``DevicesState`` after a change."""

    level_changed = Signal(float)
    """How loud it is, 0..1."""

    seen = Signal(QImage)
    """What the camera sees."""

    taken = Signal(str, object)
    """Kind and ``Path`` of what was taken."""

    failed = Signal(object)
    """The ``UserError`` why nothing was taken."""

    def __init__(self, hardware: Callable[[], Hardware], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = DevicesState()
        self._make = hardware
        self._hardware: Hardware | None = None
        self._frame: QImage | None = None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._count = 0
        self._seconds = 1.0
        self._disk = InOrder(self)
        self._disk.answered.connect(self._have)
        self._disk.failed.connect(self._fail)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.tick)
        self._live = QTimer(self)
        self._live.setInterval(LIVE_MS)
        self._live.timeout.connect(self.snap_live)
        self.wanted: Callable[[], bool] = lambda: True
        """Asked before a live picture is taken: whether the one before was answered."""

    def look(self) -> None:
        """See what is plugged in; nothing is opened by that."""
        if self._hardware is None:
            self._hardware = self._make()
            self._hardware.devices.changed.connect(self._plugged)
            self._hardware.microphone.level_changed.connect(self.level_changed)
            self._hardware.camera.seen.connect(self._see)
            self._hardware.camera.failed.connect(self._lose_camera)
        self._plugged()

    def rest(self) -> None:
        """Let go of microphone and camera."""
        self._timer.stop()
        self._live.stop()
        if self._hardware is not None:
            self._hardware.microphone.close()
            self._hardware.camera.close()
        self._frame = None
        self._become(recording=False, recorded=0.0, camera=False, live=False)

    def close(self) -> None:
        """Let go of everything, and delete what was taken."""
        self.rest()
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def record(self, seconds: float) -> None:
        """Record from the first microphone; ends by itself after these seconds."""
        hardware = self._hardware
        if hardware is None or self.state.recording or self.state.sound_problem:
            return
        problem = hardware.microphone.open(hardware.devices.microphones()[0])
        if problem:
            self._become(sound_problem=problem)
            return
        self._seconds = min(seconds, LONGEST)
        hardware.microphone.begin()
        self._become(recording=True, recorded=0.0)
        self._timer.start()

    @Slot()
    def stop_recording(self) -> None:
        """Enough was heard."""
        if self._hardware is None or not self.state.recording:
            return
        self._timer.stop()
        heard = self._hardware.microphone.end()
        self._hardware.microphone.close()
        self._become(recording=False, recorded=0.0)
        if not heard.any():
            self._fail(UserError("Nothing was heard.", "Check that the microphone is not muted."))
            return
        file = self._place("audio", ".wav")
        self._disk.ask(lambda: ("audio", _write_sound(heard, file)))

    @Slot()
    def tick(self) -> None:
        """A tenth of a second has passed."""
        if self._hardware is None:
            return
        heard = self._hardware.microphone.seconds
        if heard >= self._seconds:
            self.stop_recording()
        else:
            self._become(recorded=heard)

    @Slot(bool)
    def switch_camera(self, on: bool) -> None:
        """Look through the first camera, or no longer."""
        hardware = self._hardware
        if hardware is None or on == self.state.camera:
            return
        self._frame = None
        if not on:
            self._live.stop()
            hardware.camera.close()
            self._become(camera=False, live=False)
            return
        if self.state.camera_problem:
            return
        problem = hardware.camera.open(hardware.devices.cameras()[0])
        self._become(camera=not problem, camera_problem=problem)

    @Slot(bool)
    def switch_live(self, on: bool) -> None:
        """Predict what the camera sees a few times a second, or no longer."""
        on = on and self.state.camera
        if on:
            self._live.start()
        else:
            self._live.stop()
        self._become(live=on)

    @Slot()
    def snap(self) -> None:
        """Take what the camera sees now, and switch it off."""
        if self._frame is None:
            self._fail(UserError("The camera shows nothing yet.", "Wait for its picture."))
            return
        self._take(self._frame)
        self.switch_camera(False)

    @Slot()
    def snap_live(self) -> None:
        """Take what the camera sees now, if the one before was answered."""
        if self._frame is not None and not self._disk.busy and self.wanted():
            self._take(self._frame)

    def keep(self, picture: QImage) -> None:
        """Make a file of a picture that comes from nowhere, such as the clipboard."""
        self._take(picture)

    def _take(self, picture: QImage) -> None:
        # Without compression: quick to write, and nothing of it is lost.
        file = self._place("image", ".bmp")
        pixels = pixels_of(picture)
        self._disk.ask(lambda: ("image", _write_picture(pixels, file)))

    def _place(self, kind: Kind, ending: str) -> Path:
        if self._scratch is None:
            self._scratch = tempfile.TemporaryDirectory(
                prefix="workbench-", ignore_cleanup_errors=True
            )
        self._count += 1
        noun = {"image": "picture", "audio": "recording"}[kind]
        return Path(self._scratch.name) / f"{noun}-{self._count % _KEPT}{ending}"

    @Slot(object)
    def _have(self, found: tuple[Kind, Path]) -> None:
        self.taken.emit(*found)

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self.failed.emit(error)

    @Slot(QImage)
    def _see(self, image: QImage) -> None:
        if self.state.camera:
            self._frame = image
            self.seen.emit(image)

    @Slot(str)
    def _lose_camera(self, problem: str) -> None:
        self._frame = None
        self._live.stop()
        self._become(camera=False, live=False, camera_problem=problem)

    @Slot()
    def _plugged(self) -> None:
        assert self._hardware is not None
        devices = self._hardware.devices
        ears, eyes = devices.microphones(), devices.cameras()
        if not ears and self.state.recording:
            self._timer.stop()
            self._hardware.microphone.close()
            self._become(recording=False, recorded=0.0)
        if not eyes and self.state.camera:
            self.switch_camera(False)
        self._become(
            sound_problem="" if ears else devices.problem or NO_MICROPHONE,
            camera_problem="" if eyes else devices.problem or NO_CAMERA,
        )

    def _become(self, **changes: object) -> None:
        state = replace(self.state, **changes)  # type: ignore[arg-type]  # fields by name
        if state != self.state:
            self.state = state
            self.changed.emit(state)


def _write_sound(sound: NDArray[np.float32], file: Path) -> Path:
    import soundfile

    fresh = file.with_name(f".{file.name}")
    try:
        soundfile.write(fresh, sound, RATE, subtype="FLOAT", format="WAV")
        fresh.replace(file)
    except (OSError, soundfile.SoundFileError) as error:
        raise UserError(f"The recording cannot be kept: {error}.", "Free some space.") from None
    return file


def _write_picture(pixels: NDArray[np.uint8], file: Path) -> Path:
    from PIL import Image

    fresh = file.with_name(f".{file.name}")
    try:
        Image.fromarray(pixels).save(fresh, format="BMP")
        fresh.replace(file)
    except OSError as error:
        raise UserError(f"The picture cannot be kept: {error}.", "Free some space.") from None
    return file
