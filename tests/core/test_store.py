"""Run folders are made whole, found again, and tell the truth about runs that died."""

import json
import os
import re
import subprocess
import sys

import psutil
import pytest

from workbench import events, spec
from workbench.errors import UserError
from workbench.runs import store
from workbench.runs.store import Status
from workbench.writing import write_atomic

DATA = {
    "data": {"folder": "/data", "target": "label", "task": "number"},
    "model": {"encoders": {"image": {"name": "image_cnn"}}},
    "objective": {"loss": {"name": "huber"}},
    "training": {"epochs": 7},
}
SAID = [
    events.Preparing(time=1.0, stage="scan"),
    events.StepsDone(
        time=2.0, epoch=1, step=1, losses=(0.5,), learning_rate=0.1, samples_per_second=9.0
    ),
    events.Ended(time=3.0, outcome="done"),
]


def run_spec(name="first"):
    return spec.from_data(DATA | {"name": name})


@pytest.fixture
def run(tmp_path):
    return store.create(tmp_path / "runs", run_spec())


def write_events(run, end=b"\n"):
    lines = [events.to_line(event).encode() for event in SAID]
    run.events_file.write_bytes(b"\n".join(lines) + end)


def test_a_new_run_holds_its_spec_and_is_created_and_not_over(run, tmp_path):
    assert run.folder.parent == (tmp_path / "runs").resolve()
    assert re.fullmatch(r"\d{8}-\d{6}-first", run.name)
    assert run.spec() == run_spec()
    status = run.status()
    assert (status.phase, status.epochs, status.over) == ("created", 7, False)
    assert list(run.events()) == []
    assert run.log_tail() == ""


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Grüße 猫", "Grüße-猫"),
        ("../../etc/passwd", "etc-passwd"),
        ("a/b\\c:d*?", "a-b-c-d"),
        ("...", "run"),
        ("🍎", "run"),
        ("x" * 80, "x" * 60),
    ],
)
def test_any_name_gives_a_folder_within_the_folder_of_runs(tmp_path, name, slug):
    made = store.create(tmp_path, run_spec(name))
    assert made.folder.parent == tmp_path.resolve()
    assert made.name.partition("-")[2].partition("-")[2] == slug
    assert made.spec().name == name


def test_runs_of_one_name_and_second_do_not_meet(tmp_path):
    made = [store.create(tmp_path, run_spec()) for _ in range(12)]
    assert len({run.folder for run in made}) == 12


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(UserError, match=r"cannot be made in .*runs") as refused:
        store.create(tmp_path / "runs", run_spec())
    assert refused.value.remedy


def test_a_run_is_found_by_its_folder_and_any_other_is_refused(run, tmp_path):
    assert store.find(run.folder) == run
    assert store.find(run.folder / ".." / run.name) == run
    with pytest.raises(UserError, match=r"spec\.json is missing"):
        store.find(tmp_path)
    with pytest.raises(UserError, match="holds no run"):
        store.find(tmp_path / "nowhere")


def test_every_run_is_listed_newest_first_and_nothing_else(tmp_path):
    for name in ("20260101-000000-b", "20251231-235959-z", "20260101-000001-a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "spec.json").write_text(run_spec().to_json())
    (tmp_path / "20270101-000000-empty").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    assert [run.name for run in store.every(tmp_path)] == [
        "20260101-000001-a", "20260101-000000-b", "20251231-235959-z",
    ]  # fmt: skip
    assert store.every(tmp_path / "nowhere") == []
    assert store.every(tmp_path / "notes.txt") == []


def test_the_tenth_run_of_a_second_is_newer_than_its_second(tmp_path):
    for number in ("", "-2", "-10"):
        (tmp_path / f"20260101-000000-a{number}").mkdir()
        (tmp_path / f"20260101-000000-a{number}" / "spec.json").write_text("{}")
    assert [run.name[17:] for run in store.every(tmp_path)] == ["-10", "-2", ""]


def test_a_run_that_was_copied_elsewhere_is_the_same_run(run, tmp_path):
    write_events(run)
    moved = run.folder.rename(tmp_path / "copied here")
    assert store.find(moved).spec() == run_spec()
    assert list(store.find(moved).events()) == SAID


def test_events_come_back_in_order(run):
    write_events(run)
    assert list(run.events()) == SAID


def test_an_event_file_cut_at_any_byte_gives_the_whole_lines_before(run):
    write_events(run)
    whole = run.events_file.read_bytes()
    for end in range(len(whole) + 1):
        run.events_file.write_bytes(whole[:end])
        assert list(run.events()) == SAID[: whole[:end].count(b"\n")]


def test_a_damaged_line_in_the_middle_is_named_after_those_before_it(run):
    write_events(run)
    lines = run.events_file.read_bytes().split(b"\n")
    lines[1] = lines[1][:20]
    run.events_file.write_bytes(b"\n".join(lines))
    told = run.events()
    assert next(told) == SAID[0]
    with pytest.raises(UserError, match=r"events\.jsonl line 2: Not an event"):
        next(told)


def test_the_log_tail_is_the_last_lines_even_of_bytes_that_are_no_text(run):
    run.log_file.write_bytes(b"first\n\xff\xfe\nsecond \xe7\x8c\xab\nthird\n")
    assert run.log_tail(2) == "second 猫\nthird"
    assert run.log_tail(99).splitlines()[0] == "first"


def test_a_status_is_read_as_it_was_written_and_stamped(run):
    metrics = {"loss": 0.1 + 0.2, "r2": float("-inf"), "mae": float("nan")}
    run.write_status(Status(phase="done", epoch=3, epochs=7, metrics=metrics, message="Fünf 猫"))
    read = run.status()
    assert repr(read.metrics) == repr(metrics)
    assert (read.phase, read.epoch, read.message, read.over) == ("done", 3, "Fünf 猫", True)
    assert read.updated > 1.7e9
    assert [file.name for file in run.folder.iterdir() if file.name.startswith(".")] == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"phase": "dreaming"}', '{"more": 1}'])
def test_a_damaged_status_is_said_with_its_file(run, text):
    (run.folder / "status.json").write_text(text)
    with pytest.raises(UserError, match=r"status\.json cannot be read"):
        run.status()


def test_a_run_without_a_status_is_created(run):
    (run.folder / "status.json").unlink()
    assert run.status().phase == "created"


def running(pid, started):
    return Status(phase="running", pid=pid, started=started, epoch=2, epochs=7)


def test_a_run_whose_process_lives_is_running(run):
    run.write_status(running(os.getpid(), psutil.Process().create_time()))
    assert run.status().phase == "running"
    assert not run.status().over


def test_a_run_whose_process_has_died_without_a_word_is_interrupted(run):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    run.write_status(running(child.pid, store.process_started(child.pid)))
    assert run.status().phase == "running"
    child.kill()
    child.communicate()
    status = run.status()
    assert (status.phase, status.over, status.epoch) == ("interrupted", False, 2)
    assert status.resumable
    assert "is gone" in status.message


def test_a_killed_process_that_nobody_has_collected_yet_is_dead_too(run):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    run.write_status(running(child.pid, store.process_started(child.pid)))
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, and left a zombie
    try:
        assert run.status().phase == "interrupted"
    finally:
        child.communicate()


def test_another_process_that_was_given_the_number_later_is_not_taken_for_the_run(run):
    run.write_status(running(os.getpid(), psutil.Process().create_time() - 3600))
    assert run.status().phase == "interrupted"


def test_a_run_that_ended_stays_as_it_ended_though_its_process_is_gone(run):
    run.write_status(Status(phase="stopped", pid=2**22 + 1, started=5.0))
    assert run.status().phase == "stopped"


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    file = tmp_path / "status.json"
    write_atomic(file, "old")
    inode = file.stat().st_ino
    write_atomic(file, "new 猫")
    assert file.read_text(encoding="utf-8") == "new 猫"
    assert file.stat().st_ino != inode

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomic(file, "newer")
    assert file.read_text(encoding="utf-8") == "new 猫"
    assert list(tmp_path.iterdir()) == [file]


def test_the_environment_names_what_the_run_was_made_with():
    facts = json.loads(store.environment())
    assert facts["python"] == ".".join(str(part) for part in sys.version_info[:3])
    assert {"tensorflow", "keras", "numpy", "system"} <= set(facts)


def test_a_run_whose_folder_cannot_be_written_is_refused_in_words(run):
    from workbench.engine.recorder import Recorder

    (run.folder / "events.jsonl").mkdir()
    with pytest.raises(UserError, match="cannot be written"):
        Recorder(run, lambda event: None)
    assert run.status().phase == "created"
