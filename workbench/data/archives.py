"""Zip files of data, unpacked safely into the cache folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from workbench import places
from workbench.data.walk import Stopped
from workbench.errors import UserError

MAX_ENTRIES = 2_000_000
MAX_BYTES = 200 * 2**30
MAX_RATIO = 200.0
"""Unpacked bytes for each packed one; pictures and sounds hardly shrink, texts by about 10."""
_RATIO_FROM = 256 * 2**20
"""Bytes below which an archive may shrink as far as it likes."""
_RESERVE = 500 * 2**20
_BLOCK = 2**20
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10))})
_WHOLE = ".whole"
"""Stands beside an unpacked archive that is complete."""


def unpacked(
    path: Path,
    *,
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
    folder: Path | None = None,
) -> Path:
    """The folder with the files of a zip; unpacked at the first call, found at the next.

    No file is written outside of that folder, whatever the archive says: absolute paths, ``..``,
    drives, links and devices are refused before anything is unpacked.

    Args:
        path: the zip file.
        progress: told (files unpacked, files in all).
        stop: asked often; true ends it.
        folder: where unpacked archives are kept; the user's cache folder when left out.

    Raises:
        UserError: it is damaged, encrypted, hostile or too large; says which.
        Stopped: the wish to stop was heard.
    """
    facts = path.stat()
    identity = f"{path.resolve()}|{facts.st_size}|{facts.st_mtime_ns}"
    name = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:24]
    kept = (folder or places.cache()) / "archives"
    target = kept / name
    if (kept / f"{name}{_WHOLE}").is_file() and target.is_dir():
        return target.resolve()
    try:
        with zipfile.ZipFile(path) as archive:
            entries = _checked(path, archive)
            _check_disk(kept, sum(entry.file_size for entry in entries))
            _unpack(archive, entries, target, progress or _silent, stop or (lambda: False))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError) as error:
        raise UserError(f"{path.name} is damaged: {error}.", "Pack or download it again.") from None
    except RuntimeError as error:
        # zipfile says so of files that want a password.
        raise UserError(
            f"{path.name} cannot be unpacked: {error}.", "Unpack it yourself."
        ) from None
    except OSError as error:
        raise UserError(
            f"{path.name} cannot be unpacked into {kept}: {error.strerror}.",
            "Free some space or set WORKBENCH_CACHE to another folder.",
        ) from None
    (kept / f"{name}{_WHOLE}").touch()
    return target.resolve()


def _silent(done: int, total: int) -> None:
    """Show nothing."""


def _checked(path: Path, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files of an archive, every one of them harmless."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if not entries:
        raise UserError(f"{path.name} is empty.", "Choose another file.")
    if len(entries) > MAX_ENTRIES:
        raise UserError(f"{path.name} holds {len(entries):,} files.", "Unpack it yourself.")
    for entry in entries:
        reason = _harm(entry)
        if reason:
            raise UserError(
                f"{path.name} is refused: its entry {entry.filename!r} {reason}.",
                "Pack the data again, or unpack it yourself and open the folder.",
            )
    total = sum(entry.file_size for entry in entries)
    packed = max(sum(entry.compress_size for entry in entries), 1)
    if total > MAX_BYTES or (total > _RATIO_FROM and total / packed > MAX_RATIO):
        raise UserError(
            f"{path.name} would unpack to {total / 2**30:.1f} GiB, {total / packed:.0f} times its "
            "size.",
            "If you trust it, unpack it yourself and open the folder.",
        )
    return entries


def _harm(entry: zipfile.ZipInfo) -> str:
    """Why an entry is not unpacked; "" where it is harmless."""
    name = entry.filename.replace("\\", "/")
    path = PurePosixPath(name)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if path.is_absolute() or name[1:2] == ":":
        return "has an absolute path"
    if ".." in path.parts:
        return "leads out of the folder"
    if kind not in (0, stat.S_IFREG):
        return "is a link or a device"
    if any(part.partition(".")[0].lower() in _RESERVED for part in path.parts):
        return "is named like a device"
    if entry.flag_bits & 0x1:
        return "is encrypted"
    return ""


def _check_disk(folder: Path, wanted: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if wanted + _RESERVE > free:
        raise UserError(
            f"Unpacking needs {wanted / 2**30:.1f} GiB in {folder}; {free / 2**30:.1f} GiB are "
            "free.",
            "Free some space or set WORKBENCH_CACHE to another folder.",
        )


def _unpack(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], target: Path,
    progress: Callable[[int, int], None], stop: Callable[[], bool],
) -> None:  # fmt: skip
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        for number, entry in enumerate(entries):
            if stop():
                raise Stopped
            _write(archive, entry, temporary / entry.filename.replace("\\", "/"), stop)
            if number % 100 == 0:
                progress(number, len(entries))
        progress(len(entries), len(entries))
        if target.exists():
            shutil.rmtree(target)
        temporary.replace(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, file: Path, stop: Callable[[], bool]
) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    left = entry.file_size
    with archive.open(entry) as source, file.open("wb") as written:
        while block := source.read(_BLOCK):
            if stop():
                raise Stopped
            left -= len(block)
            if left < 0:
                raise zipfile.BadZipFile(f"{entry.filename} is larger than it says")
            written.write(block)
