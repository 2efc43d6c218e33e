"""Microphone and camera, behind narrow doors so that a test can stand in for either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QIODevice, QObject, Signal, Slot
from PySide6.QtGui import QImage

from workbench.gui import multimedia

RATE = 16000
"""Samples per second of what is recorded."""
_FULL = 32768.0


@dataclass(frozen=True)
class Device:
    """A microphone or a camera.

    Args:
        name: as the system calls it for people.
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
        found = sorted(self._module.QMediaDevices.audioInputs(), key=lambda one: one != first)
        return [Device(one.description(), one) for one in found]

    def cameras(self) -> list[Device]:
        """All cameras, the system's first choice first."""
        if self._module is None:
            return []
        first = self._module.QMediaDevices.defaultVideoInput()
        found = sorted(self._module.QMediaDevices.videoInputs(), key=lambda one: one != first)
        return [Device(one.description(), one) for one in found]


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
        self._kept: list[NDArray[np.float32]] = []
        self._keeping = False

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
            return f"{device.name} does not give {RATE:,} samples a second. Choose another one."
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

    def begin(self) -> None:
        """Keep what is heard from now on."""
        self._kept, self._keeping = [], True

    def end(self) -> NDArray[np.float32]:
        """What was heard since ``begin``, float32 [samples] at ``RATE``."""
        self._keeping = False
        return np.concatenate(self._kept) if self._kept else np.zeros(0, np.float32)

    @Slot()
    def _read(self) -> None:
        if self._stream is None:
            return
        raw = bytes(self._stream.readAll().data())
        heard = np.frombuffer(raw[: len(raw) // 2 * 2], "<i2").astype(np.float32) / _FULL
        if len(heard):
            self.level_changed.emit(float(np.abs(heard).max()))
            if self._keeping:
                self._kept.append(heard)


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
        image = frame.toImage()
        if not image.isNull():
            self.seen.emit(image)

    def _fail(self, error: object, words: str) -> None:
        self.failed.emit(f"The camera cannot be used: {words}.")


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
