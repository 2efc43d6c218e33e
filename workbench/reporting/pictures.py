"""Small pictures of samples for a report, from the data that the run was made of."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from workbench.data.folder import scan
from workbench.data.index import Index
from workbench.data.readers import audio, image
from workbench.errors import UserError
from workbench.spec import DataSpec

SIDE = 112
_LETTERS = 160


@dataclass(frozen=True)
class Pictured:
    """What is shown of a sample; "" where it has nothing of that kind.

    Args:
        picture: of its image, PNG in base 64.
        sound: its spectrogram, PNG in base 64.
        text: the beginning of its text.
    """

    picture: str = ""
    sound: str = ""
    text: str = ""


def pictured(data: DataSpec, stems: list[str]) -> dict[str, Pictured]:
    """Samples by name; those that are gone or cannot be read are left out.

    Args:
        data: where the data lie.
        stems: names of the samples.
    """
    if not stems:
        return {}
    try:
        index = scan(Path(data.folder), reading=data.reading, check=False)
    except UserError:
        # A report is made where the data are not at hand, too.
        return {}
    found = {}
    for stem in stems:
        rows = np.flatnonzero(index.stems == stem)
        if len(rows):
            found[stem] = _one(index, int(rows[0]), data)
    return found


def _one(index: Index, row: int, data: DataSpec) -> Pictured:
    picture = sound = text = ""
    try:
        file = index.path("image", row) if "image" in index.modalities else None
        picture = _png(image.thumbnail(file, SIDE)) if file is not None else ""
        heard = index.path("audio", row) if "audio" in index.modalities else None
        sound = _spectrogram(heard, data) if heard is not None else ""
        text = index.text(row)[:_LETTERS] if "text" in index.modalities else ""
    except UserError:
        # What can be read is shown.
        return Pictured(picture, sound, text)
    return Pictured(picture, sound, text)


def _spectrogram(file: Path, data: DataSpec) -> str:
    options = data.audio.model_copy(update={"form": "log_mel"})
    heard = audio.heard(file, options)
    grey = np.clip((1 - (heard.T[::-1] + 1) / 2) * 255, 0, 255).astype(np.uint8)
    return _png(np.asarray(Image.fromarray(grey).resize((SIDE, SIDE // 2)).convert("RGB")))


def _png(pixels: np.typing.NDArray[np.uint8]) -> str:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode("ascii")
