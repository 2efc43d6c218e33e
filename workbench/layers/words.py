"""Layers over token numbers."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="workbench")
class AverageOfWords(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Embeds tokens and averages those of a text; token 0 is padding and does not count.

    Args:
        vocabulary: how many token numbers there are.
        size: numbers in an embedding.
    """

    def __init__(self, vocabulary: int, size: int, **options: Any) -> None:
        super().__init__(**options)
        self.vocabulary = vocabulary
        self.size = size
        self.embedding = keras.layers.Embedding(vocabulary, size)

    def call(self, tokens: Any) -> Any:
        """From token numbers [batch, words] to [batch, size]; zeros where all is padding."""
        embedded = self.embedding(tokens)
        known = ops.cast(ops.not_equal(tokens, 0), embedded.dtype)[..., None]
        return ops.sum(embedded * known, axis=1) / ops.maximum(ops.sum(known, axis=1), 1)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """[batch, size]."""
        return (shape[0], self.size)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "vocabulary": self.vocabulary, "size": self.size}
