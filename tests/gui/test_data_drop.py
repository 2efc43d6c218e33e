"""What may be dropped on the window, and what is opened of it."""

import zipfile

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget

from workbench.gui.widgets.drop import DropHint, dropped_folder

BUTTON, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def tree(tmp_path):
    for name in ("pets/cat/a.png", "pets/cat/b.png", "pets/dog/c.png", "notes/n.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        archive.writestr("cat/a.txt", "x")
    return tmp_path


def carried(*paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def enter(widget, data):
    event = QDragEnterEvent(QPoint(20, 20), Qt.DropAction.CopyAction, data, BUTTON, PLAIN)
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def drop(widget, data):
    event = QDropEvent(QPointF(20, 20), Qt.DropAction.CopyAction, data, BUTTON, PLAIN)
    QApplication.sendEvent(widget, event)


@pytest.mark.parametrize(
    ("names", "opened"),
    [
        (["pets"], "pets"),
        (["pets.zip"], "pets.zip"),
        (["pets/cat/a.png"], "pets/cat"),
        (["pets/cat/a.png", "pets/cat/b.png"], "pets/cat"),
        (["pets/cat/a.png", "pets/dog/c.png"], "pets"),
        (["pets/cat", "pets/dog"], "pets"),
        (["pets/cat/a.png", "gone.png"], "pets/cat"),
    ],
)
def test_what_is_dropped_stands_for_a_folder_or_a_zip(tree, names, opened):
    assert dropped_folder(carried(*(tree / name for name in names))) == tree / opened


def test_links_words_and_what_is_gone_are_not_taken(tree):
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/a")])
    assert dropped_folder(data) is None
    words = QMimeData()
    words.setText("some words")
    assert dropped_folder(words) is None
    assert dropped_folder(carried(tree / "gone")) is None


@pytest.fixture
def window(qtbot):
    made = QWidget()
    made.setObjectName("some_window")
    made.resize(400, 300)
    QLineEdit(made).setGeometry(0, 0, 400, 300)
    qtbot.addWidget(made)
    hint = DropHint(made)
    made.show()
    return made, hint


def test_a_hint_covers_the_window_while_something_is_over_it(window, tree):
    shown, hint = window
    assert enter(shown, carried(tree / "pets"))
    assert hint.isVisible()
    assert hint.geometry() == shown.rect()
    assert hint.findChild(QLabel, "drop_hint_path").text() == str(tree / "pets")
    # The hint lies beneath the pointer now.
    assert enter(hint, carried(tree / "pets"))
    QApplication.sendEvent(hint, QDragLeaveEvent())
    assert not hint.isVisible()


def test_what_is_let_go_anywhere_is_wished(qtbot, window, tree):
    shown, hint = window
    for target in (shown, hint):
        data = carried(tree / "pets.zip")
        enter(shown, data)
        with qtbot.waitSignal(hint.folder_wished) as told:
            drop(target, data)
        assert told.args == [tree / "pets.zip"]
        assert not hint.isVisible()


def test_words_dragged_over_the_window_bring_no_hint(window):
    shown, hint = window
    words = QMimeData()
    words.setText("some words")
    enter(shown, words)
    assert not hint.isVisible()
