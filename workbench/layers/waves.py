"""Convolutions over raw waves."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from workbench.layers.residual import normalization

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="workbench")
class WaveEncoder(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Long filters over the wave, then blocks of short ones, each of which quarters time.

    The vector is a projection of the mean and the maximum over time.

    Args:
        width: filters over the wave, and channels of the first block; every block doubles them.
        depth: blocks.
        size: numbers in the embedding.
        norm: ``batch``, ``group`` or ``none``.
    """

    _FILTER, _STEP = 80, 4
    # Samples: at 16 kHz a filter of 5 ms sees a whole wave of 200 Hz (Dai et al. 2017, table 1).

    def __init__(self, width: int, depth: int, size: int, norm: str, **options: Any) -> None:
        super().__init__(**options)
        self.width, self.depth, self.size, self.norm = width, depth, size, norm
        bias = norm == "none"
        self.convolutions = [
            keras.layers.Conv1D(
                width, self._FILTER, self._STEP, padding="same", use_bias=bias, name="filters"
            )
        ]
        self.norms = [normalization(norm, width, "filters_norm")]
        for block in range(depth):
            channels = width * 2**block
            self.convolutions.append(
                keras.layers.Conv1D(
                    channels, 3, padding="same", use_bias=bias, name=f"convolution_{block}"
                )
            )
            self.norms.append(normalization(norm, channels, f"norm_{block}"))
        self.pool = keras.layers.MaxPooling1D(4, padding="same", name="pool")
        self.projection = keras.layers.Dense(size, activation="relu", name="projection")

    def build(self, shape: Shape) -> None:
        """Build for waves [batch, samples]."""
        current: Any = (*shape, 1)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            convolution.build(current)
            current = convolution.compute_output_shape(current)
            if norm is not None:
                # The batch normalisation of maps: a wave is a map of one line.
                norm.build((current[0], 1, *current[1:]))
            current = self.pool.compute_output_shape(current)
        self.last = (int(current[1]), int(current[2]))
        self.projection.build((shape[0], 2 * self.last[1]))
        self.built = True

    def call(self, wave: Any, training: bool = False) -> dict[str, Any]:
        """From [batch, samples] to ``vector`` and ``sequence``."""
        values = wave[..., None]
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            values = convolution(values)
            if norm is not None:
                line = values[:, None]
                batch = self.norm == "batch"
                values = (norm(line, training=training) if batch else norm(line))[:, 0]
            values = self.pool(ops.relu(values))
        both = ops.concatenate([ops.mean(values, axis=1), ops.max(values, axis=1)], axis=-1)
        return {"vector": self.projection(both), "sequence": values}

    def compute_output_shape(self, shape: Shape) -> dict[str, Shape]:
        """Of vector and sequence."""
        return {"vector": (shape[0], self.size), "sequence": (shape[0], *self.last)}

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        names = ("width", "depth", "size", "norm")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
