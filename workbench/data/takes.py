"""A dataset of one's own, taken by microphone and camera: one folder a class, one stem a take."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from PIL import Image

from workbench.data.readers import audio, image, text
from workbench.errors import UserError
from workbench.parts import Modality

_LONGEST_NAME = 60
LONGEST_SIDE = 1024
"""Longer side of a picture that is kept, pixels: far more than any encoder looks at."""
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
)
_SUFFIXES: dict[Modality, frozenset[str]] = {
    "image": image.SUFFIXES,
    "audio": audio.SUFFIXES,
    "text": text.SUFFIXES,
}


def safe_name(name: str, what: str) -> str:
    """A name that can be a folder's.

    Args:
        name: as a person typed it.
        what: that it names, such as ``class``.

    Raises:
        UserError: it is empty, too long, or holds what no folder's name may hold.
    """
    plain = name.strip()
    if not plain:
        raise UserError(f"The {what} has no name.", "Type one.")
    if len(plain) > _LONGEST_NAME:
        raise UserError(f"The name of the {what} has {len(plain)} letters.", "Take up to 60.")
    bad = re.search(r'[/\\:*?"<>|\x00-\x1f]', plain)
    reserved = plain.lower().partition(".")[0].rstrip() in _RESERVED
    if bad or plain.startswith(".") or plain.endswith(".") or reserved:
        sign = f"the sign {bad[0]!r}" if bad else "a name that systems keep for themselves"
        raise UserError(f"'{plain}' has {sign}.", "Use letters, digits, spaces and -.")
    return plain


@dataclass(frozen=True)
class Brought:
    """What became of files that were brought.

    Args:
        copied: how many were copied.
        left: names of those that are no picture, sound or text, or are gone.
    """

    copied: int
    left: tuple[str, ...]


@dataclass(frozen=True)
class Takes:
    """One dataset on disk.

    Args:
        folder: its folder; made with the first class.
    """

    folder: Path

    def classes(self) -> tuple[str, ...]:
        """Names of the classes, sorted."""
        if not self.folder.is_dir():
            return ()
        entries = (entry for entry in self.folder.iterdir() if entry.is_dir())
        return tuple(sorted(entry.name for entry in entries if not entry.name.startswith(".")))

    def add_class(self, name: str) -> str:
        """Make a class; returns its name.

        Raises:
            UserError: the name cannot be a folder's, is there already, or the disk refuses.
        """
        plain = safe_name(name, "class")
        if plain.casefold() in {known.casefold() for known in self.classes()}:
            raise UserError(f"There is a class '{plain}' already.", "Choose another name.")
        try:
            (self.folder / plain).mkdir(parents=True)
        except OSError as error:
            raise _refused(self.folder, error) from None
        return plain

    def rename_class(self, old: str, new: str) -> str:
        """Give a class another name; returns it.

        Raises:
            UserError: as of ``add_class``.
        """
        plain = safe_name(new, "class")
        others = {known.casefold() for known in self.classes() if known != old}
        if plain.casefold() in others:
            raise UserError(f"There is a class '{plain}' already.", "Choose another name.")
        try:
            (self.folder / old).rename(self.folder / plain)
        except OSError as error:
            raise _refused(self.folder, error) from None
        return plain

    def remove_class(self, name: str) -> None:
        """Delete a class with all of its takes.

        Raises:
            UserError: the disk refuses.
        """
        try:
            shutil.rmtree(self.folder / safe_name(name, "class"))
        except OSError as error:
            raise _refused(self.folder, error) from None

    def takes(self, name: str) -> tuple[str, ...]:
        """Stems of the takes of a class, in the order in which they were taken.

        Args:
            name: of the class.
        """
        return tuple(sorted({file.stem for file in self._all(name)}))

    def files(self, name: str, stem: str) -> dict[Modality, Path]:
        """The files of one take by modality.

        Args:
            name: of the class.
            stem: of the take.
        """
        files = [file for file in self._all(name) if file.stem == stem]
        return {modality: file for file in files if (modality := _modality(file))}

    def _all(self, name: str) -> list[Path]:
        """Every picture, sound and text of a class, sorted."""
        folder = self.folder / name
        files = folder.iterdir() if folder.is_dir() else ()
        return sorted(file for file in files if _modality(file) is not None and file.name[0] != ".")

    def save(
        self,
        name: str,
        *,
        picture: NDArray[np.uint8] | None = None,
        sound: tuple[NDArray[np.float32], int] | None = None,
        words: str = "",
    ) -> str:
        """Write one take; what is given belongs to one sample.

        Args:
            name: of the class.
            picture: [height, width, 3], 0..255; a larger one is made ``LONGEST_SIDE`` pixels long.
            sound: [samples] of -1..1, and the rate in Hz.
            words: a text that goes with it; "": none.

        Returns:
            Its stem.

        Raises:
            UserError: there is nothing to save, no such class, or the disk refuses.
        """
        if picture is None and sound is None and not words.strip():
            raise UserError("There is nothing to save.", "Record a sound or take a picture.")
        folder = self.folder / safe_name(name, "class")
        if not folder.is_dir():
            raise UserError(f"There is no class '{name}'.", "Add it first.")
        last = [int(stem[5:]) for stem in self.takes(name) if re.fullmatch(r"take-\d+", stem)]
        stem = f"take-{max(last, default=0) + 1:04d}"
        try:
            if picture is not None:
                kept = Image.fromarray(picture)
                kept.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
                kept.save(folder / f"{stem}.png", compress_level=1)
            if sound is not None:
                soundfile.write(folder / f"{stem}.wav", sound[0], sound[1], subtype="PCM_16")
            if words.strip():
                (folder / f"{stem}.txt").write_text(words.strip(), encoding="utf-8")
        except (OSError, soundfile.SoundFileError) as error:
            for suffix in (".png", ".wav", ".txt"):
                (folder / f"{stem}{suffix}").unlink(missing_ok=True)
            raise _refused(folder, error) from None
        return stem

    def bring(
        self, name: str, files: Sequence[Path], stop: Callable[[], bool] = lambda: False
    ) -> Brought:
        """Copy files that are there already into a class.

        Files of one folder and one name stay one sample; none is added to a sample that the class
        has already. Of a folder, the files right in it are taken.

        Args:
            name: of the class.
            files: pictures, sounds, texts, or folders of them; others are passed over.
            stop: asked before each file.

        Raises:
            UserError: there is no such class, or the disk refuses.
        """
        folder = self.folder / safe_name(name, "class")
        if not folder.is_dir():
            raise UserError(f"There is no class '{name}'.", "Add it first.")
        taken, copied, left = set(self.takes(name)), 0, []
        given: dict[tuple[Path, str], tuple[str, set[Modality]]] = {}
        try:
            for file in _flat(files):
                modality = _modality(file)
                if modality is None or not file.is_file():
                    left.append(file.name)
                    continue
                if stop():
                    break
                stem, there = given.get((file.parent, file.stem), ("", set()))
                if not stem or modality in there:
                    stem, there = _free(file.stem, taken), set()
                shutil.copyfile(file, folder / f"{stem}{file.suffix}")
                given[file.parent, file.stem] = stem, there | {modality}
                taken.add(stem)
                copied += 1
        except OSError as error:
            raise _refused(folder, error) from None
        return Brought(copied, tuple(left))

    def delete(self, name: str, stem: str) -> None:
        """Delete one take.

        Args:
            name: of the class.
            stem: of the take.

        Raises:
            UserError: the disk refuses.
        """
        for file in self._all(name):
            if file.stem != stem:
                continue
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                raise _refused(file, error) from None


def _modality(file: Path) -> Modality | None:
    suffix = file.suffix.lower()
    return next((modality for modality, known in _SUFFIXES.items() if suffix in known), None)


def _flat(files: Sequence[Path]) -> list[Path]:
    """Files, and in the place of folders the files right in them."""
    found: list[Path] = []
    for file in files:
        if file.is_dir():
            found += sorted(inner for inner in file.iterdir() if inner.name[0] != ".")
        else:
            found.append(file)
    return found


def _free(stem: str, taken: set[str]) -> str:
    number, free = 2, stem
    while free in taken:
        free = f"{stem}-{number}"
        number += 1
    return free


def _refused(path: Path, error: Exception) -> UserError:
    reason = getattr(error, "strerror", None) or error
    return UserError(f"{path} cannot be written: {reason}.", "Free some space or check its rights.")
