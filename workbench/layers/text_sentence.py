"""A small network behind the frozen vectors of a sentence model."""

from __future__ import annotations

from typing import Any

import keras

from workbench.errors import UserError

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="workbench")
class ProjectedSentence(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """From vectors of length 1 to an embedding.

    They are stretched by the root of their size, so that their numbers are about 1, which dense
    layers are made for.

    Args:
        size: numbers in the embedding.
        hidden: numbers of a hidden layer; 0: there is none.
        dropout: share of the vectors that is silenced while training.
    """

    def __init__(self, size: int, hidden: int = 0, dropout: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.size, self.hidden, self.dropout = size, hidden, dropout
        own = {"dtype": self.dtype_policy}
        self.silence = keras.layers.Dropout(dropout, name="silence", **own)
        widths = [hidden, size] if hidden else [size]
        self.dense = [
            keras.layers.Dense(width, activation="relu", name=f"dense_{place}", **own)
            for place, width in enumerate(widths)
        ]

    def __call__(self, vectors: Any, **options: Any) -> Any:
        """Read vectors [batch, any].

        Raises:
            UserError: they are no vectors.
        """
        # Not in ``call``: Keras would wrap the sentence into a report of its own.
        kind = keras.backend.standardize_dtype(vectors.dtype)
        if "float" not in kind or len(vectors.shape) != 2:
            raise UserError(
                f"'{self.name}' reads vectors of a sentence model, and was given token numbers.",
                "Set the tokenizer of the data to sentence_model, or choose another encoder.",
            )
        return super().__call__(vectors, **options)

    def build(self, shape: Shape) -> None:
        """Build for vectors of this width."""
        for layer in self.dense:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
        self.built = True

    def call(self, vectors: Any, training: bool = False) -> Any:
        """From [batch, any] to [batch, size]."""
        values = self.silence(vectors * vectors.shape[-1] ** 0.5, training=training)
        for layer in self.dense:
            values = layer(values)
        return values

    def compute_output_shape(self, shape: Shape) -> Shape:
        """[batch, size]."""
        return (shape[0], self.size)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        names = ("size", "hidden", "dropout")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
