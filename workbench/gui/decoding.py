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
from workbench.gui.listing import value_words
from workbench.parts import Modality

SIDE = 4096
"""Longest side of a picture, pixels: enough to look at it closely, and bounded in memory."""

RATE = 16000
"""Samples per second of a sound that does not say its own."""

MEL_BANDS = 64
LONGEST_SOUND = 60.0
"""Seconds of a sound that are shown and played."""
LONGEST_TEXT = 20_000
"""Letters of a text that are shown."""
COLUMNS = 2000
"""Moments of a sound that are told apart by the eye."""
_PORTION = 10.0


@dataclass(frozen=True)
class Sound:
    """A sound for the eye.

    Args:
        samples: float32 [samples], -1..1.
        log_mel: float32 [frames, bands]; frames are evenly spread over the sound.
        seconds: how long it is.
        rate: samples a second.
        cut: the file holds more.
    """

    samples: NDArray[np.float32]
    log_mel: NDArray[Any]
    seconds: float
    rate: int = RATE
    cut: bool = False


@dataclass(frozen=True)
class Sample:
    """One sample, decoded.

    Args:
        stem: its name.
        target: its target in words; "" where it has none.
        others: its other targets and further columns in words.
        files: the file of each modality that it has.
        picture: uint8 [height, width, 3].
        sound: its sound.
        text: its text.
        problems: why a modality cannot be shown, one sentence each.
    """

    stem: str
    target: str = ""
    others: str = ""
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

    samples, rate = audio.decode(path, LONGEST_SOUND)
    longest = round(LONGEST_SOUND * rate)
    cut = len(samples) > longest
    samples = np.ascontiguousarray(samples[:longest], np.float32)
    return Sound(samples, _log_mel(samples, rate), len(samples) / rate, rate, cut)


def _log_mel(samples: NDArray[np.float32], rate: int) -> NDArray[Any]:
    """The spectrogram in portions, so that a long sound does not fill the memory."""
    from workbench.data.readers import audio

    portion = round(_PORTION * rate)
    parts = []
    for start in range(0, len(samples), portion):
        part = samples[start : start + portion]
        seconds = max(len(part) / rate, audio.WINDOW_SECONDS)
        parts.append(audio.log_mel(part, rate, seconds, MEL_BANDS))
    whole = np.concatenate(parts)
    # What is narrower than a pixel is told by its loudest moment.
    merged = -(-len(whole) // COLUMNS)
    return np.maximum.reduceat(whole, np.arange(0, len(whole), merged), axis=0)


def _text(path: Path) -> str:
    from workbench.data.readers import text

    # No letter takes more than four bytes, and one letter too many shows that there is more.
    return text.read(path, longest=4 * LONGEST_TEXT + 8)[0]


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
    return value_words(target, row) if target is not None else ""


def other_words(index: Index, row: int, name: str = "") -> str:
    """What else the data say of a sample: its other targets and further columns.

    Args:
        index: the data.
        row: which sample.
        name: the target that is told already; "": the first.
    """
    told = name or next(iter(index.targets), "")
    said = {key: value_words(target, row) for key, target in index.targets.items() if key != told}
    said |= {key: str(cells[row]) for key, cells in index.columns.items() if key != told}
    return " · ".join(f"{key.replace('_', ' ')}: {value}" for key, value in said.items() if value)


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
        inline = modality == "text" and index.texts is not None
        if path is not None:
            files[modality] = path
        try:
            if inline and index.text(row):
                found[modality] = index.text(row)
            elif path is not None and not inline:
                found[modality] = readers[modality](path)
            else:
                problems[modality] = f"This sample has no {modality}."
        except UserError as error:
            problems[modality] = error.problem
        except OSError as error:
            name = path.name if path is not None else modality
            problems[modality] = f"{name} cannot be read: {error.strerror or error}."
    return Sample(
        stem=str(index.stems[row]),
        target=target_words(index, row, target),
        others=other_words(index, row, target),
        files=files,
        picture=found.get("image"),
        sound=found.get("audio"),
        text=_shortened(found.get("text")),
        problems=problems,
    )


def _shortened(text: str | None) -> str | None:
    if text is None or len(text) <= LONGEST_TEXT:
        return text
    return f"{text[:LONGEST_TEXT]}\n… (the beginning; the file holds more)"
