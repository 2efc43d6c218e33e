"""The average of word embeddings."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import encoder


@encoder(modality="text", order=1)
def text_average(
    *,
    vocabulary: int,
    size: Annotated[int, Field(ge=8, le=1024, json_schema_extra={"label": "embedding"})] = 64,
) -> Layer:
    """Averages what the words mean: quick, and hard to beat on short texts.

    Each token has an embedding of its own, ``v = mean of e(t) over the tokens t that are no
    padding``.

    When to use it: first of all, and where single words give the answer away. Pitfall: the order
    of the words does not matter, so that "not good, bad" and "not bad, good" are the same to it.

    Args:
        vocabulary: how many token numbers there are.
        size: numbers in the embedding.

    Returns:
        A layer from token numbers [batch, words] to a vector [batch, size], a sequence [batch,
        words, size] of the words' embeddings, and its mask [batch, words].

    References:
        Joulin et al. 2016, Bag of tricks for efficient text classification, arXiv:1607.01759.
    """
    return layers.AverageOfWords(vocabulary, size, name="text_average")
