"""An array whose rows are decoded when they are asked for, where the disk is too short."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.data.decoded import Wanted
from workbench.data.identities import NOTHING
from workbench.data.parallel import one_core_each
from workbench.errors import UserError

_REMEMBERED = 256 * 2**20
"""Bytes of rows that are kept in memory."""


class Streamed:
    """Looks like an array [rows, ...], as far as batches need it.

    Rows are decoded by all cores at each access; the last ones used are remembered. A row whose
    file cannot be decoded is 0, as in the array on disk.

    Args:
        wanted: what an array on disk would hold.
    """

    def __init__(self, wanted: Wanted) -> None:
        self.shape = (len(wanted.identities), *wanted.shape)
        self.dtype = wanted.kind
        self._wanted = wanted
        row_bytes = max(int(np.prod(wanted.shape)) * wanted.kind.itemsize, 1)
        self._most = max(_REMEMBERED // row_bytes, 1)
        self._known: OrderedDict[int, NDArray[Any]] = OrderedDict()
        self._lock, self._turn = threading.Lock(), threading.Lock()
        self._pool = ThreadPoolExecutor(os.cpu_count() or 2)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: int | slice | NDArray[np.int64]) -> NDArray[Any]:
        """Values of one row or several."""
        if isinstance(rows, int | np.integer):
            return self._row(int(rows))
        places = np.arange(len(self))[rows]
        if not len(places):
            return np.zeros((0, *self.shape[1:]), self.dtype)
        # One batch after the other: each takes all cores, and how many is a matter of the process.
        with self._turn, one_core_each():
            return np.stack(list(self._pool.map(self._row, places.tolist())))

    def _row(self, row: int) -> NDArray[Any]:
        with self._lock:
            if row in self._known:
                self._known.move_to_end(row)
                return self._known[row]
        values = self._decode(row)
        with self._lock:
            self._known[row] = values
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return values

    def _decode(self, row: int) -> NDArray[Any]:
        if self._wanted.identities[row] != NOTHING:
            try:
                return np.asarray(self._wanted.decode(row), self.dtype)
            except UserError:
                pass  # The check of the data has listed it; here it is as if it were absent.
        return np.zeros(self._wanted.shape, self.dtype)
