"""A small residual network for log-mel spectrograms."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import encoder


@encoder(modality="audio", order=2)
def audio_resnet(
    *,
    width: Annotated[int, Field(ge=4, le=128)] = 8,
    stages: Annotated[int, Field(ge=1, le=4)] = 3,
    blocks: Annotated[int, Field(ge=1, le=4)] = 1,
    size: Annotated[int, Field(ge=8, le=1024, json_schema_extra={"label": "embedding"})] = 64,
    norm: Annotated[
        Literal["batch", "group", "none"], Field(json_schema_extra={"advanced": True})
    ] = "batch",
) -> Layer:
    """A deeper network over the spectrogram whose blocks only add to what came before.

    ``relu(x + F(x))`` with ``F`` two convolutions; the last map is averaged over all of time and
    over eight ranges of pitch. Use it where the plain convolutional network stays behind although
    there are some thousand sounds.

    Args:
        width: channels of the first stage; every stage doubles them.
        stages: each but the first halves time and pitch.
        blocks: residual blocks in a stage.
        size: numbers in the embedding.
        norm: normalisation after each convolution; group suits batches under 8.

    Returns:
        A layer from log-mel spectrograms [batch, frames, bands] to ``vector`` [batch, size] and
        ``sequence`` [batch, times, channels].

    References:
        He et al. 2016, Deep Residual Learning for Image Recognition, arXiv:1512.03385.
    """
    return layers.ResidualEncoder(
        width, stages, blocks, size, norm, (1, 8), over_time=True, name="audio_resnet"
    )
