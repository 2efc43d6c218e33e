"""What the tab *Try it* shows: what is given, what the model says of it, and what records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.errors import UserError
from workbench.gui.decoding import Sound
from workbench.gui.presenters.insight.tryit_words import Answer
from workbench.parts import Modality


@dataclass(frozen=True)
class Input:
    """What is given of one modality.

    Args:
        file: a picture or a sound; None: nothing.
        name: what it is called; "" while nothing is given.
        words: a text; None: nothing.
        pixels: the picture for the eye.
        sound: the sound for eye and ear.
        used: the model may know it.
        problem: why what was given is not taken.
    """

    file: Path | None = None
    name: str = ""
    words: str | None = None
    pixels: NDArray[np.uint8] | None = None
    sound: Sound | None = None
    used: bool = True
    problem: str = ""

    @property
    def given(self) -> bool:
        """Whether there is something that the model can be asked about."""
        return self.file is not None or bool(self.words)


@dataclass(frozen=True)
class TryItState:
    """All that the tab shows.

    Args:
        folder: of the run; None while nothing is shown.
        modalities: of the run, in the fixed order.
        classes: names of the outputs: classes, numbers, or none.
        task: what was learned.
        span: lowest and highest true number among the evaluated samples; None: not known.
        seconds: of sound that the model hears.
        inputs: what is given of each modality.
        opened: the engine has the run in memory.
        asking: an answer is under way.
        answer: what the model says; None: nothing was asked yet.
        stem: name of the sample that was taken from the data; "" where anything was changed.
        truth: its true classes, or its true number in words.
        batch: folder that is predicted; None: none.
        table: what came of it; None: nothing yet.
        error: what went wrong last.
    """

    folder: Path | None = None
    modalities: tuple[Modality, ...] = ()
    classes: tuple[str, ...] = ()
    task: str = ""
    span: tuple[float, float] | None = None
    seconds: float = 1.0
    inputs: Mapping[Modality, Input] = field(default_factory=dict)
    opened: bool = False
    asking: bool = False
    answer: Answer | None = None
    stem: str = ""
    truth: tuple[str, ...] = ()
    batch: Path | None = None
    table: Path | None = None
    error: UserError | None = None

    @property
    def used(self) -> tuple[Modality, ...]:
        """The modalities that the model is asked with."""
        return tuple(m for m, one in self.inputs.items() if one.given and one.used)

    @property
    def hint(self) -> str:
        """What is going on or to be done, in a sentence; "" while there is an answer."""
        if self.answer is not None and self.used:
            return ""
        if any(one.given for one in self.inputs.values()) and not self.used:
            return "All that is given is left out: let the model know something."
        if not self.opened:
            return "The engine opens the run…"
        return "Give it something, or take one of the samples."


@dataclass(frozen=True)
class DevicesState:
    """What microphone and camera do.

    Args:
        sound_problem: why no sound can be recorded; "".
        camera_problem: why no picture can be taken; "".
        recording: the microphone is being recorded.
        recorded: seconds of that.
        camera: the camera is on.
        live: its pictures are predicted, a few a second.
    """

    sound_problem: str = ""
    camera_problem: str = ""
    recording: bool = False
    recorded: float = 0.0
    camera: bool = False
    live: bool = False


Kind = Literal["image", "audio"]
