"""Correcting how a folder is read, on real folders with the real scan."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QListWidget, QPushButton

from workbench.data.folder import scan
from workbench.gui.decoding import Decoders, Sound
from workbench.gui.presenters.data import DataPresenter
from workbench.gui.presenters.reading import ReadingPresenter
from workbench.gui.presenters.reading_preview import pattern_view, tables_in
from workbench.gui.screens.data import DataView
from workbench.gui.widgets.reading_panel import ReadingPanel
from workbench.gui.widgets.sample import SampleView
from workbench.spec import Reading

DECODERS = Decoders(
    lambda path: np.zeros((4, 4, 3), np.uint8),
    lambda path: Sound(np.zeros(160, np.float32), np.zeros((4, 8)), 0.01),
    lambda path: "words",
)


@pytest.fixture(autouse=True)
def worker_threads_end():
    yield
    assert QThreadPool.globalInstance().waitForDone(5000)


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8)).save(path)


@pytest.fixture
def products(tmp_path):
    """A table with every kind of column."""
    root = tmp_path / "products"
    rows = []
    for i in range(40):
        picture(root / f"images/p{i:02}.png")
        rows.append(
            {
                "file_name": f"images/p{i:02}.png",
                "kind": ("bag", "shoe")[i % 2],
                "tags": ("red|soft", "red", "new|soft")[i % 3],
                "size": ("small", "medium", "large")[i % 3],
                "x": i * 0.5,
                "y": 20 - i * 0.25,
                "z": (i * 7) % 11 + 0.5,
                "who": f"anna{i % 5}",
            }
        )
    with (root / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)
    (root / "other.csv").write_text(
        "file_name,weight\n" + "".join(f"images/p{i:02}.png,{i * 1.5}\n" for i in range(40)),
        encoding="utf-8",
    )
    return root


@pytest.fixture
def named(tmp_path):
    """Files whose names say what they hold, and one that does not."""
    root = tmp_path / "named"
    for i in range(30):
        picture(root / f"{('cat', 'dog', 'eel')[i % 3]}_{('anna', 'bert')[i % 2]}_{i:02}.png")
    picture(root / "holiday.png")
    return root


@pytest.fixture
def reading(qtbot):
    made = ReadingPresenter(scan)
    yield made
    made.close()


def begin(qtbot, reading, root, asked=None):
    asked = asked or Reading()
    reading.begin(root, scan(root, reading=asked, check=False), asked)
    settle(qtbot, reading)


def settle(qtbot, reading):
    qtbot.waitUntil(lambda: not reading.state.busy)


def child(view, kind, name):
    found = view.findChild(kind, name)
    assert found is not None, name
    return found


def test_columns_are_shown_with_what_they_are_and_examples(qtbot, reading, products):
    begin(qtbot, reading, products)
    columns = {column.name: column for column in reading.state.seen.columns}
    assert columns["file_name"].role == "image"
    assert columns["kind"].role == "target"
    assert columns["kind"].examples == ("bag", "shoe")
    assert len(columns["x"].examples) == 3
    assert reading.state.layout == "manifest"
    assert [table.name for table in reading.state.tables] == ["metadata.csv", "other.csv"]
    assert not reading.state.can_apply


def test_another_role_is_tried_at_once_and_applied_when_wished(qtbot, reading, products):
    begin(qtbot, reading, products)
    before = [column.name for column in reading.state.seen.columns]
    reading.choose_role("kind", "ignore")
    reading.choose_role("who", "group")
    settle(qtbot, reading)
    state = reading.state
    assert "kind" not in state.index.targets
    assert [column.name for column in state.seen.columns] == before
    assert {c.name: c.examples for c in state.seen.columns}["kind"] == ("bag", "shoe")
    with qtbot.waitSignal(reading.accepted) as told:
        reading.apply()
    index, asked = told.args
    assert "kind" not in index.targets
    assert asked.roles == {"kind": "ignore", "who": "group"}
    assert not reading.state.open


def test_another_table_is_read_when_chosen(qtbot, reading, products):
    begin(qtbot, reading, products)
    reading.choose_table("other.csv")
    settle(qtbot, reading)
    assert list(reading.state.index.targets) == ["weight"]
    assert reading.state.asked.layout == "manifest"


def test_a_layout_that_does_not_fit_says_why_and_cannot_be_applied(qtbot, reading, named):
    reading.begin(named, None, Reading())
    settle(qtbot, reading)
    reading.choose_layout("manifest")
    settle(qtbot, reading)
    assert "no table of labels" in reading.state.error
    assert not reading.state.can_apply


def test_a_folder_that_could_not_be_read_is_read_by_a_typed_pattern(qtbot, reading, named):
    reading.begin(named, None, Reading())
    settle(qtbot, reading)
    assert len(reading.state.seen.names) == 31
    reading.type_pattern("{label}_{speaker}_{index}")
    assert reading.state.pattern_view.matched == 30
    assert reading.state.pattern_view.words == "30 of 31 names match, 1 does not."
    settle(qtbot, reading)
    assert reading.state.seen.effect == (
        "31 samples · image · 3 classes · 1 without a value of label"
    )
    with qtbot.waitSignal(reading.accepted) as told:
        reading.apply()
    assert told.args[1] == Reading(layout="file_names", pattern="{label}_{speaker}_{index}")


def test_a_pattern_in_the_making_is_no_disaster(qtbot, reading, named):
    reading.begin(named, None, Reading())
    settle(qtbot, reading)
    whole = "{label}_{speaker}_{index}"
    for end in range(1, len(whole) + 1):
        reading.type_pattern(whole[:end])
        assert reading.state.pattern == whole[:end]
        assert not reading.state.can_apply
    settle(qtbot, reading)
    assert reading.state.can_apply


def test_a_pattern_shows_its_fields_and_a_name_that_does_not_match():
    view = pattern_view("{label}_{index}", ("cat_01", "dog_02", "holiday", "eel_03", "cat_04"))
    assert view.fields == ("label", "index")
    assert (view.matched, view.tried) == (4, 5)
    shown = dict(view.names)
    assert shown["cat_01"] == (("label", 0, 3), ("index", 4, 6))
    assert shown["holiday"] == ()


def test_the_separator_of_several_categories_can_be_said(qtbot, reading, products):
    begin(qtbot, reading, products)
    assert reading.state.index.targets["tags"].task == "labels"
    reading.type_separator(";")
    settle(qtbot, reading)
    assert reading.state.asked.separator == ";"
    assert set(reading.state.index.targets["tags"].classes) != {"red", "soft", "new"}


def test_the_order_of_categories_can_be_turned(qtbot, reading, products):
    begin(qtbot, reading, products)
    assert reading.state.orders == (("size", ("small", "medium", "large")),)
    reading.choose_order("size", ("large", "medium", "small"))
    settle(qtbot, reading)
    assert reading.state.index.targets["size"].classes == ("large", "medium", "small")


def test_numbers_that_are_learned_at_once_can_be_chosen(qtbot, reading, products):
    begin(qtbot, reading, products)
    assert reading.state.together == (("x", True), ("y", True), ("z", True))
    reading.choose_together("y", False)
    settle(qtbot, reading)
    assert "x + z" in reading.state.index.targets
    reading.choose_together("z", False)
    assert reading.state.asked.together == ("x", "z")


def test_what_was_read_is_read_alike_from_the_reading_that_it_found(products, named):
    for root, asked in (
        (products, Reading()),
        (named, Reading(pattern="{label}_{speaker}_{index}")),
    ):
        first = scan(root, reading=asked, check=False)
        again = scan(root, reading=first.reading, check=False)
        assert again.reading == first.reading
        assert (again.stems == first.stems).all()
        assert list(again.targets) == list(first.targets)
        for name, target in first.targets.items():
            np.testing.assert_array_equal(again.targets[name].values, target.values)


def test_tables_are_found_in_the_folder_and_directly_below(products):
    (products / "train").mkdir()
    (products / "train" / "metadata.jsonl").write_text("{}\n", encoding="utf-8")
    (products / "deep" / "deeper").mkdir(parents=True)
    (products / "deep" / "deeper" / "far.csv").write_text("a\n1\n", encoding="utf-8")
    assert tables_in(products) == ("metadata.csv", "other.csv", "train/metadata.jsonl")


def test_the_panel_sends_what_is_typed_chosen_and_dragged(qtbot, reading, products):
    panel = ReadingPanel(reading)
    qtbot.addWidget(panel)
    panel.resize(1064, 690)
    panel.show()
    begin(qtbot, reading, products)
    assert child(panel, QLabel, "reading_effect").text().startswith("40 samples · image")
    child(panel, QPushButton, "reading_together_1").click()
    assert reading.state.asked.together == ("x", "z")
    qtbot.keyClicks(child(panel, QLineEdit, "reading_separator"), ";")
    assert reading.state.asked.separator == ";"
    order = child(panel, QListWidget, "reading_order")
    order.setCurrentRow(0)
    child(panel, QPushButton, "reading_order_down").click()
    assert reading.state.asked.orders == {"size": ("medium", "small", "large")}
    settle(qtbot, reading)
    box = child(panel, QComboBox, "reading_role_0")
    box.activated.emit(7)
    assert reading.state.asked.roles["file_name"] == "ignore"
    settle(qtbot, reading)
    assert child(panel, QLabel, "reading_effect").text() != ""


def test_a_folder_without_labels_is_corrected_on_the_screen_and_shown(qtbot, named):
    # As many names of another form: no pattern can be found in them.
    for number, file in enumerate(sorted(named.glob("*.png"))):
        if number % 2:
            file.rename(file.with_stem(f"{file.stem}_again"))
    presenter = DataPresenter(scan, lambda index, data=None, **_: index)
    view = DataView(presenter, SampleView("data_sample", DECODERS))
    qtbot.addWidget(view)
    view.resize(1112, 772)
    view.show()
    presenter.open(named)
    qtbot.waitUntil(lambda: presenter.state.phase == "failed")
    child(view, QPushButton, "data_say").click()
    line = child(view, QLineEdit, "reading_pattern")
    qtbot.waitUntil(lambda: not presenter.reading.state.busy)
    assert line.isVisible()
    qtbot.keyClicks(line, "{label}_{_}_{index}")
    apply = child(view, QPushButton, "reading_apply")
    qtbot.waitUntil(apply.isEnabled)
    apply.click()
    assert presenter.state.phase == "shown"
    assert presenter.state.data.target == "label"
    assert presenter.state.data.reading.pattern == "{label}_{_}_{index}"
    assert not line.isVisible()
    qtbot.waitUntil(lambda: presenter.state.examined)
    presenter.close()


def test_going_back_leaves_the_data_as_they_were(qtbot, products):
    presenter = DataPresenter(scan, lambda index, data=None, **_: index)
    presenter.open(products)
    qtbot.waitUntil(lambda: presenter.state.examined)
    before = presenter.state
    presenter.correct()
    presenter.reading.choose_layout("class_folders")
    presenter.reading.back()
    assert presenter.state.index is before.index
    assert presenter.state.data == before.data
    presenter.close()


def test_a_column_is_learned_as_something_else_from_its_real_cells(qtbot, products):
    presenter = DataPresenter(scan, lambda index, data=None, **_: index)
    presenter.open(products)
    qtbot.waitUntil(lambda: presenter.state.examined and presenter.state.figures.tasks != ())
    reasons = {task.name: task.reason for task in presenter.state.figures.tasks}
    assert reasons["labels"] == ""
    assert "holds no numbers" in reasons["number"]
    presenter.choose_task("labels")
    qtbot.waitUntil(lambda: presenter.state.task == "labels")
    assert presenter.state.error is None
    assert presenter.state.index.targets["kind"].values.shape == (40, 2)
    assert presenter.state.data.reading.tasks == {"kind": "labels"}
    presenter.close()


def test_a_zip_is_opened_corrected_and_named_by_itself(qtbot, products, tmp_path):
    import shutil

    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", products))
    presenter = DataPresenter(scan, lambda index, data=None, **_: index)
    presenter.open(archive)
    qtbot.waitUntil(lambda: presenter.state.phase in {"shown", "failed"})
    assert presenter.state.error is None
    assert presenter.state.data.folder == str(archive)
    presenter.correct()
    presenter.reading.choose_table("other.csv")
    settle(qtbot, presenter.reading)
    presenter.reading.apply()
    assert presenter.state.target == "weight"
    presenter.close()


def test_folders_named_by_size_are_put_into_their_order_and_can_be_reordered(qtbot, tmp_path):
    for number, size in enumerate(("large", "medium", "small") * 6):
        picture(tmp_path / "sizes" / size / f"{number}.png")
    presenter = DataPresenter(scan, lambda index, data=None, **_: index)
    presenter.open(tmp_path / "sizes")
    qtbot.waitUntil(lambda: presenter.state.examined)
    assert presenter.state.index.target("label").classes == ("large", "medium", "small")
    presenter.choose_task("ordered")
    qtbot.waitUntil(lambda: presenter.state.task == "ordered")
    assert presenter.state.index.target("label").classes == ("small", "medium", "large")
    presenter.correct()
    settle(qtbot, presenter.reading)
    presenter.reading.choose_order("label", ("medium", "small", "large"))
    settle(qtbot, presenter.reading)
    presenter.reading.apply()
    target = presenter.state.index.target("label")
    assert (target.task, target.classes) == ("ordered", ("medium", "small", "large"))
    assert target.values[presenter.state.index.stems == "small/2"] == 1
    again = scan(tmp_path / "sizes", reading=presenter.state.data.reading, check=False)
    assert again.target("label").classes == ("medium", "small", "large")
    presenter.close()


def test_folders_named_by_numbers_can_be_learned_as_numbers(qtbot, tmp_path):
    for number in range(24):
        picture(tmp_path / "ages" / str(number % 4 + 20) / f"{number}.png")
    presenter = DataPresenter(scan, lambda index, data=None, **_: index)
    presenter.open(tmp_path / "ages")
    qtbot.waitUntil(lambda: presenter.state.examined and presenter.state.figures.tasks != ())
    assert {t.name: t.reason for t in presenter.state.figures.tasks}["number"] == ""
    presenter.choose_task("number")
    qtbot.waitUntil(lambda: presenter.state.task == "number")
    assert sorted(set(presenter.state.index.target("label").values)) == [20, 21, 22, 23]
    presenter.close()
