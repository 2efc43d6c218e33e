"""Small pictures of samples, decoded by a few threads, and only those that are wished now."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QThreadPool, Signal, Slot
from PySide6.QtGui import QImage

from workbench.data.index import Index
from workbench.errors import UserError
from workbench.gui.listing import has
from workbench.gui.pixels import Colours, image_of

KEPT_BYTES = 64 * 2**20
"""Memory of the pictures that are kept."""
SIDES = (96, 160, 256)
"""Sides in pixels at which pictures are decoded."""
_MOST_THREADS = 4
_SECONDS = 4.0
_RATE = 16000
_BANDS = 48
_LETTERS = 240
_LAST = -1
"""Whoever waits for one sample goes before."""
_SMALL = 200
"""Bytes that a text or a sentence counts for, besides its letters."""


@dataclass(frozen=True)
class Thumbnail:
    """What stands for a sample at a glance.

    Args:
        image: its picture, or the spectrogram of its sound; None where it has neither.
        sound: the image is a spectrogram.
        text: the beginning of its text, where that is all it has.
        problem: why there is nothing to see, one sentence.
        side: at which it was decoded, pixels.
    """

    image: QImage | None = None
    sound: bool = False
    text: str = ""
    problem: str = ""
    side: int = 0

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        image = self.image.sizeInBytes() if self.image is not None else 0
        return image + 4 * len(self.text) + _SMALL


Make = Callable[[Index, int, int, Colours], Thumbnail]


def thumbnail(index: Index, row: int, side: int, colours: Colours) -> Thumbnail:
    """Decode what stands for a sample: its picture, else its sound, else its text.

    Args:
        index: the data.
        row: which sample.
        side: longest side of a picture, pixels.
        colours: of a spectrogram.
    """
    makers = {"image": _picture, "audio": _sound, "text": _text}
    for modality in index.modalities:
        if not has(index, modality, row):
            continue
        try:
            return makers[modality](index, row, side, colours)
        except UserError as error:
            return Thumbnail(problem=error.problem, side=side)
        except OSError as error:
            return Thumbnail(problem=error.strerror or str(error), side=side)
    return Thumbnail(problem="Nothing to show.", side=side)


# The readers are imported at their first use, in the worker thread: the window opens without them.
def _picture(index: Index, row: int, side: int, colours: Colours) -> Thumbnail:
    from PIL import Image

    from workbench.data.readers import image

    path = index.path("image", row)
    assert path is not None
    picture = image.opened(path, side)[0]
    picture.thumbnail((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    pixels: NDArray[np.uint8] = np.asarray(picture)
    return Thumbnail(image_of(pixels), side=side)


def _sound(index: Index, row: int, side: int, colours: Colours) -> Thumbnail:
    from workbench.data.readers import audio

    path = index.path("audio", row)
    assert path is not None
    samples = audio.read(path, _RATE, _SECONDS)
    seconds = min(max(len(samples) / _RATE, 0.1), _SECONDS)
    log_mel = audio.log_mel(samples, _RATE, seconds, _BANDS)
    return Thumbnail(image_of(colours.of(log_mel)), sound=True, side=side)


def _text(index: Index, row: int, side: int, colours: Colours) -> Thumbnail:
    from workbench.data.readers import text

    if index.texts is not None:
        words = str(index.texts[row])
    else:
        path = index.path("text", row)
        assert path is not None
        # No letter takes more than four bytes, and a mark at the start a few more.
        words = text.read(path, longest=4 * _LETTERS + 8)[0]
    return Thumbnail(text=" ".join(words[:_LETTERS].split()), side=side)


class Thumbnails(QObject):
    """Keeps the pictures seen last, and decodes those that are wished now.

    Args:
        make: what decodes one, in a worker thread.
        kept: bytes that are kept at most.
        parent: its parent.
    """

    came = Signal(int)
    """Number of the sample whose picture is there now."""

    _made = Signal(int, int, object)

    def __init__(
        self, make: Make = thumbnail, kept: int = KEPT_BYTES, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._make, self._most = make, kept
        self._index: Index | None = None
        self._colours: Colours | None = None
        self._kept: OrderedDict[int, Thumbnail] = OrderedDict()
        self._wished: list[tuple[int, int]] = []
        self._under_way: dict[int, int] = {}
        self._generation = 0
        self.bytes = 0
        """What the kept pictures take."""
        self._pool = QThreadPool.globalInstance()
        # One thread stays free for the sample that is looked at.
        self._threads = min(_MOST_THREADS, max(1, self._pool.maxThreadCount() - 1))
        self._made.connect(self._keep)

    def show_index(self, index: Index | None, colours: Colours) -> None:
        """Decode samples of these data; what was kept of others, or in other colours, is dropped.

        Args:
            index: the data; None: none.
            colours: of spectrograms.
        """
        if index is self._index and colours == self._colours:
            return
        self._index, self._colours = index, colours
        self._generation += 1
        self._kept.clear()
        self._wished, self._under_way = [], {}
        self.bytes = 0

    def of(self, row: int) -> Thumbnail | None:
        """What is kept of a sample; None while there is nothing."""
        found = self._kept.get(row)
        if found is not None:
            self._kept.move_to_end(row)
        return found

    def wish(self, rows: Iterable[int], side: int) -> None:
        """Decode these next; what was wished before and is not among them no longer is.

        Args:
            rows: samples in the order in which they are wanted.
            side: longest side in pixels at which they will be seen.
        """
        wanted = next((known for known in SIDES if known >= side), SIDES[-1])
        self._wished = []
        # No more than can be kept: what is seen last must not push out what is seen first.
        for row in islice(rows, max(1, self._most // (4 * wanted**2) - self._threads)):
            found = self._kept.get(row)
            there = found is not None and (
                found.image is None or found.sound or found.side >= wanted
            )
            if not there and self._under_way.get(row, 0) < wanted:
                self._wished.append((row, wanted))
        self._wished.reverse()
        self._begin()

    def _begin(self) -> None:
        while self._wished and len(self._under_way) < self._threads:
            row, side = self._wished.pop()
            self._under_way[row] = side
            assert self._index is not None
            assert self._colours is not None
            voice = _Voice()
            voice.made.connect(self._made)
            make = partial(self._make, self._index, row, side, self._colours)
            self._pool.start(partial(_work, voice, self._generation, row, make), _LAST)

    @Slot(int, int, object)
    def _keep(self, generation: int, row: int, made: object) -> None:
        if generation != self._generation:
            return
        self._under_way.pop(row, None)
        found = cast("Thumbnail", made)
        before = self._kept.pop(row, None)
        self.bytes += found.size - (before.size if before is not None else 0)
        self._kept[row] = found
        while self.bytes > self._most and len(self._kept) > 1:
            self.bytes -= self._kept.popitem(last=False)[1].size
        self._begin()
        self.came.emit(row)


class _Voice(QObject):
    """Carries a picture to the window's thread even when nobody waits for it by then."""

    made = Signal(int, int, object)


def _work(voice: _Voice, generation: int, row: int, make: Callable[[], Thumbnail]) -> None:
    made = Thumbnail(problem="This sample cannot be shown.")
    try:
        made = make()
    finally:
        # A fault of the program is reported as one, but must not hold up the others.
        voice.made.emit(generation, row, made)
