from __future__ import annotations

import math
import queue
import sys
import threading
import types

import psutil
import pytest

from workbench.engine import measuring
from workbench.engine.measuring import Graphics, Measuring, used_cards
from workbench.events import Measured, from_line, to_line


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    monkeypatch.setattr(measuring, "SECONDS", 0.01)


def test_the_machine_is_measured_again_and_again_until_it_is_left() -> None:
    said: queue.Queue[Measured] = queue.Queue()
    with Measuring(said.put):
        first, second = said.get(timeout=30), said.get(timeout=30)
    left = said.qsize()
    assert not any(thread.name == "measuring" for thread in threading.enumerate())
    assert said.qsize() == left
    for measured in (first, second):
        assert 0 <= measured.processor <= 1
        assert measured.memory == pytest.approx(psutil.Process().memory_info().rss, rel=0.5)
        assert 0 < measured.memory_free <= psutil.virtual_memory().total


def test_work_of_this_process_is_seen() -> None:
    said: queue.Queue[Measured] = queue.Queue()
    with Measuring(said.put):
        busy = 0.0
        while busy == 0:
            math.factorial(3000)
            busy = said.get_nowait().processor if said.qsize() else 0.0
    assert busy > 0


def test_nothing_is_measured_while_the_run_stands_still() -> None:
    said: queue.Queue[Measured] = queue.Queue()
    still, asked = threading.Event(), threading.Semaphore(0)
    still.set()

    def stands() -> bool:
        asked.release()
        return still.is_set()

    with Measuring(said.put, stands):
        for _ in range(5):
            assert asked.acquire(timeout=30)
        assert said.empty()
        still.clear()
        assert said.get(timeout=30)


def test_a_run_that_fails_leaves_no_thread_behind() -> None:
    with pytest.raises(ZeroDivisionError), Measuring(lambda event: None):
        _ = 1 / 0
    assert not any(thread.name == "measuring" for thread in threading.enumerate())


class Refused(Exception):
    pass


def library(monkeypatch, cards: dict[str, tuple[int, int, int | None]], *, starts: bool = True):
    """A stand-in for NVIDIA's library: by name bytes in use, in all, and per cent busy."""
    calls: list[str] = []

    def init() -> None:
        calls.append("init")
        if not starts:
            raise Refused

    def handle(name: str) -> str:
        if name not in cards:
            raise Refused
        return name

    def rates(name: str) -> types.SimpleNamespace:
        if cards[name][2] is None:
            raise Refused
        return types.SimpleNamespace(gpu=cards[name][2])

    made = types.SimpleNamespace(
        NVMLError=Refused, nvmlInit=init, nvmlShutdown=lambda: calls.append("shutdown"),
        nvmlDeviceGetHandleByUUID=handle, nvmlDeviceGetUtilizationRates=rates,
        nvmlDeviceGetMemoryInfo=lambda name: types.SimpleNamespace(
            used=cards[name][0], total=cards[name][1]
        ),
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "pynvml", made)
    return calls


def test_only_the_cards_that_cuda_gives_this_process_are_measured(monkeypatch) -> None:
    calls = library(monkeypatch, {"GPU-a": (1, 10, 20), "GPU-b": (5, 10, 90)})
    monkeypatch.setattr(measuring, "used_cards", lambda: ["GPU-b"])
    graphics = Graphics()
    assert graphics.measure() == ({"memory": 5.0, "total": 10.0, "busy": 0.9},)
    graphics.close()
    assert graphics.measure() == ()
    assert calls == ["init", "shutdown"]


def test_what_a_driver_does_not_tell_is_left_out(monkeypatch) -> None:
    library(monkeypatch, {"GPU-a": (1, 10, None)})
    monkeypatch.setattr(measuring, "used_cards", lambda: ["GPU-a", "GPU-unknown"])
    measured = Measured(processor=0, memory=0, memory_free=0, graphics=Graphics().measure())
    assert measured.graphics == ({"memory": 1.0, "total": 10.0},)
    assert from_line(to_line(measured)).graphics == measured.graphics


def test_without_a_card_or_a_driver_there_is_nothing_and_no_noise(monkeypatch, capfd) -> None:
    calls = library(monkeypatch, {}, starts=False)
    monkeypatch.setattr(measuring, "used_cards", lambda: ["GPU-a"])
    refused = Graphics()
    monkeypatch.setattr(measuring, "used_cards", list)
    none = Graphics()
    for graphics in (refused, none):
        assert graphics.measure() == ()
        graphics.close()
    assert calls == ["init"]
    assert capfd.readouterr() == ("", "")


def test_cards_are_named_as_cuda_names_them(monkeypatch) -> None:
    class Cuda:
        def cuInit(self, flags):
            return 0

        def cuDeviceGetCount(self, count):
            count._obj.value = 2
            return 0

        def cuDeviceGet(self, device, ordinal):
            device._obj.value = ordinal
            return 0

        def cuDeviceGetUuid(self, name, device):
            name._obj[:] = bytes(range(16)) if device.value == 0 else bytes([255] * 16)
            return 0

    monkeypatch.setattr(measuring.ctypes, "CDLL", lambda name: Cuda())
    assert used_cards() == [
        "GPU-00010203-0405-0607-0809-0a0b0c0d0e0f", "GPU-ffffffff-ffff-ffff-ffff-ffffffffffff",
    ]  # fmt: skip


def test_a_machine_without_cuda_has_no_cards(monkeypatch) -> None:
    def missing(name):
        raise OSError(name)

    monkeypatch.setattr(measuring.ctypes, "CDLL", missing)
    assert used_cards() == []
