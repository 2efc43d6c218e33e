"""What recording each sample costs, against the same steps without it; prints a table.

Run by ``pytest -m benchmark -s tests/benchmarks/test_recording_cost.py``.
"""

import time

import numpy as np
import pytest

from workbench import spec, suggest
from workbench.data.cache import prepare
from workbench.data.folder import scan
from workbench.data.samples import SAMPLES

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

CALL, ROUNDS, SECONDS = 8, 80, 40
SMALL = [
    ("model.encoders.image.options.width", 4), ("model.encoders.image.options.depth", 1),
    ("model.encoders.audio.options.width", 4), ("model.encoders.audio.options.depth", 1),
]  # fmt: skip
RECIPES = {
    "as suggested": [],
    "small encoders": SMALL,
    "a head of each modality": [("objective.heads", True)],
}


@pytest.fixture(scope="module")
def shapes_data(tmp_path_factory):
    folder = SAMPLES["shapes"].make(tmp_path_factory.mktemp("data") / "shapes", samples=600)
    index = scan(folder)
    chosen = spec.change_all(suggest.suggest(index), [("training.patience", None)])
    data = prepare(index, chosen.data, chosen.modalities, folder=folder.parent / "cache")
    return chosen, data


def caller(chosen, data, folder, *, on):
    """A function that does some steps, traced, with recording or without."""
    from workbench.training import devices
    from workbench.training.inputs import ModelInputs
    from workbench.training.learner import Learner
    from workbench.training.recording import Recording

    chosen = spec.change_all(chosen, [("training.record_samples", on), ("training.epochs", 10_000)])
    learner = Learner.make(chosen, data, ModelInputs.of(data, chosen))
    recording = Recording(folder, chosen, learner, devices.accord(), 64)
    recording.begin(0, 0)
    assert recording.on == on
    iterator = learner.iterate(0, 10_000_000)
    step = 0

    def call():
        nonlocal step
        begun = np.array([time.perf_counter(), time.process_time()])
        learner.steps.train(iterator, [1e-3] * CALL, step)
        step += CALL
        return (np.array([time.perf_counter(), time.process_time()]) - begun) / CALL

    call(), call()
    return call, recording, learner


@pytest.mark.parametrize("recipe", RECIPES)
def test_what_a_step_costs_more(shapes_data, recipe, tmp_path):
    chosen, data = shapes_data
    chosen = spec.change_all(chosen, RECIPES[recipe])
    # Two of each: what differs between two of one kind is no cost of recording.
    kinds = (True, False, False, True)
    made = [caller(chosen, data, tmp_path / f"{n}", on=on) for n, on in enumerate(kinds)]
    found = [[] for _ in kinds]
    dice, until = np.random.default_rng(0), time.monotonic() + SECONDS
    while len(found[0]) < ROUNDS and time.monotonic() < until:
        for number in dice.permutation(len(kinds)).tolist():
            found[number].append(made[number][0]())
    times = np.median(np.array(found), axis=1)
    on, off = times[[0, 3]], times[[1, 2]]
    clock, busy = on.mean(axis=0) / off.mean(axis=0) - 1
    print(
        f"\n{recipe}: {len(found[0])} rounds of {CALL} steps, {1e3 * off[:, 0].mean():.2f} ms a "
        f"step without; recording by the clock {clock:+.2%}, of processors {busy:+.2%}; two "
        f"without differ by {np.ptp(off[:, 0]) / off[:, 0].mean():.2%}"
    )
    _, recording, learner = made[0]
    begun = time.perf_counter()
    recording.write(1, recording.arrays(1))
    whole = learner.order.steps * off[:, 0].mean()
    print(f"writing an epoch: {1e3 * (time.perf_counter() - begun):.1f} ms of {whole:.2f} s")


def test_what_an_epoch_of_a_million_samples_costs(tmp_path):
    from workbench.runs import history

    count = 1_000_000
    about = history.About(
        task="category", classes=("a", "b"), outputs=2, train=tuple(map(str, range(count))),
        train_target=(0.0,) * count,
    )  # fmt: skip
    kinds = {"train_margin": np.float16, "train_said": np.int16}
    arrays = {
        name: np.zeros(shape, kinds.get(name, np.float32))
        for name, shape in history.shapes(about).items()
    }
    begun = time.perf_counter()
    history.begin(tmp_path, about)
    said = time.perf_counter()
    history.write_epoch(tmp_path, 1, arrays)
    written = time.perf_counter()
    history.read(tmp_path)
    size = (tmp_path / "history" / "epoch-0001.npz").stat().st_size
    print(
        f"\nbegin {said - begun:.2f} s, write {written - said:.2f} s, "
        f"read {time.perf_counter() - written:.2f} s, {size / count:.2f} bytes a sample"
    )
