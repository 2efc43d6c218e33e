"""Microphone and camera, behind narrow doors so that a test can stand in for either."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray
from PySide6.QtCore import QIODevice, QObject, Signal, Slot
from PySide6.QtGui import QImage

from workbench.gui import multimedia

RATE = 16000
"""Samples per second of what is recorded."""
WIDEST = 1280
"""Width in pixels from which a camera's picture only costs time."""
_FORMS: dict[str, tuple[str, float, float]] = {
    "UInt8": ("u1", 128.0, 128.0),
    "Int16": ("<i2", 0.0, 32768.0),
    "Int32": ("<i4", 0.0, 2147483648.0),
    "Float": ("<f4", 0.0, 1.0),
}
"""NumPy's type, the value of silence, and the value of full scale, by Qt's name."""


@dataclass(frozen=True)
class Device:
    """A microphone or a camera.

    Args:
        name: as the system calls it for people; of two of one name the second says so.
        handle: as Qt knows it.
    """

    name: str
    handle: Any = None


class Devices(QObject):
    """What is plugged in."""

    changed = Signal()
    """Something was plugged in or pulled out."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._module, self.problem = multimedia.load()
        if self._module is not None:
            self._watcher = self._module.QMediaDevices(self)
            self._watcher.audioInputsChanged.connect(self.changed)
            self._watcher.videoInputsChanged.connect(self.changed)

    def microphones(self) -> list[Device]:
        """All microphones, the system's first choice first."""
        if self._module is None:
            return []
        first = self._module.QMediaDevices.defaultAudioInput()
        return named(sorted(self._module.QMediaDevices.audioInputs(), key=lambda one: one != first))

    def cameras(self) -> list[Device]:
        """All cameras, the system's first choice first."""
        if self._module is None:
            return []
        first = self._module.QMediaDevices.defaultVideoInput()
        return named(sorted(self._module.QMediaDevices.videoInputs(), key=lambda one: one != first))


def named(handles: Iterable[Any]) -> list[Device]:
    """Devices with a name of its own for each.

    Args:
        handles: as Qt knows them.
    """
    found: list[Device] = []
    names: dict[str, int] = {}
    for handle in handles:
        name = handle.description()
        names[name] = names.get(name, 0) + 1
        found.append(Device(f"{name} ({names[name]})" if names[name] > 1 else name, handle))
    return found


class Microphone(QObject):
    """Listens to one microphone; always tells its level, keeps samples while it records.

    Args:
        parent: its parent.
    """

    level_changed = Signal(float)
    """Peak of the last moment, 0..1."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._module, _ = multimedia.load()
        self._source: Any = None
        self._stream: QIODevice | None = None
        self._form, self._channels, self._rate = "Int16", 1, RATE
        self._rest = b""
        self._kept: list[NDArray[np.float32]] = []
        self._keeping = False

    @property
    def seconds(self) -> float:
        """Seconds that were heard since ``begin``."""
        return sum(map(len, self._kept)) / self._rate

    def open(self, device: Device) -> str:
        """Listen to a microphone.

        Args:
            device: which.

        Returns:
            Why it cannot be heard; "" when it can.
        """
        self.close()
        wanted = self._module.QAudioFormat()
        wanted.setSampleRate(RATE)
        wanted.setChannelCount(1)
        wanted.setSampleFormat(self._module.QAudioFormat.SampleFormat.Int16)
        if not device.handle.isFormatSupported(wanted):
            wanted = device.handle.preferredFormat()
        if wanted.sampleFormat().name not in _FORMS or wanted.channelCount() < 1:
            return f"{device.name} gives sound of an unknown kind. Choose another one."
        self._form, self._channels = wanted.sampleFormat().name, wanted.channelCount()
        self._rate, self._rest = wanted.sampleRate(), b""
        self._source = self._module.QAudioSource(device.handle, wanted, self)
        self._stream = self._source.start()
        if self._stream is None:
            return f"{device.name} cannot be opened. Another program may be using it."
        self._stream.readyRead.connect(self._read)
        return ""

    def close(self) -> None:
        """Listen no longer."""
        if self._source is not None:
            self._source.stop()
            self._source.deleteLater()
        self._source = self._stream = None
        self._keeping = False

    def begin(self) -> None:
        """Keep what is heard from now on."""
        self._kept, self._keeping = [], True

    def end(self) -> NDArray[np.float32]:
        """What was heard since ``begin``, float32 [samples] at ``RATE``."""
        self._keeping = False
        heard = np.concatenate(self._kept) if self._kept else np.zeros(0, np.float32)
        self._kept = []
        if self._rate != RATE and len(heard):
            heard = np.asarray(soxr.resample(heard, self._rate, RATE, quality="HQ"), np.float32)
        return heard

    @Slot()
    def _read(self) -> None:
        if self._stream is None:
            return
        raw = self._rest + bytes(self._stream.readAll().data())
        heard, self._rest = as_samples(raw, self._form, self._channels)
        if len(heard):
            self.level_changed.emit(min(1.0, float(np.abs(heard).max())))
            if self._keeping:
                self._kept.append(heard)


def as_samples(raw: bytes, form: str, channels: int) -> tuple[NDArray[np.float32], bytes]:
    """Bytes of a sound card as one channel.

    Args:
        raw: the channels of each moment side by side.
        form: Qt's name of what a number is: UInt8, Int16, Int32 or Float.
        channels: how many; their mean is taken.

    Returns:
        float32 [samples] of -1..1, and the bytes of a moment that is not there in whole.
    """
    kind, silence, full = _FORMS[form]
    moment = channels * np.dtype(kind).itemsize
    whole = len(raw) // moment * moment
    numbers = np.frombuffer(raw[:whole], kind).reshape(-1, channels).astype(np.float64)
    return ((numbers.mean(1) - silence) / full).astype(np.float32), raw[whole:]


class Camera(QObject):
    """Looks through one camera.

    Args:
        parent: its parent.
    """

    seen = Signal(QImage)
    """The newest picture."""

    failed = Signal(str)
    """Why the camera shows nothing any more."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._module, _ = multimedia.load()
        self._camera: Any = None
        self._session: Any = None
        self._sink: Any = None

    def open(self, device: Device) -> str:
        """Look through a camera.

        Args:
            device: which.

        Returns:
            Why it cannot be used; "" when it can.
        """
        self.close()
        self._camera = self._module.QCamera(device.handle, self)
        form = best_format(device.handle.videoFormats())
        if form is not None:
            self._camera.setCameraFormat(form)
        self._session = self._module.QMediaCaptureSession(self)
        self._sink = self._module.QVideoSink(self)
        self._session.setCamera(self._camera)
        self._session.setVideoSink(self._sink)
        self._sink.videoFrameChanged.connect(self._show)
        self._camera.errorOccurred.connect(self._fail)
        self._camera.start()
        return ""

    def close(self) -> None:
        """Look no longer."""
        if self._camera is not None:
            self._camera.stop()
            for part in (self._camera, self._session, self._sink):
                part.deleteLater()
        self._camera = self._session = self._sink = None

    @Slot(object)
    def _show(self, frame: Any) -> None:
        # One may still be on its way when the camera is let go.
        image = frame.toImage() if self._sink is not None else QImage()
        if not image.isNull():
            self.seen.emit(image)

    def _fail(self, error: object, words: str) -> None:
        self.failed.emit(f"The camera cannot be used: {words}.")


def best_format(formats: Iterable[Any]) -> Any | None:
    """The largest picture of a camera that is not needlessly large, and the quickest of these.

    Args:
        formats: Qt's ``QCameraFormat`` of a camera.

    Returns:
        One of them; None where all are larger than ``WIDEST``, so that the system chooses.
    """
    fitting = [form for form in formats if 0 < form.resolution().width() <= WIDEST]

    def worth(form: Any) -> tuple[bool, int, float]:
        size = form.resolution()
        return form.maxFrameRate() >= 15, size.width() * size.height(), form.maxFrameRate()

    return max(fitting, key=worth, default=None)


def pixels_of(image: QImage) -> NDArray[np.uint8]:
    """A picture as numbers.

    Args:
        image: any.

    Returns:
        uint8 [height, width, 3].
    """
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), -1)
    return rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).copy()
