"""What is said of one sample of a run: why it is listed, what the model gives it, its epochs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.gui.presenters.insight.sample_rows import Pools
from workbench.runs.browsing import Order, Pool
from workbench.runs.history import Course, History

BARS = 5
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Bar:
    """What one class gets.

    Args:
        name: of the class.
        share: 0..1.
        true: it is the class of the sample.
    """

    name: str
    share: float
    true: bool


@dataclass(frozen=True)
class Followed:
    """One sample over the epochs.

    Args:
        epochs: numbers of the epochs.
        loss: of the sample; NaN where it was not seen.
        usual: median of all samples that were followed with it.
        right: whether it was right; empty for numbers.
    """

    epochs: tuple[int, ...]
    loss: Floats
    usual: Floats
    right: NDArray[np.bool_]


@dataclass(frozen=True)
class Facts:
    """What is said of a sample.

    Args:
        row: its number in the pool.
        stem: its name.
        true: target in words; "" where there is none.
        said: what the model says in words; "" where that is not known.
        wrong: whether that is wrong; None where it is neither.
        loss: of the sample.
        why: why it is listed.
        bars_title: what the bars are.
        bars: of the first few classes, the largest first.
        course: its epochs; None where they were not recorded.
        no_course: why not; "" where they were.
    """

    row: int
    stem: str
    true: str
    said: str
    wrong: bool | None
    loss: float
    why: str
    bars_title: str
    bars: tuple[Bar, ...]
    course: Followed | None
    no_course: str


def facts_of(pools: Pools, pool: Pool, order: Order, row: int) -> Facts:
    """What is said of a sample.

    Args:
        pools: all samples of the run.
        pool: those that are listed.
        order: why they are.
        row: which of them.
    """
    stem = str(pool.stems[row])
    title, bars = _bars(pools, pool, row)
    course, no_course = _course(pools, pool, stem)
    return Facts(
        row, stem, pool.true(row), pool.said(row),
        bool(pool.wrong[row]) if len(pool.wrong) else None, float(pool.loss[row]),
        pool.why(order, row), title, bars, course, no_course,
    )  # fmt: skip


def _bars(pools: Pools, pool: Pool, row: int) -> tuple[str, tuple[Bar, ...]]:
    training = pools.training
    if training is not None and pool is training:
        found = training.history.train.said
        said = found[:, row][found[:, row] >= 0] if found.size else found
        if not said.size:
            return "", ()
        shares = np.bincount(said, minlength=len(pool.classes)) / len(said)
        title = f"Taken for, share of {len(said):,} epochs"
    else:
        given = pools.split.probabilities(np.array([row]))
        if not given.size:
            return "", ()
        shares, title = given[0], "What the model gives each class"
    order = np.argsort(-shares, kind="stable").tolist()
    true = set(pool.classes_of(row))
    first = order[:BARS]
    if len(true) == 1 and not true & set(first):
        # Its own class is to be seen, however little it gets.
        first[-1:] = true
    return title, tuple(Bar(pool.classes[n], float(shares[n]), n in true) for n in first)


def _course(pools: Pools, pool: Pool, stem: str) -> tuple[Followed | None, str]:
    history = pools.history
    if history is None:
        return None, pools.why_none
    if pool.name == "test":
        return None, "Only training and validation samples are followed over the epochs."
    validation = pool.name == "validation"
    course = history.validation if validation else history.train
    usual = pools.usual_validation if validation else pools.usual_train
    place = np.flatnonzero(course.stems == stem)
    if not len(place):
        return None, "This sample is not among those that were followed over the epochs."
    return _of_one(history, course, usual, int(place[0])), ""


def _of_one(history: History, course: Course, usual: Floats, place: int) -> Followed:
    numbers = history.about.task in ("number", "numbers")
    right = np.zeros(0, bool) if numbers else course.metric[:, place] > 0.5
    return Followed(history.epochs, course.loss[:, place].astype(np.float64), usual, right)
