"""The real window with the real engine on real files, as a person would use it."""

import os
import signal

import numpy as np
import psutil
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QTableView,
)

from workbench.gui import results_tabs
from workbench.gui.app import Workbench
from workbench.gui.opening import make_application
from workbench.runs import store

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

WAIT = 60_000


@pytest.fixture
def bench(qtbot, tmp_path, monkeypatch):
    # No program of the desktop shall open what is written.
    monkeypatch.setattr(results_tabs, "open_with_desktop", lambda path: None)
    make_application()
    made = Workbench(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    made.show()
    qtbot.waitExposed(made.window)
    yield made
    made.close()
    made.window.busy = False
    made.window.close()
    made.window.deleteLater()


def click(qtbot, bench, name):
    button = bench.window.findChild(QAbstractButton, name)
    assert button is not None, name
    assert button.isEnabled(), name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def text(bench, name):
    return bench.window.findChild(QLabel, name).text()


def until(qtbot, fact):
    qtbot.waitUntil(fact, timeout=WAIT)


def open_and_cook(qtbot, bench, folder, epochs):
    bench.open_folder(folder)
    until(qtbot, lambda: bench.data.state.phase in {"shown", "failed"})
    assert bench.data.state.phase == "shown", bench.data.state.error
    click(qtbot, bench, "data_next")
    bench.recipe.change("training.epochs", epochs)


def test_a_sample_project_is_opened_trained_stopped_and_its_results_are_shown(qtbot, bench):
    bench.start.open_sample("shapes")
    until(qtbot, lambda: bench.data.state.phase == "shown")
    assert bench.window.stage == "data"
    assert "900 samples" in text(bench, "data_subtitle")
    assert bench.window.findChild(QTableView, "data_table").model().rowCount() == 900
    click(qtbot, bench, "data_next")
    bench.recipe.change("training.epochs", 500)
    click(qtbot, bench, "recipe_train")
    assert bench.window.stage == "train"
    until(qtbot, lambda: bench.train.curves.best >= 1)
    assert len(bench.train.curves.steps) >= 20
    until(qtbot, lambda: text(bench, "train_loss_value") != "–")
    click(qtbot, bench, "train_stop")
    assert bench.train.state.phase == "stopping"
    until(qtbot, lambda: bench.train.state.phase == "done")
    assert store.find(bench.train.state.folder).status().phase == "stopped"
    click(qtbot, bench, "train_results")
    until(qtbot, lambda: bench.results.state.phase == "shown")
    assert bench.window.stage == "results"
    assert bench.results.state.results.split == "test"
    assert np.sum(bench.results.state.results.confusion) == 135


def test_a_folder_of_class_folders_is_trained_to_the_end(qtbot, bench, shapes):
    open_and_cook(qtbot, bench, shapes, 2)
    assert bench.recipe.state.spec.modalities == ("image", "audio", "text")
    click(qtbot, bench, "recipe_train")
    until(qtbot, lambda: bench.train.state.phase in {"done", "failed"})
    assert bench.train.state.error is None
    run = store.find(bench.train.state.folder)
    assert run.status().phase == "done"
    assert run.status().epoch == 2
    assert {"test_accuracy", "validation_loss"} <= set(run.status().metrics)
    names = {entry.name for entry in run.folder.iterdir()}
    assert {"spec.json", "environment.json", "events.jsonl", "status.json"} <= names
    until(qtbot, lambda: bench.results.state.phase == "shown")
    look_from_all_sides(qtbot, bench, run)


def look_from_all_sides(qtbot, bench, run):
    """The tabs of the results with the real engine: questions, longer work, and a report."""
    tabs = bench.results_tabs
    bench.window.show_stage("results")
    bench.results_view.tabs.setCurrentWidget(tabs.microscope_view)
    until(qtbot, lambda: bool(tabs.microscope.state.bars))
    assert tabs.microscope.state.error is None
    assert set(tabs.microscope.state.maps.maps) == {"image", "audio", "text"}
    assert max(bar.share for bar in tabs.microscope.state.bars) > 0
    bench.results_view.tabs.setCurrentWidget(tabs.modalities_view)
    click(qtbot, bench, "results_contribute_start")
    until(qtbot, lambda: tabs.modalities.state.phase in {"shown", "failed"})
    found = tabs.modalities.state.found
    assert sum(row.shapley for row in found.modalities) == pytest.approx(found.gain)
    bench.results_view.tabs.setCurrentWidget(tabs.handover_view)
    click(qtbot, bench, "results_report_card")
    until(qtbot, lambda: tabs.handover.state.written is not None)
    assert "Shapley" in (run.folder / "report" / "MODEL_CARD.md").read_text("utf-8")


def test_a_killed_engine_is_a_failed_run_and_the_window_goes_on(qtbot, bench, shapes):
    open_and_cook(qtbot, bench, shapes, 500)
    click(qtbot, bench, "recipe_train")
    until(qtbot, lambda: len(bench.train.curves.steps) > 0)
    os.kill(bench.engines.alive[0].pid, signal.SIGKILL)
    until(qtbot, lambda: bench.train.state.phase == "failed")
    assert "killed from outside" in bench.train.state.error.problem
    assert bench.train_view.banner.isVisible()
    assert store.find(bench.train.state.folder).status().phase == "failed"
    # The next run starts as if nothing had happened.
    bench.recipe.change("training.epochs", 1)
    bench.window.show_stage("recipe")
    click(qtbot, bench, "recipe_train")
    until(qtbot, lambda: bench.train.state.phase in {"done", "failed"})
    assert bench.train.state.error is None


def test_a_run_stopped_before_its_first_step_ends_and_leaves_no_process(qtbot, bench, shapes):
    open_and_cook(qtbot, bench, shapes, 5)
    until(qtbot, lambda: bench.engines.state.phase == "ready")
    engine = psutil.Process(bench.engines.alive[0].pid)
    click(qtbot, bench, "recipe_train")
    click(qtbot, bench, "train_stop")
    until(qtbot, lambda: bench.train.state.phase == "done")
    until(qtbot, lambda: not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE)
    assert store.find(bench.train.state.folder).status().phase in {"discarded", "stopped"}


def test_discard_ends_the_run_at_once(qtbot, bench, shapes):
    open_and_cook(qtbot, bench, shapes, 500)
    click(qtbot, bench, "recipe_train")
    until(qtbot, lambda: len(bench.train.curves.steps) > 0)
    click(qtbot, bench, "train_discard")
    until(qtbot, lambda: bench.train.state.phase == "done")
    assert store.find(bench.train.state.folder).status().phase == "discarded"


def test_a_value_out_of_range_is_marked_and_training_waits(qtbot, bench, shapes):
    open_and_cook(qtbot, bench, shapes, 5)
    field = bench.window.findChild(QAbstractSpinBox, "recipe_learning_rate")
    field.selectAll()
    qtbot.keyClicks(field, "0")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    train = bench.window.findChild(QAbstractButton, "recipe_train")
    until(qtbot, lambda: not train.isEnabled())
    assert "≤ 10" in bench.recipe.state.errors["training.learning_rate"]
    assert bench.recipe.state.spec.training.learning_rate == 1e-3


def test_a_folder_with_nothing_usable_is_said_in_the_window(qtbot, bench, tmp_path):
    folder = tmp_path / "nothing here"
    folder.mkdir()
    bench.open_folder(folder)
    until(qtbot, lambda: bench.data.state.phase == "failed")
    assert "holds no pictures, sounds or texts" in str(bench.data.state.error)
    assert bench.window.isVisible()


def test_another_loss_can_be_chosen_and_is_what_the_run_uses(qtbot, bench, tmp_path):
    from workbench.data.samples import SAMPLES

    folder = SAMPLES["gauges"].make(tmp_path / "gauges", samples=90)
    open_and_cook(qtbot, bench, folder, 1)
    picker = bench.window.findChild(QComboBox, "recipe_loss")
    assert picker is not None
    bench.recipe.change("objective.loss.name", "absolute_error")
    click(qtbot, bench, "recipe_train")
    until(qtbot, lambda: bench.train.state.phase in {"done", "failed"})
    assert bench.train.state.error is None
    run = store.find(bench.train.state.folder)
    assert run.spec().objective.loss.name == "absolute_error"
    assert "test_mae" in run.status().metrics


def test_closing_during_a_run_asks_then_stops_keeps_and_closes(qtbot, bench, shapes):
    open_and_cook(qtbot, bench, shapes, 500)
    click(qtbot, bench, "recipe_train")
    until(qtbot, lambda: bench.train.curves.best >= 1)
    bench.window.close()
    assert bench.window.isVisible()
    click(qtbot, bench, "close_stop")
    until(qtbot, lambda: not bench.window.isVisible())
    assert store.find(bench.train.state.folder).status().phase == "stopped"


def test_a_past_run_is_opened_with_its_curve_its_results_and_its_recipe(qtbot, bench, shapes):
    open_and_cook(qtbot, bench, shapes, 2)
    bench.recipe.change("model.fusion.name", "gated")
    click(qtbot, bench, "recipe_train")
    until(qtbot, lambda: bench.train.state.phase in {"done", "failed"})
    folder, steps = bench.train.state.folder, len(bench.train.curves.steps)
    bench.recipe.change("model.fusion.name", "average")
    bench.open_run(folder)
    until(qtbot, lambda: bench.results.state.phase == "shown")
    assert len(bench.train.curves.steps) == steps
    until(qtbot, lambda: bench.recipe.state.spec.model.fusion.name == "gated")


def test_a_run_goes_on_in_the_background_and_is_watched_and_stopped_by_the_next_window(
    qtbot, bench, shapes, tmp_path
):
    open_and_cook(qtbot, bench, shapes, 500)
    click(qtbot, bench, "recipe_train")
    until(qtbot, lambda: bench.train.curves.best >= 1)
    folder = bench.train.state.folder
    bench.window.close()
    click(qtbot, bench, "close_background")
    until(qtbot, lambda: not bench.window.isVisible())
    bench.close()
    assert store.find(folder).under_way
    again = Workbench(QSettings(str(tmp_path / "again.ini"), QSettings.Format.IniFormat))
    again.show()
    try:
        until(qtbot, lambda: "goes on training" in text(again, "start_banner_text"))
        again.start.refresh()
        again.open_run(folder)
        known = len(again.train.curves.steps)
        assert again.train.state.held
        until(qtbot, lambda: len(again.train.curves.steps) > known)
        steps = again.train.curves.steps
        assert np.array_equal(steps.x, np.unique(steps.x))
        click(qtbot, again, "train_stop")
        until(qtbot, lambda: again.train.state.phase == "done")
        assert again.train.state.has_results
        assert store.find(folder).status().phase == "stopped"
        until(qtbot, lambda: again.results.state.phase == "shown")
    finally:
        again.close()
        again.window.busy = False
        again.window.close()
        again.window.deleteLater()
