"""A small convolutional network for pictures."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import encoder


@encoder(modality="image", order=1)
def image_cnn(
    *,
    width: Annotated[int, Field(ge=4, le=128)] = 16,
    depth: Annotated[int, Field(ge=1, le=5)] = 3,
    size: Annotated[int, Field(ge=8, le=1024, json_schema_extra={"label": "embedding"})] = 64,
    norm: Annotated[
        Literal["batch", "group", "none"], Field(json_schema_extra={"advanced": True})
    ] = "batch",
) -> Layer:
    """A small convolutional network that trains from scratch on a laptop.

    Blocks of a 3x3 convolution, normalisation, ReLU and pooling, each with twice the channels of
    the one before; the last map is averaged over 4 x 4 places, so that where something stands is
    not lost, and projected.

    Args:
        width: channels of the first block; every block doubles them.
        depth: blocks, each of which halves height and width.
        size: numbers in the embedding.
        norm: normalisation after each convolution; group suits batches under 8.

    Returns:
        A layer from pictures [batch, height, width, 3] in 0..1 to ``vector`` [batch, size]
        and ``sequence`` [batch, places, channels].

    References:
        LeCun et al. 1998, Gradient-based learning; Ioffe and Szegedy 2015, arXiv:1502.03167.
    """
    return layers.ConvolutionEncoder(width, depth, size, norm, grid=(4, 4), name="image_cnn")
