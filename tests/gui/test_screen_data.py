import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QTableView, QWidget

from workbench.data.folder import Stopped
from workbench.data.index import Finding, Index, Target, strings
from workbench.errors import UserError
from workbench.gui.decoding import Decoders, Sound, decode
from workbench.gui.presenters.balance import balance_of
from workbench.gui.presenters.data import DataPresenter
from workbench.gui.screens.data import DataView
from workbench.gui.widgets.sample import SampleView

FINDINGS = (
    Finding("error", "2 files unreadable", "They are left out.", ("cat/a.png", "dog/b.png")),
    Finding("info", "1 hidden file ignored", "It is no sample."),
)


def index_of(count=30, root=Path("/data/pets"), fixed=None, findings=FINDINGS):
    labels = np.arange(count) % 3
    names = np.array(["cat", "dog", "Eel"])[labels]
    return Index(
        root=root,
        layout="class_folders",
        stems=strings([f"s{i:03d}" for i in range(count)]),
        files={
            "image": strings([f"{n}/p{i}.png" for i, n in enumerate(names)]),
            "text": strings(["" if i == 1 else f"{n}/t{i}.txt" for i, n in enumerate(names)]),
        },
        targets={
            "label": Target("label", "category", labels, ("cat", "dog", "Eel")),
            "weight": Target("weight", "number", np.linspace(0, 9, count)),
        },
        fixed_split=fixed,
        findings=findings,
    )


def picture(path):
    return np.full((8, 12, 3), 200, np.uint8)


def sound(path):
    return Sound(np.zeros(160, np.float32), np.zeros((4, 8)), 0.01)


DECODERS = Decoders(picture, sound, lambda path: f"text of {path.name}")


@pytest.fixture(autouse=True)
def worker_threads_end():
    yield
    assert QThreadPool.globalInstance().waitForDone(5000)


def examine_nothing(index, data=None, *, progress=None, stop=None):
    return index


def presenter_of(scan=None, examine=examine_nothing, **more):
    def at_once(path, *, reading=None, progress=None, stop=None, check=True):
        return index_of(root=Path(path))

    return DataPresenter(scan or at_once, examine, **more)


@pytest.fixture
def presenter(qapp):
    made = presenter_of()
    yield made
    made.close()


@pytest.fixture
def view(qtbot, presenter):
    made = DataView(presenter, SampleView("data_sample", DECODERS))
    qtbot.addWidget(made)
    made.resize(1112, 772)
    made.show()
    return made


def child(view, kind, name):
    found = view.findChild(kind, name)
    assert found is not None, name
    return found


def test_a_scanned_folder_is_told_in_words_and_announced(qtbot, view, presenter):
    with qtbot.waitSignal(presenter.opened) as opened:
        presenter.open(Path("/data/pets"))
    assert len(opened.args[0]) == 30
    subtitle = child(view, QLabel, "data_subtitle").text()
    assert subtitle == "30 samples · image + text · 3 classes · /data/pets"
    assert child(view, QLabel, "data_finding_0").text() == "2 files unreadable"
    assert child(view, QLabel, "data_count").text() == "30 samples"


def test_progress_is_shown_while_files_are_looked_at(qtbot, qapp):
    go = threading.Event()

    def scan(path, *, reading=None, progress=None, stop=None, check=True):
        progress(3, 3)
        assert go.wait(10)
        return index_of()

    presenter = presenter_of(scan)
    view = DataView(presenter, SampleView("data_sample", DECODERS))
    qtbot.addWidget(view)
    view.show()
    presenter.open(Path("/data/pets"))
    qtbot.waitUntil(lambda: child(view, QLabel, "data_files").text() == "3 of 3 files")
    assert child(view, QPushButton, "data_cancel").isVisible()
    go.set()
    qtbot.waitUntil(lambda: presenter.state.phase == "shown")
    presenter.close()


def test_a_folder_that_cannot_be_used_leaves_a_sentence_and_a_way_on(qtbot, view, presenter):
    def refuse(path, *, reading=None, progress=None, stop=None, check=True):
        raise UserError(f"{path} holds nothing usable.", "Choose another folder.")

    presenter._reader._scan = refuse
    presenter.open(Path("/data/empty"))
    qtbot.waitUntil(lambda: presenter.state.phase == "failed")
    banner = child(view, QWidget, "data_banner")
    assert banner.isVisible()
    text = child(view, QLabel, "data_banner_text").text()
    assert text == "/data/empty holds nothing usable. Choose another folder."
    assert child(view, QPushButton, "data_drop_open").isVisible()
    assert not child(view, QPushButton, "data_next").isVisible()


def test_a_cancelled_scan_ends_and_leaves_the_empty_screen(qtbot, qapp):
    ended = threading.Event()

    def scan(path, *, reading=None, progress=None, stop=None, check=True):
        pause = threading.Event()
        while not stop():
            pause.wait(0.01)
        ended.set()
        raise Stopped

    presenter = presenter_of(scan)
    view = DataView(presenter, SampleView("data_sample", DECODERS))
    qtbot.addWidget(view)
    view.show()
    presenter.open(Path("/data/pets"))
    child(view, QPushButton, "data_cancel").click()
    assert presenter.state.phase == "empty"
    assert ended.wait(10)
    presenter.close()


def test_a_late_word_of_an_earlier_scan_is_not_heard(qtbot, qapp):
    first_may_end = threading.Event()

    def scan(path, *, reading=None, progress=None, stop=None, check=True):
        if path.name == "first":
            assert first_may_end.wait(10)
        return index_of(root=path)

    presenter = presenter_of(scan)
    opened = []
    presenter.opened.connect(lambda index: opened.append(index.root.name))
    presenter.open(Path("/data/first"))
    first = presenter._reader._threads[0]
    presenter.open(Path("/data/second"))
    qtbot.waitUntil(lambda: opened == ["second"])
    with qtbot.waitSignal(first.finished):
        first_may_end.set()
    qtbot.waitUntil(lambda: not presenter._reader._threads)
    assert opened == ["second"]
    presenter.close()


def test_choosing_a_number_shows_its_histogram_and_tells_the_target(qtbot, view, presenter):
    presenter.show_index(index_of())
    combo = child(view, QComboBox, "data_target")
    combo.setFocus()
    with qtbot.waitSignal(presenter.chosen) as told:
        qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert (told.args[0].target, told.args[0].task) == ("weight", "number")
    qtbot.waitUntil(lambda: sum(presenter.state.figures.balance.counts) == 30)
    assert presenter.state.figures.balance.names == ()


def test_tasks_that_the_values_forbid_are_greyed(qtbot, view, presenter):
    presenter.show_index(index_of())
    qtbot.waitUntil(lambda: presenter.state.figures.tasks != ())
    model = child(view, QComboBox, "data_task").model()
    allowed = {
        task.name: model.item(row).isEnabled()
        for row, task in enumerate(presenter.state.figures.tasks)
    }
    assert allowed == {
        "category": True, "yes_no": False, "number": False, "labels": True, "ordered": True,
        "numbers": False, "none": True,
    }  # fmt: skip


def test_the_next_step_is_one_button(qtbot, view, presenter):
    presenter.show_index(index_of())
    with qtbot.waitSignal(view.recipe_wished):
        qtbot.mouseClick(child(view, QPushButton, "data_next"), Qt.MouseButton.LeftButton)


def test_the_filter_keeps_what_matches_name_class_or_file_in_either_case(qtbot, view, presenter):
    presenter.show_index(index_of())
    table, search = child(view, QTableView, "data_table"), child(view, QLineEdit, "data_filter")
    for words, kept in (("eel", 10), ("S00", 10), ("t17.txt", 1), ("nothing", 0), ("", 30)):
        search.clear()
        qtbot.keyClicks(search, words)
        assert table.model().rowCount() == kept, words
    qtbot.keyClicks(search, "eel")
    assert child(view, QLabel, "data_count").text() == "10 of 30 samples"


def test_a_chosen_row_shows_its_sample_with_all_modalities(qtbot, view, presenter):
    presenter.show_index(index_of())
    qtbot.waitUntil(lambda: child(view, QWidget, "data_sample_text").toPlainText() != "")
    assert child(view, QLabel, "data_sample_title").text() == "s000"
    assert child(view, QLabel, "data_sample_target").text() == "cat"
    child(view, QTableView, "data_table").selectRow(1)
    caption = child(view, QLabel, "data_sample_text_caption")
    qtbot.waitUntil(lambda: caption.text() == "This sample has no text.")
    assert not child(view, QPushButton, "data_sample_open_text").isVisible()


def test_a_late_picture_of_an_earlier_sample_is_dropped(qtbot):
    first_may_end, began = threading.Event(), threading.Event()

    def read(path):
        if path.name == "t0.txt":
            began.set()
            assert first_may_end.wait(10)
        return path.name

    view = SampleView("late", Decoders(picture, sound, read))
    qtbot.addWidget(view)
    shown = []
    view.text.textChanged.connect(lambda: shown.append(view.text.toPlainText()))
    index = index_of()
    view.show_sample(index, 0)
    assert began.wait(10)
    view.show_sample(index, 5)
    qtbot.waitUntil(lambda: shown == ["t5.txt"])
    first_may_end.set()
    assert QThreadPool.globalInstance().waitForDone(5000)
    view.show_sample(index, 6)
    qtbot.waitUntil(lambda: shown[-1] == "t6.txt")
    assert shown == ["t5.txt", "t6.txt"]


def test_a_sample_is_found_by_its_name(qtbot):
    view = SampleView("named", DECODERS)
    qtbot.addWidget(view)
    view.show_stem(index_of(), "s004")
    qtbot.waitUntil(lambda: view.text.toPlainText() == "text of t4.txt")
    view.show_stem(index_of(), "nobody")
    assert view.findChild(QLabel, "named_empty").isVisibleTo(view)


def test_the_open_button_opens_the_file_itself(qtbot):
    opened = []
    view = SampleView("opener", DECODERS, opened.append)
    qtbot.addWidget(view)
    view.show_sample(index_of(), 2)
    button = view.findChild(QPushButton, "opener_open_image")
    qtbot.waitUntil(lambda: view.text.toPlainText() != "")
    button.click()
    assert opened == [Path("/data/pets/Eel/p2.png")]


def test_a_file_that_cannot_be_read_becomes_a_sentence_beside_the_others():
    def broken(path):
        raise UserError(f"{path.name} is cut short.")

    sample = decode(index_of(), 0, Decoders(broken, sound, lambda path: "words"))
    assert sample.problems == {"image": "p0.png is cut short."}
    assert sample.text == "words"
    assert sample.picture is None


def test_the_real_readers_show_real_files(tmp_path):
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (40, 20), (255, 0, 0)).save(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text("grün", encoding="utf-8")
    index = Index(
        root=tmp_path,
        layout="class_folders",
        stems=strings(["a"]),
        files={"image": strings(["a.png"]), "text": strings(["a.txt"])},
        targets={},
    )
    sample = decode(index, 0)
    assert sample.picture.shape[1] == 2 * sample.picture.shape[0]
    assert (sample.picture[0, 0] == [255, 0, 0]).all()
    assert sample.text == "grün"


def test_the_balance_counts_classes_and_leaves_far_numbers_out_of_the_picture():
    labels = np.array([0] * 9 + [1] * 3 + [-1])
    balance = balance_of(Target("label", "category", labels, ("rare", "x")))
    assert balance.names == ("rare", "x")
    assert balance.counts == (9, 3)
    assert "3.0 times" in balance.note
    assert "1 without a value" in balance.note
    numbers = np.append(np.random.default_rng(0).normal(5, 1, 500), [1e6, np.nan])
    spread = balance_of(Target("n", "number", numbers))
    assert sum(spread.counts) == 500
    assert "1 far out, not drawn" in spread.note
    assert spread.high < 20
