"""Residual networks over pictures and spectrograms."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from workbench.layers.convolution import MOMENTUM, coarse, kept_places, places_of
from workbench.layers.normalization import FusedBatchNormalization

Shape = tuple[int | None, ...]


def normalization(norm: str, channels: int, name: str) -> Any:
    """A normalisation by name; None for ``none``.

    Args:
        norm: ``batch``, ``group`` or ``none``.
        channels: of the maps.
        name: of the layer.
    """
    if norm == "batch":
        return FusedBatchNormalization(momentum=MOMENTUM, name=name)
    if norm == "group":
        groups = next(n for n in (8, 4, 2, 1) if channels % n == 0)
        return keras.layers.GroupNormalization(groups, name=name)
    return None


@keras.saving.register_keras_serializable(package="workbench")
class ResidualBlock(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Two convolutions whose result is added to what came in (He et al. 2016, figure 2).

    Args:
        channels: of the maps that leave it.
        stride: by how much height and width shrink.
        norm: ``batch``, ``group`` or ``none``.
    """

    def __init__(self, channels: int, stride: int, norm: str, **options: Any) -> None:
        super().__init__(**options)
        self.channels, self.stride, self.norm = channels, stride, norm
        plain = norm == "none"
        self.first = keras.layers.Conv2D(
            channels, 3, stride, padding="same", use_bias=plain, name="first"
        )
        self.second = keras.layers.Conv2D(
            channels, 3, padding="same", use_bias=plain, name="second"
        )
        self.first_norm = normalization(norm, channels, "first_norm")
        self.second_norm = normalization(norm, channels, "second_norm")
        self.shortcut: Any = None

    def build(self, shape: Shape) -> None:
        """Build for maps [batch, down, across, channels]."""
        self.first.build(shape)
        inner = self.first.compute_output_shape(shape)
        self.second.build(inner)
        for norm in (self.first_norm, self.second_norm):
            if norm is not None:
                norm.build(inner)
        if self.stride != 1 or shape[-1] != self.channels:
            self.shortcut = keras.layers.Conv2D(self.channels, 1, self.stride, name="shortcut")
            self.shortcut.build(shape)
        self.built = True

    def call(self, maps: Any, training: bool = False) -> Any:
        """Maps of the same kind."""
        values = self.first(maps)
        if self.first_norm is not None:
            values = _normed(self.first_norm, values, training)
        values = self.second(ops.relu(values))
        if self.second_norm is not None:
            values = _normed(self.second_norm, values, training)
        return ops.relu(values + (maps if self.shortcut is None else self.shortcut(maps)))

    def compute_output_shape(self, shape: Shape) -> Shape:
        """Smaller by the stride."""
        return tuple(self.first.compute_output_shape(shape))

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        names = ("channels", "stride", "norm")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _normed(norm: Any, values: Any, training: bool) -> Any:
    batch = isinstance(norm, FusedBatchNormalization)
    return norm(values, training=training) if batch else norm(values)


@keras.saving.register_keras_serializable(package="workbench")
class ResidualEncoder(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """A stem, stages of residual blocks, and a projection of a coarse map.

    Args:
        width: channels of the first stage; every stage doubles them.
        stages: how many; each but the first halves height and width.
        blocks: residual blocks in a stage.
        size: numbers in the embedding.
        norm: ``batch``, ``group`` or ``none``.
        grid: places (down, across) over which the last map is averaged.
        over_time: a place of the sequence is a time, all pitches together.
    """

    def __init__(
        self, width: int, stages: int, blocks: int, size: int, norm: str, grid: tuple[int, int],
        over_time: bool = False, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(**options)
        self.width, self.stages, self.blocks, self.size = width, stages, blocks, size
        self.norm, self.grid, self.over_time = norm, tuple(grid), over_time
        self.stem = keras.layers.Conv2D(
            width, 3, 2, padding="same", use_bias=norm == "none", name="stem"
        )
        self.stem_norm = normalization(norm, width, "stem_norm")
        self.chain = [
            ResidualBlock(
                width * 2**stage, 2 if stage and not block else 1, norm,
                name=f"block_{stage}_{block}",
            )
            for stage in range(stages)
            for block in range(blocks)
        ]  # fmt: skip
        self.projection = keras.layers.Dense(size, activation="relu", name="projection")

    def build(self, shape: Shape) -> None:
        """Build for maps [batch, down, across(, channels)]."""
        current = shape if len(shape) == 4 else (*shape, 1)
        self.stem.build(current)
        current = self.stem.compute_output_shape(current)
        if self.stem_norm is not None:
            self.stem_norm.build(current)
        for block in self.chain:
            block.build(current)
            current = block.compute_output_shape(current)
        self.kept = kept_places(self.grid, current)
        self.last = tuple(int(n) for n in current[1:] if n is not None)
        self.projection.build((shape[0], self.kept[0] * self.kept[1] * self.last[2]))
        self.built = True

    def call(self, maps: Any, training: bool = False) -> dict[str, Any]:
        """From [batch, down, across(, channels)] to ``vector`` and ``sequence``."""
        values = self.stem(maps if len(maps.shape) == 4 else maps[..., None])
        if self.stem_norm is not None:
            values = _normed(self.stem_norm, values, training)
        values = ops.relu(values)
        for block in self.chain:
            values = block(values, training=training)
        return {
            "vector": self.projection(coarse(values, self.kept)),
            "sequence": places_of(values, self.over_time),
        }

    def compute_output_shape(self, shape: Shape) -> dict[str, Shape]:
        """Of vector and sequence."""
        down, across, channels = self.last
        places = down if self.over_time else down * across
        return {"vector": (shape[0], self.size), "sequence": (shape[0], places, channels)}

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        names = ("width", "stages", "blocks", "size", "norm", "grid", "over_time")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
