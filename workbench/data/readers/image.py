"""Pictures to numbers with Pillow: the same pixels for training, preview and prediction."""

from __future__ import annotations

import threading
import warnings
from contextlib import nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from workbench.data.readers import regular
from workbench.errors import UserError

# What is wrong with a file becomes a finding; Pillow's remarks would only fill the terminal.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\..*")
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning, module=r"PIL\..*")

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "DIB", "GIF", "TIFF")
"""What a file may be by its content. Nothing else is tried: of EPS, say, Pillow would have a
PostScript interpreter run what the file says."""

MAX_PIXELS = 120_000_000
"""More than a picture to learn from needs; a larger claim is a damaged or hostile file."""
_LARGE = 12_000_000
"""From this many pixels on, pictures are decoded one at a time, whatever the number of cores."""
_one_large = threading.Lock()
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each way of holding a camera (Exif 2.32, tag 0x0112)."""

Fit = Literal["pad", "crop", "stretch"]


def read_bytes(path: Path, size: int, fit: Fit = "pad") -> NDArray[np.uint8]:
    """A picture fitted into a square, as it is cached.

    It is turned as its EXIF orientation says, and transparency is laid over white.

    Args:
        path: any format of ``SUFFIXES``; of an animation the first frame.
        size: height and width in pixels.
        fit: pad keeps the aspect ratio and centres the picture on a ground of its own mean colour,
            crop keeps it and cuts the longer side at both ends, stretch does not keep it.

    Returns:
        [size, size, 3], 0..255.

    Raises:
        UserError: the file cannot be decoded.
    """
    picture = _decode(path, size)
    if fit == "crop":
        picture = _middle(picture)
    ratio = size / max(picture.size)
    fitted = (max(1, round(picture.width * ratio)), max(1, round(picture.height * ratio)))
    if fit == "stretch":
        fitted = (size, size)
    if fitted != picture.size:
        picture = picture.resize(fitted, Image.Resampling.BILINEAR, reducing_gap=2.0)
    if fitted == (size, size):
        return np.asarray(picture)
    pixels = np.asarray(picture)
    square = np.empty((size, size, 3), np.uint8)
    square[:] = pixels.reshape(-1, 3).mean(axis=0)
    top, left = (size - fitted[1]) // 2, (size - fitted[0]) // 2
    square[top : top + fitted[1], left : left + fitted[0]] = pixels
    return square


def _middle(picture: Image.Image) -> Image.Image:
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return picture.crop((left, top, left + side, top + side))


def read(path: Path, size: int, fit: Fit = "pad") -> NDArray[np.float32]:
    """A picture as the model sees it.

    Args:
        path: as of ``read_bytes``.
        size: height and width in pixels.
        fit: as of ``read_bytes``.

    Returns:
        [size, size, 3], 0..1.

    Raises:
        UserError: the file cannot be decoded.
    """
    return read_bytes(path, size, fit).astype(np.float32) / 255.0


def thumbnail(path: Path, side: int) -> NDArray[np.uint8]:
    """A picture for people: its aspect ratio kept, no larger than asked.

    Args:
        path: as of ``read_bytes``.
        side: longest side in pixels.

    Returns:
        [height, width, 3], 0..255.

    Raises:
        UserError: the file cannot be decoded.
    """
    picture = _decode(path)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return np.asarray(picture)


def opened(path: Path, size: int = 0) -> tuple[Image.Image, tuple[int, int], str]:
    """A picture in RGB, turned as its camera was held, after decoding all of it.

    Args:
        path: as of ``read_bytes``.
        size: a JPEG may be decoded at a half, a quarter or an eighth whose sides are not smaller
            than this; 0: in full.

    Returns:
        The picture, its true width and height, and the name of its format.

    Raises:
        UserError: the file cannot be decoded.
    """
    regular.size_of(path)
    try:
        with Image.open(path, formats=FORMATS) as file:
            whole, kind = file.size, file.format or ""
            pixels = file.width * file.height
            if pixels > MAX_PIXELS:
                raise UserError(f"{path.name} claims {file.width} x {file.height} pixels.")
            if size and kind == "JPEG":
                file.draft("RGB", (size, size))
            with _one_large if pixels > _LARGE else nullcontext():
                file.load()
                return _turned(_to_rgb(file), file), whole, kind
    except UserError:
        raise
    except UnidentifiedImageError:
        raise UserError(f"{path.name} is no picture of a kind that is read here.") from None
    except Image.DecompressionBombError:
        raise UserError(f"{path.name} claims more pixels than any camera gives.") from None
    except MemoryError:
        raise UserError(f"{path.name} is too large for the memory of this machine.") from None
    except Exception as error:  # noqa: BLE001 - Pillow raises of every kind on damaged files
        raise UserError(f"{path.name} cannot be read as a picture: {error}.") from None


def _decode(path: Path, size: int = 0) -> Image.Image:
    return opened(path, size)[0]


def _turned(picture: Image.Image, file: Image.Image) -> Image.Image:
    """The picture as its camera was held; damaged notes on that leave it as it is."""
    try:
        way = file.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 - Pillow raises of every kind on damaged EXIF
        return picture
    turn = _TURNS.get(way) if isinstance(way, int) else None
    return picture if turn is None else picture.transpose(turn)


def _to_rgb(picture: Image.Image) -> Image.Image:
    """Eight bits of red, green and blue; transparency is laid over white."""
    if picture.mode.startswith("I;16"):
        # Pillow's own conversion cuts 16-bit greys at 255.
        return Image.fromarray(_halved()[np.asarray(picture)]).convert("RGB")
    if picture.mode in {"I", "F"}:
        return Image.fromarray(_to_bytes(np.asarray(picture, np.float32))).convert("RGB")
    if picture.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        ground = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(ground, layered).convert("RGB")
    return picture.convert("RGB")


@lru_cache(maxsize=1)
def _halved() -> NDArray[np.uint8]:
    """Every value of 16 bits as one of 8: 65535 / 255 is 257."""
    return (np.arange(65536) / 257).round().astype(np.uint8)


def _to_bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Numbers of unknown range: 0..1, 0..255 or 0..65535, or else their own lowest to highest."""
    numbers = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(numbers.min(initial=0.0)), float(numbers.max(initial=0.0))
    top = next((top for top in (1.0, 255.0, 65535.0) if high <= top), high)
    low = min(low, 0.0)
    if low < 0.0:
        top = high
    return ((numbers - low) * (255.0 / max(top - low, 1e-30))).round().astype(np.uint8)
