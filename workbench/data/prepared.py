"""What training reads: decoded samples in memory-mapped arrays, targets, and the split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import SPLITS, Strings
from workbench.parts import Modality, Task

NORMAL_IQR = 1.349
"""Interquartile range of the standard normal distribution: 2 * 0.6745."""


@dataclass(frozen=True)
class Scaling:
    """The affine map between a target's own unit and the model's output.

    Median and spread are those of the training split, so that one mistyped target moves neither,
    and so that a Huber delta of 1 means one typical spread.

    Args:
        center: the median, in the target's unit; of several numbers one for each.
        spread: the interquartile range / 1.349 (the standard deviation of a normal distribution
            with that range), in the target's unit; above 0; of several numbers one for each.
    """

    center: float | tuple[float, ...]
    spread: float | tuple[float, ...]

    @classmethod
    def of(cls, values: NDArray[Any]) -> Scaling:
        """The scaling of these targets, of each column by itself.

        Where half of the values are the same and the range between the quartiles is 0, the
        standard deviation serves; where all are the same, 1.

        Args:
            values: numbers in their own unit, [samples] or [samples, numbers], at least one sample.
        """
        if values.ndim == 1:
            return cls(*_middle_and_spread(values))
        centers, spreads = zip(*(_middle_and_spread(column) for column in values.T), strict=True)
        return cls(centers, spreads)

    def to_model(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Numbers in the target's unit to the model's, [samples] or [samples, numbers]."""
        scaled = (values - np.asarray(self.center)) / np.asarray(self.spread)
        return np.asarray(scaled, np.float32)

    def to_unit(self, outputs: NDArray[Any]) -> NDArray[np.float64]:
        """Outputs of the model to the target's unit, [samples] or [samples, numbers]."""
        wide = np.asarray(outputs, np.float64) * np.asarray(self.spread)
        return np.asarray(wide + np.asarray(self.center), np.float64)


def _middle_and_spread(values: NDArray[Any]) -> tuple[float, float]:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    spread = (high - low) / NORMAL_IQR or float(np.std(values)) or 1.0
    return float(middle), float(spread)


@dataclass(frozen=True)
class Prepared:
    """Samples that can be trained on.

    Args:
        arrays: one array per modality, memory-mapped, rows in the order of ``stems``:
            image uint8 [samples, size, size, 3]; audio float16 log-mel in about -1..1
            [samples, frames, mel_bands], or waves in -1..1 [samples, values]; text int32 token
            numbers [samples, words], 0 is padding and stands only at the end, 1 is an unknown
            token; or float32 vectors of a sentence model [samples, size], 0 where a sample has no
            text.
        labels: as of ``Target.values``, [samples], or [samples, classes] of several categories and
            [samples, numbers] of several numbers; numbers in their own unit.
        split: int8 [samples]: 0 train, 1 validation, 2 test.
        stems: name of each sample.
        task: what the target is.
        classes: names of the classes; empty for numbers.
        vocabulary: how many token numbers there are, padding and unknown included; 0 without text.
        scaling: of a number or several; None otherwise.
        left_out: samples of the folder that cannot be used, by reason.
        tokenizer: the tokeniser as JSON text, or what is known of the sentence model; "" without
            text.
        key: hash of all that the arrays depend on.
        masks: for each modality that some samples lack, which have it, bool [samples]; their rows
            in ``arrays`` are 0 where they do not. Empty where every sample is complete.
        columns: names of several numbers in the order of ``labels``; empty otherwise.
    """

    arrays: Mapping[Modality, NDArray[Any]]
    labels: NDArray[Any]
    split: NDArray[np.int8]
    stems: Strings
    task: Task
    classes: tuple[str, ...]
    vocabulary: int
    scaling: Scaling | None
    left_out: Mapping[str, int]
    tokenizer: str
    key: str
    masks: Mapping[Modality, NDArray[np.bool_]] = field(default_factory=dict)
    columns: tuple[str, ...] = ()

    def rows(self, split: str) -> NDArray[np.int64]:
        """The rows of one split, ascending.

        Args:
            split: ``train``, ``validation`` or ``test``.
        """
        return np.flatnonzero(self.split == SPLITS.index(split))

    def shape(self, modality: Modality) -> tuple[int, ...]:
        """Shape of one sample, without the batch."""
        return tuple(self.arrays[modality].shape[1:])

    @property
    def outputs(self) -> int:
        """How many numbers the head gives: one a class, one a number, or one."""
        return outputs_of(self.task, len(self.classes), len(self.columns))


def outputs_of(task: Task, classes: int, numbers: int) -> int:
    """How many numbers the head of a model gives.

    Args:
        task: what the target is.
        classes: how many classes it has.
        numbers: how many numbers it has, where it is several.
    """
    match task:
        case "category" | "ordered" | "labels":
            return classes
        case "numbers":
            return numbers
    return 1
