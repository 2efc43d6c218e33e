"""The list of the user's own parts: switches, problems, and a file to start from."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QPushButton

from workbench import parts
from workbench.gui.presenters.own_parts import OwnPartsPresenter
from workbench.gui.widgets.own_parts import OwnPartsView

LOSS = '''from workbench.parts import loss


@loss(target="number")
def mine(labels, logits):
    """Punishes as I like it."""
    return abs(logits - labels)
'''


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    (tmp_path / "parts").mkdir()
    yield tmp_path
    (tmp_path / "parts" / "switched_on.json").unlink(missing_ok=True)
    for kind in parts.KINDS:
        parts.load(kind)


@pytest.fixture
def view(qtbot, home):
    (home / "parts" / "mine.py").write_text(LOSS, encoding="utf-8")
    (home / "parts" / "broken.py").write_text("def broken(:\n", encoding="utf-8")
    presenter = OwnPartsPresenter()
    made = OwnPartsView(presenter)
    made.presenter = presenter
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    presenter.look()
    return made


def test_files_are_listed_with_what_they_do_or_what_is_wrong(view):
    assert view.findChild(QLabel, "own_parts_words_mine").text() == "Punishes as I like it."
    broken = view.findChild(QLabel, "own_parts_words_broken").text()
    assert broken.startswith("broken.py, line 1: SyntaxError")
    assert not view.findChild(QCheckBox, "own_parts_on_broken").isEnabled()


def test_a_switch_brings_a_part_and_takes_it_away(qtbot, view):
    switch = view.findChild(QCheckBox, "own_parts_on_mine")
    with qtbot.waitSignal(view.presenter.parts_changed):
        switch.click()
    assert "mine" in [part.name for part in parts.parts("loss", task="number")]
    with qtbot.waitSignal(view.presenter.parts_changed):
        switch.click()
    assert "mine" not in [part.name for part in parts.parts("loss")]


def test_a_new_file_is_written_listed_and_off(qtbot, view, home):
    name = view.findChild(QLineEdit, "own_parts_name")
    make = view.findChild(QPushButton, "own_parts_make")
    assert not make.isEnabled()
    qtbot.keyClicks(name, "my_first")
    make.click()
    assert (home / "parts" / "my_first.py").is_file()
    assert not view.findChild(QCheckBox, "own_parts_on_my_first").isChecked()
    assert "was written" in view.findChild(QLabel, "own_parts_banner_text").text()
    qtbot.keyClicks(name, "Not A Name")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert "cannot be the name" in view.findChild(QLabel, "own_parts_banner_text").text()


def test_a_file_that_is_gone_leaves_the_list(qtbot, view, home):
    (home / "parts" / "broken.py").unlink()
    view.findChild(QPushButton, "own_parts_again").click()
    qtbot.waitUntil(lambda: view.findChild(QCheckBox, "own_parts_on_broken") is None)
