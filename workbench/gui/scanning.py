"""A folder is scanned in a thread of its own, with progress and a stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QThread, Signal

from workbench.data.folder import Stopped
from workbench.data.index import Index
from workbench.errors import UserError

# A progress bar needs no more news than this, seconds.
_INTERVAL = 0.05


class Scan(Protocol):
    """What ``workbench.data.folder.scan`` is."""

    def __call__(
        self,
        path: Path,
        *,
        progress: Callable[[int, int], None] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Index:
        """The index of a folder."""
        ...


class ScanThread(QThread):
    """Scans one folder.

    Exactly one of ``found``, ``failed`` and ``stopped`` comes before the thread finishes.

    Args:
        scan: what scans.
        folder: which folder.
        parent: its parent.
    """

    progressed = Signal(object, int, int)
    """This thread, files looked at, files to look at."""

    found = Signal(object, object)
    """This thread, the index."""

    failed = Signal(object, object)
    """This thread, the ``UserError``."""

    stopped = Signal(object)
    """This thread."""

    def __init__(self, scan: Scan, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._scan, self.folder = scan, folder
        self._stop = threading.Event()
        self._last = 0.0

    def stop(self) -> None:
        """Ask it to end soon."""
        self._stop.set()

    def run(self) -> None:
        """Scan; runs in the thread."""
        try:
            index = self._scan(self.folder, progress=self._tell, stop=self._stop.is_set)
        except Stopped:
            self.stopped.emit(self)
        except UserError as error:
            self.failed.emit(self, error)
        else:
            self.found.emit(self, index)

    def _tell(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - self._last >= _INTERVAL:
            self._last = now
            self.progressed.emit(self, done, total)
