"""Transformers over patches of pictures and spectrograms; memories over their times."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from workbench.errors import UserError
from workbench.layers.fusing_attention import AttentionBlock
from workbench.layers.residual import normalization

Shape = tuple[int | None, ...]

MOST_PLACES = 4096
"""Every patch looks at every other one: twice as many take four times the memory."""


@keras.saving.register_keras_serializable(package="workbench")
class PatchTransformer(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Cuts maps into patches that look at one another (Dosovitskiy et al. 2021).

    A map that the patches do not divide is filled up with zeros at its edges. The places of the
    patches are learned; the vector is the mean over all patches.

    Args:
        patch: pixels (down, across) of a patch.
        size: numbers in a patch's token and in the vector.
        depth: blocks.
        heads: attention heads.
        dropout: share silenced while training.
        centre: maps in 0..1 are brought to -1..1: with their mean in them all tokens are nearly
            alike, and it takes long until anything is learned.
    """

    def __init__(
        self, patch: tuple[int, int], size: int, depth: int, heads: int, dropout: float,
        centre: bool = False, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(**options)
        self.centre = centre
        self.patch, self.size, self.depth = tuple(patch), size, depth
        self.heads, self.dropout = heads, dropout
        own = {"dtype": self.dtype_policy}
        self.cut = keras.layers.Conv2D(
            size, self.patch, self.patch, padding="same", name="cut", **own
        )
        self.blocks = [
            AttentionBlock(heads, dropout, name=f"block_{place}", **own) for place in range(depth)
        ]
        self.norm = keras.layers.LayerNormalization(name="norm", **own)

    def build(self, shape: Shape) -> None:
        """Build for maps [batch, down, across(, channels)].

        Raises:
            UserError: there would be more patches than can look at one another.
        """
        maps = shape if len(shape) == 4 else (*shape, 1)
        self.cut.build(maps)
        _, down, across, _ = self.cut.compute_output_shape(maps)
        self.places = int(down or 1) * int(across or 1)
        if self.places > MOST_PLACES:
            raise UserError(
                f"Patches of {self.patch[0]} x {self.patch[1]} cut {maps[1]:,} x {maps[2]:,} into "
                f"{self.places:,} places, more than the {MOST_PLACES:,} that can look at one "
                "another.",
                f"Raise the patch of {self.name} from {self.patch[0]}, or have smaller pictures or "
                "shorter sounds.",
            )
        self.positions = self.add_weight(
            shape=(self.places, self.size),
            initializer=keras.initializers.RandomNormal(stddev=0.02),
            name="positions",
        )
        tokens = (shape[0], self.places, self.size)
        for block in self.blocks:
            block.build(tokens)
        self.norm.build(tokens)
        self.built = True

    def call(self, maps: Any, training: bool = False) -> dict[str, Any]:
        """From [batch, down, across(, channels)] to ``vector`` and ``sequence``."""
        values = maps if len(maps.shape) == 4 else maps[..., None]
        patches = self.cut(2 * values - 1 if self.centre else values)
        tokens = ops.reshape(patches, (-1, self.places, self.size))
        tokens = tokens + ops.cast(self.positions, tokens.dtype)
        counts = ops.ones_like(tokens[:, :, 0])
        for block in self.blocks:
            tokens = block(tokens, counts, training=training)
        tokens = self.norm(tokens)
        return {"vector": ops.mean(tokens, axis=1), "sequence": tokens}

    def compute_output_shape(self, shape: Shape) -> dict[str, Shape]:
        """Of vector and sequence."""
        return {
            "vector": (shape[0], self.size),
            "sequence": (shape[0], self.places, self.size),
        }

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        names = ("patch", "size", "depth", "heads", "dropout", "centre")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable(package="workbench")
class ConvolutionsThenMemory(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Convolutions over a spectrogram, then a memory that reads it from both ends.

    Each block halves the pitches; time is halved by the first two only, so that the memory has
    something to read. The vector is the mean over time.

    Args:
        width: channels of the first block; every block doubles them.
        depth: blocks.
        units: numbers that the memory holds in each direction.
        norm: ``batch``, ``group`` or ``none``.
    """

    def __init__(self, width: int, depth: int, units: int, norm: str, **options: Any) -> None:
        super().__init__(**options)
        self.width, self.depth, self.units, self.norm = width, depth, units, norm
        self.convolutions, self.norms, self.pools = [], [], []
        for block in range(depth):
            channels = width * 2**block
            self.convolutions.append(
                keras.layers.Conv2D(channels, 3, padding="same", name=f"convolution_{block}")
            )
            self.norms.append(normalization(norm, channels, f"norm_{block}"))
            stride = (2 if block < 2 else 1, 2)
            self.pools.append(
                keras.layers.MaxPooling2D(stride, padding="same", name=f"pool_{block}")
            )
        self.memory = keras.layers.Bidirectional(
            keras.layers.GRU(units, return_sequences=True), name="memory"
        )

    def build(self, shape: Shape) -> None:
        """Build for spectrograms [batch, frames, bands]."""
        current: Any = (*shape, 1)
        for convolution, norm, pool in zip(self.convolutions, self.norms, self.pools, strict=True):
            convolution.build(current)
            current = convolution.compute_output_shape(current)
            if norm is not None:
                norm.build(current)
            current = pool.compute_output_shape(current)
        self.times, self.across = int(current[1]), int(current[2]) * int(current[3])
        self.memory.build((shape[0], self.times, self.across))
        self.built = True

    def call(self, spectrogram: Any, training: bool = False) -> dict[str, Any]:
        """From [batch, frames, bands] to ``vector`` and ``sequence``."""
        values = spectrogram[..., None]
        for convolution, norm, pool in zip(self.convolutions, self.norms, self.pools, strict=True):
            values = convolution(values)
            if norm is not None:
                values = norm(values, training=training) if self.norm == "batch" else norm(values)
            values = pool(ops.relu(values))
        read = self.memory(ops.reshape(values, (-1, self.times, self.across)), training=training)
        return {"vector": ops.mean(read, axis=1), "sequence": read}

    def compute_output_shape(self, shape: Shape) -> dict[str, Shape]:
        """Of vector and sequence."""
        wide = 2 * self.units
        return {"vector": (shape[0], wide), "sequence": (shape[0], self.times, wide)}

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        names = ("width", "depth", "units", "norm")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
