"""Evaluation against figures worked by hand, with a model whose every output is known."""

import math
from dataclasses import replace

import numpy as np
import pytest

from workbench import spec
from workbench.data.index import strings
from workbench.data.prepared import Prepared, Scaling
from workbench.errors import UserError
from workbench.runs import results

pytestmark = pytest.mark.slow

TRAIN = 5
"""Rows 0..4 train, row 5 validates, the others test."""


def prepared(task, labels, classes=(), scaling=None, columns=()):
    """Texts of one token, by which ``Says`` knows the row."""
    count = len(labels)
    split = np.full(count, 2, "i1")
    split[:TRAIN], split[TRAIN] = 0, 1
    return Prepared(
        arrays={"text": np.arange(count, dtype="i4")[:, None]},
        labels=np.asarray(labels),
        split=split,
        stems=strings([f"s{n}" for n in range(count)]),
        task=task,
        classes=classes,
        vocabulary=count,
        scaling=scaling,
        left_out={},
        tokenizer="",
        key="k",
        columns=columns,
    )


class Says:
    """A model that gives fixed outputs for the test rows, float [test rows, outputs]."""

    def __init__(self, outputs):
        self.outputs = np.asarray(outputs, "f4")

    def __call__(self, inputs, training):
        assert not training
        return {"task": self.outputs[np.asarray(inputs["text"])[:, 0] - TRAIN - 1]}


def make_spec(task, loss):
    return spec.from_data(
        {
            "data": {"folder": "/data", "target": "size", "task": task},
            "model": {"encoders": {"text": {"name": "text_average"}}},
            "objective": {"loss": {"name": loss}},
        }
    )


def evaluate(folder, run_spec, data, outputs, trained_on=None):
    from workbench.insight.evaluate import evaluate
    from workbench.training.inputs import ModelInputs

    ModelInputs.of(trained_on or data, run_spec).write(folder)
    said = evaluate(run_spec, data, Says(outputs), "test", folder)
    return said, *results.read(folder, "test")


@pytest.mark.parametrize("task", ["category", "number"])
def test_answers_that_are_no_numbers_are_refused_and_not_taken_for_a_class(tmp_path, task):
    if task == "category":
        data = prepared("category", [0, 1, 0, 1, 0, 1, 0, 1], ("a", "b"))
        run_spec, outputs = make_spec("category", "cross_entropy"), [[math.nan, 1.0], [0.0, 1.0]]
    else:
        data = prepared("number", np.arange(8.0), scaling=Scaling((2.0,), (1.0,)))
        run_spec, outputs = make_spec("number", "huber"), [[math.inf], [0.0]]
    with pytest.raises(UserError, match="no numbers for 1 of 2 test samples"):
        evaluate(tmp_path, run_spec, data, outputs)
    assert not (tmp_path / "evaluation").exists()


def test_a_split_without_samples_is_refused(tmp_path):
    data = prepared("category", [0, 1, 0, 1, 0, 1], ("a", "b"))
    with pytest.raises(UserError, match="No sample is in the test split"):
        evaluate(tmp_path, make_spec("category", "cross_entropy"), data, np.zeros((0, 2)))


def test_guessing_ranks_classes_that_are_alike_in_training_instead_of_naming_all(tmp_path):
    # Train: a b c d e, each once. Guessing then names a, b and c as its three.
    data = prepared("category", [0, 1, 2, 3, 4, 0, *range(7)], tuple("abcdefg"))
    # Of g and f a model names the true one first, of all others last.
    outputs = np.where(np.eye(7, dtype=bool), [[-1.0]] * 5 + [[1.0]] * 2, 0.0)
    said, _, _ = evaluate(tmp_path, make_spec("category", "cross_entropy"), data, outputs)
    assert said.metrics["top_3"] == pytest.approx(2 / 7)
    assert said.baseline["top_3"] == pytest.approx(3 / 7)


def test_figures_of_categories_are_those_worked_by_hand(tmp_path):
    # Train: b most often. Test: true a a b c; said a b b b.
    data = prepared("category", [1, 1, 1, 0, 2, 0, 0, 0, 1, 2], ("a", "b", "c"))
    outputs = np.log([[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.2, 0.7, 0.1], [0.1, 0.5, 0.4]])
    said, found, samples = evaluate(tmp_path, make_spec("category", "cross_entropy"), data, outputs)
    assert found.confusion == ((1, 1, 0), (0, 1, 0), (0, 1, 0))
    loss = -(math.log(0.8) + math.log(0.3) + math.log(0.7) + math.log(0.4)) / 4
    # a: precision 1, recall 1/2, f1 2/3; b: 1/3, 1, 1/2; c: never said, 0.
    assert said.metrics == pytest.approx(
        {
            "loss": loss,
            "accuracy": 2 / 4,
            "macro_f1": (2 / 3 + 1 / 2 + 0) / 3,
            "balanced_accuracy": (1 / 2 + 1 + 0) / 3,
            "weighted_f1": (2 * 2 / 3 + 1 / 2 + 0) / 4,
            # Gorodkin 2004: 2 right of 4; a, b, c are true 2, 1, 1 times and said 1, 3, 0 times.
            "mcc": (2 * 4 - (2 * 1 + 1 * 3)) / math.sqrt((16 - 1 - 9) * (16 - 4 - 1 - 1)),
            "log_loss": loss,
        },
        rel=1e-6,
    )
    # Guessing b: one of four right; its precision is 1/4 and its recall 1. Trained on 1, 3 and 1.
    surprise = -(2 * math.log(2 / 8) + math.log(4 / 8) + math.log(2 / 8)) / 4
    assert said.baseline == pytest.approx(
        {
            "accuracy": 1 / 4,
            "macro_f1": 0.4 / 3,
            "balanced_accuracy": 1 / 3,
            "weighted_f1": 0.4 / 4,
            "mcc": 0.0,
            "log_loss": surprise,
        }
    )
    rows = [(row.precision, row.recall, row.f1, row.support) for row in found.per_class]
    assert rows == [
        pytest.approx((1, 1 / 2, 2 / 3, 2)),
        pytest.approx((1 / 3, 1, 1 / 2, 1)),
        pytest.approx((0, 0, 0, 1)),
    ]
    assert samples.stem.tolist() == ["s6", "s7", "s8", "s9"]
    assert samples.prediction.tolist() == [0, 1, 1, 1]
    assert samples.confidence == pytest.approx([0.8, 0.6, 0.7, 0.5])
    assert samples.true_probability == pytest.approx([0.8, 0.3, 0.7, 0.4])


def test_a_yes_is_a_score_above_zero(tmp_path):
    data = prepared("yes_no", [0, 0, 0, 1, 1, 0, 1, 1, 0], ("no", "yes"))
    said, found, samples = evaluate(
        tmp_path, make_spec("yes_no", "binary_cross_entropy"), data, [[3.0], [-1.0], [0.5]]
    )
    assert found.confusion == ((0, 1), (1, 1))
    sure = [1 / (1 + math.exp(-score)) for score in (3.0, -1.0, 0.5)]
    assert samples.confidence == pytest.approx([sure[0], 1 - sure[1], sure[2]])
    assert samples.true_probability == pytest.approx([sure[0], sure[1], 1 - sure[2]])
    assert said.metrics["accuracy"] == pytest.approx(1 / 3)
    assert said.baseline["accuracy"] == pytest.approx(1 / 3)  # "no" is right once


def test_figures_of_numbers_are_in_the_unit_of_the_target(tmp_path):
    data = prepared("number", [10.0, 20, 30, 40, 900, 0, 10, 20, 30], scaling=Scaling(20.0, 10.0))
    # Said in the unit: 12, 20, 26.
    said, _, samples = evaluate(
        tmp_path, make_spec("number", "absolute_error"), data, [[-0.8], [0.0], [0.6]]
    )
    assert samples.prediction == pytest.approx([12, 20, 26], rel=1e-6)
    assert said.metrics == pytest.approx(
        {
            "loss": (0.2 + 0 + 0.4) / 3,
            "mae": (2 + 0 + 4) / 3,
            "rmse": math.sqrt((4 + 0 + 16) / 3),
            "r2": 1 - (4 + 0 + 16) / 200,
            "median_error": 2.0,
        },
        rel=1e-5,
    )
    # The median of train is 30; one mistyped 900 does not move it.
    assert said.baseline == pytest.approx(
        {
            "mae": (20 + 10 + 0) / 3,
            "rmse": math.sqrt(500 / 3),
            "r2": 1 - 500 / 200,
            "median_error": 10.0,
        }
    )


def test_figures_of_ordered_categories_count_the_steps(tmp_path):
    # Train: low most often, middle in the middle. Test: true 0 2 1 2; said 0 1 1 0.
    data = prepared("ordered", [0, 0, 1, 2, 1, 0, 0, 2, 1, 2], ("low", "middle", "high"))
    outputs = [[3, 1, 0], [0, 2, 1], [0, 2, 1], [4, 1, 0]]
    said, found, samples = evaluate(tmp_path, make_spec("ordered", "cross_entropy"), data, outputs)
    assert found.confusion == ((1, 0, 0), (0, 1, 0), (1, 1, 0))
    assert samples.prediction.tolist() == [0, 1, 1, 0]
    # Squares of the steps: seen 0 1 0 4; by chance true (1 1 2)/4 against said (2 2 0)/4:
    # 4 * (1*0 + 1*1 + 1*1 + 1*0 + 2*4 + 2*1) * 2 / 16 = 6. Kappa: 1 - 5 / 6.
    assert said.metrics["quadratic_kappa"] == pytest.approx(1 - 5 / 6)
    assert said.metrics["accuracy"] == pytest.approx(2 / 4)
    assert said.metrics["mae_steps"] == pytest.approx((0 + 1 + 0 + 2) / 4)
    # low: 1/2 1 2/3; middle: 1/2 1 2/3; high: never said.
    assert said.metrics["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    # Guessing: low is right once; of steps "middle" has the fewest.
    assert said.baseline["accuracy"] == pytest.approx(1 / 4)
    assert said.baseline["mae_steps"] == pytest.approx((1 + 1 + 0 + 1) / 4)
    assert said.baseline["quadratic_kappa"] == pytest.approx(0.0)


def test_a_kappa_that_is_not_defined_is_left_out(tmp_path):
    data = prepared("ordered", [0, 1, 1, 1, 1, 0, 1, 1], ("low", "high"))
    said, _, _ = evaluate(
        tmp_path, make_spec("ordered", "cross_entropy"), data, [[0, 1], [0, 1]]
    )  # fmt: skip
    assert "quadratic_kappa" not in said.metrics | said.baseline
    assert said.metrics["accuracy"] == 1.0


def test_a_class_that_is_skipped_is_a_step_all_the_same(tmp_path):
    data = prepared("ordered", [0, 1, 2, 1, 1, 0, 0, 2, 0], ("low", "middle", "high"))
    outputs = [[1, 0, 0], [0, 0, 1], [0, 0, 1]]
    said, _, _ = evaluate(tmp_path, make_spec("ordered", "cross_entropy"), data, outputs)
    assert said.metrics["mae_steps"] == pytest.approx(2 / 3)
    # Seen 0 0 4; by chance 3 * (2/3 * 2/3 + 1/3 * 1/3) * 4 = 20/3.
    assert said.metrics["quadratic_kappa"] == pytest.approx(1 - 4 / (20 / 3))


SETS = [[1, 0, 0], [1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]]
"""Of training and validation: a alone is most frequent."""


def test_figures_of_several_categories_are_those_worked_by_hand(tmp_path):
    # True a, ab, nothing; said a, a, c.
    data = prepared("labels", [*SETS, [1, 0, 0], [1, 1, 0], [0, 0, 0]], ("a", "b", "c"))
    outputs = [[2.0, -1.0, -3.0], [1.0, -2.0, -1.0], [-1.0, -1.0, 0.5]]
    run_spec = make_spec("labels", "binary_cross_entropy")
    said, found, samples = evaluate(tmp_path, run_spec, data, outputs)
    assert found.confusion == ()
    assert samples.target.tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert samples.prediction.tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 1]]
    assert said.metrics["accuracy"] == pytest.approx(1 / 3)
    # Two of three said are right, two of three true ones are found.
    assert said.metrics["micro_f1"] == pytest.approx(2 / 3)
    # a: 1; b: 0; c does not occur.
    assert said.metrics["macro_f1"] == pytest.approx(1 / 2)
    rows = [(row.name, row.precision, row.recall, row.f1, row.support) for row in found.per_class]
    assert rows == [("a", 1, 1, 1, 2), ("b", 0, 0, 0, 1), ("c", 0, 0, 0, 0)]
    chances = 1 / (1 + np.exp(-np.asarray(outputs)))
    whole = [
        np.prod(np.where(s, c, 1 - c)) for s, c in zip(samples.prediction, chances, strict=True)
    ]
    assert samples.confidence == pytest.approx(whole)
    whole = [np.prod(np.where(t, c, 1 - c)) for t, c in zip(samples.target, chances, strict=True)]
    assert samples.true_probability == pytest.approx(whole)
    assert said.metrics["loss"] == pytest.approx(-np.log(whole).mean() / 3)
    # Guessing a: right once; 2 of 3 said are right, 2 of 3 true ones are found; of a all are found.
    assert said.baseline == pytest.approx({"accuracy": 1 / 3, "micro_f1": 2 / 3, "macro_f1": 0.4})


def test_several_categories_may_be_one_and_may_never_apply(tmp_path):
    data = prepared("labels", [[1], [1], [0], [1], [0], [1], [0], [0]], ("a",))
    run_spec = make_spec("labels", "binary_cross_entropy")
    said, found, _ = evaluate(tmp_path, run_spec, data, [[1.0], [-1.0]])
    assert said.metrics["accuracy"] == pytest.approx(1 / 2)
    assert said.metrics["micro_f1"] == 0.0
    assert "macro_f1" not in said.metrics
    assert found.per_class[0].support == 0


def test_figures_of_several_numbers_are_those_of_each_and_their_mean(tmp_path):
    train = [[10.0, 1], [20, 2], [30, 3], [40, 4], [900, 5], [0, 0]]
    data = prepared(
        "numbers", [*train, [10, 1], [20, 3], [30, 5]], scaling=Scaling((20.0, 3.0), (10.0, 2.0)),
        columns=("weight", "height"),
    )  # fmt: skip
    # Said in the unit: 12, 20, 26 and 1, 3, 6.
    outputs = [[-0.8, -1.0], [0.0, 0.0], [0.6, 1.5]]
    run_spec = make_spec("numbers", "absolute_error")
    said, found, samples = evaluate(tmp_path, run_spec, data, outputs)
    assert samples.prediction == pytest.approx(np.asarray([[12, 1], [20, 3], [26, 6]]), rel=1e-6)
    weight, height = found.per_column
    assert (weight.name, height.name) == ("weight", "height")
    assert (weight.mae, weight.r2) == pytest.approx((2, 1 - 20 / 200), rel=1e-5)
    assert (height.mae, height.r2) == pytest.approx((1 / 3, 1 - 1 / 8), rel=1e-5)
    assert weight.rmse == pytest.approx(math.sqrt(20 / 3), rel=1e-5)
    # The medians of train are 30 and 3.
    assert weight.baseline_mae == pytest.approx((20 + 10 + 0) / 3)
    assert height.baseline_mae == pytest.approx((2 + 0 + 2) / 3)
    assert said.metrics["mae"] == pytest.approx((weight.mae + height.mae) / 2)
    assert said.metrics["rmse"] == pytest.approx((weight.rmse + height.rmse) / 2)
    assert said.metrics["r2"] == pytest.approx((weight.r2 + height.r2) / 2)
    assert said.baseline["mae"] == pytest.approx((10 + 4 / 3) / 2)
    assert said.metrics["loss"] == pytest.approx(((0.2 + 0.4) / 3 + 0.5 / 3) / 2, rel=1e-5)


def test_one_sample_of_several_numbers_has_no_explained_variance(tmp_path):
    labels = np.arange(14.0).reshape(7, 2)
    scaling = Scaling((0.0, 0.0), (1.0, 1.0))
    data = prepared("numbers", labels, scaling=scaling, columns=("x", "y"))
    said, found, _ = evaluate(tmp_path, make_spec("numbers", "huber"), data, [[12.0, 14.0]])
    assert "r2" not in said.metrics
    assert math.isnan(found.per_column[0].r2)
    assert found.per_column[1].mae == pytest.approx(1.0)


def test_numbers_are_read_in_the_scale_that_the_model_was_trained_in(tmp_path):
    data = prepared("number", [10.0, 20, 30, 40, 50, 0, 10, 20, 30], scaling=Scaling(500.0, 70.0))
    trained_on = replace(data, scaling=Scaling(20.0, 10.0))
    run_spec = make_spec("number", "absolute_error")
    said, _, samples = evaluate(tmp_path, run_spec, data, [[-1.0], [0.0], [1.0]], trained_on)
    assert samples.prediction == pytest.approx([10, 20, 30])
    assert said.metrics["loss"] == pytest.approx(0.0, abs=1e-6)


def test_rows_come_once_and_in_order_though_the_last_batch_is_filled_up(tmp_path):
    count = 131  # one batch of 128 and three more
    data = prepared("number", np.arange(TRAIN + 1 + count, dtype="f8"), scaling=Scaling(0.0, 1.0))
    outputs = np.arange(count, dtype="f4")[:, None] + TRAIN + 1
    said, _, samples = evaluate(tmp_path, make_spec("number", "huber"), data, outputs)
    assert samples.stem.tolist() == [f"s{n}" for n in range(TRAIN + 1, TRAIN + 1 + count)]
    assert said.metrics["mae"] == pytest.approx(0.0, abs=1e-9)
    assert said.metrics["loss"] == pytest.approx(0.0, abs=1e-9)


def test_other_classes_than_the_model_knows_are_refused(tmp_path):
    data = prepared("category", [0, 1, 0, 1, 0, 1, 0], ("a", "b"))
    run_spec = make_spec("category", "cross_entropy")
    with pytest.raises(UserError, match="other classes"):
        evaluate(tmp_path, run_spec, data, [[0, 0]], replace(data, classes=("a", "c")))
    assert results.read(tmp_path, "test") is None


def test_a_trained_model_is_built_again_from_its_run(tmp_path):
    import keras

    from workbench.insight.evaluate import load_model
    from workbench.training import checkpoints
    from workbench.training.inputs import ModelInputs
    from workbench.training.model import build

    data = prepared("category", [0, 1, 0, 1, 0, 1, 0, 1], ("a", "b"))
    run_spec = make_spec("category", "cross_entropy")
    with pytest.raises(UserError, match="holds no trained model"):
        load_model(run_spec, tmp_path)
    inputs = ModelInputs.of(data, run_spec)
    inputs.write(tmp_path)
    with pytest.raises(UserError, match="no checkpoint"):
        load_model(run_spec, tmp_path)
    keras.utils.set_random_seed(3)
    model = build(run_spec, inputs.shapes, inputs.outputs, inputs.vocabulary).model
    checkpoints.save(tmp_path / "checkpoints" / "best.npz", {"model": model.variables}, {})
    again = load_model(run_spec, tmp_path)
    given = {"text": np.asarray(data.arrays["text"])}
    assert np.array_equal(model(given)["task"], again(given)["task"])
    other = spec.change(run_spec, "model.fusion.size", 32)
    with pytest.raises(UserError, match="does not fit the model"):
        load_model(other, tmp_path)
    (tmp_path / "model" / "inputs.json").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match="damaged"):
        load_model(run_spec, tmp_path)
