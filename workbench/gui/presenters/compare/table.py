"""What the table of runs shows and decides: columns, filter, order, groups, what is chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from workbench.errors import UserError
from workbench.gui.background import Latest
from workbench.gui.choices import Choice
from workbench.runs import table
from workbench.runs.index import Query, RunIndex
from workbench.runs.table import METRICS, Group, Row, Wish

MOST_PLACES = 6
"""Differing places that are columns unless others are chosen."""
_HEADLINES = ("accuracy", "macro_f1", "micro_f1", "mae", "rmse", "r2", "recall_at_1", "loss")
_USUAL = ("name", "when", "phase")


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

    @property
    def words(self) -> str:
        """How many runs are shown."""
        if len(self.shown) == len(self.rows):
            return "1 run" if len(self.rows) == 1 else f"{len(self.rows):,} runs"
        return f"{len(self.shown):,} of {len(self.rows):,} runs"

    @property
    def grouping(self) -> tuple[Choice, ...]:
        """What runs can be put together by."""
        names = [name for name in self.columns if not name.startswith(METRICS)]
        names += [self.wish.group] if self.wish.group and self.wish.group not in names else []
        return (Choice("", "No groups"), *(Choice(name, title_of(name)) for name in names
                                           if name not in ("name", "when")))  # fmt: skip


class TablePresenter(QObject):
    """Reads all runs and lays them out.

    Args:
        runs: the folder of all runs.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``TableState`` after a change."""

    chosen = Signal(object)
    """The ``Path`` of each run that is selected, a list."""

    open_wished = Signal(object)
    """The ``Path`` of a run to open."""

    def __init__(self, runs: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = TableState()
        self._index = RunIndex(runs)
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
        self._become(_laid_out(replace(self.state, wish=replace(self.state.wish, group=column))))

    def show_column(self, column: str, *, on: bool) -> None:
        """Show a column, or not.

        Args:
            column: its name.
            on: show it.
        """
        now = [name for name in self.state.columns if name != column]
        columns = (*now, column) if on else tuple(now)
        self._become(_laid_out(replace(self.state, columns=tuple(columns), own=True)))

    @Slot()
    def usual_columns(self) -> None:
        """Show what differs again."""
        rows = self.state.rows
        state = replace(self.state, own=False)
        self._become(_laid_out(_read(state, rows, state.known, table.differing(rows))))

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

    @Slot(object)
    def _have(self, change: Callable[[TableState], TableState]) -> None:
        self._become(change(self.state))

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, reading=False, error=error))

    def _become(self, state: TableState) -> None:
        self.state = state
        self.changed.emit(state)


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
