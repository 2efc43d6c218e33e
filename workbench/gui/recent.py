"""Folders that were opened lately, kept in the application's settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol

_KEY = "recent_folders"
_MOST = 8


class Store(Protocol):
    """The part of ``QSettings`` that is needed here."""

    def value(self, key: str, default: object = None) -> object:
        """What stands under a key."""
        ...

    def setValue(self, key: str, value: object) -> None:
        """Put something under a key."""
        ...


class RecentFolders:
    """Newest first, each once.

    Args:
        store: where they are kept, such as a ``QSettings``.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> list[Path]:
        """The folders and zip files that still exist."""
        return [path for path in self._read() if path.is_dir() or path.is_file()]

    def add(self, folder: Path) -> None:
        """Put a folder first.

        Args:
            folder: the folder, absolute.
        """
        others = [path for path in self._read() if path != folder]
        self._write([folder, *others][:_MOST])

    def forget(self, folder: Path) -> None:
        """Take a folder off the list.

        Args:
            folder: the folder.
        """
        self._write([path for path in self._read() if path != folder])

    def _read(self) -> list[Path]:
        # One string of JSON: a settings file turns a list of one into a word, and true into text.
        text = self._store.value(_KEY, "[]")
        try:
            names = json.loads(text) if isinstance(text, str) else []
        except ValueError:
            names = []  # a settings file that somebody edited; the list begins anew
        return [Path(name) for name in names if isinstance(name, str)]

    def _write(self, folders: list[Path]) -> None:
        self._store.setValue(_KEY, json.dumps([str(folder) for folder in folders]))
