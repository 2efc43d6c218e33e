"""Where samples lie in the space of an alignment: ``evaluation/<split>-pairs.npz`` of a run."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.errors import UserError
from workbench.spec import PAIRS
from workbench.writing import write_atomic

MOST = 50_000
"""Samples that are kept, the first ones."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Aligned:
    """The halves of one pair.

    Args:
        stems: names of the samples.
        halves: by modality its unit vectors, float32 [samples, size].
        has: which samples have both, bool [samples].
    """

    stems: NDArray[np.str_]
    halves: Mapping[str, Vectors]
    has: NDArray[np.bool_]

    def nearest(self, asked: str, row: int, many: int) -> tuple[NDArray[np.int64], Vectors]:
        """Who of the other modality lies nearest to a sample.

        Args:
            asked: the modality that is given.
            row: of which sample.
            many: how many are wanted.

        Returns:
            Rows, the nearest first, and their cosines.
        """
        (other,) = (m for m in self.halves if m != asked)
        near = self.halves[other] @ self.halves[asked][row]
        near[~self.has] = -np.inf
        many = min(many, int(self.has.sum()))
        rows = np.argsort(-near, kind="stable")[:many]
        return rows, near[rows]

    def place(self, asked: str, row: int) -> int:
        """The place of a sample's own partner among all, 1 for the nearest."""
        (other,) = (m for m in self.halves if m != asked)
        near = self.halves[other][self.has] @ self.halves[asked][row]
        own = float(self.halves[other][row] @ self.halves[asked][row])
        return int((near > own + 1e-6).sum()) + 1


def write(
    folder: Path, split: str, stems: NDArray[Any],
    pairs: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]],
) -> None:  # fmt: skip
    """Keep the halves of all pairs, as unit vectors in half precision.

    Args:
        folder: of the run.
        split: which samples these are.
        stems: their names, strings of any kind.
        pairs: by name both halves, [samples, size], and which samples have both.

    Raises:
        UserError: the folder cannot be written.
    """
    arrays: dict[str, NDArray[np.generic]] = {"stems": np.array(stems[:MOST].tolist(), np.str_)}
    for name, (first, second, has) in pairs.items():
        arrays[f"{name} has"] = has[:MOST]
        for modality, values in zip(PAIRS[name], (first, second), strict=True):
            length = np.linalg.norm(values[:MOST], axis=1, keepdims=True)
            arrays[f"{name} {modality}"] = (values[:MOST] / np.maximum(length, 1e-12)).astype(
                np.float16
            )
    stream = io.BytesIO()
    np.savez(stream, **arrays)  # type: ignore[arg-type]  # its keywords are arrays too
    try:
        write_atomic(_file(folder, split), stream.getvalue())
    except OSError as error:
        raise UserError(
            f"{_file(folder, split)} cannot be written: {error.strerror}.",
            "Free some space or make the folder writable, then evaluate again.",
        ) from None


def read(folder: Path, split: str) -> dict[str, Aligned]:
    """All pairs of a split; empty where the run aligned none.

    Args:
        folder: of the run.
        split: ``train``, ``validation`` or ``test``.

    Raises:
        UserError: the file is damaged.
    """
    file = _file(folder, split)
    found = {}
    try:
        with np.load(file, allow_pickle=False) as kept:
            stems = np.asarray(kept["stems"], np.str_)
            for name, modalities in PAIRS.items():
                if f"{name} has" in kept.files:
                    halves = {str(m): kept[f"{name} {m}"].astype(np.float32) for m in modalities}
                    found[name] = Aligned(stems, halves, np.asarray(kept[f"{name} has"], bool))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        raise UserError(f"{file} is damaged.", "Evaluate the run again.") from None
    for pair in found.values():
        wrong = any(v.ndim != 2 or len(v) != len(stems) for v in pair.halves.values())
        if wrong or pair.has.shape != stems.shape:
            raise UserError(f"{file} is damaged.", "Evaluate the run again.")
    return found


def _file(folder: Path, split: str) -> Path:
    return folder / "evaluation" / f"{split}-pairs.npz"
