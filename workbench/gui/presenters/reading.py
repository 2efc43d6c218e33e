"""The correction of how a folder is read: a draft, what it gives, and whether it is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from workbench.data.index import Index, Target
from workbench.errors import UserError
from workbench.gui.choices import Choice
from workbench.gui.presenters.data_words import LAYOUTS
from workbench.gui.presenters.reading_preview import (
    PatternView,
    Seen,
    look,
    pattern_view,
)
from workbench.gui.scanning import Newest, Progress, Scan, Stop
from workbench.spec import ColumnRole, Layout, Reading

PREVIEW_AFTER_MS = 350
"""A change is tried this long after the last key."""
_FOUND = "As found"


@dataclass(frozen=True)
class ReadingState:
    """All that the correction shows.

    Args:
        open: it is shown.
        folder: the folder or zip file.
        asked: what the person has said.
        seen: what the draft gives, and what there is to choose from.
        layouts: layouts to choose from, "" for the one that is found.
        tables: tables to choose from, "" for the one that is found.
        layout: the layout at hand; "" where none fits.
        pattern: the pattern as it stands.
        pattern_view: what it says of the first names.
        orders: categories of each ordered target, the lowest first.
        together: columns of numbers, each with whether it is learned together with the others.
        changed: the draft differs from what is in use.
        busy: it is being tried.
        error: why it does not fit; "" when it does.
    """

    open: bool = False
    folder: Path = field(default_factory=Path)
    asked: Reading = field(default_factory=Reading)
    seen: Seen = field(default_factory=Seen)
    layouts: tuple[Choice, ...] = ()
    tables: tuple[Choice, ...] = ()
    layout: Layout | str = ""
    pattern: str = ""
    pattern_view: PatternView = field(default_factory=PatternView)
    orders: tuple[tuple[str, tuple[str, ...]], ...] = ()
    together: tuple[tuple[str, bool], ...] = ()
    changed: bool = False
    busy: bool = False
    error: str = ""

    @property
    def index(self) -> Index | None:
        """What the draft gives."""
        return self.seen.index

    @property
    def can_apply(self) -> bool:
        """The draft fits and differs from what is in use."""
        return self.changed and not self.busy and not self.error and self.index is not None


class ReadingPresenter(QObject):
    """Tries every change of a reading on the folder, and hands over the one that is taken.

    Args:
        scan: ``workbench.data.folder.scan``.
        parent: its parent.
    """

    changed = Signal(object)
    """The ``ReadingState`` after a change."""

    accepted = Signal(object, object)
    """The ``Index`` that was taken, and the ``Reading`` that gave it."""

    def __init__(self, scan: Scan, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = ReadingState()
        self._scan = scan
        self._used = Reading()
        self._target = ""
        self._newest = Newest(self)
        self._newest.found.connect(self._found)
        self._newest.failed.connect(self._failed)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(PREVIEW_AFTER_MS)
        self._soon.timeout.connect(self._try)

    def begin(self, folder: Path, index: Index | None, asked: Reading, target: str = "") -> None:
        """Open the correction.

        Args:
            folder: the folder or zip file.
            index: what is in use; None where nothing fitted.
            asked: what the person has said so far.
            target: the column that is learned.
        """
        self._used, self._target = asked, target
        self._become(
            replace(
                _of_index(ReadingState(open=True, folder=folder, asked=asked), Seen(index)),
                busy=True,
            )
        )
        self._newest.start(lambda progress, stop: look(folder, index, target))

    @Slot()
    def back(self) -> None:
        """Close it; what is in use stays."""
        self._soon.stop()
        self._newest.give_up()
        if self.state.open:
            self._become(ReadingState())

    @Slot()
    def apply(self) -> None:
        """Take what the draft gives."""
        if self.state.can_apply:
            index, asked = self.state.index, self.state.asked
            self.back()
            self.accepted.emit(index, asked)

    @Slot(str)
    def choose_layout(self, layout: str) -> None:
        """Read the folder by another layout; what was said of columns and names is forgotten.

        Args:
            layout: its name; "" for the one that is found.
        """
        kept = self.state.asked
        self._draft(
            Reading(
                layout=cast("Layout | None", layout or None), tasks=kept.tasks, orders=kept.orders
            )
        )

    @Slot(str)
    def choose_table(self, table: str) -> None:
        """Read another table.

        Args:
            table: its path in the folder; "" for the one that is found.
        """
        self._draft(Reading(layout="manifest" if table else None, manifest=table))

    @Slot(str)
    def type_pattern(self, pattern: str) -> None:
        """Another pattern of file names; it is shown at once and tried in a moment.

        Args:
            pattern: as it stands.
        """
        view = pattern_view(pattern, self.state.seen.names)
        self._become(replace(self.state, pattern=pattern, pattern_view=view))
        if view.error:
            self._soon.stop()
            self._newest.give_up()
            self._become(replace(self.state, busy=False, error=view.error, changed=True))
        else:
            layout: Layout | None = "file_names" if pattern else self.state.asked.layout
            self._draft(Reading(layout=layout, pattern=pattern))

    @Slot(str, str)
    def choose_role(self, column: str, role: ColumnRole) -> None:
        """Say what a column is.

        Args:
            column: its name.
            role: what it is.
        """
        columns = tuple(
            replace(row, role=role) if row.name == column else row
            for row in self.state.seen.columns
        )
        # It stands there at once, before it was tried.
        self.state = replace(self.state, seen=replace(self.state.seen, columns=columns))
        self._change(roles={**self.state.asked.roles, column: role})

    @Slot(str)
    def type_separator(self, separator: str) -> None:
        """The sign between several categories in a cell.

        Args:
            separator: such as ``|``; "" for the one that is found.
        """
        self._change(separator=separator)

    @Slot(str, object)
    def choose_order(self, target: str, order: Sequence[str]) -> None:
        """The order of the categories of a target.

        Args:
            target: its name.
            order: the categories, the lowest first.
        """
        asked = self.state.asked
        self._change(
            orders={**asked.orders, target: tuple(order)},
            tasks={**asked.tasks, target: "ordered"},
        )

    @Slot(str, bool)
    def choose_together(self, column: str, on: bool) -> None:
        """Learn a column of numbers together with others, or not.

        Args:
            column: its name.
            on: whether it is among them.
        """
        chosen = [name for name, was in self.state.together if (on if name == column else was)]
        if len(chosen) >= 2:
            self._change(together=tuple(chosen))
        else:
            # Fewer than two are no target of several numbers: the view is shown what holds.
            self.changed.emit(self.state)

    def close(self) -> None:
        """End every thread; returns when they have ended."""
        self._soon.stop()
        self._newest.close()

    def _change(self, **changes: Any) -> None:
        asked = self.state.asked
        if asked.layout is None and self.state.index is not None:
            # What is said of columns holds for the layout that they were seen in.
            changes["layout"] = self.state.index.layout
            changes.setdefault("manifest", asked.manifest or self.state.index.reading.manifest)
        if self.state.index is not None and self.state.index.layout == "file_names":
            changes.setdefault("pattern", self.state.pattern)
        self._draft(asked.model_copy(update=changes))

    def _draft(self, asked: Reading) -> None:
        self._newest.give_up()
        self._become(
            replace(
                self.state,
                asked=asked,
                layout=asked.layout or self.state.layout,
                busy=True,
                error="",
                changed=asked != self._used,
            )
        )
        self._soon.start()

    @Slot()
    def _try(self) -> None:
        scan, folder, asked = self._scan, self.state.folder, self.state.asked
        target = self._target

        def work(progress: Progress, stop: Stop) -> object:
            index = scan(folder, reading=asked, progress=progress, stop=stop, check=False)
            return look(folder, index, target)

        self._newest.start(work)

    @Slot(object)
    def _found(self, answer: object) -> None:
        seen = cast("Seen", answer)
        before = [column.name for column in self.state.seen.columns]
        if {column.name for column in seen.columns} == {*before}:
            # A column that was given another role stays where it was.
            columns = sorted(seen.columns, key=lambda column: before.index(column.name))
            seen = replace(seen, columns=tuple(columns))
        self._become(_of_index(replace(self.state, busy=False, error=""), seen))

    @Slot(object)
    def _failed(self, error: UserError) -> None:
        self._become(replace(self.state, busy=False, error=str(error)))

    def _become(self, state: ReadingState) -> None:
        self.state = state
        self.changed.emit(state)


def _of_index(state: ReadingState, seen: Seen) -> ReadingState:
    """The state once it is known what the draft gives."""
    index = seen.index
    found = f"{_FOUND}: {LAYOUTS[index.layout]}" if index is not None else _FOUND
    layouts = [Choice(name, title[:1].upper() + title[1:]) for name, title in LAYOUTS.items()]
    state = replace(
        state,
        seen=seen,
        layouts=(Choice("", found if state.asked.layout is None else _FOUND), *layouts),
        tables=tuple(Choice(name, name) for name in seen.tables),
        layout=index.layout if index is not None else state.asked.layout or "",
    )
    pattern = state.asked.pattern
    if index is None:
        view = pattern_view(pattern, seen.names)
        return replace(state, pattern=pattern, pattern_view=view)
    pattern = pattern or index.reading.pattern
    return replace(
        state,
        pattern=pattern,
        pattern_view=pattern_view(pattern, seen.names),
        orders=tuple(
            (name, column.classes)
            for name, column in index.targets.items()
            if column.task == "ordered"
        ),
        together=_together(index),
    )


def _together(index: Index) -> tuple[tuple[str, bool], ...]:
    """Columns of numbers, where there are more than two to choose from."""
    numbers = [name for name, target in index.targets.items() if target.task == "number"]
    if len(numbers) < 3:
        return ()
    joined: Target | None = next(
        (t for t in index.targets.values() if t.task == "numbers" and set(t.columns) <= {*numbers}),
        None,
    )
    chosen = set(joined.columns) if joined is not None else set()
    return tuple((name, name in chosen) for name in numbers)
