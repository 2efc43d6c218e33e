"""How fast the window is; run by ``pytest -m benchmark -s``. Prints figures and ratios."""

import statistics
import subprocess
import sys
import time

import pytest
from PySide6.QtCore import QSettings, QTimer

from workbench.data.samples import SAMPLES
from workbench.gui.app import Workbench
from workbench.gui.opening import make_application

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

BARE = """
import time; begun = time.perf_counter()
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
import pyqtgraph
app = QApplication([]); window = QMainWindow(); window.setCentralWidget(pyqtgraph.PlotWidget())
window.resize(1280, 800); window.show(); app.processEvents()
print(time.perf_counter() - begun)
"""
OURS = """
import time; begun = time.perf_counter()
from PySide6.QtCore import QSettings
from workbench.gui.opening import Opening, make_application
app = make_application(); opening = Opening(QSettings()); opening.window.show(); app.processEvents()
print(time.perf_counter() - begun)
import sys; assert not {"tensorflow", "keras"} & set(sys.modules)
"""


def seconds(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def test_the_window_opens_about_as_fast_as_a_bare_one():
    pairs = [(seconds(OURS), seconds(BARE)) for _ in range(7)]
    ours, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"\nwindow shown: {ours:.2f} s, bare PySide6 + pyqtgraph {bare:.2f} s: {ratio:.2f}x")


@pytest.fixture
def bench(qtbot, tmp_path):
    make_application()
    made = Workbench(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    made.show()
    yield made
    made.close()
    made.window.busy = False
    made.window.close()


def test_a_warm_engine_gives_the_first_loss_point_quickly(qtbot, bench, tmp_path):
    folder = SAMPLES["shapes"].make(tmp_path / "shapes")
    bench.open_folder(folder)
    qtbot.waitUntil(lambda: bench.engines.state.phase == "ready", timeout=60_000)
    qtbot.waitUntil(lambda: bench.recipe.state.ready, timeout=60_000)
    thread = bench.engines.alive[0]
    said = []
    thread.said.connect(said.append)
    qtbot.waitUntil(lambda: any(e.event == "prepared" for e in said), timeout=60_000)
    bench.recipe.change("training.epochs", 60)
    begun = time.perf_counter()
    bench.recipe.train()
    qtbot.waitUntil(lambda: len(bench.train.curves.steps) > 0, timeout=60_000)
    print(f"\nTrain to first loss point, warm engine: {time.perf_counter() - begun:.2f} s")
    started = next(e.time for e in said if e.event == "started")
    marks = {e.stage: e.time for e in said if e.event == "preparing"}
    first = next(e.time for e in said if e.event == "steps_done")
    print({name: round(first - at, 2) for name, at in {**marks, "started": started}.items()})

    gaps = []
    last = time.perf_counter()

    def tick():
        nonlocal last
        now = time.perf_counter()
        gaps.append((now - last) * 1000 - 5)
        last = now

    timer = QTimer()
    timer.setInterval(5)
    timer.timeout.connect(tick)
    timer.start()
    qtbot.waitUntil(lambda: len(gaps) > 2000, timeout=60_000)
    timer.stop()
    gaps.sort()
    middle, high = gaps[len(gaps) // 2], gaps[int(len(gaps) * 0.99)]
    print(f"event loop while training: median {middle:.1f} ms, 99th percentile {high:.1f} ms,"
          f" longest {gaps[-1]:.1f} ms")  # fmt: skip
    begun = time.perf_counter()
    bench.train.stop()
    qtbot.waitUntil(lambda: bench.train.state.phase in {"evaluating", "done"}, timeout=60_000)
    print(f"stop answered in {time.perf_counter() - begun:.2f} s")
    qtbot.waitUntil(lambda: bench.train.state.phase == "done", timeout=60_000)
