"""A dataset of one's own is recorded by clicks, with devices that a test stands in for."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QLineEdit, QPushButton

from workbench.data.takes import Takes
from workbench.gui.presenters.capture import BURST, COUNTDOWN, CapturePresenter, Hardware
from workbench.gui.recording import RATE, Device, Devices, pixels_of
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


def add(qtbot, view, name):
    field = view.findChild(QLineEdit, "capture_new_class")
    field.clear()
    qtbot.keyClicks(field, name)
    click(qtbot, view, "capture_add")


def pass_time(presenter, seconds):
    for _ in range(round(seconds * 10)):
        presenter.tick()


def takes(presenter, name):
    return Takes(presenter.state.folder).takes(name)


def test_a_sound_is_recorded_after_a_countdown(qtbot, view, presenter):
    add(qtbot, view, "yes")
    click(qtbot, view, "capture_record")
    assert presenter.state.phase == "countdown"
    pass_time(presenter, COUNTDOWN)
    assert presenter.state.phase == "recording"
    pass_time(presenter, 1)
    assert presenter.state.phase == "idle"
    assert takes(presenter, "yes") == ("take-0001",)
    assert presenter.state.classes == (("yes", 1),)


def test_a_recording_can_be_cancelled_and_leaves_nothing(qtbot, view, presenter):
    add(qtbot, view, "yes")
    click(qtbot, view, "capture_record")
    pass_time(presenter, COUNTDOWN + 0.5)
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
    assert presenter.state.burst == 0
    assert len(takes(presenter, "red")) == BURST


def test_sound_picture_and_words_make_one_sample(qtbot, view, presenter, hardware):
    add(qtbot, view, "yes")
    hardware.camera.look()
    view.together.setChecked(True)
    qtbot.keyClicks(view.words, "hello")
    click(qtbot, view, "capture_record")
    pass_time(presenter, COUNTDOWN + 1)
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
    assert view.new_class.text() == "a/b"


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
    assert presenter.state.classes == (("a", 1),)


def test_a_device_that_is_plugged_in_later_appears(qtbot, view, presenter, hardware):
    hardware.devices.lists[0].insert(0, "Better")
    hardware.devices.changed.emit()
    assert presenter.state.microphones == ("Better", "Mic")
    presenter.choose_microphone("Mic")
    assert hardware.microphone.opened[-1] == "Mic"
    assert view.microphone.currentText() == "Mic"


def test_a_muted_microphone_is_said(qtbot, view, presenter, hardware):
    add(qtbot, view, "a")
    hardware.microphone.heard = np.zeros(0, np.float32)
    click(qtbot, view, "capture_record")
    pass_time(presenter, COUNTDOWN + 1)
    assert "Nothing was heard" in view.banner.text.text()


def test_the_level_is_shown(qtbot, view, hardware):
    hardware.microphone.level_changed.emit(0.5)
    assert view.level.level == pytest.approx(0.5)


def test_this_machines_own_devices_are_listed_without_a_crash(qtbot):
    devices = Devices()
    assert isinstance(devices.microphones(), list)
    assert isinstance(devices.cameras(), list)
