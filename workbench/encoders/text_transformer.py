"""A small transformer over words."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import encoder


@encoder(modality="text", order=4)
def text_transformer(
    *,
    vocabulary: int,
    size: Annotated[int, Field(ge=8, le=1024, json_schema_extra={"label": "embedding"})] = 64,
    depth: Annotated[int, Field(ge=1, le=8, json_schema_extra={"label": "blocks"})] = 2,
    heads: Annotated[int, Field(ge=1, le=16)] = 4,
    positions: Annotated[
        Literal["sinusoidal", "learned"], Field(json_schema_extra={"advanced": True})
    ] = "sinusoidal",
    pooling: Annotated[
        Literal["mean", "first"], Field(json_schema_extra={"advanced": True})
    ] = "mean",
    dropout: Annotated[float, Field(ge=0, lt=1, json_schema_extra={"advanced": True})] = 0.1,
) -> Layer:
    """Lets every word look at every other one, however far apart they stand.

    Embeddings of words and of their places go through blocks of attention, ``x + attention(norm(
    x))``, and of two dense layers, ``x + dense(gelu(dense(norm(x))))``; nobody looks at padding.

    When to use it: where words far apart belong together, with thousands of samples or more.
    Pitfall: with few samples it learns them by heart; its time and memory grow with the square of
    the words, so keep texts short, and its learning rate is best kept at 0.001 or below.

    Args:
        vocabulary: how many token numbers there are.
        size: numbers in a word's embedding and in the text's.
        depth: blocks one after the other.
        heads: ways of looking in each block; each has size / heads numbers, rounded up.
        positions: how a word's place is told: by sines and cosines, or by numbers that are learned
            for each place.
        pooling: the text's embedding is the mean of its words', or that of a token of its own
            before the first word.
        dropout: share silenced while training.

    Returns:
        A layer from token numbers [batch, words] to a vector [batch, size], a sequence [batch,
        words, size], and its mask [batch, words].

    References:
        Vaswani et al. 2017, Attention is all you need, arXiv:1706.03762.
        Xiong et al. 2020, On layer normalization in the transformer (norm first), arXiv:2002.04745.
    """
    return layers.TransformerOfWords(
        vocabulary, size, depth, heads, positions, pooling, dropout, name="text_transformer"
    )
