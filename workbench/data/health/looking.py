"""What is measured of one file: sizes, content, and a fingerprint that nearly equal files share."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

import imagehash
import numpy as np
from numpy.typing import NDArray

from workbench.data.readers import audio, image, text
from workbench.errors import UserError
from workbench.parts import Modality

LOOK = np.dtype(
    [
        ("content", "u8"),
        ("print", "u8", (4,)),
        ("first", "f4"),
        ("second", "f4"),
        ("flags", "u1"),
        ("encoding", "u1"),
    ]
)
"""One file: hash of its content, fingerprint of 256 bits, and two sizes: width and height of a
picture, seconds and rate of a sound, words of a text."""

CONSTANT, SILENT, CLIPPED, STRANGE_SUFFIX, NO_PRINT = 1, 2, 4, 8, 16

_SIDE = 16
"""The fingerprint is a grid of 16 x 16 bits."""
_SILENCE = 1e-3
"""Peak below which a sound is silent: -60 dB below full scale."""
_FULL = 0.999
_CLIPPED_SHARE = 0.001
"""Share of samples at full scale from which a sound is clipped; single peaks do not count."""
_HEARD_SECONDS = 20.0
_HEARD_RATE = 8000
_HEARD_RANGE = 50 / 40
"""50 dB in units of the log-mel spectrogram."""
_SHINGLE = 2
_SHINGLES = 2000
_FORMATS: Mapping[str, frozenset[str]] = {
    "JPEG": frozenset({".jpg", ".jpeg"}),
    "MPO": frozenset({".jpg", ".jpeg"}),
    "TIFF": frozenset({".tif", ".tiff"}),
    "PNG": frozenset({".png"}),
    "WEBP": frozenset({".webp"}),
    "BMP": frozenset({".bmp"}),
    "GIF": frozenset({".gif"}),
}


def look(modality: Modality, path: Path) -> NDArray[np.void]:
    """Open one file and measure it.

    Args:
        modality: what it is.
        path: the file.

    Returns:
        One record of ``LOOK``.

    Raises:
        UserError: it cannot be read.
    """
    return _LOOKERS[modality](path)


def look_text(said: str, encoding: str = "utf-8") -> NDArray[np.void]:
    """Measure a text.

    Args:
        said: the text.
        encoding: that it was read in.

    Raises:
        UserError: it is empty.
    """
    found = _empty()
    words = said.split()
    if not words:
        raise UserError("It is empty.")
    plain = re.findall(r"\w", said.casefold()) if _dense(said) else _plain_words(said)
    found["content"] = _hash(" ".join(plain).encode("utf-8", "replace"))
    found["print"] = _simhash(plain)
    found["first"] = len(words)
    found["flags"] = NO_PRINT if len(plain) < 2 * _SHINGLE else 0
    found["encoding"] = text.ENCODINGS.index(encoding) if encoding in text.ENCODINGS else 0
    return found


def _look_image(path: Path) -> NDArray[np.void]:
    picture, size, kind = image.opened(path, 4 * _SIDE)
    grey = picture.convert("L")
    levels = np.asarray(grey)
    found = _empty()
    found["content"] = _content(path)
    found["print"] = _packed(imagehash.dhash(grey, _SIDE).hash)
    found["first"], found["second"] = size
    constant = bool(np.ptp(levels) <= 2)
    strange = path.suffix.lower() not in _FORMATS.get(kind, {path.suffix.lower()})
    found["flags"] = constant * (CONSTANT | NO_PRINT) | strange * STRANGE_SUFFIX
    return found


def _look_audio(path: Path) -> NDArray[np.void]:
    sound, rate = audio.decode(path, None)
    loud = np.abs(sound)
    found = _empty()
    found["content"] = _content(path)
    found["first"], found["second"] = len(sound) / rate, rate
    silent = bool(loud.max() < _SILENCE)
    constant = bool(np.ptp(sound) < 1e-6)
    clipped = bool((loud >= _FULL).mean() > _CLIPPED_SHARE)
    found["flags"] = (
        silent * (SILENT | NO_PRINT) | constant * (CONSTANT | NO_PRINT) | clipped * CLIPPED
    )
    if not silent and not constant:
        found["print"] = _heard(sound[: round(_HEARD_SECONDS * rate)], rate)
    return found


def _look_text_file(path: Path) -> NDArray[np.void]:
    said, encoding = text.read(path)
    if not said.strip():
        raise UserError(f"{path.name} is empty.")
    return look_text(said, encoding)


_LOOKERS: Mapping[Modality, Callable[[Path], NDArray[np.void]]] = {
    "image": _look_image,
    "audio": _look_audio,
    "text": _look_text_file,
}


def _empty() -> NDArray[np.void]:
    return np.zeros((), LOOK)


def _hash(raw: bytes) -> int:
    return max(int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "big"), 1)


def _content(path: Path) -> int:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=8)).digest()
    return max(int.from_bytes(digest, "big"), 1)


def _packed(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    return np.packbits(bits.reshape(-1)).view(np.uint64)


def _heard(sound: NDArray[np.float32], rate: int) -> NDArray[np.uint64]:
    """On which sides of random planes the coarse spectrogram lies: the same at any level.

    Charikar 2002, Similarity estimation techniques from rounding algorithms, section 3.
    """
    if rate != _HEARD_RATE:
        sound = audio.resampled(sound, rate, _HEARD_RATE)
    seconds = max(len(sound) / _HEARD_RATE, 0.5)
    energy = audio.log_mel(sound, _HEARD_RATE, seconds, _SIDE)
    edges = np.linspace(0, len(energy), _SIDE + 1).astype(int)
    grid = np.stack([energy[a : max(b, a + 1)].mean(axis=0) for a, b in itertools.pairwise(edges)])
    # What lies 50 dB below the loudest is noise, in which two codings differ.
    heard = np.maximum(grid, grid.max() - _HEARD_RANGE)
    return _packed(_planes() @ (heard - heard.mean()).reshape(-1) > 0)


@lru_cache(maxsize=1)
def _planes() -> NDArray[np.float32]:
    dice = np.random.Generator(np.random.Philox(0))
    return dice.standard_normal((256, _SIDE * _SIDE), np.float32)


def _dense(said: str) -> bool:
    """Whether a text is written without spaces, as Chinese and Japanese are."""
    return len(said) > 12 and len(said.split()) * 12 < len(said)


def _plain_words(said: str) -> list[str]:
    return re.findall(r"\w+", said.casefold())


def _simhash(words: list[str]) -> NDArray[np.uint64]:
    """Simhash of word shingles (Charikar 2002, Similarity estimation from rounding algorithms)."""
    count = max(min(len(words) - _SHINGLE + 1, _SHINGLES), 1)
    digests = b"".join(
        hashlib.blake2b(
            " ".join(words[at : at + _SHINGLE]).encode("utf-8", "replace"), digest_size=32
        ).digest()
        for at in range(count)
    )
    bits = np.unpackbits(np.frombuffer(digests, np.uint8).reshape(count, 32), axis=1)
    return _packed(bits.sum(axis=0) * 2 > count)
