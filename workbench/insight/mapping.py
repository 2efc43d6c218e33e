"""Maps of a run: its embeddings of a split, brought into two dimensions and kept with the run."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from workbench.data.folder import Stopped
from workbench.data.prepared import Prepared
from workbench.errors import UserError
from workbench.insight.embeddings import Embeddings, embeddings
from workbench.insight.projection import figures_of_pairs, project, refuse, unit
from workbench.insight.trained import Trained
from workbench.runs import maps
from workbench.runs.maps import EmbeddingMap, Method, Space, Split
from workbench.spec import PAIRS

Told = Callable[[str, int, int], object]
"""Hears what is done now, how much of it is done, and of how much; 0 of 0: not known."""


def refuse_space(trained: Trained, space: Space) -> None:
    """Refuse a space that the run does not have.

    Args:
        trained: the run.
        space: which.

    Raises:
        UserError: why there is none, and which there are.
    """
    known = maps.spaces_of(trained.spec)
    if space not in known:
        why = maps.why_no_fused(trained.spec) if space == "fused" else ""
        problem = why or f"This run has no embedding called {space}."
        raise UserError(problem, f"Choose one of: {', '.join(known)}.")


def draw(
    trained: Trained, prepared: Prepared, split: Split, space: Space, method: Method,
    told: Told = lambda words, done, total: None, stop: Callable[[], bool] = lambda: False,
) -> EmbeddingMap:  # fmt: skip
    """Make a map and keep it with the run; the PCA of the other spaces costs little and comes too.

    Args:
        trained: the run.
        prepared: its data as they are now.
        split: which samples.
        space: which embedding.
        method: how many dimensions become two.
        told: hears how far it is.
        stop: asked now and then.

    Returns:
        The map that was asked for.

    Raises:
        UserError: the run has no such space, the method does not suit, or the data have changed.
        Stopped: the wish to stop was heard.
    """
    refuse_space(trained, space)
    refuse(method, len(prepared.rows(split)) * (2 if space in PAIRS else 1))
    samples = trained.samples(prepared)
    words = f"Embedding the {split} samples"
    found = embeddings(trained, samples, split, lambda d, t: told(words, d, t), stop)
    seed = trained.spec.training.seed
    for other in found.spaces:
        if stop():
            raise Stopped
        if int(found.has[other].sum()) >= 2 and (other, "pca") != (space, method):
            maps.write(trained.folder, _map_of(found, split, other, "pca", seed))
    told(f"Laying the samples out ({maps.TITLES[method]})", 0, 0)
    wanted = _map_of(found, split, space, method, seed)
    maps.write(trained.folder, wanted)
    return wanted


def _map_of(
    found: Embeddings, split: Split, space: Space, method: Method, seed: int
) -> EmbeddingMap:
    """One map; both halves of pairs lie in one plane, as unit vectors, as they were compared."""
    has, halves = found.has[space], found.spaces[space]
    figures: dict[str, float] = {}
    vectors = halves[0][has]
    if len(halves) == 2 and has.any():
        figures = figures_of_pairs(halves[0][has], halves[1][has], seed)
        both = [unit(half[has]) for half in halves]
        vectors = np.concatenate(both).astype(np.float32)
    laid = project(vectors, method, seed)
    many = int(has.sum())
    places = np.full((len(halves), len(has), 2), np.nan, np.float32)
    for number in range(len(halves)):
        places[number, has] = laid.places[number * many : (number + 1) * many]
    partners = places[1] if len(halves) == 2 else np.empty((0, 2), np.float32)
    return EmbeddingMap(
        split, space, method, found.stems, places[0], partners, laid.explained, figures
    )
