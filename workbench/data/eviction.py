"""Who uses which array of the cache, and which ones go when there are too many."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

LOCK = ".lock"
"""Held in an array's folder by the process that fills or removes it."""
_log = logging.getLogger(__name__)


def mark_used(own: Path) -> None:
    """Note that this process uses an array, so that no other removes it.

    Args:
        own: the array's folder.
    """
    mark = own / f"used-{os.getpid()}-{psutil.Process().create_time():.0f}"
    if not mark.exists():
        in_use(own)  # Marks of dead processes do not pile up.
        mark.touch()


def in_use(own: Path) -> bool:
    """Whether a living process has said that it uses an array; marks of dead ones are removed.

    Args:
        own: the array's folder.
    """
    used = False
    for mark in own.glob("used-*"):
        try:
            _, pid, started = mark.name.split("-")
            alive = abs(psutil.Process(int(pid)).create_time() - float(started)) < 2
        except (psutil.Error, ValueError):
            alive = False
        used = used or alive
        if not alive:
            mark.unlink(missing_ok=True)
    return used


def size(folder: Path) -> int:
    """Bytes that all arrays take.

    Args:
        folder: where arrays are kept.
    """
    return sum(_size(own) for own in _arrays(folder))


def evict(folder: Path, limit: int, keep: frozenset[str] = frozenset()) -> int:
    """Remove the arrays that were not used for longest until the rest is small enough.

    Arrays that a living process uses or fills stay.

    Args:
        folder: where arrays are kept.
        limit: bytes that they may take.
        keep: names of arrays that stay.

    Returns:
        Bytes that were freed.
    """
    sizes = {own: _size(own) for own in _arrays(folder)}
    total, freed = sum(sizes.values()), 0
    for own in sorted(sizes, key=last_used):
        if total - freed <= limit:
            break
        if own.name not in keep and _removed(own):
            freed += sizes[own]
            _log.info("removed %s from the cache", own.name)
    return freed


def last_used(own: Path) -> float:
    """When an array was last used, in seconds as of ``time.time``; 0 where nothing tells.

    Args:
        own: the array's folder.
    """
    for name in ("facts.json", "done.npy"):
        try:
            return (own / name).stat().st_mtime
        except OSError:
            continue
    return 0.0


def _removed(own: Path) -> bool:
    try:
        with FileLock(own / LOCK).acquire(timeout=0):
            if in_use(own):
                return False
            shutil.rmtree(own, ignore_errors=True)
    except (Timeout, OSError):
        return False
    return True


def _arrays(folder: Path) -> list[Path]:
    return [own for own in folder.iterdir() if own.is_dir()] if folder.is_dir() else []


def _size(own: Path) -> int:
    try:
        return sum(file.stat().st_size for file in own.iterdir())
    except OSError:
        return 0  # Another process has just removed it.
