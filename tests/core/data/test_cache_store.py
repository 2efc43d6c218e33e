"""The cache gives back what the readers gave, whatever happened to it in between."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from workbench.data import decoded
from workbench.data.cache import prepare
from workbench.data.decoded import Wanted
from workbench.data.folder import Stopped, scan
from workbench.data.identities import identities
from workbench.data.streamed import Streamed
from workbench.errors import UserError
from workbench.suggest import suggest


def values_of(row):
    if row == 7:
        raise UserError("row 7 is broken")
    return np.full((4, 3), row, np.float32)


def wanted(count=100, decode=values_of, changed=(), key="k"):
    known = np.arange(2, count + 2, dtype=np.uint64)
    known[list(changed)] += np.uint64(1000)
    return Wanted("f", key, known, (4, 3), np.dtype(np.float32), decode)


def quiet(done):
    """Show nothing."""


def fill(folder, each, progress=quiet, stop=lambda: False):
    return decoded.array(folder, each, progress, stop)


def check(array, broken, count=100):
    assert broken == [7]
    rows = np.delete(np.arange(count), 7)
    assert (array[rows] == rows[:, None, None]).all()
    assert not array[7].any()


def test_rows_are_what_their_files_hold_and_broken_ones_are_named(tmp_path):
    told = []
    check(*fill(tmp_path, wanted(), told.append))
    assert told[-1] == 100
    assert told == sorted(told)


def never(row):
    raise AssertionError("decoded again")


def test_a_second_use_decodes_nothing(tmp_path):
    fill(tmp_path, wanted())
    check(*fill(tmp_path, wanted(decode=never)))


def test_a_stopped_filling_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    seen = []

    def counted(row):
        seen.append(row)
        return values_of(row)

    with pytest.raises(Stopped):
        fill(tmp_path, wanted(decode=counted), stop=lambda: len(seen) > 20)
    before = set(seen)
    assert 20 < len(before) < 100
    seen.clear()
    check(*fill(tmp_path, wanted(decode=counted)))
    assert not before & set(seen) - {7}
    assert before | set(seen) == set(range(100))


def test_a_killed_filling_goes_on_where_it_was(tmp_path):
    code = f"""
import os, signal, sys, pathlib, numpy as np
from workbench.data import decoded
def decode(row):
    if row > 50: os.kill(os.getpid(), signal.SIGKILL)
    return np.full((4, 3), row, np.float32)
known = np.arange(2, 102, dtype=np.uint64)
each = decoded.Wanted("f", "k", known, (4, 3), np.dtype(np.float32), decode)
decoded.array(pathlib.Path({str(tmp_path)!r}), each, lambda n: None, lambda: False)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    seen = []

    def counted(row):
        seen.append(row)
        return values_of(row)

    array, broken = fill(tmp_path, wanted(decode=counted))
    assert broken == []
    assert (array[:, 0, 0] == np.arange(100)).all()
    assert len(seen) < 100


def test_only_files_that_changed_are_decoded_anew(tmp_path):
    fill(tmp_path, wanted())
    seen = []

    def counted(row):
        seen.append(row)
        return np.full((4, 3), -row, np.float32)

    array, _ = fill(tmp_path, wanted(decode=counted, changed=[3, 50], key="other"))
    assert sorted(seen) == [3, 7, 50]
    assert array[50, 0, 0] == -50
    assert array[51, 0, 0] == 51


def test_files_that_are_added_leave_the_others_as_they_are(tmp_path):
    fill(tmp_path, wanted(80))
    seen = []

    def counted(row):
        seen.append(row)
        return values_of(row)

    check(*fill(tmp_path, wanted(100, decode=counted, key="more")))
    assert sorted(seen) == [7, *range(80, 100)]


def own(folder):
    return folder / "f-k"


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: os.truncate(folder / "values.npy", 300),
        lambda folder: (folder / "values.npy").unlink(),
        lambda folder: (folder / "values.npy").write_bytes(b"no array"),
        lambda folder: (folder / "facts.json").write_text('{"broken": [7]'),
        lambda folder: (folder / "facts.json").write_text('{"broken": [7], "checksums": []}'),
        lambda folder: (folder / "identities.npy").unlink(),
    ],
)
def test_a_damaged_array_is_made_again(tmp_path, harm, caplog):
    caplog.set_level(logging.ERROR)
    fill(tmp_path, wanted())
    harm(own(tmp_path))
    check(*fill(tmp_path, wanted()))


def test_one_changed_byte_is_noticed(tmp_path, caplog):
    caplog.set_level(logging.ERROR)
    fill(tmp_path, wanted())
    with (own(tmp_path) / "values.npy").open("r+b") as stream:
        stream.seek(-5, os.SEEK_END)
        stream.write(b"\x77")
    check(*fill(tmp_path, wanted()))


def test_two_at_once_decode_every_row_once(tmp_path):
    seen = []

    def counted(row):
        seen.append(row)
        return values_of(row)

    found = []
    threads = [
        threading.Thread(target=lambda: found.append(fill(tmp_path, wanted(decode=counted))))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(100))
    for array, broken in found:
        check(array, broken)


def test_a_waiting_process_can_be_stopped(tmp_path):
    own(tmp_path).mkdir()
    with decoded.FileLock(own(tmp_path) / ".lock"), pytest.raises(Stopped):
        fill(tmp_path, wanted(), stop=iter([False, True]).__next__)


def age(folder, seconds):
    os.utime(folder / "facts.json", (seconds, seconds))


def test_the_least_recently_used_arrays_are_removed_first(tmp_path):
    for number, name in enumerate("abc"):
        fill(tmp_path, wanted(key=name))
        age(tmp_path / f"f-{name}", 1000 + number)
    size = sum(file.stat().st_size for file in (tmp_path / "f-a").iterdir())
    assert decoded.evict(tmp_path, 2 * size) == size
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["f-b", "f-c"]


def test_an_array_in_use_by_a_living_process_stays(tmp_path):
    for name in "ab":
        fill(tmp_path, wanted(key=name))
    decoded.mark_used(tmp_path, ["f-a"])
    age(tmp_path / "f-a", 1)
    (tmp_path / "f-b" / "used-4194303-1").touch()
    decoded.evict(tmp_path, 0)
    assert [entry.name for entry in tmp_path.iterdir()] == ["f-a"]


def test_a_streamed_array_gives_the_same_rows(tmp_path):
    array, _ = fill(tmp_path, wanted())
    streamed = Streamed(wanted())
    assert streamed.shape == array.shape
    rows = np.array([5, 99, 7, 5])
    assert (streamed[rows] == array[rows]).all()
    assert (streamed[3] == array[3]).all()
    assert (streamed[10:12] == array[10:12]).all()
    assert streamed[np.array([], int)].shape == (0, 4, 3)


def test_a_short_disk_means_streaming_and_a_line_in_the_log(shapes, monkeypatch, caplog, own_home):
    index = scan(shapes, check=False)
    spec = suggest(index)
    whole = prepare(index, spec.data, spec.modalities)
    shutil.rmtree(own_home / "cache")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(9, 9, 0))
    with caplog.at_level(logging.WARNING):
        streamed = prepare(index, spec.data, spec.modalities)
    assert "decoded in every epoch" in caplog.text
    caplog.clear()
    assert isinstance(streamed.arrays["image"], Streamed)
    rows = np.array([0, 3, 11])
    for modality in spec.modalities:
        assert (streamed.arrays[modality][rows] == whole.arrays[modality][rows]).all()


def test_the_tokens_of_a_run_are_kept_and_mended(shapes, own_home, caplog):
    index = scan(shapes, check=False)
    spec = suggest(index)
    first = prepare(index, spec.data, spec.modalities)
    kept = next((own_home / "cache" / "tokens").iterdir())
    stamp = kept.stat().st_mtime_ns
    again = prepare(index, spec.data, spec.modalities)
    assert kept.stat().st_mtime_ns == stamp
    assert (again.arrays["text"] == first.arrays["text"]).all()
    kept.write_bytes(kept.read_bytes()[:50])
    caplog.set_level(logging.ERROR)
    mended = prepare(index, spec.data, spec.modalities)
    assert (mended.arrays["text"] == first.arrays["text"]).all()


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


def test_a_limit_that_is_no_number_is_said(shapes, monkeypatch):
    index = scan(shapes, check=False)
    spec = suggest(index)
    monkeypatch.setenv("WORKBENCH_CACHE_LIMIT", "much")
    with pytest.raises(UserError, match="WORKBENCH_CACHE_LIMIT is 'much'"):
        prepare(index, spec.data, spec.modalities)


def test_facts_name_what_is_broken(tmp_path):
    fill(tmp_path, wanted())
    facts = json.loads((own(tmp_path) / "facts.json").read_text())
    assert facts["broken"] == [7]
    assert not (own(tmp_path) / "done.npy").exists()
