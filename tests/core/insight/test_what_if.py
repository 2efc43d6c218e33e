"""Past epochs judged by other losses: stored answers, no training, independent numbers."""

import numpy as np
import pytest

from workbench import parts, spec
from workbench.errors import UserError
from workbench.insight import what_if as judging
from workbench.insight.what_if import Answers
from workbench.runs import history, store, what_if

SAMPLES, EPOCHS = 40, 3
CLASSES = ("a", "b", "c")


def recipe(task, loss, **options):
    return spec.from_data(
        {
            "data": {"folder": "/data", "target": "y", "task": task},
            "model": {"encoders": {"image": {"name": "image_cnn"}}},
            "objective": {"loss": {"name": loss, "options": options}},
        }
    )


@pytest.fixture
def make(tmp_path, monkeypatch):
    """A run with stored answers; numbers lie around 5 with a spread of 2."""

    def made(task, loss, outputs, target, recorded=None, **options):
        run = store.create(tmp_path, recipe(task, loss, **options))
        wide = outputs.shape[-1]
        told = task in ("category", "ordered", "yes_no")
        about = history.About(
            task=task, classes=CLASSES[: max(wide, 2)] if told else (), outputs=wide,
            train=("t0", "t1", "t2"), train_target=(0.0, 1.0, 1.0),
            validation=tuple(f"s{n}" for n in range(len(target))),
            validation_target=tuple(float(v) for v in target),
        )  # fmt: skip
        history.begin(run.folder, about)
        train = {name: np.zeros(3, np.float32) for name in ("train_loss", "train_metric")}
        if told:
            train |= {"train_margin": np.zeros(3, np.float16), "train_said": np.zeros(3, np.int16)}
        for epoch in range(len(outputs)):
            losses = np.ones(len(target)) if recorded is None else recorded[epoch]
            history.write_epoch(
                run.folder, epoch + 1,
                train | {
                    "validation_loss": np.asarray(losses, np.float32),
                    "validation_metric": np.zeros(len(target), np.float32),
                    "validation_outputs": outputs[epoch].astype(np.float32),
                },
            )  # fmt: skip

        class Inputs:
            scaling = None

        if task == "number":
            from workbench.data.prepared import Scaling

            Inputs.scaling = Scaling(5.0, 2.0)
        monkeypatch.setattr(judging.ModelInputs, "read", lambda folder: Inputs)
        return run

    return made


def logits(wide):
    return np.random.default_rng(3).normal(0, 2, (EPOCHS, SAMPLES, wide)).astype(np.float32)


def labels(classes):
    return np.arange(SAMPLES) % classes


def softmax(values):
    shifted = np.exp(values - values.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def test_cross_entropy_is_recomputed_as_it_is_defined(make):
    outputs, true = logits(3), labels(3)
    found = Answers(make("category", "cross_entropy", outputs, true).folder)
    chance = softmax(outputs.astype(np.float64))[:, np.arange(SAMPLES), true]
    assert found.by("cross_entropy", {}).loss == pytest.approx(-np.log(chance).mean(axis=1))


def test_focal_is_recomputed_with_the_gamma_that_is_asked_for(make):
    outputs, true = logits(3), labels(3)
    found = Answers(make("category", "cross_entropy", outputs, true).folder)
    chance = softmax(outputs.astype(np.float64))[:, np.arange(SAMPLES), true]
    wanted = (-((1 - chance) ** 3) * np.log(chance)).mean(axis=1)
    assert found.by("focal", {"gamma": 3.0}).loss == pytest.approx(wanted, rel=1e-5)


def test_numbers_are_brought_to_the_models_unit(make):
    outputs = logits(1)
    true = 5 + 2 * np.linspace(-1, 1, SAMPLES)
    found = Answers(make("number", "squared_error", outputs, true).folder)
    wanted = np.mean(np.abs(outputs[..., 0] - np.linspace(-1, 1, SAMPLES)), axis=1)
    assert found.by("absolute_error", {}).loss == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("task", ["category", "ordered", "yes_no", "number"])
def test_every_loss_that_is_offered_judges_and_every_other_says_why_not(make, task):
    outputs = logits(1 if task in ("yes_no", "number") else 3)
    true = labels(3 if task in ("category", "ordered") else 2)
    first = next(p for p in parts.parts("loss", task=task) if p.head == "plain")
    run = make(task, first.name, outputs, true)
    found = Answers(run.folder)
    for part, why in what_if.offered(run.spec()):
        if why:
            with pytest.raises(UserError, match=part.title):
                found.by(part.name, {})
        else:
            judged = found.by(part.name, {"learn": False} if part.learns else {})
            assert np.isfinite(judged.loss).all()
            assert judged.loss.shape == (EPOCHS,)


def test_the_share_of_the_worst_is_counted_by_hand(make):
    recorded = np.ones((EPOCHS, SAMPLES))
    recorded[:, :2] = 19.0
    found = Answers(make("category", "cross_entropy", logits(3), labels(3), recorded).folder)
    # 2 of 40 are 5 %: 38 of 38 + 38.
    assert found.by("cross_entropy", {}).recorded_worst == pytest.approx([0.5] * EPOCHS)


def test_many_epochs_are_judged_in_portions_to_the_same_figures(make, monkeypatch):
    found = Answers(make("category", "cross_entropy", logits(3), labels(3)).folder)
    whole = found.by("focal", {}).loss
    monkeypatch.setattr(judging, "_AT_ONCE", 1)
    np.testing.assert_array_equal(found.by("focal", {}).loss, whole)


def test_an_option_out_of_range_is_refused_with_its_limits(make):
    found = Answers(make("category", "cross_entropy", logits(3), labels(3)).folder)
    with pytest.raises(UserError, match="gamma"):
        found.by("focal", {"gamma": 99.0})


def test_a_loss_with_a_head_of_its_own_cannot_be_judged_by_others(make):
    run = make("number", "gaussian_nll", logits(1), labels(2))
    with pytest.raises(UserError, match="head of its own"):
        Answers(run.folder)


def test_a_run_without_history_says_why(tmp_path):
    run = store.create(tmp_path, recipe("category", "cross_entropy"))
    with pytest.raises(UserError, match="before samples were recorded"):
        Answers(run.folder)


def test_epochs_that_were_written_since_are_noticed(make):
    run = make("category", "cross_entropy", logits(3), labels(3))
    found = Answers(run.folder)
    assert not found.is_old
    first = run.folder / "history" / "epoch-0001.npz"
    (run.folder / "history" / "epoch-0004.npz").write_bytes(first.read_bytes())
    assert found.is_old
