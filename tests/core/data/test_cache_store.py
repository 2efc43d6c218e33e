"""The cache gives back what the readers gave, whatever happened to it in between."""

import errno
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from filelock import FileLock
from threadpoolctl import threadpool_info

from workbench.data import decoded, eviction
from workbench.data.cache import prepare
from workbench.data.decoded import Wanted
from workbench.data.folder import Stopped, scan
from workbench.data.identities import UNKNOWN
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
import os, signal, pathlib, threading, numpy as np
from workbench.data import decoded
kept, keep = threading.Event(), decoded._Filling.keep
decoded._KEPT_SECONDS = 0
decoded._Filling.keep = lambda self: (keep(self), self.marks.any() and kept.set())
def decode(row):
    if row > 50:
        kept.wait()
        os.kill(os.getpid(), signal.SIGKILL)
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


def test_files_that_could_not_be_opened_are_not_taken_for_one_another(tmp_path):
    same = wanted()
    same.identities[[3, 50]] = UNKNOWN
    fill(tmp_path, same)
    seen = []

    def counted(row):
        seen.append(row)
        return values_of(row)

    other = wanted(decode=counted, key="other")
    other.identities[[3, 60]] = UNKNOWN
    check(*fill(tmp_path, other))
    assert sorted(seen) == [3, 7, 50, 60]


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


def test_a_wish_to_stop_ends_a_part_in_its_middle(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    ended, seen = threading.Event(), []
    monkeypatch.setattr(decoded, "threading", SimpleNamespace(Event=lambda: ended))

    def slow(row):
        seen.append(row)
        assert ended.wait(30)
        return values_of(row)

    with pytest.raises(Stopped):
        fill(tmp_path, wanted(decode=slow), stop=lambda: bool(seen))
    assert seen == [0]


def test_marks_reach_the_disk_after_the_values(tmp_path, monkeypatch):
    monkeypatch.setattr(decoded, "_KEPT_SECONDS", 0)
    flushed = []
    flush = np.memmap.flush

    def noted(array):
        flushed.append(array.dtype.name)
        flush(array)

    monkeypatch.setattr(np.memmap, "flush", noted)
    fill(tmp_path, wanted())
    assert flushed[::2] == ["float32"] * (len(flushed) // 2)
    assert flushed[1::2] == ["uint8"] * (len(flushed) // 2)


def test_a_full_disk_is_noticed_before_anything_is_decoded(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    with pytest.raises(decoded.NoSpace, match="No space left"):
        fill(tmp_path, wanted(decode=never))
    assert not (own(tmp_path) / "values.npy").exists()


def test_a_file_system_that_reserves_nothing_serves_all_the_same(tmp_path, monkeypatch):
    def refused(*_):
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(os, "posix_fallocate", refused, raising=False)
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
    with FileLock(own(tmp_path) / eviction.LOCK), pytest.raises(Stopped):
        fill(tmp_path, wanted(), stop=iter([False, True]).__next__)


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


def test_the_tokeniser_of_a_run_is_kept_and_mended(shapes, own_home, caplog):
    index = scan(shapes, check=False)
    spec = suggest(index)
    first = prepare(index, spec.data, spec.modalities)
    (kept,) = (own_home / "cache" / "tokenizers").iterdir()
    stamp = kept.stat().st_ino
    again = prepare(index, spec.data, spec.modalities)
    assert kept.stat().st_ino == stamp
    assert (again.arrays["text"] == first.arrays["text"]).all()
    kept.write_bytes(kept.read_bytes()[:50])
    caplog.set_level(logging.ERROR)
    mended = prepare(index, spec.data, spec.modalities)
    assert mended.tokenizer == first.tokenizer
    assert (mended.arrays["text"] == first.arrays["text"]).all()


def test_facts_name_what_is_broken(tmp_path):
    fill(tmp_path, wanted())
    facts = json.loads((own(tmp_path) / "facts.json").read_text())
    assert facts["broken"] == [7]
    assert not (own(tmp_path) / "done.npy").exists()


def test_matrix_products_keep_to_their_core_while_files_are_decoded(tmp_path):
    def threads():
        return [lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"]

    before, seen = threads(), []

    def looked(row):
        seen.append(threads())
        return np.zeros((4, 3), np.float32)

    fill(tmp_path, wanted(5, decode=looked))
    streamed = Streamed(wanted(5, decode=looked))
    assert streamed[np.arange(5)].shape == (5, 4, 3)
    assert len(seen) == 10
    assert all(set(each) <= {1} for each in seen)
    assert threads() == before
