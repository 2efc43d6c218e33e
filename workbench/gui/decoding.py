"""One sample decoded for the eye: picture, sound, text; runs in a worker thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import Index
from workbench.errors import UserError
from workbench.parts import Modality

SIDE = 512
"""Longest side of a preview picture, pixels."""

RATE = 16000
"""Samples per second of a previewed sound."""

MEL_BANDS = 64


@dataclass(frozen=True)
class Sound:
    """A sound for the eye.

    Args:
        samples: float32 [samples], -1..1.
        log_mel: float32 [frames, bands].
        seconds: how long it is.
    """

    samples: NDArray[np.float32]
    log_mel: NDArray[Any]
    seconds: float


@dataclass(frozen=True)
class Sample:
    """One sample, decoded.

    Args:
        stem: its name.
        target: its target in words; "" where it has none.
        files: the file of each modality that it has.
        picture: uint8 [height, width, 3].
        sound: its sound.
        text: its text.
        problems: why a modality cannot be shown, one sentence each.
    """

    stem: str
    target: str = ""
    files: dict[Modality, Path] = field(default_factory=dict)
    picture: NDArray[np.uint8] | None = None
    sound: Sound | None = None
    text: str | None = None
    problems: dict[Modality, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Decoders:
    """What reads files for the eye.

    Args:
        picture: file to uint8 [height, width, 3].
        sound: file to a sound.
        text: file to its text.
    """

    picture: Callable[[Path], NDArray[np.uint8]]
    sound: Callable[[Path], Sound]
    text: Callable[[Path], str]


# The readers are imported at their first use, in the worker thread: the window opens without them.
def _picture(path: Path) -> NDArray[np.uint8]:
    from workbench.data.readers import image

    return image.thumbnail(path, SIDE)


def _sound(path: Path) -> Sound:
    from workbench.data.readers import audio

    samples = audio.read(path, RATE)
    seconds = len(samples) / RATE
    return Sound(samples, audio.log_mel(samples, RATE, max(seconds, 0.05), MEL_BANDS), seconds)


def _text(path: Path) -> str:
    from workbench.data.readers import text

    return text.read(path)[0]


READERS = Decoders(_picture, _sound, _text)
"""The readers that training uses, too."""


def target_words(index: Index, row: int, name: str = "") -> str:
    """The target of a sample in words.

    Args:
        index: the data.
        row: which sample.
        name: which target; "": the first.
    """
    first = next(iter(index.targets.values()), None)
    target = index.targets.get(name, first) if name else first
    if target is None or not target.present[row]:
        return ""
    value = target.values[row]
    match target.task:
        case "labels":
            named = [name for name, on in zip(target.classes, value, strict=True) if on > 0]
            return ", ".join(named) or "none of them"
        case "numbers":
            pairs = zip(target.columns, value, strict=True)
            return ", ".join(f"{name} {float(one):.5g}" for name, one in pairs)
        case "number":
            return f"{float(value):.6g}"
    return target.classes[int(value)]


def decode(index: Index, row: int, decoders: Decoders = READERS, target: str = "") -> Sample:
    """Read all files of a sample; a file that cannot be read becomes a sentence.

    Args:
        index: the data.
        row: which sample.
        decoders: what reads.
        target: which target to tell; "": the first.
    """
    files: dict[Modality, Path] = {}
    found: dict[Modality, Any] = {}
    problems: dict[Modality, str] = {}
    readers = {"image": decoders.picture, "audio": decoders.sound, "text": decoders.text}
    for modality in index.modalities:
        path = index.path(modality, row)
        if path is not None and modality == "text" and index.texts is not None:
            found["text"] = index.text(row)
            files["text"] = path
            continue
        if path is None:
            problems[modality] = f"This sample has no {modality}."
            continue
        files[modality] = path
        try:
            found[modality] = readers[modality](path)
        except UserError as error:
            problems[modality] = error.problem
        except OSError as error:
            problems[modality] = f"{path.name} cannot be read: {error.strerror or error}."
    return Sample(
        stem=str(index.stems[row]),
        target=target_words(index, row, target),
        files=files,
        picture=found.get("image"),
        sound=found.get("audio"),
        text=found.get("text"),
        problems=problems,
    )
