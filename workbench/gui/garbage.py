"""Garbage collected in the window's thread only.

Python collects wherever it happens to allocate. A widget in a ring of references that a worker
thread collects is destroyed in that thread, with its timers and its painting: Qt warns, and may
take the process down. So the collector is switched off, and its work is done by a timer here.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

INTERVAL_MS = 1000


class Garbage(QObject):
    """Collects when Python would.

    Args:
        parent: its parent, the application.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    @Slot()
    def collect(self) -> int:
        """Collect the oldest generation that has grown beyond Python's own threshold.

        Returns:
            How many objects were out of reach.
        """
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > gc.get_threshold()[generation]:
                return gc.collect(generation)
        return 0
