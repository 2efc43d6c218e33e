"""What a run says of the device that it computes on."""

import ctypes
import os

import pytest

from workbench.training import devices

pytestmark = pytest.mark.slow


class Driver:
    """CUDA's driver with one card of 80 GiB."""

    def __init__(self, refuses=0):
        self._refuses = refuses

    def cuInit(self, flags):
        return self._refuses

    def cuDeviceGet(self, device, ordinal):
        device._obj.value = ordinal + 7
        return 0

    def cuDeviceTotalMem_v2(self, size, device):
        assert device.value == 7
        size._obj.value = 80 * 2**30
        return 0


@pytest.fixture
def a_card(monkeypatch):
    import tensorflow as tf

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["card"])
    details = {"device_name": "NVIDIA H100"}
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda card: details)


def test_a_gpu_is_named_with_its_memory(a_card, monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Driver())
    assert devices.describe() == "GPU 0 · NVIDIA H100 · 80 GB"
    assert devices.why_no_gpu() == ""


def test_a_gpu_whose_driver_says_nothing_is_named_without_memory(a_card, monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Driver(refuses=100))
    assert devices.describe() == "GPU 0 · NVIDIA H100"

    def missing(name):
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", missing)
    assert devices.describe() == "GPU 0 · NVIDIA H100"


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no affinity on this system")
def test_a_processor_counts_the_threads_that_this_process_may_use(monkeypatch):
    import tensorflow as tf

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 2, 5})
    assert devices.describe() == "CPU · 3 threads"
    assert devices.why_no_gpu().startswith("No GPU: ")
