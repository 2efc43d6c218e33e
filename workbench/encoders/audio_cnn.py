"""A small convolutional network for log-mel spectrograms."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import encoder


@encoder(modality="audio", order=1)
def audio_cnn(
    *,
    width: Annotated[int, Field(ge=4, le=128)] = 8,
    depth: Annotated[int, Field(ge=1, le=5)] = 3,
    size: Annotated[int, Field(ge=8, le=1024, json_schema_extra={"label": "embedding"})] = 64,
    norm: Annotated[
        Literal["batch", "group", "none"], Field(json_schema_extra={"advanced": True})
    ] = "batch",
) -> Layer:
    """Convolutions over the spectrogram: time from left to right, pitch from low to high.

    The same blocks as of ``image_cnn``; the last map is averaged over all of time and over eight
    ranges of pitch, so that it matters how high a sound is and not when it came.

    Args:
        width: channels of the first block; every block doubles them.
        depth: blocks, each of which halves time and pitch.
        size: numbers in the embedding.
        norm: normalisation after each convolution; group suits batches under 8.

    Returns:
        A layer from log-mel spectrograms [batch, frames, bands] to ``vector`` [batch, size] and
        ``sequence`` [batch, times, channels].

    References:
        Hershey et al. 2017, CNN architectures for large-scale audio, arXiv:1609.09430.
    """
    return layers.ConvolutionEncoder(
        width, depth, size, norm, grid=(1, 8), over_time=True, name="audio_cnn"
    )
