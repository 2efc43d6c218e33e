"""Duels in the window: the form, what is begun, the race, the verdict."""

import dueling
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QListWidget, QPushButton, QSpinBox

from workbench.duels import advance, store
from workbench.duels.race import Lane
from workbench.duels.spec import duel_of
from workbench.gui.presenters.compare.duel import DuelPresenter
from workbench.gui.widgets.compare.duel import DuelView
from workbench.gui.widgets.evaluation_tables import EvaluationTable
from workbench.runs.store import Run, Status

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def folder(tmp_path):
    made = (tmp_path / "runs").resolve()
    made.mkdir()
    return made


@pytest.fixture
def presenter(qtbot, folder):
    made = DuelPresenter(folder)
    yield made
    made.close()
    qtbot.waitUntil(lambda: not made._work.busy)


@pytest.fixture
def view(qtbot, presenter):
    made = DuelView(presenter)
    qtbot.addWidget(made)
    made.resize(1080, 640)
    with qtbot.waitExposed(made):
        made.show()
    qtbot.waitUntil(lambda: not presenter._work.busy)
    return made


def press(qtbot, view, name):
    button = view.findChild(QPushButton, name)
    assert button.isEnabled()
    qtbot.mouseClick(button, LEFT)


def words(view, name):
    return view.findChild(QLabel, name).text()


def box(view, name):
    return view.findChild(QCheckBox, f"duel_choose_{name}")


def finished(folder, huber=1.0):
    """A duel that is over."""
    duel = dueling.create(folder, dueling.losses(rates=(1.0,)))
    means = {"Squared error": 2.0, "Huber": huber}
    dueling.train(duel, lambda place: means[place.contestant] + 0.1 * place.seed)
    return duel


def open_duel(qtbot, view, presenter, duel):
    presenter.open(duel.folder)
    qtbot.waitUntil(lambda: presenter.state.shown is not None)


def test_without_a_recipe_the_form_says_what_is_missing(view):
    assert "Open data first" in words(view, "duel_form_empty_sentence")
    assert not view.findChild(QPushButton, "duel_begin").isVisible()


def test_the_form_begins_with_the_loss_of_the_recipe_against_the_next(view, presenter):
    presenter.use_recipe(dueling.recipe())
    assert box(view, "squared_error").isChecked()
    assert presenter.state.form.chosen[0] == "squared_error"
    assert len(presenter.state.form.chosen) == 2
    assert view.findChild(QSpinBox, "duel_repeats").value() == 6
    assert words(view, "duel_total").startswith("18 runs")


def test_a_third_contestant_asks_for_more_repeats(qtbot, view, presenter):
    presenter.use_recipe(dueling.recipe())
    box(view, "log_cosh").setFocus()
    qtbot.keyClick(box(view, "log_cosh"), Qt.Key.Key_Space)
    assert view.findChild(QSpinBox, "duel_repeats").value() == 7
    assert "3 comparisons" in words(view, "duel_repeats_words")


def test_too_few_repeats_are_told_before_anything_is_trained(view, presenter):
    presenter.use_recipe(dueling.recipe())
    view.findChild(QSpinBox, "duel_repeats").setValue(5)
    assert "It takes 6" in words(view, "duel_repeats_words")


def test_no_more_than_six_can_be_chosen(qtbot, view, presenter):
    presenter.use_recipe(dueling.recipe())
    names = [each.name for each in presenter.state.form.offered if not each.reason]
    for name in names:
        if not box(view, name).isChecked() and box(view, name).isEnabled():
            box(view, name).setFocus()
            qtbot.keyClick(box(view, name), Qt.Key.Key_Space)
    assert len(presenter.state.form.chosen) == 6
    assert not all(box(view, name).isEnabled() for name in names)


def test_one_contestant_cannot_begin(qtbot, view, presenter):
    presenter.use_recipe(dueling.recipe())
    for name in presenter.state.form.chosen[1:]:
        box(view, name).setFocus()
        qtbot.keyClick(box(view, name), Qt.Key.Key_Space)
    assert not view.findChild(QPushButton, "duel_begin").isEnabled()


def test_a_duel_that_is_begun_waits_in_the_queue_and_is_shown(qtbot, view, presenter, folder):
    presenter.use_recipe(dueling.recipe())
    press(qtbot, view, "duel_begin")
    qtbot.waitUntil(lambda: presenter.state.shown is not None)
    assert len(store.every(folder)) == 1
    assert len(dueling.waiting(folder)) == 6
    assert "Not decided yet: 0 of 18 runs" in words(view, "duel_headline")
    assert view.findChild(QListWidget, "duel_list").count() == 1


def test_values_of_an_option_are_typed(qtbot, view, presenter, folder):
    presenter.use_recipe(dueling.recipe(loss="huber"))
    presenter.compare("typed")
    field = view.findChild(QLineEdit, "duel_typed")
    field.setFocus()
    qtbot.keyClicks(field, "0.5, 2")
    press(qtbot, view, "duel_begin")
    qtbot.waitUntil(lambda: presenter.state.shown is not None)
    made = store.every(folder)[0].spec()
    deltas = [made.spec_of(each).objective.loss.options["delta"] for each in made.contestants]
    assert deltas == [0.5, 2.0]


def test_a_value_out_of_range_is_told_and_nothing_is_made(qtbot, view, presenter, folder):
    presenter.use_recipe(dueling.recipe(loss="huber"))
    presenter.compare("typed")
    field = view.findChild(QLineEdit, "duel_typed")
    field.setFocus()
    qtbot.keyClicks(field, "0.5, -2")
    press(qtbot, view, "duel_begin")
    assert "delta" in words(view, "duel_banner_text")
    assert store.every(folder) == []


def test_an_ablation_is_one_click(qtbot, view, presenter):
    presenter.use_recipe(dueling.recipe())
    press(qtbot, view, "duel_ablate_modalities")
    assert "Image alone" in words(view, "duel_given")
    assert words(view, "duel_total").startswith("21 runs")


def test_a_proposed_duel_fills_the_form_with_its_reason(qtbot, view, presenter):
    made = duel_of(dueling.recipe(), "objective.loss.name", ["squared_error", "adaptive_robust"])
    with qtbot.waitSignal(presenter.shown_wished):
        presenter.propose(made, "The tails are heavy.")
    assert words(view, "duel_why") == "The tails are heavy."
    assert "Adaptive robust" in words(view, "duel_given")
    press(qtbot, view, "duel_new")
    assert presenter.state.form is None


def test_the_verdict_of_a_finished_duel_is_shown(qtbot, view, presenter, folder):
    open_duel(qtbot, view, presenter, finished(folder))
    assert words(view, "duel_headline") == "Huber is better than Squared error."
    assert "6 of 6 seeds, p = .03" in words(view, "duel_sentences")
    table = view.findChild(EvaluationTable, "duel_table")
    assert table.rows.rowCount() == 2
    assert [lane.name for lane in presenter.state.shown.race.lanes] == ["Squared error", "Huber"]


def test_a_click_on_a_dot_opens_the_run_of_that_seed(qtbot, view, presenter, folder):
    duel = finished(folder)
    open_duel(qtbot, view, presenter, duel)
    dots = view.shown.dots
    qtbot.waitUntil(lambda: dots.place_of("Huber", 3) is not None and dots.width() > 200)
    with qtbot.waitSignal(presenter.run_wished) as wished:
        qtbot.mouseClick(dots, LEFT, pos=dots.place_of("Huber", 3).toPoint())
    assert Run(wished.args[0]).spec().training.seed == 3
    assert Run(wished.args[0]).spec().objective.loss.name == "huber"


def test_a_run_that_was_thrown_away_is_told_when_its_dot_is_clicked(
    qtbot, view, presenter, folder
):  # fmt: skip
    duel = finished(folder)
    for each in duel.outcomes().every:
        (folder / each.run / "spec.json").unlink()
    open_duel(qtbot, view, presenter, duel)
    presenter.open_run("Huber", 3)
    assert "is gone" in words(view, "duel_banner_text")


def test_a_duel_is_halted_and_goes_on(qtbot, view, presenter, folder):
    duel = dueling.create(folder, dueling.losses(rates=(1.0,)))
    advance.advance(duel)
    open_duel(qtbot, view, presenter, duel)
    press(qtbot, view, "duel_halt")
    qtbot.waitUntil(lambda: not presenter.state.shown.outcomes.on)
    assert dueling.waiting(folder) == []
    press(qtbot, view, "duel_go_on")
    qtbot.waitUntil(lambda: presenter.state.shown.outcomes.on)
    assert len(dueling.waiting(folder)) == 12


def test_a_duel_that_goes_on_is_carried_on_though_another_one_is_looked_at(
    qtbot, view, presenter, folder
):
    duel, other = finished(folder), finished(folder)
    outcomes = duel.outcomes()
    lost = outcomes.every[0].model_copy(update={"fate": "failed", "metrics": {}})
    duel.write(outcomes.model_copy(update={"every": (lost, *outcomes.every[1:])}))
    Run(folder / lost.run).write_status(Status(phase="stopped"))
    open_duel(qtbot, view, presenter, duel)
    press(qtbot, view, "duel_go_on")
    qtbot.waitUntil(lambda: not presenter.state.shown.judgement.over)
    presenter.open(other.folder)
    qtbot.waitUntil(lambda: presenter.state.shown is not None)
    assert dueling.waiting(folder) == [lost.run]
    dueling.finish(Run(folder / lost.run), 2.1)
    presenter.refresh()
    qtbot.waitUntil(lambda: not presenter._work.busy)
    qtbot.waitUntil(lambda: duel.outcomes().every[0].fate == "done")


def test_words_about_a_run_that_is_gone_stay_until_something_else_is_done(
    qtbot, view, presenter, folder
):
    duel = finished(folder)
    for each in duel.outcomes().every:
        (folder / each.run / "spec.json").unlink()
    open_duel(qtbot, view, presenter, duel)
    presenter.open_run("Huber", 3)
    presenter.refresh()
    qtbot.waitUntil(lambda: not presenter._work.busy)
    assert "is gone" in words(view, "duel_banner_text")


def test_a_look_that_was_under_way_does_not_hide_the_duel_that_is_begun(qtbot, view, presenter):
    presenter.use_recipe(dueling.recipe())
    presenter.refresh()
    presenter.begin()
    qtbot.waitUntil(lambda: presenter.state.shown is not None)
    assert presenter.state.chosen is not None
    assert presenter.state.page == "duel"


def test_the_race_moves_as_runs_go_on(qtbot, view, presenter, folder):
    duel = dueling.create(folder, dueling.losses(rates=(1.0,)))
    first = Run(folder / advance.advance(duel).every[0].run)
    open_duel(qtbot, view, presenter, duel)
    assert not presenter.state.shown.race.lanes[0].runs
    dueling.finish(first, 1.5, epochs=3)
    presenter.refresh()
    qtbot.waitUntil(lambda: bool(presenter.state.shown.race.lanes[0].runs))
    assert presenter.state.shown.race.lanes[0].runs[1] == pytest.approx([9.0, 9.0, 1.5])


def test_a_damaged_duel_hides_no_other(qtbot, view, presenter, folder):
    finished(folder)
    bad = dueling.create(folder, dueling.losses(name="bad"))
    (bad.folder / "duel.json").write_text("{")
    presenter.refresh()
    qtbot.waitUntil(lambda: len(presenter.state.rows) == 2)
    assert {row.words for row in presenter.state.rows} == {"Done", "Damaged"}
    presenter.open(bad.folder)
    qtbot.waitUntil(lambda: presenter.state.error is not None)
    assert "duel.json" in words(view, "duel_banner_text")


def test_an_old_duel_can_be_changed_and_repeated(qtbot, view, presenter, folder):
    open_duel(qtbot, view, presenter, finished(folder))
    press(qtbot, view, "duel_again")
    assert presenter.state.page == "form"
    assert [each.name for each in presenter.state.form.contestants] == ["Squared error", "Huber"]


def test_a_band_is_mean_and_deviation_of_the_runs_that_got_there():
    lane = Lane("a", {1: np.array([1.0, 2.0, 3.0]), 2: np.array([3.0, 4.0])})
    epochs, mean, spread, count = lane.band()
    assert epochs.tolist() == [1, 2, 3]
    assert mean.tolist() == [2, 3, 3]
    assert spread == pytest.approx([2**0.5, 2**0.5, 0])
    assert count.tolist() == [2, 2, 1]
