"""A small transformer over patches of a spectrogram."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import encoder


@encoder(modality="audio", order=4)
def audio_transformer(
    *,
    patch: Annotated[int, Field(ge=2, le=64)] = 16,
    size: Annotated[int, Field(ge=8, le=1024, json_schema_extra={"label": "embedding"})] = 64,
    depth: Annotated[int, Field(ge=1, le=12)] = 2,
    heads: Annotated[int, Field(ge=1, le=16)] = 4,
    dropout: Annotated[float, Field(ge=0, lt=1, json_schema_extra={"advanced": True})] = 0.1,
) -> Layer:
    """Cuts the spectrogram into patches that look at one another.

    ``softmax(Q K / sqrt(d)) V`` over patches of time and pitch. Use it where distant moments of a
    sound mean something together, or before a fusion that looks at patches. From scratch it wants
    many sounds: with a few thousand the convolutional network is better.

    Args:
        patch: frames, and bands, on a side of a patch; halving it takes four times as many patches.
        size: numbers in the embedding of a patch, and of the whole.
        depth: blocks of attention.
        heads: attention heads.
        dropout: share silenced while training.

    Returns:
        A layer from log-mel spectrograms [batch, frames, bands] to ``vector`` [batch, size] and
        ``sequence`` [batch, patches, size].

    References:
        Gong, Chung and Glass 2021, AST: Audio Spectrogram Transformer, arXiv:2104.01778.
    """
    return layers.PatchTransformer(
        (patch, patch), size, depth, heads, dropout, name="audio_transformer"
    )
