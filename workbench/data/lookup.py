"""Finding the files that a table names, as people name them."""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property
from pathlib import PurePosixPath
from posixpath import splitext

from workbench.data.walk import Found
from workbench.parts import MODALITIES, Modality

_PLACES = ("http://", "https://", "file://", "ftp://", "s3://", "gs://", "hf://", "data:")
_PLAIN = re.compile(r"[\w-][\w.-]*(?:/[\w-][\w.-]*)*")
"""Most names: nothing about them could mean another place."""
_MOST = 1000
"""Files of one name, at most, whose folders are compared."""
_Names = dict[str, int | list[int]]


class Lookup:
    """The files of a folder by every name that a table may give them.

    A name is tried as it stands; then without regard to capital letters and to how accents are
    encoded, which differ between file systems; then as the end of a longer path, where only one
    file ends so. Nothing outside of the folder is ever looked at.

    Args:
        found: the files, and the links that lead out of the folder.
    """

    def __init__(self, found: Found) -> None:
        self._media = found.media
        self._outside = frozenset(found.outside)
        self.paths: list[str] = found.media.paths().tolist()

    @cached_property
    def _by_path(self) -> tuple[dict[str, str], ...]:
        """For each modality, each file by its path."""
        known: tuple[dict[str, str], ...] = tuple({} for _ in MODALITIES)
        for path, kind in zip(self.paths, self._media.kinds.tolist(), strict=True):
            known[kind][path] = path
        return known

    @cached_property
    def _by_name(self) -> tuple[_Names, ...]:
        """For each modality, files by their own name, folded."""
        return self._named(self._media.names.tolist())

    @cached_property
    def _by_stem(self) -> tuple[dict[str, str], ...]:
        """For each modality, each file by its path without suffix, and without its first folder.

        Of two files of one such name the first by name is taken.
        """
        known: tuple[dict[str, str], ...] = tuple({} for _ in MODALITIES)
        for path, stem, kind in zip(
            self.paths, self._media.stems.tolist(), self._media.kinds.tolist(), strict=True
        ):
            *folders, _ = path.split("/")
            known[kind].setdefault("/".join([*folders, stem]), path)
            # A name in the table may carry the name of its modality's folder, or leave it out.
            known[kind].setdefault("/".join([*folders[1:], stem]), path)
        return known

    @cached_property
    def _by_own_stem(self) -> tuple[_Names, ...]:
        """For each modality, files by their own name without suffix, folded."""
        return self._named(self._media.stems.tolist())

    def _named(self, names: list[str]) -> tuple[_Names, ...]:
        known: tuple[_Names, ...] = tuple({} for _ in MODALITIES)
        for place, (name, kind) in enumerate(zip(names, self._media.kinds.tolist(), strict=True)):
            key = folded(name)
            before = known[kind].setdefault(key, place)
            if isinstance(before, list):
                before.append(place)
            elif before != place:
                known[kind][key] = [before, place]
        return known

    def _ending(self, named: _Names, path: str, suffix: bool) -> str:
        """The one file whose path ends so; "" where there is none or more than one."""
        places = named.get(folded(path.rpartition("/")[2]), [])
        places = [places] if isinstance(places, int) else places
        if "/" not in path or len(places) > _MOST:
            return self.paths[places[0]] if len(places) == 1 else ""
        end = f"/{folded(path)}"
        fits = []
        for place in places:
            whole = folded(f"/{self.paths[place]}")
            if (whole if suffix else whole.rpartition(".")[0]).endswith(end):
                fits.append(self.paths[place])
        return fits[0] if len(fits) == 1 else ""

    def file(self, path: str, base: str, modality: Modality) -> str:
        """The file that a table names.

        Args:
            path: as ``inner`` gives it.
            base: folder of the table, "" for the root.
            modality: what the file must be.

        Returns:
            Its path relative to the root; "" where there is none, or more than one could be meant.
        """
        kind = MODALITIES.index(modality)
        known = self._by_path[kind]
        near = f"{base}/{path}" if base else path
        if near in known:
            return near
        if path in known:
            return path
        if near in self._outside or path in self._outside:
            return ""
        for name in dict.fromkeys((near, path)):
            if found := self._ending(self._by_name[kind], name, True):
                return found
        if splitext(path)[1]:
            return ""
        return self.sample(path, base).get(modality, "")

    def sample(self, path: str, base: str) -> dict[Modality, str]:
        """The files that share a name without suffix, by modality.

        Args:
            path: as ``inner`` gives it; it may carry a suffix.
            base: folder of the table, "" for the root.
        """
        near = f"{base}/{path}" if base else path
        forms = list(dict.fromkeys(form for name in (near, path) for form in _forms(name)))
        for form in forms:
            if files := _of(self._by_stem, form):
                return files
        for form in forms:
            ends = [self._ending(named, form, False) for named in self._by_own_stem]
            if any(ends):
                return {m: path for m, path in zip(MODALITIES, ends, strict=True) if path}
        return {}

    def leads_out(self, path: str, base: str) -> bool:
        """Whether a name is that of a link that leads out of the folder.

        Args:
            path: as ``inner`` gives it.
            base: folder of the table.
        """
        return path in self._outside or f"{base}/{path}" in self._outside


def inner(name: str) -> str | None:
    """A path as a table writes it, made plain.

    Args:
        name: the cell; Windows' separators are understood.

    Returns:
        The path; None where it leads out of the folder: it is absolute, has ``..``, a drive or an
        address, or is empty.
    """
    if _PLAIN.fullmatch(name) and ".." not in name:
        return name
    plain = name.replace("\\", "/").strip()
    path = PurePosixPath(plain)
    if (
        not plain
        or path.is_absolute()
        or ".." in path.parts
        or plain.lower().startswith(_PLACES)
        or plain[1:2] == ":"
    ):
        return None
    return str(path)


def folded(name: str) -> str:
    """A name without regard to capital letters and to how accents are encoded.

    Args:
        name: any.
    """
    return name.lower() if name.isascii() else unicodedata.normalize("NFC", name.casefold())


def _of(known: tuple[dict[str, str], ...], name: str) -> dict[Modality, str]:
    return {
        modality: path
        for modality, paths in zip(MODALITIES, known, strict=True)
        if (path := paths.get(name))
    }


def _forms(name: str) -> list[str]:
    """Ways in which a table may name a sample: with a suffix, or with its modality's folder."""
    forms = [name, splitext(name)[0]]
    return forms + [form.partition("/")[2] for form in forms if "/" in form]
