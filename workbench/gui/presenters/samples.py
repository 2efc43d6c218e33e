"""Which samples are listed and in which order; long searches are done in a worker thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from workbench.data.index import SPLITS, Index
from workbench.gui.background import Latest
from workbench.gui.choices import Choice
from workbench.gui.listing import Column, Dropped, Rows, Samples, Wish, rows_of, samples_of
from workbench.parts import MODALITIES

AT_ONCE = 20_000
"""As many rows are searched and sorted within a few milliseconds, without a thread."""
_MOST_CLASSES = 60
"""Classes offered in a menu; more are found by typing their name."""


@dataclass(frozen=True)
class Filters:
    """What the samples can be narrowed down to.

    Args:
        classes: the classes of the target, with how many samples each has.
        more_classes: how many further classes are not offered.
        splits: the splits, with their counts.
        missing: modalities that some samples lack, with how many.
    """

    classes: tuple[Choice, ...] = ()
    more_classes: int = 0
    splits: tuple[Choice, ...] = ()
    missing: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class SamplesState:
    """All that the list of samples shows.

    Args:
        samples: the data; None before there are any.
        wish: what is asked for.
        rows: the rows shown, in order; those of an earlier wish while ``busy``.
        busy: the rows are being searched or sorted.
        filters: what can be chosen.
        chips: filters that are on: their kind and their words.
    """

    samples: Samples | None = None
    wish: Wish = field(default_factory=Wish)
    rows: Rows = field(default_factory=lambda: np.zeros(0, np.int64))
    busy: bool = False
    filters: Filters = field(default_factory=Filters)
    chips: tuple[Choice, ...] = ()

    @property
    def words(self) -> str:
        """How many samples are shown, in words."""
        total = 0 if self.samples is None else len(self.samples)
        if self.busy:
            return "Searching…" if self.wish.filters else "Sorting…"
        noun = "sample" if total == 1 else "samples"
        if len(self.rows) == total:
            return f"{total:,} {noun}"
        return f"{len(self.rows):,} of {total:,} {noun}"


class SamplesPresenter(QObject):
    """Holds the wish; each change of it gives other rows.

    Args:
        parent: its parent.
    """

    changed = Signal(object)
    """The ``SamplesState`` after a change."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = SamplesState()
        self._stop: Callable[[], None] = _nothing
        self._latest = Latest(self)
        self._latest.answered.connect(self._take)

    def show_index(self, index: Index, target: str, split: NDArray[np.int8] | None = None) -> None:
        """List these data; what was wished stays where the samples are the same.

        Args:
            index: the data.
            target: the column that is learned; "" for none.
            split: int8 [samples]; None: the split that the data state, if any.
        """
        before = self.state.samples
        samples = samples_of(index, target, split)
        wish = self.state.wish
        if before is None or before.index.stems is not index.stems:
            wish = Wish()
        elif before.target is None or before.target.name != target:
            wish = replace(wish, value=None)
        if wish.column not in samples.columns:
            wish = replace(wish, column=None)
        rows = self.state.rows
        if before is None or len(before) != len(samples) or not wish.filters:
            rows = np.arange(len(samples), dtype=np.int64)
        self.state = replace(self.state, samples=samples, rows=rows, filters=_filters(samples))
        self._ask(wish)

    @Slot(str)
    def search(self, words: str) -> None:
        """Keep the samples whose name, class, file, text or further columns contain these words.

        Args:
            words: in either case; "" keeps all.
        """
        self._ask(replace(self.state.wish, words=words))

    @Slot(str, str)
    def only(self, kind: str, name: str) -> None:
        """Keep the samples of one class, of one split, or without one modality.

        Args:
            kind: ``value``, ``split`` or ``missing``.
            name: as ``Filters`` names it; "" keeps all.
        """
        wish = self.state.wish
        match kind:
            case "value":
                wish = replace(wish, value=int(name) if name else None)
            case "split":
                wish = replace(wish, split=int(name) if name else None)
            case _:
                missing = next((m for m in MODALITIES if m == name), None)
                wish = replace(wish, missing=missing)
        self._ask(wish)

    def show_rows(self, rows: Sequence[int] | Rows, words: str) -> None:
        """Show no other samples than these; filters of before are taken off.

        Args:
            rows: their places in the Index.
            words: what they are.
        """
        count = 0 if self.state.samples is None else len(self.state.samples)
        chosen = np.asarray(rows, np.int64)
        chosen = chosen[(chosen >= 0) & (chosen < count)]
        wish = self.state.wish
        self._ask(Wish(only=chosen, about=words, column=wish.column, descending=wish.descending))

    @Slot(str)
    def drop(self, kind: str) -> None:
        """Take one filter off.

        Args:
            kind: as ``SamplesState.chips`` names it.
        """
        wish = self.state.wish
        if kind == "rows":
            self._ask(replace(wish, only=None, about=""))
        else:
            self.only(kind, "")

    @Slot()
    def show_all(self) -> None:
        """Take all filters off."""
        wish = self.state.wish
        self._ask(Wish(column=wish.column, descending=wish.descending))

    def sort(self, column: Column | None, *, descending: bool = False) -> None:
        """Sort by a column.

        Args:
            column: which; None: as the data give them.
            descending: the largest first.
        """
        self._ask(replace(self.state.wish, column=column, descending=descending))

    def _ask(self, wish: Wish) -> None:
        samples = self.state.samples
        if samples is None:
            return
        self._stop()
        self._stop = _nothing
        if not wish.filters and wish.column is None:
            self._latest.forget()
            self._become(wish, np.arange(len(samples), dtype=np.int64))
        elif len(samples) <= AT_ONCE:
            self._latest.forget()
            self._become(wish, rows_of(samples, wish))
        else:
            stopped: list[bool] = []
            self._stop = partial(stopped.append, True)
            self.state = replace(self.state, wish=wish, busy=True, chips=_chips(samples, wish))
            self.changed.emit(self.state)
            self._latest.ask(partial(_search, samples, wish, stopped))

    @Slot(object)
    def _take(self, answer: object) -> None:
        if answer is not None:
            wish, rows = cast("tuple[Wish, Rows]", answer)
            self._become(wish, rows)

    def _become(self, wish: Wish, rows: Rows) -> None:
        assert self.state.samples is not None
        chips = _chips(self.state.samples, wish)
        self.state = replace(self.state, wish=wish, rows=rows, busy=False, chips=chips)
        self.changed.emit(self.state)


def _nothing() -> None:
    """There is nothing to stop."""


def _search(samples: Samples, wish: Wish, stopped: list[bool]) -> tuple[Wish, Rows] | None:
    try:
        return wish, rows_of(samples, wish, lambda: bool(stopped))
    except Dropped:
        return None


def _filters(samples: Samples) -> Filters:
    index, target = samples.index, samples.target
    classes: list[Choice] = []
    if target is not None and target.classes:
        values = target.values
        if values.ndim == 1:
            counts = np.bincount(values[values >= 0], minlength=len(target.classes))
        else:
            counts = (values == 1).sum(axis=0)
        classes = [
            Choice(str(number), name, f"{counts[number]:,}")
            for number, name in enumerate(target.classes)
        ]
    splits = []
    if samples.split is not None:
        found = np.bincount(samples.split[samples.split >= 0], minlength=len(SPLITS))
        splits = [
            Choice(str(number), name, f"{found[number]:,}") for number, name in enumerate(SPLITS)
        ]
    missing = []
    for modality in index.modalities:
        lacking = len(index) - int(np.count_nonzero(index.has(modality)))
        if lacking:
            missing.append(Choice(modality, modality, f"{lacking:,}"))
    return Filters(
        tuple(classes[:_MOST_CLASSES]),
        max(0, len(classes) - _MOST_CLASSES),
        tuple(splits),
        tuple(missing),
    )


def _chips(samples: Samples, wish: Wish) -> tuple[Choice, ...]:
    chips = []
    if wish.only is not None:
        chips.append(Choice("rows", wish.about or f"{len(wish.only):,} chosen"))
    target = samples.target
    if wish.value is not None and target is not None and wish.value < len(target.classes):
        name = target.name.replace("_", " ")
        chips.append(Choice("value", f"{name}: {target.classes[wish.value]}"))
    if wish.split is not None:
        chips.append(Choice("split", f"split: {SPLITS[wish.split]}"))
    if wish.missing is not None:
        chips.append(Choice("missing", f"without {wish.missing}"))
    return tuple(chips)
