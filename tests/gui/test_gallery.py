"""The gallery lays out, decodes and paints what is seen, and nothing else."""

import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, Qt, QThreadPool
from PySide6.QtGui import QHelpEvent, QImage
from PySide6.QtWidgets import QApplication, QPushButton, QSlider, QToolTip

from workbench.data.index import Index, Target, strings
from workbench.gui.pixels import Colours
from workbench.gui.presenters.samples import SamplesPresenter
from workbench.gui.thumbnails import Thumbnail, Thumbnails, thumbnail
from workbench.gui.widgets.gallery import LARGEST, SMALLEST, Gallery
from workbench.gui.widgets.gallery_cells import Grid
from workbench.gui.widgets.samples_browser import SamplesBrowser

COLOURS = Colours(((0, 0, 0), (200, 80, 0), (255, 255, 255)))


@pytest.fixture(autouse=True)
def worker_threads_end():
    yield
    assert QThreadPool.globalInstance().waitForDone(5000)


def pictures(count):
    return Index(
        root=Path("/data/many"),
        layout="class_folders",
        stems=strings([f"in/s{i}" for i in range(count)]),
        files={"image": strings([f"{i}.png" for i in range(count)])},
        targets={"label": Target("label", "category", np.arange(count) % 2, ("a", "b"))},
    )


class Decoder:
    """Decodes grey pictures, and remembers which."""

    def __init__(self, side=8):
        self.rows, self.sides = [], []
        self.may_go = threading.Event()
        self.may_go.set()
        self._side = side

    def __call__(self, index, row, side, colours):
        assert self.may_go.wait(10)
        self.rows.append(row)
        self.sides.append(side)
        image = QImage(self._side, self._side, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.red)
        return Thumbnail(image, side=side)


@pytest.fixture
def decoder():
    return Decoder()


@pytest.fixture
def presenter(qapp):
    return SamplesPresenter()


@pytest.fixture
def gallery(qtbot, presenter, decoder):
    made = Gallery("gallery", presenter, Thumbnails(decoder))
    made.thumbnails.setParent(made)
    qtbot.addWidget(made)
    made.resize(520, 400)
    made.show()
    return made


def settle(qtbot, gallery):
    """Wait until all that is wished has come."""
    thumbnails = gallery.thumbnails
    gallery.viewport().repaint()
    qtbot.waitUntil(lambda: not thumbnails._wished and not thumbnails._under_way)


def test_the_grid_knows_what_is_seen_and_what_lies_at_a_point():
    grid = Grid(count=10, across=4, width=50, height=60)
    assert grid.total == 180
    assert list(grid.seen(0, 60)) == [0, 1, 2, 3]
    assert list(grid.seen(59, 62)) == list(range(10))
    assert list(grid.seen(1000, 60)) == []
    assert grid.place(6) == (100, 60)
    assert grid.cell_at(101, 61) == 6
    assert grid.cell_at(201, 0) == -1
    assert grid.cell_at(149, 179) == -1


def test_only_what_is_seen_or_near_is_decoded(qtbot, presenter, gallery, decoder):
    presenter.show_index(pictures(100_000), "label")
    settle(qtbot, gallery)
    seen = len(gallery._visible())
    assert set(range(seen)) <= set(decoder.rows)
    assert len(decoder.rows) <= 2 * seen
    decoder.rows.clear()
    gallery.verticalScrollBar().setValue(gallery.verticalScrollBar().maximum())
    settle(qtbot, gallery)
    assert 99_999 in decoder.rows
    assert min(decoder.rows) > 99_000


def test_what_has_been_scrolled_away_is_not_begun(qtbot, presenter, gallery, decoder):
    decoder.may_go.clear()
    presenter.show_index(pictures(10_000), "label")
    gallery.viewport().repaint()
    begun = set(gallery.thumbnails._under_way)
    gallery.verticalScrollBar().setValue(gallery.verticalScrollBar().maximum())
    gallery.viewport().repaint()
    decoder.may_go.set()
    settle(qtbot, gallery)
    assert {row for row in decoder.rows if row < 5000} <= begun


def test_a_picture_is_painted_when_it_has_come(qtbot, presenter, gallery, decoder):
    decoder.may_go.clear()
    presenter.show_index(pictures(5), "label")
    middle = gallery._box(2).center()

    def colour():
        return gallery.viewport().grab().toImage().pixelColor(middle).name()

    assert colour() != "#ff0000"
    decoder.may_go.set()
    qtbot.waitUntil(lambda: colour() == "#ff0000")


def test_memory_is_bounded_and_the_oldest_are_dropped_first(qtbot, qapp):
    decoder = Decoder(side=100)
    kept = 3 * (100 * 100 * 4 + 200)
    thumbnails = Thumbnails(decoder, kept)
    thumbnails.show_index(pictures(50), COLOURS)
    for row in range(10):
        with qtbot.waitSignal(thumbnails.came):
            thumbnails.wish([row], 96)
    assert thumbnails.bytes <= kept
    assert [row for row in range(10) if thumbnails.of(row) is not None] == [7, 8, 9]


def test_a_larger_cell_is_decoded_anew_and_shows_the_smaller_picture_meanwhile(qtbot, qapp):
    decoder = Decoder()
    thumbnails = Thumbnails(decoder)
    thumbnails.show_index(pictures(5), COLOURS)
    for side in (80, 90, 200, 100):
        thumbnails.wish([1], side)
        assert QThreadPool.globalInstance().waitForDone(5000)
        qtbot.waitUntil(lambda: not thumbnails._under_way)
        assert thumbnails.of(1) is not None
    assert decoder.sides == [96, 256]


def test_a_late_picture_of_other_data_is_dropped(qtbot, qapp):
    decoder = Decoder()
    decoder.may_go.clear()
    thumbnails = Thumbnails(decoder)
    thumbnails.show_index(pictures(5), COLOURS)
    thumbnails.wish([3], 96)
    thumbnails.show_index(pictures(5), COLOURS)
    decoder.may_go.set()
    assert QThreadPool.globalInstance().waitForDone(5000)
    with qtbot.waitSignal(thumbnails.came) as came:
        thumbnails.wish([4], 96)
    assert came.args == [4]
    assert thumbnails.of(3) is None


def test_a_decoder_that_fails_does_not_hold_up_the_others(qtbot, qapp):
    from pytestqt.exceptions import capture_exceptions

    def broken(index, row, side, colours):
        if row == 0:
            raise ZeroDivisionError
        return Thumbnail(text="fine", side=side)

    thumbnails = Thumbnails(broken)
    thumbnails.show_index(pictures(3), COLOURS)
    with capture_exceptions():
        thumbnails.wish([0, 1, 2], 96)
        qtbot.waitUntil(lambda: thumbnails.of(2) is not None)
        qtbot.waitUntil(lambda: thumbnails.of(0) is not None)
    assert thumbnails.of(0).problem == "This sample cannot be shown."


def test_keys_move_from_cell_to_cell_and_stay_within(qtbot, presenter, gallery):
    presenter.show_index(pictures(100), "label")
    across, told = gallery.grid.across, []
    gallery.chosen.connect(told.append)
    key = Qt.Key
    for pressed in (
        key.Key_Down, key.Key_Right, key.Key_Down, key.Key_Up, key.Key_Up, key.Key_End,
        key.Key_Right, key.Key_Home, key.Key_Left,
    ):  # fmt: skip
        qtbot.keyClick(gallery, pressed)
    assert told == [0, 1, 1 + across, 1, 99, 0]
    qtbot.keyClick(gallery, key.Key_End)
    assert gallery.verticalScrollBar().value() == gallery.verticalScrollBar().maximum()
    assert gallery.accessibleDescription() == "s99, b, 100 of 100"


def test_down_into_a_short_last_row_reaches_its_last_cell(qtbot, presenter, gallery):
    presenter.show_index(pictures(100), "label")
    across = gallery.grid.across
    presenter.show_rows(np.arange(2 * across + 1), "few")
    gallery.look_at(2 * across - 1)
    qtbot.keyClick(gallery, Qt.Key.Key_Down)
    assert gallery.current == 2 * across
    qtbot.keyClick(gallery, Qt.Key.Key_Up)
    assert gallery.current == across


def test_a_click_chooses_what_lies_there(qtbot, presenter, gallery):
    presenter.show_index(pictures(100), "label")
    with qtbot.waitSignal(gallery.chosen) as chosen:
        at = gallery._box(5).center()
        qtbot.mouseClick(gallery.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert chosen.args == [5]


def test_cells_grow_and_shrink_within_limits_and_the_chosen_one_stays_in_sight(
    qtbot, presenter, gallery
):
    presenter.show_index(pictures(1000), "label")
    gallery.look_at(500)
    for side in (LARGEST, SMALLEST, 130):
        gallery.show_side(side)
        assert 500 in gallery._visible()
    gallery.show_side(10_000)
    assert gallery.side == LARGEST


def test_a_gallery_taller_than_a_scroll_bar_can_count_reaches_its_end(qtbot, presenter, gallery):
    count = 12_000_000
    gallery.resize(200, 400)
    stems = np.zeros(count, np.dtypes.StringDType())
    index = Index(Path("/d"), "lines", stems, {"text": stems}, {}, texts=stems)
    presenter.show_index(index, "")
    gallery.show_side(LARGEST)
    assert gallery.grid.total > 2**31
    gallery.look_at(count - 1)
    assert count - 1 in gallery._visible()


def test_the_tooltip_says_name_target_and_what_is_wrong(qtbot, qapp):
    presenter = SamplesPresenter()
    broken = Thumbnails(lambda *asked: Thumbnail(problem="p.png is cut short.", side=96))
    gallery = Gallery("broken", presenter, broken)
    broken.setParent(gallery)
    qtbot.addWidget(gallery)
    gallery.show()
    presenter.show_index(pictures(3), "label")
    qtbot.waitUntil(lambda: broken.of(1) is not None)
    at = gallery._box(1).center()
    event = QHelpEvent(QEvent.Type.ToolTip, at, gallery.viewport().mapToGlobal(at))
    QApplication.sendEvent(gallery.viewport(), event)
    assert QToolTip.text() == "s1\nb\np.png is cut short."
    QToolTip.hideText()


def test_table_and_gallery_show_the_same_rows_and_the_same_chosen_sample(qtbot, decoder):
    browser = SamplesBrowser("data", Thumbnails(decoder))
    browser.gallery.thumbnails.setParent(browser)
    qtbot.addWidget(browser)
    browser.resize(800, 500)
    browser.show()
    browser.show_index(pictures(60), "label")
    browser.presenter.only("value", "1")
    browser.table.selectRow(4)
    browser.findChild(QPushButton, "data_as_gallery").click()
    assert browser.gallery.isVisible()
    assert browser.gallery.grid.count == 30
    assert browser.gallery.current == 4
    qtbot.keyClick(browser.gallery, Qt.Key.Key_Right)
    assert browser.current == 11
    browser.findChild(QPushButton, "data_as_table").click()
    assert browser.table.currentIndex().row() == 5
    slider = browser.findChild(QSlider, "data_side")
    assert not slider.isVisible()
    slider.setValue(200)
    assert browser.gallery.side == 200


def test_what_stands_for_a_sample_is_its_picture_else_its_sound_else_its_text(tmp_path):
    Image.new("RGB", (300, 150), (10, 200, 30)).save(tmp_path / "a.png")
    soundfile.write(tmp_path / "b.wav", np.sin(np.arange(16000) / 4), 16000)
    (tmp_path / "c.txt").write_text("ein  Satz\nin zwei Zeilen", encoding="utf-8")
    (tmp_path / "d.png").write_bytes(b"no picture")
    index = Index(
        tmp_path, "class_folders", strings(list("abcde")),
        {
            "image": strings(["a.png", "", "", "d.png", ""]),
            "audio": strings(["b.wav", "b.wav", "", "", ""]),
            "text": strings(["c.txt", "c.txt", "c.txt", "", ""]),
        },
        {},
    )  # fmt: skip
    made = [thumbnail(index, row, 96, COLOURS) for row in range(5)]
    assert (made[0].image.width(), made[0].image.height(), made[0].sound) == (96, 48, False)
    assert made[0].image.pixelColor(5, 5).getRgb()[:3] == (10, 200, 30)
    assert made[1].sound
    assert made[1].image.height() == 48
    assert made[2].text == "ein Satz in zwei Zeilen"
    assert "d.png" in made[3].problem
    assert made[4].problem == "Nothing to show."


def test_spectrograms_take_the_colours_of_another_theme(qtbot, presenter, gallery, decoder):
    presenter.show_index(pictures(3), "label")
    settle(qtbot, gallery)
    decoder.rows.clear()
    gallery.thumbnails.show_index(presenter.state.samples.index, COLOURS)
    gallery.thumbnails.wish([0], 96)
    qtbot.waitUntil(lambda: 0 in decoder.rows)


def test_an_empty_place_chooses_nothing(qtbot, presenter, gallery):
    presenter.show_index(pictures(1), "label")
    told = []
    gallery.chosen.connect(told.append)
    at = QPoint(gallery.viewport().width() - 3, gallery.viewport().height() - 3)
    qtbot.mouseClick(gallery.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert told == []
