"""Every kind of target, samples that lack a modality, and variation, through a whole training."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from workbench import events, spec
from workbench.data import augment
from workbench.data.index import strings
from workbench.data.prepared import Prepared, Scaling
from workbench.errors import UserError
from workbench.runs import results
from workbench.spec import Augmentation

pytestmark = pytest.mark.slow
COUNT = 96
LOSSES = {
    "category": "cross_entropy",
    "ordered": "cross_entropy",
    "yes_no": "binary_cross_entropy",
    "labels": "binary_cross_entropy",
    "number": "huber",
    "numbers": "squared_error",
}
CLASSES = {
    "category": ("a", "b", "c"),
    "ordered": ("low", "middle", "high"),
    "yes_no": ("no", "yes"),
    "labels": ("p", "q", "r", "s"),
}
EVERYTHING = {
    "image": {"flip": "both", "crop": 0.2, "rotate": 20.0, "brightness": 0.2, "cutout": 0.3},
    "audio": {"gain": 6.0, "noise": -30.0, "shift": 0.1, "masks": 1},
    "text": {"drop": 0.2},
}


def labels_of(task, first):
    """What each task asks about the token of a text, 2..9."""
    match task:
        case "category" | "ordered":
            return first % 3
        case "yes_no":
            return first % 2
        case "labels":
            return np.stack([first % 2, first % 3 == 0, first > 5, first == 9], axis=1)
        case "number":
            return first / 2.0
    return np.stack([first / 2.0, 100.0 - 10.0 * first], axis=1)


def prepared(task="category", masks=()):
    """Texts, pictures and sounds that all say the same; those in ``masks`` are missing at times."""
    dice = np.random.default_rng(0)
    first = dice.integers(2, 10, COUNT)
    tokens = np.repeat(first[:, None], 4, axis=1).astype("i4")
    arrays = {
        "text": tokens,
        "image": np.broadcast_to(first[:, None, None, None] * 25, (COUNT, 12, 12, 3)).astype("u1"),
        "audio": np.broadcast_to(first[:, None, None] / 10, (COUNT, 20, 8)).astype("f2"),
    }
    kept = {}
    for number, modality in enumerate(masks):
        kept[modality] = np.arange(COUNT) % 3 != number
        arrays[modality] = np.where(
            kept[modality].reshape(-1, *[1] * (arrays[modality].ndim - 1)), arrays[modality], 0
        ).astype(arrays[modality].dtype)
    split = np.repeat(np.asarray([0, 1, 2], "i1"), [COUNT // 2, COUNT // 4, COUNT // 4])
    labels = labels_of(task, first)
    numbers = task in ("number", "numbers")
    return Prepared(
        arrays=arrays,
        labels=labels if numbers else labels.astype("i1" if task == "labels" else "i8"),
        split=split,
        stems=strings([f"s{n}" for n in range(COUNT)]),
        task=task,
        classes=CLASSES.get(task, ()),
        vocabulary=10,
        scaling=Scaling.of(labels[split == 0]) if numbers else None,
        left_out={},
        tokenizer="",
        key="k",
        masks=kept,
        columns=("x", "y") if task == "numbers" else (),
    )


def make_spec(task="category", fusion="concat", **training):
    return spec.from_data(
        {
            "data": {"folder": "/data", "target": "label", "task": task},
            "model": {
                "encoders": {
                    "text": {"name": "text_average", "options": {"size": 16}},
                    "image": {"name": "image_cnn", "options": {"width": 4, "depth": 1, "size": 8}},
                    "audio": {"name": "audio_cnn", "options": {"width": 4, "depth": 1, "size": 8}},
                },
                "fusion": {"name": fusion, "options": {"size": 16}},
            },
            "objective": {"loss": {"name": LOSSES[task]}},
            "training": {"epochs": 8, "batch_size": 10, "learning_rate": 0.02} | training,
        }
    )


def train(folder, run_spec, data):
    from workbench.training.trainer import Trainer

    said = []
    Trainer(run_spec, data, folder, said.append, lambda: None).train()
    return [event for event in said if isinstance(event, events.EpochDone)]


def evaluate(folder, run_spec, data):
    from workbench.insight.evaluate import evaluate, load_model

    evaluate(run_spec, data, load_model(run_spec, folder), "test", folder)
    return results.read(folder, "test")


def weights(folder):
    last = max((folder / "checkpoints").glob("step-*.npz"))
    with np.load(last, allow_pickle=False) as arrays:
        return {n: arrays[n] for n in arrays.files if n not in ("state", "sha256")}


def alike(one, other):
    assert one.keys() == other.keys()
    return all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("masks", [(), ("image", "audio")], ids=["whole", "incomplete"])
@pytest.mark.parametrize("task", LOSSES)
def test_every_kind_of_target_is_learned_and_beats_guessing(tmp_path, task, masks):
    data, run_spec = prepared(task, masks), make_spec(task, epochs=15)
    epochs = train(tmp_path, run_spec, data)
    assert epochs[-1].train["loss"] < 0.7 * epochs[0].train["loss"]
    found, samples = evaluate(tmp_path, run_spec, data)
    name = "accuracy" if data.classes else "mae"
    gain = found.metrics[name] - found.baseline[name]
    assert gain > 0.1 if data.classes else gain < 0
    best = min(epochs, key=lambda epoch: epoch.validation["loss"])
    assert set(best.validation) == {"loss", name}
    assert len(samples) == COUNT // 4
    assert np.array_equal(samples.target, data.labels[data.rows("test")])


@pytest.mark.parametrize("task", ["numbers", "labels", "ordered"])
def test_the_metric_of_an_epoch_is_that_of_the_evaluation(tmp_path, task):
    from workbench.insight.evaluate import evaluate, load_model

    data, run_spec = prepared(task, ("audio",)), make_spec(task, epochs=1)
    (epoch,) = train(tmp_path, run_spec, data)
    model = load_model(run_spec, tmp_path)
    said = evaluate(run_spec, data, model, "validation", tmp_path)
    for name, value in epoch.validation.items():
        assert said.metrics[name] == pytest.approx(value, rel=1e-4)


def test_two_runs_of_one_seed_with_variation_give_the_same_weights_to_the_bit(tmp_path):
    data = prepared(masks=("image",))
    run_spec = make_spec(epochs=3, augmentation=EVERYTHING)
    for name in ("one", "two"):
        train(tmp_path / name, run_spec, data)
    train(tmp_path / "plain", make_spec(epochs=3), data)
    one = weights(tmp_path / "one")
    assert alike(one, weights(tmp_path / "two"))
    assert not alike(one, weights(tmp_path / "plain"))


def gathered(data, first, last, augmentation, replicas=1, size=10):
    from workbench.data import batches

    order = batches.Order(data.rows("train"), size, seed=4, replicas=replicas)
    dataset = batches.training(data, order, first, last, augmentation)
    return order, [[{n: np.asarray(v) for n, v in e[0].items()}, *e[1:3]] for e in dataset]


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_sample_is_varied_by_its_epoch_and_row_whoever_reads_it_and_where(replicas):
    data = prepared(masks=("image", "audio"))
    options = Augmentation.model_validate(EVERYTHING)
    order, found = gathered(data, 0, 10, options, replicas)
    gather = order.gather()
    for number, (inputs, _, _) in enumerate(found):
        rows, _ = gather(number)
        epoch = number // replicas // order.steps
        for modality, values in data.arrays.items():
            mask = data.masks.get(modality)
            for place, row in enumerate(rows.tolist()):
                wanted = values[row]
                if mask is None or mask[row]:
                    dice = augment.dice(4, epoch, row, modality)
                    wanted = augment.vary(modality, wanted, options, dice)
                assert np.array_equal(inputs[modality][place], wanted)


def test_batches_read_from_the_middle_of_a_run_are_those_of_the_whole_run():
    data, options = prepared(), Augmentation.model_validate(EVERYTHING)
    _, whole = gathered(data, 0, 15, options)
    _, rest = gathered(data, 7, 15, options)
    for one, other in zip(whole[7:], rest, strict=True):
        assert all(np.array_equal(one[0][name], other[0][name]) for name in one[0])


def test_samples_that_are_evaluated_are_not_varied():
    from workbench.data import batches

    data = prepared()
    rows = data.rows("train")
    (element,) = batches.sequential(data, rows, len(rows))
    for modality, values in data.arrays.items():
        assert np.array_equal(np.asarray(element[0][modality]), values[rows])


def test_a_batch_says_which_samples_lack_what_and_only_of_modalities_that_some_lack():
    data = prepared(masks=("audio",))
    order, found = gathered(data, 0, 5, None)
    gather = order.gather()
    for number, (inputs, _, _) in enumerate(found):
        assert set(inputs) == {"audio", "audio_present", "image", "text"}
        rows, _ = gather(number)
        assert inputs["audio_present"].dtype == np.float32
        assert inputs["audio_present"].tolist() == data.masks["audio"][rows].tolist()


def model_of(data, fusion="concat"):
    import keras

    from workbench.training.inputs import ModelInputs
    from workbench.training.model import build

    keras.backend.clear_session()  # numbers in names start anew
    keras.utils.set_random_seed(1)
    run_spec = make_spec(fusion=fusion)
    made = ModelInputs.of(data, run_spec)
    return build(run_spec, made.shapes, made.outputs, made.vocabulary, made.incomplete).model


def given(data, rows):
    inputs = {modality: values[rows] for modality, values in data.arrays.items()}
    return inputs | {f"{m}_present": mask[rows].astype("f4") for m, mask in data.masks.items()}


@pytest.mark.parametrize("fusion", ["concat", "average", "gated"])
def test_what_stands_in_the_place_of_a_missing_modality_changes_nothing(fusion):
    data = prepared(masks=("image", "audio"))
    model = model_of(data, fusion)
    model.get_layer("absent_image").embedding.assign(np.linspace(-1, 1, 8))
    rows = np.arange(12)
    inputs = given(data, rows)
    lacks = ~data.masks["image"][rows]
    assert lacks.any()
    noisy = inputs | {"image": inputs["image"].copy()}
    noisy["image"][lacks] = 200
    assert np.array_equal(model(inputs)["task"], model(noisy)["task"])
    noisy["image"][~lacks] = 7
    changed = np.any(np.asarray(model(inputs)["task"] != model(noisy)["task"]), axis=1)
    assert np.array_equal(changed, ~lacks)


def test_without_masks_the_model_is_the_one_before_there_were_any():
    whole, incomplete = model_of(prepared()), model_of(prepared(masks=("text",)))
    assert {tensor.name for tensor in whole.inputs} == {"audio", "image", "text"}
    assert not any("absent" in layer.name for layer in whole.layers)
    one = {v.path: np.asarray(v) for v in whole.trainable_variables}
    two = {v.path: np.asarray(v) for v in incomplete.trainable_variables}
    assert two.keys() - one.keys() == {"absent_text/embedding"}
    assert all(np.array_equal(one[path], two[path]) for path in one)


@pytest.mark.parametrize(("fusion", "learns"), [("concat", True), ("average", False)])
def test_the_stand_in_is_learned_where_the_fusion_looks_at_it(tmp_path, fusion, learns):
    train(tmp_path, make_spec(fusion=fusion), prepared(masks=("image",)))
    (learned,) = (v for n, v in weights(tmp_path).items() if "absent_image" in n and "model/" in n)
    assert np.any(learned != 0) == learns
    assert np.isfinite(learned).all()


def test_a_run_remembers_which_modalities_were_incomplete(tmp_path):
    data, run_spec = prepared(masks=("audio",)), make_spec(epochs=1)
    train(tmp_path, run_spec, data)
    kept = json.loads((tmp_path / "model" / "inputs.json").read_text(encoding="utf-8"))
    assert kept["incomplete"] == ["audio"]
    # The missing files have been added since: the model is told that nothing is missing.
    whole, samples = evaluate(tmp_path, run_spec, prepared())
    assert len(samples) == COUNT // 4
    assert math.isfinite(whole.metrics["loss"])
    with pytest.raises(UserError, match="no image or no text now"):
        evaluate(tmp_path, run_spec, prepared(masks=("audio", "image", "text")))


def test_inputs_written_before_there_were_masks_or_columns_are_read(tmp_path):
    from workbench.training.inputs import ModelInputs

    made = ModelInputs.of(prepared("number"), make_spec("number"))
    made.write(tmp_path)
    file = tmp_path / "model" / "inputs.json"
    old = json.loads(file.read_text(encoding="utf-8"))
    del old["incomplete"], old["columns"]
    file.write_text(json.dumps(old), encoding="utf-8")
    assert ModelInputs.read(tmp_path) == made


@pytest.mark.parametrize("task", LOSSES)
def test_inputs_come_back_as_they_were_written(tmp_path, task):
    from workbench.training.inputs import ModelInputs

    data = prepared(task, ("image",))
    made = ModelInputs.of(data, make_spec(task))
    made.write(tmp_path)
    again = ModelInputs.read(tmp_path)
    assert again == made
    assert again.outputs == data.outputs
    assert again.scaling == data.scaling


def test_each_of_several_numbers_is_scaled_by_itself():
    values = np.stack([np.arange(9.0), 1000.0 - 100 * np.arange(9.0)], axis=1)
    both = Scaling.of(values)
    assert both.center == (4.0, 600.0)
    assert both.spread == pytest.approx((4 / 1.349, 400 / 1.349))
    assert both.to_unit(both.to_model(values)) == pytest.approx(values, rel=1e-5, abs=1e-5)
    for place in range(2):
        alone = Scaling.of(values[:, place])
        assert (alone.center, alone.spread) == (both.center[place], both.spread[place])
        assert np.array_equal(alone.to_model(values[:, place]), both.to_model(values)[:, place])


def test_data_without_a_target_are_refused_with_what_to_do():
    data = make_spec().model_dump(mode="json")
    data["data"] |= {"task": "none", "target": ""}
    with pytest.raises(UserError, match=r"no target.*Choose a column"):
        spec.from_data(data)


TWO_DEVICES = """
import json, sys
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import test_tasks_and_masks as t
from workbench import spec
from workbench.training import devices
if sys.argv[3] == "two":
    devices.strategy = lambda: tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
run_spec = t.make_spec("labels", epochs=2, augmentation=t.EVERYTHING)
# Nothing that depends on who shares a batch, or that each device draws for itself.
for place, value in {
    "training.optimizer.name": "sgd", "model.fusion.dropout": 0.0, "model.head_dropout": 0.0,
    "model.encoders.image.norm": "group", "model.encoders.audio.norm": "group",
}.items():
    run_spec = spec.change(run_spec, place, value)
epochs = t.train(Path(sys.argv[2]), run_spec, t.prepared("labels", ("image", "text")))
print(json.dumps([epoch.validation["loss"] for epoch in epochs]))
"""


def test_two_devices_learn_from_varied_and_incomplete_samples_what_one_learns(tmp_path):
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
