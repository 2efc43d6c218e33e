"""Pictures to numbers with Pillow: the same pixels for training, preview and prediction."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from workbench.data.readers import regular
from workbench.errors import UserError

# What is wrong with a file becomes a finding; Pillow's remarks would only fill the terminal.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\..*")

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})

MAX_PIXELS = 120_000_000
"""More than any camera gives; a larger claim is a damaged or hostile file."""


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
        with Image.open(path) as file:
            whole, kind = file.size, file.format or ""
            if file.width * file.height > MAX_PIXELS:
                raise UserError(f"{path.name} claims {file.width} x {file.height} pixels.")
            if size and kind == "JPEG":
                file.draft("RGB", (size, size))
            file.load()
            turned = ImageOps.exif_transpose(file)
            return _to_rgb(turned if turned is not None else file.copy()), whole, kind
    except UserError:
        raise
    except Image.DecompressionBombError:
        raise UserError(f"{path.name} claims more pixels than any camera gives.") from None
    except MemoryError:
        raise UserError(f"{path.name} is too large for the memory of this machine.") from None
    except Exception as error:  # noqa: BLE001 - Pillow raises of every kind on damaged files
        raise UserError(f"{path.name} cannot be read as a picture: {error}.") from None


def _decode(path: Path, size: int = 0) -> Image.Image:
    return opened(path, size)[0]


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I") or picture.mode == "F":
        # Pillow's own conversion cuts 16-bit greys at 255.
        return Image.fromarray(_to_bytes(np.asarray(picture, np.float64))).convert("RGB")
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        ground = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(ground, layered).convert("RGB")
    return picture.convert("RGB")


def _to_bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    top = 65535.0 if values.max(initial=0.0) > 255.0 else 255.0
    if values.min(initial=0.0) >= 0.0 and values.max(initial=0.0) <= 1.0:
        top = 1.0
    return np.clip(values / top * 255.0, 0, 255).round().astype(np.uint8)
