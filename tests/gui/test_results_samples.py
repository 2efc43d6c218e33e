"""The tab of samples: orders, filters, what is said of one, and the list that is saved."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QObject, Qt, QThreadPool, Signal
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QPushButton

from workbench import spec
from workbench.gui.presenters.data import DataPresenter
from workbench.gui.presenters.insight import sample_rows
from workbench.gui.presenters.results import ResultsPresenter
from workbench.gui.results_tabs import ResultsTabs
from workbench.gui.run_index import RunIndex
from workbench.gui.screens.results import ResultsView
from workbench.runs import history, store
from workbench.runs import results as evaluations
from workbench.runs.results import ClassRow, Results, Samples

NAMES = ("cat", "dog")
# Of each sample what the model gives to dog, and whether it is one; the third has no text.
SHARES = np.array([0.1, 0.8, 0.45, 0.05, 0.95, 0.6])
TRUE = np.array([0, 1, 0, 1, 1, 0])
STEMS = [f"{NAMES[label]}/{n}" for n, label in enumerate(TRUE)]


class Engines(QObject):
    """Answers nothing."""

    answered = Signal(object)

    def study(self, request):
        raise AssertionError("nothing of this tab asks an engine")

    def ask(self, look):
        raise AssertionError("nothing of this tab asks an engine")


def evaluated(split="test"):
    shares, true = SHARES, TRUE
    said = (shares > 0.5).astype(np.int64)
    counts = np.zeros((2, 2), int)
    np.add.at(counts, (true, said), 1)
    own = np.where(true == 1, shares, 1 - shares)
    results = Results(
        split=split, task="category", target="label", classes=NAMES, metrics={"loss": 1.0},
        baseline={}, confusion=tuple(tuple(map(int, row)) for row in counts),
        per_class=tuple(ClassRow(name=n, precision=1, recall=1, f1=1, support=3) for n in NAMES),
        loss_name="Cross-entropy",
    )  # fmt: skip
    logits = np.log(np.stack([1 - shares, shares], axis=1))
    sure = np.maximum(shares, 1 - shares)
    return results, Samples(
        stem=np.array(STEMS), target=true, prediction=said, confidence=sure,
        true_probability=own, loss=-np.log(own), outputs=logits.astype(np.float32),
    )  # fmt: skip


def record(folder):
    """Two training samples: the first is learned, the second never and always taken for a cat."""
    about = history.About(
        task="category", classes=NAMES, outputs=2, train=(STEMS[0], STEMS[1]),
        validation=(STEMS[2],), train_target=(0, 1), validation_target=(0,),
    )  # fmt: skip
    history.begin(folder, about)
    for epoch in (1, 2, 3):
        history.write_epoch(
            folder, epoch,
            {
                "train_loss": np.array([1 / epoch, 2], np.float32),
                "train_metric": np.array([epoch > 1, 0], np.float32),
                "train_margin": np.array([epoch - 1.5, -2], np.float16),
                "train_said": np.array([epoch < 2, 0], np.int16),
                "validation_loss": np.array([0.5 * epoch], np.float32),
                "validation_metric": np.ones(1, np.float32),
                "validation_outputs": np.zeros((1, 2), np.float32),
            },
        )  # fmt: skip


def make_data(folder):
    for number, stem in enumerate(STEMS):
        file = folder / stem
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (number * 40, 90, 120)).save(file.with_suffix(".png"))
        if number != 2:
            file.with_suffix(".txt").write_text(f"Number {number} sings loudly.")
    return folder


def make_run(folder: Path, data: Path, *pairs, recorded=True):
    made = spec.from_data(
        {
            "data": {"folder": str(data), "target": "label", "task": "category"},
            "model": {"encoders": {"image": {"name": "image_cnn"}}},
            "objective": {"loss": {"name": "cross_entropy"}},
        }
    )
    folder.mkdir(parents=True)
    (folder / "spec.json").write_text(made.to_json())
    store.Run(folder).write_status(store.Status(phase="done"))
    for pair in pairs or (evaluated(),):
        evaluations.write(folder, *pair)
    if recorded:
        record(folder)
    return folder


@pytest.fixture(autouse=True)
def worker_threads_end():
    yield
    assert QThreadPool.globalInstance().waitForDone(10_000)


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


def show(qtbot, view, run, split="", *, data=True):
    browser = view.all_tabs.samples
    view.presenter.show_run(run, split)
    qtbot.waitUntil(lambda: view.presenter.state.phase == "shown")
    view.tabs.setCurrentWidget(view.all_tabs.samples_view)
    settled(qtbot, browser)
    if data:
        qtbot.waitUntil(lambda: len(browser.state.places) > 0)
        settled(qtbot, browser)
    return browser


def settled(qtbot, browser):
    qtbot.waitUntil(lambda: browser.state.pool is not None and not browser.state.busy)


def choose(qtbot, browser, wish, *values):
    wish(*values)
    settled(qtbot, browser)


@pytest.fixture
def shown(qtbot, view, tmp_path):
    view.run = make_run(tmp_path / "run", make_data(tmp_path / "data"))
    view.browser = show(qtbot, view, view.run)
    return view


def column(view, number=0):
    model = view.all_tabs.samples_view.table.model()
    return [model.index(row, number).data() for row in range(model.rowCount())]


def words(view, name):
    return view.findChild(QLabel, name).text()


def click(qtbot, view, name):
    qtbot.mouseClick(view.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def test_nothing_is_read_before_somebody_looks(qtbot, view, tmp_path) -> None:
    run = make_run(tmp_path / "run", tmp_path / "none")
    view.presenter.show_run(run)
    qtbot.waitUntil(lambda: view.presenter.state.phase == "shown")
    assert view.all_tabs.samples.state.pools is None


def test_the_worst_stand_first_and_are_explained(qtbot, shown) -> None:
    # Losses are -log of what the label gets: 0.05 is worst, then 0.4, 0.55, 0.8, 0.9, 0.95.
    assert column(shown) == ["dog/3", "cat/5", "cat/2", "dog/1", "cat/0", "dog/4"]
    assert words(shown, "browser_words_stem") == "dog/3"
    assert "taken for “cat” with 95.0%" in words(shown, "browser_words_why")
    assert words(shown, "browser_count") == "6 of 6 test samples"
    bars = shown.all_tabs.samples_view.words.bars.bars
    assert [(bar.name, round(bar.share, 2), bar.true) for bar in bars] == [
        ("cat", 0.95, False), ("dog", 0.05, True),
    ]  # fmt: skip
    assert "Only training and validation" in words(shown, "browser_words_course_note")


def test_orders_of_the_split(qtbot, shown) -> None:
    choose(qtbot, shown.browser, shown.browser.choose_order, "best")
    assert column(shown)[0] == "dog/4"
    choose(qtbot, shown.browser, shown.browser.choose_order, "uncertain")
    assert column(shown)[:2] == ["cat/2", "cat/5"]
    assert column(shown, 4)[0] == "55.0% against 45.0%"
    choose(qtbot, shown.browser, shown.browser.choose_order, "suspicious")
    # Own shares of cats 0.9, 0.55, 0.4: mean 0.62; the third dog is a cat by 0.95.
    assert column(shown) == ["dog/3", "cat/5"]
    before = shown.browser.state.wish.seed
    choose(qtbot, shown.browser, shown.browser.choose_order, "random")
    choose(qtbot, shown.browser, shown.browser.choose_order, "random")
    assert sorted(column(shown)) == sorted(STEMS)
    assert shown.browser.state.wish.seed == before + 2


def test_training_samples_are_listed_with_their_epochs(qtbot, shown) -> None:
    choose(qtbot, shown.browser, shown.browser.choose_order, "suspicious_training")
    qtbot.waitUntil(lambda: words(shown, "browser_count") == "1 of 2 training samples")
    assert column(shown) == ["dog/1"]
    assert "taken for “cat” in 3 of 3 epochs" in words(shown, "browser_words_why")
    facts = shown.browser.state.facts
    assert facts.course.loss.tolist() == [2, 2, 2]
    assert facts.course.usual == pytest.approx([1.5, 1.25, 1.1667], abs=1e-3)
    assert facts.course.right.tolist() == [False] * 3
    choose(qtbot, shown.browser, shown.browser.choose_order, "hard")
    assert column(shown) == ["dog/1", "cat/0"]


def test_a_validation_sample_shows_its_epochs(qtbot, view, tmp_path) -> None:
    run = make_run(tmp_path / "run", make_data(tmp_path / "data"), evaluated("validation"))
    browser = show(qtbot, view, run)
    browser.choose(2)
    assert browser.state.facts.course.loss.tolist() == [0.5, 1.0, 1.5]
    browser.choose(3)
    assert "not among those" in browser.state.facts.no_course


def test_samples_are_narrowed_by_class_mistake_modality_and_text(qtbot, shown) -> None:
    browser = shown.browser
    choose(qtbot, browser, browser.choose_true, "cat")
    assert column(shown) == ["cat/5", "cat/2", "cat/0"]
    click(qtbot, shown, "browser_wrong")
    settled(qtbot, browser)
    assert column(shown) == ["cat/5"]
    click(qtbot, shown, "browser_all")
    settled(qtbot, browser)
    choose(qtbot, browser, browser.choose_modality, "-text")
    assert column(shown) == ["cat/2"]
    choose(qtbot, browser, browser.choose_modality, "")
    shown.findChild(QLineEdit, "browser_search").setText("number 4 SINGS")
    qtbot.waitUntil(lambda: column(shown) == ["dog/4"])
    shown.findChild(QLineEdit, "browser_search").setText("no such words")
    qtbot.waitUntil(lambda: words(shown, "browser_nothing").startswith("No sample is like that"))


def test_a_cell_of_the_confusion_matrix_is_browsed(qtbot, view, tmp_path) -> None:
    view.presenter.show_run(make_run(tmp_path / "run", make_data(tmp_path / "data")))
    qtbot.waitUntil(lambda: view.presenter.state.phase == "shown")
    view.presenter.choose_cell(0, 1)
    click(qtbot, view, "results_browse")
    assert view.tabs.currentWidget() is view.all_tabs.samples_view
    settled(qtbot, view.all_tabs.samples)
    qtbot.waitUntil(lambda: column(view) == ["cat/5"])
    assert view.all_tabs.samples_view.head.true.chosen() == "cat"
    assert view.all_tabs.samples_view.head.said.chosen() == "dog"


def test_keys_and_buttons_go_from_sample_to_sample(qtbot, shown) -> None:
    page = shown.all_tabs.samples_view
    click(qtbot, shown, "browser_after")
    assert words(shown, "browser_words_stem") == "cat/5"
    assert page.table.currentIndex().row() == 1
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Down)
    assert words(shown, "browser_words_stem") == "cat/2"
    click(qtbot, shown, "browser_before")
    click(qtbot, shown, "browser_before")
    click(qtbot, shown, "browser_before")
    assert words(shown, "browser_words_stem") == "dog/3"


def test_another_order_is_looked_at_from_its_start_and_a_filter_keeps_the_sample(
    qtbot, shown
) -> None:
    table = shown.all_tabs.samples_view.table
    choose(qtbot, shown.browser, shown.browser.choose_order, "best")
    assert words(shown, "browser_words_stem") == "dog/4"
    assert table.currentIndex().row() == 0
    shown.browser.choose(0)
    choose(qtbot, shown.browser, shown.browser.choose_true, "cat")
    assert words(shown, "browser_words_stem") == "cat/0"
    choose(qtbot, shown.browser, shown.browser.choose_true, "")
    assert words(shown, "browser_words_stem") == "cat/0"
    assert table.currentIndex().row() == column(shown).index("cat/0")


def test_pictures_show_the_same_samples_in_the_same_order(qtbot, shown) -> None:
    click(qtbot, shown, "browser_as_gallery")
    gallery, state = shown.all_tabs.samples_view.gallery, shown.browser.state
    assert gallery.grid.count == 6
    assert gallery.current == 0
    stems = [str(state.index.stems[row]) for row in gallery._state.rows]
    assert stems == ["dog/3", "cat/5", "cat/2", "dog/1", "cat/0", "dog/4"]
    qtbot.keyClick(gallery, Qt.Key.Key_Right)
    assert words(shown, "browser_words_stem") == "cat/5"


def test_the_list_is_saved_with_files_and_reasons(qtbot, shown, tmp_path) -> None:
    choose(qtbot, shown.browser, shown.browser.choose_order, "suspicious")
    click(qtbot, shown, "browser_export")
    dialog = shown.findChild(QFileDialog, "browser_save")
    dialog.fileSelected.emit(str(tmp_path / "list.csv"))
    dialog.reject()
    qtbot.waitUntil(lambda: "2 samples written to" in words(shown, "browser_banner_text"))
    rows = list(csv.DictReader((tmp_path / "list.csv").open()))
    assert [row["sample"] for row in rows] == ["dog/3", "cat/5"]
    assert rows[0]["files"].split(" | ")[0].endswith("dog/3.png")
    assert rows[0]["label"] == "dog"
    assert "Labelled “dog”" in rows[0]["reason"]


def test_a_list_that_cannot_be_saved_says_why(qtbot, shown, tmp_path) -> None:
    shown.browser.export(str(tmp_path / "none" / "list.csv"))
    qtbot.waitUntil(lambda: "cannot be written" in words(shown, "browser_banner_text"))
    assert column(shown)


def test_a_run_that_recorded_nothing_says_so_and_lists_its_split(qtbot, view, tmp_path) -> None:
    run = make_run(tmp_path / "run", make_data(tmp_path / "data"), recorded=False)
    browser = show(qtbot, view, run)
    assert len(column(view)) == 6
    reasons = {choice.name: choice.reason for choice in browser.state.orders}
    assert "before samples were recorded" in reasons["hard"]
    assert reasons["worst"] == ""


def test_samples_whose_data_are_gone_are_listed_all_the_same(qtbot, view, tmp_path) -> None:
    run = make_run(tmp_path / "run", tmp_path / "gone")
    show(qtbot, view, run, data=False)
    qtbot.waitUntil(lambda: view.all_tabs.samples.state.told != "")
    assert len(column(view)) == 6
    assert not view.findChild(QPushButton, "browser_as_gallery").isEnabled()


def test_another_run_is_read_anew(qtbot, view, tmp_path) -> None:
    data = make_data(tmp_path / "data")
    browser = show(qtbot, view, make_run(tmp_path / "one", data))
    choose(qtbot, browser, browser.choose_order, "hard")
    run = make_run(tmp_path / "two", data, recorded=False)
    view.presenter.show_run(run)
    qtbot.waitUntil(lambda: browser.state.folder == run and bool(column(view)))
    settled(qtbot, browser)
    assert browser.state.wish == sample_rows.Wish()


def test_every_widget_that_takes_the_keyboard_has_a_name(qtbot, shown) -> None:
    page = shown.all_tabs.samples_view
    for kind in (QPushButton, QLineEdit):
        for widget in page.findChildren(kind):
            if widget.isVisibleTo(page):
                assert widget.objectName(), widget
                assert widget.accessibleName(), widget
