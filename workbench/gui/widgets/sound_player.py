"""A sound to look at and to listen to: waveform and spectrogram on one axis of time, and play."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.decoding import RATE, Sound
from workbench.gui.sound import Player
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.sound_views import FULL_SPAN, Spectrogram, TimeAxis, Waveform


class SoundView(QWidget):
    """Shows one sound and plays it; a click on a picture, or an arrow key, seeks.

    Args:
        prefix: of the object names: ``<prefix>_waveform``, ``<prefix>_spectrogram``,
            ``<prefix>_axis``, ``<prefix>_play``, ``<prefix>_time``, ``<prefix>_silence``.
        player: what plays; made anew when left out.
        parent: its parent.
    """

    def __init__(
        self, prefix: str, player: Player | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.player = player or Player(self)
        self._samples: NDArray[np.float32] = np.zeros(0, np.float32)
        self._rate = RATE
        self._axis_seconds = 0.0
        self.waveform = Waveform(f"{prefix}_waveform", "Waveform", 44)
        self.spectrogram = Spectrogram(f"{prefix}_spectrogram", "Spectrogram", 84)
        self.axis = TimeAxis(f"{prefix}_axis", "Time in seconds", 16)
        self.spectrogram.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.spectrogram.setToolTip("Click to hear it from there; the space bar plays and stops.")
        self.play = Button(
            "Play", f"{prefix}_play", icon_name="play", name_for_readers="Play the sound"
        )
        self.time = label("", "quiet", f"{prefix}_time")
        self.silence = label("", "quiet", f"{prefix}_silence", wrap=True)
        self.silence.hide()
        line = QHBoxLayout()
        line.setSpacing(theme.GAP)
        line.addWidget(self.play)
        line.addWidget(self.time)
        line.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP_SMALL)
        box.addWidget(self.waveform)
        box.addWidget(self.spectrogram, 1)
        box.addWidget(self.axis)
        box.addLayout(line)
        box.addWidget(self.silence)
        self.play.clicked.connect(self._toggle)
        for view in (self.waveform, self.spectrogram, self.axis):
            view.sought.connect(self._seek)
            view.toggled.connect(self._toggle)
        self.player.position_changed.connect(self._show_place)
        self.player.playing_changed.connect(self._show_playing)

    @property
    def seconds(self) -> float:
        """Length of the sound that can be heard."""
        return len(self._samples) / self._rate

    def show_sound(self, sound: Sound) -> None:
        """Show another sound; one that plays is stopped.

        Args:
            sound: what was decoded.
        """
        self.player.stop()
        self._samples, self._rate = sound.samples, sound.rate
        self._axis_seconds = sound.seconds
        self.waveform.show_samples(sound.samples)
        self.waveform.show()
        self.spectrogram.show_log_mel(sound.log_mel)
        self.axis.show_seconds(sound.seconds)
        self._show_nothing_heard()
        self._say(self.player.problem)

    def show_model(self, log_mel: NDArray[Any], seconds: float) -> None:
        """Show what the model gets of the sound; the sound itself is still what is heard.

        Args:
            log_mel: [frames, bands], -1..1.
            seconds: how much of the sound that is.
        """
        self._axis_seconds = seconds
        self.waveform.hide()
        self.spectrogram.show_log_mel(log_mel, FULL_SPAN)
        self.axis.show_seconds(seconds)

    def hideEvent(self, event: QHideEvent) -> None:
        """Be silent when it is out of sight."""
        self.player.stop()
        super().hideEvent(event)

    @Slot()
    def _toggle(self) -> None:
        if self.player.playing:
            self.player.stop()
        elif self.play.isEnabled():
            self._start(0.0)

    @Slot(float)
    def _seek(self, share: float) -> None:
        if self.play.isEnabled():
            self._start(min(share * self._axis_seconds, self.seconds))

    def _start(self, seconds: float) -> None:
        self._say(self.player.play(self._samples, self._rate, seconds))

    def _say(self, problem: str) -> None:
        """Why nothing can be heard, or nothing."""
        self.silence.setText(problem)
        self.silence.setVisible(bool(problem))
        self.play.setEnabled(not problem)
        self.play.setToolTip(problem)

    @Slot(float)
    def _show_place(self, seconds: float) -> None:
        share = seconds / max(self._axis_seconds, 1e-9)
        for view in (self.waveform, self.spectrogram):
            view.show_heard(share)
        self.time.setText(f"{seconds:.1f} of {self.seconds:.1f} s")

    @Slot(bool)
    def _show_playing(self, playing: bool) -> None:
        self.play.setText("Stop" if playing else "Play")
        self.play.setAccessibleName("Stop the sound" if playing else "Play the sound")
        self.play.show_icon("stop" if playing else "play")
        if not playing:
            self._show_nothing_heard()

    def _show_nothing_heard(self) -> None:
        for view in (self.waveform, self.spectrogram):
            view.show_heard(-1.0)
        self.time.setText(f"{self.seconds:.2f} s")
