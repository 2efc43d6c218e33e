"""Arrays that nobody uses make room for others; files are known by their identity."""

import os
import shutil

import numpy as np
import pytest
from filelock import FileLock

from workbench.data import cache, decoded, eviction
from workbench.data.cache import prepare
from workbench.data.decoded import Wanted
from workbench.data.folder import scan
from workbench.data.identities import UNKNOWN, identities
from workbench.errors import UserError
from workbench.spec import change
from workbench.suggest import suggest


def fill(folder, name):
    known = np.arange(2, 102, dtype=np.uint64)
    each = Wanted("f", name, known, (4,), np.dtype(np.float32), lambda row: np.full(4, row))
    decoded.array(folder, each, lambda done: None, lambda: False)


def leave(folder):
    """As if the processes that used the arrays had ended."""
    for mark in folder.glob("*/used-*"):
        mark.rename(mark.with_name("used-4194303-1"))


def age(folder, seconds):
    os.utime(folder / "facts.json", (seconds, seconds))


def test_the_least_recently_used_arrays_are_removed_first(tmp_path):
    for number, name in enumerate("abc"):
        fill(tmp_path, name)
        age(tmp_path / f"f-{name}", 1000 + number)
    leave(tmp_path)
    size = sum(file.stat().st_size for file in (tmp_path / "f-a").iterdir())
    assert eviction.evict(tmp_path, 2 * size) == size
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["f-b", "f-c"]


def test_an_array_in_use_by_a_living_process_stays(tmp_path):
    for name in "ab":
        fill(tmp_path, name)
    leave(tmp_path)
    fill(tmp_path, "a")
    age(tmp_path / "f-a", 1)
    eviction.evict(tmp_path, 0)
    assert [entry.name for entry in tmp_path.iterdir()] == ["f-a"]


def test_an_array_that_is_being_filled_stays(tmp_path):
    fill(tmp_path, "a")
    leave(tmp_path)
    with FileLock(tmp_path / "f-a" / eviction.LOCK):
        assert eviction.evict(tmp_path, 0) == 0
    assert eviction.evict(tmp_path, 0) > 0
    assert not list(tmp_path.iterdir())


def test_older_arrays_make_room_on_a_short_disk(shapes, monkeypatch, own_home):
    index = scan(shapes, check=False)
    spec = suggest(index)
    prepare(index, spec.data, ("image",))
    folder = own_home / "cache" / "decoded"
    leave(folder)
    (old,) = folder.iterdir()
    room = cache._RESERVE + 2**20

    def usage(path):
        return shutil._ntuple_diskusage(0, 0, room - eviction.size(folder))

    monkeypatch.setattr(shutil, "disk_usage", usage)
    smaller = change(spec, "data.image.size", 48).data
    prepared = prepare(index, smaller, ("image",))
    assert isinstance(prepared.arrays["image"], np.memmap)
    assert not old.exists()


def test_identities_follow_size_and_time_or_the_content_alone(tmp_path, monkeypatch):
    file = tmp_path / "a"
    file.write_bytes(b"one")
    os.utime(file, ns=(5, 5))
    names = ["a", "", "gone"]
    first = identities(tmp_path, names)
    assert first[1] == 0
    file.write_bytes(b"two")
    os.utime(file, ns=(5, 5))
    assert (identities(tmp_path, names) == first).all()
    monkeypatch.setenv("WORKBENCH_CACHE_IDENTITY", "content")
    second = identities(tmp_path, names)
    file.write_bytes(b"one")
    assert identities(tmp_path, names)[0] != second[0]
    assert identities(tmp_path, names)[1:].tolist() == second[1:].tolist()


def test_a_pipe_and_a_file_closed_to_us_have_the_number_of_the_unknown(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "closed").write_bytes(b"x")
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("closed"))
    for how in ("", "content"):
        monkeypatch.setenv("WORKBENCH_CACHE_IDENTITY", how)
        assert identities(tmp_path, ["pipe", "closed", "gone", "\0"]).tolist() == [UNKNOWN] * 4


@pytest.mark.parametrize("said", ["much", "inf", "nan"])
def test_a_limit_that_is_no_number_is_said(shapes, monkeypatch, said):
    index = scan(shapes, check=False)
    spec = suggest(index)
    monkeypatch.setenv("WORKBENCH_CACHE_LIMIT", said)
    with pytest.raises(UserError, match=f"WORKBENCH_CACHE_LIMIT is '{said}'"):
        prepare(index, spec.data, spec.modalities)
