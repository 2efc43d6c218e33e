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

from workbench.data import augment
from workbench.data.prepared import Prepared
from workbench.lazy import tf
from workbench.parts import Modality
from workbench.spec import Augmentation

Gather = Callable[[int], tuple[NDArray[np.int64], NDArray[np.float32]]]
"""From the number of a batch to its rows and their weights."""

Vary = Callable[[int, Modality, NDArray[np.int64], NDArray[Any]], None]
"""Varies in place the values of one modality in a batch: its number, modality, rows, values."""

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
        pieces: into which what a device gets is cut, all of one size.
    """

    rows: NDArray[np.int64]
    batch_size: int
    seed: int
    replicas: int = 1
    pieces: int = 1

    @property
    def steps(self) -> int:
        """Steps in one epoch."""
        return steps_per_epoch(len(self.rows), self.batch_size)

    @property
    def part(self) -> int:
        """Samples that one replica gets of a step."""
        return math.ceil(self.batch_size / (self.replicas * self.pieces)) * self.pieces

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


def training(
    prepared: Prepared, order: Order, first_step: int, last_step: int,
    augmentation: Augmentation | None = None, worker: int = 0, workers: int = 1,
) -> Any:  # fmt: skip
    """A ``tf.data.Dataset`` of the batches of these steps, one element a replica and step.

    Of several workers each gets what its own replicas take of each step.

    Each element is ``(inputs, labels, weights, weight of the whole step)``. Inputs hold the samples
    by modality and, for each modality that some lack, 1 where a sample has it, else 0, float32
    [batch], under the name that ``presence`` gives.

    Args:
        prepared: the samples.
        order: which rows each step gets.
        first_step: counted from 0 over the whole run.
        last_step: the first step that is not given any more.
        augmentation: how samples are varied at random; None: not at all.
        worker: which of the processes that train together this is.
        workers: how many there are; each has as many replicas.
    """
    gather = order.gather()
    mine = order.replicas // workers
    numbers = tf.data.Dataset.range(first_step * mine, last_step * mine).map(
        lambda n: n // mine * order.replicas + worker * mine + n % mine
    )
    vary = None
    if augmentation is not None and augment.any_on(augmentation):
        vary = _variation(prepared, order, augmentation)
    return _dataset(
        prepared, gather, numbers, order.part, lambda n: order.weight(n // order.replicas), vary
    )


def sequential(
    prepared: Prepared, rows: NDArray[np.int64], batch_size: int, worker: int = 0, workers: int = 1
) -> Any:  # fmt: skip
    """A ``tf.data.Dataset`` of these rows in their order; elements as of ``training``.

    Args:
        prepared: the samples.
        rows: rows wanted.
        batch_size: samples an element; the last is filled up with weight 0.
        worker: only every so manieth batch, from this one on.
        workers: how many share the batches.
    """

    def gather(number: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        mine = rows[number * batch_size : (number + 1) * batch_size]
        weights = np.zeros(batch_size, np.float32)
        weights[: len(mine)] = 1.0
        return np.resize(mine, batch_size), weights

    count = steps_per_epoch(len(rows), batch_size)
    numbers = tf.data.Dataset.range(worker, count, workers)
    return _dataset(prepared, gather, numbers, batch_size, lambda number: batch_size)


def presence(modality: Modality) -> str:
    """Name of the input that says which samples have that modality."""
    return f"{modality}_present"


def _variation(prepared: Prepared, order: Order, options: Augmentation) -> Vary:
    on = {m for m in prepared.arrays if augment.any_on(getattr(options, m))}

    def vary(
        number: int, modality: Modality, rows: NDArray[np.int64], values: NDArray[Any]
    ) -> None:
        if modality not in on:
            return
        epoch = number // order.replicas // order.steps
        has = prepared.masks.get(modality)
        for place, row in enumerate(rows.tolist()):
            if has is None or has[row]:
                dice = augment.dice(order.seed, epoch, row, modality)
                values[place] = augment.vary(modality, values[place], options, dice)

    return vary


def _dataset(
    prepared: Prepared, gather: Gather, numbers: Any, size: int,
    whole: Callable[[int], int], vary: Vary | None = None,
) -> Any:  # fmt: skip
    modalities: list[Modality] = sorted(prepared.arrays)
    arrays = [prepared.arrays[modality] for modality in modalities]
    masks = {presence(m): mask.astype(np.float32) for m, mask in sorted(prepared.masks.items())}
    labels = model_labels(prepared)
    columns = [*arrays, *masks.values(), labels]
    names = [*modalities, *masks]

    types = [tf.dtypes.as_dtype(column.dtype) for column in columns]
    types += [tf.float32, tf.float32]
    shapes = [*((size, *column.shape[1:]) for column in columns), (size,), ()]

    def batch(number: NDArray[np.int64]) -> list[NDArray[Any]]:
        rows, weights = gather(int(number))
        read = [np.ascontiguousarray(column[rows]) for column in columns]
        if vary is not None:
            for modality, values in zip(modalities, read, strict=False):
                vary(int(number), modality, rows, values)
        return [*read, weights, np.asarray(whole(int(number)), np.float32)]

    def element(number: Any) -> tuple[dict[str, Any], Any, Any, Any]:
        # Not stateful: what it gives depends on the number alone.
        read = tf.numpy_function(batch, [number], types, stateful=False)
        for tensor, shape in zip(read, shapes, strict=True):
            tensor.set_shape(shape)
        *inputs, of_labels, weights, whole_weight = read
        return dict(zip(names, inputs, strict=True)), of_labels, weights, whole_weight

    # Variation takes as long as the model: several batches at once, given in their order.
    at_once = tf.data.AUTOTUNE if vary is not None else None
    read = numbers.map(element, num_parallel_calls=at_once)
    return read.prefetch(_PREFETCH)


def model_labels(prepared: Prepared) -> NDArray[Any]:
    """Labels as the model is trained on them, [samples] or [samples, classes or numbers].

    Class indices int32; yes or no, several categories (0 or 1 each) and numbers float32. Rows that
    no split uses are 0.
    """
    labels = np.array(prepared.labels)
    scaling = prepared.scaling
    labels[prepared.split < 0] = 0 if scaling is None else scaling.center
    if scaling is not None:
        return scaling.to_model(labels)
    return labels.astype(np.int32 if prepared.task in ("category", "ordered") else np.float32)
