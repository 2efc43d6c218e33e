"""A SQLite index of a folder of runs, for lists and search; rebuilt from the folders at any time.

The folders are the truth. The index lies in the user's cache and never beside the runs, which may
be on a network drive where SQLite's write-ahead log does not work. A row is read anew where the
time or size of one of a run's small files has changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workbench import places
from workbench.errors import UserError
from workbench.runs import labels as run_labels
from workbench.runs.labels import Labels
from workbench.runs.store import Run, Status, title_of

_VERSION = 2
"""Of the tables; another one is thrown away and built anew."""

_WATCHED = ("spec.json", "status.json", run_labels.FILE)

_TABLES = """
CREATE TABLE runs (
    name TEXT PRIMARY KEY, seen TEXT NOT NULL, title TEXT NOT NULL, note TEXT NOT NULL,
    tags TEXT NOT NULL, star INTEGER NOT NULL, archived INTEGER NOT NULL, phase TEXT NOT NULL,
    updated REAL NOT NULL, status TEXT NOT NULL, spec TEXT NOT NULL, words TEXT NOT NULL,
    problem TEXT NOT NULL
);
CREATE INDEX by_star ON runs (archived, star, name);
"""

Sort = Literal["newest", "oldest", "name", "updated"]
ORDERS: dict[Sort, str] = {
    "newest": "name DESC",
    "oldest": "name ASC",
    "name": "title COLLATE NOCASE ASC, name DESC",
    "updated": "updated DESC",
}
"""What each order is in SQL."""


@dataclass(frozen=True)
class Entry:
    """A run as the list knows it.

    Args:
        run: the run.
        title: its name.
        labels: what people say of it.
        status: how far it is; a process that died is not looked for here.
        spec: ``spec.json`` as plain data; empty where it is damaged.
        problem: why it cannot be read; "" where it can.
    """

    run: Run
    title: str
    labels: Labels
    status: Status
    spec: dict[str, Any]
    problem: str = ""


@dataclass(frozen=True)
class Query:
    """Which runs are wanted.

    Args:
        words: each must occur in its name, note, tags, parts or data folder.
        tag: only those with this tag; "": any.
        star: only those with a star.
        archived: those in the archive instead of the others; None: all.
        phases: only those that stand so; empty: any.
        sort: their order.
        limit: at most so many; None: all.
        offset: after so many.
    """

    words: str = ""
    tag: str = ""
    star: bool = False
    archived: bool | None = False
    phases: tuple[str, ...] = ()
    sort: Sort = "newest"
    limit: int | None = None
    offset: int = 0


class RunIndex:
    """The index of one folder of runs.

    Args:
        folder: the folder of all runs.
        file: where the index lies; in the user's cache when left out.
    """

    def __init__(self, folder: Path, file: Path | None = None) -> None:
        self._folder = folder
        self._file = file or index_file(folder)

    def refresh(self) -> int:
        """Look at the folders and read what has changed.

        Returns:
            How many rows changed.

        Raises:
            UserError: the folder cannot be read, or the index cannot be written.
        """
        present = _present(self._folder)
        with self._open() as base:
            known = dict(base.execute("SELECT name, seen FROM runs"))
            gone = [(name,) for name in known.keys() - present.keys()]
            base.executemany("DELETE FROM runs WHERE name = ?", gone)
            changed = [name for name, seen in present.items() if known.get(name) != seen]
            rows = (_row(Run((self._folder / name).resolve()), present[name]) for name in changed)
            marks = ", ".join("?" * 13)
            base.executemany(f"INSERT OR REPLACE INTO runs VALUES ({marks})", rows)
        return len(gone) + len(changed)

    def rebuild(self) -> int:
        """Throw the index away and read every folder.

        Returns:
            How many runs there are.
        """
        for file in self._file.parent.glob(f"{self._file.name}*"):
            file.unlink(missing_ok=True)
        return self.refresh()

    def find(self, query: Query = Query()) -> list[Entry]:
        """The runs that are wanted, as of the last refresh."""
        where, values = _conditions(query)
        order = ORDERS[query.sort]
        limit = -1 if query.limit is None else query.limit
        sql = (
            "SELECT name, title, note, tags, star, archived, status, spec, problem FROM runs "
            f"WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"
        )
        with self._open() as base:
            rows = base.execute(sql, [*values, limit, query.offset]).fetchall()
        return [self._entry(row) for row in rows]

    def count(self, query: Query = Query()) -> int:
        """How many runs there are that are wanted, limit and offset aside."""
        where, values = _conditions(query)
        with self._open() as base:
            found = base.execute(f"SELECT COUNT(*) FROM runs WHERE {where}", values).fetchone()
        return int(found[0])

    def tags(self) -> list[str]:
        """Every tag in use, in the order of the alphabet."""
        with self._open() as base:
            found = base.execute("SELECT DISTINCT tags FROM runs WHERE tags != '[]'").fetchall()
        return sorted({tag for (tags,) in found for tag in json.loads(tags)})

    def _entry(self, row: tuple[Any, ...]) -> Entry:
        name, title, note, tags, star, archived, status, spec, problem = row
        said = Labels.model_construct(
            name=title, note=note, tags=tuple(json.loads(tags)), star=bool(star),
            archived=bool(archived),
        )  # fmt: skip
        return Entry(
            Run((self._folder / name).resolve()), title, said,
            Status.model_validate_json(status), json.loads(spec), problem,
        )  # fmt: skip

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(self._connected()) as base, base:
                yield base
        except (sqlite3.Error, OSError) as error:
            raise UserError(
                f"The index of runs {self._file} cannot be used: {error}.",
                "It may be deleted at any time: it is built anew from the runs.",
            ) from None

    def _connected(self) -> sqlite3.Connection:
        base = sqlite3.connect(self._file, timeout=10)
        try:
            base.execute("PRAGMA journal_mode = WAL")
            base.execute("PRAGMA synchronous = NORMAL")
            if base.execute("PRAGMA user_version").fetchone()[0] == _VERSION:
                return base
        except sqlite3.DatabaseError:
            # Damaged: it holds nothing that the folders do not.
            pass
        base.close()
        for file in self._file.parent.glob(f"{self._file.name}*"):
            file.unlink(missing_ok=True)
        base = sqlite3.connect(self._file, timeout=10)
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = NORMAL")
        base.executescript(_TABLES)
        base.execute(f"PRAGMA user_version = {_VERSION}")
        return base


def index_file(folder: Path) -> Path:
    """Where the index of a folder of runs lies."""
    digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    return places.cache() / "runs" / f"{digest}.sqlite"


def _present(folder: Path) -> dict[str, str]:
    """The runs in a folder, each with times and sizes of the files that its row is made of."""
    found: dict[str, str] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                seen = _seen(entry.path) if entry.is_dir() else ""
                if seen:
                    found[entry.name] = seen
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UserError(f"{folder} cannot be read: {error.strerror}.", "Check the path.") from None
    return found


def _seen(folder: str) -> str:
    """Times and sizes of a run's small files; "" where it is no run."""
    told = []
    for name in _WATCHED:
        try:
            facts = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 - ten thousand a second
            told.append(f"{facts.st_mtime_ns}:{facts.st_size}")
        except OSError:
            told.append("-")
    return "" if told[0] == told[1] == "-" else " ".join(told)


def _row(run: Run, seen: str) -> tuple[Any, ...]:
    """The row of a run; one that is damaged has one, too."""
    problems: list[str] = []
    labels, status, spec = Labels(), Status(phase="failed"), dict[str, Any]()
    try:
        labels = run_labels.read(run)
    except UserError as error:
        problems.append(error.problem)
    try:
        status = run.recorded()
    except UserError as error:
        problems.append(error.problem)
    try:
        spec = json.loads((run.folder / "spec.json").read_text("utf-8"))
        if not isinstance(spec, dict):
            raise ValueError("it is no object")
    except (OSError, ValueError) as error:
        spec = {}
        problems.append(f"spec.json cannot be read: {error}.")
    title = labels.name or title_of(run.name)
    words = " ".join([title, labels.note, *labels.tags, run.name, *_words(spec)]).casefold()
    return (
        run.name, seen, title, labels.note, json.dumps(labels.tags), int(labels.star),
        int(labels.archived), status.phase, status.updated, status.model_dump_json(),
        json.dumps(spec), words, " ".join(problems),
    )  # fmt: skip


def _words(spec: Any) -> Iterable[str]:
    """Names of parts, data folder and target: what a run is looked for by."""
    if isinstance(spec, dict):
        for key, value in spec.items():
            if key in ("name", "folder", "target", "loss") and isinstance(value, str):
                yield value
            else:
                yield from _words(value)


def _conditions(query: Query) -> tuple[str, list[Any]]:
    clauses, values = ["1"], list[Any]()
    for word in query.words.casefold().split():
        clauses.append("instr(words, ?) > 0")
        values.append(word)
    if query.tag:
        clauses.append("EXISTS (SELECT 1 FROM json_each(runs.tags) WHERE value = ?)")
        values.append(query.tag)
    if query.star:
        clauses.append("star = 1")
    if query.archived is not None:
        clauses.append("archived = ?")
        values.append(int(query.archived))
    if query.phases:
        clauses.append(f"phase IN ({', '.join('?' * len(query.phases))})")
        values += query.phases
    return " AND ".join(clauses), values
