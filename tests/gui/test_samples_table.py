"""Which samples are listed, in which order, and what their cells say."""

import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton

from workbench.data.index import Index, Target, strings
from workbench.gui.listing import Column, Dropped, Wish, cell, rows_of, samples_of, value_words
from workbench.gui.presenters import samples as presenting
from workbench.gui.presenters.samples import SamplesPresenter
from workbench.gui.widgets.samples_browser import SamplesBrowser
from workbench.gui.widgets.samples_table import SamplesTable


@pytest.fixture(autouse=True)
def worker_threads_end():
    yield
    assert QThreadPool.globalInstance().waitForDone(5000)


def pets(count=12):
    labels = np.arange(count) % 3
    return Index(
        root=Path("/data/pets"),
        layout="manifest",
        stems=strings([f"s{i:03d}" for i in range(count)]),
        files={
            "image": strings(["" if i == 4 else f"in/p{i}.png" for i in range(count)]),
            "text": strings(["table.csv"] * count),
        },
        targets={
            "label": Target("label", "category", labels, ("cat", "dog", "Eel")),
            "weight": Target("weight", "number", np.append(np.arange(count - 1.0), np.nan)),
        },
        texts=strings(["" if i == 7 else f"A Sentence\nnumber {i}" for i in range(count)]),
        columns={"speaker": strings(["ann", "BOB"] * (count // 2)), "age": strings(
            ["9", "10", "", "100"] * (count // 4))},
    )  # fmt: skip


SPLIT = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, -1], np.int8)


def column(samples, title):
    return next(c for c in samples.columns if c.title == title)


def rows(wish, target="label"):
    return rows_of(samples_of(pets(), target, SPLIT), wish).tolist()


def test_the_columns_are_name_target_split_modalities_and_what_else_the_data_say():
    titles = [c.title for c in samples_of(pets(), "label", SPLIT).columns]
    assert titles == ["Sample", "Label", "Split", "Image", "Text", "Speaker", "Age"]
    titles = [c.title for c in samples_of(pets(), "").columns]
    assert titles == ["Sample", "Image", "Text", "Speaker", "Age"]


@pytest.mark.parametrize(
    ("title", "words"),
    [("Sample", "s003"), ("Label", "cat"), ("Split", "train"), ("Image", "in/p3.png"),
     ("Text", "A Sentence number 3"), ("Speaker", "BOB"), ("Age", "100")],
)  # fmt: skip
def test_a_cell_says_what_its_column_holds(title, words):
    samples = samples_of(pets(), "label", SPLIT)
    assert cell(samples, column(samples, title), 3) == words


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (Target("a", "category", np.array([1, -1]), ("x", "y")), ["y", ""]),
        (Target("a", "ordered", np.array([0, -1]), ("low", "high")), ["low", ""]),
        (Target("a", "number", np.array([1.5, np.nan])), ["1.5", ""]),
        (Target("a", "labels", np.array([[1, 0, 1], [-1, -1, -1]], np.int8), ("x", "y", "z")),
         ["x · z", ""]),
        (Target("a", "labels", np.array([[0, 0]], np.int8), ("x", "y")), ["none of them"]),
        (Target("x + y", "numbers", np.array([[1.0, 2.25], [1.0, np.nan]]), (), ("x", "y")),
         ["x 1 · y 2.25", ""]),
        (Target("", "none", np.zeros(1, np.int64)), [""]),
    ],
)  # fmt: skip
def test_a_target_of_any_task_is_told_in_words(target, words):
    assert [value_words(target, row) for row in range(len(words))] == words


def test_words_are_found_in_name_class_file_text_and_columns_in_either_case():
    assert rows(Wish(words="S003")) == [3]
    assert rows(Wish(words=" eel ")) == [2, 5, 8, 11]
    assert rows(Wish(words="p11.PNG")) == [11]
    assert rows(Wish(words="sentence")) == [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11]
    assert rows(Wish(words="bob")) == [1, 3, 5, 7, 9, 11]
    assert rows(Wish(words="nowhere")) == []


def test_filters_narrow_down_together():
    assert rows(Wish(value=1)) == [1, 4, 7, 10]
    assert rows(Wish(split=1)) == [6, 7, 8]
    assert rows(Wish(value=1, split=1)) == [7]
    assert rows(Wish(missing="image")) == [4]
    assert rows(Wish(missing="text")) == [7]
    assert rows(Wish(only=np.array([9, 2, 5]))) == [9, 2, 5]
    assert rows(Wish(only=np.array([9, 2, 5]), words="eel")) == [2, 5]


def test_a_class_of_several_at_once_keeps_the_samples_that_have_it():
    values = np.array([[1, 0], [1, 1], [0, 1], [-1, -1]], np.int8)
    index = Index(
        Path("/d"), "manifest", strings(list("abcd")), {"image": strings(list("abcd"))},
        {"tags": Target("tags", "labels", values, ("x", "y"))},
    )  # fmt: skip
    samples = samples_of(index, "tags")
    assert rows_of(samples, Wish(value=0)).tolist() == [0, 1]
    assert rows_of(samples, Wish(words="y")).tolist() == [1, 2]
    by_tags = Wish(column=column(samples, "Tags"))
    assert rows_of(samples, by_tags).tolist() == [3, 0, 1, 2]


def sorted_by(title, target="label", *, descending=False):
    samples = samples_of(pets(), target, SPLIT)
    wish = Wish(column=column(samples, title), descending=descending)
    return rows_of(samples, wish).tolist()


def test_classes_are_sorted_by_name_numbers_by_size_and_what_is_missing_counts_as_lowest():
    assert sorted_by("Label") == [2, 5, 8, 11, 0, 3, 6, 9, 1, 4, 7, 10]
    assert sorted_by("Weight", "weight")[:2] == [11, 0]
    assert sorted_by("Weight", "weight", descending=True)[:2] == [10, 9]
    assert sorted_by("Image")[0] == 4
    assert sorted_by("Split", descending=True)[:2] == [9, 10]


def test_a_column_of_digits_is_sorted_as_numbers_and_others_as_text():
    assert sorted_by("Age") == [2, 6, 10, 0, 4, 8, 1, 5, 9, 3, 7, 11]
    assert sorted_by("Speaker")[:6] == [1, 3, 5, 7, 9, 11]


@given(st.lists(st.text(max_size=6), min_size=1, max_size=40))
def test_texts_are_sorted_as_python_sorts_their_bytes(texts):
    texts = [f"x{text}".encode("utf-8", "ignore").decode() for text in texts]
    index = Index(
        Path("/d"), "lines", strings([str(n) for n in range(len(texts))]),
        {"text": strings(["t"] * len(texts))}, {}, columns={"c": strings(texts)},
    )  # fmt: skip
    samples = samples_of(index, "")
    for descending in (False, True):
        found = rows_of(samples, Wish(column=Column("column", "c", "C"), descending=descending))
        wanted = sorted(range(len(texts)), key=lambda n: texts[n].encode(), reverse=descending)
        assert [texts[n] for n in found] == [texts[n] for n in wanted]


def test_equals_keep_the_order_of_the_data_in_either_direction():
    assert sorted_by("Label", descending=True)[:4] == [1, 4, 7, 10]


def test_a_search_that_nobody_waits_for_ends():
    with pytest.raises(Dropped):
        rows_of(samples_of(pets(), "label"), Wish(words="s"), lambda: True)


@pytest.fixture
def presenter(qapp):
    made = SamplesPresenter()
    made.show_index(pets(), "label", SPLIT)
    return made


def test_what_can_be_chosen_is_counted(presenter):
    filters = presenter.state.filters
    assert [(c.title, c.caption) for c in filters.classes] == [
        ("cat", "4"), ("dog", "4"), ("Eel", "4"),
    ]  # fmt: skip
    assert [c.caption for c in filters.splits] == ["6", "3", "2"]
    assert [(c.name, c.caption) for c in filters.missing] == [("image", "1"), ("text", "1")]


def test_rows_of_a_finding_take_other_filters_off_and_can_be_dropped(presenter):
    presenter.only("split", "1")
    presenter.show_rows(np.array([3, 9, 99]), "2 copies")
    assert presenter.state.rows.tolist() == [3, 9]
    assert [chip.title for chip in presenter.state.chips] == ["2 copies"]
    assert presenter.state.words == "2 of 12 samples"
    presenter.only("value", "0")
    assert [chip.title for chip in presenter.state.chips] == ["2 copies", "label: cat"]
    presenter.drop("rows")
    assert presenter.state.rows.tolist() == [0, 3, 6, 9]
    presenter.show_all()
    assert presenter.state.words == "12 samples"


def test_another_target_keeps_the_search_but_not_the_class(presenter):
    index = presenter.state.samples.index
    presenter.search("s00")
    presenter.only("value", "1")
    presenter.show_index(index, "weight", SPLIT)
    assert presenter.state.wish.value is None
    assert len(presenter.state.rows) == 10


def test_other_data_are_shown_whole(presenter):
    presenter.search("s003")
    presenter.show_index(pets(8), "label")
    assert len(presenter.state.rows) == 8
    assert not presenter.state.wish.filters


def test_the_late_answer_of_an_earlier_search_is_not_heard(qtbot, presenter, monkeypatch):
    first_may_end, real = threading.Event(), presenting.rows_of

    def slow(samples, wish, stop=lambda: False):
        if wish.words == "first":
            assert first_may_end.wait(10)
        return real(samples, wish, stop)

    monkeypatch.setattr(presenting, "rows_of", slow)
    monkeypatch.setattr(presenting, "AT_ONCE", 0)
    seen = []
    presenter.changed.connect(lambda state: seen.append((state.wish.words, state.busy)))
    presenter.search("first")
    presenter.search("s003")
    assert presenter.state.busy
    qtbot.waitUntil(lambda: not presenter.state.busy)
    first_may_end.set()
    assert QThreadPool.globalInstance().waitForDone(5000)
    presenter.search("")
    assert seen == [("first", True), ("s003", True), ("s003", False), ("", False)]


def test_a_long_search_gives_the_same_rows_in_a_thread(qtbot, presenter, monkeypatch):
    monkeypatch.setattr(presenting, "AT_ONCE", 0)
    presenter.search("eel")
    qtbot.waitUntil(lambda: not presenter.state.busy)
    assert presenter.state.rows.tolist() == [2, 5, 8, 11]


@pytest.fixture
def browser(qtbot):
    made = SamplesBrowser("data")
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.show()
    return made


def child(view, kind, name):
    found = view.findChild(kind, name)
    assert found is not None, name
    return found


def test_the_first_sample_of_new_data_is_looked_at(qtbot, browser):
    with qtbot.waitSignal(browser.chosen) as chosen:
        browser.show_index(pets(), "label", SPLIT)
    assert chosen.args == [0]
    assert browser.table.currentIndex().row() == 0


def test_the_chosen_sample_stays_chosen_when_it_is_sorted_and_filtered(qtbot, browser):
    browser.show_index(pets(), "label", SPLIT)
    browser.table.selectRow(5)
    browser.table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert browser.table.rows.entry(browser.table.currentIndex().row()) == 5
    told = []
    browser.chosen.connect(told.append)
    qtbot.keyClicks(child(browser, QLineEdit, "data_filter"), "eel")
    assert told == []
    assert browser.table.rows.entry(browser.table.selectionModel().selectedRows()[0].row()) == 5


def test_the_third_click_on_a_heading_gives_back_the_order_of_the_data(qtbot, browser):
    browser.show_index(pets(), "label", SPLIT)
    header = browser.table.horizontalHeader()
    orders = []
    for _ in range(3):
        at = header.sectionViewportPosition(1) + 8
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=_point(at, 8))
        orders.append(browser.presenter.state.rows[:3].tolist())
    assert orders == [[2, 5, 8], [1, 4, 7], [0, 1, 2]]


def _point(x, y):
    from PySide6.QtCore import QPoint

    return QPoint(x, y)


def test_rows_of_a_finding_are_shown_with_a_chip_that_takes_them_back(qtbot, browser):
    browser.show_index(pets(), "label", SPLIT)
    qtbot.keyClicks(child(browser, QLineEdit, "data_filter"), "zzz")
    assert child(browser, QLabel, "data_none").isVisible()
    with qtbot.waitSignal(browser.chosen) as chosen:
        browser.show_rows([9, 2], "2 copies")
    assert chosen.args == [9]
    assert child(browser, QLineEdit, "data_filter").text() == ""
    assert child(browser, QLabel, "data_count").text() == "2 of 12 samples"
    chip = child(browser, QPushButton, "data_chip_rows")
    assert (chip.text(), chip.isVisible()) == ("2 copies", True)
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert child(browser, QLabel, "data_count").text() == "12 samples"
    assert browser.current == 9


def test_a_class_is_chosen_from_the_menu(qtbot, browser):
    browser.show_index(pets(), "label", SPLIT)
    browser.narrow.fill()
    groups = {action.text(): action.menu() for action in browser.narrow.choices.actions()}
    assert list(groups) == ["Label", "Split", "Lacking"]
    dog = next(a for a in groups["Label"].actions() if a.text().startswith("dog"))
    dog.trigger()
    assert browser.presenter.state.rows.tolist() == [1, 4, 7, 10]
    browser.narrow.fill()
    marked = [
        a.text() for a in browser.narrow.choices.actions()[0].menu().actions() if a.isChecked()
    ]
    assert marked == ["dog\t4"]
    child(browser, QPushButton, "data_all").click()
    assert len(browser.presenter.state.rows) == 12


def test_many_classes_are_found_by_typing(qtbot, browser):
    count = 100
    index = Index(
        Path("/d"), "manifest", strings([f"s{n}" for n in range(count)]),
        {"image": strings([f"{n}.png" for n in range(count)])},
        {"label": Target("label", "category", np.arange(count), tuple(map(str, range(count))))},
    )  # fmt: skip
    browser.show_index(index, "label")
    browser.narrow.fill()
    last = browser.narrow.choices.actions()[0].menu().actions()[-1]
    assert (last.text(), last.isEnabled()) == ("40 more: type their name in the filter", False)


def test_data_without_a_target_are_listed_too(qtbot):
    table = SamplesTable("plain")
    qtbot.addWidget(table)
    table.show_index(pets(), "")
    assert table.table.rows.columnCount() == 5
    assert child(table, QLabel, "plain_count").text() == "12 samples"
