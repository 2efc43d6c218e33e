"""Pictures and sounds as rows of the arrays that models are given: one way for all who need one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.data.readers import audio, image, text
from workbench.parts import Modality
from workbench.spec import DataSpec

SUFFIXES: dict[Modality, frozenset[str]] = {
    "image": image.SUFFIXES, "audio": audio.SUFFIXES, "text": text.SUFFIXES,
}  # fmt: skip
"""Endings of the files that are read, in small letters."""


@dataclass(frozen=True)
class RowForm:
    """What one file becomes.

    Args:
        shape: of its values.
        kind: type that they are kept in.
        decode: reads a file; its values may be of a finer type.
    """

    shape: tuple[int, ...]
    kind: np.dtype[Any]
    decode: Callable[[Path], NDArray[Any]]

    def read(self, path: Path) -> NDArray[Any]:
        """The values of a file as the array keeps them, of ``shape`` and ``kind``.

        Args:
            path: the file.

        Raises:
            UserError: it cannot be decoded.
        """
        return self.decode(path).astype(self.kind)


def row_form(modality: Literal["image", "audio"], spec: DataSpec) -> RowForm:
    """What a picture or sound becomes by the options of these data.

    Args:
        modality: which.
        spec: says how files are read.
    """
    if modality == "image":
        size, fit = spec.image.size, spec.image.fit
        return RowForm(
            (size, size, 3), np.dtype(np.uint8), lambda path: image.read_bytes(path, size, fit)
        )
    options = spec.audio
    return RowForm(
        audio.shape(options), np.dtype(np.float16), lambda path: audio.heard(path, options)
    )


def modality_of(path: Path) -> Modality | None:
    """What a file is by its name; None where it is nothing that is read.

    Args:
        path: any path; it need not be there.
    """
    ending = path.suffix.lower()
    return next((modality for modality, known in SUFFIXES.items() if ending in known), None)
