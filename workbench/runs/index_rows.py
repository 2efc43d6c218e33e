"""What the index of runs keeps of each: read from its small files, whatever they hold."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workbench.errors import UserError
from workbench.runs import labels as run_labels
from workbench.runs.labels import Labels
from workbench.runs.store import Run, Status, age, title_of

_WATCHED = ("spec.json", "status.json", run_labels.FILE)
_LARGEST = 16 * 2**20
"""Bytes; no spec is that large, and reading one would hold up the list."""


def present(folder: Path) -> dict[bytes, str]:
    """The runs in a folder, each with the facts of the files that its row is made of.

    Args:
        folder: the folder of all runs.

    Raises:
        UserError: it cannot be read.
    """
    found: dict[bytes, str] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                seen = _seen(entry.path) if entry.is_dir() else ""
                if seen:
                    found[os.fsencode(entry.name)] = seen
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UserError(f"{folder} cannot be read: {error.strerror}.", "Check the path.") from None
    return found


def _seen(folder: str) -> str:
    """Number, time and size of a run's small files; "" where it is no run."""
    # A file that changes is replaced as a whole: its number tells what a coarse clock does not.
    told = []
    for name in _WATCHED:
        try:
            facts = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 - ten thousand a second
            told.append(f"{facts.st_ino}:{facts.st_mtime_ns}:{facts.st_size}")
        except OSError:
            told.append("-")
    return "" if told[0] == told[1] == "-" else " ".join(told)


def row(folder: Path, name: bytes, seen: str) -> tuple[Any, ...]:
    """The row of a run; one that is damaged has one, too.

    Args:
        folder: the folder of all runs.
        name: of the run's folder, as bytes.
        seen: the facts of its files, as of ``present``.
    """
    run = Run(folder / os.fsdecode(name))
    problems: list[str] = []
    labels, status, spec, said = Labels(), Status(phase="failed"), dict[str, Any](), list[str]()
    try:
        labels = run_labels.read(run)
    except UserError as error:
        problems.append(error.problem)
    try:
        status = run.recorded()
    except UserError as error:
        problems.append(error.problem)
    try:
        spec = _spec(run.folder / "spec.json")
        said = list(_words(spec))
    except (OSError, ValueError, RecursionError) as error:
        problems.append(f"spec.json cannot be read: {error}.")
    except UserError as error:
        problems.append(error.problem)
    title = labels.name or title_of(run.name)
    words = " ".join([title, labels.note, *labels.tags, run.name, *said]).casefold()
    finite = {key: value for key, value in status.metrics.items() if math.isfinite(value)}
    return (
        name, seen, text("{}\x01{}\x01{:03}".format(*age(run))), text(title), labels.name,
        labels.note, json.dumps(labels.tags), int(labels.star), int(labels.archived), status.phase,
        status.updated, status.model_dump_json(), json.dumps(finite), json.dumps(spec),
        text(words), text(" ".join(problems)),
    )  # fmt: skip


def _spec(file: Path) -> dict[str, Any]:
    """A spec as plain data in today's format; its values are not looked at."""
    # Here, for a list where nothing has changed needs no spec.
    from workbench.spec import VERSION
    from workbench.spec.migrations import migrated

    if file.stat().st_size > _LARGEST:
        raise ValueError(f"it is larger than {_LARGEST / 2**20:.0f} MiB")
    data = json.loads(file.read_text("utf-8"))
    if not isinstance(data, dict):
        raise ValueError("it is no object")
    return migrated(data, VERSION)


def text(words: str) -> str:
    """Words without what is no character, which neither a database nor a screen takes.

    Args:
        words: any.
    """
    return words.encode("utf-8", "replace").decode("utf-8")


def _words(spec: Any) -> Iterable[str]:
    """Names of parts, data folder and target: what a run is looked for by."""
    if isinstance(spec, dict):
        for key, value in spec.items():
            if key in ("name", "folder", "target", "loss") and isinstance(value, str):
                yield value
            else:
                yield from _words(value)
