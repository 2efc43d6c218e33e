"""Arrays of decoded files on disk: filled once by all cores, shared, resumed, checked, evicted.

An array has a folder of its own, named by a hash of all that it depends on. In it lie
``values.npy`` (memory-mapped), ``identities.npy`` (a number for each row's file: path, size and
time of change), ``done.npy`` while it is being filled, and ``facts.json`` once it is whole. What a
killed process leaves is gone on with; a file that changed is decoded anew, all others are copied.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from workbench.data.identities import NOTHING, Identities
from workbench.data.walk import Stopped
from workbench.errors import UserError

Decode = Callable[[int], NDArray[Any]]
"""From a row to its values; raises ``UserError`` where its file cannot be decoded."""

_BLOCK = 2**20
_BLOCKS_LOOKED_AT = 64
_TOGETHER = 8
"""Rows that a thread decodes before it is asked again."""
_FLUSH_SECONDS = 5.0
_TOLD_SECONDS = 0.05
_WAITING_SECONDS = 0.1
_LOCK = ".lock"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wanted:
    """An array that is wanted.

    Args:
        family: name of all arrays of one folder, modality and options.
        key: name of this one among them, a hash of its identities.
        identities: of each row's file, uint64 [rows].
        shape: of one row.
        kind: type of the values.
        decode: reads one row.
    """

    family: str
    key: str
    identities: Identities
    shape: tuple[int, ...]
    kind: np.dtype[Any]
    decode: Decode

    @property
    def bytes(self) -> int:
        """How large the array is."""
        return int(np.prod(self.shape)) * self.kind.itemsize * len(self.identities)


def array(
    folder: Path,
    wanted: Wanted,
    progress: Callable[[int], None],
    stop: Callable[[], bool],
) -> tuple[NDArray[Any], list[int]]:
    """The array, found on disk or filled now.

    Args:
        folder: where arrays are kept.
        wanted: which.
        progress: told how many rows are done, a few times a second.
        stop: asked often; true ends it.

    Returns:
        The values, memory-mapped, and the rows whose files could not be decoded (their values
        are 0).

    Raises:
        Stopped: the wish to stop was heard; what was read so far is kept.
        UserError: the disk is full.
    """
    own = folder / f"{wanted.family}-{wanted.key}"
    own.mkdir(parents=True, exist_ok=True)
    lock = FileLock(own / _LOCK)
    while True:
        if (found := _whole(own, wanted)) is not None:
            progress(len(wanted.identities))
            return found
        if stop():
            raise Stopped
        try:
            with lock.acquire(timeout=_WAITING_SECONDS):
                # Another process may have filled it between the look and the lock.
                if _whole(own, wanted) is None:
                    _fill(own, wanted, progress, stop)
        except Timeout:
            continue
        except OSError as error:
            raise UserError(
                f"The cache {own} cannot be written: {error.strerror}.",
                "Free some space or set WORKBENCH_CACHE to another folder.",
            ) from None


def filled(folder: Path, wanted: Wanted) -> bool:
    """Whether the array is on disk already."""
    return (folder / f"{wanted.family}-{wanted.key}" / "facts.json").is_file()


def evict(folder: Path, limit: int, keep: frozenset[str] = frozenset()) -> int:
    """Remove the arrays that were not used for longest until the rest is small enough.

    Arrays that a living process uses stay.

    Args:
        folder: where arrays are kept.
        limit: bytes that they may take.
        keep: names of arrays that stay.

    Returns:
        Bytes that were freed.
    """
    sizes = {own: _size(own) for own in folder.iterdir() if own.is_dir()} if folder.is_dir() else {}
    total, freed = sum(sizes.values()), 0
    for own in sorted(sizes, key=_last_used):
        if total - freed <= limit:
            break
        if own.name not in keep and not _in_use(own):
            shutil.rmtree(own, ignore_errors=True)
            freed += sizes[own]
            _log.info("removed %s from the cache", own.name)
    return freed


def mark_used(folder: Path, names: list[str]) -> None:
    """Note that this process uses arrays, so that no other evicts them.

    Args:
        folder: where arrays are kept.
        names: of the arrays.
    """
    for name in names:
        own = folder / name
        (own / f"used-{os.getpid()}-{psutil.Process().create_time():.0f}").touch()
        os.utime(own / "facts.json")


def name_of(wanted: Wanted) -> str:
    """Name of the folder of an array."""
    return f"{wanted.family}-{wanted.key}"


def _whole(own: Path, wanted: Wanted) -> tuple[NDArray[Any], list[int]] | None:
    """The array if it is whole and sound; what is damaged is removed."""
    try:
        facts = json.loads((own / "facts.json").read_bytes())
        values = np.load(own / "values.npy", mmap_mode="r", allow_pickle=False)
        sound = values.shape == (len(wanted.identities), *wanted.shape)
        sound = sound and values.dtype == wanted.kind and _sound(values, facts["checksums"])
        broken = [int(row) for row in facts["broken"]]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        sound, broken = False, []
    if sound:
        return values, broken
    _log.warning("the cached array %s is damaged and is made again", own.name)
    for name in ("facts.json", "done.npy", "values.npy"):
        (own / name).unlink(missing_ok=True)
    return None


def _blocks(values: NDArray[Any]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(values).reshape(-1).view(np.uint8)


def _sound(values: NDArray[Any], checksums: list[int]) -> bool:
    """Whether blocks spread over the array have their checksums; all of them in a small one."""
    raw = _blocks(values)
    if len(checksums) != -(-len(raw) // _BLOCK):
        return False
    looked_at = np.unique(np.linspace(0, len(checksums) - 1, _BLOCKS_LOOKED_AT).astype(int))
    return all(
        zlib.crc32(raw[block * _BLOCK : (block + 1) * _BLOCK].data) == checksums[block]
        for block in (looked_at if len(checksums) else ())
    )


def _fill(
    own: Path, wanted: Wanted, progress: Callable[[int], None], stop: Callable[[], bool]
) -> None:
    values, done = _begun(own, wanted)
    _copy_known(own, wanted, values, done)
    broken = sorted(_decode_rest(wanted, values, done, progress, stop))
    values.flush()
    raw = _blocks(values)
    checksums = [zlib.crc32(raw[at : at + _BLOCK].data) for at in range(0, len(raw), _BLOCK)]
    facts = own / f".facts.{os.getpid()}"
    facts.write_text(json.dumps({"broken": broken, "checksums": checksums}))
    facts.replace(own / "facts.json")
    (own / "done.npy").unlink(missing_ok=True)


# In done.npy.
_OPEN, _READ, _BROKEN = 0, 1, 2


def _begun(own: Path, wanted: Wanted) -> tuple[np.memmap[Any, Any], np.memmap[Any, Any]]:
    """The array and its marks, begun now or by a process that ended in the middle."""
    count = len(wanted.identities)
    try:
        values = np.load(own / "values.npy", mmap_mode="r+", allow_pickle=False)
        done = np.load(own / "done.npy", mmap_mode="r+", allow_pickle=False)
        if values.shape == (count, *wanted.shape) and done.shape == (count,):
            return values, done
    except (OSError, ValueError):
        pass  # Nothing was begun, or it is damaged: both begin anew.
    np.save(own / "identities.npy", wanted.identities)
    open_memmap = np.lib.format.open_memmap
    values = open_memmap(
        own / "values.npy", mode="w+", dtype=wanted.kind, shape=(count, *wanted.shape)
    )
    done = open_memmap(own / "done.npy", mode="w+", dtype=np.uint8, shape=(count,))
    done[wanted.identities == NOTHING] = _READ
    return values, done


def _copy_known(own: Path, wanted: Wanted, values: NDArray[Any], done: NDArray[np.uint8]) -> None:
    """Take rows of files that have not changed from earlier arrays of the same family."""
    for other in sorted(own.parent.glob(f"{wanted.family}-*"), key=_last_used, reverse=True):
        rows = np.flatnonzero(done == _OPEN)
        if not len(rows):
            return
        try:
            facts = json.loads((other / "facts.json").read_bytes())
            known = np.load(other / "identities.npy", allow_pickle=False)
            theirs = np.load(other / "values.npy", mmap_mode="r", allow_pickle=False)
            if theirs.shape != (len(known), *wanted.shape) or not _sound(
                theirs, facts["checksums"]
            ):
                continue
        except (OSError, ValueError, KeyError):
            continue  # Not whole; the next one may be.
        known[facts["broken"]] = NOTHING
        order = np.argsort(known)
        at = np.searchsorted(known, wanted.identities[rows], sorter=order).clip(max=len(known) - 1)
        source = order[at]
        same = known[source] == wanted.identities[rows]
        for start in range(0, int(same.sum()), 1024):
            part = slice(start, start + 1024)
            values[rows[same][part]] = theirs[source[same][part]]
        done[rows[same]] = _READ


def _decode_rest(
    wanted: Wanted, values: np.memmap[Any, Any], done: np.memmap[Any, Any],
    progress: Callable[[int], None], stop: Callable[[], bool],
) -> list[int]:  # fmt: skip
    """Decode open rows by all cores; never more rows in flight than a few for each core."""

    def read(rows: list[int]) -> None:
        for row in rows:
            try:
                values[row] = wanted.decode(row)
                done[row] = _READ
            except UserError as error:
                _log.warning("%s", error.problem)
                done[row] = _BROKEN

    still_open = np.flatnonzero(done == _OPEN).tolist()
    parts = [still_open[at : at + _TOGETHER] for at in range(0, len(still_open), _TOGETHER)]
    told = flushed = time.monotonic()
    for _ in _in_parallel(read, parts):
        if stop():
            raise Stopped
        now = time.monotonic()
        if now - told > _TOLD_SECONDS:
            told = now
            progress(int((done != _OPEN).sum()))
        if now - flushed > _FLUSH_SECONDS:
            # Values before marks: after a power cut no mark stands for a row not written.
            flushed = now
            values.flush()
            done.flush()
    progress(len(done))
    return np.flatnonzero(done == _BROKEN).tolist()


def _in_parallel(read: Callable[[list[int]], None], parts: list[list[int]]) -> Iterator[None]:
    """Read all parts by all cores, a few of them in flight; yields whenever some have ended."""
    cores = os.cpu_count() or 2
    waiting = iter(parts)
    flying: set[Future[None]] = set()
    with ThreadPoolExecutor(cores) as pool:
        try:
            while True:
                free = 3 * cores - len(flying)
                flying |= {pool.submit(read, part) for part in islice(waiting, free)}
                if not flying:
                    return
                ended, flying = wait(flying, timeout=0.1, return_when=FIRST_COMPLETED)
                for future in ended:
                    future.result()
                yield
        finally:
            for future in flying:
                future.cancel()


def _size(own: Path) -> int:
    return sum(file.stat().st_size for file in own.iterdir() if file.is_file())


def _last_used(own: Path) -> float:
    for name in ("facts.json", "done.npy"):
        try:
            return (own / name).stat().st_mtime
        except OSError:
            continue
    return 0.0


def _in_use(own: Path) -> bool:
    """Whether a living process has said that it uses the array; marks of dead ones are removed."""
    used = False
    for mark in own.glob("used-*"):
        _, pid, started = mark.name.split("-")
        try:
            alive = abs(psutil.Process(int(pid)).create_time() - float(started)) < 2
        except (psutil.Error, ValueError):
            alive = False
        used = used or alive
        if not alive:
            mark.unlink(missing_ok=True)
    return used
