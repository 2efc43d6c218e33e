"""The training loop on tiny synthetic data."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from workbench import events, spec
from workbench.data.index import strings
from workbench.data.prepared import Prepared, Scaling
from workbench.errors import UserError

pytestmark = pytest.mark.slow


def prepared(task="category", count=96):
    """Texts of four tokens; the first one tells the class, or half of the number."""
    dice = np.random.default_rng(0)
    tokens = dice.integers(2, 10, (count, 4)).astype("i4")
    labels = tokens[:, 0] % 3
    if task == "yes_no":
        labels = tokens[:, 0] % 2
    elif task == "number":
        labels = tokens[:, 0] / 2.0
    split = np.zeros(count, "i1")
    split[count // 2 :] = 1
    split[3 * count // 4 :] = 2
    classes = {"category": ("a", "b", "c"), "yes_no": ("no", "yes"), "number": ()}[task]
    return Prepared(
        arrays={"text": tokens},
        labels=labels if task == "number" else labels.astype("i8"),
        split=split,
        stems=strings([f"s{n}" for n in range(count)]),
        task=task,
        classes=classes,
        vocabulary=10,
        scaling=Scaling.of(labels[split == 0]) if task == "number" else None,
        left_out={},
        tokenizer="",
        key="k",
    )


LOSSES = {"category": "cross_entropy", "yes_no": "binary_cross_entropy", "number": "huber"}


def make_spec(task="category", **training):
    return spec.from_data(
        {
            "data": {"folder": "/data", "target": "label", "task": task},
            "model": {
                "encoders": {"text": {"name": "text_average", "options": {"size": 16}}},
                "fusion": {"name": "concat", "options": {"size": 16}},
            },
            "objective": {"loss": {"name": LOSSES[task]}},
            "training": {"epochs": 6, "batch_size": 10, "learning_rate": 0.02} | training,
        }
    )


def train(folder, run_spec, data, wish=lambda: None):
    from workbench.training.trainer import Trainer

    said = []
    trainer = Trainer(run_spec, data, folder, said.append, wish)
    return trainer.train(), said


def weights(folder, which="last"):
    files = sorted((folder / "checkpoints").glob("step-*.npz" if which == "last" else "best.npz"))
    with np.load(files[-1], allow_pickle=False) as arrays:
        return {n: arrays[n] for n in arrays.files if n not in ("state", "sha256")}


@pytest.mark.parametrize("task", ["category", "yes_no", "number"])
def test_the_loss_falls_and_every_step_is_told_once(tmp_path, task):
    trained, said = train(tmp_path, make_spec(task), prepared(task))
    losses = [loss for e in said if isinstance(e, events.StepsDone) for loss in e.losses]
    steps = math.ceil(48 / 10)
    assert len(losses) == 6 * steps
    assert np.mean(losses[-steps:]) < 0.8 * np.mean(losses[:steps])
    epochs = [e for e in said if isinstance(e, events.EpochDone)]
    assert [e.epoch for e in epochs] == [1, 2, 3, 4, 5, 6]
    best = min(epochs, key=lambda e: e.validation["loss"])
    assert trained.best_epoch == best.epoch
    assert trained.outcome == "done"
    order = [e.event for e in said if e.event != "steps_done"]
    assert order[:3] == ["preparing", "started", "preparing"]
    assert order[-1] == "trained"


def test_the_same_seed_gives_the_same_weights_to_the_bit(tmp_path):
    for name in ("one", "two"):
        train(tmp_path / name, make_spec(), prepared())
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    assert one.keys() == two.keys()
    assert all(np.array_equal(one[name], two[name]) for name in one)
    train(tmp_path / "other", make_spec(seed=1), prepared())
    other = weights(tmp_path / "other")
    assert any(not np.array_equal(one[name], other[name]) for name in one)


def test_a_wish_to_stop_in_the_first_epoch_keeps_what_was_learned(tmp_path):
    asked = []

    def wish():
        asked.append(1)
        return "stop" if len(asked) > 2 else None

    trained, said = train(tmp_path, make_spec(epochs=500), prepared(), wish)
    assert trained.outcome == "stopped"
    assert trained.best_epoch == 0
    assert any(isinstance(e, events.Stopping) for e in said)
    assert weights(tmp_path, "best")


def test_a_wish_to_stop_amid_validation_keeps_the_best_epoch_before(tmp_path):
    """Of the second epoch nothing but its validation is missing, so it is not a whole one."""
    said = []

    def wish():
        steps = [e.step for e in said if isinstance(e, events.StepsDone)]
        return "stop" if steps and steps[-1] == 10 else None

    from workbench.training.trainer import Trainer

    trained = Trainer(make_spec(), prepared(), tmp_path, said.append, wish).train()
    assert (trained.outcome, trained.epochs, trained.best_epoch) == ("stopped", 1, 1)
    assert [e.event for e in said if e.event != "steps_done"][-3:] == [
        "epoch_done", "stopping", "trained"
    ]  # fmt: skip
    train(tmp_path / "once", make_spec(epochs=1), prepared())
    best, once = weights(tmp_path, "best"), weights(tmp_path / "once", "best")
    assert all(np.array_equal(best[name], once[name]) for name in once)


def test_no_step_is_taken_after_a_wish_to_stop(tmp_path):
    asked = []

    def wish():
        asked.append(1)
        return "stop" if len(asked) == 3 else None

    trained, _ = train(tmp_path, make_spec(epochs=500), prepared(), wish)
    assert len(asked) == 3
    assert trained.outcome == "stopped"
    with np.load(tmp_path / "checkpoints" / "best.npz", allow_pickle=False) as file:
        state = json.loads(file["state"].tobytes())
    # One step for each of the two calls before: the speed is not known any earlier.
    assert state["step"] == 2


def test_a_flat_validation_loss_ends_the_run(tmp_path):
    trained, _ = train(tmp_path, make_spec(epochs=300, learning_rate=1e-9, patience=2), prepared())
    assert trained.outcome == "flat"
    assert trained.epochs < 300


def test_a_loss_that_is_no_number_ends_the_run_and_names_the_step(tmp_path):
    data = prepared("number")
    data.labels[:20] = 1e38
    run_spec = spec.change(make_spec("number"), "objective.loss.name", "squared_error")
    with pytest.raises(UserError, match=r"at step \d+.*[Ll]ower the learning rate"):
        train(tmp_path, run_spec, data)


def test_weights_spoiled_by_the_last_step_of_an_epoch_never_replace_good_ones(tmp_path):
    """One step an epoch: its own loss is still finite, only validation sees what it did."""
    run_spec = spec.change(make_spec("number", batch_size=48), "training.epochs", 1)
    run_spec = spec.change(run_spec, "objective.loss.name", "squared_error")
    data = prepared("number")
    train(tmp_path, run_spec, data)
    good = weights(tmp_path), weights(tmp_path, "best")
    data.labels[:48] *= 1e15  # squared it still fits a float32; the step that follows does not
    broken = spec.change(run_spec, "training.optimizer.name", "sgd")
    broken = spec.change(broken, "training.learning_rate", 10.0)
    with pytest.raises(UserError, match=r"validation loss became \w+ at step 1\."):
        train(tmp_path, broken, data)
    for which, before in zip(("last", "best"), good, strict=True):
        after = weights(tmp_path, which)
        assert all(np.array_equal(after[name], before[name]) for name in before)


def test_a_run_of_one_step_tells_a_speed_that_can_be(tmp_path):
    trained, said = train(tmp_path, make_spec(epochs=1, batch_size=48), prepared())
    told = next(e for e in said if isinstance(e, events.StepsDone))
    assert trained.samples_per_second == pytest.approx(told.samples_per_second)
    assert 48 / trained.samples_per_second <= trained.seconds


def test_dropout_goes_on_from_a_checkpoint_where_it_was(tmp_path):
    train(tmp_path / "one", make_spec(epochs=1), prepared())
    train(tmp_path / "two", make_spec(epochs=2), prepared())
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    seeds = [name for name in one if "seed_generator" in name]
    assert len(seeds) == 2  # of the fusion and of the head
    assert all(not np.array_equal(one[name], two[name]) for name in seeds)


def test_the_schedule_reaches_the_optimiser(tmp_path):
    run_spec = spec.change(make_spec(), "training.schedule.name", "cosine")
    _, said = train(tmp_path, run_spec, prepared())
    rates = [e.learning_rate for e in said if isinstance(e, events.StepsDone)]
    assert rates[-1] < 0.1 * max(rates)
    state = weights(tmp_path)
    reached = next(v for name, v in state.items() if name.endswith("learning_rate"))
    assert reached == pytest.approx(rates[-1], rel=1e-4)


def test_clipped_gradients_are_no_longer_than_the_limit(tmp_path):
    """Plain descent by a rate of 1 moves all weights together by at most the limit a step."""
    data = prepared()
    run_spec = make_spec(epochs=1, batch_size=48, learning_rate=1.0, clip_norm=0.01)
    run_spec = spec.change(run_spec, "training.optimizer.name", "sgd")
    run_spec = spec.change(run_spec, "training.optimizer.momentum", 0.0)
    train(tmp_path / "clipped", run_spec, data)
    still = spec.change(run_spec, "training.learning_rate", 1e-12)
    train(tmp_path / "still", still, data)
    moved, start = weights(tmp_path / "clipped"), weights(tmp_path / "still")
    names = [n for n in moved if n.startswith("model/") and moved[n].dtype == np.float32]
    distance = math.sqrt(sum(float(((moved[n] - start[n]) ** 2).sum()) for n in names))
    assert distance == pytest.approx(0.01, rel=1e-3)


TWO_DEVICES = """
import json, sys
import numpy as np
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import test_trainer as t
from workbench import spec
from workbench.training import devices
if sys.argv[3] == "two":
    devices.strategy = lambda: tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
run_spec = spec.change(t.make_spec(epochs=2, clip_norm=0.5), "training.optimizer.name", "sgd")
run_spec = spec.change(run_spec, "model.fusion.dropout", 0.0)
run_spec = spec.change(run_spec, "model.head_dropout", 0.0)
trained, said = t.train(Path(sys.argv[2]), run_spec, t.prepared())
print(json.dumps([e.validation["loss"] for e in said if e.event == "epoch_done"]))
"""


def test_two_devices_learn_what_one_learns(tmp_path):
    here = str(__file__).rsplit("/", 1)[0]
    found = {}
    for name in ("one", "two"):
        done = subprocess.run(
            [sys.executable, "-c", TWO_DEVICES, here, str(tmp_path / name), name],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        found[name] = json.loads(done.stdout.strip().splitlines()[-1])
    assert found["one"] == pytest.approx(found["two"], rel=1e-4)
    # Biases and gains lie near 0: what counts is the distance.
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    for name in (name for name in one if name.startswith("model/") and "seed" not in name):
        assert two[name] == pytest.approx(one[name], abs=1e-5), name
