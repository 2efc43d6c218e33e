"""The queue of runs: order, places, processes that die, and a file that is damaged."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from workbench import spec
from workbench.errors import UserError
from workbench.runs import queue, store
from workbench.runs.queue import Queue
from workbench.runs.store import Status


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def make(folder):
    chosen = spec.from_data(
        {
            "data": {"folder": "/data", "target": "label", "task": "category"},
            "model": {"encoders": {"image": {"name": "image_cnn"}}},
            "objective": {"loss": {"name": "cross_entropy"}},
        }
    )
    return lambda name: store.create(folder, spec.change(chosen, "name", name))


def says(run, phase, pid=None, **more):
    pid = os.getpid() if pid is None else pid
    run.write_status(Status(phase=phase, pid=pid, started=store.process_started(pid), **more))


def names(line):
    return [each.run.name.split("-", 2)[2] for each in line.runs]


def take_in_a_child(folder, code="sys.stdin.read()"):
    """A process that has taken the next run, and then does this."""
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys\nfrom pathlib import Path\nfrom workbench.runs.queue import Queue\n"
            "print(Queue(Path(sys.argv[1])).take().name, flush=True)\n" + code,
            str(folder),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    taken = child.stdout.readline().strip()
    return child, taken


def end(child):
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdin.close()
    child.stdout.close()


def test_runs_are_taken_in_their_order_as_places_become_free(folder, make):
    line, (one, two) = Queue(folder), (make("one"), make("two"))
    line.add(one)
    line.add(two)
    assert names(line.look()) == ["one", "two"]
    assert line.take() == one
    assert line.take() is None
    says(one, "running")
    assert line.take() is None
    says(one, "done")
    assert names(line.look()) == ["two"]
    assert line.take() == two


def test_several_may_be_under_way_at_once(folder, make):
    line = Queue(folder)
    runs = [make(f"r{n}") for n in range(4)]
    for run in runs:
        line.add(run)
    line.settle(at_once=3)
    assert [line.take() for _ in range(4)] == [*runs[:3], None]
    assert [each.taken for each in line.look().runs] == [True, True, True, False]


def test_the_order_is_changed_for_those_that_wait(folder, make):
    line = Queue(folder)
    for name in ("one", "two", "three"):
        line.add(make(name))
    first = line.take()
    waiting = [each.run.name for each in line.look().waiting]
    assert names(line.order([waiting[1], waiting[0], "gone"])) == ["one", "three", "two"]
    assert line.remove(waiting[1]).waiting[0].run.name == waiting[0]
    with pytest.raises(UserError, match="No run"):
        line.remove(first.name)
    assert (folder / waiting[1] / "spec.json").is_file()


def test_one_that_is_wished_now_comes_before_others_and_even_where_the_queue_is_off(folder, make):
    line, (one, two) = Queue(folder), (make("one"), make("two"))
    line.add(one)
    line.settle(on=False)
    assert line.take() is None
    assert names(line.add(two, first=True)) == ["two", "one"]
    assert line.take(two.name) == two


def test_everything_is_there_after_a_restart(folder, make):
    line = Queue(folder)
    for name in ("one", "two"):
        line.add(make(name))
    line.settle(on=False, at_once=2, after_failure=False)
    again = Queue(folder).look()
    assert names(again) == ["one", "two"]
    assert (again.on, again.at_once, again.after_failure) == (False, 2, False)


def test_a_run_whose_taker_was_killed_before_it_began_waits_again(folder, make):
    line, run = Queue(folder), make("one")
    line.add(run)
    child, taken = take_in_a_child(folder)
    try:
        assert taken == run.name
        assert line.take() is None
    finally:
        end(child)
    assert line.take() == run


def test_a_run_that_was_interrupted_waits_again_but_not_for_ever(folder, make):
    line, run = Queue(folder), make("one")
    line.add(run)
    for _ in range(queue.MOST_ATTEMPTS):
        assert line.take() == run
        says(run, "running", pid=2**22 + 1)
    assert line.take() is None
    assert names(line.look()) == []


def test_a_run_that_was_begun_by_hand_does_not_wait_again(folder, make):
    line, run = Queue(folder), make("one")
    line.add(run, first=True, once=True)
    assert line.take(run.name) == run
    says(run, "running", pid=2**22 + 1)
    assert line.look().runs == ()
    assert run.status().phase == "interrupted"


def test_a_run_that_goes_on_without_the_window_keeps_its_place(folder, make):
    line, (one, two) = Queue(folder), (make("one"), make("two"))
    line.add(one)
    line.add(two)
    child, _ = take_in_a_child(folder)
    end(child)
    # Its engine lives: here, this process.
    line.take()
    says(one, "running")
    assert [each.taken for each in line.look().runs] == [True, False]
    assert line.take() is None


def test_a_stopped_run_can_wait_to_be_resumed(folder, make):
    line, run = Queue(folder), make("one")
    says(run, "stopped")
    line.add(run)
    assert line.take() == run
    assert names(line.look()) == ["one"]
    says(run, "running")
    says(run, "done")
    assert names(line.look()) == []
    with pytest.raises(UserError, match="is done"):
        line.add(run)


@pytest.mark.parametrize("after_failure", [True, False])
def test_the_queue_goes_on_after_a_failure_only_where_that_is_wished(folder, make, after_failure):
    line, (one, two) = Queue(folder), (make("one"), make("two"))
    line.add(one)
    line.add(two)
    line.settle(after_failure=after_failure)
    line.take()
    says(one, "failed", message="no memory")
    assert line.take() == (two if after_failure else None)
    assert line.look().on is after_failure


def test_runs_begun_by_other_hands_and_deleted_ones_leave_the_queue(folder, make):
    line, (one, two) = Queue(folder), (make("one"), make("two"))
    line.add(one)
    line.add(two)
    says(one, "running")
    (two.folder / "spec.json").unlink()
    assert line.look().runs == ()


def test_two_windows_never_take_the_same_run(folder, make):
    for number in range(8):
        Queue(folder).add(make(f"r{number}"))
    Queue(folder).settle(at_once=8)
    taken, starting = [], threading.Barrier(4)

    def work():
        line = Queue(folder)
        starting.wait()
        while (run := line.take()) is not None:
            taken.append(run.name)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 8


@pytest.mark.parametrize(
    "text",
    ["{half", '{"version": 2}', '{"entries": [{"run": "../outside"}]}', '{"at_once": 900}'],
)
def test_a_damaged_file_is_set_aside_and_said(folder, make, text):
    line = Queue(folder)
    line.add(make("one"))
    (folder / "queue.json").write_text(text)
    looked = line.look()
    assert "was damaged" in looked.trouble
    assert looked.runs == ()
    (aside,) = folder.glob("queue-damaged-*.json")
    assert aside.read_text() == text
    assert line.look().trouble == ""


def test_a_run_of_another_folder_and_too_many_at_once_are_refused(tmp_path, folder, make):
    with pytest.raises(UserError, match="not in the folder"):
        Queue(tmp_path / "others").add(make("one"))
    with pytest.raises(UserError, match="at once"):
        Queue(folder).settle(at_once=9)


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path):
    file = tmp_path / "runs"
    file.write_text("no folder")
    with pytest.raises(UserError, match="cannot be written"):
        Queue(file).look()
