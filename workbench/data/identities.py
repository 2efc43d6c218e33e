"""Numbers by which files and texts are known again, and known to have changed."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Identities = NDArray[np.uint64]

NOTHING = np.uint64(0)
"""Identity of a row that has no file."""
UNKNOWN = np.uint64(1)
"""Identity of a row whose file cannot be opened, or is no ordinary file."""


def identities(root: Path, names: list[str]) -> Identities:
    """A number for each file that changes when the file does.

    By path, size and time of change; by path and content where WORKBENCH_CACHE_IDENTITY is
    ``content``, for disks that keep no times.

    Args:
        root: the folder.
        names: paths of files in it; "" has the number 0.

    Returns:
        uint64 [names].
    """
    by_content = os.environ.get("WORKBENCH_CACHE_IDENTITY") == "content"

    def one(name: str) -> int:
        if not name:
            return int(NOTHING)
        try:
            place = os.path.join(root, name)  # noqa: PTH118 - a Path takes ten times as long
            facts = os.stat(place)  # noqa: PTH116 - as above
            # A pipe would be waited for without end, and rights change without the time.
            if not stat.S_ISREG(facts.st_mode) or not os.access(place, os.R_OK):
                return int(UNKNOWN)
            what = f"{facts.st_size}|{facts.st_mtime_ns}".encode()
            if by_content:
                with (root / name).open("rb") as stream:
                    what = hashlib.file_digest(stream, "blake2b").digest()
        except (OSError, ValueError):
            return int(UNKNOWN)
        return _number(f"{name}|".encode("utf-8", "surrogateescape") + what)

    if not by_content:
        return np.fromiter(map(one, names), np.uint64, len(names))
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        return np.fromiter(pool.map(one, names), np.uint64, len(names))


def of_texts(texts: Iterable[str]) -> Identities:
    """A number for each text, by what it says; 0 of "".

    Args:
        texts: any.

    Returns:
        uint64 [texts].
    """
    return np.asarray(
        [_number(text.encode("utf-8", "replace")) if text else int(NOTHING) for text in texts],
        np.uint64,
    )


def _number(what: bytes) -> int:
    return max(int.from_bytes(hashlib.blake2b(what, digest_size=8).digest(), "big"), 2)
