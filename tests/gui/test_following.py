"""Following a run that another process computes, by what it writes."""

import subprocess
import sys

import pytest

from workbench import events, spec
from workbench.engine import protocol, wishes
from workbench.gui.following import Following
from workbench.gui.presenters.train import TrainPresenter
from workbench.runs import store
from workbench.runs.store import Status


@pytest.fixture
def run(tmp_path):
    chosen = spec.from_data(
        {
            "data": {"folder": "/data", "target": "label", "task": "category"},
            "model": {"encoders": {"image": {"name": "image_cnn"}}},
            "objective": {"loss": {"name": "cross_entropy"}},
        }
    )
    return store.create(tmp_path, chosen)


@pytest.fixture
def owner(run):
    """A process that computes the run, as far as its status tells."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = store.process_started(child.pid)
    run.write_status(Status(phase="running", pid=child.pid, started=started, epochs=4))
    yield child
    child.kill()
    child.wait()
    child.stdin.close()


@pytest.fixture
def following(run, owner):
    made = Following(run)
    yield made
    made.end()
    made.wait()


def write(run, *said, mode="a"):
    with run.events_file.open(mode) as stream:
        stream.writelines(events.to_line(event) + "\n" for event in said)


def started():
    return events.Started(
        run="r", epochs=4, steps=4, samples={"train": 16}, parameters=9, shapes={}, device="CPU"
    )


def step(number):
    return events.StepsDone(
        epoch=1, step=number, losses=(1.0,), learning_rate=0.1, samples_per_second=1.0
    )


def heard(following):
    said = []
    following.said.connect(said.append)
    return said


def test_what_is_written_is_heard_and_what_is_known_already_is_not(qtbot, run, owner):
    write(run, started(), step(1))
    following = Following(run, run.history()[1])
    said = heard(following)
    following.start()
    write(run, step(2))
    with run.events_file.open("a") as stream:
        stream.write('{"torn')
    qtbot.waitUntil(lambda: [e.step for e in said] == [2])
    with run.events_file.open("r+") as stream:
        stream.truncate(run.history()[1])
    write(run, step(3), events.Ended(outcome="done"))
    with qtbot.waitSignal(following.finished):
        pass
    qtbot.waitUntil(lambda: [e.event for e in said] == ["steps_done", "steps_done", "ended"])


def test_a_run_that_goes_on_from_a_checkpoint_is_heard_from_there(qtbot, run, following):
    write(run, started(), step(1), step(2), step(3))
    said = heard(following)
    following.start()
    qtbot.waitUntil(lambda: len(said) == 4)
    # Cut back to the first step, and longer than before when it is looked at next.
    more = [step(n) for n in range(2, 9)]
    resumed = events.Resumed(epoch=1, step=1, from_disk=True)
    write(run, started(), step(1), resumed, *more, mode="w")
    qtbot.waitUntil(lambda: len(said) >= 12)
    assert [e.event for e in said[4:]] == ["resumed", *["steps_done"] * 7]
    assert [e.step for e in said[5:]] == list(range(2, 9))


def test_a_process_that_is_gone_without_a_word_is_told(qtbot, run, owner, following):
    write(run, started(), step(1))
    said = heard(following)
    with qtbot.waitSignal(following.gone):
        following.start()
        owner.kill()
        owner.wait()
    qtbot.waitUntil(lambda: len(said) == 2)


def test_wishes_are_left_in_the_folder(run, following):
    following.pause()
    assert wishes.take(run) == protocol.Pause()
    following.pause(release=True)
    assert wishes.take(run) == protocol.Pause(release=True)
    following.go_on()
    assert wishes.take(run) == protocol.GoOn()
    following.finish_epoch()
    assert wishes.take(run) == protocol.Stop(after_epoch=True)
    following.ask_to_stop()
    assert wishes.take(run) == protocol.Stop(keep=True)
    following.discard()
    assert wishes.take(run) == protocol.Stop(keep=False)


def test_a_process_that_is_deaf_to_the_wish_to_stop_is_ended(qtbot, run, owner, following):
    write(run, started())
    following._ladder.setInterval(50)
    with qtbot.waitSignal(following.gone):
        following.start()
        following.ask_to_stop()
    assert owner.wait() != 0
    assert run.status().phase == "interrupted"


def test_a_history_that_becomes_unreadable_is_said(qtbot, run, following):
    with qtbot.waitSignal(following.failed) as failed:
        following.start()
        run.events_file.write_text("no event\n")
    assert "Not an event" in failed.args[0].problem


def test_a_run_is_rejoined_where_it_stands_and_goes_on_live(qtbot, run, owner):
    write(run, started(), step(1), step(2))
    links = []

    def follow(run, start):
        links.append(Following(run, start))
        links[0].start()
        return links[0]

    presenter = TrainPresenter()
    presenter.rejoin(run, follow)
    assert presenter.state.held
    assert len(presenter.curves.steps) == 2
    write(run, step(3))
    qtbot.waitUntil(lambda: len(presenter.curves.steps) == 3)
    presenter.pause()
    assert wishes.take(run) == protocol.Pause()
    write(run, events.Paused(epoch=1, step=3))
    qtbot.waitUntil(lambda: presenter.state.phase == "paused")
    write(run, events.Resumed(epoch=1, step=3), step(4), events.Ended(outcome="stopped"))
    qtbot.waitUntil(lambda: presenter.state.phase == "done")
    assert presenter.state.has_results
    links[0].wait()


def test_a_run_whose_process_dies_while_it_is_watched_can_be_resumed(qtbot, run, owner):
    write(run, started(), step(1))
    presenter = TrainPresenter()

    def follow(run, start):
        link = Following(run, start, presenter)
        link.gone.connect(lambda: presenter.lose(run))
        link.start()
        return link

    presenter.rejoin(run, follow)
    with qtbot.waitSignal(presenter.finished) as finished:
        owner.kill()
        owner.wait()
    assert finished.args == [run.folder, "interrupted"]
    assert presenter.state.resumable
    assert "can be resumed" in presenter.state.words


def test_a_folder_that_cannot_be_written_refuses_the_wish_in_words(qtbot, run, following):
    (run.folder / "wish.json").mkdir()
    with qtbot.waitSignal(following.failed) as failed:
        following.pause()
    assert "cannot be left" in failed.args[0].problem
