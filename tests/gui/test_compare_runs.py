"""The table of runs in the window."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF, QSettings, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QLineEdit, QMenu, QMessageBox, QPushButton

from workbench import events, spec
from workbench.gui.presenters.compare.table import TablePresenter
from workbench.gui.widgets.compare.spark import points_of
from workbench.gui.widgets.compare.table import TableView
from workbench.runs import labels, store
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
        "▾ loss: focal · 2 runs", "run2", "run1", "▾ loss: cross_entropy · 1 run", "run0",
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


def click(qtbot, view, row, column="name"):
    place = view._presenter.state.columns.index(column)
    at = view.table.visualRect(view.table.rows.index(row, place)).center()
    qtbot.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_a_click_on_a_group_folds_it_and_another_unfolds_it(qtbot, view):
    view.groups.picked.emit("objective.loss.name")
    click(qtbot, view, 0)
    assert column(view, "name") == [
        "▸ loss: focal · 2 runs", "▾ loss: cross_entropy · 1 run", "run0"
    ]  # fmt: skip
    click(qtbot, view, 0)
    assert len(column(view, "name")) == 5


def test_tags_are_written_in_their_cell(qtbot, view, presenter, runs):
    presenter.show_column("tags", on=True)
    click(qtbot, view, 0, "tags")
    qtbot.keyClick(view.table.viewport(), Qt.Key.Key_F2)
    editor = view.table.findChild(QLineEdit)
    editor.setText("best, to show")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: column(view, "tags")[0] == "best, to show")
    assert labels.read(store.Run(runs / "20260101-000002-run2")).tags == ("best", "to show")


def test_a_run_goes_into_the_archive_from_its_menu(qtbot, view, presenter):
    place = view.table.visualRect(view.table.rows.index(0, 0)).center()
    view.table.customContextMenuRequested.emit(place)
    menu = view.table.findChild(QMenu, "compare_runs_menu")
    menu.findChild(QAction, "compare_run_archive").trigger()
    qtbot.waitUntil(lambda: column(view, "name") == ["run1", "run0"])
    menu.close()


def test_runs_go_to_the_trash_only_after_a_question(qtbot, view, monkeypatch, runs):
    gone = []
    monkeypatch.setattr("workbench.runs.trash.discard", lambda run: gone.append(run.name))
    click(qtbot, view, 1)
    view.table.customContextMenuRequested.emit(
        view.table.visualRect(view.table.rows.index(1, 0)).center()
    )
    menu = view.table.findChild(QMenu, "compare_runs_menu")
    menu.findChild(QAction, "compare_run_trash").trigger()
    menu.close()
    box = view.table.findChild(QMessageBox, "compare_trash_box")
    assert gone == []
    qtbot.mouseClick(box.findChild(QPushButton, "compare_trash_yes"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: gone == ["20260101-000001-run1"])


def test_columns_that_were_chosen_are_there_next_time(qtbot, runs, tmp_path):
    settings = QSettings(str(tmp_path / "kept.ini"), QSettings.Format.IniFormat)
    first = TablePresenter(runs, settings)
    first.show_column("training.epochs", on=True)
    second = TablePresenter(runs, settings)
    assert second.state.columns[-1] == "training.epochs"
    second.usual_columns()
    assert TablePresenter(runs, settings).state.own is False


def test_curves_are_read_of_the_runs_that_are_seen(qtbot, view, presenter, runs):
    qtbot.waitUntil(lambda: len(presenter._curves) == 3)
    run = store.Run(runs / "20260101-000002-run2")
    told = [
        events.EpochDone(epoch=epoch, step=epoch, train={"loss": 1.0}, seconds=1.0, best=True,
                         validation={"accuracy": value})
        for epoch, value in enumerate((0.25, 0.5), 1)
    ]  # fmt: skip
    run.events_file.write_text("".join(events.to_line(each) + "\n" for each in told))
    presenter._curves.clear()
    with qtbot.waitSignal(presenter.curve_came):
        view.table.viewport().update()
    row = view.table.rows.row_at(0)
    assert presenter.curve(row).tolist() == [0.25, 0.5]


def test_the_lowest_point_of_a_small_curve_lies_at_the_bottom():
    points = points_of(np.array([1.0, 3.0, 2.0]), QRectF(0, 0, 120, 32))
    assert [point.x() for point in points] == [10, 60, 110]
    assert [point.y() for point in points] == [26, 6, 16]


def test_the_last_word_of_the_filter_is_completed(qtbot, view):
    view.filter.setText("focal gamma")
    completer = view.filter.completer()
    completer.setCompletionPrefix(completer.splitPath(view.filter.text())[0])
    assert completer.currentCompletion() == "focal objective.loss.gamma"
    assert completer.splitPath("objective.loss.gamma=2") == [" "]
