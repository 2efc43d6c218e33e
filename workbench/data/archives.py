"""Zip files of data, unpacked safely into the cache folder."""

from __future__ import annotations

import hashlib
import lzma
import shutil
import stat
import struct
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from workbench import places
from workbench.data.readers import text
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
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
)
_UNFINISHED = ".unpacking-"
_FORGOTTEN = 24 * 3600
"""Seconds after which a folder that is still unfinished belongs to nobody."""
_IS_UTF8 = 0x800
_IS_ENCRYPTED = 0x1
_PLAIN = frozenset("ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜáíóúñÑß")
"""Letters of Western names in the code that zip files had before Unicode."""
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, ValueError, IndexError,
)  # fmt: skip


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
    try:
        facts = path.stat()
        with zipfile.ZipFile(path) as archive:
            identity = f"{path.resolve()}|{facts.st_size}|{facts.st_mtime_ns}"
            name = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:24]
            target = (folder or places.cache()) / "archives" / name
            if not target.is_dir():
                _unpack(path, archive, target, progress or _silent, stop or (lambda: False))
    except _DAMAGED as error:
        raise UserError(f"{path.name} is damaged: {error}.", "Pack or download it again.") from None
    except (NotImplementedError, RuntimeError) as error:
        # zipfile says so of unknown ways of packing, and of files that want a password.
        raise UserError(
            f"{path.name} cannot be unpacked: {error}.",
            "Unpack it yourself and open the folder.",
        ) from None
    except OSError as error:
        if error.errno is None:
            # What bz2 says of damaged bytes.
            raise UserError(
                f"{path.name} is damaged: {error}.", "Pack or download it again."
            ) from None
        raise UserError(
            f"{path.name} cannot be unpacked: {error.strerror} ({error.filename}).",
            "Check its permissions, free some space, or set WORKBENCH_CACHE to another folder.",
        ) from None
    return target.resolve()


def _silent(done: int, total: int) -> None:
    """Show nothing."""


def _checked(path: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The files of an archive by the path that they get, every one of them harmless."""
    entries = {
        name: entry
        for name, entry in _named(archive.infolist()).items()
        if not name.endswith("/") and not entry.is_dir()
    }
    if not entries:
        raise UserError(f"{path.name} is empty.", "Choose another file.")
    if len(entries) > MAX_ENTRIES:
        raise UserError(f"{path.name} holds {len(entries):,} files.", "Unpack it yourself.")
    for name, entry in entries.items():
        if reason := harm(name, entry):
            raise UserError(
                f"{path.name} is refused: its entry {name!r} {reason}.",
                "Pack the data again, or unpack it yourself and open the folder.",
            )
    total = sum(entry.file_size for entry in entries.values())
    packed = max(sum(entry.compress_size for entry in entries.values()), 1)
    if total > MAX_BYTES or (total > _RATIO_FROM and total / packed > MAX_RATIO):
        raise UserError(
            f"{path.name} would unpack to {total / 2**30:.1f} GiB, {total / packed:.0f} times its "
            "size.",
            "If you trust it, unpack it yourself and open the folder.",
        )
    return entries


def _named(entries: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The entries by name with ``/`` between folders; of two of one name the last.

    Only some programs say in which encoding names are. Where nothing is said, they are UTF-8 if
    they can be (macOS), else the old Western code if that gives Western letters, else what the
    letters make likeliest, as of a Chinese Windows.
    """
    silent = [entry for entry in entries if not entry.flag_bits & _IS_UTF8]
    # zipfile has decoded them as cp437, which gives back every byte.
    raw = {id(entry): entry.orig_filename.encode("cp437") for entry in silent}
    encoding = _encoding_of(b"\n".join(raw.values()))
    decoded = [
        raw[id(entry)].decode(encoding, "replace") if id(entry) in raw else entry.orig_filename
        for entry in entries
    ]
    if len(set(decoded)) < len({entry.orig_filename for entry in entries}):
        decoded = [entry.orig_filename for entry in entries]
    names = [name.partition("\0")[0].replace("\\", "/") for name in decoded]
    return dict(zip(names, entries, strict=True))


def _encoding_of(names: bytes) -> str:
    try:
        names.decode("utf-8")
    except UnicodeDecodeError:
        western = all(letter in _PLAIN for letter in names.decode("cp437") if letter > "\x7f")
        return "cp437" if western else text.guessed(names)
    return "utf-8"


def harm(name: str, entry: zipfile.ZipInfo) -> str:
    """Why an entry is not unpacked; "" where it is harmless.

    Args:
        name: the path that it would get, with ``/`` between folders.
        entry: it.
    """
    path = PurePosixPath(name)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if not path.parts:
        return "has no name"
    if path.is_absolute() or name[1:2] == ":":
        return "has an absolute path"
    if ".." in path.parts:
        return "leads out of the folder"
    if kind not in (0, stat.S_IFREG):
        return "is a link or a device"
    if any(part.partition(".")[0].strip().lower() in _RESERVED for part in path.parts):
        return "is named like a device"
    if entry.flag_bits & _IS_ENCRYPTED:
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
    path: Path, archive: zipfile.ZipFile, target: Path,
    progress: Callable[[int, int], None], stop: Callable[[], bool],
) -> None:  # fmt: skip
    """Unpack into a folder beside the target, which takes the target's name when it is whole."""
    entries = _checked(path, archive)
    _check_disk(target.parent, sum(entry.file_size for entry in entries.values()))
    _remove_forgotten(target.parent)
    unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=target.parent))
    try:
        _fill(unfinished, archive, entries, progress, stop)
        try:
            unfinished.rename(target)
        except OSError:
            # Another window or run may have unpacked the same meanwhile.
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _fill(
    folder: Path, archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo],
    progress: Callable[[int, int], None], stop: Callable[[], bool],
) -> None:  # fmt: skip
    made: set[Path] = set()
    for number, (name, entry) in enumerate(entries.items()):
        if stop():
            raise Stopped
        if number % 100 == 0:
            progress(number, len(entries))
        file = folder / name
        if file.parent not in made:
            file.parent.mkdir(parents=True, exist_ok=True)
            made.add(file.parent)
        _write(archive, entry, file, stop)
    progress(len(entries), len(entries))


def _remove_forgotten(folder: Path) -> None:
    """Remove what programs that were killed while unpacking have left."""
    for unfinished in folder.glob(f"{_UNFINISHED}*"):
        if time.time() - unfinished.stat().st_mtime > _FORGOTTEN:
            shutil.rmtree(unfinished, ignore_errors=True)


def _write(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, file: Path, stop: Callable[[], bool]
) -> None:
    left = entry.file_size
    with archive.open(entry) as source, file.open("wb") as written:
        while block := source.read(_BLOCK):
            if stop():
                raise Stopped
            left -= len(block)
            if left < 0:
                raise zipfile.BadZipFile(f"{entry.filename} is larger than it says")
            written.write(block)
