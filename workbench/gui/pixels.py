"""Arrays to pictures that Qt paints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from workbench.gui import theme

QUIET_PERCENTILE = 33
"""The quiet third of a spectrogram is noise; it becomes the ground."""


@dataclass(frozen=True)
class Colours:
    """The colours of a spectrogram; may be used in any thread.

    Args:
        stops: colours from silence over loud to loudest, each red, green and blue, 0..255.
    """

    stops: tuple[tuple[int, int, int], ...]

    @classmethod
    def worn(cls) -> Colours:
        """Those of the theme worn now; asked in the window's thread."""
        now = theme.current()
        names = (now.ground, now.colour_of("audio"), now.text)
        return cls(tuple(_rgb(name) for name in names))

    def of(
        self, log_mel: NDArray[Any], span: tuple[float, float] | None = None
    ) -> NDArray[np.uint8]:
        """Energies in colour, the lowest band at the bottom, as on paper.

        Args:
            log_mel: [frames, bands].
            span: what is silence and what is loudest; None: as the sound itself says.

        Returns:
            [bands, frames, 3].
        """
        table = np.stack(
            [
                np.interp(np.arange(256), [0, 176, 255], [stop[part] for stop in self.stops])
                for part in range(3)
            ],
            axis=1,
        ).astype(np.uint8)
        low, high = span or (float(np.percentile(log_mel, QUIET_PERCENTILE)), float(log_mel.max()))
        level = np.clip((log_mel - low) / max(high - low, 1e-6), 0, 1) * 255
        coloured: NDArray[np.uint8] = table[level.astype(np.uint8).T[::-1]]
        return coloured


def image_of(pixels: NDArray[np.uint8]) -> QImage:
    """A picture for painting; may be made in any thread.

    Args:
        pixels: uint8 [height, width, 3].
    """
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    made = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    # The conversion copies, so that the array may go; painting then needs no other.
    return made.convertToFormat(QImage.Format.Format_RGB32)


def _rgb(colour: str) -> tuple[int, int, int]:
    made = QColor(colour)
    return made.red(), made.green(), made.blue()
