"""Convolutions over pictures and spectrograms."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import keras
from keras import ops

from workbench.layers.normalization import FusedBatchNormalization

MOMENTUM = 0.9
"""Keras' 0.99 needs hundreds of steps to forget the start; small data have 20 in an epoch."""


@keras.saving.register_keras_serializable(package="workbench")
class ConvolutionEncoder(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Blocks of convolution, normalisation, ReLU and pooling, then a projection of a coarse map.

    Args:
        width: channels of the first block; every block doubles them.
        depth: blocks.
        size: numbers in the embedding.
        norm: ``batch``, ``group`` or ``none``.
        grid: places (down, across) over which the last map is averaged; a map with fewer places
            keeps those that it has.
        over_time: a place of the sequence is a time, all pitches together.
    """

    def __init__(
        self, width: int, depth: int, size: int, norm: str, grid: tuple[int, int],
        over_time: bool = False, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(**options)
        self.over_time = over_time
        self.width, self.depth, self.size, self.norm = width, depth, size, norm
        self.grid = tuple(grid)
        self.blocks = []
        for block in range(depth):
            channels = width * 2**block
            self.blocks.append(
                keras.layers.Conv2D(
                    channels,
                    3,
                    padding="same",
                    use_bias=norm == "none",
                    name=f"convolution_{block}",
                )
            )
            if norm == "batch":
                self.blocks.append(FusedBatchNormalization(momentum=MOMENTUM, name=f"norm_{block}"))
            elif norm == "group":
                groups = next(n for n in (8, 4, 2, 1) if channels % n == 0)
                self.blocks.append(keras.layers.GroupNormalization(groups, name=f"norm_{block}"))
            self.blocks.append(keras.layers.ReLU(name=f"relu_{block}"))
            self.blocks.append(keras.layers.MaxPooling2D(padding="same", name=f"pool_{block}"))
        self.projection = keras.layers.Dense(size, activation="relu", name="projection")

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Build every block for maps [batch, down, across(, channels)]."""
        current = shape if len(shape) == 4 else (*shape, 1)
        for block in self.blocks:
            block.build(current)
            current = block.compute_output_shape(current)
        self.kept = kept_places(self.grid, current)
        self.last = tuple(int(n) for n in current[1:] if n is not None)
        self.projection.build((shape[0], self.kept[0] * self.kept[1] * self.last[2]))
        self.built = True

    def call(self, maps: Any, training: bool = False) -> dict[str, Any]:
        """From [batch, down, across(, channels)] to ``vector`` and ``sequence``."""
        values = maps if len(maps.shape) == 4 else maps[..., None]
        for block in self.blocks:
            normalises = isinstance(block, FusedBatchNormalization)
            values = block(values, training=training) if normalises else block(values)
        return {
            "vector": self.projection(coarse(values, self.kept)),
            "sequence": places_of(values, self.over_time),
        }

    def compute_output_shape(
        self, shape: tuple[int | None, ...]
    ) -> dict[str, tuple[int | None, ...]]:
        """Of vector and sequence."""
        down, across, channels = self.last
        places = down if self.over_time else down * across
        return {"vector": (shape[0], self.size), "sequence": (shape[0], places, channels)}

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        names = ("width", "depth", "size", "norm", "grid", "over_time")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def kept_places(grid: tuple[int, ...], shape: tuple[int | None, ...]) -> tuple[int, int]:
    """The places (down, across) that a map is averaged over; no more than it has.

    Args:
        grid: the places wanted.
        shape: of the maps, [batch, down, across, channels].
    """
    return min(grid[0], shape[1] or 1), min(grid[1], shape[2] or 1)


def places_of(values: Any, over_time: bool) -> Any:
    """A map as a sequence of places, [batch, places, channels].

    Args:
        values: [batch, down, across, channels].
        over_time: places are those down, of a spectrogram the times; the mean of all across.
    """
    if over_time:
        return ops.mean(values, axis=2)
    return ops.reshape(values, (-1, values.shape[1] * values.shape[2], values.shape[3]))


def coarse(values: Any, kept: tuple[int, int]) -> Any:
    """A map averaged over the places of a grid, flat.

    Args:
        values: [batch, down, across, channels].
        kept: of ``kept_places``.
    """
    down, across, channels = values.shape[1:]
    rows, columns = _bounds(down, kept[0]), _bounds(across, kept[1])
    if all(stop - start == rows[0][1] for start, stop in rows) and all(
        stop - start == columns[0][1] for start, stop in columns
    ):
        shape = (-1, kept[0], rows[0][1], kept[1], columns[0][1], channels)
        means = ops.mean(ops.reshape(values, shape), axis=(2, 4))
    else:
        means = ops.stack(
            [
                ops.mean(values[:, top:bottom, left:right], axis=(1, 2))
                for top, bottom in rows
                for left, right in columns
            ],
            axis=1,
        )
    return ops.reshape(means, (-1, kept[0] * kept[1] * channels))


def _bounds(length: int, parts: int) -> list[tuple[int, int]]:
    """Cut a length into parts as equal as can be."""
    edges = [length * part // parts for part in range(parts + 1)]
    return list(pairwise(edges))
