"""How long folders with very many files take to be indexed, beside what others need for it."""

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time

import pytest

from workbench.data.folder import scan

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]
MILLION = 1_000_000
MOST_SECONDS, MOST_BYTES = 60.0, 1.5e9
FEW = 100_000


def tree(folder, count, classes=100):
    """Class folders of empty files."""
    for label in range(classes):
        inside = folder / f"class_{label:03d}"
        inside.mkdir(parents=True)
        for number in range(count // classes):
            os.close(os.open(inside / f"sample_{number:06d}.png", os.O_CREAT | os.O_WRONLY))
    return folder


def seconds(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


CHILD = """
import json, resource, sys, time
from workbench.data.folder import scan
begun = time.perf_counter()
index = scan(sys.argv[1], check=False)
took = time.perf_counter() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps([len(index), took, peak]))
"""


def test_a_million_files_are_indexed_within_a_minute_and_little_memory(tmp_path):
    folder = tree(tmp_path / "million", MILLION)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder)], capture_output=True, text=True, check=True
    )
    count, took, peak = json.loads(done.stdout)
    print(f"\n{count:,} files indexed in {took:.1f} s, peak {peak / 1e6:,.0f} MB in all")
    assert count == MILLION
    assert took < MOST_SECONDS
    assert peak < MOST_BYTES


def test_a_hundred_thousand_files_are_indexed_faster_than_by_others(tmp_path):
    folder = tree(tmp_path / "many", FEW)
    others = {"keras": _keras(folder)}
    if importlib.util.find_spec("datasets"):
        others["datasets"] = _datasets(folder)
    scan(folder, check=False)
    times = {"workbench": [seconds(lambda: scan(folder, check=False)) for _ in range(3)]}
    for name, work in others.items():
        work()
        times[name] = [seconds(work) for _ in range(3)]
    medians = {name: statistics.median(took) for name, took in times.items()}
    print("\n" + "  ".join(f"{name} {took:.2f} s" for name, took in medians.items()))
    assert all(medians["workbench"] < medians[name] for name in others)


def _keras(folder):
    from keras.src.utils.dataset_utils import index_directory

    return lambda: index_directory(
        str(folder), "inferred", formats=(".png", ".jpg", ".jpeg", ".bmp", ".gif"), verbose=False
    )


def _datasets(folder):
    import datasets

    return lambda: datasets.load_dataset_builder("imagefolder", data_dir=str(folder))
