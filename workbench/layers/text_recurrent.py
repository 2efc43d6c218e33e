"""Texts read word by word."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from workbench.layers.words import EncoderOfWords, Shape


@keras.saving.register_keras_serializable(package="workbench")
class RecurrentWords(EncoderOfWords):
    """Embeds tokens and reads them with a memory; the vector is what it holds in the end.

    From both ends: the last state of the reader that goes forwards beside that of the one that
    goes backwards. Of padding alone it holds zeros.

    Args:
        vocabulary: how many token numbers there are.
        word_size: numbers in the embedding of a token.
        units: numbers that the memory holds.
        cell: ``lstm`` or ``gru``.
        bidirectional: read from both ends.
        dropout: share of the embeddings that is silenced while training.
    """

    def __init__(
        self, vocabulary: int, word_size: int, units: int, cell: str = "lstm",
        bidirectional: bool = True, dropout: float = 0.0, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(vocabulary, word_size, **options)
        self.units, self.cell, self.bidirectional = units, cell, bidirectional
        self.dropout = dropout
        kind = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[cell]
        own = {"dtype": self.dtype_policy}
        memory = kind(
            units, dropout=dropout, return_sequences=True, return_state=True, name="memory", **own
        )
        both = keras.layers.Bidirectional
        self.memory = both(memory, name="both", **own) if bidirectional else memory

    def build(self, shape: Shape) -> None:
        """Make the embeddings and the memory."""
        self.embedding.build(shape)
        self.memory.build((*shape, self.word_size))
        self.built = True

    def call(self, tokens: Any, training: bool = False) -> dict[str, Any]:
        """From token numbers [batch, words] to the last and to all states of the memory."""
        values, mask = self.embedded(tokens)
        words = mask > 0
        # The kernels of GPUs end the program at a row without any word: one place is read always.
        read = ops.logical_or(words, ops.arange(ops.shape(tokens)[1])[None] == 0)
        sequence, *states = self.memory(values, mask=read, training=training)
        # An LSTM tells its output and its cell, a GRU its output alone.
        held = states[:: 2 if self.cell == "lstm" else 1]
        vector = ops.concatenate(held, axis=-1) if self.bidirectional else held[0]
        return {
            "vector": vector * ops.max(mask, axis=1, keepdims=True),
            "sequence": sequence * mask[:, :, None],
            "mask": mask,
        }

    def compute_output_shape(self, shape: Shape) -> dict[str, Shape]:
        """Vector and sequence as wide as the memory, twice that from both ends."""
        width = self.units * (2 if self.bidirectional else 1)
        return self.shapes(shape, width, width)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        names = ("vocabulary", "word_size", "units", "cell", "bidirectional", "dropout")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
