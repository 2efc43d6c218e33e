"""Integrated gradients: how much each place adds on the way from nothing to the sample."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from workbench.insight.background import background
from workbench.insight.explaining.inside import Inside, Question, changed
from workbench.insight.explaining.maps import Explanation, Map
from workbench.insight.trained import Arrays
from workbench.lazy import Tensor, keras, ops, tf
from workbench.parts import Modality

STEPS = 64
"""Steps at first; they are doubled while the maps miss the difference by over 1 %."""
MOST_STEPS = 256
GAP = 0.01
_AT_ONCE = 16
Baseline = Literal["nothing", "mean", "blurred"]
"""Black and silence; the mean of ordinary samples; the picture without its details and silence."""
_BLUR = 0.15
# Standard deviation of the blur, as a share of the picture's side.


def integrated_gradients(
    inside: Inside, sample: Arrays, question: Question, baseline: Baseline = "nothing",
    steps: int = STEPS,
) -> Explanation:  # fmt: skip
    """How much each place of all modalities adds to what is asked about.

    ``(x - x') * mean over t of dF / dx (x' + t (x - x'))``, t in the middle of equal steps; all
    modalities go their way together, so that their maps add up to ``F(x) - F(x')``. Words go from
    padding, in the space of their embeddings.

    Args:
        inside: the model.
        sample: one sample, each modality [1, ...].
        question: what is asked about.
        baseline: where pictures and sounds begin.
        steps: how many at first.

    References:
        Sundararajan, Taly and Yan 2017, Axiomatic attribution for deep networks, arXiv:1703.01365,
        eq. 1 and section 5.
    """
    floats = {m: v for m, v in inside.floats(sample).items() if m in inside.seen(question)}
    start = {m: _baseline(inside, m, sample[m], baseline) for m in floats}
    way = _Way(inside, question, floats, start)
    ends = way.scores(np.array([0.0, 1.0], np.float32))
    wanted = ends[1] - ends[0]
    while True:
        maps = _maps(way, list(floats), steps)
        missed = sum(float(found.sum()) for found in maps.values()) - wanted
        gap = abs(missed) / max(abs(wanted), 1e-6)
        if gap <= GAP or 2 * steps > MOST_STEPS:
            return Explanation(maps, {}, ends[1], gap, ends[0])
        steps *= 2


def _maps(way: _Way, modalities: list[Modality], steps: int) -> dict[Modality, Map]:
    total: dict[Modality, Any] = dict.fromkeys(modalities, 0.0)
    places = np.asarray((np.arange(steps) + 0.5) / steps, np.float32)
    for begin in range(0, steps, _AT_ONCE):
        some = places[begin : begin + _AT_ONCE]
        for modality, slopes in way.slopes(some).items():
            total[modality] = total[modality] + ops.convert_to_numpy(ops.sum(slopes, axis=0))
    return {m: way.attributed(m, total[m] / steps) for m in modalities}


class _Way:
    """The straight way from a baseline to a sample."""

    def __init__(
        self, inside: Inside, question: Question, floats: dict[Modality, Tensor],
        start: dict[Modality, NDArray[np.float32]],
    ) -> None:  # fmt: skip
        self._inside, self._question, self._floats, self._start = inside, question, floats, start
        self._words: Any = None
        text = floats.get("text")
        if text is not None and text.dtype == tf.int32:
            self._words = _embedding(inside.trained.built.encoders["text"])
        self._steps: dict[str, Tensor] = {}

    def scores(self, places: NDArray[np.float32]) -> list[float]:
        """What is asked about at some places."""
        asked = self._walk(places, lambda tensor: None)
        return [float(value) for value in ops.convert_to_numpy(asked)]

    def slopes(self, places: NDArray[np.float32]) -> dict[Modality, Tensor]:
        """Gradients at some places, by modality [places, ...]."""
        with tf.GradientTape() as tape:
            asked = self._walk(places, tape.watch)
        watched = {m: self._at[m] for m in self._floats}
        found = tape.gradient(asked, watched)
        return {m: ops.cast(slope, "float32") for m, slope in found.items() if slope is not None}

    def _walk(self, places: NDArray[np.float32], watch: Callable[[Tensor], object]) -> Tensor:
        self._at: dict[Modality, Tensor] = {}
        given: dict[Modality, Tensor] = {}
        with ExitStack() as listening:
            for modality, values in self._floats.items():
                if modality == "text" and self._words is not None:
                    given[modality] = ops.repeat(values, len(places), axis=0)
                    change = self._between(places, watch)
                    listening.enter_context(changed(self._words, change))
                    continue
                share = places.reshape(-1, *([1] * (len(values.shape) - 1)))
                start = self._start[modality]
                at = ops.convert_to_tensor(start) + share * (values - start)
                watch(at)
                self._at[modality] = given[modality] = at
            return self._inside.score(given, self._question)

    def _between(
        self, places: NDArray[np.float32], watch: Callable[[Tensor], object]
    ) -> Callable[[Tensor], Tensor]:
        def change(embedded: Tensor) -> Tensor:
            padding = self._words.embeddings[0]
            way = ops.cast(embedded, "float32") - padding
            at = padding + places.reshape(-1, 1, 1) * way
            watch(at)
            self._at["text"] = at
            self._steps["text"] = way[0]
            return ops.cast(at, embedded.dtype)

        return change

    def attributed(self, modality: Modality, slopes: NDArray[np.float32]) -> Map:
        """The map of a modality from its mean gradient."""
        if modality == "text" and self._words is not None:
            way = ops.convert_to_numpy(self._steps["text"])
            return np.asarray((way * slopes).sum(axis=-1), np.float32)
        values = ops.convert_to_numpy(self._floats[modality])[0]
        found = (values - self._start[modality][0]) * slopes
        if modality == "image":
            return np.asarray(found.sum(axis=-1), np.float32)
        # A vector of a sentence has no places that mean anything.
        return np.asarray(found.sum(keepdims=True) if modality == "text" else found, np.float32)


def _embedding(encoder: Any) -> Any:
    """The layer that gives each word its embedding."""
    found = [x for x in encoder._flatten_layers() if isinstance(x, keras.layers.Embedding)]
    # Places in the text may have embeddings too; the words have the larger table.
    return max(found, key=lambda layer: layer.input_dim)


def _baseline(
    inside: Inside, modality: Modality, values: NDArray[Any], kind: Baseline
) -> NDArray[np.float32]:
    given = np.asarray(values, np.float32)
    if kind == "mean" and values.dtype != np.int32:
        others = np.asarray(background(inside.trained.folder)[modality], np.float32)
        return np.asarray(others.mean(axis=0, keepdims=True), np.float32)
    if modality == "image" and kind == "blurred":
        side = given.shape[1]
        return np.asarray(gaussian_filter(given, (0, _BLUR * side, _BLUR * side, 0)), np.float32)
    if modality == "audio" and given.ndim == 3:
        # Log-mel in about -1..1: its floor is silence.
        return np.full_like(given, min(-1.0, float(given.min())))
    return np.zeros_like(given)
