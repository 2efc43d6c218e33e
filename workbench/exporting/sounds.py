"""Waves of any length to what a model hears, in layers and operations of Keras.

The spectrogram is that of ``data.readers.audio.log_mel``: its Fourier transform is a product with
matrices here, which every format knows. A frame is a few pieces as long as the step between
frames, so that frames need not be gathered.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.readers import audio
from workbench.lazy import Tensor, keras, ops
from workbench.spec import AudioInput


def heard(waves: Tensor, options: AudioInput, *, exact: bool = True) -> Tensor:
    """What the model is given of sounds.

    Args:
        waves: float32 [batch, any], at the rate of the options.
        options: spectrogram or wave, length, rate, bands.
        exact: compute the spectrogram in float64, as the reader does.

    Returns:
        float32 [batch, frames, bands], or [batch, samples] of raw waves, rounded to float16 as
        the cache of the app is.
    """
    if options.form == "wave":
        return _halved(_fitted(waves, round(options.seconds * options.sample_rate)))
    return _halved(_log_mel(waves, options, "float64" if exact else "float32"))


def _halved(values: Tensor) -> Tensor:
    """Rounded to float16.

    The converter to ONNX takes two casts in a row for one and drops the rounding: another
    operation stands between them.
    """
    shape = values.shape[1:]
    many = _batch(values)
    rounded = ops.reshape(ops.cast(values, "float16"), (many, math.prod(shape), 1))
    return ops.reshape(ops.cast(rounded, "float32"), (many, *shape))


def _batch(values: Tensor) -> int:
    """How many samples there are, where that is known; else -1."""
    return int(values.shape[0] or -1)


def _fitted(waves: Tensor, length: int) -> Tensor:
    """Cut at their end, or padded there with silence, [batch, length]."""
    # Keras does not see how long a part of something of any length is.
    return ops.reshape(ops.pad(waves, ((0, 0), (0, length)))[:, :length], (_batch(waves), length))


def _log_mel(waves: Tensor, options: AudioInput, kind: str) -> Tensor:
    window, hop = audio.frame_of(options.sample_rate)
    count = audio.frames(options.sample_rate, options.seconds)
    transform, filters = audio.matrices(options.sample_rate, options.mel_bands)
    pieces = math.ceil(window / hop)
    seen = round(max(options.seconds, audio.WINDOW_SECONDS) * options.sample_rate)
    blocks = count - 1 + pieces
    # What a frame sees beyond its window is multiplied by rows of zeros.
    whole = _fitted(_fitted(waves, seen), blocks * hop)
    values = ops.reshape(ops.cast(whole, kind), (_batch(whole), blocks, hop))
    rows = np.zeros((pieces * hop, transform.shape[1]))
    rows[:window] = transform
    spectrum: Any = 0.0
    for piece in range(pieces):
        product = _product(rows[piece * hop : (piece + 1) * hop], f"audio_waves_{piece}", kind)
        spectrum = spectrum + product(values[:, piece : piece + count])
    bins = transform.shape[1] // 2
    power = ops.square(spectrum[:, :, :bins]) + ops.square(spectrum[:, :, bins:])
    power = _product(filters, "audio_filters", kind)(power)
    decibels = 10.0 * ops.log(ops.maximum(power, 1e-12)) / math.log(10.0)
    clipped = ops.clip(decibels, audio.FLOOR_DB, 0.0)
    return ops.cast(clipped * (-2.0 / audio.FLOOR_DB) + 1.0, "float32")


def _product(matrix: NDArray[np.float64], name: str, kind: str) -> Any:
    """A layer that multiplies by a matrix, which a file then holds as its weights."""
    layer = keras.layers.Dense(matrix.shape[1], use_bias=False, dtype=kind, name=name)
    layer.build((None, None, matrix.shape[0]))
    layer.set_weights([matrix.astype(kind)])
    layer.trainable = False
    return layer
