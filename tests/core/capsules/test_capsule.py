"""Capsules: packed, looked at, opened - and refused, where somebody has meddled with them."""

import json
import os
import stat
import zipfile

import capsuled
import pytest

from workbench.capsules import checking, opening, packing
from workbench.capsules.manifest import FILE
from workbench.data.walk import Stopped
from workbench.errors import UserError
from workbench.runs import labels, store
from workbench.runs.index import RunIndex
from workbench.runs.store import Status


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "pictures"
    (folder / "cat").mkdir(parents=True)
    (folder / "cat" / "1.txt").write_text("a cat")
    (folder / "labels.csv").write_text("stem,label\n1,cat\n")
    (folder / ".hidden").write_text("no")
    return folder


@pytest.fixture
def run(tmp_path, data):
    made = capsuled.trained(
        tmp_path / "runs", data, {"test_accuracy": 0.75}, deterministic=True
    )  # fmt: skip
    for name in ("evaluation", "model"):
        (made.folder / name).mkdir()
    (made.folder / "checkpoints" / "step-1.npz").write_bytes(b"later")
    (made.folder / "evaluation" / "test.json").write_text("{}")
    (made.folder / "log.txt").write_text("/home/somebody/secret")
    (made.folder / "environment.json").write_text(store.environment(device="CPU"))
    labels.change(made, name="All my cats")
    return made


@pytest.fixture
def file(tmp_path, run):
    made = tmp_path / "cats.capsule.zip"
    packing.pack(run, made, with_data=True)
    return made


def meddled(file, change, name="bad.zip"):
    """A copy of a capsule with its entries changed: by name, (info, content)."""
    target = file.with_name(name)
    with zipfile.ZipFile(file) as zipped:
        entries = {info.filename: (info, zipped.read(info)) for info in zipped.infolist()}
    entries = change(entries)
    with zipfile.ZipFile(target, "w") as zipped:
        for info, content in entries.values():
            zipped.writestr(info, content)
    return target


def with_manifest(entries, **changes):
    info, text = entries[FILE]
    entries[FILE] = (info, json.dumps(json.loads(text) | changes).encode())
    return entries


def test_a_run_comes_out_of_its_capsule_as_it_went_in(tmp_path, run, file, data):
    opened = opening.unpack(file, tmp_path / "elsewhere" / "runs")
    for name in ("events.jsonl", "evaluation/test.json", "checkpoints/best.npz", "labels.json"):
        if (run.folder / name).exists():
            assert (opened.folder / name).read_bytes() == (run.folder / name).read_bytes()
    assert opened.recorded().metrics == {"test_accuracy": 0.75}
    assert opened.spec().fingerprint() != run.spec().fingerprint()
    laid = opened.spec().data.folder
    assert (type(data)(laid) / "cat" / "1.txt").read_text() == "a cat"
    assert laid != str(data)


def test_an_opened_run_stands_in_the_list_of_runs(tmp_path, file):
    runs = tmp_path / "elsewhere" / "runs"
    opened = opening.unpack(file, runs)
    index = RunIndex(runs, tmp_path / "index.sqlite")
    index.refresh()
    (entry,) = index.find()
    assert entry.run.folder == opened.folder
    assert (entry.title, entry.problem) == ("All my cats", "")


def test_a_capsule_says_what_it_holds_before_it_is_opened(file):
    manifest = opening.look(file)
    assert manifest.title == "All my cats"
    assert manifest.metrics == {"test_accuracy": 0.75}
    assert sorted(each.path for each in manifest.data.files) == ["cat/1.txt", "labels.csv"]
    assert manifest.deterministic
    assert opening.is_capsule(file)


def test_what_was_printed_and_later_checkpoints_stay_behind(file, run, tmp_path):
    with zipfile.ZipFile(file) as zipped:
        names = zipped.namelist()
    assert "run/log.txt" not in names
    assert "run/checkpoints/step-1.npz" not in names
    whole = tmp_path / "whole.zip"
    packing.pack(run, whole, with_checkpoints=True)
    with zipfile.ZipFile(whole) as zipped:
        assert "run/checkpoints/step-1.npz" in zipped.namelist()


def test_the_same_run_gives_the_same_files_of_a_capsule(file, run, tmp_path):
    again = tmp_path / "again.zip"
    packing.pack(run, again, with_data=True)
    assert list(opening.look(again).entries()) == list(opening.look(file).entries())


def test_without_its_data_a_capsule_knows_them_again(run, tmp_path, data):
    small = tmp_path / "small.zip"
    manifest = packing.pack(run, small)
    assert not manifest.data.included
    opened = opening.unpack(small, tmp_path / "other")
    assert opened.spec().data.folder == str(data)
    found = {each.name: each for each in checking.check(manifest)}
    assert found["data"].tone == "good"
    (data / "cat" / "1.txt").write_text("a dog")
    changed = {each.name: each for each in checking.check(manifest)}["data"]
    assert changed.tone == "warn"
    assert "1 have changed, such as cat/1.txt" in changed.sentence


def test_data_that_moved_are_pointed_at(run, tmp_path, data):
    small = tmp_path / "small.zip"
    manifest = packing.pack(run, small)
    moved = data.rename(tmp_path / "moved")
    assert {c.name: c.tone for c in checking.check(manifest)}["data"] == "bad"
    assert {c.name: c.tone for c in checking.check(manifest, moved)}["data"] == "good"
    assert opening.unpack(small, tmp_path / "other", moved).spec().data.folder == str(moved)


def test_packing_without_data_that_are_gone_says_so(run, tmp_path, data):
    for file in (data / "cat" / "1.txt", data / "labels.csv", data / ".hidden"):
        file.unlink()
    (data / "cat").rmdir()
    data.rmdir()
    with pytest.raises(UserError, match="are not at"):
        packing.pack(run, tmp_path / "a.zip", with_data=True)
    assert "they were gone" in packing.pack(run, tmp_path / "a.zip").left_out[-1]


def test_a_stop_leaves_nothing_behind(run, file, tmp_path):
    target = tmp_path / "never.zip"
    with pytest.raises(Stopped):
        packing.pack(run, target, with_data=True, stop=lambda: True)
    assert not target.exists()
    runs = tmp_path / "other" / "runs"
    with pytest.raises(Stopped):
        opening.unpack(file, runs, stop=lambda: True)
    assert list(runs.iterdir()) == []
    assert not any((tmp_path / "other" / "capsules").glob("*"))


def test_progress_ends_at_the_whole(run, tmp_path):
    told = []
    packing.pack(run, tmp_path / "a.zip", with_data=True, told=lambda *both: told.append(both))
    assert told[-1][0] == told[-1][1] > 0


def test_a_run_that_is_under_way_is_not_packed(run, tmp_path):
    pid = os.getpid()
    run.write_status(Status(phase="running", pid=pid, started=store.process_started(pid)))
    with pytest.raises(UserError, match="under way"):
        packing.pack(run, tmp_path / "a.zip")


def test_a_link_in_a_run_takes_nothing_along(run, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (run.folder / "evaluation" / "link.json").symlink_to(secret)
    manifest = packing.pack(run, tmp_path / "a.zip")
    assert not any("link" in each.path for each in manifest.run)


@pytest.mark.parametrize(
    "name",
    ["run/../../evil", "/evil", "run//evil", "run/./evil", "C:/evil", "run/con", "run\\evil"],
)
def test_a_name_that_leads_elsewhere_is_refused(file, tmp_path, name):
    def change(entries):
        _, text = entries[FILE]
        entry = {"path": name.removeprefix("run/"), "size": 1, "sha256": "0" * 64}
        known = json.loads(text)["run"]
        info = zipfile.ZipInfo("x")
        info.filename = info.orig_filename = name
        return with_manifest(entries, run=[*known, entry]) | {"evil": (info, b"x")}

    bad = meddled(file, change)
    with pytest.raises(UserError, match=r"refused|damaged"):
        opening.unpack(bad, tmp_path / "other")
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "a/../../secret", "C:secret"])
def test_data_that_are_only_named_are_not_looked_for_elsewhere(run, tmp_path, path):
    small = tmp_path / "small.zip"
    packing.pack(run, small)

    def change(entries):
        known = json.loads(entries[FILE][1])["data"]
        known["files"][0]["path"] = path
        return with_manifest(entries, data=known)

    with pytest.raises(UserError, match="no plain path"):
        opening.look(meddled(small, change))


def test_the_process_of_another_machine_is_forgotten(run, file, tmp_path):
    pid = os.getpid()
    run.write_status(Status(phase="interrupted", pid=pid, started=store.process_started(pid)))
    packing.pack(run, file, with_data=True)
    opened = opening.unpack(file, tmp_path / "elsewhere" / "runs")
    assert opened.recorded().pid == 0
    assert opened.recorded().phase == "interrupted"


def test_a_link_in_a_capsule_is_refused(file, tmp_path):
    def change(entries):
        info, content = entries["run/evaluation/test.json"]
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        return entries | {"run/evaluation/test.json": (info, content)}

    with pytest.raises(UserError, match="link or a device"):
        opening.look(meddled(file, change))


def test_a_file_that_is_not_in_the_list_is_refused(file):
    def change(entries):
        return entries | {"run/extra.py": (zipfile.ZipInfo("run/extra.py"), b"print()")}

    with pytest.raises(UserError, match="not in its list"):
        opening.look(meddled(file, change))


def test_one_changed_bit_is_noticed_and_nothing_is_left(file, tmp_path):
    def change(entries):
        info, content = entries["run/checkpoints/best.npz"]
        return entries | {"run/checkpoints/best.npz": (info, content[:-1] + b"\x01")}

    runs = tmp_path / "other" / "runs"
    with pytest.raises(UserError, match="not as it was when it was packed"):
        opening.unpack(meddled(file, change), runs)
    assert list(runs.iterdir()) == []
    assert not any((tmp_path / "other" / "capsules").glob("*"))


def test_a_missing_file_is_damage(file):
    def change(entries):
        return {name: each for name, each in entries.items() if name != "run/status.json"}

    with pytest.raises(UserError, match=r"status\.json is missing"):
        opening.look(meddled(file, change))


def test_two_names_that_differ_in_case_alone_are_refused(file):
    def change(entries):
        known = json.loads(entries[FILE][1])["run"]
        return with_manifest(entries, run=[*known, known[0] | {"path": "SPEC.JSON"}])

    with pytest.raises(UserError, match="same name"):
        opening.look(meddled(file, change))


def test_a_newer_version_is_told(file):
    bad = meddled(file, lambda entries: with_manifest(entries, version=9))
    with pytest.raises(UserError, match="version 9"):
        opening.look(bad)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04nonsense", b"hello"])
def test_what_is_no_zip_is_no_capsule(tmp_path, content):
    other = tmp_path / "other.zip"
    other.write_bytes(content)
    assert not opening.is_capsule(other)
    with pytest.raises(UserError):
        opening.look(other)


def test_a_zip_of_data_is_no_capsule(tmp_path):
    other = tmp_path / "data.zip"
    with zipfile.ZipFile(other, "w") as zipped:
        zipped.writestr("cat/1.txt", "a cat")
    assert not opening.is_capsule(other)
    with pytest.raises(UserError, match="is no capsule"):
        opening.look(other)


def test_a_manifest_that_is_no_manifest_is_damage(file):
    def change(entries):
        return entries | {FILE: (entries[FILE][0], b'{"version": 1, "nonsense": []}')}

    with pytest.raises(UserError, match="damaged"):
        opening.look(meddled(file, change))


def test_versions_that_differ_are_told(file):
    manifest = opening.look(file)
    then = dict(manifest.environment) | {"keras": "2.0.0"}
    found = checking.check(manifest.model_copy(update={"environment": then}))
    keras = next(each for each in found if each.name == "keras")
    assert keras.tone == "warn"
    assert "keras 2.0.0 then" in keras.sentence


def test_a_part_of_somebodys_own_that_is_missing_stands_in_the_way(file):
    manifest = opening.look(file).model_copy(update={"own_parts": ("loss my_loss",)})
    found = next(each for each in checking.check(manifest) if each.name == "loss my_loss")
    assert found.tone == "bad"


@pytest.mark.parametrize(
    ("now", "tone", "words"),
    [(0.75, "good", "to the last bit"), (0.7501, "good", "agree within"), (0.5, "warn", "differ")],
)
def test_a_run_that_was_trained_again_is_compared(run, now, tone, words):
    run.write_status(Status(phase="done", metrics={"test_accuracy": now}))
    found = checking.verify({"test_accuracy": 0.75}, run)
    assert (found.tone, words in found.sentence) == (tone, True)
