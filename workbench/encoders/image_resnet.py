"""A small residual network for pictures."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import encoder


@encoder(modality="image", order=2)
def image_resnet(
    *,
    width: Annotated[int, Field(ge=4, le=128)] = 16,
    stages: Annotated[int, Field(ge=1, le=4)] = 3,
    blocks: Annotated[int, Field(ge=1, le=4)] = 1,
    size: Annotated[int, Field(ge=8, le=1024, json_schema_extra={"label": "embedding"})] = 64,
    norm: Annotated[
        Literal["batch", "group", "none"], Field(json_schema_extra={"advanced": True})
    ] = "batch",
) -> Layer:
    """A deeper network whose blocks only add to what came before: learns finer detail.

    ``relu(x + F(x))`` with ``F`` two convolutions. Use it where a plain convolutional network stays
    behind although there are some thousand samples; with few it overfits sooner, and it takes
    about twice as long.

    Args:
        width: channels of the first stage; every stage doubles them.
        stages: each but the first halves height and width.
        blocks: residual blocks in a stage.
        size: numbers in the embedding.
        norm: normalisation after each convolution; group suits batches under 8.

    Returns:
        A layer from pictures [batch, height, width, 3] in 0..1 to ``vector`` [batch, size] and
        ``sequence`` [batch, places, channels].

    References:
        He et al. 2016, Deep Residual Learning for Image Recognition, arXiv:1512.03385.
    """
    return layers.ResidualEncoder(width, stages, blocks, size, norm, (4, 4), name="image_resnet")
