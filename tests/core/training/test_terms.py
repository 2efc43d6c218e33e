"""Several terms, their balance, hidden modalities and special heads, through a whole training."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from workbench import events, parts, spec
from workbench.data.index import strings
from workbench.data.prepared import Prepared, Scaling
from workbench.errors import UserError
from workbench.runs import results

pytestmark = pytest.mark.slow
COUNT = 96
ENCODERS = {
    "text": {"name": "text_average", "options": {"size": 16}},
    "image": {"name": "image_cnn", "options": {"width": 4, "depth": 1, "size": 8}},
}
CLASSES = {"category": ("a", "b", "c"), "ordered": ("low", "middle", "high")}
WITH_HEADS = [part.name for part in parts.parts("balancer", task="category")]


def prepared(task="category"):
    """Texts and pictures that say the same number, 2..9."""
    first = np.random.default_rng(0).integers(2, 10, COUNT)
    split = np.repeat(np.asarray([0, 1, 2], "i1"), [COUNT // 2, COUNT // 4, COUNT // 4])
    numbers = task == "number"
    labels = first / 2.0 if numbers else ((first - 2) // 3).astype("i8")
    return Prepared(
        arrays={
            "text": np.repeat(first[:, None], 4, axis=1).astype("i4"),
            "image": np.broadcast_to(first[:, None, None, None] * 25, (COUNT, 12, 12, 3)).astype(
                "u1"
            ),
        },
        labels=np.zeros(COUNT, "i8") if task == "none" else labels,
        split=split,
        stems=strings([f"s{n}" for n in range(COUNT)]),
        task=task,
        classes=CLASSES.get(task, ()),
        vocabulary=10,
        scaling=Scaling.of(labels[split == 0]) if numbers else None,
        left_out={},
        tokenizer="",
        key="k",
    )


def make_spec(task="category", objective=None, model=None, **training):
    loss = {"number": "squared_error", "none": None}.get(task, "cross_entropy")
    return spec.from_data(
        {
            "data": {"folder": "/data", "target": "" if task == "none" else "y", "task": task},
            "model": {"encoders": ENCODERS} | (model or {}),
            "objective": {"loss": loss and {"name": loss}} | (objective or {}),
            "training": {"epochs": 4, "batch_size": 10, "learning_rate": 0.02} | training,
        }
    )


def train(folder, run_spec, data):
    from workbench.training.trainer import Trainer

    said = []
    Trainer(run_spec, data, folder, said.append, lambda: None).train()
    return said


def of_kind(said, kind):
    return [event for event in said if isinstance(event, kind)]


def weights(folder, which="last"):
    files = sorted((folder / "checkpoints").glob("step-*.npz" if which == "last" else "best.npz"))
    with np.load(files[-1], allow_pickle=False) as arrays:
        return {n: arrays[n] for n in arrays.files if n not in ("state", "sha256")}


@pytest.mark.parametrize("name", WITH_HEADS)
def test_every_balancer_trains_and_tells_each_term_raw_and_its_weight(tmp_path, name):
    run_spec = make_spec(objective={"heads": True, "balancer": {"name": name}, "l2": 1e-4})
    said = train(tmp_path, run_spec, prepared())
    epochs, steps = of_kind(said, events.EpochDone), of_kind(said, events.StepsDone)
    assert epochs[-1].train["loss"] < epochs[0].train["loss"]
    for event in epochs:
        assert (
            set(event.train_terms) == {"task", "image", "text", "l2"} == set(event.validation_terms)
        )
        assert event.train_terms["task"] == pytest.approx(event.train["loss"], rel=1e-5)
    for event in steps:
        assert set(event.weights) == {"task", "image", "text", "l2"}
        assert event.weights["l2"] == pytest.approx(1e-4)
        assert set(event.gradients) == set(event.cosines) == {"image", "text"}
        assert all(length > 0 for length in event.gradients.values())
        assert all(-1.001 <= cosine <= 1.001 for cosine in event.cosines.values())
    told = [*steps[-1].terms.values(), *steps[-1].weights.values(), *steps[-1].traces.values()]
    assert np.isfinite(told).all()
    if name == "fixed":
        assert [steps[-1].weights[term] for term in ("task", "image", "text")] == [1, 1, 1]


def test_one_term_is_told_without_weights_but_with_the_gradients(tmp_path):
    steps = of_kind(train(tmp_path, make_spec(), prepared()), events.StepsDone)
    assert steps[-1].terms == steps[-1].weights == steps[-1].cosines == {}
    assert set(steps[-1].gradients) == {"image", "text"}


def test_what_a_balancer_learned_is_in_the_checkpoint(tmp_path):
    objective = {"heads": True, "balancer": {"name": "uncertainty"}}
    train(tmp_path, make_spec(objective=objective), prepared())
    (found,) = (v for n, v in weights(tmp_path).items() if "log_variance" in n and "balancer" in n)
    assert found.shape == (3,)
    assert np.any(found != 0)


def test_heads_of_weight_nothing_change_nothing(tmp_path):
    train(tmp_path / "none", make_spec(), prepared())
    train(tmp_path / "zero", make_spec(objective={"heads": True, "heads_weight": 0.0}), prepared())
    plain, zero = weights(tmp_path / "none"), weights(tmp_path / "zero")
    ours = {n.split("/", 2)[2]: v for n, v in plain.items() if n.startswith("model/")}
    theirs = {n.split("/", 2)[2]: v for n, v in zero.items() if n.startswith("model/")}
    assert any("head_image" in name for name in theirs)
    for name, values in ours.items():
        if "seed" not in name:
            assert theirs[name] == pytest.approx(values, rel=1e-4, abs=1e-5), name


TWO_DEVICES = """
import json, sys
sys.path.insert(0, sys.argv[1])
import tensorflow as tf
two = sys.argv[3] == "two"
if two:
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from pathlib import Path
from workbench.training import devices
strategy = tf.distribute.get_strategy()
if two:
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
devices.strategy = lambda: strategy
from workbench.training import pace, telling
# Each step is told by itself, however long it takes.
pace.CALL_SECONDS = telling.TELL_SECONDS = 0
import test_terms as t
from workbench import events
found = []
for balancer in json.loads(sys.argv[4]):
    objective = {"heads": True, "balancer": {"name": balancer}, "l2": 1e-3, "embedding_l2": 0.01}
    run_spec = t.make_spec(
        objective=objective, epochs=2, optimizer={"name": "sgd"}, model={"head_dropout": 0.0,
        "encoders": {**t.ENCODERS, "image": {"name": "image_cnn",
        "options": {"width": 4, "depth": 1, "size": 8, "norm": "none"}}},
        "fusion": {"name": "concat", "options": {"dropout": 0.0}}})
    said = t.train(Path(sys.argv[2]) / balancer, run_spec, t.prepared())
    last = t.of_kind(said, events.EpochDone)[-1]
    step = t.of_kind(said, events.StepsDone)[-1]
    found.append([last.train["loss"], last.validation["loss"], *last.train_terms.values(),
                  *step.weights.values(), *step.gradients.values(), *step.cosines.values()])
print(json.dumps(found))
"""


def test_two_devices_balance_as_one_does(tmp_path):
    here = str(__file__).rsplit("/", 1)[0]
    names = ["fixed", "uncertainty", "gradnorm", "pcgrad", "mmpareto", "ogm_ge"]
    found = {}
    for name in ("one", "two"):
        done = subprocess.run(
            [sys.executable, "-c", TWO_DEVICES, here, str(tmp_path / name), name,
             json.dumps(names)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        found[name] = json.loads(done.stdout.strip().splitlines()[-1])
    for name, one, two in zip(names, found["one"], found["two"], strict=True):
        assert one == pytest.approx(two, rel=2e-3, abs=2e-4), name


def test_hiding_modalities_makes_a_model_that_works_without_one(tmp_path):
    from workbench.insight.evaluate import load_model

    run_spec = make_spec(model={"modality_dropout": 0.4}, epochs=12)
    train(tmp_path, run_spec, prepared())
    model, data = load_model(run_spec, tmp_path), prepared()
    rows = data.rows("test")
    inputs = {m: values[rows] for m, values in data.arrays.items()}
    every, none = np.ones(len(rows), "f4"), np.zeros(len(rows), "f4")
    for hidden in ("image", "text"):
        said = model(
            inputs | {"image_present": every, "text_present": every, f"{hidden}_present": none}
        )["task"]
        right = (np.asarray(said).argmax(axis=1) == data.labels[rows]).mean()
        assert right > 0.6, hidden


def test_no_sample_ever_loses_all_modalities():
    from workbench.layers import ModalityDropout

    hide = ModalityDropout(0.7, seed=1)
    has = {"a": np.ones(2000, "f4"), "b": np.ones(2000, "f4"), "c": np.zeros(2000, "f4")}
    seen = {name: np.asarray(v) for name, v in hide(has, training=True).items()}
    assert (seen["a"] + seen["b"] >= 1).all()
    assert not seen["c"].any()
    # Hidden with chance .7, but not both at once (.49), where both are kept.
    assert seen["a"].mean() == pytest.approx(0.3 + 0.49, abs=0.04)
    assert np.array_equal(hide(has, training=False)["a"], has["a"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"balancer": {"name": "gradnorm"}}, "one term only"),
        ({"balancer": {"name": "pcgrad"}}, "head for each modality"),
        ({"alignments": {"image+smell": {"loss": {"name": "x"}}}}, "no pair of modalities"),
    ],
)
def test_an_objective_that_cannot_be_is_refused_in_words(change, words):
    with pytest.raises(UserError, match=words):
        make_spec(objective=change)


def test_heads_of_one_modality_are_refused():
    with pytest.raises(UserError, match="needs two modalities"):
        make_spec(objective={"heads": True}, model={"encoders": {"text": ENCODERS["text"]}})


def test_figures_of_a_run_with_heads_are_those_of_the_fused_head(tmp_path):
    from workbench.insight.evaluate import evaluate, load_model

    run_spec = make_spec(objective={"heads": True})
    train(tmp_path, run_spec, prepared())
    said = evaluate(run_spec, prepared(), load_model(run_spec, tmp_path), "test", tmp_path)
    found, samples = results.read(tmp_path, "test")
    assert said.metrics["accuracy"] > 0.8
    assert math.isfinite(found.metrics["loss"])
    assert len(samples) == COUNT // 4


def test_scaling_of_numbers_reaches_the_heads_too(tmp_path):
    said = train(tmp_path, make_spec("number", objective={"heads": True}), prepared("number"))
    last = of_kind(said, events.EpochDone)[-1]
    assert set(last.train_terms) == {"task", "image", "text"}
    assert last.validation["mae"] < 1.0


def aligned(name, weight=0.5, **options):
    return {"image+text": {"loss": {"name": name, "options": options}, "weight": weight}}


@pytest.mark.parametrize("part", parts.parts("alignment"), ids=lambda part: part.name)
def test_every_alignment_trains_beside_a_task_loss(tmp_path, part):
    run_spec = make_spec(objective={"alignments": aligned(part.name)}, epochs=2)
    said = train(tmp_path, run_spec, prepared())
    last = of_kind(said, events.EpochDone)[-1]
    assert set(last.train_terms) == {"task", "image+text"}
    assert np.isfinite([*last.train_terms.values(), *last.validation_terms.values()]).all()
    assert of_kind(said, events.StepsDone)[-1].weights["image+text"] == pytest.approx(0.5)


def test_pairs_alone_learn_to_find_each_other(tmp_path):
    from workbench.insight.evaluate import evaluate, load_model

    run_spec = make_spec("none", {"alignments": aligned("infonce", 1.0)}, epochs=30)
    data = prepared("none")
    said = train(tmp_path, run_spec, data)
    first, *_, last = of_kind(said, events.EpochDone)
    assert last.validation["loss"] < first.validation["loss"]
    assert set(last.validation) == {"loss", "matched"}
    told = evaluate(run_spec, data, load_model(run_spec, tmp_path), "test", tmp_path)
    # Eight different pairs among 24: a partner has two or three doubles, which count as nearer.
    assert told.metrics["recall_at_5"] > 0.6 > told.baseline["recall_at_5"] * 2
    found, samples = results.read(tmp_path, "test")
    assert found.task == "none"
    assert (samples.prediction >= 1).all()


def test_a_learned_temperature_is_trained_saved_and_used_in_evaluation(tmp_path):
    from workbench.insight.evaluate import evaluate, load_model

    run_spec = make_spec("none", {"alignments": aligned("infonce", 1.0)})
    train(tmp_path, run_spec, prepared("none"))
    (learned,) = (v for n, v in weights(tmp_path, "best").items() if n.startswith("objective/"))
    assert learned != 0
    model = load_model(run_spec, tmp_path)
    one = evaluate(run_spec, prepared("none"), model, "test", tmp_path).metrics["loss"]
    fixed = spec.change(run_spec, "objective.alignments.image+text.loss.learn", False)
    two = evaluate(fixed, prepared("none"), model, "test", tmp_path).metrics["loss"]
    assert one != pytest.approx(two, rel=1e-6)


def test_pairs_without_anything_to_train_towards_are_refused():
    with pytest.raises(UserError, match="nothing to train towards"):
        make_spec("none")


@pytest.mark.parametrize(
    "part",
    [part for part in parts.parts("loss") if part.tasks & {"category", "ordered", "number"}],
    ids=lambda part: part.name,
)
def test_every_loss_trains_with_its_own_head_and_is_evaluated(tmp_path, part):
    from workbench.insight.evaluate import evaluate, load_model

    task = next(t for t in ("category", "ordered", "number") if t in part.tasks)
    options = {"learn": True} if any(o.name == "learn" for o in part.options) else {}
    loss = {"loss": {"name": part.name, "options": options}, "heads": True}
    run_spec = make_spec(task, loss, epochs=12)
    said = train(tmp_path, run_spec, prepared(task))
    last = of_kind(said, events.EpochDone)[-1]
    assert np.isfinite(last.validation["loss"])
    told = evaluate(run_spec, prepared(task), load_model(run_spec, tmp_path), "test", tmp_path)
    name, better = ("mae", -1) if task == "number" else ("accuracy", 1)
    assert better * told.metrics[name] > better * told.baseline[name]


def test_a_model_that_says_how_sure_it_is_is_told_in_the_unit_of_the_target(tmp_path):
    from workbench.insight.evaluate import evaluate, load_model

    run_spec = make_spec("number", {"loss": {"name": "gaussian_nll"}}, epochs=30)
    data = prepared("number")
    train(tmp_path, run_spec, data)
    evaluate(run_spec, data, load_model(run_spec, tmp_path), "test", tmp_path)
    found, samples = results.read(tmp_path, "test")
    assert found.has_spread
    assert samples.spread.shape == samples.prediction.shape
    # Once it is good, the errors are as large as it says: within a factor of two or so.
    errors = np.abs(samples.prediction - samples.target)
    assert 0.2 < errors.mean() / samples.spread.mean() < 5
    assert samples.spread.mean() < data.labels.std()
