"""The replay of a run in the window: time line, play, answers of each epoch."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QSlider

from workbench.gui.presenters.insight import replay as presenters
from workbench.gui.presenters.insight.replay import ReplayPresenter
from workbench.gui.presenters.results import ResultsState
from workbench.gui.widgets.evaluation_tables import EvaluationTable
from workbench.gui.widgets.insight.replay import ReplayView
from workbench.runs import store

_made = importlib.util.spec_from_file_location(
    "runs_to_replay", Path(__file__).parents[1] / "core" / "runs" / "test_replay.py"
)
runs = importlib.util.module_from_spec(_made)
_made.loader.exec_module(runs)


@pytest.fixture
def run(tmp_path):
    outputs = np.eye(3)[np.array(runs.SAID)] * np.log(8.0)
    return runs.run_of(
        tmp_path, "category", "cross_entropy", outputs, runs.TRUE, ("a", "b", "c")
    )  # fmt: skip


@pytest.fixture
def presenter():
    made = ReplayPresenter()
    yield made
    made.close()


@pytest.fixture
def view(qtbot, presenter):
    made = ReplayView(presenter)
    qtbot.addWidget(made)
    made.resize(1060, 620)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def shown(qtbot, view, presenter, run):
    presenter.follow(ResultsState(phase="shown", folder=run.folder))
    qtbot.waitUntil(lambda: presenter.state.phase == "shown")
    return view


def cells(view):
    table = view.findChild(EvaluationTable, "replay_table").rows
    return [[table.data(table.index(row, column)) for column in range(table.columnCount())]
            for row in range(table.rowCount())]  # fmt: skip


def test_a_replay_begins_at_the_last_epoch(shown):
    assert shown.findChild(QLabel, "replay_headline").text().startswith("Epoch 3 of 3 · ")
    assert shown.findChild(QSlider, "replay_line").value() == 3


def test_the_time_line_scrubs_figures_and_answers(qtbot, shown, presenter):
    line = shown.findChild(QSlider, "replay_line")
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_Home)
    assert presenter.state.moment.epoch == 1
    assert "validation loss 3" in shown.findChild(QLabel, "replay_headline").text()
    by_name = {row[0]: row for row in cells(shown)}
    assert by_name["s1"][2] == "✗ b 80%"
    qtbot.keyClick(line, Qt.Key.Key_Right)
    by_name = {row[0]: row for row in cells(shown)}
    assert by_name["s1"][2] == "✓ a 80%"
    assert by_name["s2"][3] == "■□■"


def test_play_goes_from_the_beginning_to_the_end_and_stands_still(
    qtbot, shown, presenter, monkeypatch
):
    monkeypatch.setattr(presenters, "_SLOWEST", presenters._QUICKEST)
    seen = []
    presenter.changed.connect(lambda state: seen.append(state.moment.epoch))
    button = shown.findChild(QPushButton, "replay_play")
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert button.text() == "Stand still"
    qtbot.waitUntil(lambda: not presenter.state.playing)
    assert sorted(set(seen)) == [1, 2, 3]
    assert presenter.state.moment.epoch == 3
    assert button.text() == "Play"


def test_a_replay_that_is_not_seen_stands_still(qtbot, shown, presenter):
    presenter.play()
    assert presenter.state.playing
    shown.hide()
    assert not presenter.state.playing


def test_samples_are_ordered_and_searched(qtbot, shown):
    assert cells(shown)[0][0] == "s2"
    shown.orders.picked.emit("name")
    assert [row[0] for row in cells(shown)] == ["s0", "s1", "s2", "s3"]
    field = shown.findChild(QLineEdit, "replay_search")
    field.setFocus()
    qtbot.keyClicks(field, "s3")
    assert [row[0] for row in cells(shown)] == ["s3"]


def test_a_sample_is_looked_at_by_enter(qtbot, shown, presenter):
    table = shown.findChild(EvaluationTable, "replay_table")
    table.setFocus()
    table.setCurrentIndex(table.model().index(0, 0))
    with qtbot.waitSignal(presenter.sample_chosen) as chosen:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert chosen.args == ["s2"]


def test_what_training_weighed_is_told_of_the_epoch(shown, presenter):
    presenter.choose_epoch(2)
    assert "Learning rate 0.05" in shown.findChild(QLabel, "replay_weighed").text()


def test_a_run_that_recorded_nothing_says_why(qtbot, view, presenter, tmp_path):
    bare = store.create(tmp_path / "bare", runs.recipe("category", "cross_entropy"))
    presenter.follow(ResultsState(phase="shown", folder=bare.folder))
    qtbot.waitUntil(lambda: presenter.state.phase == "refused")
    words = view.findChild(QLabel, "replay_refused_sentence").text()
    assert "before samples were recorded" in words
