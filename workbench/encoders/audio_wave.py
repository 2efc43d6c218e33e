"""Convolutions over the raw wave."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.lazy import Layer, layers
from workbench.parts import encoder


@encoder(modality="audio", reads="wave", order=5)
def audio_wave(
    *,
    width: Annotated[int, Field(ge=4, le=128)] = 16,
    depth: Annotated[int, Field(ge=1, le=5)] = 3,
    size: Annotated[int, Field(ge=8, le=1024, json_schema_extra={"label": "embedding"})] = 64,
    norm: Annotated[
        Literal["batch", "group", "none"], Field(json_schema_extra={"advanced": True})
    ] = "batch",
) -> Layer:
    """Listens to the wave itself and learns its own filters instead of a spectrogram.

    Filters of 80 samples every 4, then blocks of a convolution, normalisation, ReLU and pooling
    over 4. Choosing it has sounds read as waves. Use it where what matters is lost in a
    spectrogram, such as clicks or phase. It wants many sounds: with a few thousand the
    spectrogram's encoders are better.

    Args:
        width: filters over the wave; every block doubles the channels.
        depth: blocks, each of which quarters time.
        size: numbers in the embedding.
        norm: normalisation after each convolution; group suits batches under 8.

    Returns:
        A layer from waves [batch, samples] in -1..1 to ``vector`` [batch, size] and ``sequence``
        [batch, times, channels].

    References:
        Dai et al. 2017, Very Deep Convolutional Neural Networks for Raw Waveforms,
        arXiv:1610.00087.
    """
    return layers.WaveEncoder(width, depth, size, norm, name="audio_wave")
