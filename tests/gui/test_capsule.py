"""Capsules in the window: a run is packed, looked into, opened."""

import zipfile

import capsuled
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton, QWidget

from workbench.capsules import opening, packing
from workbench.gui.encapsulating import Encapsulating
from workbench.gui.presenters.capsule import CapsulePresenter
from workbench.gui.presenters.results import ResultsPresenter, ResultsState
from workbench.gui.widgets.capsule import CapsuleCard, CapsuleDialog
from workbench.runs import store
from workbench.runs.store import Status

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "words"
    folder.mkdir()
    (folder / "1.txt").write_text("a cat")
    return folder


@pytest.fixture
def run(tmp_path, data):
    metrics = {"test_accuracy": 0.75, "test_loss": 1.0}
    return capsuled.trained(tmp_path / "runs", data, metrics)


@pytest.fixture
def presenter(qtbot, tmp_path):
    made = CapsulePresenter(tmp_path / "here" / "runs")
    yield made
    made.stop()
    qtbot.waitUntil(lambda: not made._work.busy)


@pytest.fixture
def dialog(qtbot, presenter, tmp_path):
    made = CapsuleDialog(presenter, ask=lambda parent, then: then(tmp_path / "moved"))
    qtbot.addWidget(made)
    return made


def look(qtbot, dialog, presenter, file):
    presenter.look(file)
    dialog.open()
    qtbot.waitUntil(lambda: presenter.state.phase == "looked")


def words(dialog, name):
    return dialog.findChild(QLabel, name).text()


def test_a_run_is_packed_at_a_click(qtbot, presenter, run, tmp_path):
    file = tmp_path / "cats.capsule.zip"
    asked = []

    def ask(parent, name, then):
        asked.append(name)
        then(file)

    card = CapsuleCard(presenter, ask)
    qtbot.addWidget(card)
    with qtbot.waitExposed(card):
        card.show()
    assert not card.findChild(QPushButton, "capsule_pack").isEnabled()
    presenter.follow(ResultsState(phase="shown", folder=run.folder))
    box = card.findChild(QCheckBox, "capsule_with_data")
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Space)
    button = card.findChild(QPushButton, "capsule_pack")
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: presenter.state.written == file)
    assert asked == ["cats.capsule.zip"]
    assert opening.look(file).data.included
    assert words(card, "capsule_written") == f"Packed: {file}"


def test_a_capsule_shows_what_it_holds_and_what_differs(qtbot, dialog, presenter, run, tmp_path):
    file = tmp_path / "cats.zip"
    packing.pack(run, file)
    look(qtbot, dialog, presenter, file)
    assert words(dialog, "capsule_title") == "cats"
    assert words(dialog, "capsule_figures") == "test accuracy 75.0%"
    assert words(dialog, "capsule_check_data") == "All 1 files of data are the same."
    assert "not trained deterministically" in words(dialog, "capsule_check_exactness")


def test_an_opened_capsule_becomes_a_run(qtbot, dialog, presenter, run, tmp_path):
    file = tmp_path / "cats.zip"
    packing.pack(run, file, with_data=True)
    look(qtbot, dialog, presenter, file)
    button = dialog.findChild(QPushButton, "capsule_open")
    button.setFocus()
    with qtbot.waitSignal(presenter.opened) as opened:
        qtbot.keyClick(button, Qt.Key.Key_Space)
    folder, again = opened.args
    assert store.find(folder).recorded().metrics["test_accuracy"] == 0.75
    assert folder.parent == tmp_path / "here" / "runs"
    assert not again
    assert not dialog.isVisible()


def test_a_capsule_is_opened_and_trained_again(qtbot, dialog, presenter, run, tmp_path):
    file = tmp_path / "cats.zip"
    packing.pack(run, file, with_data=True)
    look(qtbot, dialog, presenter, file)
    button = dialog.findChild(QPushButton, "capsule_again")
    button.setFocus()
    with qtbot.waitSignal(presenter.opened) as opened:
        qtbot.keyClick(button, Qt.Key.Key_Space)
    folder, again = opened.args
    assert again
    # As if it had been trained: the same recipe in another folder, with figures of its own.
    repeated = store.create(folder.parent, store.find(folder).spec())
    repeated.write_status(Status(phase="done", metrics={"test_accuracy": 0.75, "test_loss": 1.0}))
    with qtbot.waitSignal(presenter.compared) as compared:
        presenter.compare(repeated.folder)
    assert compared.args == ["Beside its capsule: All 2 figures are the same to the last bit."]
    with qtbot.assertNotEmitted(presenter.compared):
        presenter.compare(repeated.folder)


def test_data_that_moved_are_pointed_at(qtbot, dialog, presenter, run, tmp_path, data):
    file = tmp_path / "cats.zip"
    packing.pack(run, file)
    data.rename(tmp_path / "moved")
    look(qtbot, dialog, presenter, file)
    assert "not in the capsule and not at" in words(dialog, "capsule_check_data")
    assert not dialog.findChild(QPushButton, "capsule_again").isEnabled()
    button = dialog.findChild(QPushButton, "capsule_data")
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: presenter.state.phase == "looked")
    assert dialog.findChild(QPushButton, "capsule_again").isEnabled()


def test_a_damaged_capsule_says_why_and_opens_nothing(qtbot, dialog, presenter, tmp_path):
    file = tmp_path / "bad.zip"
    file.write_bytes(b"PK nonsense")
    presenter.look(file)
    dialog.open()
    qtbot.waitUntil(lambda: presenter.state.error is not None)
    assert "bad.zip is damaged" in words(dialog, "capsule_banner_text")
    assert not dialog.findChild(QPushButton, "capsule_open").isEnabled()


def test_a_dismissed_capsule_is_forgotten(qtbot, dialog, presenter, run, tmp_path):
    file = tmp_path / "cats.zip"
    packing.pack(run, file)
    look(qtbot, dialog, presenter, file)
    button = dialog.findChild(QPushButton, "capsule_cancel")
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert not dialog.isVisible()
    assert presenter.state.manifest is None


def test_a_file_that_is_dropped_is_told_apart_by_what_it_holds(qtbot, run, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    file, other = tmp_path / "cats.zip", tmp_path / "data.zip"
    packing.pack(run, file, with_data=True)
    with zipfile.ZipFile(other, "w") as zipped:
        zipped.writestr("cat/1.txt", "a cat")
    window = QWidget()
    qtbot.addWidget(window)
    used, begun = [], []
    capsules = Encapsulating(window, ResultsPresenter(), used.append, begun.append)
    assert not capsules.takes(other)
    assert capsules.takes(file)
    assert capsules.view.isVisible()
    qtbot.waitUntil(lambda: capsules.presenter.state.phase == "looked")
    capsules.presenter.open(again=True)
    qtbot.waitUntil(lambda: bool(begun))
    assert used[0].parent == tmp_path / "home" / "runs"
    assert begun[0] == store.find(used[0]).spec()
