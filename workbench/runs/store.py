"""Run folders: created here, found here, read here; the engine writes events into them.

A run folder holds ``spec.json``, ``environment.json``, ``events.jsonl``, ``status.json``,
``log.txt``, ``checkpoints/``, ``model/`` and ``evaluation/``. It is the whole truth about a run:
it survives being copied, and nothing that is opened here is executed.
"""

from __future__ import annotations

import json
import os
import platform
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from workbench.errors import UserError
from workbench.writing import write_atomic

if TYPE_CHECKING:
    from workbench.events import Event
    from workbench.spec import RunSpec

Phase = Literal[
    "created", "running", "paused", "interrupted", "done", "stopped", "flat", "time", "discarded",
    "failed",
]  # fmt: skip
PHASES: tuple[Phase, ...] = get_args(Phase)
_OUTCOMES: tuple[Phase, ...] = ("done", "stopped", "flat", "time", "discarded", "failed")


class Status(BaseModel):
    """How far a run is; ``status.json``, replaced as a whole.

    Args:
        phase: created, running, paused, interrupted (its process is gone; it can go on from its
            last checkpoint), or how it ended.
        pid: process that computes it; 0: none.
        started: when that process started, seconds since 1970, to tell it from another process
            that was given the same number later.
        epoch: complete epochs.
        epochs: planned epochs.
        step: optimiser steps at the last epoch or checkpoint.
        metrics: headline figures of the last validation or test.
        message: the sentence of a failure.
        updated: when this was written, seconds since 1970.
    """

    # A figure that is no number must come back as one; as null the file could not be read.
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    phase: Phase = "created"
    pid: int = 0
    started: float = 0.0
    epoch: int = 0
    epochs: int = 0
    step: int = 0
    metrics: dict[str, float] = {}
    message: str = ""
    updated: float = 0.0

    @property
    def over(self) -> bool:
        """The run has said its last word."""
        return self.phase in _OUTCOMES

    @property
    def resumable(self) -> bool:
        """It stands still with something on disk to go on from."""
        return self.phase in ("paused", "interrupted")


@dataclass(frozen=True)
class Run:
    """One run by its folder.

    Args:
        folder: the folder, absolute.
    """

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def events_file(self) -> Path:
        """Where its events stand, one JSON line each."""
        return self.folder / "events.jsonl"

    @property
    def log_file(self) -> Path:
        """Where everything that was printed stands."""
        return self.folder / "log.txt"

    def spec(self) -> RunSpec:
        """What it is.

        Raises:
            UserError: ``spec.json`` is missing or damaged.
        """
        # Here and below: the start screen lists runs before anything larger is loaded.
        from workbench import spec

        return spec.read(self.folder / "spec.json")

    def recorded(self) -> Status:
        """How far it is by its own last word, whether its process lives or not.

        Raises:
            UserError: ``status.json`` is damaged.
        """
        file = self.folder / "status.json"
        try:
            return Status.model_validate_json(file.read_bytes())
        except FileNotFoundError:
            return Status()
        except (OSError, ValidationError) as error:
            raise UserError(f"{file} cannot be read: {error}.", "Delete the run folder.") from None

    def status(self) -> Status:
        """How far it is; a run whose process has died without a word is interrupted.

        Raises:
            UserError: ``status.json`` is damaged.
        """
        return living(self.recorded())

    @property
    def under_way(self) -> bool:
        """A process computes it now, or holds it while it is paused."""
        status = self.status()
        return status.phase in ("running", "paused") and _alive(status)

    def write_status(self, status: Status) -> None:
        """Replace ``status.json`` as a whole."""
        stamped = status.model_copy(update={"updated": time.time()})
        write_atomic(self.folder / "status.json", stamped.model_dump_json(indent=2) + "\n")

    def events(self) -> Iterator[Event]:
        """All that it has said so far; a torn last line is left out.

        Raises:
            UserError: a line in the middle is damaged; says which.
        """
        yield from self._told(self._text())

    def history(self) -> tuple[list[Event], int]:
        """All that it has said so far, and how many bytes of its file that is.

        Raises:
            UserError: a line in the middle is damaged; says which.
        """
        text = self._text()
        return list(self._told(text)), text.rfind(b"\n") + 1

    def _text(self) -> bytes:
        try:
            return self.events_file.read_bytes()
        except FileNotFoundError:
            return b""

    def _told(self, text: bytes) -> Iterator[Event]:
        from workbench import events

        for number, line in enumerate(text.split(b"\n")[:-1], start=1):
            try:
                yield events.from_line(line)
            except UserError as error:
                raise UserError(
                    f"{self.events_file} line {number}: {error.problem}",
                    "The run's history cannot be shown; its model is not affected.",
                ) from None

    def refuse_resume(self) -> None:
        """Refuse to go on with a run that is under way or at its end.

        Raises:
            UserError: it is.
        """
        status = self.status()
        if self.under_way:
            raise UserError(
                f"{self.name} is under way in process {status.pid}.",
                "Stop it there first, or ask that process to go on.",
            )
        if status.phase in ("done", "flat"):
            raise UserError(f"{self.name} is done.", "Train its recipe again for another run.")

    def mend_events(self) -> None:
        """Cut off a last line that was torn when its process died."""
        try:
            with self.events_file.open("r+b") as stream:
                size = stream.seek(0, os.SEEK_END)
                end = size
                while end:
                    begin = max(0, end - 2**16)
                    stream.seek(begin)
                    found = stream.read(end - begin).rfind(b"\n")
                    if found >= 0:
                        end = begin + found + 1
                        break
                    end = begin
                if end < size:
                    stream.truncate(end)
        except FileNotFoundError:
            return

    def log_tail(self, lines: int = 12) -> str:
        """The last lines of its log.

        Args:
            lines: how many.
        """
        try:
            text = self.log_file.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])


def create(folder: Path, run_spec: RunSpec) -> Run:
    """A new run folder ``<stamp>-<name>`` with its spec.

    Args:
        folder: the folder of all runs; made where it is missing.
        run_spec: what the run is.

    Raises:
        UserError: the folder cannot be written.
    """
    now = datetime.now()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(1, 1000):
            made = folder / folder_name(run_spec.name, number, now)
            try:
                made.mkdir()
            except FileExistsError:
                continue
            break
        run = Run(made.resolve())
        write_atomic(run.folder / "spec.json", run_spec.to_json())
        run.write_status(Status(epochs=run_spec.training.epochs))
    except OSError as error:
        raise UserError(
            f"A run folder cannot be made in {folder}: {error.strerror}.",
            "Choose another folder for runs or free some space.",
        ) from None
    return run


def slug_of(name: str) -> str:
    """A name as a folder can bear it.

    Args:
        name: any words.
    """
    return re.sub(r"[^\w.-]+", "-", name, flags=re.UNICODE).strip("-.")[:60] or "run"


def folder_name(name: str, number: int = 1, now: datetime | None = None) -> str:
    """What a new folder is called: ``<stamp>-<name>``.

    Args:
        name: in words.
        number: from 2 on it is added, where the name is taken.
        now: the stamp; this moment when left out.
    """
    stamp = (now or datetime.now()).strftime("%Y%m%d-%H%M%S")
    return f"{stamp}-{slug_of(name)}" + (f"-{number}" if number > 1 else "")


def find(folder: Path) -> Run:
    """The run in a folder.

    Raises:
        UserError: the folder holds no run.
    """
    if not (folder / "spec.json").is_file():
        raise UserError(f"{folder} holds no run: spec.json is missing.", "Choose a run's folder.")
    return Run(folder.resolve())


def every(folder: Path) -> list[Run]:
    """All runs in a folder of runs, the newest first."""
    if not folder.is_dir():
        return []
    found = [Run(entry.resolve()) for entry in folder.iterdir() if (entry / "spec.json").is_file()]
    return sorted(found, key=age, reverse=True)


def age(run: Run) -> tuple[str, str, int]:
    """Stamp, name and number within the second: the tenth is newer than the second.

    Args:
        run: the run; the larger what is given back, the newer it is.
    """
    stamp, rest = run.name[:15], run.name[15:]
    numbered = re.fullmatch(r"(.*)-(\d{1,3})", rest)
    return (stamp, numbered[1], int(numbered[2])) if numbered else (stamp, rest, 1)


def title_of(folder: str) -> str:
    """The name that a run was given, from that of its folder.

    Args:
        folder: name of the folder: ``<stamp>-<name>``.
    """
    found = re.fullmatch(r"\d{8}-\d{6}-(.+)", folder)
    return found[1] if found else folder


def process_started(pid: int) -> float:
    """When a process started, seconds since 1970; 0 when none of that number is running."""
    try:
        process = psutil.Process(pid)
        # A process that has ended stays listed until its parent asks how it ended.
        ended = process.status() == psutil.STATUS_ZOMBIE
        return 0.0 if ended else float(process.create_time())
    except psutil.Error:
        return 0.0


def living(status: Status) -> Status:
    """A status as it is: a run whose process has died without a word is interrupted.

    Args:
        status: as it was recorded.
    """
    if status.phase != "running" or _alive(status):
        return status
    return status.model_copy(
        update={
            "phase": "interrupted",
            "message": "The process that trained it is gone; it can be resumed.",
        }
    )


def is_process(pid: int, started: float) -> bool:
    """Whether the process of that number runs that was started then.

    Args:
        pid: its number.
        started: as of ``process_started``.
    """
    # Clocks of two readings differ by less than a second; a reused process number by far more.
    begun = process_started(pid)
    return begun > 0 and abs(begun - started) < 1.0


def _alive(status: Status) -> bool:
    return is_process(status.pid, status.started)


def environment(**more: str) -> str:
    """Versions and machine as JSON text, for ``environment.json``; imports nothing heavy.

    Args:
        more: further facts, such as the device and the fingerprints of data and spec.
    """
    names = ("tensorflow", "keras", "numpy", "scikit-learn", "multimodal-workbench")
    facts = {name: version(name) for name in names}
    facts |= {"python": platform.python_version(), "system": platform.platform()} | more
    return json.dumps(facts, indent=2) + "\n"
