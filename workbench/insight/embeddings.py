"""What a trained model makes of the samples of a split, before its head decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data import batches
from workbench.data.folder import Stopped
from workbench.data.index import Strings
from workbench.data.prepared import Prepared
from workbench.errors import UserError
from workbench.insight.trained import BATCH, Trained
from workbench.lazy import keras, ops, tf
from workbench.runs.maps import FUSED, Space, spaces_of
from workbench.spec import PAIRS
from workbench.training.model import embedding_of, projection_of

MOST = 50_000
"""Samples of a split that are looked at; of more an even choice."""

Vectors = NDArray[np.float32]
Told = Callable[[int, int], object]
"""Hears how many samples are done, and of how many."""


@dataclass(frozen=True)
class Embeddings:
    """The vectors of the samples of a split.

    Args:
        stems: names of the samples, in the order of the split.
        spaces: vectors [samples, size] by space; of a pair of modalities both halves.
        has: which samples have all modalities of a space, bool [samples].
    """

    stems: Strings
    spaces: dict[Space, tuple[Vectors, ...]]
    has: dict[Space, NDArray[np.bool_]]


def embeddings(
    trained: Trained, prepared: Prepared, split: str,
    told: Told = lambda done, total: None, stop: Callable[[], bool] = lambda: False,
) -> Embeddings:  # fmt: skip
    """Run the model over a split and keep what it makes of each sample.

    Args:
        trained: the run.
        prepared: its samples, as of ``Trained.samples``.
        split: ``train``, ``validation`` or ``test``.
        told: hears how far it is.
        stop: asked between batches.

    Raises:
        UserError: the split is empty, or an embedding is not finite.
        Stopped: the wish to stop was heard.
    """
    rows = chosen_rows(prepared.rows(split), MOST)
    if len(rows) == 0:
        raise UserError(f"The {split} split holds no samples.", "Choose another split.")
    outputs = _outputs(trained)
    model = keras.Model(trained.model.inputs, outputs)
    say = tf.function(lambda inputs: model(inputs, training=False))
    found: dict[str, list[Vectors]] = {name: [] for name in outputs}
    done = 0
    for inputs, *_ in batches.sequential(prepared, rows, min(BATCH, len(rows))):
        if stop():
            raise Stopped
        for name, values in say(inputs).items():
            found[name].append(ops.convert_to_numpy(values).astype(np.float32))
        done += BATCH
        told(min(done, len(rows)), len(rows))
    vectors = {name: np.concatenate(v)[: len(rows)] for name, v in found.items()}
    spaces = {s: tuple(vectors[n] for n in _names(s)) for s in spaces_of(trained.spec)}
    has = {space: _has(prepared, rows, space) for space in spaces}
    for space, halves in spaces.items():
        if not all(np.isfinite(half[has[space]]).all() for half in halves):
            raise UserError(
                f"The embeddings ({space}) hold values that are not finite.",
                "The training has burst: train again with a lower learning rate.",
            )
    return Embeddings(prepared.stems[rows], spaces, has)


def chosen_rows(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """These rows, or of very many an even choice in the same order."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(np.int64)]


def _outputs(trained: Trained) -> dict[str, Any]:
    """Tensors of the model that are looked at, each as [batch, size], by name."""
    found: dict[str, Any] = {}
    for space in spaces_of(trained.spec):
        if space == FUSED:
            found[FUSED] = trained.model.get_layer("head").input
            continue
        for name in _names(space):
            found[name] = trained.model.output[name]
    return found


def _names(space: Space) -> tuple[str, ...]:
    if space in PAIRS:
        return tuple(projection_of(space, modality) for modality in PAIRS[space])
    return (space,) if space == FUSED else (embedding_of(space),)


def _has(prepared: Prepared, rows: NDArray[np.int64], space: Space) -> NDArray[np.bool_]:
    has = np.ones(len(rows), bool)
    for modality, mask in prepared.masks.items():
        if modality in PAIRS.get(space, (space,)):
            has &= mask[rows]
    return has
