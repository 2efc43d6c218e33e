"""The files of a folder by modality: what lies there, and nothing outside of it.

Files are kept in columns (a number for the folder, a name, a number for the modality), so that a
million of them cost seconds and megabytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
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
_AT_ONCE = 1000
"""Files looked at between two questions whether to stop."""
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
        nowhere: links to files that are not there.
        unreadable_names: files and folders whose names are no UTF-8, as Python shows them.
    """

    media: Media
    tables: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    nowhere: tuple[str, ...] = ()
    unreadable_names: tuple[str, ...] = ()

    def below(self, top: str) -> Found:
        """What lies below one of the folders, with paths relative to it.

        Args:
            top: path of the folder, relative to this one.
        """
        prefix = f"{top}/"

        def cut(paths: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(path.removeprefix(prefix) for path in paths if path.startswith(prefix))

        media = self.media
        inside = np.asarray(
            [f"{folder}/".startswith(prefix) for folder in media.folders.tolist()], bool
        )
        number = np.cumsum(inside, dtype=np.int32) - 1
        mine = inside[media.folder]
        folders = strings(
            [f"{folder}/".removeprefix(prefix)[:-1] for folder in media.folders[inside].tolist()]
        )
        return Found(
            Media(
                folders, number[media.folder[mine]], media.stems[mine], media.names[mine],
                media.kinds[mine],
            ),
            tables=cut(self.tables),
            outside=cut(self.outside),
            unknown=cut(self.unknown),
            closed=cut(self.closed),
            nowhere=cut(self.nowhere),
            unreadable_names=cut(self.unreadable_names),
        )  # fmt: skip


@dataclass
class _Gathered:
    """What is known while walking."""

    root: Path
    stop: Callable[[], bool]
    progress: Callable[[int, int], None]
    folders: list[str] = field(default_factory=list)
    folder: list[int] = field(default_factory=list)
    stems: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    nowhere: list[str] = field(default_factory=list)
    unreadable_names: list[str] = field(default_factory=list)

    def pause(self, more: int = 0) -> None:
        """Ask whether to stop, and tell how far this is.

        Args:
            more: files found in a folder that is not looked through yet.

        Raises:
            Stopped: the wish to stop was heard.
        """
        if self.stop():
            raise Stopped
        self.progress(len(self.names) + more, 0)


def walk(
    root: Path, stop: Callable[[], bool], progress: Callable[[int, int], None] | None = None
) -> Found:
    """Look at every file below a folder; hidden files and litter are passed over.

    Args:
        root: the folder, resolved.
        stop: asked once a folder and every thousand files; true ends it.
        progress: told (files found so far, 0) now and then.

    Raises:
        Stopped: the wish to stop was heard.
        UserError: the folder itself cannot be read.
    """
    found = _Gathered(root, stop, progress or _silent)
    waiting = [""]
    while waiting:
        found.pause()
        inner = _look(found, waiting.pop())
        # The last in the list is looked at first: so folders come in sorted order.
        waiting += sorted(inner, reverse=True)
    found.pause()
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
        nowhere=tuple(found.nowhere),
        unreadable_names=tuple(found.unreadable_names),
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


def _silent(done: int, total: int) -> None:
    """Show nothing."""


def _look(found: _Gathered, folder: str) -> list[str]:
    """Note the files of one folder; returns the folders in it."""
    prefix = f"{folder}/" if folder else ""
    inner: list[str] = []
    media: list[tuple[str, str, int]] = []
    for place, entry in enumerate(_entries(found, folder), start=1):
        if place % _AT_ONCE == 0:
            found.pause(len(media))
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


def _entries(found: _Gathered, folder: str) -> Iterator[os.DirEntry[str]]:
    """What lies in one folder; one that cannot be looked into, or not to its end, is noted."""
    try:
        with os.scandir(found.root / folder) as entries:
            yield from entries
    except OSError as error:
        if not folder:
            raise UserError(
                f"The folder {found.root} cannot be read: {error.strerror}.",
                "Check its permissions.",
            ) from None
        found.closed.append(f"{folder}: {error.strerror}")


def _belongs(found: _Gathered, entry: os.DirEntry[str], prefix: str) -> bool:
    """Whether an entry is looked at: no link that leads out of the folder, in a ring or nowhere."""
    try:
        entry.name.encode()
    except UnicodeEncodeError:
        # Bytes that are no UTF-8 cannot be kept in a column of text.
        found.unreadable_names.append(prefix + ascii(entry.name)[1:-1])
        return False
    if not entry.is_symlink():
        return True
    if not confined(found.root, Path(entry.path)):
        found.outside.append(prefix + entry.name)
        return False
    if not Path(entry.path).exists():
        found.nowhere.append(prefix + entry.name)
    # A link to a folder of the same tree would show its files twice, or for ever.
    return entry.is_file()
