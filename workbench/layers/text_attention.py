"""Texts whose words look at one another."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from workbench.errors import UserError
from workbench.layers.fusing_attention import AttentionBlock, pooled, waves
from workbench.layers.words import EncoderOfWords, Shape


@keras.saving.register_keras_serializable(package="workbench")
class TransformerOfWords(EncoderOfWords):
    """Embeds tokens and their places, lets them look at one another, and makes them one vector.

    Args:
        vocabulary: how many token numbers there are.
        size: numbers in a token and in the vector.
        depth: blocks.
        heads: attention heads.
        positions: ``sinusoidal`` or ``learned``.
        pooling: ``mean`` of the words, or ``first``: a token of its own before the first word.
        dropout: share silenced while training.
    """

    def __init__(
        self, vocabulary: int, size: int, depth: int, heads: int, positions: str = "sinusoidal",
        pooling: str = "mean", dropout: float = 0.0, **options: Any,
    ) -> None:  # fmt: skip
        # Times the root of the size: words count as much as their places.
        words = keras.initializers.RandomNormal(stddev=size**-0.5)
        super().__init__(vocabulary, size, words, **options)
        self.size, self.depth, self.heads = size, depth, heads
        self.positions, self.pooling, self.dropout = positions, pooling, dropout
        self.longest = 0
        own = {"dtype": self.dtype_policy}
        self.silence = keras.layers.Dropout(dropout, name="silence", **own)
        self.blocks = [
            AttentionBlock(heads, dropout, name=f"block_{place}", **own) for place in range(depth)
        ]
        self.norm = keras.layers.LayerNormalization(name="norm", **own)

    def __call__(self, tokens: Any, **options: Any) -> Any:
        """Read token numbers [batch, words].

        Raises:
            UserError: they are no whole numbers, or longer than the places that were learned.
        """
        words = tokens.shape[1]
        learned = self.positions == "learned"
        if learned and (words is None or (self.built and words > self.longest)):
            raise UserError(
                f"'{self.name}' learns the places of {self.longest or 'a number of'} words, "
                f"and was given {words or 'any number'}.",
                "Set words to what it was trained with, or choose sinusoidal positions.",
            )
        return super().__call__(tokens, **options)

    def build(self, shape: Shape) -> None:
        """Make the embeddings, learned places for texts of this length, and the blocks."""
        small = keras.initializers.RandomNormal(stddev=0.02)
        self.embedding.build(shape)
        if self.positions == "learned":
            self.longest = shape[1] or 0
            self.places = self.add_weight(
                shape=(self.longest, self.size), initializer=small, name="places"
            )
        if self.pooling == "first":
            self.reader = self.add_weight(shape=(self.size,), initializer=small, name="reader")
        tokens = (*shape, self.size)
        for block in self.blocks:
            block.build(tokens)
        self.norm.build(tokens)
        self.built = True

    def call(self, tokens: Any, training: bool = False) -> dict[str, Any]:
        """From token numbers [batch, words] to [batch, size] and [batch, words, size]."""
        values, mask = self.embedded(tokens)
        values = values * self.size**0.5 + self._placed(tokens, values.dtype)
        counts = mask
        if self.pooling == "first":
            reader = ops.zeros_like(values[:, :1]) + ops.cast(self.reader, values.dtype)
            values = ops.concatenate([reader, values], axis=1)
            counts = ops.concatenate([ops.ones_like(mask[:, :1]), mask], axis=1)
        values = self.silence(values, training=training)
        for block in self.blocks:
            values = block(values, counts, training=training)
        values = self.norm(values)
        if self.pooling == "first":
            vector, sequence = values[:, 0], values[:, 1:]
        else:
            vector, sequence = pooled(values, counts), values
        return {"vector": vector, "sequence": sequence * mask[:, :, None], "mask": mask}

    def _placed(self, tokens: Any, dtype: str) -> Any:
        """What tells one place from another, [words, size]."""
        if self.positions == "sinusoidal":
            return ops.cast(waves(ops.shape(tokens)[1], self.size), dtype)
        return ops.cast(self.places, dtype)[: tokens.shape[1]]

    def compute_output_shape(self, shape: Shape) -> dict[str, Shape]:
        """Vector [batch, size], sequence [batch, words, size], mask [batch, words]."""
        return self.shapes(shape, self.size, self.size)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        names = ("vocabulary", "size", "depth", "heads", "positions", "pooling", "dropout")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
