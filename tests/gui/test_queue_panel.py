"""The queue in the window: what waits, what begins, the order, and the panel beside the curves."""

import os

import psutil
import pytest
import stand_in
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QCheckBox, QListWidget, QSpinBox

from workbench import places, spec
from workbench.gui.engine import EngineThread
from workbench.gui.engines import Engines
from workbench.gui.launching import Launching
from workbench.gui.presenters.queue import QueuePresenter
from workbench.gui.presenters.train import TrainPresenter
from workbench.gui.widgets.queue import QueueView
from workbench.runs import store
from workbench.runs.queue import Queue
from workbench.runs.store import Status


@pytest.fixture
def chosen():
    return spec.from_data(
        {
            "data": {"folder": "/data", "target": "label", "task": "category"},
            "model": {"encoders": {"image": {"name": "image_cnn"}}},
            "objective": {"loss": {"name": "cross_entropy"}},
        }
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    return places.runs()


@pytest.fixture
def presenter(qtbot, folder):
    made = QueuePresenter(Queue(folder))
    yield made
    made.close()
    qtbot.waitUntil(lambda: not made._work.busy)


@pytest.fixture
def view(qtbot, presenter):
    made = QueueView(presenter)
    qtbot.addWidget(made)
    made.resize(264, 500)
    made.show()
    return made


@pytest.fixture
def engines():
    made = Engines(lambda: EngineThread(stand_in.command()))
    yield made
    made.close()


@pytest.fixture
def launching(engines, presenter):
    made = Launching(engines, TrainPresenter(), presenter)
    yield made
    made.close()


def waits(qtbot, presenter, folder, chosen, *names):
    """Runs that wait, while nothing is begun."""
    presenter.settle(on=False)
    for name in names:
        presenter.add(store.create(folder, spec.change(chosen, "name", name)))
    qtbot.waitUntil(lambda: len(presenter.state.rows) == len(names))


def titles(presenter):
    return [row.title for row in presenter.state.rows]


def rows(view):
    found = view.findChild(QListWidget, "queue_list")
    return [found.item(n).text().split("\n") for n in range(found.count())]


def click(qtbot, view, name):
    button = view.findChild(QAbstractButton, name)
    assert button.isEnabled(), name
    where = QPoint(10, button.height() // 2)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton, pos=where)


def choose(qtbot, view, number):
    found = view.findChild(QListWidget, "queue_list")
    place = found.visualItemRect(found.item(number)).center()
    qtbot.mouseClick(found.viewport(), Qt.MouseButton.LeftButton, pos=place)


def until(qtbot, fact):
    qtbot.waitUntil(fact, timeout=20_000)


def test_an_empty_queue_says_what_will_stand_there(view):
    assert "wait here" in view.nothing.text()
    assert not view.nothing.isHidden()
    assert view.list.isHidden()


def test_waiting_runs_are_moved_and_taken_out(qtbot, view, presenter, folder, chosen):
    waits(qtbot, presenter, folder, chosen, "one", "two", "three")
    assert rows(view) == [[n, "waits; the queue is off"] for n in ("one", "two", "three")]
    assert not view.up.isEnabled()
    choose(qtbot, view, 2)
    click(qtbot, view, "queue_up")
    click(qtbot, view, "queue_up")
    qtbot.waitUntil(lambda: titles(presenter) == ["three", "one", "two"])
    assert [each[0] for each in rows(view)] == ["three", "one", "two"]
    click(qtbot, view, "queue_down")
    qtbot.waitUntil(lambda: titles(presenter) == ["one", "three", "two"])
    click(qtbot, view, "queue_remove")
    qtbot.waitUntil(lambda: titles(presenter) == ["one", "two"])
    assert view.hint.text() == "2 waiting · off"


def test_a_row_that_was_dragged_changes_the_order(qtbot, view, presenter, folder, chosen):
    waits(qtbot, presenter, folder, chosen, "one", "two", "three")
    assert view.list.dragDropMode() is QAbstractItemView.DragDropMode.InternalMove
    # What a drop does in the end; a drag itself has an event loop of its own.
    moved = view.list.model().moveRow(view.list.rootIndex(), 0, view.list.rootIndex(), 3)
    assert moved
    qtbot.waitUntil(lambda: titles(presenter) == ["two", "three", "one"])


def test_how_it_is_worked_off_is_kept(qtbot, view, presenter, folder):
    view.findChild(QSpinBox, "queue_at_once").setValue(3)
    click(qtbot, view, "queue_after_failure")
    click(qtbot, view, "queue_switch")
    looked = Queue(folder).look
    qtbot.waitUntil(
        lambda: (looked().at_once, looked().after_failure, looked().on) == (3, False, False)
    )
    qtbot.waitUntil(lambda: view.switch.text() == "Begin runs again")
    assert not view.findChild(QCheckBox, "queue_after_failure").isChecked()


def test_what_another_window_does_is_seen(qtbot, view, presenter, folder, chosen):
    presenter.start()
    other = Queue(folder)
    other.settle(on=False)
    other.add(store.create(folder, spec.change(chosen, "name", "theirs")))
    qtbot.waitUntil(lambda: [each[0] for each in rows(view)] == ["theirs"])


def test_a_damaged_queue_is_said(qtbot, presenter, folder):
    folder.mkdir(parents=True)
    (folder / "queue.json").write_text("[")
    presenter.look()
    qtbot.waitUntil(lambda: presenter.state.error is not None)
    assert "was damaged" in presenter.state.error.problem


def test_a_run_begins_at_once_and_the_next_one_waits_for_it(
    qtbot, launching, presenter, folder, chosen
):
    told = []
    launching.told.connect(told.append)
    with qtbot.waitSignal(launching.shown):
        launching.begin(spec.change(chosen, "name", "first"))
    launching.begin(spec.change(chosen, "name", "second"))
    assert "waits in the queue" in told[0]
    until(qtbot, lambda: launching._train.curves.epochs == 2)
    assert launching.busy
    launching._train.stop()
    until(qtbot, lambda: launching._train.state.title == "second")
    until(qtbot, lambda: titles(presenter) == ["second"])
    until(qtbot, lambda: [r.status().phase for r in store.every(folder)] == ["running", "stopped"])


def test_all_runs_of_a_queue_are_done_one_after_another(
    qtbot, launching, presenter, folder, chosen
):
    folder.mkdir(parents=True)
    (folder / "end at once").touch()
    launching.start()
    for name in ("one", "two", "three"):
        launching.add(spec.change(chosen, "name", name))
    until(qtbot, lambda: [r.status().phase for r in store.every(folder)] == ["done"] * 3)
    until(qtbot, lambda: presenter.state.rows == () and not launching.busy)


def test_several_runs_are_under_way_at_once_and_each_can_be_shown(
    qtbot, view, launching, presenter, engines, chosen
):
    presenter.settle(at_once=2)
    qtbot.waitUntil(lambda: presenter.state.at_once == 2)
    launching.begin(spec.change(chosen, "name", "one"))
    launching.begin(spec.change(chosen, "name", "two"))
    presenter.start()
    until(qtbot, lambda: len(engines.training) == 2)
    until(qtbot, lambda: [each[1] for each in rows(view)] == ["epoch 1 of 20"] * 2)
    assert launching._train.state.title == "two"
    other = next(n for n, each in enumerate(rows(view)) if each[0] == "one")
    choose(qtbot, view, other)
    assert launching._train.state.title == "one"
    assert launching._train.state.held
    assert launching._train.curves.epochs == 2


def test_what_is_let_go_lives_on_and_what_is_stopped_is_kept(
    qtbot, launching, engines, presenter, folder, chosen
):
    launching.begin(chosen)
    until(qtbot, lambda: launching._train.curves.epochs == 2)
    launching.let_go()
    (run,) = store.every(folder)
    until(qtbot, lambda: engines.alive == [] or engines.training == [])
    engines.close()
    assert run.under_way
    assert Queue(folder).look().taken[0].run == run
    process = psutil.Process(run.status().pid)
    process.kill()
    process.wait()


def test_a_run_that_cannot_be_read_fails_alone_and_the_queue_goes_on(
    qtbot, launching, presenter, folder, chosen
):
    folder.mkdir(parents=True)
    (folder / "end at once").touch()
    troubles = []
    launching.troubled.connect(troubles.append)
    presenter.settle(on=False)
    launching.add(spec.change(chosen, "name", "bad"))
    launching.add(spec.change(chosen, "name", "good"))
    qtbot.waitUntil(lambda: len(presenter.state.rows) == 2)
    bad, good = (row.folder for row in presenter.state.rows)
    (bad / "spec.json").write_text("{}")
    presenter.settle(on=True)
    presenter.start()
    until(qtbot, lambda: store.Run(good).status().phase == "done")
    assert store.Run(bad).status().phase == "failed"
    assert troubles


def test_a_window_says_which_runs_go_on_without_it(qtbot, launching, folder, chosen):
    run = store.create(folder, spec.change(chosen, "name", "lonely"))
    pid = os.getpid()
    run.write_status(Status(phase="running", pid=pid, started=store.process_started(pid)))
    with qtbot.waitSignal(launching.found) as found:
        launching.start()
    assert found.args[0].startswith("lonely goes on training")
