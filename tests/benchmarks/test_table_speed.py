"""The table of runs with 10,000 runs: read, laid out, filtered, ordered.

Run with ``pytest -m benchmark -s tests/benchmarks/test_table_speed.py``.
"""

from __future__ import annotations

import json
import time

import pytest

from workbench import spec
from workbench.runs import store, table
from workbench.runs.index import Query, RunIndex
from workbench.runs.store import Status

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

RUNS = 10_000
LOSSES = ("cross_entropy", "focal", "poly1", "generalized_cross_entropy")


def fill(folder):
    """Runs that differ in loss, learning rate and seed."""
    base = spec.from_data(
        {
            "data": {"folder": "/data", "target": "y", "task": "category"},
            "model": {
                "encoders": {m: {"name": n} for m, n in (("image", "image_cnn"),
                                                         ("audio", "audio_cnn"),
                                                         ("text", "text_average"))}
            },
            "objective": {"loss": {"name": "cross_entropy"}},
        }
    )  # fmt: skip
    specs = [spec.change(base, "objective.loss.name", loss).to_json() for loss in LOSSES]
    for number in range(RUNS):
        run = store.Run(folder / f"20260101-{number % 86_400:06d}-run-{number}")
        run.folder.mkdir(parents=True)
        facts = json.loads(specs[number % len(specs)])
        facts["training"] |= {"seed": number, "learning_rate": 1e-3 * (1 + number % 7)}
        (run.folder / "spec.json").write_text(json.dumps(facts))
        run.write_status(Status(phase="done", metrics={"test_accuracy": number % 97 / 97}))


def test_ten_thousand_runs_are_laid_out_in_a_second_and_filtered_in_a_tenth(tmp_path):
    fill(tmp_path / "runs")
    index = RunIndex(tmp_path / "runs", tmp_path / "index.sqlite")
    index.refresh()
    begun = time.perf_counter()
    index.refresh()
    rows = table.rows_of(index.find(Query()))
    known, differing = table.columns_of(rows), table.differing(rows)
    opened = time.perf_counter() - begun
    begun = time.perf_counter()
    found = table.chosen(rows, table.parse("loss.name=focal test_accuracy>0.5 run", known))
    filtered = time.perf_counter() - begun
    begun = time.perf_counter()
    table.grouped(found, "objective.loss.name")
    table.best(rows, "metrics.test_accuracy")
    grouped = time.perf_counter() - begun
    print(f"opened {opened:.2f} s, filtered {1000 * filtered:.0f} ms, grouped {1000 * grouped:.0f}")
    assert len(rows) == RUNS
    assert "objective.loss.name" in differing
    assert opened < 1.0
    assert filtered < 0.1
