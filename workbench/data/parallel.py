"""Files are decoded by all cores, each at its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from typing import Any

from threadpoolctl import ThreadpoolController

_inside: list[object] = []
_limits: list[Any] = []
_door = threading.Lock()


@contextmanager
def one_core_each() -> Iterator[None]:
    """While files are decoded on every core, matrix products keep to the core that they are on.

    Else each of them waits for all the others: many times slower on a machine that is busy. And
    their sums come out the same to the last bit, whatever the number of cores. It holds for the
    whole process, until the last of those that are inside at once has left.
    """
    mine = object()
    with _door:
        if not _inside:
            _limits.append(ThreadpoolController().limit(limits=1, user_api="blas"))
        _inside.append(mine)
    try:
        yield
    finally:
        with _door:
            _inside.remove(mine)
            if not _inside:
                _limits.pop().restore_original_limits()


def in_parallel(
    read: Callable[[list[int]], None], parts: list[list[int]], ended: threading.Event
) -> Generator[None, None, None]:
    """Read all parts by all cores, a few of them in flight; yields whenever some are read.

    Args:
        read: reads one part.
        parts: lists of rows.
        ended: set when nobody listens any more, so that a part ends early.
    """
    cores = os.cpu_count() or 2
    waiting = iter(parts)
    flying: set[Future[None]] = set()
    with one_core_each(), ThreadPoolExecutor(cores) as pool:
        try:
            while True:
                free = 3 * cores - len(flying)
                flying |= {pool.submit(read, part) for part in islice(waiting, free)}
                if not flying:
                    return
                read_by_now, flying = wait(flying, timeout=0.1, return_when=FIRST_COMPLETED)
                for future in read_by_now:
                    future.result()
                yield
        finally:
            ended.set()
            for future in flying:
                future.cancel()
