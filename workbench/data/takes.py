"""A dataset of one's own, taken by microphone and camera: one folder a class, one stem a take."""

from __future__ import annotations

import re
import shutil
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
_RESERVED = frozenset({"con", "prn", "aux", "nul"})
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
    if bad or plain.startswith(".") or plain.endswith(".") or plain.lower() in _RESERVED:
        sign = f"the sign {bad[0]!r}" if bad else "a name that systems keep for themselves"
        raise UserError(f"'{plain}' has {sign}.", "Use letters, digits, spaces and -.")
    return plain


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
        there = (self.folder / name).iterdir() if (self.folder / name).is_dir() else ()
        return tuple(sorted({file.stem for file in there if not file.name.startswith(".")}))

    def files(self, name: str, stem: str) -> dict[Modality, Path]:
        """The files of one take by modality.

        Args:
            name: of the class.
            stem: of the take.
        """
        found: dict[Modality, Path] = {}
        for file in sorted((self.folder / name).glob(f"{stem}.*")):
            for modality, suffixes in _SUFFIXES.items():
                if file.suffix.lower() in suffixes:
                    found[modality] = file
        return found

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
            picture: [height, width, 3], 0..255.
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
                Image.fromarray(picture).save(folder / f"{stem}.png")
            if sound is not None:
                soundfile.write(folder / f"{stem}.wav", sound[0], sound[1], subtype="PCM_16")
            if words.strip():
                (folder / f"{stem}.txt").write_text(words.strip(), encoding="utf-8")
        except (OSError, soundfile.SoundFileError) as error:
            for file in folder.glob(f"{stem}.*"):
                file.unlink(missing_ok=True)
            raise _refused(folder, error) from None
        return stem

    def bring(self, name: str, files: list[Path]) -> int:
        """Copy files that are there already into a class; those of other kinds are passed over.

        Args:
            name: of the class.
            files: pictures, sounds or texts.

        Returns:
            How many were copied.

        Raises:
            UserError: the disk refuses.
        """
        known = frozenset().union(*_SUFFIXES.values())
        folder = self.folder / safe_name(name, "class")
        count = 0
        for file in files:
            if file.suffix.lower() in known and file.is_file():
                try:
                    shutil.copyfile(file, _free(folder / file.name))
                except OSError as error:
                    raise _refused(folder, error) from None
                count += 1
        return count

    def delete(self, name: str, stem: str) -> None:
        """Delete one take.

        Args:
            name: of the class.
            stem: of the take.

        Raises:
            UserError: the disk refuses.
        """
        for file in self.files(name, stem).values():
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                raise _refused(file, error) from None


def _free(path: Path) -> Path:
    number = 2
    free = path
    while free.exists():
        free = path.with_stem(f"{path.stem}-{number}")
        number += 1
    return free


def _refused(path: Path, error: Exception) -> UserError:
    reason = getattr(error, "strerror", None) or error
    return UserError(f"{path} cannot be written: {reason}.", "Free some space or check its rights.")
