"""What is measured of one file: sizes, content, and a fingerprint that nearly equal files share."""

from __future__ import annotations

import hashlib
import itertools
import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

import imagehash
import numpy as np
from numpy.typing import NDArray

from workbench.data.health import endings
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

CONSTANT, SILENT, CLIPPED, STRANGE_SUFFIX, NO_PRINT, NO_END, TOO_LONG = 1, 2, 4, 8, 16, 32, 64

_SIDE = 16
"""The fingerprint is a grid of 16 x 16 bits."""
_SILENCE = 1e-3
"""Peak below which a sound is silent: -60 dB below full scale."""
_FULL = 0.999
_CLIPPED_SHARE = 0.001
"""Share of samples at full scale from which a sound is clipped; single peaks do not count."""
_HEARD = 120.0
"""Seconds of a longer sound that are heard, in pieces from its start to its end."""
_PRINTED_SECONDS = 20.0
_PRINTED_RATE = 8000
_PRINTED_RANGE = 50 / 40
"""50 dB in units of the log-mel spectrogram."""
_SHINGLE = 2
_SHINGLES = 2000
_WHOLE, _PART = 64 * 2**20, 2**20
"""Of a file with more bytes than the first, only parts of the second size are compared."""
_PARTS = 16
_FORMATS: Mapping[str, frozenset[str]] = {
    "JPEG": frozenset({".jpg", ".jpeg"}),
    "MPO": frozenset({".jpg", ".jpeg"}),
    "TIFF": frozenset({".tif", ".tiff"}),
    "PNG": frozenset({".png"}),
    "WEBP": frozenset({".webp"}),
    "BMP": frozenset({".bmp"}),
    "DIB": frozenset({".bmp"}),
    "GIF": frozenset({".gif"}),
    "WAV": frozenset({".wav"}),
    "WAVEX": frozenset({".wav"}),
    "RF64": frozenset({".wav"}),
    "FLAC": frozenset({".flac"}),
    "OGG": frozenset({".ogg", ".opus"}),
    "MP3": frozenset({".mp3"}),
    "AIFF": frozenset({".aif", ".aiff"}),
}
"""Suffixes of each format as its library names it."""


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
    # Capitals and spaces make no other text; signs do: "good :)" is not "good :(".
    found["content"] = _hash(
        unicodedata.normalize("NFKC", " ".join(words)).casefold().encode("utf-8", "replace")
    )
    dense = _dense(said)
    plain = re.findall(r"\w", said.casefold()) if dense else _plain_words(said)
    found["print"] = _simhash(plain)
    found["first"] = len(plain) if dense else len(words)
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
    found["flags"] = constant * (CONSTANT | NO_PRINT) | _of_its_file(path, kind)
    return found


def _look_audio(path: Path) -> NDArray[np.void]:
    heard = audio.excerpts(path, _HEARD)
    found = _empty()
    found["content"] = _content(path)
    found["first"], found["second"] = heard.seconds, heard.rate
    lowest = min(float(piece.min()) for piece in heard.pieces)
    highest = max(float(piece.max()) for piece in heard.pieces)
    silent = max(-lowest, highest) < _SILENCE
    constant = highest - lowest < 1e-6
    full = sum(int(np.count_nonzero(np.abs(piece) >= _FULL)) for piece in heard.pieces)
    clipped = full > _CLIPPED_SHARE * sum(piece.size for piece in heard.pieces)
    found["flags"] = (
        silent * (SILENT | NO_PRINT) | constant * (CONSTANT | NO_PRINT) | clipped * CLIPPED
    ) | _of_its_file(path, heard.kind)
    if not silent and not constant:
        start = heard.pieces[0][: round(_PRINTED_SECONDS * heard.rate)].mean(axis=1)
        found["print"] = _heard(start, heard.rate)
    return found


def _look_text_file(path: Path) -> NDArray[np.void]:
    said, encoding = text.read(path)
    if not said.strip():
        raise UserError(f"{path.name} is empty.")
    found = look_text(said, encoding)
    if path.stat().st_size > text.LONGEST:
        found["flags"] |= TOO_LONG
    return found


def _of_its_file(path: Path, kind: str) -> int:
    """Flags of a file by its format and name."""
    strange = path.suffix.lower() not in _FORMATS.get(kind, frozenset())
    return strange * STRANGE_SUFFIX | endings.lacks_end(kind, path) * NO_END


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
    """Hash of a file; of a very large one that of its size and of parts from start to end."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        if size <= _WHOLE:
            return _hash(stream.read())
        digest = hashlib.blake2b(str(size).encode())
        for start in np.linspace(0, size - _PART, _PARTS, dtype=np.int64).tolist():
            stream.seek(start)
            digest.update(stream.read(_PART))
    return _hash(digest.digest())


def _packed(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    return np.packbits(bits.reshape(-1)).view(np.uint64)


def _heard(sound: NDArray[np.float32], rate: int) -> NDArray[np.uint64]:
    """On which sides of random planes the coarse spectrogram lies: the same at any level.

    Charikar 2002, Similarity estimation techniques from rounding algorithms, section 3.
    """
    if rate != _PRINTED_RATE:
        sound = audio.resampled(sound, rate, _PRINTED_RATE)
    seconds = max(len(sound) / _PRINTED_RATE, 0.5)
    energy = audio.log_mel(sound, _PRINTED_RATE, seconds, _SIDE)
    edges = np.linspace(0, len(energy), _SIDE + 1).astype(int)
    grid = np.stack([energy[a : max(b, a + 1)].mean(axis=0) for a, b in itertools.pairwise(edges)])
    # What lies 50 dB below the loudest is noise, in which two codings differ.
    heard = np.maximum(grid, grid.max() - _PRINTED_RANGE)
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
