"""The recording window, made when it is first wanted: nobody waits for it at the start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from workbench import places
from workbench.gui.presenters.capture import CapturePresenter
from workbench.gui.presenters.capture_state import Hardware
from workbench.gui.recording import Camera, Devices, Microphone
from workbench.gui.screens.capture import CaptureView


class Capturing(QObject):
    """Opens the recording window.

    Args:
        window: over which it stands.
        use: opens a folder of data.
    """

    def __init__(self, window: QWidget, use: Callable[[Path], None]) -> None:
        super().__init__(window)
        self._window, self._use = window, use
        self.view: CaptureView | None = None

    @Slot()
    def open(self) -> None:
        """Show it."""
        if self.view is None:
            presenter = CapturePresenter(places.captures(), self._hardware, parent=self)
            presenter.folder_wished.connect(self._use)
            self.view = CaptureView(presenter, parent=self._window)
        self.view.open()

    def close(self) -> None:
        """Let go of microphone and camera."""
        if self.view is not None:
            self.view.close()

    def _hardware(self) -> Hardware:
        return Hardware(Devices(self), Microphone(self), Camera(self))
