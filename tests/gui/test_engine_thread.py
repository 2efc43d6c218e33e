"""The thread that owns an engine process, with tiny processes in the engine's place."""

import shutil
import sys

import pytest

from workbench import events, spec
from workbench.gui.engine import EngineThread
from workbench.gui.engines import Engines
from workbench.runs import store


@pytest.fixture
def run(tmp_path):
    chosen = spec.from_data(
        {
            "data": {"folder": "/data", "target": "label", "task": "category"},
            "model": {"encoders": {"image": {"name": "image_cnn"}}},
            "objective": {"loss": {"name": "cross_entropy"}},
        }
    )
    return store.create(tmp_path / "runs", chosen)


def child(code):
    return [sys.executable, "-c", f"import sys, time\n{code}"]


def hear(qtbot, command, run, then=lambda thread: None, patience=8000):
    thread = EngineThread(command)
    thread._ladder.setInterval(patience)
    said = []
    thread.said.connect(said.append)
    with qtbot.waitSignal(thread.finished, timeout=20_000):
        thread.train(run)
        thread.start()
        then(thread)
    qtbot.waitUntil(lambda: any(isinstance(e, events.Ended | events.Failed) for e in said))
    return said


def test_a_process_that_dies_is_a_failed_run_with_its_last_lines(qtbot, run):
    said = hear(qtbot, child("sys.exit('strange trouble')"), run)
    assert "exit code 1" in said[-1].problem
    assert "strange trouble" in said[-1].log
    assert run.status().phase == "failed"
    assert list(run.events())[-1] == said[-1]


def test_lack_of_memory_is_named_with_a_remedy(qtbot, run):
    said = hear(qtbot, child("sys.exit('ResourceExhaustedError: OOM when allocating')"), run)
    assert "out of memory" in said[-1].problem
    assert "batch size" in said[-1].remedy


def test_a_command_that_does_not_exist_is_a_failed_run(qtbot, run):
    said = hear(qtbot, ["/no/such/engine"], run)
    assert isinstance(said[-1], events.Failed)


def test_what_is_no_event_is_passed_over(qtbot, run):
    line = events.to_line(events.Ended(outcome="done"))
    said = hear(qtbot, child(f"print('noise'); print({line!r})"), run)
    assert [e.event for e in said] == ["ended"]


def test_a_process_that_ends_at_the_wish_to_stop_is_a_discarded_run(qtbot, run):
    code = "for line in sys.stdin:\n    if 'stop' in line: sys.exit(0)"
    said = hear(qtbot, child(code), run, then=lambda thread: thread.ask_to_stop())
    assert said[-1].outcome == "discarded"
    assert run.status().phase == "discarded"


def test_a_process_that_is_deaf_to_the_wish_to_stop_is_ended(qtbot, run):
    code = "for line in sys.stdin: pass\ntime.sleep(600)"
    said = hear(qtbot, child(code), run, then=lambda t: t.ask_to_stop(), patience=50)
    assert "did not answer" in said[-1].problem
    assert run.status().phase == "failed"


def test_a_run_whose_folder_is_gone_ends_for_the_window_all_the_same(qtbot, run):
    def take_away(thread):
        shutil.rmtree(run.folder)

    said = hear(qtbot, child("time.sleep(0.5); sys.exit(1)"), run, then=take_away)
    assert isinstance(said[-1], events.Failed)


def test_an_engine_that_cannot_start_is_said_once_and_not_started_in_a_circle(qtbot):
    started = []

    def make():
        started.append(1)
        return EngineThread(child("sys.exit('broken installation')"))

    engines = Engines(make)
    engines.warm()
    qtbot.waitUntil(lambda: engines.state.phase == "gone" and not engines.alive)
    assert len(started) == 1
    engines.close()


def test_closing_ends_a_process_that_waits(qtbot):
    engines = Engines(lambda: EngineThread(child("sys.stdin.read(); time.sleep(600)")))
    engines.warm()
    qtbot.waitUntil(lambda: engines.alive[0].pid > 0)
    engines.close()
    assert engines.alive == []
