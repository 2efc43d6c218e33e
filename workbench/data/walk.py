"""The files of a folder by modality: what lies there, and nothing outside of it.

Files are kept in columns (a number for the folder, a name, a number for the modality), so that a
million of them cost seconds and megabytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.data.index import Strings, strings
from workbench.data.readers import audio, image, text
from workbench.errors import UserError
from workbench.parts import MODALITIES

TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".jsonl", ".parquet"})
_LITTER = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
_PROSE = frozenset({"readme", "license", "licence", "changelog", "about"})
_TEXT = MODALITIES.index("text")
_KIND_OF: dict[str, int] = {
    **dict.fromkeys(image.SUFFIXES, MODALITIES.index("image")),
    **dict.fromkeys(audio.SUFFIXES, MODALITIES.index("audio")),
    **dict.fromkeys(text.SUFFIXES, _TEXT),
}


class Stopped(Exception):
    """The wish to stop was heard; nothing was changed."""


@dataclass(frozen=True)
class Media:
    """Files that can be learned from, sorted by folder, then stem, then name.

    Args:
        folders: paths of the folders relative to the root, sorted, "" for the root itself.
        folder: place of each file's folder in ``folders``, int32 [files].
        stems: names without their suffix, text [files].
        names: names with their suffix, text [files].
        kinds: modality of each file as its place in ``MODALITIES``, int8 [files].
    """

    folders: Strings
    folder: NDArray[np.int32]
    stems: Strings
    names: Strings
    kinds: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.names)

    def paths(self, files: NDArray[np.int64] | slice = slice(None)) -> Strings:
        """Paths relative to the root.

        Args:
            files: places of the files wanted.
        """
        before = self.folders[self.folder[files]]
        slash = np.where(before == "", strings(""), strings("/"))
        return before + slash + self.names[files]


@dataclass(frozen=True)
class Found:
    """What lies below a folder.

    Args:
        media: files that can be learned from.
        tables: paths of tables, relative to the folder; those directly in it first.
        outside: links that lead out of the folder; they are not followed.
        unknown: files of other kinds.
        closed: folders that cannot be looked into, with the reason.
    """

    media: Media
    tables: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()


@dataclass
class _Gathered:
    """What is known while walking."""

    root: Path
    folders: list[str] = field(default_factory=list)
    folder: list[int] = field(default_factory=list)
    stems: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)


def walk(
    root: Path, stop: Callable[[], bool], progress: Callable[[int, int], None] | None = None
) -> Found:
    """Look at every file below a folder; hidden files and litter are passed over.

    Args:
        root: the folder, resolved.
        stop: asked once a folder; true ends it.
        progress: told (files found so far, 0) now and then.

    Raises:
        Stopped: the wish to stop was heard.
        UserError: the folder itself cannot be read.
    """
    found = _Gathered(root)
    waiting = [""]
    while waiting:
        if stop():
            raise Stopped
        inner = _look(found, waiting.pop())
        # The last in the list is looked at first: so folders come in sorted order.
        waiting += sorted(inner, reverse=True)
        if progress is not None:
            progress(len(found.names), 0)
    return Found(
        media=Media(
            strings(found.folders or [""]),
            np.asarray(found.folder, np.int32),
            strings(found.stems),
            strings(found.names),
            np.asarray(found.kinds, np.int8),
        ),
        tables=tuple(sorted(found.tables, key=lambda path: (path.count("/"), path))),
        outside=tuple(found.outside),
        unknown=tuple(found.unknown),
        closed=tuple(found.closed),
    )


def confined(root: Path, path: Path) -> bool:
    """Whether a path, links followed, lies in the folder.

    Args:
        root: the folder, resolved.
        path: any path.
    """
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):
        # A link that leads to itself.
        return False


def _look(found: _Gathered, folder: str) -> list[str]:
    """Note the files of one folder; returns the folders in it."""
    prefix = f"{folder}/" if folder else ""
    inner: list[str] = []
    media: list[tuple[str, str, int]] = []
    try:
        with os.scandir(found.root / folder) as entries:
            listed = list(entries)
    except OSError as error:
        if not folder:
            raise UserError(
                f"The folder {found.root} cannot be read: {error.strerror}.",
                "Check its permissions.",
            ) from None
        found.closed.append(f"{folder}: {error.strerror}")
        return []
    for entry in listed:
        name = entry.name
        if name[0] == "." or name.lower() in _LITTER or not _belongs(found, entry, prefix):
            continue
        if entry.is_dir(follow_symlinks=False):
            inner.append(prefix + name)
            continue
        stem, _, suffix = name.rpartition(".")
        suffix = f".{suffix.lower()}"
        kind = _KIND_OF.get(suffix) if stem and entry.is_file() else None
        if kind is not None:
            if folder or kind != _TEXT or stem.lower() not in _PROSE:
                media.append((stem, name, kind))
        elif suffix in TABLE_SUFFIXES and entry.is_file():
            found.tables.append(prefix + name)
        else:
            found.unknown.append(prefix + name)
    if media:
        media.sort()
        found.folder += [len(found.folders)] * len(media)
        found.folders.append(folder)
        stems, names, kinds = zip(*media, strict=True)
        found.stems += stems
        found.names += names
        found.kinds += kinds
    return inner


def _belongs(found: _Gathered, entry: os.DirEntry[str], prefix: str) -> bool:
    """Whether an entry is looked at: no link that leads out of the folder, in a ring or nowhere."""
    try:
        entry.name.encode()
    except UnicodeEncodeError:
        # Bytes that are no UTF-8 cannot be kept in a column of text.
        found.unknown.append(ascii(prefix + entry.name))
        return False
    if not entry.is_symlink():
        return True
    if not confined(found.root, Path(entry.path)):
        found.outside.append(prefix + entry.name)
        return False
    # A link to a folder of the same tree would show its files twice, or for ever.
    return entry.is_file()
