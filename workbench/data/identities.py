"""Numbers by which files are known again, and known to have changed."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Identities = NDArray[np.uint64]

NOTHING = np.uint64(0)
"""Identity of a row that has no file."""


def identities(root: Path, names: list[str]) -> Identities:
    """A number for each file that changes when the file does.

    By path, size and time of change; by content where WORKBENCH_CACHE_IDENTITY is ``content``,
    for disks that keep no times.

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
            with (root / name).open("rb") as stream:
                facts = os.fstat(stream.fileno())
                whole = hashlib.file_digest(stream, "blake2b").digest() if by_content else b""
        except OSError:
            return 1
        what = whole or f"{facts.st_size}|{facts.st_mtime_ns}".encode()
        digest = hashlib.blake2b(f"{name}|".encode() + what, digest_size=8).digest()
        return max(int.from_bytes(digest, "big"), 2)

    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        found = pool.map(one, names) if by_content else map(one, names)
        return np.fromiter(found, np.uint64, len(names))
