"""Small pictures of samples, decoded in a few worker threads and only while they are seen."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

from workbench.data.index import Index
from workbench.errors import UserError

SIDE = 224
"""Longest side of a thumbnail, pixels: that of the largest cell."""
REMEMBERED = 400
"""Thumbnails kept in memory: about 60 MB."""
THREADS = 2
_SECONDS = 4.0
_RATE = 8000
_BANDS = 48
_LETTERS = 280


@dataclass(frozen=True)
class Thumbnail:
    """What stands for a sample in the gallery; of several modalities the first that it has.

    Args:
        picture: uint8 [height, width, 3].
        log_mel: spectrogram, float32 [frames, bands].
        text: the beginning of a text.
        problem: why there is nothing to see, one sentence.
    """

    picture: NDArray[np.uint8] | None = None
    log_mel: NDArray[Any] | None = None
    text: str = ""
    problem: str = ""


def thumbnail(index: Index, row: int) -> Thumbnail:
    """Decode what stands for a sample.

    Args:
        index: the data.
        row: which sample.
    """
    # Imported in the worker thread: the window opens without the readers.
    from workbench.data.readers import audio, image

    try:
        if "image" in index.files and (path := index.path("image", row)) is not None:
            return Thumbnail(picture=image.thumbnail(path, SIDE))
        if "audio" in index.files and (path := index.path("audio", row)) is not None:
            sound = audio.read(path, _RATE, _SECONDS)
            seconds = max(min(len(sound) / _RATE, _SECONDS), 0.05)
            return Thumbnail(log_mel=audio.log_mel(sound, _RATE, seconds, _BANDS))
        if "text" in index.files:
            return Thumbnail(text=index.text(row)[:_LETTERS])
    except UserError as error:
        return Thumbnail(problem=error.problem)
    return Thumbnail(problem="This sample has no file.")


class Thumbnails(QObject):
    """Decodes the thumbnails that are wanted now; what has been scrolled away is not begun.

    Args:
        make: decodes one.
        parent: its parent.
    """

    came = Signal(int)
    """The thumbnail of that sample can be shown."""

    _made = Signal(object, int, object)

    def __init__(
        self,
        make: Callable[[Index, int], Thumbnail] = thumbnail,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._make = make
        self._index: Index | None = None
        self._known: OrderedDict[int, Thumbnail] = OrderedDict()
        self._wanted: frozenset[int] = frozenset()
        self._flying: set[int] = set()
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(THREADS)
        self._made.connect(self._hear)

    def show_index(self, index: Index) -> None:
        """Forget all thumbnails of other data.

        Args:
            index: the data.
        """
        if index is not self._index:
            self._index = index
            self._known.clear()
            self._flying.clear()
            self._wanted = frozenset()

    def get(self, row: int) -> Thumbnail | None:
        """The thumbnail of a sample, if it is there already.

        Args:
            row: which sample.
        """
        found = self._known.get(row)
        if found is not None:
            self._known.move_to_end(row)
        return found

    def want(self, rows: Iterable[int]) -> None:
        """Decode these samples; earlier wishes that were not begun are dropped.

        Args:
            rows: the samples that are seen.
        """
        index = self._index
        if index is None:
            return
        self._wanted = frozenset(rows)
        for row in self._wanted:
            if row not in self._known and row not in self._flying:
                self._flying.add(row)
                self._pool.start(lambda row=row: self._work(index, row))

    def close(self) -> None:
        """Drop all wishes; returns when no thread is at work."""
        self._wanted = frozenset()
        self._pool.clear()
        self._pool.waitForDone()

    def _work(self, index: Index, row: int) -> None:
        seen = index is self._index and row in self._wanted
        self._made.emit(index, row, self._make(index, row) if seen else None)

    @Slot(object, int, object)
    def _hear(self, index: Index, row: int, made: Thumbnail | None) -> None:
        if index is not self._index:
            return
        self._flying.discard(row)
        if made is None:
            if row in self._wanted:
                self.want(self._wanted)
            return
        self._known[row] = made
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        self.came.emit(row)
