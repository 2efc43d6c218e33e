"""A small vision transformer."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import encoder


@encoder(modality="image", order=3)
def image_vit(
    *,
    patch: Annotated[int, Field(ge=2, le=64)] = 8,
    size: Annotated[int, Field(ge=8, le=1024, json_schema_extra={"label": "embedding"})] = 64,
    depth: Annotated[int, Field(ge=1, le=12)] = 2,
    heads: Annotated[int, Field(ge=1, le=16)] = 4,
    dropout: Annotated[float, Field(ge=0, lt=1, json_schema_extra={"advanced": True})] = 0.1,
) -> Layer:
    """Cuts the picture into patches that look at one another.

    ``softmax(Q K / sqrt(d)) V`` over patches. Use it where distant parts of a picture mean
    something together, or before a fusion that looks at patches. From scratch it wants many
    samples: with a few thousand a convolutional network is better.

    Args:
        patch: pixels on a side of a patch; halving it takes four times as many patches.
        size: numbers in the embedding of a patch, and of the whole.
        depth: blocks of attention.
        heads: attention heads.
        dropout: share silenced while training.

    Returns:
        A layer from pictures [batch, height, width, 3] in 0..1 to ``vector`` [batch, size] and
        ``sequence`` [batch, patches, size].

    References:
        Dosovitskiy et al. 2021, An Image is Worth 16x16 Words, arXiv:2010.11929.
    """
    return layers.PatchTransformer(
        (patch, patch), size, depth, heads, dropout, centre=True, name="image_vit"
    )
