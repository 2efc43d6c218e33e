"""Convolutions over word embeddings."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import encoder


@encoder(modality="text", order=3)
def text_cnn(
    *,
    vocabulary: int,
    window: Annotated[
        int, Field(ge=1, le=7, json_schema_extra={"label": "shortest window", "unit": "words"})
    ] = 3,
    windows: Annotated[int, Field(ge=1, le=5, json_schema_extra={"label": "window lengths"})] = 3,
    filters: Annotated[int, Field(ge=4, le=512)] = 32,
    size: Annotated[int, Field(ge=8, le=1024, json_schema_extra={"label": "embedding"})] = 64,
    word_size: Annotated[int, Field(ge=4, le=1024, json_schema_extra={"advanced": True})] = 64,
    dropout: Annotated[float, Field(ge=0, lt=1, json_schema_extra={"advanced": True})] = 0.2,
) -> Layer:
    """Looks for telling phrases of a few words, wherever in the text they stand.

    Filters slide over windows of several lengths, by default of three, four and five words; of
    each filter only its highest answer counts, ``max over i of relu(w * e(t[i : i + n]) + b)``,
    padding left out. The answers are projected to the embedding.

    When to use it: where set phrases give the answer away ("not worth it"), for texts of any
    length; as quick as an average and mostly better. Pitfall: what stands further apart than a
    window is not seen together.

    Args:
        vocabulary: how many token numbers there are.
        window: words in the shortest window.
        windows: how many lengths of windows there are, each one word longer than the one before.
        filters: phrases looked for with each length of window.
        size: numbers in the embedding.
        word_size: numbers in the embedding of a word.
        dropout: share of the answers that is silenced while training; the paper takes 0.5.

    Returns:
        A layer from token numbers [batch, words] to a vector [batch, size], a sequence [batch,
        words, filters * windows] of the answers at each word, and its mask [batch, words].

    References:
        Kim 2014, Convolutional neural networks for sentence classification, arXiv:1408.5882.
        Zhang and Wallace 2015, A sensitivity analysis of these, arXiv:1510.03820.
    """
    return layers.ConvolutionOfWords(
        vocabulary, word_size, filters, window, windows, size, dropout, name="text_cnn"
    )
