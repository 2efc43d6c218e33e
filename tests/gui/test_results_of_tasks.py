"""Results of targets that are neither one class nor one number."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtWidgets import QComboBox, QLabel

from workbench.gui.presenters import answers
from workbench.gui.presenters.results import ResultsPresenter
from workbench.gui.screens.results import ResultsView
from workbench.runs import results as evaluations
from workbench.runs import store
from workbench.runs.results import ClassRow, ColumnRow, Results, Samples

STEMS = np.array(["a", "b", "c", "d"])
NOTHING = np.empty(0)


def of_sets():
    names = ("even", "loop", "small")
    true = np.array([[1, 0, 1], [0, 0, 0], [1, 1, 0], [0, 0, 1]], np.int8)
    said = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 1], [0, 0, 1]], np.int8)
    figures = Results(
        split="test", task="labels", target="tags", classes=names, loss_name="Binary cross entropy",
        metrics={"loss": 0.4, "accuracy": 0.5, "micro_f1": 0.83, "macro_f1": 0.8},
        baseline={"accuracy": 0.25, "micro_f1": 0.4, "macro_f1": 0.2},
        per_class=tuple(
            ClassRow(name=name, precision=f1, recall=f1, f1=f1, support=2)
            for name, f1 in zip(names, (1.0, 0.6, 0.8), strict=True)
        ),
    )  # fmt: skip
    sure = np.array([0.9, 0.6, 0.7, 0.8])
    samples = Samples(STEMS, true, said, sure, sure, np.array([0.1, 2.0, 1.0, 0.2]))
    return figures, samples


def of_two_numbers():
    true = np.array([[0.0, 10.0], [1.0, 20.0], [2.0, 30.0], [3.0, 40.0]])
    said = true + np.array([[0.1, 0.0], [-0.9, 1.0], [0.1, -25.0], [0.0, 1.0]])
    figures = Results(
        split="test", task="numbers", target="x + y", columns=("x", "y"), loss_name="Huber",
        metrics={"mae": 3.5, "rmse": 6.0, "r2": 0.5}, baseline={"mae": 5.5},
        per_column=(
            ColumnRow(name="x", mae=0.275, rmse=0.5, r2=0.8, baseline_mae=1.0),
            ColumnRow(name="y", mae=6.75, rmse=12.5, r2=0.2, baseline_mae=10.0),
        ),
    )  # fmt: skip
    samples = Samples(STEMS, true, said, NOTHING, NOTHING, np.array([0.1, 0.9, 9.0, 0.3]))
    return figures, samples


def of_steps():
    names = ("low", "middle", "high")
    true, said = np.array([0, 1, 2, 2]), np.array([0, 1, 2, 0])
    counts = np.zeros((3, 3), int)
    np.add.at(counts, (true, said), 1)
    figures = Results(
        split="test", task="ordered", target="size", classes=names, loss_name="Cross entropy",
        metrics={"accuracy": 0.75, "mae_steps": 0.5, "quadratic_kappa": 0.4, "macro_f1": 0.7},
        baseline={"accuracy": 0.5, "mae_steps": 0.75},
        confusion=tuple(tuple(map(int, row)) for row in counts),
        per_class=tuple(
            ClassRow(name=name, precision=0.8, recall=0.8, f1=0.8, support=1) for name in names
        ),
    )  # fmt: skip
    sure = np.full(4, 0.8)
    return figures, Samples(STEMS, true, said, sure, sure, np.array([0.1, 0.2, 0.3, 3.0]))


@pytest.fixture
def view(qtbot):
    made = ResultsView(ResultsPresenter())
    qtbot.addWidget(made)
    made.resize(1112, 772)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    assert QThreadPool.globalInstance().waitForDone(5000)


def show(qtbot, view, folder, pair):
    folder.mkdir()
    (folder / "spec.json").write_text("{}")
    run = store.Run(folder)
    run.write_status(store.Status(phase="done"))
    evaluations.write(folder, *pair)
    presenter = view._presenter
    presenter.show_run(folder)
    qtbot.waitUntil(lambda: presenter.state.phase == "shown")
    return presenter


def rows(view):
    model = view.samples.model()
    return [
        [model.index(row, column).data() for column in range(3)] for row in range(model.rowCount())
    ]


def chosen(table):
    return [index.data() for index in table.selectionModel().selectedRows()]


def words(view, name):
    return view.findChild(QLabel, name).text()


def test_sets_of_categories_stand_by_name_and_without_a_confusion_matrix(qtbot, view, tmp_path):
    show(qtbot, view, tmp_path / "run", of_sets())
    assert rows(view) == [["b", "none of them", "loop"], ["c", "even, loop", "even, loop, small"]]
    assert not view.matrix.isVisible()
    assert view.classes.isVisible()
    assert words(view, "results_figure_1_value") == "83.0%"
    assert "Weakest: “loop”, F1 60%" in words(view, "results_verdict_sentence")
    assert words(view, "results_sample_1") == "loop · p = 60.0%"


def test_sets_are_narrowed_to_one_category(qtbot, view, tmp_path):
    presenter = show(qtbot, view, tmp_path / "run", of_sets())
    presenter.choose_mistakes(False)
    presenter.choose_class("even")
    assert [row[0] for row in rows(view)] == ["c", "a"]


def test_of_several_numbers_each_can_be_looked_at(qtbot, view, tmp_path):
    presenter = show(qtbot, view, tmp_path / "run", of_two_numbers())
    assert rows(view)[0] == ["b", "1", "0.1"]
    assert words(view, "results_verdict_sentence").startswith("x: off by 0.275")
    combo = view.findChild(QComboBox, "results_column")
    assert combo.isVisible()
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert presenter.state.column == "y"
    assert rows(view)[0] == ["c", "30", "5"]
    assert words(view, "results_verdict_sentence").startswith("y: off by 6.75")


def test_long_names_of_numbers_leave_room_for_their_figures(qtbot, view, tmp_path):
    figures, samples = of_two_numbers()
    long = figures.columns[0], "temperature_of_the_boiler_in_the_cellar"
    told = tuple(
        row.model_copy(update={"name": name, "mae": 12345.0})
        for row, name in zip(figures.per_column, long, strict=True)
    )
    figures = figures.model_copy(update={"columns": long, "per_column": told})
    show(qtbot, view, tmp_path / "run", (figures, samples))
    subtitle = words(view, "results_subtitle")
    assert subtitle.startswith(f"{long[0]} and 1 more · ")
    table = view.numbers
    for column in range(1, 4):
        shown = [table.model().index(row, column).data() for row in range(2)]
        widest = max(map(table.fontMetrics().horizontalAdvance, shown))
        assert table.columnWidth(column) > widest + 10
    whole = sum(table.columnWidth(column) for column in range(4))
    assert whole <= table.viewport().width()


def test_ordered_categories_keep_their_order_and_tell_steps(qtbot, view, tmp_path):
    show(qtbot, view, tmp_path / "run", of_steps())
    assert view.matrix.isVisible()
    assert view.figures[1].caption.text() == "Steps off"
    assert rows(view) == [["d", "high", "low"]]


def test_figures_follow_the_number_that_is_looked_at_and_tell_the_mean_of_all(
    qtbot, view, tmp_path
):
    presenter = show(qtbot, view, tmp_path / "run", of_two_numbers())
    assert words(view, "results_figure_0_value") == "0.275"
    assert words(view, "results_figure_0_note") == "guessing: 1"
    assert words(view, "results_figure_2_value") == "0.8"
    assert words(view, "results_figure_2_note") == "mean of all 2: 0.5"
    assert "mean of all 2: 3.5" in view.figures[0].toolTip()
    presenter.choose_column("y")
    assert words(view, "results_figure_0_value") == "6.75"
    assert words(view, "results_figure_1_value") == "12.5"


def test_the_table_of_several_numbers_chooses_one_and_follows_the_choice(qtbot, view, tmp_path):
    presenter = show(qtbot, view, tmp_path / "run", of_two_numbers())
    table = view.numbers
    cells = [[table.model().index(r, c).data() for c in range(4)] for r in range(2)]
    assert cells == [["x", "0.275", "0.5", "0.80"], ["y", "6.75", "12.5", "0.20"]]
    assert chosen(table) == ["x"]
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert presenter.state.column == "y"
    presenter.choose_column("x")
    assert chosen(table) == ["x"]


def test_what_is_selected_stays_selected_when_a_table_is_sorted(qtbot, view, tmp_path):
    presenter = show(qtbot, view, tmp_path / "run", of_two_numbers())
    view.numbers.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert view.numbers.model().index(0, 0).data() == "y"
    assert chosen(view.numbers) == ["x"]
    assert presenter.state.column == "x"


def test_one_number_needs_no_table_of_numbers(qtbot, view, tmp_path):
    figures, samples = of_two_numbers()
    alone = figures.model_copy(update={"columns": ("x",), "per_column": figures.per_column[:1]})
    alone_samples = replace(
        samples, target=samples.target[:, :1], prediction=samples.prediction[:, :1]
    )
    show(qtbot, view, tmp_path / "run", (alone, alone_samples))
    assert view.scatter.isVisible()
    assert not view.numbers.isVisible()
    assert not view.findChild(QComboBox, "results_column").isVisible()


def test_what_is_wrong_with_a_set_is_said(qtbot, view, tmp_path):
    presenter = show(qtbot, view, tmp_path / "run", of_sets())
    assert words(view, "results_sample_3") == "loop"
    figures, _ = of_sets()
    assert answers.difference(figures, np.array([1, 0, 1]), np.array([0, 1, 1])) == (
        ("Missed", "even"),
        ("Added", "loop"),
    )
    presenter.choose_mistakes(False)
    view.samples.selectRow(view.samples.rows.row_of(0))
    assert not view.findChild(QLabel, "results_sample_3").isVisible()


def test_how_many_steps_a_sample_is_off_is_said(qtbot, view, tmp_path):
    show(qtbot, view, tmp_path / "run", of_steps())
    assert words(view, "results_sample_3") == "2"


def test_where_no_sample_is_left_the_reason_is_said_and_none_is_shown(qtbot, view, tmp_path):
    presenter = show(qtbot, view, tmp_path / "run", of_sets())
    with qtbot.waitSignal(view.sample_chosen) as chosen_now:
        presenter.search("zz")
    assert chosen_now.args == [""]
    assert words(view, "results_nothing") == "No mistake has “zz” in its name."
    assert view.nothing.isVisible()
    presenter.search("")
    assert view.samples.isVisible()
    assert view.samples.selectionModel().selectedRows()


def test_a_model_without_mistakes_says_so(qtbot, view, tmp_path):
    figures, samples = of_sets()
    show(qtbot, view, tmp_path / "run", (figures, replace(samples, prediction=samples.target)))
    assert words(view, "results_nothing") == "Not one mistake."


def of_pairs():
    figures = evaluations.Results(
        split="test",
        task="none",
        target="",
        metrics={"loss": 1.2, "recall_at_1": 0.5, "recall_at_5": 0.75, "median_rank": 1.5},
        baseline={"recall_at_1": 0.01, "recall_at_5": 0.05, "median_rank": 50.5},
        loss_name="InfoNCE",
    )
    samples = evaluations.Samples(
        stem=np.array(["a", "b", "c", "d"]),
        target=np.ones(4),
        prediction=np.array([1.0, 9.0, 1.0, 0.0]),
        confidence=np.empty(0),
        true_probability=np.empty(0),
        loss=np.array([0.1, 3.0, 0.2, 0.5]),
    )
    return figures, samples


def test_pairs_alone_tell_how_often_the_partner_is_found_first(qtbot, view, tmp_path):
    show(qtbot, view, tmp_path / "run", of_pairs())
    assert words(view, "results_figure_0_value") == "50.0%"
    assert words(view, "results_figure_0_note") == "guessing: 1.0%"
    assert view.figures[2].caption.text() == "Median place"
    assert not view.scatter.isVisible()
    assert words(view, "results_subtitle") == "pairs · 4 test samples · trained with InfoNCE"
    # b is nine places off; that d has no partner is not a place.
    assert view.errors.accessibleDescription().startswith("3 samples; in the middle case 0 ")
    sentence = words(view, "results_verdict_sentence")
    assert sentence.startswith("The partner is found first for 50% of 4, by chance for 1.0%")
    assert rows(view)[0][:2] == ["b", "9"]
    assert words(view, "results_sample_0") == "number 9"
