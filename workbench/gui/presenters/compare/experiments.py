"""What duels and searches share: a list, the one that is looked at, and carrying all of them on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from workbench.errors import UserError
from workbench.gui.background import InOrder


@dataclass(frozen=True)
class Looked:
    """What a look at all experiments has found.

    Args:
        rows: of the list.
        shown: the one that is looked at; None where there is none, or it cannot be read.
        chosen: folder of the one that was wanted when the look was asked for.
        error: what went wrong.
        began: the look made a new experiment first.
    """

    rows: tuple[Any, ...]
    shown: Any
    chosen: Path | None
    error: UserError | None = None
    began: bool = False


class ExperimentsPresenter(QObject):
    """Carries experiments on while a window is open.

    Whoever derives from it has a ``state`` with the fields ``page``, ``rows``, ``shown``,
    ``chosen``, ``error`` and ``starting``, and says which experiments there are (``_every``), what
    can be done for one now (``_carried_on``), and when one need not be read again (``_stands``).

    Args:
        page: what the page of one that is looked at is called.
        state: the first one.
        look_ms: how often experiments that are under way are looked at.
        parent: its parent.
    """

    changed = Signal(object)
    """The state after a change."""

    run_wished = Signal(object)
    """The ``Path`` of a run to open."""

    state: Any

    def __init__(
        self, page: str, state: Any, look_ms: int, parent: QObject | None = None
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.state = state
        self._page = page
        self._known: dict[Path, Any] = {}
        self._visible = self._troubled = False
        self._work = InOrder(self)
        self._work.answered.connect(self._have)
        self._work.failed.connect(self._fail)
        self._timer = QTimer(self)
        self._timer.setInterval(look_ms)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Carry on what is under way from now on."""
        self._timer.start()
        self.refresh()

    def close(self) -> None:
        """Carry nothing on any more."""
        self._timer.stop()

    @Slot(bool)
    def be_seen(self, seen: bool) -> None:
        """The experiments are seen, or no longer are."""
        self._visible = seen
        if seen:
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Look at the folders again."""
        self._look(lambda: self._chosen)

    @Slot(object)
    def open(self, folder: Path) -> None:
        """Look at an experiment."""
        if folder != self.state.chosen:
            self._become(
                replace(self.state, page=self._page, chosen=folder, shown=None, error=None)
            )  # fmt: skip
        self._look(lambda: folder)

    @property
    def _chosen(self) -> Path | None:
        chosen: Path | None = self.state.chosen
        return chosen

    def _every(self) -> Iterable[Any]:
        """All experiments, the newest first; asked in a worker thread."""
        raise NotImplementedError

    def _carried_on(self, experiment: Any, wanted: bool) -> tuple[Any, Any, UserError | None]:
        """Its row, what is shown of it, and what went wrong, after what can be done was done."""
        raise NotImplementedError

    def _stands(self, row: Any) -> bool:
        """Whether an experiment changes no more unless somebody wishes it."""
        raise NotImplementedError

    def _begin(self, make: Callable[[], Path]) -> None:
        """Make an experiment in the worker thread and look at it."""
        self._become(replace(self.state, starting=True, error=None))
        self._look(make, begins=True)

    def _change_shown(self, change: Callable[[Path], object]) -> None:
        """Change the one that is looked at, in the worker thread."""
        folder = self._chosen
        if folder is None:
            return

        def work() -> Path:
            change(folder)
            return folder

        self._look(work)

    @Slot()
    def _tick(self) -> None:
        if not self._work.busy and (self._visible or any(r.under_way for r in self.state.rows)):
            self.refresh()

    def _look(self, first: Callable[[], Path | None], *, begins: bool = False) -> None:
        """Do something first, then carry everything on and read what is looked at."""

        def work() -> Looked:
            chosen, error = self._chosen, None
            try:
                chosen = first()
            except UserError as told:
                error = told
            rows, shown = [], None
            for experiment in self._every():
                folder = experiment.folder
                if folder in self._known and folder != chosen:
                    rows.append(self._known[folder])
                    continue
                row, mine, told_of = self._carried_on(experiment, folder == chosen)
                rows.append(row)
                self._known.pop(folder, None)
                if self._stands(row):
                    self._known[folder] = row
                if folder == chosen:
                    shown, error = mine, error or told_of
            return Looked(tuple(rows), shown, chosen, error, begins)

        self._work.ask(work)

    @Slot(object)
    def _have(self, looked: Looked) -> None:
        now = replace(self.state, rows=looked.rows)
        # A look that was under way before one was begun knows nothing of it.
        if looked.began:
            now = replace(now, starting=False, error=looked.error)
            if looked.error is None:
                now = replace(now, page=self._page, chosen=looked.chosen, shown=looked.shown)
        elif looked.chosen == self._chosen and self.state.page == self._page:
            # What went wrong while looking is over with a look that goes well; other words stay.
            told = looked.error if looked.error or self._troubled else self.state.error
            self._troubled = looked.error is not None
            now = replace(now, shown=looked.shown, error=told)
        if now != self.state:
            self._become(now)

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, error=error, starting=False))

    def _become(self, state: Any) -> None:
        self.state = state
        self.changed.emit(state)
