from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtWidgets import QLabel, QPushButton

from workbench import events
from workbench.gui.presenters.results import ResultsPresenter
from workbench.gui.screens.results import ResultsView
from workbench.runs import results as evaluations
from workbench.runs import results_words, store
from workbench.runs.results import ClassRow, Results, Samples

NAMES = ("cat", "dog", "horse")
TRUE = np.array([0, 0, 0, 1, 1, 1, 1, 2, 2, 2])
SAID = np.array([0, 0, 1, 1, 1, 0, 0, 2, 2, 2])
# Worst first: five, six, two are the mistakes.
LOSS = np.array([0.1, 0.2, 1.0, 0.1, 0.1, 3.0, 2.0, 0.1, 0.1, 5.0])
STEMS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def of_classes(split: str = "test") -> tuple[Results, Samples]:
    counts = np.zeros((3, 3), int)
    np.add.at(counts, (TRUE, SAID), 1)
    rows = tuple(
        ClassRow(name=name, precision=0.5 + 0.1 * i, recall=0.9 - 0.1 * i, f1=0.6, support=s)
        for i, (name, s) in enumerate(zip(NAMES, (3, 4, 3), strict=True))
    )
    figures = Results(
        split=split, task="category", target="animal", classes=NAMES,
        metrics={"loss": 0.5, "accuracy": 0.7, "macro_f1": 0.69},
        baseline={"accuracy": 0.4, "macro_f1": 0.19}, confusion=tuple(
            tuple(int(count) for count in row) for row in counts
        ), per_class=rows, loss_name="Focal (gamma 2)",
    )  # fmt: skip
    sure = np.where(TRUE == SAID, 0.8, 0.95)
    samples = Samples(
        stem=np.array(STEMS), target=TRUE, prediction=SAID, confidence=sure,
        true_probability=np.where(TRUE == SAID, 0.8, 0.05), loss=LOSS,
    )  # fmt: skip
    return figures, samples


def of_numbers() -> tuple[Results, Samples]:
    true = np.linspace(0, 90, 10)
    said = true + np.array([1, -1, 2, -2, 1, -30, 1, -1, 1, np.nan])
    nothing = np.empty(0)
    figures = Results(
        split="test", task="number", target="price", metrics={"mae": 4.4, "rmse": 10, "r2": 0.9},
        baseline={"mae": 25.0}, loss_name="Huber",
    )  # fmt: skip
    samples = Samples(
        stem=np.array(STEMS), target=true, prediction=said, confidence=nothing,
        true_probability=nothing, loss=np.abs(said - true),
    )  # fmt: skip
    return figures, samples


def make_run(folder: Path, *pairs: tuple[Results, Samples], phase: store.Phase = "done") -> Path:
    folder.mkdir()
    (folder / "spec.json").write_text("{}")
    run = store.Run(folder)
    run.write_status(store.Status(phase=phase, message="Out of memory." * (phase == "failed")))
    lines = [
        events.to_line(
            events.EpochDone(
                epoch=epoch, step=epoch, train={}, validation={"loss": loss}, seconds=1,
                best=epoch == 2,
            )
        )
        for epoch, loss in enumerate((0.9, 0.4, 0.5), start=1)
    ]  # fmt: skip
    run.events_file.write_text("\n".join(lines) + "\n")
    for pair in pairs:
        evaluations.write(folder, *pair)
    return folder


@pytest.fixture(autouse=True)
def worker_threads_end():
    yield
    assert QThreadPool.globalInstance().waitForDone(5000)


@pytest.fixture
def view(qtbot) -> ResultsView:
    presenter = ResultsPresenter()
    made = ResultsView(presenter)
    made.presenter = presenter
    qtbot.addWidget(made)
    made.resize(1112, 772)
    with qtbot.waitExposed(made):
        made.show()
    return made


def show(qtbot, view: ResultsView, folder: Path, split: str = "") -> None:
    view.presenter.show_run(folder, split)
    qtbot.waitUntil(lambda: view.presenter.state.phase != "reading")


def words(view: ResultsView, name: str) -> str:
    return view.findChild(QLabel, name).text()


def stems(view: ResultsView) -> list[str]:
    model = view.samples.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def click(qtbot, view: ResultsView, name: str) -> None:
    qtbot.mouseClick(view.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def test_before_any_run_it_leads_to_the_recipe(qtbot, view) -> None:
    with qtbot.waitSignal(view.recipe_wished):
        click(qtbot, view, "results_empty_action")


def test_the_headline_stands_against_guessing(qtbot, view, tmp_path) -> None:
    show(qtbot, view, make_run(tmp_path / "run", of_classes()))
    assert words(view, "results_figure_0_value") == "70.0%"
    assert words(view, "results_figure_0_note") == "guessing: 40.0%"
    assert "Focal (gamma 2)" in words(view, "results_subtitle")
    assert words(view, "results_curve_note") == "best 0.4, epoch 2"


def test_mistakes_are_listed_worst_first(qtbot, view, tmp_path) -> None:
    show(qtbot, view, make_run(tmp_path / "run", of_classes()))
    assert stems(view) == ["five", "six", "two"]
    assert words(view, "results_count") == "3 mistakes"
    assert words(view, "results_sample_stem") == "five"


def test_all_samples_are_listed_when_right_ones_are_wanted_too(qtbot, view, tmp_path) -> None:
    show(qtbot, view, make_run(tmp_path / "run", of_classes()))
    click(qtbot, view, "results_mistakes")
    assert stems(view)[:3] == ["nine", "five", "six"]
    assert words(view, "results_count") == "10 samples"


def test_a_cell_of_the_matrix_lists_its_samples_until_it_is_let_go(qtbot, view, tmp_path) -> None:
    show(qtbot, view, make_run(tmp_path / "run", of_classes()))
    spot = view.matrix.place_of(1, 0).toPoint()
    qtbot.mouseClick(view.matrix, Qt.MouseButton.LeftButton, pos=spot)
    assert stems(view) == ["five", "six"]
    assert view.cell.text() == "dog, taken for cat"
    click(qtbot, view, "results_cell")
    assert stems(view) == ["five", "six", "two"]
    spot = view.matrix.place_of(2, 2).toPoint()
    qtbot.mouseClick(view.matrix, Qt.MouseButton.LeftButton, pos=spot)
    assert stems(view) == ["nine", "seven", "eight"]


def test_cells_say_counts_or_shares(qtbot, view, tmp_path) -> None:
    show(qtbot, view, make_run(tmp_path / "run", of_classes()))
    counts = view.matrix.grab().toImage()
    click(qtbot, view, "results_shares_of_cells")
    shares = view.matrix.grab().toImage()
    assert shares != counts
    click(qtbot, view, "results_shares_of_cells")
    assert view.matrix.grab().toImage() == counts


def test_a_class_and_a_name_narrow_the_list(qtbot, view, tmp_path) -> None:
    show(qtbot, view, make_run(tmp_path / "run", of_classes()))
    view.presenter.choose_mistakes(False)
    view.one_class.setFocus()
    qtbot.keyClick(view.one_class, Qt.Key.Key_End)
    assert stems(view) == ["nine", "seven", "eight"]
    qtbot.keyClicks(view.search, "EI")
    assert stems(view) == ["eight"]
    view.search.clear()
    qtbot.keyClick(view.one_class, Qt.Key.Key_Home)
    assert len(stems(view)) == 10
    qtbot.keyClicks(view.search, "no such name")
    assert stems(view) == []
    assert words(view, "results_sample_stem") == "No sample chosen"


def test_a_chosen_sample_is_told_to_whoever_shows_it(qtbot, view, tmp_path) -> None:
    show(qtbot, view, make_run(tmp_path / "run", of_classes()))
    with qtbot.waitSignal(view.sample_chosen) as told:
        qtbot.keyClick(view.samples, Qt.Key.Key_Down)
    assert told.args == ["six"]
    assert words(view, "results_sample_0") == "dog · p = 5.0%"
    assert words(view, "results_sample_1") == "cat · p = 95.0%"


def test_columns_are_sorted_by_what_they_hold(qtbot, view, tmp_path) -> None:
    show(qtbot, view, make_run(tmp_path / "run", of_classes()))
    view.presenter.choose_mistakes(False)
    view.samples.sortByColumn(5, Qt.SortOrder.AscendingOrder)
    assert stems(view)[-1] == "nine"
    view.classes.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    model = view.classes.model()
    assert [model.index(row, 0).data() for row in range(3)] == ["horse", "dog", "cat"]
    view.classes.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    assert model.index(0, 0).data() == "cat"


def test_numbers_are_shown_with_their_worst_errors(qtbot, view, tmp_path) -> None:
    show(qtbot, view, make_run(tmp_path / "run", of_numbers()))
    assert view.scatter.isVisible()
    assert not view.matrix.isVisible()
    assert not view.mistakes.isVisible()
    assert words(view, "results_figure_0_value") == "4.4"
    # What is not a number is the worst of all.
    assert stems(view)[:2] == ["nine", "five"]
    qtbot.waitUntil(lambda: view.scatter.sample_at(view.scatter.place_of(5)) == 5)
    spot = view.scatter.place_of(5).toPoint()
    with qtbot.waitSignal(view.sample_chosen) as told:
        qtbot.mouseClick(view.scatter, Qt.MouseButton.LeftButton, pos=spot)
    assert told.args == ["five"]
    assert words(view, "results_sample_2") == "-30"


def test_the_test_comes_first_and_another_split_can_be_chosen(qtbot, view, tmp_path) -> None:
    folder = make_run(tmp_path / "run", of_classes("validation"), of_classes("test"))
    show(qtbot, view, folder)
    assert view.presenter.state.split == "test"
    qtbot.keyClick(view.splits, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: view.presenter.state.split == "validation")
    assert "validation" in words(view, "results_subtitle")


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        ("failed", "Out of memory."),
        ("discarded", "discarded"),
        ("done", "not evaluated"),
        ("created", "not ended"),
    ],
)
def test_a_run_without_an_evaluation_says_why(qtbot, view, tmp_path, phase, said) -> None:
    show(qtbot, view, make_run(tmp_path / "run", phase=phase))
    assert view.presenter.state.phase == "unevaluated"
    assert said in words(view, "results_banner_text")
    assert view.banner.isVisible()


def test_a_damaged_evaluation_is_said_and_the_next_run_is_shown(qtbot, view, tmp_path) -> None:
    bad = make_run(tmp_path / "bad", of_classes())
    (bad / "evaluation" / "test.parquet").write_text("nonsense\n")
    show(qtbot, view, bad)
    assert "test.parquet" in words(view, "results_banner_text")
    show(qtbot, view, make_run(tmp_path / "good", of_classes()))
    assert not view.banner.isVisible()
    assert stems(view)


def test_a_damaged_history_only_costs_the_curve(qtbot, view, tmp_path) -> None:
    folder = make_run(tmp_path / "run", of_classes())
    (folder / "events.jsonl").write_text("torn\n{}\n")
    show(qtbot, view, folder)
    assert view.presenter.state.phase == "shown"
    assert "line 1" in words(view, "results_banner_text")


def test_a_folder_without_a_run_is_said(qtbot, view, tmp_path) -> None:
    show(qtbot, view, tmp_path)
    assert view.presenter.state.phase == "failed"
    assert "holds no run" in words(view, "results_banner_text")


def test_the_late_answer_of_an_earlier_run_is_not_heard(qtbot, view, tmp_path) -> None:
    first = make_run(tmp_path / "first", of_classes())
    second = make_run(tmp_path / "second", of_numbers())
    seen = []
    view.presenter.changed.connect(lambda state: seen.append((state.phase, state.name)))
    view.presenter.show_run(first)
    view.presenter.show_run(second)
    qtbot.waitUntil(lambda: ("shown", "second") in seen)
    assert ("shown", "first") not in seen


def test_wishes_leave_the_screen(qtbot, view, tmp_path) -> None:
    folder = make_run(tmp_path / "run", of_classes())
    show(qtbot, view, folder)
    with qtbot.waitSignal(view.folder_wished) as told:
        click(qtbot, view, "results_folder")
    assert told.args == [folder.resolve()]
    with qtbot.waitSignal(view.train_wished):
        click(qtbot, view, "results_train")
    with qtbot.waitSignal(view.recipe_wished):
        click(qtbot, view, "results_recipe")


def test_every_widget_that_takes_the_keyboard_has_a_name(qtbot, view, tmp_path) -> None:
    show(qtbot, view, make_run(tmp_path / "run", of_classes()))
    inside = (view.samples, view.classes)
    for widget in [*view.findChildren(QPushButton), view.matrix, view.search, *inside]:
        assert widget.objectName(), widget
        assert widget.accessibleName() or not widget.isVisible(), widget.objectName()


@pytest.mark.parametrize("right", [5, 48, 60, 75, 95])
def test_the_verdict_on_two_even_classes_follows_what_is_right(right: int) -> None:
    wrong = 100 - right
    figures = Results(
        split="test", task="yes_no", target="t", classes=("no", "yes"), metrics={},
        baseline={"accuracy": 0.5}, confusion=((right, wrong), (wrong, right)),
        per_class=tuple(
            ClassRow(name=n, precision=1, recall=1, f1=1, support=100) for n in ("no", "yes")
        ), loss_name="l",
    )  # fmt: skip
    _, rows = of_classes()
    said = results_words.verdict(figures, rows)
    expected = {5: "No better", 48: "No better", 60: "A little", 75: "Clearly", 95: "Far"}
    assert said.title.startswith(expected[right])
    assert said.tone == ("good" if right > 70 else "warn")


def test_numbers_that_are_guessed_as_well_as_by_the_median_are_not_praised() -> None:
    figures, rows = of_numbers()
    flat = np.full(10, 50.0)
    samples = Samples(rows.stem, rows.target, flat, rows.confidence, rows.confidence, rows.loss)
    assert results_words.verdict(figures, samples).title == "No better than guessing"
    lost = results_words.verdict(figures, rows)
    assert (lost.title, lost.tone) == ("Not a number", "warn")


def test_a_figure_above_guessing_that_may_be_luck_is_not_called_guessing() -> None:
    figures = Results(
        split="test", task="yes_no", target="t", classes=("no", "yes"), metrics={},
        baseline={"accuracy": 0.58}, confusion=((23, 3), (11, 8)),
        per_class=tuple(
            ClassRow(name=n, precision=1, recall=1, f1=1, support=20) for n in ("no", "yes")
        ), loss_name="l",
    )  # fmt: skip
    said = results_words.verdict(figures, of_classes()[1])
    # 31 of 45 against 58 %: 0.11 more, where twice the standard error of guessing is 0.15.
    assert (said.title, said.tone) == ("Hardly better than guessing", "warn")
    assert said.sentence.startswith("Right for 69% of 45;")
    assert said.sentence.endswith("for 58%. That may be luck.")


def test_an_interval_that_reaches_below_zero_is_told_with_a_word_between() -> None:
    figures, _ = of_numbers()
    told = figures.model_copy(
        update={"metrics": {"r2": 0.1879}, "baseline": {"r2": -0.07},
                "intervals": {"r2": (-0.11712, 0.33876)}}
    )  # fmt: skip
    assert results_words.figures(told)[0].note == "-0.12 to 0.34 · guess -0.07"


def test_predictions_that_lean_are_called_so() -> None:
    figures, rows = of_numbers()
    high = rows.target + 5 + np.tile([0.1, -0.1], 5)
    samples = Samples(rows.stem, rows.target, high, rows.confidence, rows.confidence, rows.loss)
    assert "high by 5 on average" in results_words.verdict(figures, samples).sentence
