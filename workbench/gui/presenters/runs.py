"""What the list of runs shows and decides: search, archive, names, stars, the trash."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot

from workbench.errors import UserError
from workbench.gui.background import InOrder
from workbench.runs import labels, store, trash
from workbench.runs.index import Entry, Query, RunIndex
from workbench.runs.labels import Labels

MOST_ROWS = 60
_HEADLINES = (("accuracy", "{:.1%} right"), ("mae", "error {:.3g}"), ("loss", "loss {:.3g}"))
_PHASES: Mapping[store.Phase, tuple[str, str]] = {
    "created": ("Not begun", "quiet"),
    "running": ("Training", "accent"),
    "paused": ("Paused", "warn"),
    "interrupted": ("Interrupted", "warn"),
    "done": ("Done", "good"),
    "stopped": ("Stopped, best kept", "good"),
    "flat": ("Done, no longer better", "good"),
    "time": ("Done, its time was over", "good"),
    "discarded": ("Discarded", "quiet"),
    "failed": ("Failed", "bad"),
}


@dataclass(frozen=True)
class RecentRun:
    """A run in one line.

    Args:
        folder: its folder.
        title: its name.
        when: when it was made, in words.
        phase: how it stands, in words.
        tone: ``good``, ``bad``, ``warn``, ``accent`` or ``quiet``.
        headline: its telling figure; "" when it has none.
        message: the sentence of a failure.
        resumable: it stands still and can go on where it stood.
        busy: somebody computes it.
        labels: what people say of it.
    """

    folder: Path
    title: str
    when: str
    phase: str
    tone: Literal["good", "bad", "warn", "accent", "quiet"] | str
    headline: str = ""
    message: str = ""
    resumable: bool = False
    busy: bool = False
    labels: Labels = Labels()  # noqa: RUF009 - frozen


@dataclass(frozen=True)
class RunsState:
    """All that the list of runs shows.

    Args:
        rows: the runs that are wanted, the starred and then the newest first.
        count: how many there are of them in all.
        words: what is searched for.
        archived: the archive is shown.
        error: what went wrong.
    """

    rows: tuple[RecentRun, ...] = ()
    count: int = 0
    words: str = ""
    archived: bool = False
    error: UserError | None = None

    @property
    def filtered(self) -> bool:
        """Not all runs are wanted."""
        return bool(self.words) or self.archived


class RunsPresenter(QObject):
    """Finds runs, and changes what is said of them.

    Args:
        folder: the folder of all runs.
        now: what time it is.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``RunsState`` after a change."""

    open_wished = Signal(object)
    """The ``Path`` of a run to open."""

    resume_wished = Signal(object)
    """The ``Path`` of a run to go on with."""

    def __init__(
        self, folder: Path, now: Callable[[], datetime] = datetime.now,
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.state = RunsState()
        self._index = RunIndex(folder)
        self._now = now
        self._work = InOrder(self)
        self._work.answered.connect(self._have)
        self._work.failed.connect(self._fail)

    @property
    def busy(self) -> bool:
        """An answer is still to come."""
        return self._work.busy

    @Slot()
    def refresh(self) -> None:
        """Look at the folders again."""
        self._look(lambda: None)

    @Slot(str)
    def search(self, words: str) -> None:
        """Show only runs with these words in name, note, tags, parts or data."""
        self.state = replace(self.state, words=words)
        self._look(lambda: None)

    @Slot(bool)
    def show_archived(self, on: bool) -> None:
        """Show the archive instead of the other runs."""
        self.state = replace(self.state, archived=on)
        self._look(lambda: None)

    def label(self, folder: Path, **changes: object) -> None:
        """Change what is said of a run.

        Args:
            folder: of the run.
            changes: values by the names of ``Labels``.
        """
        self._look(lambda: labels.change(store.Run(folder), **changes))

    @Slot(object)
    def trash(self, folder: Path) -> None:
        """Move a run to the system's trash."""
        self._look(lambda: trash.discard(store.Run(folder)))

    @Slot(object)
    def open(self, folder: Path) -> None:
        """Open a run."""
        self.open_wished.emit(folder)

    @Slot(object)
    def resume(self, folder: Path) -> None:
        """Go on with a run that was paused or interrupted."""
        self.resume_wished.emit(folder)

    def _look(self, first: Callable[[], object]) -> None:
        query = Query(
            words=self.state.words, archived=self.state.archived, starred_first=True,
            limit=MOST_ROWS,
        )  # fmt: skip

        def look() -> tuple[tuple[RecentRun, ...], int, UserError | None]:
            trouble = None
            try:
                first()
            except UserError as error:
                trouble = error
            self._index.refresh()
            found = self._index.find(query)
            now = self._now()
            rows = tuple(_row(entry, now) for entry in found)
            return rows, self._index.count(query), trouble

        self._work.ask(look)

    @Slot(object)
    def _have(self, answer: tuple[tuple[RecentRun, ...], int, UserError | None]) -> None:
        rows, count, error = answer
        if not self._work.busy or error is not None:
            self._become(replace(self.state, rows=rows, count=count, error=error))

    @Slot(object)
    def _fail(self, error: UserError) -> None:
        self._become(replace(self.state, error=error))

    def _become(self, state: RunsState) -> None:
        self.state = state
        self.changed.emit(state)


def _row(entry: Entry, now: datetime) -> RecentRun:
    run = entry.run
    stamp = _stamp(run.name)
    when = _when(stamp, now) if stamp is not None else ""
    if entry.problem:
        return RecentRun(
            run.folder, entry.title, when, "Damaged", "bad", message=entry.problem,
            labels=entry.labels,
        )  # fmt: skip
    status = store.living(entry.status)
    phase, tone = _PHASES[status.phase]
    headline = next(
        (
            words.format(status.metrics[name])
            for name, words in _HEADLINES
            if name in status.metrics
        ),
        f"epoch {status.epoch} of {status.epochs}" if status.epochs else "",
    )
    busy = status.phase in ("running", "paused") and store.is_process(status.pid, status.started)
    return RecentRun(
        run.folder, entry.title, when, phase, tone, headline, status.message,
        status.resumable and not busy, busy, entry.labels,
    )  # fmt: skip


def _stamp(folder: str) -> datetime | None:
    found = re.match(r"(\d{8}-\d{6})-.+", folder)
    if not found:
        return None
    try:
        return datetime.strptime(found.group(1), "%Y%m%d-%H%M%S")
    except ValueError:
        return None


def _when(stamp: datetime, now: datetime) -> str:
    days = (now.date() - stamp.date()).days
    clock = stamp.strftime("%H:%M")
    if days == 0:
        return f"today {clock}"
    if days == 1:
        return f"yesterday {clock}"
    return stamp.strftime("%Y-%m-%d ") + clock
