"""Two local workers against one process: speed, and how far the losses agree.

Run by ``pytest -m benchmark -s tests/benchmarks/test_scale_out.py``.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from workbench import events
from workbench.data.samples import SAMPLES
from workbench.runs import store

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

# Nothing by chance in the model, and nothing that looks at a batch as such.
SETTINGS = {
    "training.epochs": 6, "training.batch_size": 64, "training.patience": "none",
    "training.optimizer.name": "sgd", "training.learning_rate": 0.005,
    "model.encoders.image.options.norm": "none", "model.encoders.audio.options.norm": "none",
    "model.fusion.options.dropout": 0.0, "model.head_dropout": 0.0,
}  # fmt: skip

FIRST = 5
"""Steps in which nothing but the work itself could make a difference."""


def go(*words):
    chosen = [word for k, v in SETTINGS.items() for word in ("--set", f"{k}={v}")]
    done = subprocess.run(
        [sys.executable, "-m", "workbench", *map(str, words), *chosen, "--json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    run = store.find(Path(json.loads(done.stdout.splitlines()[-1])["run"]))
    said = list(run.events())
    losses = [loss for e in said if isinstance(e, events.StepsDone) for loss in e.losses]
    (trained,) = [e for e in said if isinstance(e, events.Trained)]
    return np.asarray(losses), trained.samples_per_second


def test_two_workers_against_one(tmp_path):
    folder = SAMPLES["shapes"].make(tmp_path / "shapes")
    runs = tmp_path / "runs"
    print("\nsamples a second, 64 samples a step")
    alone, speed = go("train", folder, "--runs", runs)
    print(f"one process{speed:22,.0f}")
    together, both = go("launch", folder, "--runs", runs, "--processes", 2)
    print(f"two workers of 32 each{both:11,.0f}   {both / speed:.2f} of one")
    apart = np.abs(together - alone) / np.abs(alone)
    # Rounding grows with the steps, as it does where one process takes its batch in two parts.
    first, last = apart[:FIRST].max(), apart[-FIRST:].max()
    print(
        f"losses differ by {first:.1e} at most in the first {FIRST} steps, {last:.1e} in the last"
    )
    assert first < 1e-5
