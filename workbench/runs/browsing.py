"""Samples of a run in an order that is telling: worst, most uncertain, forgotten, suspicious.

Two pools are looked at. An evaluated split, by what the trained model says of each sample; and the
training samples, by what each did over the epochs. Both are columns: what is said of one sample in
words is made when it is asked for, so that many samples cost little.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from workbench.writing import harmless_cell

Order = Literal[
    "worst", "best", "uncertain", "random", "suspicious", "hard", "forgotten", "suspicious_training"
]
ORDERS: tuple[Order, ...] = get_args(Order)
OF_TRAINING: tuple[Order, ...] = ("hard", "forgotten", "suspicious_training")
"""These speak of the training samples, whichever split was evaluated."""
TITLES: Mapping[Order, str] = {
    "worst": "Worst",
    "best": "Best",
    "uncertain": "Most uncertain",
    "random": "At random",
    "suspicious": "Suspicious label",
    "hard": "Hard in training",
    "forgotten": "Forgotten in training",
    "suspicious_training": "Suspicious label in training",
}
MEANINGS: Mapping[Order, str] = {
    "worst": "The largest loss first.",
    "best": "The smallest loss first.",
    "uncertain": "First those whose two best classes are nearly alike.",
    "random": "In an order drawn by chance; choose it again for another.",
    "suspicious": "Labels that the model contradicts with confidence (confident learning, "
    "Northcutt et al. 2021). Look at them: the label may be wrong, or the sample odd.",
    "hard": "Training samples by their mean loss over the epochs, as they were seen.",
    "forgotten": "Training samples that were right and then wrong again (forgetting events, Toneva "
    "et al. 2019); those that were never right come first.",
    "suspicious_training": "Training samples that were mostly taken for another class (area under "
    "the margin, Pleiss et al. 2020). Look at them: the label may be wrong.",
}
_OF_NUMBERS: Mapping[Order, str] = {
    "worst": "The largest error first.",
    "best": "The smallest error first.",
    "uncertain": "First those of which the model says that it may be far off.",
}
Rows = NDArray[np.int64]
Marks = NDArray[np.bool_]


def meaning_of(order: Order, *, numbers: bool = False) -> str:
    """What an order means, in a sentence.

    Args:
        order: which.
        numbers: whether the samples have numbers and no classes.
    """
    return _OF_NUMBERS.get(order, MEANINGS[order]) if numbers else MEANINGS[order]


class Pool(Protocol):
    """Samples that can be ordered; all arrays are of one length.

    Attributes:
        name: ``test``, ``validation`` or ``train`` of an evaluation, or ``training``.
        stems: names of the samples.
        classes: names of the classes; empty for numbers.
        loss: of each sample; its mean over the epochs of training samples.
    """

    name: str
    stems: NDArray[np.str_]
    classes: tuple[str, ...]
    loss: NDArray[np.float64]

    def why_not(self, order: Order) -> str:
        """Why the samples cannot be ordered so; "" where they can."""

    def rows(self, order: Order, seed: int = 0) -> Rows:
        """The samples that belong to an order, the most telling first."""

    def why(self, order: Order, row: int) -> str:
        """Why a sample stands where it does, in a sentence."""

    def brief(self, order: Order, row: int) -> str:
        """The same in a few words."""

    def true(self, row: int) -> str:
        """The target in words; "" where there is none."""

    def said(self, row: int) -> str:
        """What the model says in words; "" where it is not known."""

    def classes_of(self, row: int) -> tuple[int, ...]:
        """Numbers of the classes of one sample; none for numbers."""

    def is_true(self, number: int) -> Marks:
        """Which samples are of a class."""

    def is_said(self, number: int) -> Marks:
        """Which samples were taken for a class."""

    @property
    def wrong(self) -> Marks:
        """Which samples are wrong; empty for numbers."""

    @property
    def keys(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """What the samples are sorted by where they are sorted by target, or by prediction."""


def to_csv(pool: Pool, order: Order, rows: Rows, paths: Mapping[str, str]) -> str:
    """A list of samples as text, the first line naming the columns.

    Args:
        pool: of the samples.
        order: why they stand there.
        rows: which, in their order.
        paths: by name of a sample its files; those not known are left out.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["sample", "files", "label", "model", "loss", "list", "reason"])
    for row in rows.tolist():
        stem = str(pool.stems[row])
        words = (pool.true(row), pool.said(row), repr(float(pool.loss[row])), TITLES[order])
        cells = [stem, paths.get(stem, ""), *words, pool.why(order, row)]
        writer.writerow([harmless_cell(cell) for cell in cells])
    return stream.getvalue()
