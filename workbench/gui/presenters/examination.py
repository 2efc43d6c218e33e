"""Every file is opened in the background, once the data are shown."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from workbench.data.index import Index
from workbench.gui.scanning import Examine, Newest, Pace
from workbench.spec import DataSpec

AFTER_MS = 400
"""Files are looked at again this long after the last change of what is learned."""


@dataclass(frozen=True)
class Examination:
    """How far the look at every file is.

    Args:
        done: files opened.
        total: files to open; 0: not known yet.
        words: count, rate and time left.
    """

    done: int = 0
    total: int = 0
    words: str = "Looking at every file…"


class Examiner(QObject):
    """Has every file of the newest data looked at.

    Args:
        examine: ``workbench.data.health.examine``.
        clock: seconds that only grow.
        parent: its parent.
    """

    began = Signal(object)
    """The first ``Examination``."""

    progressed = Signal(object)
    """The ``Examination`` as it goes on."""

    found = Signal(object)
    """The ``Index`` with what was found."""

    failed = Signal(object)
    """The ``UserError`` that ended it."""

    def __init__(
        self,
        examine: Examine,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._examine, self._clock = examine, clock
        self._pace = Pace(clock)
        self._wanted: tuple[Index, DataSpec] | None = None
        self._newest = Newest(self)
        self._newest.progressed.connect(self._progress)
        self._newest.found.connect(self._find)
        self._newest.failed.connect(self.failed)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(AFTER_MS)
        self._soon.timeout.connect(self._begin)

    def start(self, index: Index, data: DataSpec) -> None:
        """Look at these data now.

        Args:
            index: as it was scanned: what was found before must not be told twice.
            data: what is learned and how samples are divided.
        """
        self._wanted = (index, data)
        self._begin()

    def start_soon(self, index: Index, data: DataSpec) -> None:
        """Look at these data when nothing has changed for a moment.

        Args:
            index: as it was scanned.
            data: what is learned and how samples are divided.
        """
        self._wanted = (index, data)
        self._soon.start()

    def give_up(self) -> None:
        """Look no further."""
        self._soon.stop()
        self._newest.give_up()

    def close(self) -> None:
        """End the thread; returns when it has ended."""
        self._soon.stop()
        self._newest.close()

    @Slot()
    def _begin(self) -> None:
        assert self._wanted is not None
        self._soon.stop()
        index, data = self._wanted
        examine = self._examine
        self._pace = Pace(self._clock)
        self._newest.start(
            lambda progress, stop: examine(index, data, progress=progress, stop=stop)
        )
        self.began.emit(Examination())

    @Slot(int, int)
    def _progress(self, done: int, total: int) -> None:
        self.progressed.emit(Examination(done, total, self._pace.words(done, total)))

    @Slot(object)
    def _find(self, answer: object) -> None:
        self.found.emit(cast("Index", answer))
