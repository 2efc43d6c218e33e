"""The last explanation of a sample: ``insight/explained.npz`` of a run, for whoever draws it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.errors import UserError
from workbench.parts import MODALITIES
from workbench.writing import write_atomic


@dataclass(frozen=True)
class Explained:
    """What is drawn.

    Args:
        number: of the question; an older file does not answer a newer one.
        given: by modality what the model was given: picture uint8 [side, side, 3], log-mel [frames,
            bands] or wave [values], token numbers [words].
        maps: by modality how much each place adds.
    """

    number: int
    given: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    maps: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)


def write(folder: Path, explained: Explained) -> None:
    """Put it into a run's folder.

    Raises:
        UserError: the folder cannot be written.
    """
    arrays: dict[str, NDArray[Any]] = {"number": np.array(explained.number)}
    arrays |= {f"given_{m}": values for m, values in explained.given.items()}
    arrays |= {f"map_{m}": values for m, values in explained.maps.items()}
    stream = io.BytesIO()
    np.savez(stream, **arrays)  # type: ignore[arg-type]  # its keywords are arrays too
    file = _file(folder)
    try:
        file.parent.mkdir(exist_ok=True)
        write_atomic(file, stream.getvalue())
    except OSError as error:
        raise UserError(
            f"{file} cannot be written: {error.strerror}.",
            "Free some space or make the folder writable.",
        ) from None


def read(folder: Path) -> Explained:
    """The last explanation.

    Raises:
        UserError: there is none, or the file is damaged.
    """
    try:
        with np.load(_file(folder), allow_pickle=False) as kept:
            return Explained(
                int(kept["number"]),
                {m: kept[f"given_{m}"] for m in MODALITIES if f"given_{m}" in kept.files},
                {m: kept[f"map_{m}"] for m in MODALITIES if f"map_{m}" in kept.files},
            )
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        raise UserError(f"{_file(folder)} is damaged.", "Ask for the sample again.") from None


def _file(folder: Path) -> Path:
    return folder / "insight" / "explained.npz"
