"""Ordinary samples that stand in for a modality that is taken away.

A model that never met a sample without sound can only be asked what it says on average when the
sound is that of somebody else (the marginal expectation of Lundberg and Lee 2017,
arXiv:1705.07874). Those others are kept with the run, so that the data need not be at hand.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.prepared import Prepared
from workbench.errors import UserError
from workbench.parts import MODALITIES, Modality
from workbench.writing import write_atomic

MOST = 64
"""Samples kept; 50 are enough for a mean (losses_and_fusion, section 4)."""
_BYTES = 48 * 2**20
# Larger than this the file shall not be: fewer samples then.


def keep(folder: Path, prepared: Prepared, seed: int) -> None:
    """Keep some training samples that have every modality in ``model/background.npz``.

    Args:
        folder: of the run.
        prepared: its samples.
        seed: which are drawn.

    Raises:
        UserError: the folder cannot be written.
    """
    rows = prepared.rows("train")
    for mask in prepared.masks.values():
        rows = rows[mask[rows]]
    each = sum(array[0].nbytes for array in prepared.arrays.values())
    count = min(len(rows), MOST, max(_BYTES // max(each, 1), 1))
    chosen = np.sort(np.random.default_rng(seed).choice(rows, count, replace=False))
    stream = io.BytesIO()
    arrays = {str(m): np.ascontiguousarray(v[chosen]) for m, v in prepared.arrays.items()}
    np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]  # its keywords are arrays too
    try:
        _file(folder).parent.mkdir(parents=True, exist_ok=True)
        write_atomic(_file(folder), stream.getvalue())
    except OSError as error:
        raise UserError(
            f"{_file(folder)} cannot be written: {error.strerror}.",
            "Free some space or make the folder writable.",
        ) from None


def background(folder: Path) -> dict[Modality, NDArray[Any]]:
    """The samples of ``keep``, arrays as of ``Prepared.arrays``, all of one length.

    Args:
        folder: of the run.

    Raises:
        UserError: the run keeps none, or the file is damaged.
    """
    file = _file(folder)
    again = "Evaluate the run again; that draws them anew."
    try:
        with np.load(file, allow_pickle=False) as kept:
            found = {m: np.asarray(kept[m]) for m in MODALITIES if m in kept.files}
    except FileNotFoundError:
        raise UserError(f"{folder} keeps no ordinary samples to compare with.", again) from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        raise UserError(f"{file} is damaged.", again) from None
    if not found or len({len(values) for values in found.values()}) != 1:
        raise UserError(f"{file} is damaged.", again)
    return found


def _file(folder: Path) -> Path:
    return folder / "model" / "background.npz"
