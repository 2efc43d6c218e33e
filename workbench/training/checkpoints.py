"""Checkpoints: every variable as an array in one ``.npz``, with state and a checksum beside them.

Arrays only: opening a checkpoint executes nothing. A file is written under another name, brought
to disk and renamed, so that there is never half of one.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from workbench.errors import UserError

_STATE = "state"
_SUM = "sha256"
_FULL = (errno.ENOSPC, errno.EDQUOT)


class DiskFull(UserError):
    """A checkpoint could not be written for lack of space; what was there is as it was."""


class Damaged(UserError):
    """A checkpoint is not what was written: cut short, or changed."""


_NUMBER = re.compile(r"_\d+(?=[_/]|$)")


def save(file: Path, groups: Mapping[str, Iterable[Any]], state: Mapping[str, Any]) -> None:
    """Write variables and state.

    Args:
        file: the ``.npz`` to write or replace.
        groups: Keras variables by group: ``model``, ``optimizer``.
        state: plain values: epoch, step, best loss.

    Raises:
        DiskFull: there is no space; the old file is kept.
        UserError: the folder cannot be written; the old file is kept.
    """
    arrays = {
        name: np.asarray(variable)
        for group, variables in groups.items()
        for name, variable in _named(group, variables).items()
    }
    arrays[_STATE] = np.frombuffer(json.dumps(dict(state)).encode(), np.uint8)
    arrays[_SUM] = np.frombuffer(_checksum(arrays), np.uint8)
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
        _sync_folder(file.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if error.errno in _FULL:
            raise DiskFull(
                f"The disk is full: the checkpoint {file} cannot be written.",
                "Free some space; the one before is kept.",
            ) from None
        raise UserError(
            f"The checkpoint {file} cannot be written: {error.strerror}.",
            "Make the folder writable, then resume; the one before is kept.",
        ) from None


def load(file: Path, groups: Mapping[str, Iterable[Any]]) -> dict[str, Any]:
    """Read variables back; other groups that the file holds are passed over.

    Args:
        file: a file of ``save``.
        groups: Keras variables to fill, by group.

    Returns:
        The state.

    Raises:
        Damaged: the file is not what was written.
        UserError: the file is missing, or its variables have other names or shapes, or it holds
            more of a wanted group than the model has.
    """
    wanted = {
        name: variable
        for group, variables in groups.items()
        for name, variable in _named(group, variables).items()
    }
    arrays = _read(file)
    found = {name: arrays[name] for name in wanted if name in arrays}
    mine = tuple(f"{group}/" for group in groups)
    more = [name for name in arrays if name.startswith(mine) and name not in wanted]
    for name, variable in wanted.items():
        if name not in found or found[name].shape != tuple(variable.shape):
            has = f"shape {found[name].shape}" if name in found else "nothing"
            raise UserError(
                f"The checkpoint {file} does not fit the model: {name} needs shape "
                f"{tuple(variable.shape)}, the file has {has}.",
                "It belongs to another spec.",
            )
    if more:
        raise UserError(
            f"The checkpoint {file} does not fit the model: it also holds {more[0]}.",
            "It belongs to another spec.",
        )
    for name, variable in wanted.items():
        variable.assign(found[name])
    return _state(file, arrays)


def state_of(file: Path) -> dict[str, Any]:
    """The state of a checkpoint, without its variables.

    Args:
        file: a file of ``save``.

    Raises:
        Damaged: the file is not what was written.
        UserError: the file is missing.
    """
    return _state(file, _read(file))


def _state(file: Path, arrays: Mapping[str, Any]) -> dict[str, Any]:
    try:
        state: dict[str, Any] = json.loads(arrays[_STATE].tobytes())
    except (KeyError, ValueError) as error:
        raise _damaged(file, error) from None
    return state


def _read(file: Path) -> dict[str, Any]:
    """All arrays of a file that is as it was written."""
    try:
        with np.load(file, allow_pickle=False) as opened:
            arrays = {name: opened[name] for name in opened.files}
    except FileNotFoundError:
        raise UserError(f"There is no checkpoint {file}.", "Train the run first.") from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise _damaged(file, error) from None
    if arrays.get(_SUM, np.zeros(0, np.uint8)).tobytes() != _checksum(arrays):
        raise _damaged(file, "its checksum is another")
    return arrays


def _damaged(file: Path, reason: object) -> Damaged:
    return Damaged(
        f"The checkpoint {file} is damaged: {reason}.", "Resume from another one, or train again."
    )


def _checksum(arrays: Mapping[str, Any]) -> bytes:
    """Over names, types, shapes and values of all but itself."""
    total = hashlib.sha256()
    for name in sorted(set(arrays) - {_SUM}):
        array = np.ascontiguousarray(arrays[name])
        total.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        total.update(array.reshape(-1).view(np.uint8).data)
    return total.digest()


def _named(group: str, variables: Iterable[Any]) -> dict[str, Any]:
    """Variables by a name that is stable and unique.

    Keras numbers the names of layers over the life of the process; the place alone tells two of
    one name apart.
    """
    return {
        f"{group}/{place:04d}/{_NUMBER.sub('', variable.path)}": variable
        for place, variable in enumerate(variables)
    }


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
