"""Checkpoints: every variable as an array in one ``.npz``, with the state beside them.

Arrays only: opening a checkpoint executes nothing. A file is written under another name, brought
to disk and renamed, so that there is never half of one.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from workbench.errors import UserError

_STATE = "state"
_NUMBER = re.compile(r"_\d+(?=[_/]|$)")


def save(file: Path, groups: Mapping[str, Iterable[Any]], state: Mapping[str, Any]) -> None:
    """Write variables and state.

    Args:
        file: the ``.npz`` to write or replace.
        groups: Keras variables by group: ``model``, ``optimizer``.
        state: plain values: epoch, step, best loss.

    Raises:
        UserError: the disk is full or the folder cannot be written; the old file is kept.
    """
    arrays = {
        name: np.asarray(variable)
        for group, variables in groups.items()
        for name, variable in _named(group, variables).items()
    }
    arrays[_STATE] = np.frombuffer(json.dumps(dict(state)).encode(), np.uint8)
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
        raise UserError(
            f"The checkpoint {file} cannot be written: {error.strerror}.",
            "Free some space, then train again; the one before is kept.",
        ) from None


def load(file: Path, groups: Mapping[str, Iterable[Any]]) -> dict[str, Any]:
    """Read variables back; other groups that the file holds are passed over.

    Args:
        file: a file of ``save``.
        groups: Keras variables to fill, by group.

    Returns:
        The state.

    Raises:
        UserError: the file is missing or damaged, or its variables have other names or shapes, or
            it holds more of a wanted group than the model has.
    """
    wanted = {
        name: variable
        for group, variables in groups.items()
        for name, variable in _named(group, variables).items()
    }
    try:
        with np.load(file, allow_pickle=False) as arrays:
            state: dict[str, Any] = json.loads(arrays[_STATE].tobytes())
            found = {name: arrays[name] for name in wanted if name in arrays}
            mine = tuple(f"{group}/" for group in groups)
            more = [n for n in arrays.files if n.startswith(mine) and n not in wanted]
    except FileNotFoundError:
        raise UserError(f"There is no checkpoint {file}.", "Train the run first.") from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise UserError(f"The checkpoint {file} is damaged: {error}.", "Train again.") from None
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
    return state


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
