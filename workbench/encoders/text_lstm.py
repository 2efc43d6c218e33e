"""An LSTM over word embeddings."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, keras
from workbench.parts import encoder


@encoder(modality="text", order=2)
def text_lstm(
    *,
    vocabulary: int,
    units: Annotated[int, Field(ge=4, le=1024)] = 32,
    bidirectional: bool = True,
    word_size: Annotated[int, Field(ge=4, le=1024, json_schema_extra={"advanced": True})] = 32,
    dropout: Annotated[float, Field(ge=0, lt=1, json_schema_extra={"advanced": True})] = 0.0,
) -> Layer:
    """Reads word by word and keeps what matters: the order of the words counts.

    An embedding of each token, then a long short-term memory; padding is passed over.

    Args:
        vocabulary: how many token numbers there are.
        units: numbers that the memory holds; the embedding has as many, twice with bidirectional.
        bidirectional: read from both ends.
        word_size: numbers in the embedding of a word.
        dropout: share of the words' embeddings that is silenced while training.

    Returns:
        A layer from token numbers [batch, words] to embeddings [batch, units or 2 units].

    References:
        Hochreiter and Schmidhuber 1997; Graves and Schmidhuber 2005 for both directions.
    """
    memory = keras.layers.LSTM(units, dropout=dropout)
    return keras.Sequential(
        [
            keras.layers.Embedding(vocabulary, word_size, mask_zero=True),
            keras.layers.Bidirectional(memory) if bidirectional else memory,
        ],
        name="text_lstm",
    )
