"""A dataset of one's own is recorded by clicks, with devices that a test stands in for."""

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QLineEdit, QMessageBox, QPushButton

from workbench.data.takes import Takes
from workbench.gui.presenters.capture import BURST, COUNTDOWN, PATIENCE, CapturePresenter
from workbench.gui.presenters.capture_state import Hardware
from workbench.gui.recording import (
    RATE,
    Device,
    Devices,
    as_samples,
    best_format,
    named,
    pixels_of,
)
from workbench.gui.screens.capture import CaptureView
from workbench.gui.sound import Player


class FakeDevices(QObject):
    changed = Signal()
    problem = ""

    def __init__(self, microphones=("Mic",), cameras=("Cam",)):
        super().__init__()
        self.lists = [list(microphones), list(cameras)]

    def microphones(self):
        return [Device(name) for name in self.lists[0]]

    def cameras(self):
        return [Device(name) for name in self.lists[1]]


class FakeMicrophone(QObject):
    level_changed = Signal(float)

    def __init__(self):
        super().__init__()
        self.opened, self.heard, self.closed = [], np.full(RATE, 0.25, np.float32), 0

    def open(self, device):
        self.opened.append(device.name)
        return ""

    def close(self):
        self.closed += 1

    @property
    def seconds(self):
        return len(self.heard) / RATE

    def begin(self):
        pass

    def end(self):
        return self.heard


class FakeCamera(QObject):
    seen = Signal(QImage)
    failed = Signal(str)

    def __init__(self):
        super().__init__()
        self.opened = []

    def open(self, device):
        self.opened.append(device.name)
        return ""

    def close(self):
        pass

    def look(self, colour="red"):
        image = QImage(40, 30, QImage.Format.Format_RGB32)
        image.fill(QColor(colour))
        self.seen.emit(image)


@pytest.fixture
def hardware(qtbot):
    return Hardware(FakeDevices(), FakeMicrophone(), FakeCamera())


@pytest.fixture
def presenter(tmp_path, hardware):
    return CapturePresenter(tmp_path, lambda: hardware)


@pytest.fixture
def view(qtbot, presenter):
    silent = Player(opened=lambda: (None, 0, "No loudspeaker."))
    made = CaptureView(presenter, silent)
    silent.setParent(made)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


def click(qtbot, view, name):
    qtbot.mouseClick(view.findChild(QPushButton, name), Qt.MouseButton.LeftButton)
    settle(qtbot, view._presenter)


def add(qtbot, view, name):
    field = view.findChild(QLineEdit, "capture_new_class")
    field.clear()
    qtbot.keyClicks(field, name)
    click(qtbot, view, "capture_add")
    settle(qtbot, view._presenter)


def settle(qtbot, presenter):
    qtbot.waitUntil(lambda: not presenter.busy)


def pass_time(qtbot, presenter, seconds):
    for _ in range(round(seconds * 10)):
        presenter.tick()
    settle(qtbot, presenter)


def takes(presenter, name):
    return Takes(presenter.state.folder).takes(name)


def test_a_sound_is_recorded_after_a_countdown(qtbot, view, presenter):
    add(qtbot, view, "yes")
    click(qtbot, view, "capture_record")
    assert presenter.state.phase == "countdown"
    pass_time(qtbot, presenter, COUNTDOWN)
    assert presenter.state.phase == "recording"
    pass_time(qtbot, presenter, 1)
    assert presenter.state.phase == "idle"
    assert takes(presenter, "yes") == ("take-0001",)
    assert presenter.state.classes == (("yes", 1),)


def test_a_recording_can_be_cancelled_and_leaves_nothing(qtbot, view, presenter):
    add(qtbot, view, "yes")
    click(qtbot, view, "capture_record")
    pass_time(qtbot, presenter, COUNTDOWN + 0.5)
    click(qtbot, view, "capture_record")
    assert presenter.state.phase == "idle"
    assert takes(presenter, "yes") == ()


def test_a_picture_is_taken_of_what_the_camera_sees(qtbot, view, presenter, hardware):
    add(qtbot, view, "red")
    hardware.camera.look("red")
    click(qtbot, view, "capture_snap")
    assert takes(presenter, "red") == ("take-0001",)
    taken = QImage(str(presenter.state.folder / "red" / "take-0001.png"))
    assert pixels_of(taken)[0, 0].tolist() == [255, 0, 0]


def test_ten_pictures_are_taken_at_a_run(qtbot, view, presenter, hardware):
    add(qtbot, view, "red")
    hardware.camera.look()
    click(qtbot, view, "capture_burst")
    presenter._burst.stop()
    for _ in range(BURST):
        presenter.burst_tick()
    settle(qtbot, presenter)
    assert presenter.state.burst == 0
    assert len(takes(presenter, "red")) == BURST


def test_sound_picture_and_words_make_one_sample(qtbot, view, presenter, hardware):
    add(qtbot, view, "yes")
    hardware.camera.look()
    view.together.setChecked(True)
    qtbot.keyClicks(view.words, "hello")
    click(qtbot, view, "capture_record")
    pass_time(qtbot, presenter, COUNTDOWN + 1)
    assert set(Takes(presenter.state.folder).files("yes", "take-0001")) == {
        "image",
        "audio",
        "text",
    }


def test_data_can_be_used_once_two_classes_have_two_takes(qtbot, view, presenter, hardware):
    hardware.camera.look()
    for name in ("a", "b"):
        assert not view.use.isEnabled()
        add(qtbot, view, name)
        click(qtbot, view, "capture_snap")
        click(qtbot, view, "capture_snap")
    with qtbot.waitSignal(presenter.folder_wished) as wished:
        click(qtbot, view, "capture_use")
    assert wished.args == [presenter.state.folder]
    assert not view.isVisible()
    assert hardware.microphone.closed


def test_a_take_is_deleted(qtbot, view, presenter, hardware):
    add(qtbot, view, "a")
    hardware.camera.look()
    click(qtbot, view, "capture_snap")
    click(qtbot, view, "capture_snap")
    click(qtbot, view, "capture_delete")
    assert takes(presenter, "a") == ("take-0001",)


def test_a_name_that_no_folder_can_have_is_said_and_stays_to_be_mended(qtbot, view):
    add(qtbot, view, "a/b")
    assert "has the sign '/'" in view.banner.text.text()
    assert view.classes.new_class.text() == "a/b"


def test_without_devices_it_says_so_and_files_can_still_be_added(qtbot, tmp_path):
    bare = Hardware(FakeDevices((), ()), FakeMicrophone(), FakeCamera())
    presenter = CapturePresenter(tmp_path / "home", lambda: bare)
    view = CaptureView(presenter, Player(opened=lambda: (None, 0, "none")))
    qtbot.addWidget(view)
    with qtbot.waitExposed(view):
        view.show()
    add(qtbot, view, "a")
    assert not view.record.isEnabled()
    assert not view.snap.isEnabled()
    assert "No microphone was found" in view.silence.text()
    (tmp_path / "x.txt").write_text("hello")
    presenter.bring([tmp_path / "x.txt", Path("gone.png")])
    settle(qtbot, presenter)
    assert presenter.state.classes == (("a", 1),)
    assert "1 file was added" in view.hint.text()
    assert "gone.png" in view.hint.text()


def test_a_device_that_is_plugged_in_later_appears_and_takes_nothing_over(
    qtbot, view, presenter, hardware
):
    add(qtbot, view, "a")
    click(qtbot, view, "capture_record")
    hardware.devices.lists[0].insert(0, "Better")
    hardware.devices.changed.emit()
    assert presenter.state.microphones == ("Better", "Mic")
    assert presenter.state.phase == "countdown"
    assert view.microphone.currentText() == "Mic"
    assert hardware.microphone.opened == ["Mic"]
    presenter.choose_microphone("Better")
    assert hardware.microphone.opened[-1] == "Better"
    assert view.microphone.currentText() == "Better"


def test_a_microphone_pulled_out_while_it_records_is_said_and_another_one_taken(
    qtbot, view, presenter, hardware
):
    hardware.devices.lists[0].append("Other")
    hardware.devices.changed.emit()
    add(qtbot, view, "a")
    click(qtbot, view, "capture_record")
    hardware.devices.lists[0].remove("Mic")
    hardware.devices.changed.emit()
    assert presenter.state.phase == "idle"
    assert "Mic was pulled out" in view.banner.text.text()
    assert hardware.microphone.opened[-1] == "Other"
    hardware.devices.lists[0].clear()
    hardware.devices.changed.emit()
    assert not view.record.isEnabled()
    assert "No microphone was found" in view.silence.text()


def test_a_recording_waits_for_what_is_still_on_its_way(qtbot, view, presenter, hardware):
    add(qtbot, view, "yes")
    click(qtbot, view, "capture_record")
    whole, hardware.microphone.heard = hardware.microphone.heard, np.ones(RATE // 2, np.float32)
    pass_time(qtbot, presenter, COUNTDOWN + 1)
    assert presenter.state.phase == "recording"
    hardware.microphone.heard = whole
    pass_time(qtbot, presenter, 0.1)
    assert len(takes(presenter, "yes")) == 1
    click(qtbot, view, "capture_record")
    hardware.microphone.heard = whole[: RATE // 2]
    pass_time(qtbot, presenter, COUNTDOWN + 1 + PATIENCE / 10)
    assert len(takes(presenter, "yes")) == 2


def test_return_in_the_field_adds_the_class_once(qtbot, view, presenter):
    qtbot.keyClicks(view.classes.new_class, "yes")
    qtbot.keyClick(view.classes.new_class, Qt.Key.Key_Return)
    settle(qtbot, presenter)
    assert presenter.state.classes == (("yes", 0),)
    assert presenter.state.error is None
    assert view.classes.new_class.text() == ""


def test_a_class_with_takes_is_deleted_only_when_that_is_confirmed(
    qtbot, view, presenter, hardware
):
    add(qtbot, view, "a")
    hardware.camera.look()
    click(qtbot, view, "capture_snap")
    for words, left in (("Keep", ("a",)), ("Delete", ())):
        click(qtbot, view, "capture_remove")
        box = view.findChild(QMessageBox, "capture_remove_box")
        next(button for button in box.buttons() if button.text() == words).click()
        settle(qtbot, presenter)
        assert tuple(name for name, _ in presenter.state.classes) == left
        qtbot.waitUntil(lambda: view.findChild(QMessageBox, "capture_remove_box") is None)


def test_a_class_is_renamed(qtbot, view, presenter):
    add(qtbot, view, "a")
    assert not view.classes.rename.isEnabled()
    view.classes.new_class.setText("猫")
    click(qtbot, view, "capture_rename")
    assert presenter.state.classes == (("猫", 0),)
    assert presenter.state.chosen == "猫"


def test_an_earlier_dataset_can_be_gone_on_with(qtbot, view, presenter, hardware):
    add(qtbot, view, "a")
    hardware.camera.look()
    click(qtbot, view, "capture_snap")
    presenter.rename("fruit")
    settle(qtbot, presenter)
    assert presenter.state.classes == ()
    add(qtbot, view, "apple")
    names = [view.classes.name.itemText(n) for n in range(view.classes.name.count())]
    assert names == ["fruit", "my data"]
    view.classes.name.textActivated.emit("my data")
    settle(qtbot, presenter)
    assert presenter.state.classes == (("a", 1),)
    assert view.classes.name.currentText() == "my data"


def middle_of(widget):
    shown = widget.grab().toImage()
    return shown.pixelColor(shown.rect().center())


def test_a_take_is_looked_at_and_the_camera_comes_back(qtbot, view, presenter, hardware):
    add(qtbot, view, "red")
    hardware.camera.look("red")
    click(qtbot, view, "capture_snap")
    hardware.camera.look("blue")
    assert middle_of(view.live) == QColor("blue")
    qtbot.mouseClick(view.takes.play, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: middle_of(view.live) == QColor("red"))
    hardware.camera.look("blue")
    assert middle_of(view.live) == QColor("red")
    view.live._standing.setInterval(0)
    qtbot.waitUntil(lambda: middle_of(view.live) == QColor("blue"))


def test_a_take_is_played_at_its_own_rate(qtbot, presenter, tmp_path):
    class Silent(Player):
        played: ClassVar[list[tuple[int, int]]] = []

        def play(self, samples, rate, start=0.0):
            self.played.append((len(samples), rate))
            return ""

    view = CaptureView(presenter, Silent())
    qtbot.addWidget(view)
    with qtbot.waitExposed(view):
        view.show()
    add(qtbot, view, "a")
    soundfile.write(tmp_path / "x.wav", np.zeros(22050, np.float32), 44100)
    presenter.bring([tmp_path / "x.wav"])
    settle(qtbot, presenter)
    qtbot.mouseClick(view.takes.play, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(Silent.played))
    assert Silent.played[0][0] / Silent.played[0][1] == pytest.approx(0.5, abs=0.001)


def test_a_muted_microphone_is_said(qtbot, view, presenter, hardware):
    add(qtbot, view, "a")
    hardware.microphone.heard = np.zeros(RATE, np.float32)
    click(qtbot, view, "capture_record")
    pass_time(qtbot, presenter, COUNTDOWN + 1)
    assert "Nothing was heard" in view.banner.text.text()


def test_the_level_is_shown(qtbot, view, hardware):
    hardware.microphone.level_changed.emit(0.5)
    assert view.level.level == pytest.approx(0.5)


def test_this_machines_own_devices_are_listed_without_a_crash(qtbot):
    devices = Devices()
    assert isinstance(devices.microphones(), list)
    assert isinstance(devices.cameras(), list)


def test_two_devices_of_one_name_can_be_told_apart():
    class Handle:
        def description(self):
            return "USB Camera"

    assert [device.name for device in named([Handle(), Handle()])] == [
        "USB Camera",
        "USB Camera (2)",
    ]


@pytest.mark.parametrize(
    ("form", "kind", "numbers"),
    [
        ("UInt8", "u1", [0, 128, 192]),
        ("Int16", "<i2", [-32768, 0, 16384]),
        ("Int32", "<i4", [-(2**31), 0, 2**30]),
        ("Float", "<f4", [-1, 0, 0.5]),
    ],
)
def test_what_a_sound_card_gives_is_heard_alike_in_every_form(form, kind, numbers):
    raw = np.repeat(np.array(numbers, kind), 2).tobytes() + b"x"
    heard, rest = as_samples(raw, form, channels=2)
    assert heard == pytest.approx([-1, 0, 0.5])
    assert rest == b"x"


def test_a_camera_gives_a_large_picture_at_a_pace_that_the_eye_follows():
    class Form:
        def __init__(self, width, height, rate):
            self.size, self.rate = QSize(width, height), rate

        def resolution(self):
            return self.size

        def maxFrameRate(self):
            return self.rate

    forms = [Form(1920, 1080, 30), Form(1280, 720, 5), Form(640, 480, 30), Form(320, 240, 60)]
    assert best_format(forms) is forms[2]
    assert best_format(forms[:1]) is None
    assert best_format([]) is None
