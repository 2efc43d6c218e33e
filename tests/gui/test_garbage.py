"""Widgets die in the window's thread, whoever holds them in a ring."""

import gc
import threading

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLabel

from workbench.gui.garbage import Garbage


@pytest.fixture
def garbage(qapp):
    parent = QObject()
    yield Garbage(parent)
    parent.deleteLater()


def ring():
    """A label that only a ring of references keeps."""
    died = []
    label = QLabel("x")
    label.itself = label
    label.destroyed.connect(lambda: died.append(threading.current_thread()))
    return died


def test_a_ring_is_not_collected_by_a_worker_thread(qtbot, garbage):
    died = ring()
    worker = threading.Thread(target=lambda: [[] for _ in range(100_000)])
    worker.start()
    worker.join()
    assert died == []
    gc.collect()
    assert died == [threading.main_thread()]


def test_the_timer_collects_what_has_grown(qtbot, garbage):
    died = ring()

    def collected():
        # What others let go of lowers the count, so plain rings are made for as long as it takes.
        for _ in range(gc.get_threshold()[0]):
            one = []
            one.append(one)
        return died == [threading.main_thread()]

    qtbot.waitUntil(collected, timeout=30_000)
