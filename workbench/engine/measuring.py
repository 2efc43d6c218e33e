"""Measures, about once a second, what the engine uses of the machine."""

from __future__ import annotations

import ctypes
import threading
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import psutil

from workbench.events import Measured, Said
from workbench.machine import processors

SECONDS = 1.0
"""Time between two measurements."""


class Measuring:
    """Tells ``Measured`` from a thread of its own, from entering it until it is left.

    Args:
        tell: told every measurement.
        still: asked before each; while true nothing is measured.
    """

    def __init__(
        self, tell: Callable[[Said], object], still: Callable[[], bool] = lambda: False
    ) -> None:  # fmt: skip
        self._tell = tell
        self._still = still
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._measure, name="measuring", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        # What is said after this is the word of somebody else: the last one may be next.
        self._over.set()
        self._thread.join()

    def _measure(self) -> None:
        own = psutil.Process()
        own.cpu_percent()
        graphics = Graphics()
        try:
            while not self._over.wait(SECONDS):
                if self._still():
                    continue
                measured = Measured(
                    processor=min(1.0, own.cpu_percent() / 100 / processors()),
                    memory=own.memory_info().rss,
                    memory_free=psutil.virtual_memory().available,
                    graphics=graphics.measure(),
                )
                if not self._over.is_set():
                    self._tell(measured)
        finally:
            graphics.close()


class Graphics:
    """The GPUs that this process may use, as NVIDIA's management library sees them.

    Without a GPU, a driver or its library there are none; that is no fault.
    """

    def __init__(self) -> None:
        self._library: Any = None
        self._cards: list[Any] = []
        names = used_cards()
        if not names:
            return
        import pynvml

        try:
            pynvml.nvmlInit()
        except pynvml.NVMLError:
            return
        self._library = pynvml
        for name in names:
            try:
                self._cards.append(pynvml.nvmlDeviceGetHandleByUUID(name))
            except pynvml.NVMLError:
                # Of a card that is parted among several the library may know the parts only.
                continue

    def measure(self) -> tuple[dict[str, float], ...]:
        """Of each ``busy``, ``memory`` and ``total``; what a driver does not tell is left out."""
        return tuple(self._of(card) for card in self._cards)

    def _of(self, card: Any) -> dict[str, float]:
        found: dict[str, float] = {}
        try:
            memory = self._library.nvmlDeviceGetMemoryInfo(card)
            found |= {"memory": float(memory.used), "total": float(memory.total)}
            found["busy"] = self._library.nvmlDeviceGetUtilizationRates(card).gpu / 100
        except self._library.NVMLError:
            return found
        return found

    def close(self) -> None:
        """Let the library go."""
        if self._library is not None:
            self._library.nvmlShutdown()
            self._library, self._cards = None, []


def used_cards() -> list[str]:
    """Names that are the same everywhere of the GPUs that CUDA gives this process, in its order.

    CUDA is asked, and not ``CUDA_VISIBLE_DEVICES`` read, as only CUDA knows in which order it
    counts cards that differ.
    """
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return []
    count = ctypes.c_int()
    if cuda.cuInit(0) or cuda.cuDeviceGetCount(ctypes.byref(count)):
        return []
    found = []
    for ordinal in range(count.value):
        device, name = ctypes.c_int(), (ctypes.c_ubyte * 16)()
        refused = cuda.cuDeviceGet(ctypes.byref(device), ordinal) or cuda.cuDeviceGetUuid(
            ctypes.byref(name), device
        )
        if not refused:
            found.append(f"GPU-{uuid.UUID(bytes=bytes(name))}")
    return found
