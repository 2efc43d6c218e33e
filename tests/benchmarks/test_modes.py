"""What precision, compiled steps and determinism cost, or gain, on this machine.

Run by ``pytest -m benchmark -s tests/benchmarks/test_modes.py``; each in a process of its own, as
determinism holds for a process for good.
"""

import json
import statistics
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

ROUNDS = 3
MODES = {
    "as it is": {},
    "bfloat16": {"training.precision": "bfloat16"},
    "float16": {"training.precision": "float16"},
    "compiled": {"training.compiled": "on"},
    "deterministic": {"training.deterministic": True},
}
CHILD = """
import json, sys
from pathlib import Path
from workbench import spec, suggest
from workbench.data.cache import prepare
from workbench.data.folder import scan
from workbench.training.trainer import Trainer
folder, changes = Path(sys.argv[1]), json.loads(sys.argv[2])
index = scan(folder)
chosen = suggest.suggest(index)
more = [("training.epochs", 4), ("training.patience", None), *changes.items()]
chosen = spec.change_all(chosen, more)
data = prepare(index, chosen.data, chosen.modalities, folder=folder.parent / "cache")
trained = Trainer(chosen, data, folder.parent / "run", lambda event: None, lambda: None).train()
print(trained.samples_per_second)
"""


def test_what_each_mode_costs(tmp_path):
    from workbench.data.samples import SAMPLES

    folder = SAMPLES["shapes"].make(tmp_path / "shapes")
    speeds = {name: [] for name in MODES}
    for _ in range(ROUNDS):
        for name, changes in MODES.items():
            done = subprocess.run(
                [sys.executable, "-c", CHILD, str(folder), json.dumps(changes)],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            speeds[name].append(float(done.stdout.splitlines()[-1]))
    first = statistics.median(speeds["as it is"])
    print("\nsamples a second, shapes with three modalities")
    for name, values in speeds.items():
        speed = statistics.median(values)
        print(f"{name:20}{speed:10,.0f}{speed / first:8.2f}")
