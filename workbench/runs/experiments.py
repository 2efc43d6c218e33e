"""Folders of experiments that train many runs: made, found, and held while they are changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from workbench.errors import UserError
from workbench.runs.store import folder_name
from workbench.writing import write_atomic

_LOCK_SECONDS = 10.0


def create(parent: Path, name: str, file: str, text: str) -> Path:
    """Make the folder ``<parent>/<stamp>-<name>`` of an experiment, with what says what it is.

    Args:
        parent: made where it is missing.
        name: of the experiment.
        file: name of the file that says what it is.
        text: of that file.

    Returns:
        The folder, absolute.

    Raises:
        UserError: the folder cannot be written.
    """
    try:
        parent.mkdir(parents=True, exist_ok=True)
        for number in range(1, 1000):
            made = parent / folder_name(name, number)
            try:
                made.mkdir()
            except FileExistsError:
                continue
            break
        write_atomic(made / file, text)
    except OSError as error:
        raise UserError(
            f"No folder can be made in {parent}: {error.strerror}.",
            "Choose another folder for runs or free some space.",
        ) from None
    return made.resolve()


def every(parent: Path, file: str) -> list[Path]:
    """Folders of experiments, the newest first, absolute.

    Args:
        parent: where they lie; it may be missing.
        file: name of the file that each of them has.
    """
    if not parent.is_dir():
        return []
    found = [each.resolve() for each in parent.iterdir() if (each / file).is_file()]
    return sorted(found, key=lambda folder: folder.name, reverse=True)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold an experiment, so that no other process changes it meanwhile.

    Args:
        folder: of the experiment.

    Raises:
        UserError: another one holds it for too long, or the folder cannot be written.
    """
    try:
        with FileLock(folder / ".lock", timeout=_LOCK_SECONDS):
            yield
    except Timeout:
        raise UserError(f"Another process holds {folder}.", "Try again in a moment.") from None
    except OSError as error:
        raise UserError(
            f"{folder} cannot be written: {error.strerror}.",
            "Make the folder writable, or free some space.",
        ) from None
