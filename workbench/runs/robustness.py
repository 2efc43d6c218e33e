"""What noise on one modality does: ``insight/robustness-<split>.json`` of a run.

And the last sample that was looked at under noise, ``insight/disturbed.npz``.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from workbench.errors import UserError
from workbench.parts import Modality
from workbench.writing import write_atomic

Kind = Literal["picture", "log_mel", "wave", "tokens", "vector"]
"""What noise is put on."""
TOLERATED = 0.1
"""So much of what a model gains over guessing may be lost where it is said to stand noise."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


class Curve(_Frozen):
    """The score over the noise on one modality.

    Args:
        name: the modality.
        kind: which noise it is.
        scores: mean score at each strength.
        between: where each lies with 95 % confidence over the samples.
        lost: likewise, what each is worse than without noise, sample by sample.
        without: the score when it is taken away altogether.
        removal: how it is taken away: as in training, or by that of other samples.
        having: how many of the samples have it.
    """

    name: Modality
    kind: Kind
    scores: tuple[float, ...]
    between: tuple[tuple[float, float], ...]
    lost: tuple[tuple[float, float], ...]
    without: float
    removal: Literal["trained", "others"]
    having: Annotated[int, Field(ge=0)]


class Robustness(_Frozen):
    """What noise on each modality does to the score of a model on a split.

    Args:
        split: which samples.
        samples: how many of them.
        score: share of right answers, or minus the mean error of numbers.
        strengths: of the noise, rising from 0 to 1.
        guessing: the score of saying what is usual among the training samples.
        curves: one for each modality.
    """

    split: str
    samples: Annotated[int, Field(ge=1)]
    score: Literal["accuracy", "error"]
    strengths: Annotated[tuple[float, ...], Field(min_length=2)]
    guessing: float
    curves: Annotated[tuple[Curve, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _whole(self) -> Robustness:
        many = len(self.strengths)
        if any({len(c.scores), len(c.between), len(c.lost)} != {many} for c in self.curves):
            raise ValueError("a curve has not as many places as there are strengths")
        return self

    @property
    def clean(self) -> float:
        """The score without noise."""
        return self.curves[0].scores[0]

    def curve(self, modality: str) -> Curve | None:
        """The curve of a modality; None where it has none."""
        return next((curve for curve in self.curves if curve.name == modality), None)

    def at(self, curve: Curve, strength: float) -> float:
        """The score at any strength, on a straight line between those that were measured."""
        return float(np.interp(strength, self.strengths, curve.scores))

    def stands(self, curve: Curve) -> float:
        """The largest strength up to which no more than a tenth of the gain is lost.

        The gain is what the model is better without noise than guessing. What may be chance, as
        its interval reaches down to no loss at all, does not count as lost.
        """
        least = self.clean - TOLERATED * max(self.clean - self.guessing, 0.0)
        good = [
            score >= least or low <= 0
            for score, (low, _) in zip(curve.scores, curve.lost, strict=True)
        ]
        last = good.index(False) - 1 if False in good else len(good) - 1
        return self.strengths[max(last, 0)]


@dataclass(frozen=True)
class Seen:
    """What a model was given of a sample under noise.

    Args:
        number: of the question; an older file does not answer a newer one.
        values: picture uint8 [side, side, 3], log-mel [frames, bands] or wave [values], token
            numbers [words], or a vector.
    """

    number: int
    values: NDArray[Any]


def write(folder: Path, found: Robustness) -> Path:
    """Put what was found into a run's folder.

    Returns:
        The file.

    Raises:
        UserError: the folder cannot be written.
    """
    return _write(file_of(folder, found.split), found.model_dump_json(indent=2) + "\n")


def read(folder: Path, split: str) -> Robustness | None:
    """What was found of a split; None where nobody has asked.

    Args:
        folder: of the run.
        split: ``train``, ``validation`` or ``test``.

    Raises:
        UserError: the file is damaged.
    """
    file = file_of(folder, split)
    try:
        return Robustness.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        raise UserError(f"{file} is damaged.", "Measure the robustness again.") from None


def file_of(folder: Path, split: str) -> Path:
    """Where the curves of a split stand."""
    return folder / "insight" / f"robustness-{split}.json"


def write_seen(folder: Path, seen: Seen) -> None:
    """Put what a model was given into its run's folder.

    Raises:
        UserError: the folder cannot be written.
    """
    stream = io.BytesIO()
    np.savez(stream, number=np.array(seen.number), values=seen.values)
    _write(_seen(folder), stream.getvalue())


def read_seen(folder: Path) -> Seen:
    """What a model was given last.

    Raises:
        UserError: there is nothing, or the file is damaged.
    """
    try:
        with np.load(_seen(folder), allow_pickle=False) as kept:
            return Seen(int(kept["number"]), kept["values"])
    except (OSError, ValueError, TypeError, EOFError, KeyError, zipfile.BadZipFile):
        raise UserError(f"{_seen(folder)} is damaged.", "Move the dial again.") from None


def _seen(folder: Path) -> Path:
    return folder / "insight" / "disturbed.npz"


def _write(file: Path, content: str | bytes) -> Path:
    try:
        file.parent.mkdir(exist_ok=True)
        write_atomic(file, content)
    except OSError as error:
        raise UserError(
            f"{file} cannot be written: {error.strerror}.",
            "Free some space or make the folder writable, then ask again.",
        ) from None
    return file
