"""What a ``.keras`` file says of itself, read before Keras opens it.

Keras refuses most of what is hostile by itself (``safe_mode``); what it would pass over, and what
it says in words that nobody understands, is refused here by name. Nothing is unpacked.
"""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from workbench.data.readers import regular
from workbench.errors import UserError

_FILES = frozenset({"metadata.json", "config.json", "model.weights.h5"})
_ASSETS = "assets/"
_RUNS_CODE = frozenset(
    {"Lambda", "__lambda__", "TorchModuleWrapper", "TFSMLayer", "JaxLayer", "FlaxLayer"}
)
"""Layers and values that hold code or fetch it from elsewhere."""
_MOST_CONFIG = 256 * 2**20
_MOST_BYTES = 64 * 2**30
_MOST_RATIO = 1000
"""Bytes for each packed one: weights pack little, a bomb by more than that."""


def refuse_unsafe(path: Path) -> None:
    """Refuse a ``.keras`` file that would run code, write elsewhere or fill the memory.

    Args:
        path: the file.

    Raises:
        UserError: it is no ``.keras`` file, damaged or hostile; says what speaks against it.
    """
    regular.size_of(path)
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                _refuse_entry(path, entry)
            missing = sorted(_FILES - set(archive.namelist()))
            if missing:
                raise UserError(
                    f"{path.name} is no Keras model: {missing[0]} is missing.",
                    "Save the model anew with model.save('name.keras').",
                )
            config = json.loads(archive.read("config.json"))
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError) as error:
        raise UserError(
            f"{path.name} cannot be opened: {str(error).rstrip('.')}.",
            "Copy it anew from where it is from.",
        ) from None
    except RecursionError:
        raise _hostile(path, "its description is nested without end") from None
    for kind, module in _named(config):
        if kind in _RUNS_CODE:
            raise _hostile(path, f"it holds a {kind.strip('_')}, which runs code of its own")
        if module and module.partition(".")[0] not in ("keras", "builtins"):
            raise _hostile(path, f"it asks for {kind} of {module}, which does not belong to Keras")


def _refuse_entry(path: Path, entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or ":" in name:
        raise _hostile(path, f"'{name}' in it leads out of it")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise _hostile(path, f"'{name}' in it is a link")
    if name not in _FILES and not name.startswith(_ASSETS):
        raise _hostile(path, f"'{name}' in it belongs to no Keras model")
    most = _MOST_CONFIG if name.endswith(".json") else _MOST_BYTES
    if entry.file_size > min(most, _MOST_RATIO * max(entry.compress_size, 1024)):
        raise _hostile(path, f"'{name}' in it claims {entry.file_size:,} bytes")


def _hostile(path: Path, reason: str) -> UserError:
    return UserError(
        f"{path.name} is not opened: {reason}.",
        "It must be a Keras model of Keras' own layers, without Lambda layers.",
    )


def _named(config: Any) -> Iterator[tuple[str, str]]:
    """Class and module of everything that a description asks for."""
    waiting = [config]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            if isinstance(found.get("class_name"), str):
                module = found.get("module")
                yield found["class_name"], module if isinstance(module, str) else ""
            waiting.extend(found.values())
        elif isinstance(found, list):
            waiting.extend(found)
