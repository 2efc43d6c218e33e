"""Sounds played through the loudspeakers, where there are any; else a reason in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import soxr
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QTimer, Signal, Slot

from workbench.gui import multimedia

POLL_MS = 30
"""How often the place that is heard is told, about twice for each frame of a film."""
NO_DEVICE = "No loudspeaker or headphone was found. Connect one to listen."
_VOLUME = 32767
_MICROSECONDS = 1e6
_HAIR = 1e-3  # seconds that nobody hears
_TAIL = 10  # looks without progress at the end: what is played is heard a little later
_STALLED = 150  # looks without progress, 4.5 s: the device is gone, whatever the system says


class Output(Protocol):
    """What plays raw samples: Qt's audio sink, or a stand-in of a test."""

    def start(self, source: QIODevice) -> None:
        """Play from the source until it ends."""
        ...

    def stop(self) -> None:
        """Stop at once."""
        ...

    def processedUSecs(self) -> int:
        """Microseconds that were played."""
        ...

    def ended(self) -> bool:
        """Whether no more comes: all was played, or the device is gone."""
        ...


class _Sink:
    """Qt's audio sink.

    Args:
        module: ``PySide6.QtMultimedia``.
        sink: its ``QAudioSink``.
    """

    def __init__(self, module: Any, sink: Any) -> None:
        self._over = (module.QAudio.State.IdleState, module.QAudio.State.StoppedState)
        self._sink = sink

    def start(self, source: QIODevice) -> None:
        """Play from the source until it ends."""
        self._sink.start(source)

    def stop(self) -> None:
        """Stop at once and let go of the device."""
        self._sink.stop()

    def processedUSecs(self) -> int:
        """Microseconds that were played."""
        return int(self._sink.processedUSecs())

    def ended(self) -> bool:
        """Whether no more comes: all was played, or the device is gone."""
        return self._sink.state() in self._over


def open_output() -> tuple[Output | None, int, str]:
    """The system's own output.

    Returns:
        The output for one channel of 16 bits, or None; its rate in Hz; and why there is none.
    """
    module, problem = multimedia.load()
    if module is None:
        return None, 0, problem
    device = module.QMediaDevices.defaultAudioOutput()
    if device.isNull():
        return None, 0, NO_DEVICE
    wanted = module.QAudioFormat()
    wanted.setSampleRate(device.preferredFormat().sampleRate() or 48000)
    wanted.setChannelCount(1)
    wanted.setSampleFormat(module.QAudioFormat.SampleFormat.Int16)
    if not device.isFormatSupported(wanted):
        return None, 0, f"{device.description()} does not take 16-bit sound of one channel."
    return _Sink(module, module.QAudioSink(device, wanted)), wanted.sampleRate(), ""


class Player(QObject):
    """Plays one sound at a time.

    Args:
        parent: its parent.
        opened: gives the output; the system's own when left out.
    """

    position_changed = Signal(float)
    """Seconds from the start of the sound that are heard now."""

    playing_changed = Signal(bool)
    """It began or ended."""

    def __init__(
        self,
        parent: QObject | None = None,
        opened: Callable[[], tuple[Output | None, int, str]] = open_output,
    ) -> None:
        super().__init__(parent)
        self._opened = opened
        self._output: Output | None = None
        self._buffer: QBuffer | None = None
        self._start = 0.0
        self._seconds = 0.0
        self._heard, self._still = 0.0, 0
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._tell)

    @property
    def problem(self) -> str:
        """Why nothing can be heard, one or two sentences; "" when it can."""
        return "" if self.playing else self._opened()[2]

    @property
    def playing(self) -> bool:
        """Whether a sound is heard now."""
        return self._output is not None

    def play(self, samples: NDArray[np.float32], rate: int, start: float = 0.0) -> str:
        """Play a sound; another one that plays is stopped.

        Args:
            samples: -1..1, float32 [samples].
            rate: in Hz.
            start: seconds at which to begin.

        Returns:
            Why it cannot be played; "" when it is.
        """
        self.stop()
        output, wanted, problem = self._opened()
        if output is None:
            return problem
        begin = int(np.clip(round(start * rate), 0, len(samples)))
        self._seconds, self._start = len(samples) / rate, begin / rate
        self._buffer = QBuffer(self)
        self._buffer.setData(QByteArray(_raw(samples[begin:], rate, wanted)))
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        self._output, self._still = output, 0
        output.start(self._buffer)
        self._timer.start()
        self.position_changed.emit(self._start)
        self.playing_changed.emit(True)
        return ""

    @Slot()
    def stop(self) -> None:
        """Be silent."""
        if self._output is None:
            return
        self._timer.stop()
        output, self._output = self._output, None
        output.stop()
        if self._buffer is not None:
            self._buffer.close()
            self._buffer.deleteLater()
            self._buffer = None
        self.playing_changed.emit(False)

    @Slot()
    def _tell(self) -> None:
        if self._output is None:
            return
        heard = self._start + self._output.processedUSecs() / _MICROSECONDS
        self._still = self._still + 1 if heard == self._heard else 0
        self._heard = heard
        self.position_changed.emit(min(heard, self._seconds))
        # Whole microseconds, and samples of another rate, may never add up to the last one.
        patience = _TAIL if heard >= self._seconds - _HAIR else _STALLED
        if self._output.ended() or self._still >= patience:
            self.stop()


def _raw(samples: NDArray[np.float32], rate: int, wanted: int) -> bytes:
    if rate != wanted and len(samples):
        samples = soxr.resample(samples, rate, wanted, quality="HQ")
    whole: NDArray[Any] = np.clip(samples, -1, 1) * _VOLUME
    return whole.astype("<i2").tobytes()
