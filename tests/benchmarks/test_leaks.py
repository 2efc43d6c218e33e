"""Hundreds of runs started and stopped in one window leave nothing behind.

``RUNS=300 REAL=12 pytest -m benchmark -s tests/benchmarks/test_leaks.py``: so many with a light
process in the engine's place, whose end is not waited for, and so many with the real engine.
"""

import gc
import os
import threading

import psutil
import pytest
import stand_in
from PySide6.QtCore import QSettings

from workbench import places, spec, suggest
from workbench.data.folder import scan
from workbench.gui.app import Workbench
from workbench.gui.engine import EngineThread
from workbench.gui.engines import Engines
from workbench.gui.opening import make_application
from workbench.runs import store

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(0)]

RUNS, REAL = int(os.environ.get("RUNS", "300")), int(os.environ.get("REAL", "12"))
WARM_UP = 120
"""Until the list of runs on the Start screen is full, and what is kept for reuse is there."""


@pytest.fixture
def window(qtbot, tmp_path):
    make_application()
    made = []

    def open_with(command):
        settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
        bench = Workbench(settings, Engines(lambda: EngineThread(command)))
        bench.show()
        made.append(bench)
        return bench

    yield open_with
    for bench in made:
        bench.close()
        bench.window.busy = False
        bench.window.close()
        bench.window.deleteLater()


def measure():
    gc.collect()
    me = psutil.Process()
    return {
        "memory MB": me.memory_info().rss / 2**20,
        "processes": len(me.children(recursive=True)),
        "threads": threading.active_count(),
        "files": me.num_fds() if hasattr(me, "num_fds") else me.num_handles(),
    }


def begin_and_stop(qtbot, bench, chosen):
    bench.begin(chosen)
    qtbot.waitUntil(lambda: bench.train.curves.best >= 1, timeout=60_000)
    folder = bench.train.state.folder
    bench.train.stop()
    qtbot.waitUntil(lambda: bench.train.state.phase in ("done", "failed"), timeout=60_000)
    assert store.find(folder).status().phase == "stopped"
    engines = bench.engines
    qtbot.waitUntil(lambda: not bench.launching.busy and len(engines.alive) == 1)
    # The next spare has begun: its pipes are there each time that is measured.
    qtbot.waitUntil(lambda: engines.alive[0].pid > 0)


def go(qtbot, bench, chosen, count, warm_up):
    for _ in range(warm_up):
        begin_and_stop(qtbot, bench, chosen)
    before = measure()
    for _ in range(count):
        begin_and_stop(qtbot, bench, chosen)
    after = measure()
    print(f"\n{count} runs; before and after:")
    for name, value in before.items():
        print(f"{name:12}{value:10.1f}{after[name]:10.1f}")
    return before, after


def test_runs_of_a_light_engine(qtbot, window):
    chosen = spec.from_data(
        {
            "data": {"folder": "/data", "target": "label", "task": "category"},
            "model": {"encoders": {"image": {"name": "image_cnn"}}},
            "objective": {"loss": {"name": "cross_entropy"}},
        }
    )
    bench = window(stand_in.command())
    before, after = go(qtbot, bench, chosen, RUNS, WARM_UP)
    assert after["memory MB"] < 1.05 * before["memory MB"]
    for name in ("processes", "threads", "files"):
        assert after[name] <= before[name] + 1, name
    assert len(store.every(places.runs())) == RUNS + WARM_UP


def test_runs_of_the_real_engine(qtbot, window, shapes):
    chosen = spec.change(suggest.suggest(scan(shapes)), "training.epochs", 500)
    bench = window(None)
    before, after = go(qtbot, bench, chosen, REAL, 3)
    for name in ("processes", "threads", "files"):
        assert after[name] <= before[name] + 1, name
