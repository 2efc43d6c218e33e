"""Occlusion: what happens when a place is covered."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.insight.explaining.inside import Inside, Question
from workbench.insight.explaining.maps import Explanation, Map
from workbench.insight.trained import Arrays
from workbench.lazy import ops
from workbench.parts import Modality

_ACROSS = 8
"""A window is this part of a side; windows overlap by half."""
_AT_ONCE = 64
_BANDS = 4
_UNKNOWN = 1
# The token number of a word that the tokeniser does not know.

Slices = tuple[slice, ...]


def occlusion(inside: Inside, sample: Arrays, question: Question) -> Explanation:
    """How much is lost when a window, a passage or a word is covered.

    Pictures are covered with their mean colour, sounds with their own floor, words with an unknown
    one. A place gets the mean over all windows that cover it.

    Args:
        inside: the model.
        sample: one sample, each modality [1, ...].
        question: what is asked about.

    References:
        Zeiler and Fergus 2014, Visualizing and understanding convolutional networks,
        arXiv:1311.2901, section 4.2.
    """
    seen = inside.seen(question)
    floats = inside.floats(sample)
    encoded = {m: inside.encode(m, floats[m]) for m in seen}
    score = float(inside.chosen(inside.decide(encoded, question), question)[0])
    maps: dict[Modality, Map] = {}
    for modality in seen:
        values = np.asarray(ops.convert_to_numpy(floats[modality]))[0]
        windows = list(_windows(modality, values))
        fill = _fill(modality, values)
        lost = np.zeros(len(windows), np.float64)
        for begin in range(0, len(windows), _AT_ONCE):
            some = windows[begin : begin + _AT_ONCE]
            covered = np.repeat(values[None], len(some), axis=0)
            for place, window in enumerate(some):
                covered[place][window] = fill
            others = {
                m: {n: ops.repeat(t, len(some), axis=0) for n, t in tensors.items()}
                for m, tensors in encoded.items()
                if m != modality
            }
            mine = inside.encode(modality, ops.convert_to_tensor(covered))
            said = inside.chosen(inside.decide({**others, modality: mine}, question), question)
            lost[begin : begin + len(some)] = score - ops.convert_to_numpy(said)
        maps[modality] = _spread(modality, values.shape, windows, lost)
    return Explanation(maps, {}, score)


def _fill(modality: Modality, values: NDArray[Any]) -> Any:
    if modality == "image":
        return values.mean(axis=(0, 1))
    if modality == "audio":
        return values.min() if values.ndim == 2 else 0.0
    return _UNKNOWN if values.dtype == np.int32 else 0.0


def _windows(modality: Modality, values: NDArray[Any]) -> Iterator[Slices]:
    if modality == "text":
        places = np.flatnonzero(values).tolist() if values.dtype == np.int32 else []
        yield from ((slice(place, place + 1),) for place in places)
        if values.dtype != np.int32:
            yield (slice(None),)
        return
    sides = values.shape[:2] if modality == "image" else values.shape
    parts: tuple[int, ...] = (_ACROSS, _ACROSS if modality == "image" else _BANDS)
    if len(sides) == 1:
        parts = (4 * _ACROSS,)
    stretches = [_stretches(side, part) for side, part in zip(sides, parts, strict=True)]
    yield from product(*stretches)


def _stretches(length: int, parts: int) -> list[slice]:
    """Overlapping windows over a side; the last ends with it."""
    wide = max(length // parts, 1)
    step = max(wide // 2, 1)
    starts = [*range(0, length - wide, step), length - wide]
    return [slice(start, start + wide) for start in starts]


def _spread(
    modality: Modality, shape: tuple[int, ...], windows: list[Slices], lost: NDArray[np.float64]
) -> Map:
    if modality == "text" and len(windows) == 1 and windows[0] == (slice(None),):
        return np.asarray(lost, np.float32)
    sides = shape[:2] if modality == "image" else shape
    total, times = np.zeros(sides), np.zeros(sides)
    for window, value in zip(windows, lost, strict=True):
        total[window] += value
        times[window] += 1
    return np.asarray(total / np.maximum(times, 1), np.float32)
