"""Arrays of decoded files on disk: filled once by all cores, shared, resumed, checked.

An array has a folder of its own, named by a hash of all that it depends on. In it lie
``values.npy`` (memory-mapped), ``identities.npy`` (a number for each row's file: path, size and
time of change), ``done.npy`` while it is being filled, and ``facts.json`` once it is whole. What a
killed process leaves is gone on with; a file that changed is decoded anew, all others are copied.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from workbench.data.eviction import LOCK, last_used, mark_used
from workbench.data.identities import NOTHING, UNKNOWN, Identities
from workbench.data.parallel import in_parallel
from workbench.data.walk import Stopped
from workbench.errors import UserError

Decode = Callable[[int], NDArray[Any]]
"""From a row to its values; raises ``UserError`` where its file cannot be decoded."""

_BLOCK = 2**20
_BLOCKS_LOOKED_AT = 64
_TOGETHER = 8
"""Rows that a thread decodes before it is asked again."""
_COPIED_TOGETHER = 1024
_KEPT_SECONDS = 5.0
"""A killed process loses no more than this."""
_TOLD_SECONDS = 0.05
_WAITING_SECONDS = 0.1
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
    def name(self) -> str:
        """Name of the array's folder."""
        return f"{self.family}-{self.key}"

    @property
    def bytes(self) -> int:
        """How large the array is."""
        return int(np.prod(self.shape)) * self.kind.itemsize * len(self.identities)


class NoSpace(UserError):
    """The disk is too short for an array."""


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
        NoSpace: the disk is too short.
        UserError: the cache cannot be written.
    """
    own = folder / wanted.name
    try:
        while True:
            own.mkdir(parents=True, exist_ok=True)
            mark_used(own)
            if (found := _whole(own, wanted)) is not None:
                os.utime(own / "facts.json")
                progress(len(wanted.identities))
                return found
            if stop():
                raise Stopped
            try:
                with FileLock(own / LOCK).acquire(timeout=_WAITING_SECONDS):
                    # Another process may have filled it between the look and the lock.
                    if _whole(own, wanted) is None:
                        _fill(own, wanted, progress, stop)
            except Timeout:
                continue
    except OSError as error:
        kind = NoSpace if error.errno == errno.ENOSPC else UserError
        raise kind(
            f"The cache {own} cannot be written: {error.strerror or error}.",
            "Free some space or set WORKBENCH_CACHE to another folder.",
        ) from None


def filled(folder: Path, wanted: Wanted) -> bool:
    """Whether the array is on disk already."""
    return (folder / wanted.name / "facts.json").is_file()


def lacking(folder: Path, wanted: Wanted) -> int:
    """Bytes that the disk must still have for the array; 0 once its place is reserved.

    Args:
        folder: where arrays are kept.
        wanted: which.
    """
    try:
        return max(wanted.bytes - (folder / wanted.name / "values.npy").stat().st_size, 0)
    except OSError:
        return wanted.bytes


def _whole(own: Path, wanted: Wanted) -> tuple[NDArray[Any], list[int]] | None:
    """The array if it is whole and sound."""
    try:
        facts = json.loads((own / "facts.json").read_bytes())
        values = np.load(own / "values.npy", mmap_mode="r", allow_pickle=False)
        sound = values.shape == (len(wanted.identities), *wanted.shape)
        sound = sound and values.dtype == wanted.kind and _sound(values, facts["checksums"])
        return (values, [int(row) for row in facts["broken"]]) if sound else None
    except (OSError, ValueError, KeyError, TypeError):
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
    if (own / "facts.json").exists():
        _log.warning("the cached array %s is damaged and is made again", own.name)
        for name in ("facts.json", "done.npy", "values.npy"):
            (own / name).unlink(missing_ok=True)
    filling = _Filling(*_begun(own, wanted))
    try:
        filling.copy_known(own, wanted, stop)
        filling.decode_rest(wanted, progress, stop)
    finally:
        filling.keep()
    broken = np.flatnonzero(filling.marks == _BROKEN).tolist()
    facts = own / f".facts.{os.getpid()}"
    checksums = list(_checksums(filling.values, stop))
    facts.write_text(json.dumps({"broken": broken, "checksums": checksums}))
    facts.replace(own / "facts.json")
    (own / "done.npy").unlink(missing_ok=True)


def _checksums(values: NDArray[Any], stop: Callable[[], bool]) -> Iterator[int]:
    raw = _blocks(values)
    for at in range(0, len(raw), _BLOCK):
        if stop():
            raise Stopped
        yield zlib.crc32(raw[at : at + _BLOCK].data)


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
    _reserve(own / "values.npy")
    done = open_memmap(own / "done.npy", mode="w+", dtype=np.uint8, shape=(count,))
    done[wanted.identities == NOTHING] = _READ
    return values, done


def _reserve(file: Path) -> None:
    """Take the place of a file on the disk now: a full disk would end the process later."""
    if not hasattr(os, "posix_fallocate"):
        return
    with file.open("r+b") as stream:
        try:
            os.posix_fallocate(stream.fileno(), 0, os.fstat(stream.fileno()).st_size)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                file.unlink()
                raise
            # Some file systems of networks reserve nothing.
            _log.debug("no place is reserved for %s: %s", file, error)


class _Filling:
    """An array that is being filled.

    Which rows are done is noted in memory and goes to the disk after their values: after a power
    cut no mark stands for a row that was not written.

    Args:
        values: the array, memory-mapped.
        done: the marks of its rows on disk, memory-mapped.
    """

    def __init__(self, values: np.memmap[Any, Any], done: np.memmap[Any, Any]) -> None:
        self.values = values
        self.marks = np.array(done)
        self._done = done

    def keep(self) -> None:
        """Write down what is done so far."""
        marks = self.marks.copy()
        self.values.flush()
        self._done[:] = marks
        self._done.flush()

    def copy_known(self, own: Path, wanted: Wanted, stop: Callable[[], bool]) -> None:
        """Take rows of files that have not changed from earlier arrays of the same family.

        Args:
            own: this array's folder.
            wanted: what it is to hold.
            stop: asked often; true ends it.

        Raises:
            Stopped: the wish to stop was heard.
        """
        for other in sorted(own.parent.glob(f"{wanted.family}-*"), key=last_used, reverse=True):
            rows = np.flatnonzero((self.marks == _OPEN) & (wanted.identities != UNKNOWN))
            if not len(rows):
                return
            if (earlier := _earlier(other, wanted)) is None:
                continue
            known, theirs = earlier
            order = np.argsort(known)
            at = np.searchsorted(known, wanted.identities[rows], sorter=order)
            source = order[at.clip(max=len(known) - 1)]
            same = known[source] == wanted.identities[rows]
            for start in range(0, int(same.sum()), _COPIED_TOGETHER):
                if stop():
                    raise Stopped
                part = slice(start, start + _COPIED_TOGETHER)
                self.values[rows[same][part]] = theirs[source[same][part]]
                self.marks[rows[same][part]] = _READ

    def decode_rest(
        self, wanted: Wanted, progress: Callable[[int], None], stop: Callable[[], bool]
    ) -> None:
        """Decode open rows by all cores; never more rows in flight than a few for each core.

        Args:
            wanted: what the array is to hold.
            progress: told how many rows are done.
            stop: asked often; true ends it.

        Raises:
            Stopped: the wish to stop was heard.
        """
        ended = threading.Event()

        def read(rows: list[int]) -> None:
            for row in rows:
                if ended.is_set():
                    return
                try:
                    self.values[row] = wanted.decode(row)
                    self.marks[row] = _READ
                except UserError as error:
                    _log.warning("%s", error.problem)
                    self.marks[row] = _BROKEN

        rows = np.flatnonzero(self.marks == _OPEN).tolist()
        parts = [rows[at : at + _TOGETHER] for at in range(0, len(rows), _TOGETHER)]
        told = kept = time.monotonic()
        with closing(in_parallel(read, parts, ended)) as rounds:
            for _ in rounds:
                if stop():
                    raise Stopped
                now = time.monotonic()
                if now - told > _TOLD_SECONDS:
                    told = now
                    progress(int((self.marks != _OPEN).sum()))
                if now - kept > _KEPT_SECONDS:
                    self.keep()
                    kept = time.monotonic()
        progress(len(self.marks))


def _earlier(other: Path, wanted: Wanted) -> tuple[Identities, NDArray[Any]] | None:
    """Identities and values of an array of the same family; None where it is not whole."""
    try:
        facts = json.loads((other / "facts.json").read_bytes())
        known = np.load(other / "identities.npy", allow_pickle=False)
        values = np.load(other / "values.npy", mmap_mode="r", allow_pickle=False)
        if values.shape != (len(known), *wanted.shape) or values.dtype != wanted.kind:
            return None
        if not len(known) or not _sound(values, facts["checksums"]):
            return None
        # What was broken may have been mended without another time of change.
        known[facts["broken"]] = NOTHING
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return None
    return known, values
