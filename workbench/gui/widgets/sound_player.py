"""A sound to look at and to listen to: waveform and spectrogram on one axis of time, and play."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.decoding import RATE, Sound
from workbench.gui.sound import Player
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import label
from workbench.gui.widgets.sound_views import Spectrogram, Waveform


class SoundView(QWidget):
    """Shows one sound and plays it; a click on either picture seeks.

    Args:
        prefix: of the object names: ``<prefix>_waveform``, ``<prefix>_spectrogram``,
            ``<prefix>_play``, ``<prefix>_time``, ``<prefix>_silence``.
        player: what plays; made anew when left out.
        parent: its parent.
    """

    def __init__(
        self, prefix: str, player: Player | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.player = player or Player(self)
        self._samples: NDArray[np.float32] = np.zeros(0, np.float32)
        self.waveform = Waveform(f"{prefix}_waveform", "Waveform", 44)
        self.spectrogram = Spectrogram(f"{prefix}_spectrogram", "Spectrogram", 84)
        self.play = Button(
            "Play", f"{prefix}_play", icon_name="play", name_for_readers="Play the sound"
        )
        self._time = label("", "quiet", f"{prefix}_time")
        self._silence = label("", "quiet", f"{prefix}_silence", wrap=True)
        self._silence.hide()
        line = QHBoxLayout()
        line.setSpacing(theme.GAP)
        line.addWidget(self.play)
        line.addWidget(self._time)
        line.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.GAP_SMALL)
        box.addWidget(self.waveform)
        box.addWidget(self.spectrogram, 1)
        box.addLayout(line)
        box.addWidget(self._silence)
        self.play.clicked.connect(self._toggle)
        self.waveform.sought.connect(self._seek)
        self.spectrogram.sought.connect(self._seek)
        self.player.position_changed.connect(self._show_place)
        self.player.playing_changed.connect(self._show_playing)

    @property
    def seconds(self) -> float:
        """Length of the sound that is shown."""
        return len(self._samples) / RATE

    def show_sound(self, sound: Sound) -> None:
        """Show another sound; one that plays is stopped.

        Args:
            sound: at the rate of previews.
        """
        self.player.stop()
        self._samples = sound.samples
        self.waveform.show_samples(sound.samples)
        self.spectrogram.show_log_mel(sound.log_mel)
        self._show_nothing_heard()

    def hideEvent(self, event: object) -> None:
        """Be silent when it is out of sight."""
        self.player.stop()
        super().hideEvent(event)  # type: ignore[arg-type]  # Qt's own event

    @Slot()
    def _toggle(self) -> None:
        if self.player.playing:
            self.player.stop()
        else:
            self._start(0.0)

    @Slot(float)
    def _seek(self, share: float) -> None:
        self._start(share * self.seconds)

    def _start(self, seconds: float) -> None:
        problem = self.player.play(self._samples, RATE, seconds)
        self._silence.setText(problem)
        self._silence.setVisible(bool(problem))

    @Slot(float)
    def _show_place(self, seconds: float) -> None:
        share = seconds / max(self.seconds, 1e-9)
        self.waveform.show_heard(share)
        self.spectrogram.show_heard(share)
        self._time.setText(f"{seconds:.1f} of {self.seconds:.1f} s")

    @Slot(bool)
    def _show_playing(self, playing: bool) -> None:
        self.play.setText("Stop" if playing else "Play")
        self.play.setAccessibleName("Stop the sound" if playing else "Play the sound")
        self.play.show_icon("stop" if playing else "play")
        if not playing:
            self._show_nothing_heard()

    def _show_nothing_heard(self) -> None:
        self.waveform.show_heard(-1)
        self.spectrogram.show_heard(-1)
        self._time.setText(f"{self.seconds:.2f} s")
