"""What past epochs would have cost by another loss: recomputed on stored answers, without training.

The history of a run holds what the fused head said of up to 2,000 validation samples after each
epoch. A loss that reads the same logits or numbers is computed on them anew. The model was trained
by its own loss all the same: this tells how the other one judges it, and not what it would learn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench import parts
from workbench.data.prepared import Scaling
from workbench.errors import UserError
from workbench.lazy import ops
from workbench.parts import Part
from workbench.runs import history, store, what_if
from workbench.runs.history import About, History
from workbench.runs.what_if import WORST
from workbench.spec import RunSpec
from workbench.training.inputs import ModelInputs

_AT_ONCE = 4_000_000
# Outputs that are judged in one call.
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Recomputed:
    """How a loss judges the epochs of a run; every array [epochs].

    Args:
        epochs: their numbers.
        recorded: mean validation loss of the run's own loss, as recorded.
        loss: mean of the other one on the same answers.
        recorded_worst: share of the recorded loss that the worst 5 % of the samples carry.
        worst: the same of the other one.
        samples: how many validation samples.
    """

    epochs: tuple[int, ...]
    recorded: Floats
    loss: Floats
    recorded_worst: Floats
    worst: Floats
    samples: int


class Answers:
    """The stored answers of a run, read once for many questions.

    Args:
        folder: of the run.

    Raises:
        UserError: nothing was stored, or a file is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spec: RunSpec = store.find(folder).spec()
        found = history.read(folder)
        if found is None or not found.epochs:
            raise UserError(history.why_none(folder), "Train the run again to record its samples.")
        why = what_if.why_not(self.spec, found.about)
        if why:
            raise UserError(why, "Look at another run.")
        self._history: History = found
        self._targets = _targets(self.spec, found, ModelInputs.read(folder).scaling)
        self._counts = _counts(found.about)
        self.epochs = found.epochs
        self._damaged = len(found.damaged)

    @property
    def is_old(self) -> bool:
        """Whether epochs were written since."""
        folder = self.folder / history.FOLDER
        return len(list(folder.glob("epoch-*.npz"))) != len(self.epochs) + self._damaged

    def by(self, name: str, options: Mapping[str, Any]) -> Recomputed:
        """Judge all epochs by a loss.

        Args:
            name: of the loss.
            options: of it; those left out take their default.

        Raises:
            UserError: there is no such loss or option, or it reads other outputs.
        """
        part = parts.find("loss", name)
        why = what_if.reason(part, self.spec)
        if why:
            raise UserError(f"{part.title}: {why}", "Choose another loss.")
        given = part.check(options)
        recorded = self._history.validation.loss.astype(np.float64)
        each = np.concatenate(list(self._judged(part, given)))
        return Recomputed(
            self.epochs, recorded.mean(axis=1), each.mean(axis=1), _worst_share(recorded),
            _worst_share(each), recorded.shape[1],
        )  # fmt: skip

    def _judged(self, part: Part, options: Mapping[str, Any]) -> Iterator[Floats]:
        """The loss of each sample, [some epochs, samples]."""
        outputs = self._history.outputs
        epochs, samples, wide = outputs.shape
        step = max(1, _AT_ONCE // max(samples * wide, 1))
        for begin in range(0, epochs, step):
            some = outputs[begin : begin + step]
            count = len(some)
            logits = some.reshape(count * samples, wide)
            if self.spec.data.task in ("yes_no", "number"):
                logits = logits[:, 0]
            labels = np.tile(self._targets, count)
            facts = {"counts": self._counts, "weights": np.ones(len(labels), np.float32)}
            found = part.function(
                ops.convert_to_tensor(labels), ops.convert_to_tensor(logits), **options,
                **{fact: value for fact, value in facts.items() if fact in part.facts},
            )  # fmt: skip
            yield np.asarray(ops.convert_to_numpy(found), np.float64).reshape(count, samples)


def _targets(spec: RunSpec, found: History, scaling: Scaling | None) -> NDArray[Any]:
    """The targets as losses read them."""
    given = found.validation.target
    if spec.data.task in ("category", "ordered"):
        return given.astype(np.int32)
    if spec.data.task == "yes_no":
        return given.astype(np.float32)
    scaled = given if scaling is None else scaling.to_model(given)
    return np.asarray(scaled, np.float32)


def _counts(about: About) -> NDArray[np.float32]:
    """Training samples of each class."""
    if about.task not in ("category", "ordered"):
        return np.zeros(0, np.float32)
    labels = np.asarray(about.train_target, np.int64)
    return np.bincount(labels, minlength=len(about.classes)).astype(np.float32)


def _worst_share(losses: Floats) -> Floats:
    """Share of the whole that the worst samples carry, [epochs]; NaN where the whole is 0."""
    many = max(1, round(WORST * losses.shape[1]))
    worst = np.sort(losses, axis=1)[:, -many:].sum(axis=1)
    whole = losses.sum(axis=1)
    share = np.full(len(losses), np.nan)
    np.divide(worst, whole, out=share, where=whole > 0)
    return share
