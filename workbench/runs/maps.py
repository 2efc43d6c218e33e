"""Maps of embeddings: where each sample of a split lies in two dimensions, in ``insight/``."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from workbench import parts
from workbench.data.index import Strings
from workbench.errors import UserError
from workbench.parts import MODALITIES
from workbench.spec import PAIRS, RunSpec
from workbench.writing import write_atomic

Method = Literal["pca", "umap", "tsne"]
Split = Literal["train", "validation", "test"]
Space = Literal["image", "audio", "text", "fused", "image+audio", "image+text", "audio+text"]

METHODS: tuple[Method, ...] = get_args(Method)
SPLITS: tuple[Split, ...] = get_args(Split)
SPACES: tuple[Space, ...] = get_args(Space)

TITLES: dict[Method, str] = {"pca": "PCA", "umap": "UMAP", "tsne": "t-SNE"}
MOST_TSNE = 5000
"""t-SNE takes fewer samples than this: its time grows faster than their number."""

FUSED: Space = "fused"

_AGAIN = "Compute the map again."
_FIGURES = ("alignment", "uniformity_first", "uniformity_second", "gap")


def spaces_of(spec: RunSpec) -> tuple[Space, ...]:
    """The spaces that a run has: each modality, the fused one, and those of its alignments."""
    found: list[Space] = [m for m in MODALITIES if m in spec.modalities]
    if not why_no_fused(spec):
        found.append(FUSED)
    found += [pair for pair in PAIRS if pair in spec.objective.alignments]  # type: ignore[misc]  # its names are those of Space
    return tuple(found)


def why_no_fused(spec: RunSpec) -> str:
    """Why a run has no fused embedding, in a sentence; "" where it has one."""
    if spec.objective.loss is None:
        return "This run aligns pairs without a target: nothing is fused."
    if parts.find("fusion", spec.model.fusion.name).decides:
        title = parts.find("fusion", spec.model.fusion.name).title
        return f"{title} joins the answers of the modalities, not their embeddings."
    return ""


@dataclass(frozen=True)
class EmbeddingMap:
    """Where samples lie.

    Args:
        split: which samples.
        space: a modality, ``fused``, or a pair of modalities in the space where they were aligned.
        method: how many dimensions were made two.
        stems: names of the samples, in the order of the evaluation's rows; of very many an even
            choice.
        places: [samples, 2]; NaN where a sample lacks that modality.
        partners: of a pair where the second half of each sample lies; empty otherwise.
        explained: share of the variance that each of the two directions holds; of PCA alone.
        figures: of a pair ``alignment``, ``uniformity_first``, ``uniformity_second`` and ``gap``;
            empty otherwise.
    """

    split: Split
    space: Space
    method: Method
    stems: Strings
    places: NDArray[np.float32]
    partners: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 2), np.float32))
    explained: tuple[float, ...] = ()
    figures: dict[str, float] = field(default_factory=dict)


def file_of(split: Split, space: Space, method: Method) -> str:
    """Where a map stands inside a run's folder."""
    return f"insight/map-{split}-{space}-{method}.npz"


def write(folder: Path, found: EmbeddingMap) -> Path:
    """Put a map into a run's folder.

    Args:
        folder: of the run.
        found: the map.

    Returns:
        The file.

    Raises:
        UserError: the folder cannot be written.
    """
    file = folder / file_of(found.split, found.space, found.method)
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        stems=np.frombuffer(json.dumps(found.stems.tolist()).encode(), np.uint8),
        places=found.places.astype(np.float32),
        partners=found.partners.astype(np.float32),
        explained=np.asarray(found.explained, np.float64),
        figures=np.array([found.figures.get(name, np.nan) for name in _FIGURES]),
    )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(file, stream.getvalue())
    except OSError as error:
        raise UserError(
            f"The map cannot be written to {file.parent}: {error.strerror}.",
            "Free some space or make the folder writable, then compute it again.",
        ) from None
    return file


def read(folder: Path, split: Split, space: Space, method: Method) -> EmbeddingMap | None:
    """The map of a run.

    Args:
        folder: of the run.
        split: which samples.
        space: which embedding.
        method: how many dimensions were made two.

    Returns:
        None where there is none, or where the run was trained on since.

    Raises:
        UserError: the file is damaged.
    """
    file = folder / file_of(split, space, method)
    if not is_current(folder, file):
        return None
    try:
        with np.load(file, allow_pickle=False) as kept:
            stems = _strings(kept["stems"])
            explained = kept["explained"]
            places, partners = kept["places"], kept["partners"]
            figures = kept["figures"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        raise UserError(f"{file} is damaged.", _AGAIN) from None
    many = len(stems)
    fits = (
        places.shape == (many, 2)
        and partners.shape in ((many, 2), (0, 2))
        and (places.dtype, partners.dtype) == (np.float32, np.float32)
        and explained.shape in ((0,), (2,))
        and figures.shape == (len(_FIGURES),)
        and (explained.dtype, figures.dtype) == (np.float64, np.float64)
    )
    if not fits:
        raise UserError(f"{file} is damaged.", _AGAIN)
    known = {n: float(v) for n, v in zip(_FIGURES, figures, strict=True) if np.isfinite(v)}
    return EmbeddingMap(
        split, space, method, stems, places, partners, tuple(explained.tolist()), known
    )


def _strings(written: NDArray[np.uint8]) -> Strings:
    """Names as they were written: as JSON, as they may be of any length and hold any character."""
    found = json.loads(written.tobytes())
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise ValueError("its names are none")
    return np.array(found, np.dtypes.StringDType())


def is_current(folder: Path, file: Path) -> bool:
    """Whether what was found out of a run is there, and younger than its weights.

    Args:
        folder: of the run.
        file: what was found out.
    """
    try:
        found = file.stat().st_mtime_ns
        weights = folder / "checkpoints" / "best.npz"
        return not weights.exists() or weights.stat().st_mtime_ns <= found
    except OSError:
        return False
