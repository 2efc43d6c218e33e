"""Batches for training and evaluation, gathered from the memory-mapped arrays of a ``Prepared``.

Every batch has the same shape, so that nothing is traced twice: what is missing in the last one of
an epoch is filled with samples of weight 0. Which samples a step gets is a function of seed, epoch
and step alone, so that a run can go on anywhere without the state of an iterator.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.prepared import Prepared
from workbench.lazy import tf
from workbench.parts import Modality

Gather = Callable[[int], tuple[NDArray[np.int64], NDArray[np.float32]]]
"""From the number of a batch to its rows and their weights."""

_PREFETCH = 4


def steps_per_epoch(samples: int, batch_size: int) -> int:
    """How many optimiser steps it takes to see every sample once."""
    return math.ceil(samples / batch_size)


@dataclass(frozen=True)
class Order:
    """Which training rows each step of a run gets.

    Args:
        rows: the training rows.
        batch_size: samples a step, over all replicas.
        seed: of the run.
        replicas: devices that share a step.
    """

    rows: NDArray[np.int64]
    batch_size: int
    seed: int
    replicas: int = 1

    @property
    def steps(self) -> int:
        """Steps in one epoch."""
        return steps_per_epoch(len(self.rows), self.batch_size)

    @property
    def part(self) -> int:
        """Samples that one replica gets of a step."""
        return math.ceil(self.batch_size / self.replicas)

    def epoch(self, epoch: int) -> NDArray[np.int64]:
        """The training rows in the order of that epoch, counted from 0."""
        dice = np.random.Generator(np.random.Philox(key=[self.seed, epoch]))
        return self.rows[dice.permutation(len(self.rows))]

    def weight(self, step: int) -> int:
        """How many samples that step of the run has in all replicas together."""
        place = step % self.steps
        return min(self.batch_size, len(self.rows) - place * self.batch_size)

    def gather(self) -> Gather:
        """Rows and weights of the batch ``step * replicas + replica``.

        What is missing is taken from the start of the epoch, not from the few samples at its end:
        batch normalisation sees weight-0 samples too, and one sample 32 times has no spread.
        """
        # Asked from several threads at once: tf.data spreads the map over them. Two, as batches of
        # the next epoch are gathered while the last ones of this epoch still are.
        of_epoch = functools.lru_cache(maxsize=2)(self.epoch)

        def batch(number: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
            step, replica = divmod(number, self.replicas)
            epoch, place = divmod(step, self.steps)
            inside = replica * self.part + np.arange(self.part)
            rows = of_epoch(epoch).take(place * self.batch_size + inside, mode="wrap")
            return rows, (inside < self.weight(step)).astype(np.float32)

        return batch


def training(prepared: Prepared, order: Order, first_step: int, last_step: int) -> Any:
    """A ``tf.data.Dataset`` of the batches of these steps, one element a replica and step.

    Each element is ``(inputs by modality, labels, weights, weight of the whole step)``.

    Args:
        prepared: the samples.
        order: which rows each step gets.
        first_step: counted from 0 over the whole run.
        last_step: the first step that is not given any more.
    """
    gather = order.gather()
    numbers = (first_step * order.replicas, last_step * order.replicas)
    return _dataset(
        prepared, gather, numbers, order.part, lambda n: order.weight(n // order.replicas)
    )


def sequential(prepared: Prepared, rows: NDArray[np.int64], batch_size: int) -> Any:
    """A ``tf.data.Dataset`` of these rows in their order; elements as of ``training``.

    Args:
        prepared: the samples.
        rows: rows wanted.
        batch_size: samples an element; the last is filled up with weight 0.
    """

    def gather(number: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        mine = rows[number * batch_size : (number + 1) * batch_size]
        weights = np.zeros(batch_size, np.float32)
        weights[: len(mine)] = 1.0
        return np.resize(mine, batch_size), weights

    count = steps_per_epoch(len(rows), batch_size)
    return _dataset(prepared, gather, (0, count), batch_size, lambda number: batch_size)


def _dataset(
    prepared: Prepared, gather: Gather, numbers: tuple[int, int], size: int,
    whole: Callable[[int], int],
) -> Any:  # fmt: skip
    modalities: list[Modality] = sorted(prepared.arrays)
    arrays = [prepared.arrays[modality] for modality in modalities]
    labels = model_labels(prepared)
    kinds = [*(array.dtype for array in arrays), labels.dtype, np.dtype("f4"), np.dtype("f4")]
    shapes = [*((size, *array.shape[1:]) for array in arrays), (size,), (size,), ()]

    types = [tf.dtypes.as_dtype(kind) for kind in kinds]

    def batch(number: NDArray[np.int64]) -> list[NDArray[Any]]:
        rows, weights = gather(int(number))
        read = [np.ascontiguousarray(array[rows]) for array in arrays]
        return [*read, labels[rows], weights, np.asarray(whole(int(number)), np.float32)]

    def element(number: Any) -> tuple[dict[str, Any], Any, Any, Any]:
        # Not stateful: what it gives depends on the number alone.
        read = tf.numpy_function(batch, [number], types, stateful=False)
        for tensor, shape in zip(read, shapes, strict=True):
            tensor.set_shape(shape)
        count = len(modalities)
        inputs = dict(zip(modalities, read[:count], strict=True))
        return inputs, read[count], read[count + 1], read[count + 2]

    return tf.data.Dataset.range(*numbers).map(element).prefetch(_PREFETCH)


def model_labels(prepared: Prepared) -> NDArray[Any]:
    """Labels as the model is trained on them: class indices int32, yes/no and numbers float32.

    Rows that no split uses are 0.
    """
    used = prepared.split >= 0
    labels = np.where(used, prepared.labels, 0)
    if prepared.scaling is not None:
        return prepared.scaling.to_model(np.where(used, labels, prepared.scaling.center))
    return labels.astype(np.int32 if prepared.task == "category" else np.float32)
