"""Labels, the index of runs, the trash, and what an old spec becomes."""

import json
import os
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import send2trash

from workbench import spec
from workbench.errors import UserError
from workbench.runs import labels, store, trash
from workbench.runs.index import Query, RunIndex, index_file
from workbench.runs.labels import Labels
from workbench.runs.store import Status
from workbench.spec.migrations import MIGRATIONS, migrated

DATA = {
    "data": {"folder": "/data/birds", "target": "species", "task": "category"},
    "model": {"encoders": {"image": {"name": "image_cnn"}}},
    "objective": {"loss": {"name": "focal"}},
}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def make(folder):
    chosen = spec.from_data(DATA)
    return lambda name, **more: store.create(
        folder, spec.change_all(chosen, [("name", name), *more.items()])
    )


@pytest.fixture
def index(folder, tmp_path):
    return RunIndex(folder, tmp_path / "cache" / "index.sqlite")


def set_version(file, version):
    base = sqlite3.connect(file)
    base.execute(f"PRAGMA user_version = {version}")
    base.close()


def names(found):
    return [entry.title for entry in found]


def test_labels_are_kept_beside_the_run_and_changed_one_by_one(make):
    run = make("one")
    assert labels.read(run) == Labels()
    labels.change(run, name="Best so far", tags=[" a ", "b", "a"])
    labels.change(run, star=True)
    assert labels.read(run) == Labels(name="Best so far", tags=("a", "b"), star=True)
    assert labels.parse_tags(" x, y ,,x") == ("x", "y")


@pytest.mark.parametrize(
    "changes", [{"name": "x" * 121}, {"tags": ["a,b"]}, {"tags": ["x" * 41]},
                {"tags": [str(n) for n in range(21)]}, {"mood": "good"}],
)  # fmt: skip
def test_what_cannot_be_said_of_a_run_is_refused(make, changes):
    run = make("one")
    with pytest.raises(UserError, match="cannot be said"):
        labels.change(run, **changes)
    assert not (run.folder / labels.FILE).exists()


def test_damaged_labels_are_named_and_never_overwritten(make):
    run = make("one")
    (run.folder / labels.FILE).write_text("{")
    with pytest.raises(UserError, match="cannot be read"):
        labels.read(run)
    with pytest.raises(UserError, match="cannot be read"):
        labels.change(run, star=True)
    assert (run.folder / labels.FILE).read_text() == "{"


def test_what_two_windows_say_of_a_run_at_once_is_all_kept(make):
    run = make("one")
    values = [
        {"name": "Best"},
        {"note": "why"},
        {"tags": ["a"]},
        {"star": True},
        {"archived": True},
    ]
    with ThreadPoolExecutor(len(values)) as pool:
        list(pool.map(lambda value: labels.change(run, **value), values))
    assert labels.read(run) == Labels(
        name="Best", note="why", tags=("a",), star=True, archived=True
    )


def test_a_run_that_is_gone_is_said_to_be_and_not_made_again(make):
    run = make("one")
    shutil.rmtree(run.folder)
    with pytest.raises(UserError, match="is gone"):
        labels.change(run, star=True)
    with pytest.raises(UserError, match="is gone"):
        trash.discard(run)
    assert not run.folder.exists()


def test_runs_are_found_by_words_tags_star_and_archive(make, index):
    runs = {name: make(name) for name in ("finches", "owls", "old owls")}
    labels.change(runs["finches"], note="The beak decides", tags=["good", "beak"])
    labels.change(runs["owls"], star=True, tags=["good"])
    labels.change(runs["old owls"], archived=True)
    assert index.refresh() == 3
    assert names(index.find(Query(sort="name"))) == ["finches", "owls"]
    assert names(index.find(Query(words="BEAK decides"))) == ["finches"]
    assert names(index.find(Query(words="focal birds species", sort="name"))) == ["finches", "owls"]
    assert names(index.find(Query(tag="good", star=True))) == ["owls"]
    assert names(index.find(Query(tag="goo"))) == []
    assert names(index.find(Query(archived=True))) == ["old-owls"]
    assert index.count(Query(archived=None)) == 3
    assert index.tags() == {"beak": 1, "good": 2}
    assert names(index.find(Query(sort="name", limit=1, offset=1))) == ["owls"]
    (entry,) = index.find(Query(words="beak"))
    assert entry.labels.tags == ("good", "beak")
    assert entry.spec["objective"]["loss"]["name"] == "focal"


def test_only_what_has_changed_is_read_again(make, index):
    one, _two = make("one"), make("two")
    index.refresh()
    assert index.refresh() == 0
    one.write_status(Status(phase="done", metrics={"test_accuracy": 0.9}))
    assert index.refresh() == 1
    assert index.find(Query(phases=("done",)))[0].status.metrics == {"test_accuracy": 0.9}
    labels.change(one, name="renamed")
    assert index.refresh() == 1
    assert "renamed" in names(index.find())


def test_deleted_renamed_and_copied_folders_are_followed(make, index, folder):
    one, two = make("one"), make("two")
    index.refresh()
    shutil.rmtree(one.folder)
    two.folder.rename(folder / "moved")
    shutil.copytree(folder / "moved", folder / "copy")
    (folder / "no run").mkdir()
    (folder / "file").write_text("")
    index.refresh()
    assert sorted(entry.run.name for entry in index.find()) == ["copy", "moved"]


def test_damaged_runs_are_listed_with_their_reason(make, index):
    runs = [make(name) for name in ("half", "torn", "words")]
    (runs[0].folder / "spec.json").unlink()
    (runs[1].folder / "status.json").write_text("{")
    (runs[2].folder / labels.FILE).write_text("[]")
    index.refresh()
    problems = {entry.run: entry.problem for entry in index.find()}
    assert "spec.json" in problems[runs[0]]
    assert "status.json" in problems[runs[1]]
    assert labels.FILE in problems[runs[2]]


def test_the_index_is_rebuilt_where_it_is_damaged_old_or_gone(make, index, tmp_path):
    make("one")
    index.refresh()
    file = tmp_path / "cache" / "index.sqlite"
    for spoil in (
        lambda: file.write_bytes(b"no database" * 100),
        lambda: set_version(file, 1),
        lambda: [f.unlink() for f in file.parent.iterdir()],
    ):
        spoil()
        index.refresh()
        assert names(index.find()) == ["one"]
    assert index.rebuild() == 1


def test_two_windows_refresh_one_index(make, folder, tmp_path):
    make("one")
    first, second = (RunIndex(folder, tmp_path / "index.sqlite") for _ in range(2))
    first.refresh()
    make("two")
    second.refresh()
    assert sorted(names(first.find())) == ["one", "two"]


def test_the_index_lies_in_the_cache_and_not_beside_the_runs(folder, make):
    make("one")
    RunIndex(folder).refresh()
    assert index_file(folder).is_file()
    assert folder not in index_file(folder).parents


def test_a_folder_of_runs_that_is_not_there_has_none(index):
    assert index.refresh() == 0
    assert index.find() == []


def test_a_run_goes_to_the_trash_unless_it_is_under_way(make, monkeypatch):
    gone = []
    monkeypatch.setattr(send2trash, "send2trash", gone.append)
    run = make("one")
    pid = os.getpid()
    run.write_status(Status(phase="running", pid=pid, started=store.process_started(pid)))
    with pytest.raises(UserError, match="under way"):
        trash.discard(run)
    run.write_status(Status(phase="done"))
    trash.discard(run)
    (run.folder / "status.json").write_text("{")
    trash.discard(run)
    assert gone == [run.folder] * 2


def test_a_disk_without_a_trash_is_said(make, monkeypatch):
    def refuse(folder):
        raise send2trash.TrashPermissionError(str(folder))

    monkeypatch.setattr(send2trash, "send2trash", refuse)
    run = make("one")
    with pytest.raises(UserError, match="cannot be moved to the trash"):
        trash.discard(run)
    assert run.folder.is_dir()


def test_a_spec_of_today_opens_for_ever():
    file = Path(__file__).parent / "spec_version_1.json"
    read = spec.read(file)
    assert read.version == 1
    assert json.loads(read.to_json())["objective"] == json.loads(file.read_text())["objective"]
    assert json.loads(file.read_text())["version"] == 1


def test_an_old_spec_is_brought_forward_step_by_step():
    def rename(data):
        return {key: value for key, value in data.items() if key != "lr"} | {"rate": data["lr"]}

    chain = {1: rename, 2: lambda data: data | {"seed": 0}}
    old = {"lr": 0.1}
    assert migrated(old, 3, chain) == {"rate": 0.1, "seed": 0, "version": 3}
    assert old == {"lr": 0.1}
    assert migrated({"rate": 1, "version": 3}, 3, chain) == {"rate": 1, "version": 3}


def test_every_older_version_has_a_step():
    assert set(MIGRATIONS) == set(range(1, spec.VERSION))


def test_a_file_of_an_older_version_is_read_and_left_as_it_is(tmp_path):
    file = tmp_path / "spec.json"
    unmarked = {key: value for key, value in DATA.items() if key != "version"}
    file.write_text(json.dumps(unmarked))
    before = file.read_bytes()
    assert spec.read(file).version == spec.VERSION
    assert file.read_bytes() == before


def test_a_spec_of_endless_depth_is_refused_in_words(tmp_path):
    file = tmp_path / "spec.json"
    file.write_text('{"a":' * 100_000 + "1" + "}" * 100_000)
    with pytest.raises(UserError, match="not valid JSON"):
        spec.read(file)


@pytest.mark.parametrize("version", [0, "2", True, None, 99])
def test_a_version_that_is_none_or_newer_is_refused(version):
    with pytest.raises(UserError, match="version"):
        spec.from_data(DATA | {"version": version})
