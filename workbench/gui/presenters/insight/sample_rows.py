"""Which samples of a run are listed; done in a worker thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import Index
from workbench.errors import UserError
from workbench.parts import MODALITIES
from workbench.runs import history
from workbench.runs.browsing import OF_TRAINING, Order, Pool
from workbench.runs.history import History
from workbench.runs.pools import SplitPool, TrainingPool
from workbench.runs.results import Results, Samples

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]
MOST_TEXTS = 20_000
"""Texts that are files of their own are searched in no more samples than these."""


@dataclass(frozen=True)
class Wish:
    """Which samples are wanted.

    Args:
        order: in which order.
        seed: of an order by chance.
        true: number of the class that they are of; -1: any.
        said: number of the class that they were taken for; -1: any.
        wrong_only: those that are wrong.
        modality: one that they have, with a minus before it one that they lack; "": any.
        words: what name, file or text contains, in small letters.
    """

    order: Order = "worst"
    seed: int = 0
    true: int = -1
    said: int = -1
    wrong_only: bool = False
    modality: str = ""
    words: str = ""

    @property
    def narrows(self) -> bool:
        """Whether any sample may be left out."""
        classes = self.true >= 0 or self.said >= 0
        return classes or self.wrong_only or bool(self.modality or self.words)


@dataclass(frozen=True)
class Pools:
    """All samples of a run that can be looked at.

    Args:
        samples: the rows of the evaluated split.
        split: the same, to be ordered.
        training: the training samples over the epochs; None where they were not recorded.
        history: all that was recorded; None where nothing was.
        why_none: why it was not; "" where it was.
        usual_train: median loss of the training samples in each epoch.
        usual_validation: the same of the validation samples that were recorded.
    """

    samples: Samples
    split: SplitPool
    training: TrainingPool | None
    history: History | None
    why_none: str
    usual_train: Floats = field(default_factory=lambda: np.zeros(0))
    usual_validation: Floats = field(default_factory=lambda: np.zeros(0))

    def of(self, order: Order) -> Pool | None:
        """The samples that an order speaks of; None where they were not recorded."""
        return self.training if order in OF_TRAINING else self.split


def pools_of(folder: Path, results: Results, samples: Samples) -> Pools:
    """Read what is known of a run's samples.

    Args:
        folder: of the run.
        results: figures of the split that is looked at.
        samples: its rows.
    """
    split = SplitPool(results, samples)
    try:
        found = history.read(folder)
        why = "" if found is not None and found.epochs else history.why_none(folder)
    except (UserError, OSError) as error:
        # The split can be looked at without it.
        found, why = None, str(error)
    if found is None or not found.epochs:
        return Pools(samples, split, None, None, why or "The recording cannot be read.")
    return Pools(
        samples, split, TrainingPool(found), found, "", _medians(found.train.loss),
        _medians(found.validation.loss),
    )  # fmt: skip


def _medians(losses: NDArray[np.float32]) -> Floats:
    """Over the samples that an epoch saw; NaN where it saw none."""
    known = [row[~np.isnan(row)] for row in losses]
    return np.array([np.median(row) if len(row) else np.nan for row in known], np.float64)


def places_of(pool: Pool, index: Index) -> tuple[Pool, Index, Rows]:
    """Where the samples of a pool stand in the data, -1 where they do not.

    Args:
        pool: the samples.
        index: the data.
    """
    known = {stem: place for place, stem in enumerate(index.stems.tolist())}
    places = np.array([known.get(stem, -1) for stem in pool.stems.tolist()], np.int64)
    return pool, index, places


class Texts:
    """The texts of samples in small letters; those of files are read once."""

    def __init__(self) -> None:
        self._of: Index | None = None
        self._known: dict[int, str] = {}

    def contains(self, index: Index, places: Rows, words: str) -> NDArray[np.bool_]:
        """Which samples have these words in their text.

        Args:
            index: the data.
            places: of the samples in it; -1 for none.
            words: in small letters.
        """
        if index is not self._of:
            self._of, self._known = index, {}
        found = np.zeros(len(places), bool)
        if "text" not in index.modalities:
            return found
        some = np.flatnonzero(places >= 0)
        if index.texts is not None:
            lower = np.strings.lower(index.texts[places[some]])
            found[some] = np.strings.find(lower, words) >= 0
        elif len(some) <= MOST_TEXTS:
            for at in some.tolist():
                found[at] = words in self._text(index, int(places[at]))
        return found

    def _text(self, index: Index, place: int) -> str:
        if place not in self._known:
            try:
                self._known[place] = index.text(place).lower()
            except UserError:
                # It is shown with its problem; it has no words to be found by.
                self._known[place] = ""
        return self._known[place]


def rows_of(
    pool: Pool, wish: Wish, index: Index | None, places: Rows, texts: Texts
) -> tuple[Pool, Wish, Rows]:
    """The samples that are wanted, in the order that is wanted.

    Args:
        pool: of these samples.
        wish: which of them.
        index: the data, where they are known.
        places: of the samples in the data; empty where that is not known.
        texts: what reads texts.
    """
    kept = np.ones(len(pool.stems), bool)
    if wish.true >= 0:
        kept &= pool.is_true(wish.true)
    if wish.said >= 0:
        kept &= pool.is_said(wish.said)
    if wish.wrong_only and len(pool.wrong):
        kept &= pool.wrong
    located = index is not None and len(places) == len(kept)
    if wish.modality and located:
        assert index is not None
        kept &= _has(index, places, wish.modality)
    if wish.words:
        found = np.strings.find(np.strings.lower(pool.stems), wish.words) >= 0
        if located:
            assert index is not None
            some = np.flatnonzero(kept & ~found)
            found[some] |= _in_files(index, places[some], wish.words)
            found[some] |= texts.contains(index, places[some], wish.words)
        kept &= found
    rows = pool.rows(wish.order, wish.seed)
    return pool, wish, rows[kept[rows]]


def _has(index: Index, places: Rows, wanted: str) -> NDArray[np.bool_]:
    lacks, name = wanted.startswith("-"), wanted.removeprefix("-")
    modality = next((m for m in MODALITIES if m == name and m in index.modalities), None)
    if modality is None:
        return np.ones(len(places), bool)
    has = index.has(modality)[np.maximum(places, 0)] & (places >= 0)
    return ~has if lacks else has


def _in_files(index: Index, places: Rows, words: str) -> NDArray[np.bool_]:
    found = np.zeros(len(places), bool)
    some = np.flatnonzero(places >= 0)
    for column in (*index.files.values(), *index.columns.values()):
        lower = np.strings.lower(column[places[some]])
        found[some] |= np.strings.find(lower, words) >= 0
    return found
