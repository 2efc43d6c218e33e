"""Layers over token numbers; token 0 is padding, which stands only at the end of a text."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from workbench.errors import UserError
from workbench.layers.fusing_attention import pooled

Shape = tuple[int | None, ...]


class EncoderOfWords(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Base: an embedding for each token, zeros where there is only padding.

    Args:
        vocabulary: how many token numbers there are.
        word_size: numbers in the embedding of a token.
        initializer: of the embeddings.
    """

    def __init__(
        self, vocabulary: int, word_size: int, initializer: Any = "uniform", **options: Any
    ) -> None:
        super().__init__(**options)
        self.vocabulary, self.word_size = vocabulary, word_size
        self.embedding = keras.layers.Embedding(
            vocabulary, word_size, initializer, dtype=self.dtype_policy, name="embedding"
        )

    def __call__(self, tokens: Any, **options: Any) -> Any:
        """Read token numbers [batch, words].

        Raises:
            UserError: they are no whole numbers.
        """
        # Not in ``call``: Keras would wrap the sentence into a report of its own.
        if "int" not in keras.backend.standardize_dtype(tokens.dtype):
            raise UserError(
                f"'{self.name}' reads token numbers, and was given vectors.",
                "Choose the encoder text_sentence for a sentence model, or another tokenizer.",
            )
        return super().__call__(tokens, **options)

    def embedded(self, tokens: Any) -> tuple[Any, Any]:
        """Embeddings [batch, words, word_size], and 1 for a word, 0 for padding [batch, words]."""
        values = self.embedding(tokens)
        mask = ops.cast(ops.not_equal(tokens, 0), values.dtype)
        return values * mask[:, :, None], mask

    def shapes(self, shape: Shape, size: int, width: int) -> dict[str, Shape]:
        """Shapes of what an encoder gives.

        Args:
            shape: of the tokens.
            size: numbers in the vector.
            width: numbers at each place of the sequence.
        """
        return {"vector": (shape[0], size), "sequence": (*shape, width), "mask": tuple(shape)}


@keras.saving.register_keras_serializable(package="workbench")
class AverageOfWords(EncoderOfWords):
    """Embeds tokens and averages those of a text; padding does not count.

    Args:
        vocabulary: how many token numbers there are.
        size: numbers in an embedding.
    """

    def __init__(self, vocabulary: int, size: int, **options: Any) -> None:
        super().__init__(vocabulary, size, **options)
        self.size = size

    def build(self, shape: Shape) -> None:
        """Make the embeddings."""
        self.embedding.build(shape)
        self.built = True

    def call(self, tokens: Any) -> dict[str, Any]:
        """From token numbers [batch, words] to their mean; zeros where all is padding."""
        values, mask = self.embedded(tokens)
        return {"vector": pooled(values, mask), "sequence": values, "mask": mask}

    def compute_output_shape(self, shape: Shape) -> dict[str, Shape]:
        """Vector [batch, size], sequence [batch, words, size], mask [batch, words]."""
        return self.shapes(shape, self.size, self.size)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        return {**super().get_config(), "vocabulary": self.vocabulary, "size": self.size}
