"""The queue of runs: which come next, how many at once; ``queue.json`` in the folder of runs.

Every window and command line on one folder of runs works off the same queue. A run is taken under a
lock together with the process that took it, so that none is begun twice; where that process dies
before the run has begun, or the run is interrupted, it waits again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.errors import UserError
from workbench.runs import store
from workbench.runs.store import Run, Status
from workbench.writing import write_atomic

MOST_AT_ONCE = 8
MOST_ATTEMPTS = 3
"""A run that was interrupted so often is not begun again by itself."""

_FILE = "queue.json"
_LOCK_SECONDS = 5.0


class Entry(BaseModel):
    """A run in the queue.

    Args:
        run: name of its folder.
        pid: process that took it; 0: it waits.
        started: when that process started, seconds since 1970.
        attempts: how often it was taken.
        once: where it is interrupted, a person decides whether it goes on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: Annotated[str, Field(pattern=r"^[^/\\:]+$", min_length=1, max_length=255)]
    pid: int = 0
    started: float = 0.0
    seen: float = 0.0
    attempts: int = 0
    once: bool = False


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    on: bool = True
    at_once: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = 1
    after_failure: bool = True
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Queued:
    """A run in the queue and how it stands.

    Args:
        run: the run.
        status: its status; of a damaged run, failed.
        taken: a process has begun it, or is about to.
    """

    run: Run
    status: Status
    taken: bool


@dataclass(frozen=True)
class Line:
    """The queue at one moment.

    Args:
        on: waiting runs are begun as places become free.
        at_once: how many may be under way.
        after_failure: the queue goes on where a run has failed.
        runs: all runs in it, in order.
        trouble: what was wrong with its file, and where that was set aside; "" for nothing.
    """

    on: bool = True
    at_once: int = 1
    after_failure: bool = True
    runs: tuple[Queued, ...] = ()
    trouble: str = ""

    @property
    def waiting(self) -> tuple[Queued, ...]:
        """Those that have not begun."""
        return tuple(each for each in self.runs if not each.taken)

    @property
    def taken(self) -> tuple[Queued, ...]:
        """Those that are under way."""
        return tuple(each for each in self.runs if each.taken)


class Queue:
    """The queue of a folder of runs.

    Every method may raise ``UserError`` where the folder cannot be written or another process holds
    the queue for too long.

    Args:
        folder: the folder of all runs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._trouble = ""

    def look(self) -> Line:
        """How it stands; runs that are over have left it."""
        with self._open() as held:
            return self._line(held.file)

    def is_of(self, run: Run) -> bool:
        """Whether a run lies in this folder of runs."""
        return run.folder.parent == self._folder.resolve()

    def add(self, run: Run, *, first: bool = False, once: bool = False) -> Line:
        """Let a run wait.

        Args:
            run: in this folder of runs.
            first: before all others that wait.
            once: it does not wait again where it is interrupted.

        Raises:
            UserError: it is of another folder, under way, or done.
        """
        if not self.is_of(run):
            raise UserError(
                f"{run.folder} is not in the folder of runs {self._folder}.",
                "Choose a run of this folder, or another folder by WORKBENCH_HOME.",
            )
        run.refuse_resume()
        with self._open() as held:
            others = tuple(e for e in held.file.entries if e.run != run.name)
            taken = tuple(e for e in others if e.pid)
            waiting = tuple(e for e in others if not e.pid)
            mine = (Entry(run=run.name, seen=_status(run).updated, once=once),)
            placed = (*taken, *mine, *waiting) if first else (*others, *mine)
            held.file = held.file.model_copy(update={"entries": placed})
            return self._line(held.file)

    def remove(self, name: str) -> Line:
        """Take a waiting run out; it stays a run that has not begun.

        Args:
            name: of its folder.

        Raises:
            UserError: it does not wait in this queue.
        """
        with self._open() as held:
            self._waiting(held.file, name)
            kept = tuple(entry for entry in held.file.entries if entry.run != name)
            held.file = held.file.model_copy(update={"entries": kept})
            return self._line(held.file)

    def order(self, names: list[str]) -> Line:
        """Put the waiting runs into this order; those not named follow as they stood.

        Args:
            names: of folders; those that no longer wait are passed over.
        """
        with self._open() as held:
            entries = held.file.entries
            place = {name: number for number, name in enumerate(names)}
            waiting = [entry for entry in entries if not entry.pid]
            waiting.sort(key=lambda entry: place.get(entry.run, len(place)))
            taken = [entry for entry in entries if entry.pid]
            held.file = held.file.model_copy(update={"entries": (*taken, *waiting)})
            return self._line(held.file)

    def settle(
        self, *, on: bool | None = None, at_once: int | None = None,
        after_failure: bool | None = None,
    ) -> Line:  # fmt: skip
        """Change how it is worked off; what is None stays.

        Args:
            on: begin waiting runs.
            at_once: 1 to ``MOST_AT_ONCE``.
            after_failure: go on where a run has failed.

        Raises:
            UserError: ``at_once`` is out of range.
        """
        if at_once is not None and not 1 <= at_once <= MOST_AT_ONCE:
            raise UserError(
                f"{at_once} runs at once are not possible.", f"Choose 1 to {MOST_AT_ONCE}."
            )
        given = {"on": on, "at_once": at_once, "after_failure": after_failure}
        with self._open() as held:
            changes = {name: value for name, value in given.items() if value is not None}
            held.file = held.file.model_copy(update=changes)
            return self._line(held.file)

    def take(self, name: str = "") -> Run | None:
        """Take the next waiting run for this process, which must begin it now.

        Args:
            name: of a certain run, which is taken even where the queue is off; "": the first.

        Returns:
            The run; None where the queue is off, no place is free, or none waits.
        """
        with self._open() as held:
            file = held.file
            if sum(1 for entry in file.entries if entry.pid) >= file.at_once:
                return None
            waiting = [e for e in file.entries if not e.pid and name in ("", e.run)]
            if not waiting or not (file.on or name):
                return None
            pid = os.getpid()
            taken = waiting[0].model_copy(
                update={
                    "pid": pid,
                    "started": store.process_started(pid),
                    "seen": _status(Run(self._folder / waiting[0].run)).updated,
                    "attempts": waiting[0].attempts + 1,
                }
            )
            entries = tuple(taken if e.run == taken.run else e for e in file.entries)
            held.file = file.model_copy(update={"entries": entries})
            return Run((self._folder / taken.run).resolve())

    def _waiting(self, file: _File, name: str) -> Entry:
        for entry in file.entries:
            if entry.run == name and not entry.pid:
                return entry
        known = ", ".join(entry.run for entry in file.entries if not entry.pid)
        raise UserError(
            f"No run '{name}' waits in the queue.",
            f"Waiting: {known}." if known else "The queue is empty.",
        )

    def _line(self, file: _File) -> Line:
        trouble, self._trouble = self._trouble, ""
        runs = [
            (Run((self._folder / entry.run).resolve()), bool(entry.pid)) for entry in file.entries
        ]
        queued = tuple(Queued(run, _status(run), taken) for run, taken in runs)
        return Line(file.on, file.at_once, file.after_failure, queued, trouble)

    @contextmanager
    def _open(self) -> Iterator[_Held]:
        """The file, locked and settled; written back where it has changed."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self._folder / ".queue.lock", timeout=_LOCK_SECONDS):
                before = self._read()
                held = _Held(_settled(before, self._folder))
                yield held
                if held.file != before:
                    text = held.file.model_dump_json(indent=2) + "\n"
                    write_atomic(self._folder / _FILE, text)
        except Timeout:
            raise UserError(
                f"Another process holds the queue in {self._folder}.",
                "Try again in a moment, or end that process.",
            ) from None
        except OSError as error:
            raise UserError(
                f"The queue in {self._folder} cannot be written: {error.strerror}.",
                "Make the folder writable, or choose another one by WORKBENCH_HOME.",
            ) from None

    def _read(self) -> _File:
        file = self._folder / _FILE
        try:
            return _File.model_validate_json(file.read_bytes())
        except FileNotFoundError:
            return _File()
        except ValidationError:
            aside = file.with_name(f"queue-damaged-{time.time_ns()}.json")
            file.rename(aside)
            self._trouble = (
                f"{file} was damaged and is now {aside.name}. Its runs are still there; add those "
                "that have not begun again."
            )
            return _File()


@dataclass
class _Held:
    file: _File


def _status(run: Run) -> Status:
    try:
        return run.status()
    except UserError as error:
        return Status(phase="failed", message=error.problem)


def _settled(file: _File, folder: Path) -> _File:
    """The queue without what is over; what lost its process waits again."""
    kept: list[Entry] = []
    failed = False
    for entry in file.entries:
        run = Run(folder / entry.run)
        if not (run.folder / "spec.json").is_file():
            continue
        status = _status(run)
        if status.updated == entry.seen:
            # No engine has said a word of it yet.
            lost = entry.pid and not store.is_process(entry.pid, entry.started)
            kept.append(_again(entry, status) if lost else entry)
        elif status.phase in ("running", "paused") and run.under_way:
            kept += [entry] if entry.pid else []
        elif status.phase == "interrupted" and not entry.once and entry.attempts < MOST_ATTEMPTS:
            kept.append(_again(entry, status))
        elif entry.pid and status.phase == "failed":
            failed = True
    on = file.on and (file.after_failure or not failed)
    return file.model_copy(update={"entries": tuple(kept), "on": on})


def _again(entry: Entry, status: Status) -> Entry:
    """The entry of a run that waits again."""
    return entry.model_copy(update={"pid": 0, "started": 0.0, "seen": status.updated})
