"""The index of runs: odd, damaged and dead ones, orders, and several programs at once."""

import json
import os
import sqlite3
import subprocess
import sys

import pytest

from workbench.errors import UserError
from workbench.runs import labels, store
from workbench.runs.index import Query, RunIndex

SPEC = {"version": 1, "objective": {"loss": {"name": "focal"}}}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def index(folder, tmp_path):
    return RunIndex(folder, tmp_path / "cache" / "index.sqlite")


def write(folder, name, text=None, **status):
    run = store.Run(folder / name)
    run.folder.mkdir(parents=True)
    (run.folder / "spec.json").write_text(json.dumps(SPEC) if text is None else text)
    (run.folder / "status.json").write_text(store.Status(**status).model_dump_json())
    return run


def names(index, **query):
    return [entry.run.name for entry in index.find(Query(**query))]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such a name")
def test_a_folder_whose_name_is_no_text_is_listed_with_the_others(folder, index):
    write(folder, "good")
    write(folder, os.fsdecode(b"odd-\xff"))
    index.refresh()
    found = {entry.title: entry.run.folder for entry in index.find()}
    assert found.keys() == {"good", "odd-?"}
    assert (found["odd-?"] / "spec.json").is_file()
    assert index.refresh() == 0


def test_a_run_that_is_a_link_is_listed_where_it_stands(folder, index, tmp_path):
    real = write(tmp_path / "elsewhere", "20260101-000000-real")
    folder.mkdir()
    (folder / "linked").symlink_to(real.folder, target_is_directory=True)
    assert index.refresh() == 1
    assert index.refresh() == 0
    (entry,) = index.find()
    assert entry.run.folder == folder.resolve() / "linked"
    (folder / "linked").unlink()
    index.refresh()
    assert index.find() == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "recursion"),
        ('{"version": 99}', "version 99"),
        ('{"version": "x"}', "no version"),
        ("[]", "no object"),
        ("\x00", "spec.json"),
        (" " * (16 * 2**20 + 1), "larger than 16 MiB"),
    ],
    ids=["deep", "newer", "no version", "list", "zero", "huge"],
)
def test_a_spec_that_cannot_be_read_is_the_reason_of_its_run_alone(folder, index, text, reason):
    write(folder, "good")
    write(folder, "bad", text)
    index.refresh()
    problems = {entry.title: entry.problem for entry in index.find()}
    assert problems["good"] == ""
    assert reason in problems["bad"]


def test_letters_that_are_none_in_a_spec_do_not_hide_the_other_runs(folder, index):
    write(folder, "good")
    write(folder, "bad", '{"name": "\\ud800 owl"}')
    index.refresh()
    assert sorted(names(index)) == ["bad", "good"]
    assert names(index, words="owl") == ["bad"]
    assert names(index, words="\ud800") == ["bad"]


def test_the_tenth_run_of_a_second_is_newer_than_the_second_one(folder, index):
    numbered = ["20260101-000000-run"] + [f"20260101-000000-run-{k}" for k in range(2, 12)]
    for name in numbered:
        write(folder, name)
    write(folder, "20251231-235959-run")
    index.refresh()
    assert names(index) == [*reversed(numbered), "20251231-235959-run"]
    assert names(index, sort="oldest") == ["20251231-235959-run", *numbered]
    assert names(index) == [run.name for run in store.every(folder)]


def test_an_old_run_with_a_star_stands_before_newer_ones_within_the_limit(folder, index):
    runs = [write(folder, f"20260101-0000{k:02}-run") for k in range(20)]
    labels.change(runs[0], star=True)
    index.refresh()
    assert names(index, starred_first=True, limit=2) == [runs[0].name, runs[19].name]
    assert names(index, limit=1) == [runs[19].name]


def test_runs_are_ordered_by_any_figure_and_those_without_it_come_last(folder, index):
    for name, metrics in (
        ("low", {"test/acc.1": 0.1}), ("high", {"test/acc.1": 0.9}), ("none", {}),
        ("torn", {"test/acc.1": float("nan"), "loss": 2.0}), ("far", {"loss": float("inf")}),
    ):  # fmt: skip
        write(folder, name, metrics=metrics)
    index.refresh()
    assert names(index, sort="metrics.test/acc.1")[:2] == ["high", "low"]
    assert names(index, sort="metrics.test/acc.1", reverse=True)[:2] == ["low", "high"]
    assert names(index, sort="metrics.loss")[0] == "torn"
    assert str(index.find(Query(words="far"))[0].status.metrics) == "{'loss': inf}"


def test_runs_are_ordered_by_any_value_of_the_spec(folder, index):
    for name, rate in (("b", 0.2), ("a", 0.1), ("c", None)):
        spec = SPEC | ({"training": {"rate": rate}} if rate else {})
        write(folder, name, json.dumps(spec))
    write(folder, "d", "{")
    index.refresh()
    assert names(index, sort="spec.training.rate")[:2] == ["a", "b"]
    assert names(index, sort="spec.training.rate", reverse=True)[:2] == ["b", "a"]


@pytest.mark.parametrize(
    "sort", ["colour", "metrics.", "spec", 'metrics.a"b', "words.x", "x; DROP"]
)
def test_an_order_that_there_is_not_is_refused_with_those_that_there_are(index, sort):
    with pytest.raises(UserError, match="no order"):
        index.find(Query(sort=sort))


def test_a_run_whose_process_has_died_is_found_among_the_interrupted(folder, index):
    write(folder, "dead", phase="running", pid=2**22 + 1, started=1.0)
    pid = os.getpid()
    write(folder, "alive", phase="running", pid=pid, started=store.process_started(pid))
    write(folder, "done", phase="done")
    index.refresh()
    assert names(index, phases=("interrupted",)) == ["dead"]
    assert names(index, phases=("running",)) == ["alive"]
    assert index.count(Query(phases=("interrupted", "done"))) == 2


def test_a_file_of_the_same_time_and_size_that_is_another_one_is_read(folder, index):
    run = write(folder, "run", metrics={"loss": 1.0})
    file = run.folder / "status.json"
    before = file.stat()
    index.refresh()
    again = run.folder / "new.json"
    again.write_text(file.read_text().replace("1.0", "2.0"))
    os.utime(again, ns=(before.st_atime_ns, before.st_mtime_ns))
    again.replace(file)
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert index.refresh() == 1
    assert index.find()[0].status.metrics == {"loss": 2.0}


def test_pages_of_the_index_that_are_damaged_are_built_anew_while_it_is_asked(folder, tmp_path):
    for number in range(300):
        write(folder, f"r{number:03}")
    file = tmp_path / "index.sqlite"
    RunIndex(folder, file).refresh()
    content = bytearray(file.read_bytes())
    content[8192:-4096] = b"\xaa" * (len(content) - 8192 - 4096)
    file.write_bytes(content)
    assert len(RunIndex(folder, file).find()) == 300


def test_a_run_without_a_name_of_its_own_keeps_having_none(folder, index):
    write(folder, "20260101-000000-owls")
    index.refresh()
    (entry,) = index.find()
    assert (entry.title, entry.labels.name) == ("owls", "")


@pytest.mark.parametrize("trouble", ["no folder", "full"])
def test_runs_are_listed_where_the_disk_of_the_index_takes_nothing(
    folder, tmp_path, monkeypatch, trouble
):
    write(folder, "one")
    file = tmp_path / "cache" / "index.sqlite"
    if trouble == "no folder":
        file.parent.write_text("a file where a folder should be")
    else:
        real = sqlite3.connect

        def connect(where, **options):
            base = real(where, **options)
            if where == file:
                base.execute("PRAGMA max_page_count = 1")
            return base

        monkeypatch.setattr(sqlite3, "connect", connect)
    index = RunIndex(folder, file)
    assert index.refresh() >= 0
    assert names(index) == ["one"]
    labels.change(write(folder, "two"), star=True)
    assert index.refresh() == 1
    assert names(index, star=True) == ["two"]
    assert index.rebuild() == 2


_ASK = """
import sys
from pathlib import Path
from workbench.runs.index import RunIndex

for _ in range(4):
    index = RunIndex(Path(sys.argv[1]), Path(sys.argv[2]))
    index.refresh()
    assert len(index.find()) == 50
"""


def test_several_programs_that_begin_an_index_at_once_all_get_their_answer(folder, tmp_path):
    for number in range(50):
        write(folder, f"r{number:02}")
    words = [sys.executable, "-c", _ASK, str(folder), str(tmp_path / "index.sqlite")]
    asking = [subprocess.Popen(words, stderr=subprocess.PIPE, text=True) for _ in range(5)]
    said = [process.communicate(timeout=60)[1] for process in asking]
    assert [process.returncode for process in asking] == [0] * 5, said
