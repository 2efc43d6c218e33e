"""How fast a map of very many points moves; run by ``pytest -m benchmark -s``."""

import time

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from workbench.gui.plots.insight.map import MapPlot
from workbench.gui.presenters.insight.map import MapState
from workbench.gui.presenters.insight.map_points import Colouring, Group, Points

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]

COUNT, CLASSES = 50_000, 8
FRAME = 33.0
"""Milliseconds of a frame that the eye takes for motion."""


@pytest.fixture(params=[(900, 600), (1500, 900), (2500, 1300)], ids=["small", "large", "huge"])
def plot(qtbot, request):
    dice = np.random.default_rng(0)
    group = dice.integers(0, CLASSES, COUNT)
    places = dice.normal(size=(COUNT, 2)) + 6 * dice.normal(size=(CLASSES, 2))[group]
    points = Points(places.astype("f4"), np.arange(COUNT), np.zeros(COUNT, bool))
    groups = tuple(Group(str(number), 1, number) for number in range(CLASSES))
    made = MapPlot("map")
    qtbot.addWidget(made)
    made.resize(*request.param)
    with qtbot.waitExposed(made):
        made.show()
    colours = Colouring(groups, group.astype(np.int16))
    made.show_state(MapState(phase="shown", points=points, colours=colours))
    QApplication.processEvents()
    return made


def timed(plot, move):
    found = []
    for number in range(80):
        begun = time.perf_counter()
        move(number)
        plot._plot.viewport().repaint()
        QApplication.processEvents()
        found.append(1e3 * (time.perf_counter() - begun))
    return found[3:]


def test_frames_of_50_000_points(plot):
    def pan(number):
        plot._view.translateBy(x=0.3 * (-1) ** number, y=0.2 * (-1) ** (number // 2))

    def zoom(number):
        plot._view.scaleBy((0.95, 0.95) if number < 40 else (1 / 0.95, 1 / 0.95))

    def hover(number):
        plot._move(plot.place_of(number * 7))

    for name, move in (("pan", pan), ("zoom", zoom), ("hover", hover)):
        plot.fit()
        found = timed(plot, move)
        slow = float(np.percentile(found, 95))
        print(f"{name:8} {plot.width()} x {plot.height()}: "
              f"{np.median(found):5.1f} ms median {slow:5.1f} ms p95")  # fmt: skip
        assert slow < FRAME
