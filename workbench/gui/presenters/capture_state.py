"""What the recording screen shows, and what records for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import SignalInstance

from workbench.errors import UserError
from workbench.gui.recording import Device


class MicrophoneLike(Protocol):
    """What ``recording.Microphone`` is."""

    level_changed: SignalInstance

    @property
    def seconds(self) -> float: ...  # noqa: D102 - as of Microphone
    def open(self, device: Device) -> str: ...  # noqa: D102
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
        datasets: names of all that were recorded so far.
        classes: name and number of takes of each class.
        chosen: the class that takes go to; "": none yet.
        takes: stems of the chosen class, sorted by name.
        microphones: names of all.
        microphone: the one in use; "": none.
        cameras: names of all.
        camera: the one in use; "": none.
        sound_problem: why no sound can be recorded; "".
        camera_problem: why no picture can be taken; "".
        phase: idle, counting down, or recording.
        left: tenths of a second left of countdown or recording.
        seconds: how long a recording is.
        with_picture: a picture is taken with every sound.
        words: a text that goes with every take; "": none.
        burst: pictures that are still to be taken at a run.
        hint: what to do next, one sentence.
        note: what became of files that were brought; "".
        error: what went wrong last.
    """

    name: str = "my data"
    folder: Path = Path()
    datasets: tuple[str, ...] = ()
    classes: tuple[tuple[str, int], ...] = ()
    chosen: str = ""
    takes: tuple[str, ...] = ()
    microphones: tuple[str, ...] = ()
    microphone: str = ""
    cameras: tuple[str, ...] = ()
    camera: str = ""
    sound_problem: str = ""
    camera_problem: str = ""
    phase: Literal["idle", "countdown", "recording"] = "idle"
    left: int = 0
    seconds: float = 1.0
    with_picture: bool = False
    words: str = ""
    burst: int = 0
    hint: str = ""
    note: str = ""
    error: UserError | None = None

    @property
    def usable(self) -> bool:
        """Two classes have two takes each: the least that can be opened."""
        return sum(count >= 2 for _, count in self.classes) >= 2
