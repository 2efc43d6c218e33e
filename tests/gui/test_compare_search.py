"""Searches in the window."""

import math

import dueling
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from workbench.gui.plots.compare.search import place_of
from workbench.gui.presenters.compare.search import SearchPresenter
from workbench.gui.widgets.compare.search import SearchView
from workbench.runs.queue import Queue
from workbench.runs.store import Run
from workbench.searching import advance, store
from workbench.searching.space import Hyperparameter, parse
from workbench.searching.spec import search_of

RATE = "training.learning_rate"


@pytest.fixture
def presenter(qtbot, tmp_path):
    made = SearchPresenter(tmp_path / "runs")
    yield made
    made.close()
    qtbot.waitUntil(lambda: not made._work.busy)


@pytest.fixture
def view(qtbot, presenter):
    made = SearchView(presenter)
    qtbot.addWidget(made)
    made.resize(1060, 640)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def planned(qtbot, view, presenter):
    presenter.use_recipe(dueling.recipe())
    qtbot.waitUntil(lambda: presenter.state.form is not None)
    return view


def finished(runs, trials=10):
    """A search that is over, the best where the learning rate is 1e-2."""
    recipe = dueling.recipe()
    space = [parse(recipe, f"{RATE}=1e-4..1e-1"),
             parse(recipe, "objective.loss.name=squared_error,huber")]  # fmt: skip
    search = store.create(runs, search_of(recipe, space, trials=trials, sampler="random"))
    Queue(runs).settle(at_once=5)
    while not advance.is_over(search.spec(), found := advance.advance(search)):
        for each in found:
            if each.fate == "running":
                off = abs(math.log10(each.values[RATE]) + 2)
                dueling.finish(Run(search.runs / each.run), off)
    return search


@pytest.fixture
def shown(qtbot, view, presenter, tmp_path):
    search = finished(tmp_path / "runs")
    presenter.open(search.folder)
    qtbot.waitUntil(lambda: presenter.state.shown is not None)
    return view


def test_without_a_recipe_it_says_what_is_missing(view):
    assert view.form.empty.isVisible()
    assert not view.form.page.isVisible()


def test_the_learning_rate_is_offered_first_and_ticked(planned):
    places = list(planned.form.boxes)
    assert places[0] == RATE
    assert [place for place in places if planned.form.boxes[place].isChecked()] == [RATE]


def test_a_search_is_begun_with_what_was_ticked_and_typed(qtbot, planned, presenter, tmp_path):
    line = planned.form.ranges[RATE]
    line.clear()
    qtbot.keyClicks(line, "1e-3..1e-2")
    box = planned.form.boxes["objective.loss.name"]
    box.click()
    line = planned.form.ranges["objective.loss.name"]
    line.clear()
    qtbot.keyClicks(line, "huber,log_cosh")
    planned.form.trials.setValue(7)
    qtbot.mouseClick(planned.form.begin, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: presenter.state.page == "search")
    made = store.every(tmp_path / "runs")[0].spec()
    assert [each.words for each in made.space] == ["0.001..0.01", "huber,log_cosh"]
    assert made.trials == 7


def test_a_range_that_does_not_fit_is_told_and_nothing_is_made(qtbot, planned, presenter, tmp_path):
    line = planned.form.ranges[RATE]
    line.clear()
    qtbot.keyClicks(line, "5..1")
    qtbot.mouseClick(planned.form.begin, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: presenter.state.error is not None)
    assert planned.banner.isVisible()
    assert store.every(tmp_path / "runs") == []


def test_the_best_trial_what_matters_and_all_trials_are_shown(shown):
    assert "is the best" in shown.shown.headline.text()
    assert shown.shown.importance.accessibleDescription().startswith("training.learning_rate")
    assert shown.shown.trials.rows.rowCount() == 10
    assert "10 trials over" in shown.shown.parallel.accessibleDescription()
    assert shown.shown.beware.isVisible()


def test_a_double_click_on_a_trial_opens_its_run(qtbot, shown, presenter):
    table = shown.shown.trials
    shown.shown.tabs.setCurrentWidget(table)
    qtbot.waitUntil(lambda: table.viewport().height() > 40)
    place = table.visualRect(table.rows.index(0, 0)).center()
    with qtbot.waitSignal(presenter.run_wished) as told:
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told.args[0].name == presenter.state.shown.standing.trials[0].run


def test_the_duel_of_the_best_against_the_recipe_is_proposed(qtbot, shown, presenter):
    button = shown.findChild(QPushButton, "search_duel")
    with qtbot.waitSignal(presenter.duel_wished) as told:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert told.args[0].contestants[0].name == "recipe"


def test_a_search_is_halted_and_goes_on(qtbot, planned, presenter):
    qtbot.mouseClick(planned.form.begin, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: presenter.state.shown is not None)
    qtbot.mouseClick(planned.shown.halt, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not presenter.state.shown.started)
    assert "halted" in planned.shown.progress.text()
    qtbot.mouseClick(planned.shown.go_on, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: presenter.state.shown.started)


def test_a_damaged_search_is_told_and_the_others_are_listed(qtbot, shown, presenter, tmp_path):
    bad = tmp_path / "runs" / "searches" / "20990101-000000-bad"
    bad.mkdir()
    (bad / "search.json").write_text("{")
    presenter.open(bad.resolve())
    qtbot.waitUntil(lambda: presenter.state.error is not None)
    assert presenter.state.rows[0].words == "Damaged"
    assert len(presenter.state.rows) == 2


@pytest.mark.parametrize(
    ("space", "value", "place"),
    [
        (Hyperparameter(place="a.b", kind="float", low=1, high=100, log=True), 10.0, 0.5),
        (Hyperparameter(place="a.b", kind="int", low=0, high=4), 1, 0.25),
        (Hyperparameter(place="a.b", kind="choice", choices=("x", "y", "z")), "z", 1.0),
        (Hyperparameter(place="a.b", kind="choice", choices=("x", "y")), "w", math.nan),
    ],
)
def test_values_lie_on_their_axis(space, value, place):
    assert np.isclose(place_of(space, value), place, equal_nan=True)
