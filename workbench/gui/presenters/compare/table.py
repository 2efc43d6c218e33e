"""What the table of runs shows and decides: columns, filter, order, groups, what is chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QSettings, QTimer, Signal, Slot

from workbench.comparing import overlay
from workbench.errors import UserError
from workbench.gui.background import InOrder, Latest
from workbench.gui.choices import Choice
from workbench.runs import labels, table, trash
from workbench.runs.index import Query, RunIndex
from workbench.runs.store import Run
from workbench.runs.table import METRICS, Group, Row, Wish

Floats = NDArray[np.float64]
MOST_PLACES = 6
"""Differing places that are columns unless others are chosen."""
_HEADLINES = ("accuracy", "macro_f1", "micro_f1", "mae", "rmse", "r2", "recall_at_1", "loss")
CURVE = "curve"
"""The column of small curves: no value, so that nothing is ordered or put together by it."""
EDITABLE = ("name", "tags", "note")
"""Columns that are what people say of a run."""
_USUAL = ("name", CURVE, "when", "phase")
_KEY = "compare/columns"
_NO_CURVE: Floats = np.zeros(0)


@dataclass(frozen=True)
class TableState:
    """All that the table of runs shows.

    Args:
        reading: the runs are read for the first time.
        rows: all runs, the newest first.
        shown: those that are wanted, in order.
        groups: the same put together; empty where they are not.
        known: all columns that there are.
        columns: those that are shown.
        own: they were chosen, and do not follow what differs.
        text: of the filter as it was typed.
        wish: what it means.
        best: by metric column, the runs with the best value.
        trouble: what is wrong with the filter; "" for nothing.
        folded: values of the groups whose runs are not shown.
        error: why there is no table.
    """

    reading: bool = True
    rows: tuple[Row, ...] = ()
    shown: tuple[Row, ...] = ()
    groups: tuple[Group, ...] = ()
    known: tuple[str, ...] = ()
    columns: tuple[str, ...] = _USUAL
    own: bool = False
    text: str = ""
    wish: Wish = Wish()  # noqa: RUF009 - frozen
    best: dict[str, frozenset[Path]] = field(default_factory=dict)
    trouble: str = ""
    error: UserError | None = None
    folded: frozenset[str] = frozenset()

    @property
    def words(self) -> str:
        """How many runs are shown."""
        if len(self.shown) == len(self.rows):
            return "1 run" if len(self.rows) == 1 else f"{len(self.rows):,} runs"
        return f"{len(self.shown):,} of {len(self.rows):,} runs"

    @property
    def grouping(self) -> tuple[Choice, ...]:
        """What runs can be put together by."""
        names = [name for name in self.columns
                 if not name.startswith(METRICS) and name != CURVE]  # fmt: skip
        names += [self.wish.group] if self.wish.group and self.wish.group not in names else []
        return (Choice("", "No groups"), *(Choice(name, title_of(name)) for name in names
                                           if name not in ("name", "when")))  # fmt: skip


class TablePresenter(QObject):
    """Reads all runs and lays them out.

    Args:
        runs: the folder of all runs.
        settings: where chosen columns are kept; they are not when left out.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``TableState`` after a change."""

    chosen = Signal(object)
    """The ``Path`` of each run that is selected, a list."""

    open_wished = Signal(object)
    """The ``Path`` of a run to open."""

    curve_came = Signal()
    """A curve that was wished is there."""

    def __init__(
        self, runs: Path, settings: QSettings | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.state = TableState()
        self._settings = settings
        self._restore()
        self._index = RunIndex(runs)
        self._curves: dict[Path, tuple[float, Floats]] = {}
        self._wished: dict[Path, None] = {}
        self._reading = InOrder(self)
        self._reading.answered.connect(self._have_curves)
        self._reading.failed.connect(self._fail)
        self._changing = InOrder(self)
        self._changing.answered.connect(self.refresh)
        self._changing.failed.connect(self._fail)
        self._work = Latest(self)
        self._work.answered.connect(self._have)
        self._work.failed.connect(self._fail)

    @Slot()
    def refresh(self) -> None:
        """Read the runs again."""
        before = self.state

        def work() -> Callable[[TableState], TableState]:
            self._index.refresh()
            rows = table.rows_of(self._index.find(Query()))
            if rows == before.rows:
                return lambda state: replace(state, reading=False, error=None)
            known, differing = table.columns_of(rows), table.differing(rows)
            return lambda state: _laid_out(_read(state, rows, known, differing))

        self._work.ask(work)

    def close(self) -> None:
        """Wait for nothing any more."""
        self._work.forget()

    @Slot(str)
    def filter(self, text: str) -> None:
        """Show only runs that are as was typed."""
        try:
            typed = table.parse(text, self.state.known)
        except UserError as error:
            words = f"{error.problem} {error.remedy}".strip()
            wish = replace(self.state.wish, words=(), conditions=())
            self._become(_laid_out(replace(self.state, text=text, wish=wish, trouble=words)))
            return
        wish = replace(self.state.wish, words=typed.words, conditions=typed.conditions)
        self._become(_laid_out(replace(self.state, text=text, wish=wish, trouble="")))

    def only(self, column: str, value: str) -> None:
        """Show only runs with this value of a column, besides what was asked already.

        Args:
            column: its name.
            value: as it is shown.
        """
        quoted = f'"{value}"' if " " in value else value
        self.filter(f"{self.state.text} {column}={quoted}".strip())

    def order(self, column: str, *, descending: bool) -> None:
        """Order the runs by a column.

        Args:
            column: its name; "" for the newest first.
            descending: the largest first.
        """
        wish = replace(self.state.wish, order=column, descending=descending)
        self._become(_laid_out(replace(self.state, wish=wish)))

    @Slot(str)
    def group(self, column: str) -> None:
        """Put runs together that have the same value of a column; "" for none."""
        wish = replace(self.state.wish, group=column)
        self._become(_laid_out(replace(self.state, wish=wish, folded=frozenset())))

    def show_column(self, column: str, *, on: bool) -> None:
        """Show a column, or not.

        Args:
            column: its name.
            on: show it.
        """
        now = [name for name in self.state.columns if name != column]
        columns = (*now, column) if on else tuple(now)
        self._become(_laid_out(replace(self.state, columns=tuple(columns), own=True)))
        self._keep()

    @Slot()
    def usual_columns(self) -> None:
        """Show what differs again."""
        rows = self.state.rows
        state = replace(self.state, own=False)
        self._become(_laid_out(_read(state, rows, state.known, table.differing(rows))))
        self._keep()

    def fold(self, value: str) -> None:
        """Show the runs of a group no more, or again.

        Args:
            value: of the group, as it is shown.
        """
        self._become(replace(self.state, folded=self.state.folded ^ {value}))

    def label(self, folder: Path, **changes: object) -> None:
        """Change what is said of a run.

        Args:
            folder: of the run.
            changes: values by the names of ``Labels``.
        """
        self._changing.ask(lambda: labels.change(Run(folder), **changes))

    def discard(self, folders: list[Path]) -> None:
        """Move runs to the system's trash; those that are trained now stay.

        Args:
            folders: of the runs.
        """

        def work() -> None:
            for folder in folders:
                trash.discard(Run(folder))

        self._changing.ask(work)

    def curve(self, row: Row) -> Floats:
        """How the headline metric of a run went, [epochs]; empty until it is read.

        Only what is asked for is read: a table of ten thousand runs shows some twenty.

        Args:
            row: the run.
        """
        age = float(row.values.get("epoch") or 0)
        known = self._curves.get(row.folder)
        if (known is None or known[0] != age) and row.folder not in self._wished:
            if not self._wished:
                # Once for all cells that are painted now.
                QTimer.singleShot(0, self, self._read_curves)
            self._wished[row.folder] = None
        return _NO_CURVE if known is None else known[1]

    @Slot()
    def _read_curves(self) -> None:
        ages = {row.folder: float(row.values.get("epoch") or 0) for row in self.state.rows}
        wanted = list(self._wished)

        def work() -> dict[Path, tuple[float, Floats]]:
            return {folder: (ages.get(folder, 0.0), _course(folder)) for folder in wanted}

        self._reading.ask(work)

    @Slot(object)
    def _have_curves(self, found: dict[Path, tuple[float, Floats]]) -> None:
        self._curves |= found
        for folder in found:
            self._wished.pop(folder, None)
        self.curve_came.emit()

    def choose(self, folders: list[Path]) -> None:
        """Runs were selected.

        Args:
            folders: of the runs.
        """
        self.chosen.emit(folders)

    @Slot(object)
    def open(self, folder: Path) -> None:
        """Open a run."""
        self.open_wished.emit(folder)

    def _restore(self) -> None:
        """Show the columns that were chosen last time."""
        if self._settings is None:
            return
        kept = str(self._settings.value(_KEY) or "")
        if kept:
            self.state = replace(self.state, own=True, columns=tuple(kept.split("\n")))

    def _keep(self) -> None:
        if self._settings is not None:
            state = self.state
            self._settings.setValue(_KEY, "\n".join(state.columns) if state.own else "")

    @Slot(object)
    def _have(self, change: Callable[[TableState], TableState]) -> None:
        self._become(change(self.state))

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, reading=False, error=error))

    def _become(self, state: TableState) -> None:
        self.state = state
        self.changed.emit(state)


def _course(folder: Path) -> Floats:
    """The validation metric of a run over its epochs; empty where it cannot be read."""
    try:
        track = overlay.read(Run(folder), "", "")
    except UserError:
        # A damaged run is told of where it is opened; the others have their curves.
        return _NO_CURVE
    figures = overlay.figures_of([track])
    if not figures:
        return _NO_CURVE
    values = track.values[figures[0]]
    return values[np.isfinite(values)]


def title_of(column: str) -> str:
    """What a column is called: its last words, and of an option whose it is.

    Args:
        column: its name.
    """
    if column.startswith(METRICS):
        return column.removeprefix(METRICS).replace("_", " ")
    parts = column.split(".")
    if parts[-1] == "name" and len(parts) > 1:
        return parts[-2].replace("_", " ")
    words = parts[-1].replace("_", " ")
    return f"{parts[-2]} {words}" if len(parts) > 2 else words


def _read(
    state: TableState, rows: tuple[Row, ...], known: tuple[str, ...], differing: tuple[str, ...]
) -> TableState:  # fmt: skip
    """The state with other runs."""
    state = replace(state, reading=False, rows=rows, known=known, error=None)
    if state.own:
        return state
    metrics = [f"{METRICS}test_{name}" for name in _HEADLINES]
    shown = [name for name in metrics if name in known][:3]
    return replace(state, columns=(*_USUAL, *shown, *differing[:MOST_PLACES]))


def _laid_out(state: TableState) -> TableState:
    """The state with the runs that are wanted."""
    shown = table.chosen(state.rows, state.wish)
    groups = table.grouped(shown, state.wish.group) if state.wish.group else ()
    metrics = [name for name in state.columns if name.startswith(METRICS)]
    best = {name: table.best(shown, name) for name in metrics}
    return replace(state, shown=shown, groups=groups, best=best)
