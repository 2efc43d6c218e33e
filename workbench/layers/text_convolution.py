"""Windows of words, wherever in a text they stand."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from workbench.layers.words import EncoderOfWords, Shape


@keras.saving.register_keras_serializable(package="workbench")
class ConvolutionOfWords(EncoderOfWords):
    """Filters over windows of several lengths; of each its highest answer counts (Kim 2014).

    Beyond both ends of a text stand zeros, so that one shorter than a window is read as well.

    Args:
        vocabulary: how many token numbers there are.
        word_size: numbers in the embedding of a token.
        filters: how many a window length has.
        window: words in the shortest window.
        windows: how many lengths there are, each one word longer.
        size: numbers in the vector.
        dropout: share of the highest answers that is silenced while training.
    """

    def __init__(
        self, vocabulary: int, word_size: int, filters: int, window: int, windows: int, size: int,
        dropout: float = 0.0, **options: Any,
    ) -> None:  # fmt: skip
        # As in the paper: every number between -0.25 and 0.25.
        super().__init__(
            vocabulary, word_size, keras.initializers.RandomUniform(-0.25, 0.25), **options
        )
        self.filters, self.window, self.windows = filters, window, windows
        self.size, self.dropout = size, dropout
        own = {"dtype": self.dtype_policy}
        self.convolutions = [
            keras.layers.Conv1D(
                filters, words, padding="same", activation="relu", name=f"window_{words}", **own
            )
            for words in range(window, window + windows)
        ]
        self.silence = keras.layers.Dropout(dropout, name="silence", **own)
        self.projection = keras.layers.Dense(size, activation="relu", name="projection", **own)

    def build(self, shape: Shape) -> None:
        """Make the embeddings, the filters and the projection."""
        self.embedding.build(shape)
        for convolution in self.convolutions:
            convolution.build((*shape, self.word_size))
        self.projection.build((shape[0], self.filters * self.windows))
        self.built = True

    def call(self, tokens: Any, training: bool = False) -> dict[str, Any]:
        """From token numbers [batch, words] to what the filters answer."""
        values, mask = self.embedded(tokens)
        answers = [convolution(values) for convolution in self.convolutions]
        # No answer is below 0, so that 0 at padding never is the highest.
        sequence = ops.concatenate(answers, axis=-1) * mask[:, :, None]
        highest = self.silence(ops.max(sequence, axis=1), training=training)
        return {"vector": self.projection(highest), "sequence": sequence, "mask": mask}

    def compute_output_shape(self, shape: Shape) -> dict[str, Shape]:
        """Vector [batch, size], sequence [batch, words, filters * windows], mask [batch, words]."""
        return self.shapes(shape, self.size, self.filters * self.windows)

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        names = ("vocabulary", "word_size", "filters", "window", "windows", "size", "dropout")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
