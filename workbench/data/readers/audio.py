"""Sounds to numbers with soundfile and soxr, and their log-mel spectrogram."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from workbench.data.readers import regular
from workbench.errors import UserError
from workbench.spec.data import AudioInput

SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff", ".opus"})

WINDOW_SECONDS, HOP_SECONDS = 0.025, 0.010
"""The usual frame of speech and sound recognition (Davis & Mermelstein 1980; HTK)."""

LOWEST_RATE, HIGHEST_RATE = 1000, 768_000
"""Samples a second; a header that claims others is damaged."""
MAX_CHANNELS = 64
MAX_SECONDS = 600.0
"""No more than ten minutes of a sound are decoded at once."""
_MOST_VALUES = 2**26
"""No more than so many values are held of one sound, whatever its rate: 256 MiB."""
_BLOCK = 2**20
"""Values that are read at a time and mixed to one channel."""

_PIECES = 8
_MOST_CHUNKS = 1000

_MARGIN = 0.05
"""Seconds more than are wanted, as the resampler looks ahead."""

FLOOR_DB = -80.0
"""Quieter than this below full scale counts as silence."""


def read(path: Path, sample_rate: int, seconds: float | None = None) -> NDArray[np.float32]:
    """A sound, mixed to one channel.

    Args:
        path: any format of ``SUFFIXES``, any rate, depth and number of channels.
        sample_rate: wanted rate in Hz.
        seconds: no more than this is decoded; None: all of it, ``MAX_SECONDS`` at most.

    Returns:
        [samples], about -1..1.

    Raises:
        UserError: the file cannot be decoded, is cut short or holds nothing.
    """
    sound, rate = decode(path, seconds)
    if rate != sample_rate:
        return resampled(sound, rate, sample_rate)
    return np.ascontiguousarray(sound, np.float32)


def decode(path: Path, seconds: float | None) -> tuple[NDArray[np.float32], int]:
    """A sound at its own rate, mixed to one channel.

    Args:
        path: as of ``read``.
        seconds: no more than about this is decoded; None: all of it, ``MAX_SECONDS`` at most.

    Returns:
        [samples], about -1..1, and the rate in Hz.

    Raises:
        UserError: as of ``read``.
    """
    with _opened(path) as file:
        rate = file.samplerate
        longest = MAX_SECONDS if seconds is None else min(seconds + _MARGIN, MAX_SECONDS)
        wanted = min(file.frames, math.ceil(rate * longest), _MOST_VALUES)
        sound = np.empty(wanted, np.float32)
        step = max(_BLOCK // file.channels, 1)
        for start in range(0, wanted, step):
            frames_now = min(step, wanted - start)
            sound[start : start + frames_now] = _frames(file, frames_now, path).mean(axis=1)
    return sound, rate


@dataclass(frozen=True)
class Excerpts:
    """What was heard of a sound: all of it, or of a long one pieces from its start to its end.

    Args:
        pieces: float [frames, channels], about -1..1, in their order.
        rate: in Hz.
        seconds: length of the whole sound.
        kind: name of its format, such as ``WAV``.
    """

    pieces: tuple[NDArray[np.float32], ...]
    rate: int
    seconds: float
    kind: str


def excerpts(path: Path, seconds: float, most: int = 2**24) -> Excerpts:
    """A sound to be measured; a long one in pieces that are spread over it.

    Args:
        path: as of ``read``.
        seconds: a longer sound is heard in pieces that have this length together.
        most: values that are decoded at most, all channels counted.

    Raises:
        UserError: as of ``read``.
    """
    with _opened(path) as file:
        whole, rate = file.frames, file.samplerate
        heard = max(min(math.ceil(seconds * rate), most // file.channels), _PIECES)
        if whole <= heard:
            starts, length = [0], whole
        else:
            length = heard // _PIECES
            starts = [round(at) for at in np.linspace(0, whole - length, _PIECES)]
        pieces = []
        for start in starts:
            if start:
                file.seek(start)
            pieces.append(_frames(file, length, path))
        return Excerpts(tuple(pieces), rate, whole / rate, file.format)


@contextmanager
def _opened(path: Path) -> Iterator[soundfile.SoundFile]:
    """A file whose header can be believed; whatever goes wrong with it is said in words."""
    size = regular.size_of(path)
    try:
        with soundfile.SoundFile(path) as file:
            if not LOWEST_RATE <= file.samplerate <= HIGHEST_RATE:
                raise UserError(f"{path.name} claims {file.samplerate:,} samples a second.")
            if file.channels > MAX_CHANNELS:
                raise UserError(f"{path.name} claims {file.channels:,} channels.")
            if not file.frames:
                raise UserError(f"{path.name} holds no sound.")
            if _cut_short(path, size):
                raise UserError(f"{path.name} is cut short.")
            yield file
    except (soundfile.SoundFileError, OSError, ValueError, TypeError) as error:
        reason = getattr(error, "error_string", error)
        raise UserError(f"{path.name} cannot be read as a sound: {reason}") from None
    except MemoryError:
        raise UserError(f"{path.name} is too large for the memory of this machine.") from None


def _frames(file: soundfile.SoundFile, count: int, path: Path) -> NDArray[np.float32]:
    """The next frames, all channels."""
    sound = file.read(count, dtype="float32", always_2d=True)
    if len(sound) < count:
        raise UserError(f"{path.name} is cut short.")
    if not np.isfinite(sound).all():
        raise UserError(f"{path.name} holds values that are not numbers.")
    return np.asarray(sound, np.float32)


def resampled(sound: NDArray[np.float32], rate: int, wanted: int) -> NDArray[np.float32]:
    """A sound at another rate.

    Args:
        sound: [samples].
        rate: its rate in Hz.
        wanted: the wanted rate in Hz.
    """
    return np.ascontiguousarray(soxr.resample(sound, rate, wanted, quality="HQ"), np.float32)


def fit(sound: NDArray[np.float32], sample_rate: int, seconds: float) -> NDArray[np.float32]:
    """A sound cut at its end, or padded there with silence.

    Args:
        sound: [samples].
        sample_rate: in Hz.
        seconds: wanted length.

    Returns:
        [round(seconds * sample_rate)].
    """
    length = round(seconds * sample_rate)
    if len(sound) >= length:
        return sound[:length]
    return np.pad(sound, (0, length - len(sound)))


def frames(sample_rate: int, seconds: float) -> int:
    """How many frames the spectrogram of a sound of that length has."""
    window, hop = frame_of(sample_rate)
    return max(1, 1 + (round(seconds * sample_rate) - window) // hop)


def shape(options: AudioInput) -> tuple[int, ...]:
    """Shape of one sound as a model hears it: [frames, bands], or [samples] of a raw wave."""
    if options.form == "wave":
        return (round(options.seconds * options.sample_rate),)
    return (frames(options.sample_rate, options.seconds), options.mel_bands)


def heard(path: Path, options: AudioInput) -> NDArray[np.float32]:
    """A sound as a model hears it, of ``shape``.

    Args:
        path: as of ``read``.
        options: how it is heard.

    Raises:
        UserError: as of ``read``.
    """
    rate, seconds = options.sample_rate, options.seconds
    sound = read(path, rate, seconds)
    if options.form == "wave":
        return fit(sound, rate, seconds)
    return log_mel(sound, rate, seconds, options.mel_bands)


def log_mel(
    sound: NDArray[np.float32], sample_rate: int, seconds: float, mel_bands: int
) -> NDArray[np.float32]:
    """The log-mel spectrogram of a sound.

    Frames of 25 ms every 10 ms, Hann window, power of the discrete Fourier transform, triangular
    filters on the mel scale of HTK (2595 log10(1 + f / 700)) from 20 Hz to half the rate, decibels
    below full scale, clamped at -80 dB. In float64, so that an exported model, which takes the
    transform by matrix products, says the same down to the half precision of the cache.

    Args:
        sound: [samples]; cut or padded to ``seconds``.
        sample_rate: in Hz.
        seconds: length looked at.
        mel_bands: how many bands.

    Returns:
        [frames, mel_bands], -1 at -80 dB and below, 1 at full scale.
    """
    window, hop = frame_of(sample_rate)
    whole = fit(sound, sample_rate, max(seconds, WINDOW_SECONDS))
    framed = np.lib.stride_tricks.sliding_window_view(whole, window)[::hop]
    framed = framed[: frames(sample_rate, seconds)]
    spectrum = np.fft.rfft(framed * _windowing(window), _transformed(window), axis=1)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    decibels = 10.0 * np.log10(np.maximum(power @ _filters(sample_rate, mel_bands), 1e-12))
    return (np.clip(decibels, FLOOR_DB, 0.0) * (-2.0 / FLOOR_DB) + 1.0).astype(np.float32)


def frame_of(sample_rate: int) -> tuple[int, int]:
    """How many samples a frame of the spectrogram has, and how many lie between two frames."""
    return round(WINDOW_SECONDS * sample_rate), round(HOP_SECONDS * sample_rate)


def matrices(sample_rate: int, mel_bands: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same transform as products: windowed cosines and sines, and the filters.

    Args:
        sample_rate: in Hz.
        mel_bands: how many bands.

    Returns:
        [window, 2 * bins], and [bins, mel_bands].
    """
    window, _ = frame_of(sample_rate)
    size = _transformed(window)
    angles = 2 * np.pi * np.outer(np.arange(window), np.arange(size // 2 + 1)) / size
    waves = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
    return waves * _windowing(window)[:, None], _filters(sample_rate, mel_bands)


def _transformed(window: int) -> int:
    """Samples that the Fourier transform is taken of: the next power of two."""
    return 1 << (window - 1).bit_length()


@lru_cache(maxsize=8)
def _windowing(window: int) -> NDArray[np.float64]:
    """Hann window, scaled so that a sine at full scale gives a power of 1 in its bin."""
    hann = np.hanning(window + 1)[:-1]
    return np.asarray(hann * (2.0 / hann.sum()), np.float64)


@lru_cache(maxsize=8)
def _filters(sample_rate: int, mel_bands: int) -> NDArray[np.float64]:
    """The mel filters, [bins, mel_bands]."""
    size = _transformed(frame_of(sample_rate)[0])
    highest = 2595.0 * np.log10(1 + sample_rate / 2 / 700.0)
    lowest = 2595.0 * np.log10(1 + 20.0 / 700.0)
    corners = 700.0 * (10 ** (np.linspace(lowest, highest, mel_bands + 2) / 2595.0) - 1)
    # A band narrower than the distance of two bins still gets the bin nearest to it.
    step = sample_rate / size
    left, centre, right = corners[:-2], corners[1:-1], corners[2:]
    left, right = np.minimum(left, centre - step), np.maximum(right, centre + step)
    frequencies = np.arange(size // 2 + 1)[:, None] * step
    rising = (frequencies - left) / (centre - left)
    falling = (right - frequencies) / (right - centre)
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)), np.float64)


def _cut_short(path: Path, size: int) -> bool:
    """Whether a header promises more bytes than the file has; libsndfile passes over it."""
    with path.open("rb") as stream:
        head = stream.read(12)
        if head[:4] == b"FORM":
            return int.from_bytes(head[4:8], "big") + 8 > size + 1
        if head[:4] != b"RIFF":
            return False
        place = len(head)
        for _ in range(_MOST_CHUNKS):
            stream.seek(place)
            chunk = stream.read(8)
            length = int.from_bytes(chunk[4:8], "little")
            if len(chunk) < 8:
                return False
            if chunk[:4] == b"data":
                # Recorders that stream write 0 or the largest number where they do not know.
                return length not in (0, 0xFFFFFFFF) and place + 8 + length > size + 1
            place += 8 + length + (length & 1)
    return False
