"""The files of a folder by modality: what lies there, and nothing outside of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from workbench.data.readers import audio, image, text
from workbench.errors import UserError
from workbench.parts import Modality

TABLE_SUFFIXES = frozenset({".csv", ".tsv"})
_LITTER = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
_PROSE = frozenset({"readme", "license", "licence", "changelog", "about"})
_MODALITY_OF: dict[str, Modality] = {
    **dict.fromkeys(image.SUFFIXES, "image"),
    **dict.fromkeys(audio.SUFFIXES, "audio"),
    **dict.fromkeys(text.SUFFIXES, "text"),
}


class Stopped(Exception):
    """The wish to stop was heard; nothing was changed."""


@dataclass
class Found:
    """Files below a folder, each as a path relative to it.

    Args:
        media: files that can be learned from, with their modality.
        tables: tables directly in the folder.
        outside: links that lead out of the folder; they are not followed.
        unknown: files of other kinds.
    """

    media: list[tuple[PurePosixPath, Modality]] = field(default_factory=list)
    tables: list[PurePosixPath] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def walk(root: Path, stop: Callable[[], bool]) -> Found:
    """Look at every file below a folder, in sorted order; hidden files and litter are passed over.

    Args:
        root: the folder, resolved.
        stop: asked once a folder; true ends it.

    Raises:
        Stopped: the wish to stop was heard.
        UserError: a folder cannot be read.
    """
    found = Found()
    for path in _files(root, root, found, stop):
        relative = PurePosixPath(path.relative_to(root).as_posix())
        suffix = relative.suffix.lower()
        if suffix in _MODALITY_OF:
            prose = len(relative.parts) == 1 and relative.stem.lower() in _PROSE
            if not (suffix in text.SUFFIXES and prose):
                found.media.append((relative, _MODALITY_OF[suffix]))
        elif suffix in TABLE_SUFFIXES and len(relative.parts) == 1:
            found.tables.append(relative)
        else:
            found.unknown.append(str(relative))
    return found


def confined(root: Path, path: Path) -> bool:
    """Whether a path, links followed, lies in the folder."""
    return path.resolve().is_relative_to(root)


def _files(root: Path, folder: Path, found: Found, stop: Callable[[], bool]) -> Iterator[Path]:
    if stop():
        raise Stopped
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise UserError(
            f"The folder {folder} cannot be read: {error.strerror}.", "Check its permissions."
        ) from None
    for entry in entries:
        if entry.name.startswith(".") or entry.name.lower() in _LITTER:
            continue
        path = Path(entry.path)
        if entry.is_symlink():
            if not confined(root, path):
                found.outside.append(path.relative_to(root).as_posix())
                continue
            if entry.is_dir():
                # A link to a folder of the same tree would show its files twice, or for ever.
                continue
        if entry.is_dir():
            yield from _files(root, path, found, stop)
        elif entry.is_file():
            yield path
