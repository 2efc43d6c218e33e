"""The data of a run whose results are looked at, and small pictures of its samples."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QThreadPool

from workbench import spec
from workbench.data.index import strings
from workbench.errors import UserError
from workbench.gui import run_index
from workbench.gui.peeking import Peek
from workbench.gui.presenters.data import DataPresenter
from workbench.gui.presenters.results import ResultsPresenter, ResultsState
from workbench.gui.run_index import RunIndex
from workbench.runs import store


@pytest.fixture
def scanned(monkeypatch):
    """Folders that were scanned; a folder that is called gone has no data."""
    folders = []

    def scan(folder, reading, check):
        folders.append(str(folder))
        if "gone" in str(folder):
            raise UserError("The folder is gone.")
        return SimpleNamespace(stems=strings(["a", "b"]), modalities=(), folder=folder)

    monkeypatch.setattr(run_index, "scan", scan)
    return folders


@pytest.fixture
def results(tmp_path):
    made = ResultsPresenter()

    def look(folder):
        facts = {
            "data": {"folder": folder, "target": "kind", "task": "category"},
            "model": {"encoders": {"image": {"name": "image_cnn"}}},
            "objective": {"loss": {"name": "cross_entropy"}},
        }
        run = store.create(tmp_path, spec.from_data(facts))
        made.state = ResultsState(phase="shown", folder=run.folder)

    made.look = look
    return made


@pytest.fixture
def index(qtbot, results):
    yield RunIndex(DataPresenter(None, None), lambda: results.state.folder)
    assert QThreadPool.globalInstance().waitForDone(5000)


def test_data_are_scanned_once_for_all_that_ask(qtbot, index, results, scanned):
    results.look("/data/one")
    with qtbot.waitSignal(index.found) as found:
        index.ask()
        index.ask()
    with qtbot.waitSignal(index.found) as again:
        index.ask()
    assert again.args[0] is found.args[0]
    assert len(scanned) == 1


def test_another_run_has_other_data(qtbot, index, results, scanned):
    results.look("/data/one")
    with qtbot.waitSignal(index.found):
        index.ask()
    results.look("/data/two")
    with qtbot.waitSignal(index.found) as found:
        index.ask()
    assert str(found.args[0].folder) == scanned[-1]
    assert len(scanned) == 2


def test_data_that_are_gone_are_said_to_be_and_asked_for_again(qtbot, index, results, scanned):
    peek = Peek(index)
    results.look("/data/gone")
    for _ in range(2):
        with qtbot.waitSignal(peek.came) as came:
            peek.look("a")
        assert came.args[0] == "a"
        assert came.args[1].problem == "The folder is gone."
    assert len(scanned) == 2


def test_a_sample_that_the_data_no_longer_hold_is_said_to_be_gone(qtbot, index, results, scanned):
    peek = Peek(index)
    results.look("/data/one")
    with qtbot.waitSignal(peek.came) as came:
        peek.look("c")
    assert came.args[1].problem == "The data no longer hold this sample."
    with qtbot.waitSignal(peek.came) as came:
        peek.look("b")
    assert came.args[0] == "b"
    assert came.args[1].problem == "Nothing to show."
