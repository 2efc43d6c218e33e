"""Heads: layers from an embedding to what a loss reads. All compute in float32.

Losses take differences of large logits, which half precision would lose.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="workbench")
class Spread(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """A mean and the logarithm of a variance for each number.

    Args:
        numbers: how many numbers.
    """

    def __init__(self, numbers: int, **options: Any) -> None:
        super().__init__(dtype="float32", **options)
        self.numbers = numbers
        self.dense = keras.layers.Dense(2 * numbers, dtype="float32", name="dense")

    def build(self, shape: Shape) -> None:
        """Build for embeddings of this width."""
        self.dense.build(shape)
        self.built = True

    def call(self, embeddings: Any) -> Any:
        """From [batch, any] to [batch, numbers, 2]."""
        return ops.reshape(self.dense(embeddings), (-1, self.numbers, 2))

    def compute_output_shape(self, shape: Shape) -> Shape:
        """[batch, numbers, 2]."""
        return (shape[0], self.numbers, 2)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {"name": self.name, "numbers": self.numbers}


@keras.saving.register_keras_serializable(package="workbench")
class Ranks(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """One score and K - 1 thresholds, falling at first (Cao, Mirjalili and Raschka 2020).

    One weight vector for all thresholds keeps the ranks consistent.

    Args:
        classes: K.
    """

    def __init__(self, classes: int, **options: Any) -> None:
        super().__init__(dtype="float32", **options)
        self.classes = classes
        self.dense = keras.layers.Dense(1, use_bias=False, dtype="float32", name="dense")

    def build(self, shape: Shape) -> None:
        """Build for embeddings of this width."""
        self.dense.build(shape)
        last = self.classes - 1
        falling = [(last - place) / last for place in range(last)]
        self.thresholds = self.add_weight(
            shape=(last,),
            initializer=lambda shape, dtype=None: ops.convert_to_tensor(falling, dtype),
            name="thresholds",
        )
        self.built = True

    def call(self, embeddings: Any) -> Any:
        """From [batch, any] to [batch, classes - 1]."""
        return self.dense(embeddings) + self.thresholds

    def compute_output_shape(self, shape: Shape) -> Shape:
        """[batch, classes - 1]."""
        return (shape[0], self.classes - 1)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {"name": self.name, "classes": self.classes}


@keras.saving.register_keras_serializable(package="workbench")
class Cosines(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Cosines between an embedding and one direction for each class.

    Args:
        classes: how many classes.
    """

    def __init__(self, classes: int, **options: Any) -> None:
        super().__init__(dtype="float32", **options)
        self.classes = classes

    def build(self, shape: Shape) -> None:
        """Build for embeddings of this width."""
        self.directions = self.add_weight(
            shape=(shape[-1], self.classes), initializer="glorot_uniform", name="directions"
        )
        self.built = True

    def call(self, embeddings: Any) -> Any:
        """From [batch, any] to [batch, classes], each in -1..1."""
        # ReLU can give an embedding of zeros, whose own length has no gradient.
        length = ops.sqrt(ops.sum(ops.square(embeddings), axis=-1, keepdims=True) + 1e-12)
        return ops.matmul(embeddings / length, ops.normalize(self.directions, axis=0))

    def compute_output_shape(self, shape: Shape) -> Shape:
        """[batch, classes]."""
        return (shape[0], self.classes)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {"name": self.name, "classes": self.classes}
