"""The chosen runs beside each other in the window."""

import pytest
from comparing import classified, run_of
from PySide6.QtCore import QPoint, Qt

from workbench.gui.presenters.compare.chosen import HINT, ChosenPresenter
from workbench.gui.widgets.compare.chosen import ChosenView


@pytest.fixture
def presenter(qtbot):
    made = ChosenPresenter()
    yield made
    made.close()


@pytest.fixture
def asked(tmp_path):
    return tmp_path / "page.html", tmp_path / "rows.csv"


@pytest.fixture
def view(qtbot, presenter, asked):
    def answer(file):
        return lambda parent, name, then: then(file)

    made = ChosenView(presenter, ask=(answer(asked[0]), answer(asked[1])))
    qtbot.addWidget(made)
    made.resize(1000, 400)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def folders(tmp_path):
    """Ten cats; the first is right on seven, the second on four of these and on another one."""
    runs = tmp_path / "runs"
    one = classified(runs, "plain", [0] * 7 + [1] * 3, curve=(0.5, 0.7))
    two = classified(runs, "focal", [0] * 4 + [1] * 4 + [0, 1], loss="focal", curve=(0.4, 0.5))
    return [one.folder, two.folder]


@pytest.fixture
def shown(qtbot, view, presenter, folders):
    presenter.choose(folders)
    qtbot.waitUntil(lambda: presenter.state.comparison is not None)
    return view


def column(table, place):
    rows = table.rows
    return [rows.data(rows.index(row, place)) for row in range(rows.rowCount())]


def test_it_says_what_to_do_until_two_runs_are_chosen(view, presenter, folders):
    presenter.choose(folders[:1])
    assert view.hint.isVisible()
    assert view.hint.text() == HINT


def test_curves_of_both_are_drawn_and_follow_the_axis(qtbot, shown, presenter):
    assert presenter.state.figure == "accuracy"
    assert "plain 0.7 at epoch 2" in shown.plot.accessibleDescription()
    shown.axis.setCurrentIndex(2)
    shown.axis.picked.emit(shown.axis.chosen())
    assert "focal 0.5 at seconds of training 4" in shown.plot.accessibleDescription()


def test_values_of_a_loss_are_drawn_with_a_warning(shown, presenter):
    presenter.choose_figure("loss")
    assert "do not compare" in shown.beware.text()


def test_runs_that_differ_by_their_seed_become_one_line_or_two(qtbot, view, presenter, tmp_path):
    runs = [run_of(tmp_path / "runs", "a", seed=seed) for seed in (1, 2)]
    presenter.choose([run.folder for run in runs])
    qtbot.waitUntil(lambda: presenter.state.comparison is not None)
    assert len(presenter.state.lines) == 1
    assert view.means.isVisible()
    qtbot.mouseClick(view.means, Qt.MouseButton.LeftButton, pos=QPoint(8, view.means.height() // 2))
    assert len(presenter.state.lines) == 2


def test_settings_that_differ_stand_above_the_figures(shown):
    names = column(shown.figure_table, 0)
    assert names.index("objective.loss.name") < names.index("test accuracy")
    assert column(shown.figure_table, 2)[names.index("objective.loss.name")] == "focal"
    assert column(shown.figure_table, 1)[names.index("test accuracy")] == "70.0% *"


def test_samples_are_listed_by_who_is_right(qtbot, shown, presenter):
    shown.tabs.setCurrentIndex(2)
    assert set(column(shown.samples, 0)) == {"s4", "s5", "s6"}
    shown.part.setCurrentIndex(1)
    shown.part.picked.emit(shown.part.chosen())
    assert [column(shown.samples, place) for place in range(4)] == [
        ["s8"],
        ["cat"],
        ["dog"],
        ["cat"],
    ]


def test_a_sample_that_is_chosen_is_asked_for(qtbot, shown, presenter):
    shown.tabs.setCurrentIndex(2)
    with qtbot.waitSignal(presenter.sample_changed) as told:
        shown.samples.selectRow(1)
    assert told.args == [column(shown.samples, 0)[1]]


def test_a_cell_of_the_difference_lists_what_only_one_put_there(qtbot, shown, presenter):
    shown.tabs.setCurrentIndex(2)
    qtbot.waitUntil(lambda: shown.matrix.width() > 50)
    place = shown.matrix.place_of(0, 1).toPoint()
    qtbot.mouseClick(shown.matrix, Qt.MouseButton.LeftButton, pos=place)
    assert presenter.state.cell == (0, 1)
    assert set(column(shown.samples, 0)) == {"s4", "s5", "s6", "s8"}
    assert shown.matrix.words_of(0, 1) == "cat, taken for dog: 2 more by focal than by plain"


def test_a_double_click_opens_the_first_run(qtbot, shown, folders):
    shown.tabs.setCurrentIndex(2)
    qtbot.waitUntil(lambda: shown.samples.viewport().height() > 40)
    place = shown.samples.visualRect(shown.samples.rows.index(0, 0)).center()
    with qtbot.waitSignal(shown.run_wished) as told:
        qtbot.mouseClick(shown.samples.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseDClick(shown.samples.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told.args == [folders[0]]


def test_the_comparison_is_saved_as_a_page_and_as_rows(qtbot, shown, presenter, asked):
    for action in shown.save.menu().actions():
        action.trigger()
    qtbot.waitUntil(lambda: all(file.exists() for file in asked))
    assert "focal and plain cannot be told apart on 10 samples" in asked[0].read_text()
    qtbot.waitUntil(shown.banner.isVisible)


def test_a_run_that_is_gone_is_told_and_others_are_read(qtbot, view, presenter, folders, tmp_path):
    presenter.choose([folders[0], tmp_path / "gone"])
    qtbot.waitUntil(lambda: presenter.state.error is not None)
    assert view.banner.isVisible()
    presenter.choose(folders)
    qtbot.waitUntil(lambda: presenter.state.comparison is not None)
    assert not view.banner.isVisible()
