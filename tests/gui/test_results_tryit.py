from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QObject, QPoint, QPointF, Qt, QThreadPool, QUrl, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QLabel, QMainWindow, QPushButton

from workbench import events, spec
from workbench.data.folder import scan
from workbench.engine import protocol
from workbench.gui.decoding import Decoders, Sound
from workbench.gui.presenters.capture_state import Hardware
from workbench.gui.presenters.insight.tryit import TryItPresenter
from workbench.gui.presenters.insight.tryit_devices import TryItDevices
from workbench.gui.presenters.insight.tryit_words import answer_of, note_of, share_words
from workbench.gui.presenters.results import ResultsState
from workbench.gui.recording import RATE, Device
from workbench.gui.widgets.drop import DropHint
from workbench.gui.widgets.insight.tryit import TryItView
from workbench.runs.results import ClassRow, Results, Samples

CLASSES = ("cat", "dog", "cow")


def results_of(folder: Path, **more) -> ResultsState:
    facts = {
        "split": "test", "task": "category", "target": "pet", "classes": CLASSES, "metrics": {},
        "baseline": {}, "confusion": ((1, 0, 0), (0, 1, 0), (0, 0, 1)), "loss_name": "x",
        "per_class": tuple(
            ClassRow(name=n, precision=1.0, recall=1.0, f1=1.0, support=1) for n in CLASSES
        ),
    }  # fmt: skip
    samples = Samples(
        stem=np.array(["a/one", "a/two"]), target=np.array([1, 2]), prediction=np.array([0, 2]),
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
    found = Results(**facts | more)
    return ResultsState(
        phase="shown", folder=folder, split="test", results=found, samples=samples, spec=chosen
    )


class Player:
    """Takes note of what is played."""

    problem, playing = "", False

    def __init__(self):
        self.position_changed = self.playing_changed = self

    def connect(self, slot):
        """Nothing is ever heard."""

    def play(self, samples, rate, start=0.0):
        return ""

    def stop(self):
        pass


class Worker(QObject):
    said = Signal(object)
    killed = False

    def kill(self):
        self.killed = True


class StandInMicrophone(QObject):
    level_changed = Signal(float)
    seconds = 0.0
    opened = False

    def open(self, device):
        self.opened = True
        return ""

    def close(self):
        self.opened = False

    def begin(self):
        self.seconds = 0.0

    def end(self):
        return np.full(round(self.seconds * RATE), 0.25, np.float32)


class StandInCamera(QObject):
    seen = Signal(QImage)
    failed = Signal(str)
    opened = False

    def open(self, device):
        self.opened = True
        return ""

    def close(self):
        self.opened = False


class StandInDevices(QObject):
    changed = Signal()
    problem = ""
    ears = (Device("ear"),)
    eyes = (Device("eye"),)

    def microphones(self):
        return list(self.ears)

    def cameras(self):
        return list(self.eyes)


def picture_of(path: Path):
    from workbench.errors import UserError

    if "torn" in path.name:
        raise UserError(f"{path.name} cannot be read as a picture.")
    return np.full((8, 8, 3), 120, np.uint8)


DECODERS = Decoders(
    picture_of,
    lambda path: Sound(np.zeros(8000, np.float32), np.zeros((40, 8)), 0.5),
    lambda path: path.read_text("utf-8"),
)


@pytest.fixture(autouse=True)
def worker_threads_end():
    yield
    assert QThreadPool.globalInstance().waitForDone(5000)


@pytest.fixture
def made(qtbot, tmp_path):
    workers, asked = [], []

    def begin(request):
        workers.append((request, Worker()))
        return workers[-1][1]

    presenter = TryItPresenter(begin, DECODERS)
    presenter.asked.connect(asked.append)
    hardware = Hardware(StandInDevices(), StandInMicrophone(), StandInCamera())
    devices = TryItDevices(lambda: hardware)
    devices.taken.connect(lambda kind, path: presenter.give_file(kind, path, "just taken"))
    devices.failed.connect(presenter.fail)
    devices.wanted = lambda: presenter.answered
    view = TryItView(presenter, devices, Player())
    view.presenter, view.devices, view.hardware = presenter, devices, hardware
    view.asked, view.workers, view.run = asked, workers, tmp_path / "run"
    qtbot.addWidget(view)
    view.resize(1080, 640)
    presenter.follow(results_of(view.run))
    with qtbot.waitExposed(view):
        view.show()
    yield view
    presenter.close()
    devices.close()


def questions(view):
    return [ask for ask in view.asked if isinstance(ask, protocol.Predict)]


def answer(view, answers=(0.7, 0.2, 0.1), said=("cat",), **more):
    """Answer the latest question as an engine would."""
    number = questions(view)[-1].number
    view.presenter.answer(
        events.Predicted(number=number, answers=answers, said=said, seconds=0.01, **more)
    )


def words(view, name):
    return view.findChild(QLabel, name).text()


def click(qtbot, view, name):
    button = view.findChild(QPushButton, name)
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def files(folder, *names):
    for name in names:
        (folder / name).write_text(f"words of {name}")
    return [folder / name for name in names]


def dropped(widget, paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    point, button = widget.rect().center(), Qt.MouseButton.LeftButton
    modifiers, action = Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    enter = QDragEnterEvent(point, action, data, button, modifiers)
    widget.dragEnterEvent(enter)
    assert enter.isAccepted()
    widget.dropEvent(QDropEvent(QPointF(point), action, data, button, modifiers))


def test_the_run_is_opened_ahead_and_nothing_is_asked_until_something_is_given(made):
    assert [type(ask) for ask in made.asked] == [protocol.OpenRun]
    assert words(made, "tryit_hint") == "The engine opens the run…"
    made.presenter.answer(events.RunOpened(number=0, modalities=("image",)))
    assert "Give it something" in words(made, "tryit_hint")


def test_a_dropped_picture_is_asked_about_and_shown_with_what_the_model_says(qtbot, made, tmp_path):
    (picture,) = files(tmp_path, "rex.png")
    dropped(made.picture, [picture])
    ask = questions(made)[-1]
    assert (ask.image, ask.audio, ask.text) == (str(picture), "", None)
    qtbot.waitUntil(lambda: made.presenter.state.inputs["image"].pixels is not None)
    assert made.picture.places.currentWidget() is made.picture.picture
    answer(made, lacking=("audio", "text"), removed=("audio", "text"))
    assert words(made, "tryit_headline") == "cat, 70.0%"
    assert words(made, "tryit_doubt") == ""
    note = "Without sound and text: those of other samples stand in, averaged."
    assert words(made, "tryit_note") == note
    assert made.bars.accessibleDescription() == "cat 70.0%; dog 20.0%; cow 10.0%"


def test_files_dropped_together_go_to_their_cards_and_are_asked_about_at_once(
    qtbot, made, tmp_path
):
    dropped(made, files(tmp_path, "rex.png", "rex.wav", "rex.txt"))
    qtbot.waitUntil(lambda: bool(questions(made)))
    (ask,) = questions(made)
    assert (Path(ask.image).name, Path(ask.audio).name) == ("rex.png", "rex.wav")
    assert ask.text == "words of rex.txt"
    assert made.words.text.toPlainText() == "words of rex.txt"


def test_what_was_said_before_stays_as_a_ghost(made, tmp_path):
    made.presenter.drop(files(tmp_path, "one.png"))
    answer(made)
    made.presenter.drop(files(tmp_path, "two.png"))
    answer(made, answers=(0.3, 0.6, 0.1), said=("dog",))
    rows = {row.name: (row.place, row.before) for row in made.presenter.state.answer.rows}
    assert rows == {"dog": (0.6, 0.2), "cat": (0.3, 0.7), "cow": (0.1, 0.1)}


def test_a_late_answer_is_not_heard(made, tmp_path):
    made.presenter.drop(files(tmp_path, "one.png"))
    late = questions(made)[-1].number
    made.presenter.drop(files(tmp_path, "two.png"))
    made.presenter.answer(events.Predicted(number=late, answers=(1.0, 0.0, 0.0), said=("cat",)))
    assert made.presenter.state.answer is None
    assert made.presenter.state.asking


def test_typed_words_are_asked_about_after_a_pause(qtbot, made):
    qtbot.keyClicks(made.words.text, "a dog")
    assert questions(made) == []
    qtbot.waitUntil(lambda: bool(questions(made)))
    assert [ask.text for ask in questions(made)] == ["a dog"]
    made.words.text.clear()
    qtbot.waitUntil(lambda: not made.presenter.state.asking)
    assert made.presenter.state.answer is None


def test_a_modality_is_left_out_and_taken_back(qtbot, made, tmp_path):
    dropped(made, files(tmp_path, "rex.png", "rex.wav"))
    click(qtbot, made, "tryit_audio_used")
    assert questions(made)[-1].audio == ""
    assert made.sound.used.text() == "Left out"
    click(qtbot, made, "tryit_image_used")
    assert "All that is given is left out" in words(made, "tryit_hint")
    click(qtbot, made, "tryit_audio_used")
    assert Path(questions(made)[-1].audio).name == "rex.wav"
    click(qtbot, made, "tryit_audio_clear")
    assert not made.presenter.state.inputs["audio"].given


@pytest.mark.parametrize(
    ("name", "wanted", "told"),
    [
        ("rex.wav", "image", "rex.wav is a sound, no picture. Drop it on the card Sound."),
        ("rex.exe", None, "rex.exe is of a kind that is not read."),
    ],
)
def test_files_of_the_wrong_kind_are_refused_in_words(made, tmp_path, name, wanted, told):
    made.presenter.drop(files(tmp_path, name), wanted)
    assert words(made, "tryit_banner_text").startswith(told)
    assert questions(made) == []


def test_what_the_run_does_not_take_is_refused(made, tmp_path):
    only = results_of(tmp_path / "other")
    less = only.spec.model_copy(
        update={"model": only.spec.model.model_copy(
            update={"encoders": {"text": only.spec.model.encoders["text"]}})}
    )  # fmt: skip
    made.presenter.follow(ResultsState(**{**vars(only), "spec": less}))
    assert not made.picture.isVisible()
    made.presenter.drop(files(tmp_path, "rex.png"))
    assert "This run takes texts only" in words(made, "tryit_banner_text")


def test_a_file_that_cannot_be_read_is_told_on_its_card(qtbot, made, tmp_path):
    made.presenter.drop(files(tmp_path, "torn.png"))
    qtbot.waitUntil(lambda: bool(made.presenter.state.inputs["image"].problem))
    assert "torn.png cannot be read" in words(made, "tryit_image_problem")
    assert made.presenter.state.answer is None
    assert not made.presenter.state.asking


def test_a_refusal_of_the_engine_is_told(made, tmp_path):
    made.presenter.drop(files(tmp_path, "rex.png"))
    number = questions(made)[-1].number
    refusal = events.NotAnswered(number=number, ask="explain", problem="Not mine.")
    made.presenter.answer(refusal)
    assert made.presenter.state.asking
    made.presenter.answer(refusal.model_copy(update={"ask": "predict", "problem": "It is gone."}))
    assert "It is gone." in words(made, "tryit_banner_text")
    assert not made.presenter.state.asking


def test_what_is_out_of_sight_is_asked_when_it_is_seen_again(made, tmp_path):
    made.hide()
    made.presenter.drop(files(tmp_path, "rex.png"))
    assert questions(made) == []
    made.show()
    assert len(questions(made)) == 1


def test_a_sample_fills_all_cards_and_its_truth_is_told(qtbot, made, shapes):
    index = scan(shapes, check=False)
    stem = str(index.stems[0])
    results = results_of(made.run)
    results.samples.stem[:] = [stem, "b"] if len(stem) <= 5 else results.samples.stem
    made.presenter.take_sample(index, stem)
    qtbot.waitUntil(lambda: bool(questions(made)))
    (ask,) = questions(made)
    assert ask.image == str(index.path("image", 0))
    assert ask.audio == str(index.path("audio", 0))
    assert ask.text == index.text(0)
    assert made.presenter.state.stem == stem
    made.presenter.clear("audio")
    assert made.presenter.state.stem == ""


def test_the_truth_of_a_sample_is_marked_until_something_changes(made):
    from workbench.gui.presenters.insight.tryit_words import truth_of

    results = results_of(made.run)
    assert truth_of(results, "a/one") == ("dog",)
    assert truth_of(results, "nobody") == ()
    event = events.Predicted(number=1, answers=(0.7, 0.2, 0.1), said=("cat",))
    found = answer_of(event, classes=CLASSES, task="category", span=None, before=None,
                      truth=("dog",))  # fmt: skip
    assert [(row.name, row.true, row.said) for row in found.rows] == [
        ("cat", False, True), ("dog", True, False), ("cow", False, False)
    ]  # fmt: skip


def test_a_dropped_folder_becomes_a_table_that_can_be_opened_or_stopped(qtbot, made, tmp_path):
    folder = tmp_path / "my pets!"
    folder.mkdir()
    dropped(made, [folder])
    request, worker = made.workers[-1]
    table = made.run / "insight" / "predictions-my-pets.csv"
    assert request == protocol.PredictFolder(run=str(made.run), folder=str(folder), file=str(table))
    worker.said.emit(events.Working(words="Predicting", done=3, total=9))
    assert words(made, "tryit_batch_words").startswith("Predicting")
    assert not made.open.isVisible()
    before = len(made.asked)
    worker.said.emit(events.Studied(file=str(table), words="9 samples were predicted."))
    assert words(made, "tryit_batch_outcome") == "9 samples were predicted."
    assert made.open.isVisible()
    # The engine that had the run in memory is gone: another one opens it.
    assert [type(ask) for ask in made.asked[before:]] == [protocol.OpenRun]
    dropped(made, [folder])
    click(qtbot, made, "tryit_batch_leave")
    assert made.workers[-1][1].killed
    assert not made.batch.isVisible()


def test_a_sound_is_recorded_for_as_long_as_the_model_hears(qtbot, made):
    assert not made.hardware.microphone.opened
    click(qtbot, made, "tryit_record")
    assert made.hardware.microphone.opened
    made.hardware.microphone.seconds = 0.4
    qtbot.waitUntil(lambda: made.sound.record.text() == "Stop · 0.4 s")
    assert made.sound.level.isVisible()
    made.hardware.microphone.seconds = 1.2
    qtbot.waitUntil(lambda: bool(questions(made)))
    assert not made.hardware.microphone.opened
    import soundfile

    heard, rate = soundfile.read(questions(made)[-1].audio)
    assert (rate, len(heard), heard[0]) == (RATE, round(1.2 * RATE), 0.25)


def test_the_camera_is_looked_through_live_and_a_picture_is_taken(qtbot, made):
    click(qtbot, made, "tryit_camera")
    assert made.hardware.camera.opened
    frame = QImage(16, 12, QImage.Format.Format_RGB32)
    frame.fill(QColor("#336699"))
    made.hardware.camera.seen.emit(frame)
    click(qtbot, made, "tryit_live")
    qtbot.waitUntil(lambda: len(questions(made)) == 1)
    # The next one waits for the answer.
    made.devices.snap_live()
    assert len(questions(made)) == 1
    answer(made)
    qtbot.waitUntil(lambda: len(questions(made)) == 2)
    answer(made)
    click(qtbot, made, "tryit_camera")
    qtbot.waitUntil(lambda: len(questions(made)) >= 3 and not made.devices.state.camera)
    assert not made.hardware.camera.opened
    from PIL import Image

    with Image.open(questions(made)[-1].image) as kept:
        assert (kept.size, kept.getpixel((3, 3))) == ((16, 12), (0x33, 0x66, 0x99))


def test_devices_are_let_go_out_of_sight_and_what_they_took_is_deleted(qtbot, made):
    click(qtbot, made, "tryit_camera")
    made.hide()
    assert not made.hardware.camera.opened
    made.show()
    click(qtbot, made, "tryit_record")
    made.hardware.microphone.seconds = 1.0
    qtbot.waitUntil(lambda: bool(questions(made)))
    file = Path(questions(made)[-1].audio)
    assert file.is_file()
    made.devices.close()
    assert not file.parent.exists()


def test_where_nothing_is_plugged_in_a_sentence_says_so(qtbot, made):
    made.hardware.devices.ears = made.hardware.devices.eyes = ()
    made.hardware.devices.changed.emit()
    assert not made.sound.record.isEnabled()
    assert not made.picture.camera.isEnabled()
    assert "No microphone was found" in made.sound.trouble.toolTip() + made.sound.trouble.text()
    assert "No camera was found" in made.picture.trouble.toolTip() + made.picture.trouble.text()


def test_pictures_words_and_nothing_are_pasted(qtbot, made):
    board = QGuiApplication.clipboard()
    frame = QImage(4, 4, QImage.Format.Format_RGB32)
    frame.fill(QColor("#ffffff"))
    board.setImage(frame)
    click(qtbot, made, "tryit_image_paste")
    qtbot.waitUntil(lambda: bool(questions(made)) and bool(questions(made)[-1].image))
    click(qtbot, made, "tryit_audio_paste")
    assert "holds no sound" in words(made, "tryit_banner_text")
    board.setText("a cow")
    click(qtbot, made, "tryit_text_paste")
    qtbot.waitUntil(lambda: questions(made)[-1].text == "a cow")


def test_the_window_leaves_drops_to_a_place_that_takes_them(qtbot, made, tmp_path):
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setCentralWidget(made)
    hint = DropHint(window)
    with qtbot.waitExposed(window):
        window.show()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    event = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    assert not hint.eventFilter(window, event)
    assert not hint.isVisible()
    made.hide()
    assert hint.eventFilter(window, event)
    assert hint.isVisible()
    window.takeCentralWidget()


class Told(QObject):
    """Stands in for engines, results and index: whoever asks gets the index at once."""

    changed, answered, found, failed = (
        Signal(object),
        Signal(object),
        Signal(object),
        Signal(object),
    )

    def __init__(self, state=None, index=None):
        super().__init__()
        self.state, self.index, self.asked = state, index, []

    def ask(self, question=None):
        if question is not None:
            self.asked.append(question)
        elif isinstance(self.index, Exception):
            self.failed.emit(self.index)
        else:
            self.found.emit(self.index)

    def study(self, request):
        return Worker()


def test_any_sample_of_the_run_is_taken_and_data_that_are_gone_are_told(qtbot, shapes, tmp_path):
    from dataclasses import replace

    from workbench.errors import UserError
    from workbench.gui.trying import Trying

    index = scan(shapes, check=False)
    state = results_of(tmp_path)
    stem = np.array([str(index.stems[7])] * 2)
    state = ResultsState(**{**vars(state), "samples": replace(state.samples, stem=stem)})
    engines, results, source = Told(), Told(state), Told(index=index)
    hardware = Hardware(StandInDevices(), StandInMicrophone(), StandInCamera())
    trying = Trying(source, results, engines, lambda: hardware)
    qtbot.addWidget(trying.view)
    results.changed.emit(state)
    with qtbot.waitExposed(trying.view):
        trying.view.show()
    click(qtbot, trying.view, "tryit_sample")
    qtbot.waitUntil(lambda: len(engines.asked) == 2)
    assert engines.asked[-1].image == str(index.path("image", 7))
    assert "the truth is" in words(trying.view, "tryit_stem")
    engines.answered.emit(
        events.Predicted(number=engines.asked[-1].number, answers=(0.1, 0.9, 0.0), said=("dog",))
    )
    assert words(trying.view, "tryit_headline") == "dog, 90.0%"
    source.index = UserError("The data are gone.")
    click(qtbot, trying.view, "tryit_sample")
    assert "The data are gone." in words(trying.view, "tryit_banner_text")
    trying.close()


def said(answers, task="category", names=CLASSES, **more):
    event = events.Predicted(number=1, answers=answers, **more)
    return answer_of(event, classes=names, task=task, span=(10.0, 20.0), before=None)


def test_doubt_is_told_in_words():
    assert said((0.41, 0.38, 0.21), said=("cat",)).doubt == (
        "It cannot decide between cat (41%) and dog (38%)."
    )
    assert said((0.45, 0.28, 0.27), said=("cat",)).doubt.startswith("It is not sure")
    assert said((0.9, 0.05, 0.05), said=("cat",)).doubt == ""
    sets = said((0.9, 0.52, 0.1), task="labels", said=("cat", "dog"))
    assert (sets.headline, sets.doubt) == ("cat, dog", "It is not sure about dog (52%).")
    assert said((0.1, 0.2, 0.1), task="labels").headline == "None of the classes"
    even = (0.26, 0.25, 0.25, 0.24)
    assert "several" in said(even, names=("a", "b", "c", "d"), said=("a",)).doubt


def test_a_number_has_an_interval_of_95_per_cent_and_a_place_among_the_usual_ones():
    found = said((15.0,), task="number", names=("age",), spreads=(1.0,))
    assert found.headline == "15 (95 %: 13.04 to 16.96)"
    (row,) = found.rows
    assert row.place == pytest.approx(0.5)
    assert row.between == pytest.approx((0.304, 0.696))
    assert row.ends == ("10", "20")
    far = said((40.0,), task="number", names=("age",))
    assert "outside of all that was evaluated" in far.doubt
    assert far.rows[0].place == 1.0


def test_without_a_target_the_nearest_samples_are_listed_and_can_be_looked_at(qtbot, made):
    nearest = (("a/one", 0.91), ("a/two", 0.4))
    found = said((), task="none", nearest=nearest)
    assert found.headline == "Nearest: a/one"
    assert [(row.name, row.words) for row in found.rows] == [("a/one", "+0.91"), ("a/two", "+0.40")]
    both = said((), task="none", likeness={"image+text": 0.5})
    assert both.headline == "Likeness: picture and text lie +0.50 near."
    chosen = []
    made.sample_chosen.connect(chosen.append)
    made.presenter.write("a cow")
    qtbot.waitUntil(lambda: bool(questions(made)))
    answer(made, answers=(), said=(), nearest=nearest)
    spot = made.bars.place_of("a/two").toPoint()
    qtbot.mouseClick(made.bars, Qt.MouseButton.LeftButton, pos=spot)
    assert chosen == ["a/two"]


def test_shares_are_never_told_as_none_or_all_where_they_are_neither():
    assert [share_words(value) for value in (0.0, 1e-6, 0.25, 0.99999, 1.0)] == [
        "0.0%", "< 0.1%", "25.0%", "> 99.9%", "100.0%"
    ]  # fmt: skip


def test_what_is_lacking_is_told_whoever_stands_in():
    def note(lacking, removed=()):
        return note_of(events.Predicted(number=1, answers=(), lacking=lacking, removed=removed))

    assert note(()) == ""
    assert note(("audio",)) == "Without sound."
    assert note(("audio",), ("audio",)) == (
        "Without sound: that of other samples stands in, averaged."
    )
    assert note(("image", "audio"), ("audio",)) == (
        "Without picture and sound: sound of other samples stand in, averaged."
    )
