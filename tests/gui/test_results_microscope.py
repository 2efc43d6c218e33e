from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QThreadPool
from PySide6.QtWidgets import QLabel, QPushButton

from workbench import events, spec
from workbench.gui.decoding import Sound
from workbench.gui.presenters.insight.microscope import MicroscopePresenter, important_second
from workbench.gui.presenters.results import ResultsState
from workbench.gui.widgets.insight.microscope import MicroscopeView
from workbench.runs import explained
from workbench.runs.explained import Explained
from workbench.runs.results import ClassRow, Results, Samples

CLASSES = ("cat", "dog", "cow")


def results_of(folder: Path) -> ResultsState:
    found = Results(
        split="test", task="category", target="pet", classes=CLASSES, metrics={}, baseline={},
        confusion=((1, 0, 0), (0, 1, 0), (0, 0, 1)), loss_name="x",
        per_class=tuple(
            ClassRow(name=n, precision=1.0, recall=1.0, f1=1.0, support=1) for n in CLASSES
        ),
    )  # fmt: skip
    samples = Samples(
        stem=np.array(["one", "two"]), target=np.array([1, 2]), prediction=np.array([0, 2]),
        confidence=np.ones(2), true_probability=np.ones(2), loss=np.ones(2),
    )  # fmt: skip
    chosen = spec.from_data(
        {
            "data": {"folder": "/data", "target": "pet", "task": "category"},
            "model": {
                "encoders": {
                    "image": {"name": "image_cnn"}, "audio": {"name": "audio_cnn"},
                    "text": {"name": "text_average"},
                }
            },
            "objective": {"loss": {"name": "cross_entropy"}},
        }
    )  # fmt: skip
    return ResultsState(
        phase="shown", folder=folder, split="test", results=found, samples=samples, spec=chosen
    )


class Player:
    """Takes note of what is played."""

    problem, playing = "", False

    def __init__(self):
        self.played = []

    def play(self, samples, rate, start=0.0):
        self.played.append(len(samples) / rate)
        return ""

    def stop(self):
        pass


@pytest.fixture(autouse=True)
def worker_threads_end():
    yield
    assert QThreadPool.globalInstance().waitForDone(5000)


@pytest.fixture
def view(qtbot, tmp_path):
    presenter = MicroscopePresenter()
    asked = []
    presenter.asked.connect(asked.append)
    made = MicroscopeView(presenter, Player())
    made.presenter, made.asked, made.folder = presenter, asked, tmp_path
    qtbot.addWidget(made)
    made.resize(1080, 640)
    presenter.follow(results_of(tmp_path))
    with qtbot.waitExposed(made):
        made.show()
    return made


def answer(qtbot, view, answers=(0.7, 0.2, 0.1), before=(0.7, 0.2, 0.1), **more):
    """Answer the latest question as an engine would."""
    number = view.asked[-1].number
    maps = {"image": np.zeros((8, 8), np.float32), "audio": np.zeros((20, 4), np.float32)}
    maps["audio"][10:14] = 1.0
    maps["text"] = np.array([0.5, -0.2], np.float32)
    given = {
        "image": np.full((8, 8, 3), 99, np.uint8), "audio": np.zeros((20, 4), np.float16),
        "text": np.array([4, 5], np.int32),
    }  # fmt: skip
    explained.write(view.folder, Explained(number, given, maps))
    event = events.Explained(
        number=number, answers=answers, before=before, output=int(np.argmax(answers)),
        words=("a", "cat"), **more,
    )  # fmt: skip
    view.presenter.answer(event)
    qtbot.waitUntil(lambda: not view.presenter.state.busy)


def words(view, name):
    return view.findChild(QLabel, name).text()


def click(qtbot, view, name):
    qtbot.mouseClick(view.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def test_a_chosen_sample_is_asked_about_and_shown_with_its_truth(qtbot, view):
    view.presenter.choose_stem("one")
    assert view.asked[-1].stem == "one"
    assert words(view, "microscope_truth") == "Truth: dog"
    answer(qtbot, view)
    bars = view.presenter.state.bars
    assert [(bar.name, bar.words, bar.true) for bar in bars] == [
        ("cat", "70.0%", False), ("dog", "20.0%", True), ("cow", "10.0%", False)
    ]  # fmt: skip
    assert bars[0].explained
    assert not view.restore.isVisible()


def test_what_is_not_seen_is_asked_when_it_comes_into_sight(qtbot, view):
    view.hide()
    view.presenter.choose_stem("two")
    assert view.asked == []
    view.show()
    assert [ask.stem for ask in view.asked] == ["two"]


def test_a_modality_is_switched_off_and_the_old_answer_stays_as_a_mark(qtbot, view):
    view.presenter.choose_stem("one")
    answer(qtbot, view)
    click(qtbot, view, "microscope_knows_audio")
    assert view.asked[-1].hidden == ("audio",)
    answer(qtbot, view, answers=(0.3, 0.6, 0.1), hidden=("audio",))
    (first, *_) = view.presenter.state.bars
    assert (first.name, first.share, first.before) == ("dog", 0.6, 0.2)
    assert words(view, "microscope_audio_note") == "Switched off."
    view.restore.setFocus()
    qtbot.keyClick(view.restore, Qt.Key.Key_Space)
    assert view.asked[-1].hidden == ()


def test_dragging_over_the_picture_covers_or_cuts_and_a_click_takes_it_back(qtbot, view):
    view.presenter.choose_stem("one")
    answer(qtbot, view)

    def drag(pane, begin, end):
        qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=begin)
        qtbot.mouseMove(pane, pos=end)
        qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=end)

    room = view.picture.place()
    begin = room.topLeft().toPoint() + QPoint(2, 2)
    end = room.center().toPoint()
    drag(view.picture, begin, end)
    assert view.asked[-1].covered == pytest.approx((0, 0, 0.5, 0.5), abs=0.06)
    click(qtbot, view, "microscope_cut")
    drag(view.picture, begin, end)
    assert view.asked[-1].covered is None
    assert view.asked[-1].cut == pytest.approx((0, 0, 0.5, 0.5), abs=0.06)
    drag(view.picture, end, end)
    assert (view.asked[-1].cut, view.asked[-1].covered) == (None, None)
    wide = view.spectrogram.width()
    drag(view.spectrogram, QPoint(wide // 4, 20), QPoint(wide // 2, 40))
    assert view.asked[-1].muted == pytest.approx((0.25, 0.5), abs=0.03)


def test_other_words_are_asked_about_after_a_pause(qtbot, view):
    view.presenter.choose_stem("one")
    answer(qtbot, view)
    before = len(view.asked)
    qtbot.keyClicks(view.text, "a dog")
    qtbot.waitUntil(lambda: len(view.asked) > before)
    assert view.asked[-1].text == "a dog"
    assert len(view.asked) == before + 1


def test_a_clicked_bar_is_explained_and_the_method_is_kept_for_the_next_sample(qtbot, view):
    view.presenter.choose_stem("one")
    answer(qtbot, view)
    spot = view.bars.place_of("cow").toPoint()
    qtbot.mouseClick(view.bars, Qt.MouseButton.LeftButton, pos=spot)
    assert view.asked[-1].output == 2
    view.method.setFocus()
    qtbot.keyClick(view.method, Qt.Key.Key_End)
    assert view.asked[-1].method == "occlusion"
    view.presenter.choose_stem("two")
    assert (view.asked[-1].method, view.asked[-1].output) == ("occlusion", None)


def test_whether_it_is_to_be_trusted_is_said_in_words(qtbot, view):
    view.presenter.choose_stem("one")
    answer(qtbot, view)
    assert words(view, "microscope_trust") == ""
    click(qtbot, view, "microscope_check")
    assert view.asked[-1].checked
    answer(qtbot, view, likeness={"image": 0.12, "audio": 0.3})
    assert "Passed" in words(view, "microscope_trust")
    click(qtbot, view, "microscope_rival")
    assert not view.asked[-1].checked
    click(qtbot, view, "microscope_check")
    answer(qtbot, view, likeness={"image": 0.92}, gap=0.2)
    assert "Careful" in words(view, "microscope_trust")
    assert "miss 20%" in words(view, "microscope_trust")


def test_the_important_second_is_played(qtbot, view):
    view.presenter.choose_stem("one")
    answer(qtbot, view)
    view.show_sound(Sound(np.zeros(40_000, np.float32), np.zeros((4, 4)), 4.0, 10_000))
    click(qtbot, view, "microscope_play")
    click(qtbot, view, "microscope_play_important")
    assert view.player.played == pytest.approx([4.0, 1.0], abs=0.3)


def test_the_second_that_speaks_most_for_it_is_found():
    heard = np.zeros((40, 3), np.float32)
    heard[20:30] = 1.0
    heard[5:15] = -3.0
    assert important_second(heard, 4.0) == pytest.approx((2.0, 3.0))
    assert important_second(heard, 0.5) == pytest.approx((0.0, 0.5))


def test_a_late_answer_is_not_heard_and_a_refusal_is_told(qtbot, view):
    view.presenter.choose_stem("one")
    old = view.asked[-1].number
    view.presenter.choose_stem("two")
    view.presenter.answer(
        events.Explained(number=old, answers=(1.0, 0.0, 0.0), before=(1.0, 0.0, 0.0), output=0)
    )
    assert view.presenter.state.answer is None
    number = view.asked[-1].number
    refusal = events.NotAnswered(number=number, ask="predict", problem="Not mine.")
    view.presenter.answer(refusal)
    assert view.presenter.state.busy
    view.presenter.answer(refusal.model_copy(update={"ask": "explain", "problem": "It is gone."}))
    assert "It is gone." in words(view, "microscope_banner_text")
