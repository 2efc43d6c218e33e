"""The table of runs in the window."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit

from workbench import spec
from workbench.gui.presenters.compare.table import TablePresenter
from workbench.gui.widgets.compare.table import TableView
from workbench.runs import store
from workbench.runs.store import Status


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "runs"
    base = spec.from_data(
        {
            "data": {"folder": "/data", "target": "y", "task": "category"},
            "model": {"encoders": {"image": {"name": "image_cnn"}}},
            "objective": {"loss": {"name": "cross_entropy"}},
        }
    )
    for number, (loss, right) in enumerate(
        [("cross_entropy", 0.5), ("focal", 0.75), ("focal", 0.25)]
    ):
        chosen = spec.change_all(base, [("objective.loss.name", loss), ("name", f"run{number}")])
        run = store.create(folder, chosen)
        run = store.Run(run.folder.rename(folder / f"20260101-00000{number}-run{number}"))
        run.write_status(Status(phase="done", metrics={"test_accuracy": right}))
    return folder.resolve()


@pytest.fixture
def presenter(qtbot, runs):
    made = TablePresenter(runs)
    yield made
    made.close()


@pytest.fixture
def view(qtbot, presenter):
    made = TableView(presenter)
    qtbot.addWidget(made)
    made.resize(1000, 500)
    with qtbot.waitExposed(made):
        made.show()
    presenter.refresh()
    qtbot.waitUntil(lambda: not presenter.state.reading)
    return made


def column(view, name):
    place = view._presenter.state.columns.index(name)
    model = view.table.rows
    return [model.data(model.index(row, place)) for row in range(model.rowCount())]


def test_the_newest_run_stands_first_with_what_differs(view, presenter):
    assert column(view, "name") == ["run2", "run1", "run0"]
    assert column(view, "objective.loss.name") == ["focal", "focal", "cross_entropy"]
    assert column(view, "metrics.test_accuracy") == ["25.0%", "75.0%", "50.0%"]
    assert view.findChild(QLabel, "compare_words").text() == "3 runs"


def test_a_filter_that_is_typed_shows_what_it_means(qtbot, view):
    field = view.findChild(QLineEdit, "compare_filter")
    field.setFocus()
    qtbot.keyClicks(field, "test_accuracy>0.4 focal")
    assert column(view, "name") == ["run1"]
    assert view.findChild(QLabel, "compare_words").text() == "1 of 3 runs"
    field.clear()
    assert len(column(view, "name")) == 3


def test_a_filter_that_means_nothing_says_why_and_keeps_the_runs(qtbot, view):
    field = view.findChild(QLineEdit, "compare_filter")
    field.setFocus()
    qtbot.keyClicks(field, "test_acuracy>0.4")
    trouble = view.findChild(QLabel, "compare_trouble")
    assert trouble.isVisible()
    assert "test_accuracy" in trouble.text()
    assert len(column(view, "name")) == 3


def test_a_click_on_a_head_orders_up_then_down_then_not(qtbot, view, presenter):
    head = view.table.horizontalHeader()
    place = presenter.state.columns.index("metrics.test_accuracy")
    qtbot.waitUntil(lambda: head.sectionSize(place) > 20)
    middle = head.sectionViewportPosition(place) + head.sectionSize(place) // 2

    def click():
        point = head.rect().topLeft()
        point.setX(middle)
        point.setY(head.height() // 2)
        qtbot.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=point)

    click()
    assert column(view, "name") == ["run2", "run0", "run1"]
    click()
    assert column(view, "name") == ["run1", "run0", "run2"]
    click()
    assert column(view, "name") == ["run2", "run1", "run0"]


def test_groups_tell_their_means(view):
    view.groups.picked.emit("objective.loss.name")
    assert column(view, "name") == [
        "loss: focal · 2 runs", "run2", "run1", "loss: cross_entropy · 1 run", "run0",
    ]  # fmt: skip
    assert column(view, "metrics.test_accuracy")[0] == "50.0% ± 35.4%"


def test_the_best_of_a_metric_is_marked(view, presenter):
    model = view.table.rows
    place = presenter.state.columns.index("metrics.test_accuracy")
    bold = [model.data(model.index(row, place), Qt.ItemDataRole.FontRole) for row in range(3)]
    assert [font is not None and font.bold() for font in bold] == [False, True, False]


def test_chosen_runs_are_told_and_stay_chosen_in_another_order(qtbot, view, presenter, runs):
    view.table.setFocus()
    view.table.selectRow(0)
    with qtbot.waitSignal(presenter.chosen) as chosen:
        qtbot.keyClick(view.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert [folder.name[-4:] for folder in chosen.args[0]] == ["run2", "run1"]
    presenter.order("metrics.test_accuracy", descending=True)
    assert {folder.name[-4:] for folder in view.table.chosen()} == {"run2", "run1"}


def test_a_column_is_added_and_taken_away(view, presenter):
    presenter.show_column("training.epochs", on=True)
    assert column(view, "training.epochs") == ["20", "20", "20"]
    presenter.usual_columns()
    assert "training.epochs" not in presenter.state.columns


def test_a_double_click_opens_a_run(qtbot, view, presenter):
    index = view.table.rows.index(1, 0)
    qtbot.waitUntil(lambda: view.table.visualRect(index).height() > 0)
    centre = view.table.visualRect(index).center()
    qtbot.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=centre)
    with qtbot.waitSignal(presenter.open_wished) as wished:
        qtbot.mouseDClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=centre)
    assert wished.args[0].name.endswith("run1")


def test_only_runs_with_a_value_are_shown_at_a_wish(view, presenter):
    presenter.only("objective.loss.name", "focal")
    assert column(view, "name") == ["run2", "run1"]
    assert view.findChild(QLineEdit, "compare_filter").text() == "objective.loss.name=focal"
