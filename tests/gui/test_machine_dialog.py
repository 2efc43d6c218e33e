"""The window on what training may use of this machine."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QPushButton

from workbench import machine, places
from workbench.gui.presenters.machine import MachinePresenter
from workbench.gui.widgets.machine import MachineDialog
from workbench.machine import Gpu, Share


@pytest.fixture
def cards(monkeypatch):
    found = [Gpu(0, "H100", 80 * 2**30), Gpu(1, "H200", 141 * 2**30)]
    monkeypatch.setattr(machine, "gpus", lambda: tuple(found))
    monkeypatch.setattr(machine, "processors", lambda: 8)
    return found


@pytest.fixture
def presenter(cards):
    return MachinePresenter()


@pytest.fixture
def dialog(qtbot, presenter):
    made = MachineDialog(presenter)
    qtbot.addWidget(made)
    made.open()
    qtbot.waitUntil(lambda: presenter.state.gpus is not None)
    return made


def click(qtbot, dialog, name):
    qtbot.mouseClick(dialog.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def test_everything_of_the_machine_is_offered(dialog):
    assert dialog.threads.maximum() == 8
    assert dialog.threads.text() == "All"
    boxes = [dialog.findChild(QCheckBox, f"machine_gpu_{n}") for n in (0, 1)]
    assert [box.text() for box in boxes] == ["GPU 0 · H100 · 80 GB", "GPU 1 · H200 · 141 GB"]
    assert all(box.isChecked() for box in boxes)
    assert dialog.memory.text() == "As much as needed"


def test_a_choice_is_kept_and_said(qtbot, dialog, presenter):
    dialog.threads.setValue(2)
    dialog.findChild(QCheckBox, "machine_gpu_0").setChecked(False)
    dialog.memory.setValue(4096)
    with qtbot.waitSignal(presenter.chosen):
        click(qtbot, dialog, "machine_use")
    assert machine.read() == Share(threads=2, gpus=(1,), gpu_memory=4096)
    assert not dialog.isVisible()
    dialog.open()
    assert dialog.threads.value() == 2
    assert not dialog.findChild(QCheckBox, "machine_gpu_0").isChecked()
    dialog.threads.setValue(0)
    dialog.findChild(QCheckBox, "machine_gpu_0").setChecked(True)
    dialog.memory.setValue(dialog.memory.minimum())
    click(qtbot, dialog, "machine_use")
    assert machine.read() == Share()


def test_cancelling_keeps_what_was(qtbot, dialog, presenter):
    dialog.threads.setValue(3)
    with qtbot.assertNotEmitted(presenter.chosen):
        click(qtbot, dialog, "machine_cancel")
    assert machine.read() == Share()


def test_a_machine_without_gpus_says_so(qtbot, cards, presenter, dialog):
    cards.clear()
    presenter.look()
    qtbot.waitUntil(lambda: presenter.state.gpus == ())
    assert "no NVIDIA GPU" in dialog.gpu_words.text()
    assert not dialog.memory.isVisible()


def test_a_damaged_choice_is_said_and_can_be_replaced(qtbot, dialog, presenter):
    places.home().mkdir(parents=True, exist_ok=True)
    (places.home() / "machine.json").write_text("{")
    presenter.look()
    assert "cannot be read" in dialog.banner.text.text()
    click(qtbot, dialog, "machine_use")
    assert machine.read() == Share()
