"""What every test stands on: a home of its own, Qt offscreen, and guards against what leaks."""

import gc
import os
import threading

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# One test must not see what another decoded, nor the user's own runs.
os.environ.pop("DISPLAY", None)

import psutil
import pytest

# As in the program: a widget in a ring that a worker thread collects would die in that thread.
gc.disable()
MUCH = 50_000
"""Objects from which garbage is collected after a test without a window, too."""


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """Runs, samples and decoded files of each test lie in a folder of its own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    monkeypatch.delenv("WORKBENCH_CACHE", raising=False)
    return home


@pytest.fixture(autouse=True)
def nothing_leaks(request):
    """A test that leaves a thread, a process, a running timer or a shown window behind fails."""
    threads = {thread.ident for thread in threading.enumerate()}
    processes = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    left = psutil.Process().children(recursive=True)
    left = [c for c in left if c.pid not in processes and c.status() != psutil.STATUS_ZOMBIE]
    assert not left, f"left running: {left}"
    if "qtbot" in request.fixturenames:
        _no_qt_leaks()
    if "qtbot" in request.fixturenames or gc.get_count()[0] > MUCH:
        gc.collect()
    known = ("asyncio", "pool", "ThreadPoolExecutor", "Dummy")
    new = [
        thread
        for thread in threading.enumerate()
        if thread.ident not in threads and not thread.daemon and not thread.name.startswith(known)
    ]
    assert not new, f"left running: {new}"


def _no_qt_leaks():
    from PySide6.QtCore import QThreadPool
    from PySide6.QtWidgets import QApplication

    assert QThreadPool.globalInstance().waitForDone(5000), "a worker thread goes on"
    shown = [w for w in QApplication.topLevelWidgets() if w.isVisible() and w.objectName()]
    for widget in shown:
        widget.close()


@pytest.fixture
def shapes(tmp_path):
    """The sample project *shapes*, small."""
    from workbench.data.samples import SAMPLES

    return SAMPLES["shapes"].make(tmp_path / "shapes", samples=120, seed=3)


@pytest.fixture
def survival(shapes, tmp_path):
    """Kills runs again and again, and reports."""
    from survival import survive

    return lambda kills, who, seed: survive(tmp_path / "runs", shapes, kills, who, seed)
