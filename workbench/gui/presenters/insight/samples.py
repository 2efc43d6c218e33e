"""What the tab of samples shows and decides: which samples, in which order, and why."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from workbench.data.index import Index
from workbench.errors import UserError
from workbench.gui.background import InOrder, Latest
from workbench.gui.choices import Choice
from workbench.gui.presenters.insight.sample_facts import Facts, facts_of
from workbench.gui.presenters.insight.sample_rows import (
    Pools,
    Rows,
    Texts,
    Wish,
    places_of,
    pools_of,
    rows_of,
)
from workbench.gui.presenters.results import ResultsState
from workbench.gui.run_index import RunIndex
from workbench.runs import browsing
from workbench.runs.browsing import ORDERS, TITLES, Order, Pool
from workbench.writing import write_atomic


@dataclass(frozen=True)
class BrowserState:
    """All that the tab shows.

    Args:
        folder: of the run; None while nothing is shown.
        pools: the samples of the split, and those for training.
        wish: which are wanted.
        pool: those that the order speaks of.
        rows: numbers of the samples that are listed, in their order.
        index: the data; None where they are not found, or not yet.
        places: of each sample of the pool its place in the index, -1 where it is not there.
        orders: what can be chosen.
        classes: the same.
        modalities: the same; empty where every sample is complete.
        busy: samples are being searched.
        facts: of the sample that is looked at; None for none.
        error: why nothing is shown.
        told: what was done last; "" for nothing.
    """

    folder: Path | None = None
    pools: Pools | None = None
    wish: Wish = field(default_factory=Wish)
    pool: Pool | None = None
    rows: Rows = field(default_factory=lambda: np.zeros(0, np.int64))
    index: Index | None = None
    places: Rows = field(default_factory=lambda: np.zeros(0, np.int64))
    orders: tuple[Choice, ...] = ()
    classes: tuple[Choice, ...] = ()
    modalities: tuple[Choice, ...] = ()
    busy: bool = False
    facts: Facts | None = None
    error: UserError | None = None
    told: str = ""

    @property
    def counted(self) -> str:
        """How many samples are listed, in words."""
        if self.busy or self.pool is None:
            return "Searching…" if self.busy else ""
        many, of = len(self.rows), len(self.pool.stems)
        kind = "training" if self.pool.name in ("training", "train") else self.pool.name
        return f"{many:,} of {of:,} {kind} samples"

    @property
    def nothing(self) -> str:
        """Why no sample is listed; "" where some are."""
        if self.busy or self.pool is None or len(self.rows):
            return ""
        if self.wish.narrows:
            return "No sample is like that. Take a filter off."
        if self.wish.order in ("suspicious", "suspicious_training"):
            return "No label is suspicious."
        if self.wish.order == "forgotten":
            return "Nothing was forgotten: what was learned stayed so."
        return "No sample is in this split."


class BrowserPresenter(QObject):
    """Reads what is known of a run's samples once somebody looks, and lists them as wished.

    Args:
        index: finds the data of the run.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``BrowserState`` after a change."""

    def __init__(self, index: RunIndex, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = BrowserState()
        self._index, self._texts = index, Texts()
        self._results: ResultsState | None = None
        self._looked_at = False
        self._reading, self._listing, self._placing = Latest(self), Latest(self), Latest(self)
        self._saving = InOrder(self)
        self._reading.answered.connect(self._show_pools)
        self._reading.failed.connect(self._fail)
        self._listing.answered.connect(self._show_rows)
        self._listing.failed.connect(self._fail)
        self._placing.answered.connect(self._show_places)
        self._saving.answered.connect(self._tell)
        self._saving.failed.connect(self._fail_softly)
        index.found.connect(self._place)
        index.failed.connect(self._miss)

    @Slot(object)
    def follow(self, results: ResultsState) -> None:
        """Know what the results screen shows; it is read when somebody looks.

        Args:
            results: its state.
        """
        known = self._results
        if results.phase != "shown" or results.samples is None:
            self._results = None
            for work in (self._reading, self._listing, self._placing):
                work.forget()
            if self.state.folder is not None:
                self._become(BrowserState())
            return
        if known is None or known.samples is not results.samples:
            self._results = results
            if self._looked_at:
                self._read()

    @Slot(bool)
    def look(self, on: bool) -> None:
        """Somebody looks at the tab, or no more.

        Args:
            on: somebody does.
        """
        self._looked_at = on
        if on and self._results is not None:
            shown = self.state.pools
            if shown is None or shown.samples is not self._results.samples:
                self._read()

    @Slot(str)
    def choose_order(self, name: str) -> None:
        """List in another order; by chance each time in another.

        Args:
            name: one of the state's orders.
        """
        for order in ORDERS:
            if order == name:
                seed = self.state.wish.seed + 1 if order == "random" else 0
                self._want(replace(self.state.wish, order=order, seed=seed))

    @Slot(str)
    def choose_true(self, name: str) -> None:
        """List the samples of one class; "" lists all."""
        self._want(replace(self.state.wish, true=self._number(name)))

    @Slot(str)
    def choose_said(self, name: str) -> None:
        """List the samples that were taken for one class; "" lists all."""
        self._want(replace(self.state.wish, said=self._number(name)))

    @Slot(bool)
    def choose_wrong(self, only: bool) -> None:
        """List those that are wrong only, or right ones too."""
        self._want(replace(self.state.wish, wrong_only=only))

    @Slot(str)
    def choose_modality(self, name: str) -> None:
        """List samples that have a modality, or lack it; "" lists all."""
        self._want(replace(self.state.wish, modality=name))

    @Slot(str)
    def search(self, words: str) -> None:
        """List samples whose name, file or text contains these words."""
        self._want(replace(self.state.wish, words=words.strip().lower()))

    @Slot(int, int)
    def show_cell(self, true: int, said: int) -> None:
        """List the samples of a class that were taken for another, the worst first.

        Args:
            true: number of the class; -1: any.
            said: number of the class that they were taken for; -1: any.
        """
        self._want(Wish(true=true, said=said))

    @Slot()
    def show_all(self) -> None:
        """Take all filters off."""
        self._want(Wish(order=self.state.wish.order, seed=self.state.wish.seed))

    @Slot(int)
    def choose(self, row: int) -> None:
        """Look at a sample.

        Args:
            row: its number; -1 for none.
        """
        pools, pool = self.state.pools, self.state.pool
        known = self.state.facts
        if pools is None or pool is None or (known is not None and known.row == row):
            return
        found = facts_of(pools, pool, self.state.wish.order, row) if row >= 0 else None
        self._become(replace(self.state, facts=found, told=""))

    @Slot(int)
    def step(self, by: int) -> None:
        """Look at the next sample of the list, or at the one before.

        Args:
            by: 1 or -1.
        """
        rows, facts = self.state.rows, self.state.facts
        if not len(rows):
            return
        at = np.flatnonzero(rows == facts.row) if facts is not None else np.zeros(0)
        place = int(np.clip(at[0] + by, 0, len(rows) - 1)) if len(at) else 0
        self.choose(int(rows[place]))

    @Slot(str)
    def export(self, file: str) -> None:
        """Write the list with files, labels and reasons as CSV.

        Args:
            file: where to.
        """
        state = self.state
        if state.pool is not None:
            self._saving.ask(partial(_write, state, Path(file)))

    def _number(self, name: str) -> int:
        known = self.state.pool.classes if self.state.pool is not None else ()
        return known.index(name) if name in known else -1

    def _read(self) -> None:
        assert self._results is not None
        results = self._results
        folder, figures, samples = results.folder, results.results, results.samples
        assert folder is not None
        assert figures is not None
        assert samples is not None
        kept = self.state.wish if self.state.folder == folder else Wish()
        pending = self.state.wish if self.state.folder is None else kept
        self._become(BrowserState(folder=folder, wish=pending, busy=True))
        self._reading.ask(partial(pools_of, folder, figures, samples))

    def _want(self, wish: Wish) -> None:
        if self.state.pools is None:
            # What is wished before anything was read is listed first.
            self.state = replace(self.state, wish=wish)
        elif wish != self.state.wish or self.state.pool is None:
            self._list(wish)

    @Slot(object)
    def _show_pools(self, pools: Pools) -> None:
        self.state = replace(self.state, pools=pools)
        self._list(self.state.wish)
        self._index.ask()

    def _list(self, wish: Wish) -> None:
        """Search; what was listed stays until the answer comes, of another pool nothing."""
        state, pools = self.state, self.state.pools
        assert pools is not None
        pool = pools.of(wish.order)
        reason = _reason(pools, wish.order)
        if pool is None or reason:
            wish, pool = replace(wish, order="worst"), pools.split
        other = pool is not state.pool
        if wish.order != state.wish.order or wish.seed != state.wish.seed:
            # Another order is looked at from its start.
            state = replace(state, facts=None)
        state = replace(state, wish=wish, pool=pool, busy=True, orders=_orders(pools), told="")
        if other:
            wish = _fitting(wish, pool)
            state = replace(
                state, wish=wish, rows=np.zeros(0, np.int64), places=np.zeros(0, np.int64),
                facts=None, classes=_classes(pool),
            )  # fmt: skip
        self._become(state)
        if other and state.index is not None:
            # The rows come when it is known where the samples lie.
            self._place(state.index)
        else:
            self._search()

    def _search(self) -> None:
        state = self.state
        assert state.pool is not None
        work = partial(rows_of, state.pool, state.wish, state.index, state.places, self._texts)
        self._listing.ask(work)

    @Slot(object)
    def _place(self, index: Index) -> None:
        state, pool = self.state, self.state.pool
        placed = index is state.index and len(state.places)
        if pool is not None and self._looked_at and not placed:
            self._placing.ask(partial(places_of, pool, index))

    @Slot(object)
    def _miss(self, error: UserError) -> None:
        """The data are not found: samples are listed, but cannot be shown."""
        if self._looked_at and self.state.pool is not None:
            self._fail_softly(error)

    @Slot(object)
    def _show_places(self, found: tuple[Pool, Index, Rows]) -> None:
        pool, index, places = found
        if pool is self.state.pool:
            modalities = _modalities(index)
            state = replace(self.state, index=index, places=places, modalities=modalities)
            self._become(state)
            self._search()

    @Slot(object)
    def _show_rows(self, found: tuple[Pool, Wish, Rows]) -> None:
        pool, wish, rows = found
        if pool is not self.state.pool or wish != self.state.wish:
            return
        state = replace(self.state, rows=rows, busy=False)
        row = state.facts.row if state.facts is not None else -1
        if not len(rows) or row not in rows:
            row = int(rows[0]) if len(rows) else -1
        pools = state.pools
        assert pools is not None
        facts = facts_of(pools, pool, wish.order, row) if row >= 0 else None
        self._become(replace(state, facts=facts))

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(BrowserState(folder=self.state.folder, error=error))

    @Slot(object)
    def _fail_softly(self, error: UserError) -> None:
        self._become(replace(self.state, told=f"{error.problem} {error.remedy}".strip()))

    @Slot(object)
    def _tell(self, words: str) -> None:
        self._become(replace(self.state, told=words))

    def _become(self, state: BrowserState) -> None:
        self.state = state
        self.changed.emit(state)


def _reason(pools: Pools, order: Order) -> str:
    """Why an order cannot be chosen."""
    pool = pools.of(order)
    return pools.why_none if pool is None else pool.why_not(order)


def _orders(pools: Pools) -> tuple[Choice, ...]:
    return tuple(
        Choice(order, TITLES[order], browsing.MEANINGS[order], _reason(pools, order))
        for order in ORDERS
    )


def _classes(pool: Pool) -> tuple[Choice, ...]:
    return tuple(Choice(name, name) for name in pool.classes)


def _modalities(index: Index) -> tuple[Choice, ...]:
    """Only those are offered that some samples have and others lack."""
    some = [m for m in index.modalities if not index.has(m).all()]
    if not some:
        return ()
    has = [Choice(m, f"With {m}") for m in some]
    lacks = [Choice(f"-{m}", f"Without {m}") for m in some]
    return (Choice("", "Any modality"), *has, *lacks)


def _fitting(wish: Wish, pool: Pool) -> Wish:
    """A wish without the classes that a pool has not."""
    many = len(pool.classes)
    true, said = (number if number < many else -1 for number in (wish.true, wish.said))
    return replace(wish, true=true, said=said, wrong_only=wish.wrong_only and bool(many))


def _write(state: BrowserState, file: Path) -> str:
    assert state.pool is not None
    paths = state.index.paths_in_words() if state.index is not None else {}
    text = browsing.to_csv(state.pool, state.wish.order, state.rows, paths)
    try:
        write_atomic(file, text)
    except OSError as error:
        raise UserError(
            f"{file} cannot be written: {error.strerror}.", "Choose another place."
        ) from None
    noun = "sample" if len(state.rows) == 1 else "samples"
    return f"{len(state.rows):,} {noun} written to {file}"
