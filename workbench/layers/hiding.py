"""Hiding whole modalities of training samples."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="workbench")
class ModalityDropout(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Says of each training sample which modalities it shall be taken to have.

    Each is hidden on its own with the same chance; where that would leave none, nothing is hidden.
    Whatever stands in for what a sample lacks stands in for what is hidden, and nothing is scaled
    (Neverova et al. 2015).

    Args:
        rate: chance of each modality to be hidden.
        seed: start of its chance.
    """

    def __init__(self, rate: float, seed: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.rate, self.seed = rate, seed
        self.dice = keras.random.SeedGenerator(seed)

    def call(self, present: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Which modalities are seen.

        Args:
            present: 1 where a sample has a modality, else 0, {modality: [batch]}.
            training: hide; otherwise nothing changes.
        """
        if not training or self.rate == 0:
            return dict(present)
        names = sorted(present)
        has = ops.stack([present[name] for name in names], axis=1)
        drawn = keras.random.uniform(ops.shape(has), seed=self.dice)
        seen = has * ops.cast(drawn >= self.rate, has.dtype)
        some = ops.cast(ops.any(seen > 0, axis=1, keepdims=True), has.dtype)
        seen = some * seen + (1 - some) * has
        return {name: seen[:, place] for place, name in enumerate(names)}

    def compute_output_shape(
        self, shapes: dict[str, tuple[int | None, ...]]
    ) -> dict[str, tuple[int | None, ...]]:
        """That of what is present."""
        return dict(shapes)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
