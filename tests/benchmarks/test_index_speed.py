"""How fast ten thousand runs are listed and searched.

Run by ``pytest -m benchmark -s tests/benchmarks/test_index_speed.py``.
"""

import time

import pytest

from workbench import spec
from workbench.runs import labels, store
from workbench.runs.index import Query, RunIndex

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

RUNS = 10_000


def test_ten_thousand_runs(tmp_path):
    chosen = spec.from_data(
        {
            "data": {"folder": "/data", "target": "label", "task": "category"},
            "model": {"encoders": {"image": {"name": "image_cnn"}}},
            "objective": {"loss": {"name": "cross_entropy"}},
        }
    )
    text = chosen.to_json()
    for number in range(RUNS):
        run = store.Run(tmp_path / "runs" / f"20261123-{number:06d}-run")
        run.folder.mkdir(parents=True)
        (run.folder / "spec.json").write_text(text)
        (run.folder / "status.json").write_text(
            store.Status(phase="done", metrics={"test_accuracy": 0.5}).model_dump_json()
        )
    labels.change(run, note="the needle", tags=["rare"])
    index = RunIndex(tmp_path / "runs", tmp_path / "index.sqlite")

    def timed(words, work):
        begun = time.perf_counter()
        found = work()
        print(f"{words:44}{1000 * (time.perf_counter() - begun):9.1f} ms")
        return found

    print()
    timed("first refresh of 10,000 runs", index.refresh)
    timed("refresh where nothing changed", index.refresh)
    timed("list the newest 50", lambda: index.find(Query(limit=50)))
    timed("list all", index.find)
    assert len(timed("search for a word", lambda: index.find(Query(words="needle")))) == 1
    assert timed("count a tag", lambda: index.count(Query(tag="rare"))) == 1
    for folder in (tmp_path / "runs").iterdir():
        (folder / labels.FILE).write_text(labels.Labels(note="why", tags=("a",)).model_dump_json())
    timed("refresh where all have new labels", index.refresh)
    timed("list all, each with labels", index.find)
    timed("order all by a metric", lambda: index.find(Query(sort="metrics.test_accuracy")))
