"""A projection of what a sentence model has said."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import encoder


@encoder(modality="text", reads="sentence", order=5)
def text_sentence(
    *,
    size: Annotated[int, Field(ge=8, le=1024, json_schema_extra={"label": "embedding"})] = 64,
    hidden: Annotated[int, Field(ge=0, le=2048, json_schema_extra={"advanced": True})] = 0,
    dropout: Annotated[float, Field(ge=0, lt=1, json_schema_extra={"advanced": True})] = 0.1,
) -> Layer:
    """Takes the meaning of each text from a sentence model of yours, which stays as it is.

    The model has read each text once, when the data were prepared, ``v = mean of its tokens, of
    length 1``; only a small projection, ``relu(W v + b)``, is trained, which takes moments.

    When to use it: with few samples of ordinary language, where a model that has read a library
    knows more than they can teach. Set the tokenizer of the data to sentence_model and name the
    folder of the model. Pitfall: it knows what it was trained on: jargon, codes and other
    languages may all look alike to it, and it cannot learn them here.

    Args:
        size: numbers in the embedding.
        hidden: numbers of a hidden layer between; 0: none.
        dropout: share of the vectors that is silenced while training.

    Returns:
        A layer from vectors [batch, any] to embeddings [batch, size]; it gives no sequence.

    References:
        Reimers and Gurevych 2019, Sentence-BERT, arXiv:1908.10084.
    """
    return layers.ProjectedSentence(size, hidden, dropout, name="text_sentence")
