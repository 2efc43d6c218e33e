"""What is recorded of each sample is what the losses say of it, however a run is trained."""

import subprocess
import sys

import numpy as np
import pytest

from workbench import events, spec
from workbench.data.index import strings
from workbench.data.prepared import Prepared, Scaling
from workbench.runs import history

pytestmark = pytest.mark.slow

CLASSES = ("a", "b", "c")


def prepared(task="category", count=88):
    dice = np.random.default_rng(0)
    tokens = dice.integers(2, 10, (count, 4)).astype("i4")
    number = tokens[:, 0] % 3
    labels = {
        "category": number.astype("i8"), "ordered": number.astype("i8"),
        "yes_no": (number > 0).astype("i8"),
        "labels": np.stack([number > 0, number > 1], axis=1).astype("i1"),
        "number": 10.0 * number, "none": np.zeros(count),
    }[task]  # fmt: skip
    classes = {"yes_no": ("no", "yes"), "labels": ("x", "y"), "number": (), "none": ()}
    pictures = dice.integers(0, 80, (count, 8, 8, 3)) + 60 * number[:, None, None, None]
    # 44 training samples in batches of 16: the last batch is not full, nor is its last part.
    split = np.repeat(np.asarray([0, 1, 2], "i1"), [44, 22, 22])
    return Prepared(
        arrays={"image": pictures.astype("u1"), "text": tokens}, labels=labels, split=split,
        stems=strings([f"s{n}" for n in range(count)]), task=task,
        classes=classes.get(task, CLASSES), vocabulary=10,
        scaling=Scaling(10.0, 5.0) if task == "number" else None, left_out={}, tokenizer="",
        key="k",
    )  # fmt: skip


LOSSES = {
    "category": "cross_entropy", "ordered": "cross_entropy", "yes_no": "binary_cross_entropy",
    "labels": "binary_cross_entropy", "number": "squared_error",
}  # fmt: skip


def make_spec(task="category", **training):
    """Without dropout: a sample that is seen before any step says what it says in evaluation."""
    objective = {"loss": {"name": LOSSES[task]}} if task in LOSSES else {
        "loss": None, "alignments": {"image+text": {"loss": {"name": "infonce"}}},
    }  # fmt: skip
    return spec.from_data(
        {
            "data": {"folder": "/data", "target": "" if task == "none" else "label", "task": task},
            "model": {
                "encoders": {
                    "image": {"name": "image_cnn",
                              "options": {"width": 4, "depth": 1, "size": 8, "norm": "none"}},
                    "text": {"name": "text_average", "options": {"size": 8}},
                },
                "fusion": {"name": "concat", "options": {"size": 8, "dropout": 0.0}},
                "head_dropout": 0.0,
            },
            "objective": objective,
            "training": {"epochs": 2, "batch_size": 16, "learning_rate": 0.01} | training,
        }
    )  # fmt: skip


def train(folder, run_spec, data):
    from workbench.training.trainer import Trainer

    said = []
    Trainer(run_spec, data, folder, said.append, lambda: None).train()
    return [e for e in said if isinstance(e, events.EpochDone)]


def best(folder, run_spec, data):
    """What the best weights say of all samples."""
    from workbench.lazy import ops
    from workbench.training import checkpoints
    from workbench.training.inputs import ModelInputs
    from workbench.training.learner import Learner

    learner = Learner.make(run_spec, data, ModelInputs.read(folder))
    state = checkpoints.load(folder / "checkpoints" / "best.npz", learner.best)
    given = learner.built.model(dict(data.arrays), training=False)
    return state["epoch"], ops.convert_to_numpy(learner.objective.answers(given))


@pytest.mark.parametrize("task", ["category", "yes_no", "labels", "number", "none"])
def test_means_over_the_samples_are_what_the_epochs_say(tmp_path, task):
    told = train(tmp_path, make_spec(task), prepared(task))
    found = history.read(tmp_path)
    assert found.epochs == (1, 2)
    assert found.train.loss.shape == (2, 44)
    assert found.validation.loss.shape == (2, 22)
    for place, epoch in enumerate(told):
        second = next(name for name in epoch.train if name != "loss")
        for part, course in (("train", found.train), ("validation", found.validation)):
            said = getattr(epoch, part)
            assert course.loss[place].mean() == pytest.approx(said["loss"], rel=1e-4)
            assert course.metric[place].mean() == pytest.approx(said[second], rel=1e-4)


def test_losses_margins_and_classes_are_those_of_the_outputs(tmp_path):
    """With a learning rate of almost nothing all epochs see the weights that evaluation sees."""
    data, run_spec = prepared(), make_spec(learning_rate=1e-9)
    train(tmp_path, run_spec, data)
    found = history.read(tmp_path)
    epoch, logits = best(tmp_path, run_spec, data)
    place = found.epochs.index(epoch)
    assert found.outputs[place] == pytest.approx(logits[44:66], abs=1e-5)
    mine, labels = logits[:44].astype(float), data.labels[:44]
    own = mine[np.arange(44), labels]
    others = np.where(np.eye(3, dtype=bool)[labels], -np.inf, mine).max(axis=1)
    assert found.train.loss[place] == pytest.approx(np.log(np.exp(mine).sum(1)) - own, abs=1e-5)
    assert found.train.margin[place] == pytest.approx(own - others, abs=1e-3)
    assert found.train.said[place].tolist() == mine.argmax(axis=1).tolist()
    assert found.train.metric[place].tolist() == (mine.argmax(axis=1) == labels).tolist()
    assert found.train.stems.tolist() == [f"s{n}" for n in range(44)]
    assert found.train.target.tolist() == labels.tolist()
    assert found.validation.stems[0] == "s44"


def test_the_margin_of_yes_or_no_is_the_logit_towards_the_truth(tmp_path):
    data, run_spec = prepared("yes_no"), make_spec("yes_no", learning_rate=1e-9)
    train(tmp_path, run_spec, data)
    found = history.read(tmp_path)
    epoch, logits = best(tmp_path, run_spec, data)
    signs = np.where(data.labels[:44] > 0, 1, -1)
    place = found.epochs.index(epoch)
    assert found.train.margin[place] == pytest.approx(signs * logits[:44, 0], abs=1e-3)
    assert found.train.said[place].tolist() == (logits[:44, 0] > 0).tolist()


@pytest.mark.parametrize("parts", [3, 16])
def test_a_batch_in_parts_records_what_the_whole_batch_does(tmp_path, parts):
    sgd = {"optimizer": {"name": "sgd"}}
    train(tmp_path / "whole", make_spec(**sgd), prepared())
    train(tmp_path / "parts", make_spec(accumulated=parts, **sgd), prepared())
    whole, cut = history.read(tmp_path / "whole"), history.read(tmp_path / "parts")
    assert cut.train.loss == pytest.approx(whole.train.loss, abs=1e-4)
    assert cut.train.margin == pytest.approx(whole.train.margin, abs=5e-3)


TWO_DEVICES = """
import sys
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import test_recording as t
from workbench.training import devices
devices.strategy = lambda: tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
t.train(Path(sys.argv[2]), t.make_spec(optimizer={"name": "sgd"}, batch_size=15), t.prepared())
"""


def test_two_devices_record_what_one_does(tmp_path):
    here = str(__file__).rsplit("/", 1)[0]
    done = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES, here, str(tmp_path / "two")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    train(tmp_path / "one", make_spec(optimizer={"name": "sgd"}, batch_size=15), prepared())
    one, two = history.read(tmp_path / "one"), history.read(tmp_path / "two")
    assert two.train.loss == pytest.approx(one.train.loss, abs=1e-4)
    assert two.outputs == pytest.approx(one.outputs, abs=1e-4)


def test_what_is_recorded_changes_no_weight(tmp_path):
    on = train(tmp_path / "on", make_spec(), prepared())
    off = train(tmp_path / "off", make_spec(record_samples=False), prepared())
    losses = [[e.validation["loss"] for e in told] for told in (on, off)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert history.read(tmp_path / "off") is None
    assert "switch" in history.why_none(tmp_path / "off")


def test_too_many_samples_are_not_recorded_and_it_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "MOST", 87)
    train(tmp_path, make_spec(), prepared())
    assert history.read(tmp_path) is None
    assert "44 training samples over 2 epochs" in history.why_none(tmp_path)


def test_of_many_validation_samples_some_are_drawn_by_the_seed(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "MOST_VALIDATION", 9)
    train(tmp_path / "all", make_spec(batch_size=8), prepared())
    found = history.read(tmp_path / "all")
    assert found.outputs.shape == (2, 9, 3)
    monkeypatch.undo()
    train(tmp_path / "whole", make_spec(batch_size=8), prepared())
    whole = history.read(tmp_path / "whole")
    places = [whole.validation.stems.tolist().index(stem) for stem in found.validation.stems]
    assert places == sorted(places)
    assert found.outputs == pytest.approx(whole.outputs[:, places], abs=1e-6)
