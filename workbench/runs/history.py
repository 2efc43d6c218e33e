"""What each sample did over the epochs of a run: written while it trains, read afterwards.

In the run's folder, arrays and JSON only:

- ``history/about.json``: whether samples are recorded and, if not, why; task, classes, names of
  several numbers; names and targets of the training samples and of the validation samples, which
  are all in the order of the columns below.
- ``history/epoch-0001.npz`` and so on, one a complete epoch. Of the training samples, each as it
  was seen within the epoch (augmented, with dropout, by the weights of that moment):
  ``train_loss`` float32; ``train_metric`` float32, 1 where it was right and 0 where not, of numbers
  the absolute error in their own unit; of categories also ``train_margin`` float16, the logit of
  its class less the largest of the others, and ``train_said`` int16, the class it was taken for.
  A sample that was not seen has NaN and -1. Of at most 2,000 validation samples, drawn by the seed
  of the run, all by the weights at the end of the epoch and as in an evaluation:
  ``validation_loss``, ``validation_metric``, and ``validation_outputs`` [samples, outputs], logits
  (one for yes or no) or numbers as the model knows them (float16 where there are more than 256
  outputs, else float32). ``center`` and ``spread``, which
  bring numbers to their own unit, stand in ``model/inputs.json``.
- ``history/step-000000123.npz``: the part of an epoch that goes with a checkpoint within it.

Categories take 12 bytes a training sample and epoch, other targets 8.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from workbench.errors import UserError
from workbench.writing import write_atomic

FOLDER = "history"
MOST = 20_000_000
"""Training samples x epochs; more are not recorded."""
MOST_VALIDATION = 2_000
"""Validation samples whose outputs are kept."""
_EPOCH = re.compile(r"epoch-(\d{4,5})\.npz")
_STEP = re.compile(r"step-(\d{9})\.npz")
_SLACK = 1 << 16
# Bytes that the heads of a file may take beside its arrays.
Floats = NDArray[np.float32]


class About(BaseModel):
    """What the columns of the history are.

    Args:
        recorded: samples are recorded.
        why: why they are not; "" where they are.
        task: what the target is.
        classes: names of the classes.
        columns: names of several numbers.
        outputs: how many numbers the fused head gives; 0 without one.
        train: names of the training samples.
        validation: names of the validation samples that are recorded.
        train_target: class index or number of each; empty where it is several or none.
        validation_target: the same of the validation samples.
        version: of this format.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    recorded: bool = True
    why: str = ""
    task: str
    classes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    outputs: int = 0
    train: tuple[str, ...] = ()
    validation: tuple[str, ...] = ()
    train_target: tuple[float, ...] = ()
    validation_target: tuple[float, ...] = ()
    version: Literal[1] = 1

    @model_validator(mode="after")
    def _sizes_agree(self) -> About:
        for stems, target in (
            (self.train, self.train_target),
            (self.validation, self.validation_target),
        ):
            if target and len(target) != len(stems):
                raise ValueError(f"{len(target)} targets of {len(stems)} samples")
            if self.told_apart and any(not 0 <= value < len(self.classes) for value in target):
                raise ValueError("a target names no class")
        if self.outputs < 0:
            raise ValueError("there are fewer outputs than none")
        return self

    @property
    def told_apart(self) -> bool:
        """Whether each sample has one class, so that there are margins."""
        return self.task in ("category", "ordered", "yes_no")


@dataclass(frozen=True)
class Course:
    """Samples over epochs; every array [epochs, samples].

    Args:
        stems: names of the samples.
        target: class index or number of each; empty where it is several or none.
        loss: NaN where a sample was not seen.
        metric: 1 right, 0 wrong, of numbers the absolute error; NaN where it was not seen.
        margin: logit of its class less the largest other; empty but for categories.
        said: class it was taken for, -1 where it was not seen; empty but for categories.
    """

    stems: NDArray[np.str_]
    target: NDArray[np.float64]
    loss: Floats
    metric: Floats
    margin: Floats
    said: NDArray[np.int16]


@dataclass(frozen=True)
class History:
    """The complete epochs of a run.

    Args:
        about: what the columns are.
        epochs: numbers of the epochs that were read, ascending from 1.
        train: the training samples.
        validation: the recorded validation samples, without margin and said.
        outputs: of the validation samples, [epochs, samples, outputs] float32.
        damaged: epochs that could not be read.
    """

    about: About
    epochs: tuple[int, ...]
    train: Course
    validation: Course
    outputs: Floats
    damaged: tuple[int, ...] = ()


def too_many(samples: int, epochs: int) -> str:
    """Why so many samples are not recorded over so many epochs; "" where they are.

    Args:
        samples: for training.
        epochs: of the whole run.
    """
    if samples * epochs <= MOST:
        return ""
    return (
        f"{samples:,} training samples over {epochs:,} epochs are more than the {MOST:,} that are "
        "recorded. Fewer epochs, or fewer samples, are."
    )


def begin(folder: Path, about: About) -> None:
    """Write what the columns are.

    Args:
        folder: of the run.
        about: it.

    Raises:
        OSError: the folder cannot be written.
    """
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    write_atomic(folder / FOLDER / "about.json", about.model_dump_json())


def write_epoch(folder: Path, epoch: int, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write one epoch; a reader sees all of it or nothing.

    Args:
        folder: of the run.
        epoch: its number, counted from 1.
        arrays: by name as the module says.

    Raises:
        OSError: the folder cannot be written.
    """
    _write(folder / FOLDER / f"epoch-{epoch:04d}.npz", arrays)


def write_part(folder: Path, step: int, arrays: Mapping[str, NDArray[Any]], kept: int) -> None:
    """Write the part of an epoch that goes with a checkpoint; older ones than the last few go.

    Args:
        folder: of the run.
        step: of the checkpoint.
        arrays: what was seen so far.
        kept: how many checkpoints are kept.

    Raises:
        OSError: the folder cannot be written.
    """
    _write(folder / FOLDER / f"step-{step:09d}.npz", arrays)
    for old in sorted((folder / FOLDER).glob("step-*.npz"), reverse=True)[kept:]:
        old.unlink(missing_ok=True)


def read_part(folder: Path, step: int) -> dict[str, NDArray[Any]] | None:
    """The part of an epoch that goes with a checkpoint; None where it is missing or damaged.

    Args:
        folder: of the run.
        step: of the checkpoint.
    """
    file = folder / FOLDER / f"step-{step:09d}.npz"
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as opened:
            return {name: opened[name] for name in opened.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def cut(folder: Path, epoch: int, step: int) -> None:
    """Take back what was recorded after a place from which a run goes on.

    Args:
        folder: of the run.
        epoch: complete epochs there.
        step: optimiser steps there.

    Raises:
        OSError: the folder cannot be written.
    """
    place = folder / FOLDER
    for file in list(place.iterdir()) if place.is_dir() else []:
        whole, part = _EPOCH.fullmatch(file.name), _STEP.fullmatch(file.name)
        if (whole and int(whole[1]) > epoch) or (part and int(part[1]) > step):
            file.unlink(missing_ok=True)


def about(folder: Path) -> About | None:
    """What the columns of a run's history are; None where it has none.

    Args:
        folder: of the run.

    Raises:
        UserError: the file is damaged.
    """
    file = folder / FOLDER / "about.json"
    try:
        return About.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        words = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error.strerror
        raise UserError(
            f"{file} cannot be read: {words}.",
            "Train the run again to know what its samples did over the epochs.",
        ) from None


def read(folder: Path) -> History | None:
    """What the samples did over the complete epochs.

    An epoch that cannot be read is passed over and named.

    Args:
        folder: of the run.

    Returns:
        None where nothing was recorded.

    Raises:
        UserError: the list of samples is damaged.
    """
    known = about(folder)
    if known is None or not known.recorded:
        return None
    files = {}
    for file in (folder / FOLDER).iterdir():
        match = _EPOCH.fullmatch(file.name)
        if match:
            files[int(match[1])] = file
    epochs, rows, damaged = [], [], []
    for epoch in sorted(files):
        found = _read(files[epoch], known)
        if found is None:
            damaged.append(epoch)
        else:
            epochs.append(epoch)
            rows.append(found)
    return _joined(known, tuple(epochs), rows, tuple(damaged))


def shapes(known: About) -> dict[str, tuple[int, ...]]:
    """The shape of each array of an epoch.

    Args:
        known: what the columns are.
    """
    train, validation = (len(known.train),), (len(known.validation),)
    found: dict[str, tuple[int, ...]] = {"train_loss": train, "train_metric": train}
    if known.told_apart:
        found |= {"train_margin": train, "train_said": train}
    found |= {"validation_loss": validation, "validation_metric": validation}
    return found | {"validation_outputs": (*validation, known.outputs)}


def _write(file: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **arrays)
    write_atomic(file, stream.getvalue())


def _read(file: Path, known: About) -> dict[str, NDArray[Any]] | None:
    """The arrays of an epoch; None where they are not what was written."""
    wanted = shapes(known)
    most = sum(8 * int(np.prod(shape)) for shape in wanted.values()) + _SLACK
    try:
        if file.stat().st_size > most:
            return None
        content = file.read_bytes()
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            # A file of others may say that it grows without end.
            if sum(entry.file_size for entry in opened.infolist()) > most:
                return None
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in wanted}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    fits = all(found[n].shape == shape and found[n].dtype.kind in "fi"
               for n, shape in wanted.items())  # fmt: skip
    return found if fits else None


def _joined(
    known: About, epochs: tuple[int, ...], rows: list[dict[str, NDArray[Any]]],
    damaged: tuple[int, ...],
) -> History:  # fmt: skip
    wanted = shapes(known)

    def stack(name: str, kind: Any = np.float32) -> NDArray[Any]:
        shape = wanted.get(name, (0,))
        if name not in wanted:
            return np.empty((0, 0), kind)
        made = np.empty((len(rows), *shape), kind)
        for place, row in enumerate(rows):
            made[place] = row[name]
        return made

    def course(part: str, stems: tuple[str, ...], target: tuple[float, ...]) -> Course:
        return Course(
            np.array(stems, np.str_), np.array(target, np.float64), stack(f"{part}_loss"),
            stack(f"{part}_metric"), stack(f"{part}_margin"), stack(f"{part}_said", np.int16),
        )  # fmt: skip

    return History(
        known, epochs, course("train", known.train, known.train_target),
        course("validation", known.validation, known.validation_target),
        stack("validation_outputs"), damaged,
    )  # fmt: skip


def why_none(folder: Path) -> str:
    """Why nothing is known of the samples of a run over its epochs; "" where it is.

    Args:
        folder: of the run.

    Raises:
        UserError: the list of samples is damaged.
    """
    known = about(folder)
    if known is None:
        return "This run was trained before samples were recorded."
    if not known.recorded:
        return known.why
    has = any(_EPOCH.fullmatch(file.name) for file in (folder / FOLDER).iterdir())
    return "" if has else "No epoch of this run was completed."
