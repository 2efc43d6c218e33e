"""Grad-CAM: which places of the last convolution speak for a class.

The encoders here do not average their last map over all places, but tell places apart. A mean
gradient over a channel would mix them, so every place keeps its own (HiResCAM); on an encoder that
averages, both are the same.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import numpy as np

from workbench.insight.explaining.inside import Inside, Question, changed
from workbench.insight.explaining.maps import Explanation, Map
from workbench.insight.trained import Arrays
from workbench.lazy import Tensor, keras, ops, tf
from workbench.parts import Modality

LEAST = 4
"""A map of fewer places says nothing of where."""


def grad_cam(inside: Inside, sample: Arrays, question: Question) -> Explanation:
    """Where the last convolution of each encoder that has one speaks for what is asked about.

    ``relu(sum over k of dF / dA_k * A_k)`` with ``A_k`` channel k of the map, enlarged to the size
    of the input.

    Args:
        inside: the model.
        sample: one sample, each modality [1, ...].
        question: what is asked about.

    References:
        Selvaraju et al. 2017, Grad-CAM, arXiv:1610.02391, eqs. 1 and 2; Draelos and Carin 2020,
        Use HiResCAM instead of Grad-CAM, arXiv:2011.08891, eq. 6.
    """
    floats = inside.floats(sample)
    maps: dict[Modality, Map] = {}
    problems: dict[Modality, str] = {}
    score = float("nan")
    for modality in inside.seen(question):
        layers = [
            layer
            for layer in inside.trained.built.encoders[modality]._flatten_layers()
            if modality != "text" and _gives_maps(layer)
        ]
        if not layers:
            problems[modality] = (
                "Its encoder has no convolution over places: choose another method."
            )
            continue
        heard = _Heard()
        with tf.GradientTape() as tape, ExitStack() as listening:
            tape.watch(floats[modality])
            for layer in layers:
                listening.enter_context(changed(layer, heard.hear))
            asked = inside.score(floats, question)
        fine = [out for out in heard.given if min(out.shape[1:-1], default=0) >= LEAST]
        if not fine:
            problems[modality] = "Its last convolution has too few places: choose another method."
            continue
        slopes = tape.gradient(asked, fine[-1])
        maps[modality] = _map(fine[-1], slopes, tuple(floats[modality].shape[1:]))
        score = float(asked[0])
    if not maps:
        score = float(inside.score(floats, question)[0])
    return Explanation(maps, problems, score)


class _Heard:
    """What layers gave, in the order in which they were asked."""

    def __init__(self) -> None:
        self.given: list[Tensor] = []

    def hear(self, given: Tensor) -> Tensor:
        """Take note, and change nothing."""
        self.given.append(given)
        return given


def _gives_maps(layer: Any) -> bool:
    kinds = (
        keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.DepthwiseConv2D,
        keras.layers.SeparableConv1D, keras.layers.SeparableConv2D, keras.layers.ReLU,
    )  # fmt: skip
    return isinstance(layer, kinds)


def _map(values: Tensor, slopes: Tensor, shape: tuple[int, ...]) -> Map:
    values, slopes = ops.cast(values, "float32")[0], ops.cast(slopes, "float32")[0]
    found = ops.relu(ops.sum(values * slopes, axis=-1))
    if len(found.shape) == 1:
        along = np.linspace(0, 1, shape[0])
        known = np.linspace(0, 1, int(found.shape[0]))
        return np.asarray(np.interp(along, known, ops.convert_to_numpy(found)), np.float32)
    large = tf.image.resize(found[..., None], shape[:2], method="bilinear")
    return np.asarray(large[..., 0], np.float32)
