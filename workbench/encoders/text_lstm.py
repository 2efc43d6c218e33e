"""An LSTM or GRU over word embeddings."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import encoder


@encoder(modality="text", order=2)
def text_lstm(
    *,
    vocabulary: int,
    cell: Literal["lstm", "gru"] = "lstm",
    units: Annotated[int, Field(ge=4, le=1024)] = 32,
    bidirectional: bool = True,
    word_size: Annotated[int, Field(ge=4, le=1024, json_schema_extra={"advanced": True})] = 32,
    dropout: Annotated[float, Field(ge=0, lt=1, json_schema_extra={"advanced": True})] = 0.0,
) -> Layer:
    """Reads word by word and keeps what matters: the order of the words counts.

    An embedding of each token, then a memory with gates, ``h = f(e(t), h of the word before)``;
    padding is passed over. The vector is what it holds after the last word; read from both ends,
    also what it holds after the first.

    When to use it: for texts of up to some hundred words whose order matters, and where samples
    are few. Pitfall: words are read one after the other, which is slow for long texts, and what
    stood long ago fades; a transformer sees all words at once.

    Args:
        vocabulary: how many token numbers there are.
        cell: the kind of memory; a GRU has three gates' worth of weights where an LSTM has four,
            and mostly does as well.
        units: numbers that the memory holds; the embedding has as many, twice with bidirectional.
        bidirectional: read from both ends.
        word_size: numbers in the embedding of a word.
        dropout: share of the words' embeddings that is silenced while training.

    Returns:
        A layer from token numbers [batch, words] to a vector [batch, units or 2 units], a sequence
        [batch, words, the same] of what it holds after each word, and its mask [batch, words].

    References:
        Hochreiter and Schmidhuber 1997; Graves and Schmidhuber 2005 for both directions.
        Cho et al. 2014, Learning phrase representations (GRU), arXiv:1406.1078.
    """
    return layers.RecurrentWords(
        vocabulary, word_size, units, cell, bidirectional, dropout, name="text_lstm"
    )
