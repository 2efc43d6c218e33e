"""What stands in for a modality that a sample lacks."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="workbench")
class Absent(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Gives samples that lack a modality one embedding that is learned, 0 at first.

    What an encoder makes of a row of zeros is thrown away, and no gradient flows back through it.
    Batch normalisation within the encoder has counted that row all the same.
    """

    def build(
        self, embeddings_shape: tuple[int | None, ...], present_shape: tuple[int | None, ...]
    ) -> None:
        """Build for embeddings of this width."""
        self.embedding = self.add_weight(
            shape=(embeddings_shape[-1],), initializer="zeros", name="embedding"
        )
        self.built = True

    def call(self, embeddings: Any, present: Any) -> Any:
        """The embeddings, or the learned one.

        Args:
            embeddings: [batch, any].
            present: above 0 where the sample has the modality, [batch].

        Returns:
            [batch, any].
        """
        learned = ops.cast(self.embedding, embeddings.dtype)[None]
        return ops.where(present[:, None] > 0, embeddings, learned)

    def compute_output_shape(
        self, embeddings_shape: tuple[int | None, ...], present_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """That of the embeddings."""
        return embeddings_shape
