"""How fast long curves are drawn; run by ``pytest -m benchmark -s``. Prints ms a frame."""

import statistics
import time

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtWidgets import QApplication

from workbench.gui.plots.live import LivePlot
from workbench.gui.plots.training import LossPlot
from workbench.runs.curves import Curves
from workbench.runs.series import Series

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

RUNS, POINTS, PER_EPOCH = 20, 1_000_000, 10_000
EPOCHS = POINTS / PER_EPOCH


def run(seed):
    noise = np.random.default_rng(seed).normal(size=POINTS).astype(float)
    made = Series()
    fall = 2 * np.exp(-np.arange(POINTS) / (POINTS / 5)) + 0.05 * seed
    made.extend(np.arange(1, POINTS + 1) / PER_EPOCH, fall + 0.1 * noise)
    return made


class ManyRuns(LivePlot):
    """As many runs as are compared, each drawn as the live plots draw theirs."""

    def __init__(self, runs):
        super().__init__("runs", "Runs", "loss", empty="")
        self.runs = runs
        self.lines = [self._new_curve() for _ in runs]
        for number, line in enumerate(self.lines):
            line.setPen(pg.mkPen(pg.intColor(number, len(runs))))
        self.finish()

    def series(self):
        return {str(number): (known.x, known.y) for number, known in enumerate(self.runs)}

    def draw(self):
        for line, known in zip(self.lines, self.runs, strict=True):
            line.setData(*self.visible(known))


def shown(qtbot, plot):
    qtbot.addWidget(plot)
    plot.resize(900, 500)
    with qtbot.waitExposed(plot):
        plot.show()
    return plot


def frame(plot):
    """Paint what is due, and nothing else."""
    plot._plot.viewport().repaint()
    QApplication.processEvents()


def timed(plot, moves):
    found = []
    for low, high in moves:
        begun = time.perf_counter()
        plot._view.setXRange(low, high, padding=0)
        frame(plot)
        found.append(1e3 * (time.perf_counter() - begun))
    return found[2:]


def told(name, found):
    middle, slow = statistics.median(found), float(np.percentile(found, 95))
    print(f"{name:44} {middle:7.1f} ms median {slow:7.1f} ms p95 {1e3 / middle:6.0f} a second")


def moves(plot, name):
    for width in (EPOCHS, EPOCHS / 10, EPOCHS / 1000):
        room = EPOCHS - 0.9 * width
        steps = [(at, at + width) for at in np.linspace(0, min(room, width), 60)]
        told(f"{name}: pan, {width * PER_EPOCH:,.0f} points wide", timed(plot, steps))
    middle = 0.4 * EPOCHS
    halves = EPOCHS / 2 * 0.9 ** np.arange(100)
    told(f"{name}: zoom in", timed(plot, [(middle - h, middle + h) for h in halves]))


def test_twenty_runs_of_a_million_points_are_moved_fluently(qtbot):
    begun = time.perf_counter()
    runs = [run(seed) for seed in range(RUNS)]
    print(f"\n{RUNS} x {POINTS:,} points taken in: {time.perf_counter() - begun:.1f} s")
    plot = shown(qtbot, ManyRuns(runs))
    plot.redraw()
    full = []
    for _ in range(20):
        begun = time.perf_counter()
        plot.draw()
        frame(plot)
        full.append(1e3 * (time.perf_counter() - begun))
    told("20 runs: drawn anew, all seen", full)
    moves(plot, "20 runs")


def test_the_loss_of_one_run_of_a_million_steps(qtbot):
    known = Curves(epochs=int(EPOCHS))
    known.steps = run(1)
    plot = shown(qtbot, LossPlot("loss"))
    plot.show_curves(known)
    print()
    ticks = []
    for _ in range(20):
        begun = time.perf_counter()
        known.version += 1
        plot._tick()
        frame(plot)
        ticks.append(1e3 * (time.perf_counter() - begun))
    told("1 run: a tick with news, all seen", ticks)
    moves(plot, "1 run")


def test_points_are_taken_in_and_reduced_quickly():
    made = Series()
    begun = time.perf_counter()
    for at in range(0, POINTS, 50):
        made.extend(np.arange(at, at + 50) / PER_EPOCH, np.ones(50))
    each = (time.perf_counter() - begun) / POINTS * 1e9
    print(f"\ntaking in, 50 at a time: {each:.0f} ns a point")
    for name, seconds in (
        ("lowest and highest, all seen", lambda: made.within(0, 100, 1800)),
        ("lowest and highest, a tenth", lambda: made.within(40, 50, 1800)),
        ("smoothed, all seen", lambda: made.smoothed(0.8)),
        ("smoothed, a tenth", lambda: made.smoothed(0.8, 40, 50)),
    ):
        begun = time.perf_counter()
        for _ in range(100):
            seconds()
        print(f"{name}: {(time.perf_counter() - begun) * 10:.3f} ms")
