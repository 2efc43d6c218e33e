from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel, QPushButton

from workbench import events
from workbench.gui.widgets.figures import MACHINE, STEPS, FiguresView
from workbench.runs.curves import Curves

MEASURED = {"processor": 0.25, "memory": 3_000_000_000, "memory_free": 5_000_000_000}


def run(**more) -> Curves:
    made = Curves()
    made.hear(
        events.Started(
            run="r", epochs=10, steps=4, samples={}, parameters=1, shapes={}, device="CPU"
        )
    )
    for step in range(1, 9):
        made.hear(
            events.StepsDone(
                epoch=1, step=step, losses=(1.0,), learning_rate=0.5, samples_per_second=9.0,
                gradient=float(step), update=10.0**-step,
                seconds={"data": 1.0, "compute": 3.0},
            )
        )  # fmt: skip
        made.hear(events.Measured(**MEASURED, **more))
    return made


@pytest.fixture
def show(qtbot):
    def shown(offered: dict[str, str], curves: Curves) -> FiguresView:
        made = FiguresView("view", offered)
        qtbot.addWidget(made)
        made.resize(420, 260)
        with qtbot.waitExposed(made):
            made.show()
        made.show_curves(curves)
        return made

    return shown


def chip(view: FiguresView, which: str) -> QPushButton:
    return view.findChild(QPushButton, f"view_{which}")


def lines(plot) -> list[tuple[list[float], list[float]]]:
    pairs = (line.getOriginalDataset() for line in (*plot._lines, plot._rule))
    return [(x.tolist(), y.tolist()) for x, y in pairs if x is not None and len(x)]


def test_each_chip_shows_its_curve_and_what_it_says(show) -> None:
    view = show(STEPS, run())
    sentence = view.findChild(QLabel, "view_sentence")
    said = set()
    for which in STEPS:
        chip(view, which).click()
        (x, y), *_ = lines(view.plot)
        assert x == [step / 4 for step in range(1, 9)]
        if which == "gradient":
            assert y == [float(step) for step in range(1, 9)]
        said.add(sentence.text())
    assert len(said) == len(STEPS)
    assert all(said)


def test_updates_stand_on_a_logarithmic_axis_with_what_is_usual(show) -> None:
    view = show(STEPS, run())
    chip(view, "update").click()
    assert lines(view.plot)[-1] == ([0.0, 2.0], [1e-3, 1e-3])
    assert view.plot._item.ctrl.logYCheck.isChecked()
    chip(view, "gradient").click()
    assert not view.plot._item.ctrl.logYCheck.isChecked()
    assert len(lines(view.plot)) == 1


def test_what_this_machine_lacks_is_not_offered(show) -> None:
    view = show(MACHINE, run())
    assert [which for which in MACHINE if chip(view, which).isVisible()] == [
        "time", "processor", "memory",
    ]  # fmt: skip
    with_card = show(MACHINE, run(graphics=({"busy": 0.5, "memory": 4e9, "total": 8e9},)))
    chip(with_card, "busy").click()
    assert lines(with_card.plot)[0][1] == [50.0] * 8
    with_card.show_curves(run())
    assert chip(with_card, "time").isChecked()


def test_memory_has_two_curves_in_gigabytes_and_names_them(show) -> None:
    view = show(MACHINE, run())
    chip(view, "memory").click()
    assert [y[0] for _, y in lines(view.plot)] == pytest.approx([3.0, 5.0])
    assert view.legend.accessibleName() == "engine, free"
    assert view.legend.isVisible()
    chip(view, "processor").click()
    assert not view.legend.isVisible()


def test_areas_of_time_stand_on_one_another_up_to_a_hundred(show) -> None:
    view = show(MACHINE, run())
    first, second = (area.getOriginalDataset()[1] for area in view.time._areas[:2])
    assert np.allclose(first, 25)
    assert np.allclose(second, 100)
    assert view.time._view.viewRange()[1] == [0, 100]
    view.time.reset_view()
    view.time.grab()
    assert view.time._view.viewRange()[1] == [0, 100]


def test_before_the_first_step_each_figure_says_when_it_comes(show) -> None:
    for offered in (STEPS, MACHINE):
        view = show(offered, Curves())
        for which in offered:
            chip(view, which).click()
            plot = view.time if which == "time" else view.plot
            assert plot._empty.isVisible() or not chip(view, which).isVisible()
            plot.grab()


def test_a_figure_that_never_changes_stands_half_way_up(qtbot, show) -> None:
    view = show(STEPS, run())
    chip(view, "learning_rate").click()
    low, high = view.plot._view.viewRange()[1]
    assert (low, high) == (pytest.approx(0.0), pytest.approx(1.0))
    chip(view, "gradient").click()
    qtbot.waitUntil(lambda: view.plot._view.viewRange()[1][1] > 7)
