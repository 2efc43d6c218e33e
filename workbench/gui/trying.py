"""Connects the tab *Try it*: engine, microphone and camera, and the samples of the run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Slot

from workbench.data.index import Index
from workbench.errors import UserError
from workbench.gui.engines import Engines
from workbench.gui.presenters.capture_state import Hardware
from workbench.gui.presenters.insight.tryit import TryItPresenter
from workbench.gui.presenters.insight.tryit_devices import TryItDevices
from workbench.gui.presenters.results import ResultsPresenter
from workbench.gui.recording import Camera, Devices, Microphone
from workbench.gui.run_index import RunIndex
from workbench.gui.widgets.insight.tryit import TryItView
from workbench.parts import Modality


class Trying(QObject):
    """Makes presenter, devices and view of the tab.

    Args:
        index: finds the data of the run.
        results: whose run it is.
        engines: answer questions and predict folders.
        hardware: makes what records; the machine's own when left out.
        parent: its parent.
    """

    def __init__(
        self, index: RunIndex, results: ResultsPresenter, engines: Engines,
        hardware: Callable[[], Hardware] | None = None, parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._index, self._results = index, results
        self._dice = np.random.default_rng()
        self._wanted = ""
        self.presenter = TryItPresenter(engines.study, parent=self)
        self.devices = TryItDevices(hardware or self._hardware, parent=self)
        self.devices.wanted = lambda: self.presenter.answered
        self.view = TryItView(self.presenter, self.devices)
        self.presenter.asked.connect(engines.ask)
        engines.answered.connect(self.presenter.answer)
        results.changed.connect(self.presenter.follow)
        self.presenter.sample_wished.connect(self._take_any)
        self.devices.taken.connect(self._take)
        self.devices.failed.connect(self.presenter.fail)
        index.found.connect(self._have_index)
        index.failed.connect(self._lose_index)

    def close(self) -> None:
        """End all work, and let go of the devices."""
        self.presenter.close()
        self.devices.close()

    def _hardware(self) -> Hardware:
        return Hardware(Devices(self), Microphone(self), Camera(self))

    @Slot()
    def _take_any(self) -> None:
        samples = self._results.state.samples
        if samples is not None and len(samples):
            self._wanted = str(self._dice.choice(samples.stem))
            self._index.ask()

    @Slot(object)
    def _have_index(self, index: Index) -> None:
        # Others ask for the index, too.
        wanted, self._wanted = self._wanted, ""
        if wanted:
            self.presenter.take_sample(index, wanted)

    @Slot(object)
    def _lose_index(self, error: UserError) -> None:
        if self._wanted:
            self._wanted = ""
            self.presenter.fail(error)

    @Slot(str, object)
    def _take(self, kind: Modality, path: Path) -> None:
        names = {"image": "just taken", "audio": "just recorded"}
        self.presenter.give_file(kind, path, names[kind])
