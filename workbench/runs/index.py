"""A SQLite index of a folder of runs, for lists and search; rebuilt from the folders at any time.

The folders are the truth. The index lies in the user's cache and never beside the runs, which may
be on a network drive where SQLite's write-ahead log does not work. A row is read anew where one of
a run's small files is another one, or its time or size has changed.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from workbench import places
from workbench.errors import UserError, nearest
from workbench.runs import index_rows
from workbench.runs.labels import Labels
from workbench.runs.store import Run, Status, living

_T = TypeVar("_T")

_VERSION = 3
"""Of the tables; another one is thrown away and built anew."""

_TABLES = (
    "DROP TABLE IF EXISTS runs",
    """CREATE TABLE runs (
        name BLOB PRIMARY KEY, seen TEXT NOT NULL, age TEXT NOT NULL, title TEXT NOT NULL,
        called TEXT NOT NULL, note TEXT NOT NULL, tags TEXT NOT NULL, star INTEGER NOT NULL,
        archived INTEGER NOT NULL, phase TEXT NOT NULL, updated REAL NOT NULL,
        status TEXT NOT NULL, metrics TEXT NOT NULL, spec TEXT NOT NULL, words TEXT NOT NULL,
        problem TEXT NOT NULL
    )""",
    "CREATE INDEX by_age ON runs (archived, age)",
    "CREATE INDEX by_star ON runs (archived, star, age)",
    f"PRAGMA user_version = {_VERSION}",
)
"""A folder's name need not be text, so it is kept as bytes."""

Column = Literal["newest", "oldest", "name", "updated", "phase", "star"]
ORDERS: dict[Column, tuple[str, bool]] = {
    "newest": ("age", True),
    "oldest": ("age", False),
    "name": ("title COLLATE NOCASE", False),
    "updated": ("updated", True),
    "phase": ("phase", False),
    "star": ("star", True),
}
"""What each order is in SQL, and whether the largest comes first.

Besides these, ``metrics.<name>`` and ``spec.<place>`` are orders.
"""


@dataclass(frozen=True)
class Entry:
    """A run as the list knows it.

    Args:
        run: the run.
        title: its name.
        labels: what people say of it.
        status: how far it is; a process that died is not looked for here.
        spec_text: ``spec.json`` in today's format; that of an empty object where it is damaged.
        problem: why it cannot be read; "" where it can.
    """

    run: Run
    title: str
    labels: Labels
    status: Status
    spec_text: str
    problem: str = ""

    @property
    def spec(self) -> dict[str, Any]:
        """What it is, as plain data; empty where it is damaged."""
        # Read when it is asked for: a list of ten thousand runs shows none.
        data: dict[str, Any] = json.loads(self.spec_text)
        return data


@dataclass(frozen=True)
class Query:
    """Which runs are wanted.

    Args:
        words: each must occur in its name, note, tags, parts or data folder.
        tag: only those with this tag; "": any.
        star: only those with a star.
        archived: those in the archive instead of the others; None: all.
        phases: only those that stand so now; empty: any.
        sort: their order: one of ``ORDERS``, ``metrics.<name>`` or ``spec.<place>``; those that
            lack the value come last.
        reverse: the other way round.
        starred_first: those with a star before all others.
        limit: at most so many; None: all.
        offset: after so many.
    """

    words: str = ""
    tag: str = ""
    star: bool = False
    archived: bool | None = False
    phases: tuple[str, ...] = ()
    sort: str = "newest"
    reverse: bool = False
    starred_first: bool = False
    limit: int | None = None
    offset: int = 0


class RunIndex:
    """The index of one folder of runs; several programs may use it at once.

    Args:
        folder: the folder of all runs.
        file: where the index lies; in the user's cache when left out.
    """

    def __init__(self, folder: Path, file: Path | None = None) -> None:
        self._folder = folder
        self._file = file or index_file(folder)
        self._memory: sqlite3.Connection | None = None

    def refresh(self) -> int:
        """Look at the folders and read what has changed.

        Returns:
            How many rows changed.

        Raises:
            UserError: the folder cannot be read.
        """
        return self._ask(self._take_in)

    def rebuild(self) -> int:
        """Forget the index and read every folder.

        Returns:
            How many runs there are.

        Raises:
            UserError: as of ``refresh``.
        """

        def forget(base: sqlite3.Connection) -> None:
            base.execute("DELETE FROM runs")

        self._ask(forget)
        return self.refresh()

    def find(self, query: Query = Query()) -> list[Entry]:
        """The runs that are wanted, as of the last refresh.

        Raises:
            UserError: there is no such order.
        """
        where, values = _conditions(query)
        order, places_of = _order(query)
        limit = -1 if query.limit is None else query.limit
        sql = (
            "SELECT name, title, called, note, tags, star, archived, status, spec, problem "
            f"FROM runs WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"
        )
        rows = self._ask(
            lambda base: base.execute(sql, [*values, *places_of, limit, query.offset]).fetchall()
        )
        folder = self._folder.resolve()
        return [_entry(folder, row) for row in rows]

    def count(self, query: Query = Query()) -> int:
        """How many runs there are that are wanted, limit and offset aside."""
        where, values = _conditions(query)
        sql = f"SELECT COUNT(*) FROM runs WHERE {where}"
        return int(self._ask(lambda base: base.execute(sql, values).fetchone())[0])

    def tags(self) -> dict[str, int]:
        """How many runs have each tag in use, in the order of the alphabet."""
        sql = "SELECT value, COUNT(*) FROM runs, json_each(runs.tags) GROUP BY value ORDER BY value"
        return dict(self._ask(lambda base: base.execute(sql).fetchall()))

    def _take_in(self, base: sqlite3.Connection) -> int:
        found = index_rows.present(self._folder)
        known = dict(base.execute("SELECT name, seen FROM runs"))
        gone = [(name,) for name in known.keys() - found.keys()]
        changed = [name for name, seen in found.items() if known.get(name) != seen]
        folder = self._folder.resolve()
        # Read before anything is written: on a slow drive others would wait for the lock.
        rows = [index_rows.row(folder, name, found[name]) for name in changed]
        base.executemany("DELETE FROM runs WHERE name = ?", gone)
        marks = ", ".join("?" * 16)
        base.executemany(f"INSERT OR REPLACE INTO runs VALUES ({marks})", rows)
        return len(gone) + len(changed)

    def _ask(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Work with the index; one that is damaged is built anew first."""
        if self._memory is not None:
            return self._in(self._memory, work)
        try:
            try:
                return self._once(work)
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorcode & 0xFF not in _DAMAGED:
                    raise
            for file in self._file.parent.glob(f"{self._file.name}*"):
                file.unlink(missing_ok=True)
            self._once(self._take_in)
            return self._once(work)
        except (sqlite3.OperationalError, OSError):
            # A disk that is full or not to be written must not hide runs that are elsewhere:
            # without a file the index is as good, and only begins anew with each program.
            self._memory = sqlite3.connect(":memory:", check_same_thread=False)
            self._in(self._memory, self._take_in)
            return self._in(self._memory, work)

    def _once(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(self._file, timeout=30)) as base:
            return self._in(base, work)

    def _in(self, base: sqlite3.Connection, work: Callable[[sqlite3.Connection], _T]) -> _T:
        with base:
            base.create_function("now_phase", 1, _phase_now)
            if base.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                _make_tables(base)
            base.execute("PRAGMA synchronous = NORMAL")
            return work(base)


_SILENCE = Labels()
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _make_tables(base: sqlite3.Connection) -> None:
    """Make the tables unless another program has just done so."""
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("BEGIN IMMEDIATE")
    if base.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
        for statement in _TABLES:
            base.execute(statement)
    base.commit()


def index_file(folder: Path) -> Path:
    """Where the index of a folder of runs lies."""
    digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    return places.cache() / "runs" / f"{digest}.sqlite"


def _entry(folder: Path, row: tuple[Any, ...]) -> Entry:
    name, title, called, note, tags, star, archived, status, spec, problem = row
    said = _SILENCE
    if called or note or tags != "[]" or star or archived:
        said = Labels.model_construct(
            name=called, note=note, tags=_tags(tags), star=bool(star),
            archived=bool(archived),
        )  # fmt: skip
    run = Run(folder / os.fsdecode(name))
    return Entry(run, title, said, Status.model_validate_json(status), spec, problem)


@functools.lru_cache(maxsize=1024)
def _tags(text: str) -> tuple[str, ...]:
    # Many runs have the same.
    return tuple(json.loads(text))


def _phase_now(status: str) -> str:
    return living(Status.model_validate_json(status)).phase


def _order(query: Query) -> tuple[str, list[str]]:
    """The order in SQL, and the values that it needs."""
    values: list[str] = []
    kind, _, place = query.sort.partition(".")
    column = next((order for order in ORDERS if order == query.sort), None)
    if column is not None:
        sql, largest_first = ORDERS[column]
    elif kind in ("metrics", "spec") and place and '"' not in place:
        keys = [place] if kind == "metrics" else place.split(".")
        # A value that is no number cannot stand in JSON; older SQLite stops at one.
        sql = f"CASE WHEN json_valid({kind}) THEN json_extract({kind}, ?) END"
        values = ["$" + "".join(f'."{key}"' for key in keys)]
        largest_first = kind == "metrics"
    else:
        known = [*ORDERS, "metrics.<name>", "spec.<place>"]
        raise UserError(f"There is no order '{query.sort}'.", nearest(query.sort, known))
    way = "DESC" if largest_first != query.reverse else "ASC"
    first = "star DESC, " if query.starred_first else ""
    newest = "" if sql == "age" else ", age DESC"
    return f"{first}{sql} {way} NULLS LAST{newest}", values


def _conditions(query: Query) -> tuple[str, list[Any]]:
    clauses, values = ["1"], list[Any]()
    for word in query.words.casefold().split():
        clauses.append("instr(words, ?) > 0")
        values.append(index_rows.text(word))
    if query.tag:
        clauses.append("EXISTS (SELECT 1 FROM json_each(runs.tags) WHERE value = ?)")
        values.append(index_rows.text(query.tag))
    if query.star:
        clauses.append("star = 1")
    if query.archived is not None:
        clauses.append("archived = ?")
        values.append(int(query.archived))
    if query.phases:
        # Only of one that was under way when it last spoke can the process have died since.
        now = "CASE phase WHEN 'running' THEN now_phase(status) ELSE phase END"
        clauses.append(f"{now} IN ({', '.join('?' * len(query.phases))})")
        values += query.phases
    return " AND ".join(clauses), values
