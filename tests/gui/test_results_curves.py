from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt, QThreadPool, Signal
from PySide6.QtWidgets import QLabel, QPushButton

from workbench import events
from workbench.gui.presenters.data import DataPresenter
from workbench.gui.presenters.insight.curves import share_within
from workbench.gui.presenters.results import ResultsPresenter
from workbench.gui.results_tabs import ResultsTabs
from workbench.gui.run_index import RunIndex
from workbench.gui.screens.results import ResultsView
from workbench.runs import class_curves, decision, store
from workbench.runs import results as evaluations
from workbench.runs.class_curves import (
    Bins,
    Calibration,
    ClassCurve,
    ClassCurves,
    ThresholdCurve,
)
from workbench.runs.results import ClassRow, Results, Samples


class Worker(QObject):
    """Stands in for the thread that owns an engine."""

    said = Signal(object)

    def __init__(self):
        super().__init__()
        self.killed = False

    def kill(self):
        self.killed = True


class Engines(QObject):
    """Takes requests and does nothing."""

    answered = Signal(object)

    def __init__(self):
        super().__init__()
        self.asked, self.questions = [], []
        self.worker = Worker()

    def ask(self, question):
        self.questions.append(question)

    def study(self, request):
        self.asked.append(request)
        return self.worker


def figures(split="test", intervals=None):
    return Results(
        split=split, task="yes_no", target="ripe", classes=("no", "yes"),
        metrics={"accuracy": 0.75, "loss": 0.4}, baseline={"accuracy": 0.5},
        confusion=((2, 0), (1, 1)), loss_name="Binary cross-entropy",
        per_class=tuple(
            ClassRow(name=name, precision=0.5, recall=0.5, f1=0.5, support=2)
            for name in ("no", "yes")
        ), intervals=intervals or {},
    )  # fmt: skip


SAMPLES = Samples(
    stem=np.array(["a", "b", "c", "d"]),
    target=np.array([0, 0, 1, 1]),
    prediction=np.array([0, 0, 0, 1]),
    confidence=np.full(4, 0.7),
    true_probability=np.array([0.7, 0.7, 0.3, 0.7]),
    loss=np.array([0.3, 0.3, 1.2, 0.3]),
    outputs=np.array([[-1], [-1], [-1], [1]], np.float32),
)


def curves(split="test", temperature=2.0):
    grid = tuple(np.linspace(0, 1, 101).tolist())
    plain = Bins(confidence=(0.9,), accuracy=(0.75,), count=(4,), error=0.15, log_loss=0.5)
    scaled = Bins(confidence=(0.8,), accuracy=(0.75,), count=(4,), error=0.05, log_loss=0.4)
    return ClassCurves(
        split=split,
        classes=(
            ClassCurve(
                name="yes", support=2, false_positive_rate=(0.0, 0.5, 1.0),
                true_positive_rate=(0.0, 1.0, 1.0), auc=0.75, recall=(1.0, 0.0),
                precision=(0.5, 1.0), average_precision=0.8,
            ),
        ),
        thresholds=(
            ThresholdCurve(
                name="yes", thresholds=grid, precision=(0.5,) * 101, recall=(1.0,) * 101,
                f1=(2 / 3,) * 101, said=(4,) * 100 + (0,), best=0.3,
            ),
        ),
        calibration=Calibration(
            bins=15, plain=plain, temperature=temperature, scaled=scaled if temperature else None
        ),
        fitted_on=40,
    )  # fmt: skip


def make_run(folder: Path, *, with_curves=True, intervals=None) -> Path:
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "checkpoints" / "best.npz").write_bytes(b"")
    (folder / "spec.json").write_text("{}")
    store.Run(folder).write_status(store.Status(phase="done"))
    evaluations.write(folder, figures(intervals=intervals), SAMPLES)
    if with_curves:
        class_curves.write(folder, curves())
    return folder


@pytest.fixture(autouse=True)
def worker_threads_end():
    yield
    assert QThreadPool.globalInstance().waitForDone(5000)


@pytest.fixture
def view(qtbot):
    presenter = ResultsPresenter()
    made = ResultsView(presenter)
    made.presenter, made.engines = presenter, Engines()
    index = RunIndex(DataPresenter(None, None), lambda: presenter.state.folder, made)
    made.all_tabs = ResultsTabs(made, presenter, index, made.engines, parent=made)
    qtbot.addWidget(made)
    made.resize(1112, 772)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def shown(qtbot, view, tmp_path):
    view.run = make_run(tmp_path / "run")
    view.presenter.show_run(view.run)
    view.tabs.setCurrentWidget(view.all_tabs.curves_view)
    qtbot.waitUntil(lambda: view.all_tabs.curves.state.curves is not None)
    return view


def words(view, name):
    return view.findChild(QLabel, name).text()


def click(qtbot, view, name):
    qtbot.mouseClick(view.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def test_a_class_is_told_from_the_rest_and_calibration_is_said_in_words(shown) -> None:
    model = shown.all_tabs.curves_view.classes.model()
    assert [model.index(0, column).data() for column in range(4)] == ["yes", "0.750", "0.800", "2"]
    told = words(shown, "results_calibration_words")
    assert "90% sure on average and is right in 75%: too sure" in told
    assert "by 2.00 takes the calibration error from 15.0% to 5.0%" in told


def test_the_threshold_that_is_chosen_is_obeyed_by_predictions(qtbot, shown) -> None:
    assert decision.read(shown.run).threshold("yes") == 0.5
    click(qtbot, shown, "results_threshold_best")
    assert shown.all_tabs.curves_view.threshold.line.value() == pytest.approx(0.3)
    assert words(shown, "results_threshold_used") == "predictions use 0.50"
    click(qtbot, shown, "results_threshold_use")
    assert decision.read(shown.run).threshold("yes") == pytest.approx(0.3)
    assert words(shown, "results_threshold_used") == "predictions use 0.30"
    assert not shown.findChild(QPushButton, "results_threshold_use").isEnabled()


def test_a_threshold_that_is_dragged_is_told_in_words(shown) -> None:
    line = shown.all_tabs.curves_view.threshold.line
    line.setValue(0.42)
    line.sigDragged.emit(line)
    assert words(shown, "results_threshold_words").startswith("4 of 4 samples are “yes” then; 50%")
    line.setValue(1.0)
    line.sigDragged.emit(line)
    assert words(shown, "results_threshold_words") == "Nothing is “yes” at this threshold."


def test_the_threshold_is_moved_by_keys_too_and_stays_between_0_and_1(qtbot, shown) -> None:
    plot, presenter = shown.all_tabs.curves_view.threshold, shown.all_tabs.curves
    presenter.choose_threshold(0.5)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    qtbot.keyClick(plot, Qt.Key.Key_PageUp)
    assert presenter.state.threshold == pytest.approx(0.61)
    assert plot.line.value() == pytest.approx(0.61)
    assert plot.accessibleDescription() == "yes: 0.61"
    for _ in range(5):
        qtbot.keyClick(plot, Qt.Key.Key_PageUp)
    assert presenter.state.threshold == 1.0


def test_the_fitted_temperature_can_be_switched_on_and_off(qtbot, shown) -> None:
    click(qtbot, shown, "results_temperature")
    assert decision.read(shown.run).temperature == 2.0
    click(qtbot, shown, "results_temperature")
    assert decision.read(shown.run).temperature == 1.0


def test_a_run_that_was_evaluated_before_there_were_curves_says_so(qtbot, view, tmp_path) -> None:
    view.presenter.show_run(make_run(tmp_path / "old", with_curves=False))
    qtbot.waitUntil(lambda: view.all_tabs.curves.state.error is not None)
    assert "Evaluate it again" in words(view, "results_curves_banner_text")


def test_a_headline_says_where_it_lies_with_other_samples(qtbot, view, tmp_path) -> None:
    view.presenter.show_run(make_run(tmp_path / "run", intervals={"accuracy": (0.301, 0.949)}))
    qtbot.waitUntil(lambda: view.presenter.state.phase == "shown")
    assert words(view, "results_figure_0_note") == "30–95% · guess 50%"
    assert "between 30.1% and 94.9% (95 % bootstrap" in view.figures[0].toolTip()


def test_another_split_is_evaluated_and_then_shown(qtbot, view, tmp_path) -> None:
    run = make_run(tmp_path / "run")
    view.presenter.show_run(run)
    qtbot.waitUntil(lambda: view.presenter.state.phase == "shown")
    view.splits.setFocus()
    qtbot.keyClick(view.splits, Qt.Key.Key_Down)
    (request,) = view.engines.asked
    assert (request.run, request.split) == (str(run), "validation")
    assert view.splits.chosen() == "test"
    view.engines.worker.said.emit(events.Working(words="Evaluating", done=1, total=4))
    assert words(view, "results_evaluating_words").startswith("Evaluating")
    evaluations.write(run, figures("validation"), SAMPLES)
    view.engines.worker.said.emit(events.Studied(file="evaluation/validation.json"))
    qtbot.waitUntil(lambda: view.presenter.state.split == "validation")
    assert not view.findChild(QPushButton, "results_evaluating_stop").isVisible()


def test_an_evaluation_is_stopped_at_once(qtbot, view, tmp_path) -> None:
    view.presenter.show_run(make_run(tmp_path / "run"))
    qtbot.waitUntil(lambda: view.presenter.state.phase == "shown")
    view.presenter.choose_split("train")
    click(qtbot, view, "results_evaluating_stop")
    assert view.engines.worker.killed
    assert not view.findChild(QPushButton, "results_evaluating_stop").isVisible()


@pytest.mark.parametrize("lost", ["", "{"])
def test_a_trained_run_without_readable_figures_is_evaluated_by_a_click(
    qtbot, view, tmp_path, lost
) -> None:
    run = make_run(tmp_path / "run")
    if lost:
        (run / "evaluation" / "test.json").write_text(lost)
    else:
        shutil.rmtree(run / "evaluation")
    (run / "checkpoints").mkdir(exist_ok=True)
    (run / "checkpoints" / "best.npz").touch()
    view.presenter.show_run(run)
    qtbot.waitUntil(lambda: view.presenter.state.phase in ("failed", "unevaluated"))
    assert not view.splits.isVisible()
    click(qtbot, view, "results_unevaluated_action")
    asked = view.engines.asked[-1]
    assert (Path(asked.run), asked.split) == (run, "test")


def test_an_evaluation_that_fails_says_why(qtbot, view, tmp_path) -> None:
    view.presenter.show_run(make_run(tmp_path / "run"))
    qtbot.waitUntil(lambda: view.presenter.state.phase == "shown")
    view.presenter.choose_split("train")
    view.engines.worker.said.emit(events.Failed(problem="The data are gone.", remedy="Fetch them."))
    assert "The data are gone." in words(view, "results_evaluating_banner_text")


def test_the_share_within_an_error_counts_what_is_not_finite_as_far_off() -> None:
    some = Samples(
        stem=np.array(list("abcd")), target=np.zeros(4),
        prediction=np.array([1.0, -2.0, 3.0, np.nan]), confidence=np.empty(0),
        true_probability=np.empty(0), loss=np.zeros(4),
    )  # fmt: skip
    off, share = share_within(some)
    assert (off[0], off[-1]) == (1.0, 3.0)
    assert share[-1] == pytest.approx(3 / 4)
    assert off[np.searchsorted(share, 0.45)] == 2.0
