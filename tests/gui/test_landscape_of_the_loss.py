"""The tab with the landscape of the loss."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QObject, QPointF, Qt, QThreadPool, Signal
from PySide6.QtWidgets import QLabel, QPushButton

from workbench import events, spec
from workbench.gui.presenters.insight import landscape_words
from workbench.gui.presenters.insight.landscape import LandscapePresenter
from workbench.gui.presenters.results import ResultsState
from workbench.gui.widgets.insight.landscape import LandscapeView
from workbench.runs import landscapes, store
from workbench.runs.landscapes import Facts, Landscape

STEPS = np.linspace(-1, 1, 5)
X, Y = np.meshgrid(STEPS, STEPS)
BOWL = 1 + X**2 + 3 * Y**2


class Worker(QObject):
    said = Signal(object)
    killed = False

    def kill(self):
        self.killed = True


def found(values=BOWL, modality="", pair=None) -> Landscape:
    terms = {"task": values} | ({} if pair is None else {"image+text": pair})
    weights = dict(zip(terms, (1.0, 0.5), strict=False))
    return Landscape(Facts(modality=modality, samples=90, seed=0, weights=weights), STEPS, terms)


@pytest.fixture
def run(tmp_path):
    facts = {
        "data": {"folder": "/data", "target": "animal", "task": "category"},
        "model": {"encoders": {"image": {"name": "image_cnn"}, "text": {"name": "text_average"}}},
        "objective": {"loss": {"name": "cross_entropy"}},
    }
    return store.create(tmp_path, spec.from_data(facts)).folder


@pytest.fixture
def worker():
    return Worker()


@pytest.fixture
def asked():
    return []


@pytest.fixture
def view(qtbot, worker, asked):
    def begin(request):
        asked.append(request)
        return worker

    presenter = LandscapePresenter(begin)
    made = LandscapeView(presenter)
    made.presenter = presenter
    qtbot.addWidget(made)
    made.resize(1060, 620)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    assert QThreadPool.globalInstance().waitForDone(5000)


def show(qtbot, view, run):
    view.presenter.show_results(ResultsState(phase="shown", folder=run, split="test"))
    qtbot.waitUntil(lambda: view.presenter.state.phase != "reading")


def click(qtbot, view, name):
    qtbot.mouseClick(view.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def words(view, name):
    return view.findChild(QLabel, name).text()


def test_what_is_wished_is_measured_and_then_shown(qtbot, view, run, asked, worker) -> None:
    show(qtbot, view, run)
    assert view.presenter.state.phase == "needed"
    view.presenter.choose_points("11")
    view.presenter.choose_reach("0.5")
    view.presenter.choose_slice("text")
    click(qtbot, view, "landscape_study_start")
    request = asked[0]
    assert (request.points, request.reach, request.modality) == (11, 0.5, "text")
    worker.said.emit(events.Working(words="Measuring", done=30, total=121))
    assert view.bar.progress.isVisible()
    landscapes.write(run, found(modality="text"))
    worker.said.emit(events.Studied(file="insight/landscape-text.npz"))
    qtbot.waitUntil(lambda: view.presenter.state.phase == "shown")
    assert view.bar.start.text() == "Measure again"


def test_figures_are_those_of_the_bowl(qtbot, view, run) -> None:
    landscapes.write(run, found())
    show(qtbot, view, run)
    assert words(view, "landscape_figure_0_value") == "1"
    assert words(view, "landscape_figure_0_note") == "90 validation samples"
    # A quarter of the way is 0.25; a step is 0.5: the eight places around the middle.
    near = [1 + x**2 + 3 * y**2 for x in (-0.5, 0, 0.5) for y in (-0.5, 0, 0.5) if x or y]
    assert words(view, "landscape_figure_1_value") == f"+{np.mean(near) - 1:.3g}"
    assert words(view, "landscape_figure_2_note") == "at the weights"


def test_the_loss_under_the_pointer_is_told(qtbot, view, run) -> None:
    landscapes.write(run, found())
    show(qtbot, view, run)
    place = QPointF(view.plot._view.mapViewToScene(QPointF(-0.5, 1.0)))
    view.plot._move(place)
    # Across is the first direction, up the second: 1 + 0.25 + 3.
    assert view._square.hint.text() == "-0.50, +1.00: loss 4.25"
    view.presenter.choose_log(True)
    view.plot._move(place)
    assert view._square.hint.text() == "-0.50, +1.00: loss 4.25"
    view.plot._move(QPointF(-50, -50))
    assert "weights that training found" in view._square.hint.text()


def test_cuts_go_through_the_middle(qtbot, view, run) -> None:
    landscapes.write(run, found())
    show(qtbot, view, run)
    first, second = (line.getData()[1] for line in view.cuts.lines)
    np.testing.assert_allclose(first, 1 + STEPS**2)
    np.testing.assert_allclose(second, 1 + 3 * STEPS**2)
    view.presenter.choose_log(True)
    np.testing.assert_allclose(view.cuts.lines[0].getData()[1], np.log10(1 + STEPS**2))


def test_a_loss_below_zero_has_no_logarithm(qtbot, view, run) -> None:
    landscapes.write(run, found(BOWL - 2))
    show(qtbot, view, run)
    assert not view.log.isEnabled()
    assert "no logarithm" in view.log.toolTip()
    view.presenter.choose_log(True)
    np.testing.assert_allclose(view.presenter.state.values, BOWL - 2)


def test_each_term_can_be_seen_alone(qtbot, view, run) -> None:
    landscapes.write(run, found(pair=2 * BOWL))
    show(qtbot, view, run)
    titles = [choice.title for choice in view.presenter.state.terms]
    assert titles == ["All terms", "Task loss", "Image with text"]
    np.testing.assert_allclose(view.presenter.state.values, 2 * BOWL)
    view.presenter.choose_term("image+text")
    np.testing.assert_allclose(view.presenter.state.values, 2 * BOWL)
    view.presenter.choose_term("task")
    np.testing.assert_allclose(view.presenter.state.values, BOWL)


def test_a_line_has_a_cut_and_no_map(qtbot, view, run) -> None:
    landscapes.write(run, found(1 + STEPS**2))
    show(qtbot, view, run)
    assert not view._square.isVisible()
    assert not view.cuts.lines[1].isVisible()
    np.testing.assert_allclose(view.cuts.lines[0].getData()[1], 1 + STEPS**2)


def test_a_loss_that_bursts_is_drawn_without_contours(qtbot, view, run) -> None:
    values = BOWL.copy()
    values[0, 0], values[4, 4] = np.inf, np.nan
    landscapes.write(run, found(values))
    show(qtbot, view, run)
    assert view.plot.contours == []
    assert words(view, "landscape_figure_2_value") == "1"
    landscapes.write(run, found(np.full((5, 5), np.nan)))
    view.presenter._look()
    qtbot.waitUntil(lambda: words(view, "landscape_figure_2_value") == "–")


def test_another_run_ends_the_work_and_the_same_run_goes_on(qtbot, view, run, worker) -> None:
    show(qtbot, view, run)
    view.presenter.measure()
    shown = ResultsState(phase="shown", folder=run, split="validation")
    view.presenter.show_results(shown)
    assert not worker.killed
    view.presenter.show_results(replace(shown, phase="failed", folder=None))
    assert worker.killed
    assert view.presenter.state.phase == "empty"


def test_a_damaged_landscape_is_told_and_can_be_measured_again(qtbot, view, run) -> None:
    landscapes.write(run, found()).write_bytes(b"no zip")
    show(qtbot, view, run)
    assert "is damaged" in words(view, "landscape_banner_text")
    assert view.bar.start.isVisible()


def test_what_flat_means_and_does_not_mean_is_said(qtbot, view, run) -> None:
    landscapes.write(run, found())
    show(qtbot, view, run)
    said = words(view, "landscape_words")
    assert said == landscape_words.EXPLANATION
    assert "does not say that the model is good on new data" in said
