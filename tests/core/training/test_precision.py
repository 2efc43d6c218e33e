"""Half precision, the scale of losses, compiled steps and determinism."""

import math

import numpy as np
import pytest

from workbench import events, parts, spec
from workbench.data.index import strings
from workbench.data.prepared import Prepared
from workbench.training.compiling import TRIAL_STEPS, Compiling

pytestmark = pytest.mark.slow


def prepared(modalities, count=96):
    dice = np.random.default_rng(0)
    labels = (np.arange(count) % 3).astype("i8")
    dice.shuffle(labels)
    tokens = dice.integers(2, 10, (count, 6)).astype("i4")
    tokens[:, 0] = labels + 2
    pictures = dice.integers(0, 80, (count, 16, 16, 3)) + 60 * labels[:, None, None, None]
    sounds = dice.normal(0, 0.2, (count, 20, 16)) + labels[:, None, None] / 3
    arrays = {"image": pictures.astype("u1"), "text": tokens, "audio": sounds.astype("f2")}
    return Prepared(
        arrays={modality: arrays[modality] for modality in modalities},
        labels=labels, split=np.repeat(np.asarray([0, 1, 2], "i1"), [48, 24, 24]),
        stems=strings([f"s{n}" for n in range(count)]), task="category", classes=("a", "b", "c"),
        vocabulary=10, scaling=None, left_out={}, tokenizer="", key="k",
    )  # fmt: skip


USUAL = {"image": "image_cnn", "audio": "audio_cnn", "text": "text_average"}


def make_spec(chosen=USUAL, fusion="concat", changes=(), **training):
    made = spec.from_data(
        {
            "data": {"folder": "/data", "target": "label", "task": "category"},
            "model": {
                "encoders": {m: {"name": name} for m, name in chosen.items()},
                "fusion": {"name": fusion},
                # Random numbers of another length are others.
                "head_dropout": 0.0,
            },
            "objective": {"loss": {"name": "cross_entropy"}},
            "training": {"epochs": 3, "batch_size": 16, "learning_rate": 3e-3} | training,
        }
    )
    still = [("model.fusion.dropout", 0.0)] if fusion == "concat" else []
    return spec.change_all(made, [*still, *changes]) if [*still, *changes] else made


def train(folder, run_spec):
    from workbench.training.trainer import Trainer

    said = []
    data = prepared(run_spec.modalities)
    Trainer(run_spec, data, folder, said.append, lambda: None).train()
    return said, data


def losses(said):
    return [loss for e in said if isinstance(e, events.StepsDone) for loss in e.losses]


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_learns_what_whole_precision_learns(tmp_path, precision):
    whole, _ = train(tmp_path / "whole", make_spec())
    half, data = train(tmp_path / "half", make_spec(precision=precision))
    assert losses(half) == pytest.approx(losses(whole), abs=0.1)
    assert losses(half) != losses(whole)
    from workbench.insight.evaluate import evaluate, load_model

    run_spec = make_spec(precision=precision)
    model = load_model(run_spec, tmp_path / "half")
    found = evaluate(run_spec, data, model, "validation", tmp_path / "half")
    told = [e for e in half if isinstance(e, events.EpochDone) and e.best][-1]
    assert found.metrics["loss"] == pytest.approx(told.validation["loss"], rel=1e-2)


def test_variables_stay_float32_and_the_policy_is_put_back():
    import keras

    from workbench.training.model import build

    shapes = {"image": (16, 16, 3), "audio": (20, 16), "text": (6,)}
    built = build(make_spec(precision="bfloat16"), shapes, 3, 10)
    assert {v.dtype for v in built.model.trainable_variables} == {"float32"}
    assert built.model.output["task"].dtype == "float32"
    assert built.model.output["embedding_image"].dtype == "bfloat16"
    assert keras.config.dtype_policy().name == "float32"


FREE = {
    part.name
    for part in parts.parts("encoder")
    if part.name not in ("image_pretrained", "audio_wave", "text_sentence")
}


@pytest.mark.parametrize("name", sorted(FREE))
def test_every_encoder_takes_a_step_in_half_precision(tmp_path, name):
    modality = name.split("_")[0]
    run_spec = make_spec({modality: name}, precision="float16", epochs=1)
    said, _ = train(tmp_path, run_spec)
    assert all(math.isfinite(loss) for loss in losses(said))


@pytest.mark.parametrize("name", [part.name for part in parts.parts("fusion", task="category")])
def test_every_fusion_takes_a_step_in_half_precision(tmp_path, name):
    said, _ = train(tmp_path, make_spec(fusion=name, precision="float16", epochs=1))
    assert all(math.isfinite(loss) for loss in losses(said))


@pytest.mark.parametrize("balancer", ["uncertainty", "gradnorm", "pcgrad", "ogm_ge"])
def test_balancers_work_on_scaled_losses_as_on_plain_ones(tmp_path, monkeypatch, balancer):
    from workbench.layers import loss_scale

    # An overflow would skip a step, after which both lie apart.
    monkeypatch.setattr(loss_scale, "START", 2.0**8)
    changes = [("objective.heads", True), ("objective.balancer.name", balancer)]
    if balancer != "ogm_ge":
        changes.append(("objective.alignments.image+text.loss", "infonce"))
    said, _ = train(tmp_path / "half", make_spec(changes=changes, precision="float16", epochs=1))
    whole, _ = train(tmp_path / "whole", make_spec(changes=changes, epochs=1))
    assert losses(said) == pytest.approx(losses(whole), abs=0.1)
    mine, theirs = (
        [e.gradients for e in told if isinstance(e, events.StepsDone)] for told in (said, whole)
    )
    assert mine[0] == pytest.approx(theirs[0], rel=0.1)


def test_the_scale_halves_at_an_overflow_and_doubles_after_many_good_steps():
    from workbench.layers import loss_scale

    scale = loss_scale.LossScale()
    scale.hear(np.asarray(False))
    assert float(scale.scale) == loss_scale.START / 2
    for _ in range(loss_scale.PATIENCE):
        scale.hear(np.asarray(True))
    assert float(scale.scale) == loss_scale.START
    for _ in range(60):
        scale.hear(np.asarray(False))
    assert float(scale.scale) == 1.0
    assert bool(scale.at_end)


def test_an_overflow_in_half_precision_skips_a_step_and_does_not_end_the_run(tmp_path, monkeypatch):
    from workbench.layers import loss_scale

    monkeypatch.setattr(loss_scale, "START", 2.0**24)
    said, _ = train(tmp_path, make_spec(precision="float16", epochs=4))
    assert all(math.isfinite(loss) for loss in losses(said))
    assert min(losses(said)[-3:]) < losses(said)[0]
    last = max((tmp_path / "checkpoints").glob("step-*.npz"))
    with np.load(last) as arrays:
        (name,) = [n for n in arrays.files if n.startswith("loss_scale") and n.endswith("scale")]
        assert arrays[name] < 2.0**24


def test_compiled_steps_learn_what_plain_ones_learn(tmp_path):
    plain, _ = train(tmp_path / "plain", make_spec(epochs=1))
    compiled, _ = train(tmp_path / "compiled", make_spec(epochs=1, compiled="on"))
    assert losses(compiled) == pytest.approx(losses(plain), rel=1e-3)
    assert "compile" in [e.stage for e in compiled if isinstance(e, events.Preparing)]


def trial(plain, compiled, can=True, choice="auto"):
    """Feed steps of these durations; says which way was chosen, and how often it changed."""
    trying, switched = Compiling(choice, can), 0
    for _ in range(6 * TRIAL_STEPS):
        switched += trying.hear(compiled if trying.now else plain, 1)
    return trying.now, switched


def test_the_faster_way_is_kept_after_a_trial_of_both():
    assert trial(plain=0.01, compiled=0.005) == (True, 1)
    assert trial(plain=0.01, compiled=0.02) == (False, 2)


def test_nothing_is_tried_where_it_cannot_be_or_was_chosen():
    assert trial(0.01, 0.005, can=False) == (False, 0)
    assert trial(0.01, 0.02, choice="on") == (True, 0)
    assert trial(0.01, 0.005, choice="off") == (False, 0)
    assert Compiling("auto", True, settled=True).now


def test_a_deterministic_run_asks_tensorflow_for_it(tmp_path, determinism_ends):
    from tensorflow.python.framework import config

    said, _ = train(tmp_path / "one", make_spec(epochs=1, deterministic=True))
    assert config.is_op_determinism_enabled()
    again, _ = train(tmp_path / "two", make_spec(epochs=1))
    assert losses(again) == losses(said)
