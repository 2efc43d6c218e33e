"""Random variation of training samples: the same seed, epoch and sample give the same variation.

Every option has a number of its own in the stream of chance, so that switching one on or off
leaves the choices of the others as they were.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workbench.parts import MODALITIES, Modality
from workbench.spec import AudioAugmentation, Augmentation, ImageAugmentation, TextAugmentation

Options = Augmentation | ImageAugmentation | AudioAugmentation | TextAugmentation

GREY = 128
"""What stands under a cutout."""
SILENCE = -1.0
"""Of a log-mel spectrogram: -80 dB."""
UNKNOWN = 1
"""Number of the token that stands for one left out."""
_DB = 40.0
"""Decibels of one unit of a log-mel spectrogram."""


def dice(seed: int, epoch: int, row: int, modality: Modality = "image") -> np.random.Generator:
    """Chance for one sample in one epoch, whatever batch or thread it is read by.

    Args:
        seed: of the run, 0 or more.
        epoch: counted from 0.
        row: of the sample in its ``Prepared``.
        modality: each has chance of its own, so that what is done to a picture says nothing of
            what is done to its sound.
    """
    # The key is that of the order of the epoch; no order is so long that it reaches counter 1.
    place = [0, 1 + row, 1 + MODALITIES.index(modality), 0]
    return np.random.Generator(np.random.Philox(key=[seed, epoch], counter=place))


def any_on(options: Options) -> bool:
    """Whether these options change anything at all."""
    match options:
        case Augmentation():
            return any(any_on(o) for o in (options.image, options.audio, options.text))
        case ImageAugmentation():
            amounts = (options.crop, options.rotate, options.brightness, options.contrast)
            return options.flip != "none" or any(amounts) or options.cutout > 0
        case AudioAugmentation():
            return options.noise is not None or any((options.gain, options.shift, options.masks))
        case TextAugmentation():
            return options.drop > 0


def vary(
    modality: Modality, values: NDArray[Any], options: Augmentation, dice: np.random.Generator
) -> NDArray[Any]:
    """One sample of one modality, varied.

    Args:
        modality: which.
        values: as ``image``, ``audio`` or ``text`` take it.
        options: of all modalities.
        dice: from ``dice``.
    """
    match modality:
        case "image":
            return image(values, options.image, dice)
        case "audio":
            return audio(values, options.audio, dice)
        case "text":
            return text(values, options.text, dice)


def image(
    pixels: NDArray[np.uint8], options: ImageAugmentation, dice: np.random.Generator
) -> NDArray[np.uint8]:
    """A picture flipped, cropped, turned, made lighter, with more contrast, and in part hidden.

    What a turn brings in from outside is the picture's mean colour.

    Args:
        pixels: [height, width, 3], 0..255; not changed.
        options: how much of each.
        dice: from ``dice``.

    Returns:
        The same shape.

    References:
        Cutout: DeVries and Taylor 2017, arXiv:1708.04552; its centre may lie at the very edge, so
        that part of the square falls outside.
    """
    chance = dice.random(10)
    across = options.flip in ("horizontal", "both") and chance[0] < 0.5
    down = options.flip in ("vertical", "both") and chance[1] < 0.5
    varied = pixels[:: -1 if down else 1, :: -1 if across else 1]
    if options.crop or options.rotate:
        varied = _moved(varied, options, chance[2:6])
    if options.brightness or options.contrast:
        varied = _lit(varied, options, chance[6:8])
    if options.cutout:
        varied = _cut(varied, options.cutout, chance[8:10])
    return np.ascontiguousarray(varied)


def _moved(
    pixels: NDArray[np.uint8], options: ImageAugmentation, chance: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Crop and turn at once, so that pixels are interpolated only once."""
    size = np.array([pixels.shape[1], pixels.shape[0]])
    scale = 1 - options.crop * chance[0]
    corner = chance[1:3] * (1 - scale) * size
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    if not options.rotate:
        # The same by a kernel that is three times as fast.
        box = (*corner, *np.minimum(corner + scale * size, size))
        return np.asarray(picture.resize(picture.size, Image.Resampling.BILINEAR, box=box))
    angle = math.radians(options.rotate * (2 * chance[3] - 1))
    # From a place in the result, measured from its centre, to one in the picture.
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    matrix = scale * turn
    start = corner + scale * size / 2 - matrix @ size / 2
    ground = tuple(round(float(part)) for part in pixels.reshape(-1, 3).mean(axis=0))
    moved = picture.transform(
        picture.size,
        Image.Transform.AFFINE,
        (*matrix[0], start[0], *matrix[1], start[1]),
        resample=Image.Resampling.BILINEAR,
        fillcolor=ground,
    )
    return np.asarray(moved)


def _lit(
    pixels: NDArray[np.uint8], options: ImageAugmentation, chance: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Lighter or darker, and differences from the mean of all pixels larger or smaller."""
    lighter = 255 * options.brightness * (2 * chance[0] - 1)
    stretch = 1 + options.contrast * (2 * chance[1] - 1)
    mean = float(pixels.mean())
    # Every pixel of one value becomes the same one: 256 values are worked out, not all pixels.
    table = (np.arange(256) - mean) * stretch + mean + lighter
    return np.take(np.clip(np.rint(table), 0, 255).astype(np.uint8), pixels)


def _cut(pixels: NDArray[np.uint8], share: float, chance: NDArray[np.float64]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    side = max(1, round(share * min(height, width)))
    top, left = (chance * (height, width)).astype(int) - side // 2
    varied = pixels.copy()
    varied[max(top, 0) : top + side, max(left, 0) : left + side] = GREY
    return varied


def audio(
    log_mel: NDArray[Any], options: AudioAugmentation, dice: np.random.Generator
) -> NDArray[Any]:
    """A sound moved in time, made louder, with noise, and in part silenced, on its spectrogram.

    Noise adds its power to that of the sound, in every band alike, with the spread that the power
    of a Fourier coefficient of Gaussian noise has. Silence of -80 dB stays silence when a sound is
    made louder.

    Args:
        log_mel: [frames, bands], -1 at -80 dB, 1 at full scale; or a raw wave [samples], which has
            no bands to be silenced; not changed.
        options: how much of each.
        dice: from ``dice``.

    Returns:
        The same shape and type.

    References:
        Masks: Park et al. 2019, SpecAugment, arXiv:1904.08779, section 2, without time warping.
    """
    chance = dice.random(3)
    if log_mel.ndim == 1:
        return _wave(log_mel, options, chance, dice)
    places = dice.random((options.masks, 4))
    varied = _shifted(log_mel, options.shift * (2 * chance[0] - 1)).astype(np.float32)
    if options.gain:
        louder = varied + np.float32(options.gain * (2 * chance[1] - 1) / _DB)
        varied = np.where(varied > SILENCE, np.clip(louder, SILENCE, 1.0), np.float32(SILENCE))
    if options.noise is not None:
        quietest = _DB * (SILENCE - 1)
        level = quietest + (options.noise - quietest) * chance[2]
        varied = _noisy(varied, level, dice)
    _silence(varied, options.mask_size, places)
    return varied.astype(log_mel.dtype)


def _wave(
    wave: NDArray[Any], options: AudioAugmentation, chance: NDArray[np.float64],
    dice: np.random.Generator,
) -> NDArray[Any]:  # fmt: skip
    """A raw wave moved, made louder and with noise, by the same amounts as a spectrogram."""
    later = round(options.shift * (2 * chance[0] - 1) * len(wave))
    varied = np.zeros(len(wave), np.float32)
    varied[max(later, 0) : len(wave) + min(later, 0)] = wave[
        max(-later, 0) : len(wave) - max(later, 0)
    ]
    if options.gain:
        varied *= np.float32(10 ** (options.gain * (2 * chance[1] - 1) / 20))
    if options.noise is not None:
        quietest = _DB * (SILENCE - 1)
        level = quietest + (options.noise - quietest) * chance[2]
        varied += dice.normal(0, 10 ** (level / 20), len(wave)).astype(np.float32)
    return np.clip(varied, -1.0, 1.0).astype(wave.dtype)


def _shifted(log_mel: NDArray[Any], share: float) -> NDArray[Any]:
    frames = len(log_mel)
    later = round(share * frames)
    shifted = np.full_like(log_mel, SILENCE)
    shifted[max(later, 0) : frames + min(later, 0)] = log_mel[
        max(-later, 0) : frames - max(later, 0)
    ]
    return shifted


def _noisy(
    log_mel: NDArray[np.float32], level: float, dice: np.random.Generator
) -> NDArray[np.float32]:
    """With noise of that mean power in every band; level in dB below full scale."""
    powers = dice.standard_exponential(log_mel.shape, dtype=np.float32)
    powers *= np.float32(10 ** (level / 10))
    # 10 ** (dB / 10) with dB = 40 (x - 1), and back.
    powers += np.exp((log_mel - 1) * np.float32(_DB / 10 * math.log(10)))
    noisy = np.log(powers) * np.float32(10 / _DB / math.log(10)) + 1
    return np.clip(noisy, SILENCE, 1.0)


def _silence(log_mel: NDArray[np.float32], widest: float, places: NDArray[np.float64]) -> None:
    """Silence a span of frames and of bands for each row of ``places``, [masks, 4] in 0..1."""
    for axis, view in enumerate((log_mel, log_mel.T)):
        length = len(view)
        for wide, place in places[:, 2 * axis : 2 * axis + 2]:
            size = round(wide * widest * length)
            start = int(place * (length - size + 1))
            view[start : start + size] = SILENCE


def text(
    tokens: NDArray[np.int32], options: TextAugmentation, dice: np.random.Generator
) -> NDArray[np.int32]:
    """A text of which some tokens are hidden.

    Args:
        tokens: [words]; 0 is padding and stays; not changed. A vector of a sentence model has no
            tokens, and stays as it is.
        options: how many.
        dice: from ``dice``.

    Returns:
        The same shape; hidden ones are 1, the unknown token.
    """
    if tokens.dtype.kind == "f":
        return tokens
    hidden = dice.random(len(tokens)) < options.drop
    return np.where(hidden & (tokens != 0), np.int32(UNKNOWN), tokens)
