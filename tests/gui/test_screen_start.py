import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QWidget

from workbench.gui.presenters.start import StartPresenter
from workbench.gui.recent import RecentFolders
from workbench.gui.screens.start import StartView

MAKES = """
import json, pathlib, sys
out = pathlib.Path(sys.argv[1]); out.mkdir(parents=True); (out / "a.txt").write_text("x")
print("a library chatters")
print(json.dumps({"done": 1, "total": 2}), flush=True)
print(json.dumps({"done": 2, "total": 2}), flush=True)
print(json.dumps({"folder": str(out)}), flush=True)
"""
WAITS = """
import json, pathlib, sys
out = pathlib.Path(sys.argv[1]); out.mkdir(parents=True); (out / "half.txt").write_text("x")
(out.parent / "draft").mkdir()
print(json.dumps({"done": 1, "total": 9}), flush=True)
sys.stdin.read()
"""
REFUSES = """
import json, pathlib, sys
pathlib.Path(sys.argv[1]).mkdir(parents=True)
print(json.dumps({"problem": "The disk is full.", "remedy": "Free some space."}), flush=True)
sys.exit(2)
"""
CRASHES = "import sys; sys.exit('no such thing')"


@dataclass(frozen=True)
class Project:
    title: str
    description: str
    modalities: tuple[str, ...]
    lacks: str = ""


SAMPLES = {
    "shapes": Project("Shapes", "Shapes, tones and captions.", ("image", "audio", "text")),
    "other": Project("Other", "Something else.", ("text",)),
}


@pytest.fixture
def recent(tmp_path):
    return RecentFolders(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))


@pytest.fixture
def begin(qtbot, tmp_path, recent):
    made = []

    def start(script=MAKES):
        presenter = StartPresenter(
            SAMPLES,
            recent,
            lambda name, out: [sys.executable, "-c", script, str(out)],
            tmp_path / "samples",
            tmp_path / "runs",
        )
        view = StartView(presenter)
        qtbot.addWidget(view)
        view.resize(1112, 772)
        view.show()
        made.append((presenter, view))
        return presenter, view

    yield start
    for presenter, _ in made:
        presenter.close()


def child(view, kind, name):
    found = view.findChild(kind, name)
    assert found is not None, name
    return found


def leftovers(tmp_path):
    folder = tmp_path / "samples"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_a_sample_is_made_at_its_first_opening_and_then_opened(qtbot, begin, tmp_path):
    presenter, view = begin()
    card = child(view, QWidget, "start_sample_shapes")
    with qtbot.waitSignal(presenter.folder_wished, timeout=20_000) as wished:
        qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    assert wished.args == [tmp_path / "samples" / "shapes"]
    assert (tmp_path / "samples" / "shapes" / "a.txt").is_file()
    assert leftovers(tmp_path) == ["shapes"]
    assert child(view, QLabel, "start_state_shapes").text() == "Ready"


def test_a_sample_that_lies_there_opens_by_keyboard_without_a_process(qtbot, begin, tmp_path):
    (tmp_path / "samples" / "shapes").mkdir(parents=True)
    presenter, view = begin(CRASHES)
    with qtbot.waitSignal(presenter.folder_wished):
        qtbot.keyClick(child(view, QWidget, "start_sample_shapes"), Qt.Key.Key_Return)


def test_a_cancelled_sample_leaves_nothing_half(qtbot, begin, tmp_path):
    presenter, view = begin(WAITS)
    presenter.open_sample("shapes")
    bar = child(view, QProgressBar, "start_progress_shapes")
    qtbot.waitUntil(lambda: (bar.value(), bar.maximum()) == (1, 9), timeout=20_000)
    assert leftovers(tmp_path) == [".shapes.half"]
    with qtbot.assertNotEmitted(presenter.folder_wished):
        child(view, QPushButton, "start_cancel_shapes").click()
    assert leftovers(tmp_path) == []
    assert not bar.isVisible()
    assert presenter.state.error is None


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (REFUSES, "The disk is full. Free some space."),
        (CRASHES, "'shapes' could not be made: no such thing. Try it again."),
        ("", "'shapes' could not be made: exit code 0. Try it again."),
    ],
)
def test_a_sample_that_fails_says_why_and_leaves_nothing(qtbot, begin, tmp_path, script, sentence):
    presenter, view = begin(script)
    presenter.open_sample("shapes")
    qtbot.waitUntil(lambda: presenter.state.error is not None, timeout=20_000)
    assert child(view, QLabel, "start_banner_text").text() == sentence
    assert leftovers(tmp_path) == []


def test_a_program_that_does_not_start_is_told(qtbot, begin, tmp_path):
    presenter, _ = begin()
    presenter._command = lambda name, out: [str(tmp_path / "missing")]
    presenter.open_sample("shapes")
    qtbot.waitUntil(lambda: presenter.state.error is not None)
    assert "could not be made" in presenter.state.error.problem


def test_folders_that_were_opened_come_back_newest_first_and_only_while_they_exist(
    qtbot, begin, tmp_path, recent
):
    for name in ("ä b", "图像", "ä b"):
        (tmp_path / name).mkdir(exist_ok=True)
        recent.add(tmp_path / name)
    recent.add(tmp_path / "gone")
    again = RecentFolders(recent._store)
    assert [path.name for path in again.all()] == ["ä b", "图像"]
    presenter, view = begin()
    with qtbot.waitSignal(presenter.folder_wished) as wished:
        qtbot.mouseClick(child(view, QWidget, "start_folder_1"), Qt.MouseButton.LeftButton)
    assert wished.args == [tmp_path / "图像"]


def test_settings_that_somebody_spoiled_begin_a_new_list(tmp_path):
    class Spoiled(dict):
        def value(self, key, default=None):
            return "[not json"

    assert RecentFolders(Spoiled()).all() == []


def test_the_open_button_asks_for_a_folder(qtbot, recent, tmp_path):
    presenter = StartPresenter(SAMPLES, recent, None, tmp_path / "s", tmp_path / "r")
    view = StartView(presenter, ask=lambda parent, then: then(Path(tmp_path)))
    qtbot.addWidget(view)
    with qtbot.waitSignal(presenter.folder_wished) as wished:
        child(view, QPushButton, "start_drop_open").click()
    assert wished.args == [tmp_path]
    assert json.loads(recent._store.value("recent_folders"))[0] == str(tmp_path)


def test_before_anything_was_done_the_lists_say_what_will_stand_there(qtbot, begin):
    presenter, view = begin()
    qtbot.waitUntil(lambda: not presenter.runs.busy)
    assert child(view, QLabel, "start_runs_nothing").isVisible()
    assert child(view, QLabel, "start_folders_nothing").isVisible()


def test_a_sample_that_cannot_be_made_here_is_greyed_with_the_reason(qtbot, begin, monkeypatch):
    voices = Project("Voices", "Spoken.", ("audio",), "Its voices are missing. Install them.")
    monkeypatch.setitem(SAMPLES, "voices", voices)
    _, view = begin()
    card = view.findChild(QWidget, "start_sample_voices")
    assert not card.isEnabled()
    assert card.toolTip() == voices.lacks
    assert view.findChild(QWidget, "start_sample_shapes").isEnabled()
