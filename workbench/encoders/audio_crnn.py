"""Convolutions, then a memory, for log-mel spectrograms."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import encoder


@encoder(modality="audio", order=3)
def audio_crnn(
    *,
    width: Annotated[int, Field(ge=4, le=128)] = 8,
    depth: Annotated[int, Field(ge=1, le=5)] = 3,
    units: Annotated[int, Field(ge=4, le=512)] = 32,
    norm: Annotated[
        Literal["batch", "group", "none"], Field(json_schema_extra={"advanced": True})
    ] = "batch",
) -> Layer:
    """Hears short patterns by convolutions, and their order by a memory.

    Blocks of a 3x3 convolution, normalisation, ReLU and pooling; then a gated recurrent unit reads
    the times from both ends. Use it for speech and other sounds in which the order of events
    matters; where only their presence does, the plain convolutional network is quicker.

    Args:
        width: channels of the first block; every block doubles them.
        depth: blocks; the first two halve time, all halve pitch.
        units: numbers that the memory holds in each direction; the embedding has twice as many.
        norm: normalisation after each convolution; group suits batches under 8.

    Returns:
        A layer from log-mel spectrograms [batch, frames, bands] to ``vector`` [batch, 2 units] and
        ``sequence`` [batch, times, 2 units].

    References:
        Cakir et al. 2017, Convolutional Recurrent Neural Networks for Polyphonic Sound Event
        Detection, arXiv:1702.06286.
    """
    return layers.ConvolutionsThenMemory(width, depth, units, norm, name="audio_crnn")
