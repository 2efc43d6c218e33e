"""Records what each sample does over the epochs; ``runs.history`` says what is written.

Of several workers each sees its share of the training samples: at the end of an epoch the shares
are brought together, and the chief writes. Within an epoch they cannot meet, so that a place to go
on from knows the chief's share only: what the others saw before it stays unknown for that epoch.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.prepared import Prepared
from workbench.errors import UserError
from workbench.lazy import Tensor
from workbench.runs import history
from workbench.spec import RunSpec
from workbench.training import seen
from workbench.training.checkpoints import DiskFull
from workbench.training.cluster import Accord
from workbench.training.learner import Learner

_WIDE = 256
# More outputs than these are kept at half the length.
_FULL = (errno.ENOSPC, errno.EDQUOT)
_PIECE = 1 << 16
# Samples of which workers tell each other at a time.
_COUNT = seen.MARGIN
# Place of how many workers evaluated a validation sample, after its loss and metric.
Figures = NDArray[np.float32]


class Recording:
    """Hears of each sample and writes an epoch when it is complete; a ``seen.Watch``.

    Args:
        folder: of the run.
        spec: of the run.
        learner: what is trained.
        accord: the other workers.
        batch: validation samples a batch.
    """

    def __init__(
        self, folder: Path, spec: RunSpec, learner: Learner, accord: Accord, batch: int
    ) -> None:
        self._folder, self._spec, self._learner = folder, spec, learner
        self._accord, self._batch = accord, batch
        self._kept = spec.training.checkpoints_kept
        self._order = learner.order
        rows = learner.prepared.rows("validation")
        self._chosen = chosen(len(rows), spec.training.seed)
        self._about = _about(spec, learner.prepared, rows[self._chosen])
        if self.on:
            learner.steps.watch(self)
        self._open()

    @property
    def on(self) -> bool:
        """Samples are recorded."""
        return self._about.recorded

    def begin(self, epoch: int, step: int) -> None:
        """Take back what was recorded after this place, and go on from there.

        Args:
            epoch: complete epochs.
            step: optimiser steps.

        Raises:
            UserError: the folder cannot be written.
        """
        if self._accord.chief:
            _written(lambda: history.cut(self._folder, epoch, step))
            _written(lambda: history.begin(self._folder, self._about))
        self._open()
        found = history.read_part(self._folder, step) if self._accord.chief and self.on else None
        shapes = {"values": self._values.shape, "known": self._known.shape}
        if found is not None and {name: found[name].shape for name in found} == shapes:
            self._values[:], self._known[:] = found["values"], found["known"]

    def of_each(self, labels: Tensor, given: Mapping[str, Tensor], weights: Tensor) -> Tensor:
        """Inside of a traced step: what is kept, float32 [batch, figures]."""
        task = self._spec.data.task
        return seen.of_each(self._learner.objective, task, labels, given, weights)

    def answers(self, given: Mapping[str, Tensor]) -> Tensor:
        """Inside of a traced evaluation: what the fused head says."""
        return seen.answers(self._learner.objective, given)

    def saw(self, first: int, values: Figures) -> None:
        """Take in what steps saw, in the order of the epoch.

        Args:
            first: number of the first step over the whole run.
            values: [steps, batch of this process, figures].
        """
        order, width = self._order, values.shape[1]
        before = self._accord.share_of(order.replicas)[0] * width if not self._accord.alone else 0
        for place, each in enumerate(values):
            whole = order.weight(first + place)
            begin = (first + place) % order.steps * order.batch_size
            count = int(np.clip(whole - before, 0, width))
            span = slice(begin + before, begin + before + count)
            self._values[span], self._known[span] = each[:count], True

    def validated(self, number: int, figures: Any, said: Any) -> None:
        """Take in a batch of the validation samples.

        Args:
            number: of the batch.
            figures: as of ``of_each``, a tensor.
            said: as of ``answers``, a tensor.
        """
        first = number * self._batch
        places = np.searchsorted(self._chosen, [first, first + self._batch])
        inside = self._chosen[places[0] : places[1]] - first
        if len(inside):
            self._held[places[0] : places[1], : seen.MARGIN] = figures.numpy()[
                inside, : seen.MARGIN
            ]
            self._held[places[0] : places[1], _COUNT] = 1
            self._said[places[0] : places[1]] = said.numpy()[inside]

    def write(self, epoch: int, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write an epoch that is complete.

        Args:
            epoch: its number, counted from 1.
            arrays: of ``arrays``.

        Raises:
            DiskFull: there is no space.
            UserError: the folder cannot be written.
        """
        _written(lambda: history.write_epoch(self._folder, epoch, arrays))

    def keep(self, step: int) -> None:
        """Write the part of an epoch that goes with a checkpoint within it.

        Args:
            step: of the checkpoint.

        Raises:
            DiskFull: there is no space.
            UserError: the folder cannot be written.
        """
        if self.on and self._known.any():
            arrays = {"values": self._values, "known": self._known}
            _written(lambda: history.write_part(self._folder, step, arrays, self._kept))

    def end_epoch(self) -> None:
        """Forget what was seen: another epoch begins."""
        self._known[:] = False
        self._held[:], self._said[:] = 0, 0

    def _open(self) -> None:
        count = len(self._about.train) if self.on else 0
        self._values = np.zeros((count, seen.FIGURES), np.float32)
        self._known = np.zeros(count, bool)
        held = len(self._about.validation) if self.on else 0
        self._held = np.zeros((held, _COUNT + 1), np.float32)
        self._said = np.zeros((held, self._about.outputs), np.float32)

    def arrays(self, epoch: int) -> dict[str, NDArray[Any]]:
        """What all workers saw in an epoch; each of them must ask.

        Args:
            epoch: its number, counted from 1.
        """
        known = self._total(self._known[:, None])[:, 0] > 0
        values = self._total(self._values * self._known[:, None])
        values[~known] = np.nan
        # From the order in which they were seen to that of the rows.
        places = np.searchsorted(self._order.rows, self._order.epoch(epoch - 1))
        sorted_values = np.empty_like(values)
        sorted_values[places] = values
        held, said = self._total(self._held), self._total(self._said)
        # Of few batches every worker evaluates all.
        times = np.maximum(held[:, _COUNT:], 1)
        held /= times
        said /= times
        found: dict[str, NDArray[Any]] = {
            "train_loss": sorted_values[:, seen.LOSS],
            "train_metric": sorted_values[:, seen.METRIC],
            "validation_loss": held[:, seen.LOSS],
            "validation_metric": held[:, seen.METRIC],
            "validation_outputs": _narrow(said) if said.shape[1] > _WIDE else said,
        }
        if self._about.told_apart:
            found["train_margin"] = _narrow(sorted_values[:, seen.MARGIN])
            classes = sorted_values[:, seen.SAID]
            found["train_said"] = np.where(np.isnan(classes), -1, classes).astype(np.int16)
        return found

    def _total(self, values: NDArray[Any]) -> Figures:
        """The sum over all workers; each has 0 for what it has not seen."""
        mine = values.astype(np.float32)
        if self._accord.alone or not mine.size:
            return mine
        flat = mine.astype(np.float64).ravel()
        # In pieces of one size: each new size would be traced anew.
        padded = np.zeros(-(-len(flat) // _PIECE) * _PIECE)
        padded[: len(flat)] = flat
        told = np.concatenate([self._accord.total(part) for part in padded.reshape(-1, _PIECE)])
        return told[: len(flat)].reshape(mine.shape).astype(np.float32)


def chosen(samples: int, seed: int) -> NDArray[np.int64]:
    """Which of the validation samples are recorded: all, or a number of them drawn at random.

    Args:
        samples: how many there are.
        seed: of the run.
    """
    if samples <= history.MOST_VALIDATION:
        return np.arange(samples)
    dice = np.random.default_rng(seed)
    return np.sort(dice.choice(samples, history.MOST_VALIDATION, replace=False))


def _narrow(values: Figures) -> NDArray[np.float16]:
    largest = float(np.finfo(np.float16).max)
    return np.clip(values, -largest, largest).astype(np.float16)


def _about(spec: RunSpec, prepared: Prepared, held: NDArray[np.int64]) -> history.About:
    rows = prepared.rows("train")
    why = history.too_many(len(rows), spec.training.epochs)
    if not spec.training.record_samples:
        why = "This run was trained without recording its samples (a switch of the recipe)."
    plain = {"task": prepared.task, "classes": prepared.classes, "columns": prepared.columns}
    if why:
        return history.About(recorded=False, why=why, **plain)
    single = prepared.labels.ndim == 1 and prepared.task != "none"
    return history.About(
        outputs=prepared.outputs if spec.objective.loss is not None else 0,
        train=tuple(prepared.stems[rows].tolist()),
        validation=tuple(prepared.stems[held].tolist()),
        train_target=tuple(prepared.labels[rows].astype(float).tolist()) if single else (),
        validation_target=tuple(prepared.labels[held].astype(float).tolist()) if single else (),
        **plain,
    )


def _written(write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(
                "The disk is full: what the samples did in this epoch cannot be written.",
                "Free some space.",
            ) from None
        raise UserError(
            f"What the samples did in this epoch cannot be written: {error.strerror}.",
            "Make the run's folder writable, then resume.",
        ) from None
