"""From labels and outputs of the model to one number; and shapes that must not be stretched."""

from dataclasses import replace

import numpy as np
import pytest

from workbench import parts, spec
from workbench.training.objective import Objective

pytestmark = pytest.mark.slow


def make_spec(task, name, options=None, **more):
    return spec.from_data(
        {
            "data": {"folder": "/data", "target": "y", "task": task},
            "model": {"encoders": {m: {"name": f"{m}_cnn"} for m in ("image", "audio")}},
            "objective": {"loss": {"name": name, "options": options or {}}, **more},
        }
    )


class Told:
    """An objective, asked with nothing but the outputs of the fused head."""

    def __init__(self, *arguments):
        self.whole = Objective(*arguments)

    def per_sample(self, labels, outputs):
        return self.whole.per_sample(labels, {"task": outputs})

    def metric(self, labels, outputs):
        return self.whole.metric(labels, {"task": outputs})

    def total(self, labels, outputs, weights, whole):
        return self.whole.losses({"task": outputs}, {}, labels, weights, lambda _: whole)[0]


def objective(task, name, **options):
    return Told(make_spec(task, name, options))


def f4(values):
    return np.asarray(values, "f4")


def test_outputs_of_one_column_meet_labels_of_one_axis():
    outputs = f4([[1.0], [4.0], [2.0]])
    numbers = objective("number", "absolute_error").per_sample(f4([0, 1, 2]), outputs)
    assert np.asarray(numbers).tolist() == [1.0, 3.0, 0.0]
    answers = objective("yes_no", "binary_cross_entropy").per_sample(f4([1, 0, 1]), outputs)
    assert np.asarray(answers) == pytest.approx(np.log1p(np.exp([-1.0, 4.0, -2.0])), rel=1e-6)


def test_several_answers_or_numbers_of_a_sample_weigh_as_much_as_one():
    outputs, numbers = f4([[1.0, 5.0], [4.0, 4.0]]), f4([[0.0, 2.0], [4.0, 4.0]])
    errors = objective("numbers", "absolute_error").per_sample(numbers, outputs)
    assert np.asarray(errors).tolist() == [2.0, 0.0]  # (1 + 3) / 2
    answers = f4([[1, 0], [0, 1]])
    found = objective("labels", "binary_cross_entropy").per_sample(answers, outputs)
    surprises = np.log1p(np.exp([[-1.0, 5.0], [4.0, -4.0]]))
    assert np.asarray(found) == pytest.approx(surprises.mean(axis=1), rel=1e-6)


def test_samples_that_only_fill_a_batch_do_not_count():
    found = objective("number", "squared_error")
    outputs, labels = f4([[3.0], [1.0], [9.0]]), f4([1.0, 1.0, -1e6])
    total = found.total(labels, outputs, f4([1, 1, 0]), f4(2))
    assert float(total) == pytest.approx(1.0)  # (2 ** 2 / 2 + 0) / 2


def test_shares_of_replicas_add_up_to_the_mean_of_the_step():
    found = objective("category", "cross_entropy")
    dice = np.random.default_rng(0)
    labels, outputs = dice.integers(0, 3, 7).astype("i4"), f4(dice.normal(size=(7, 3)))
    whole = float(found.total(labels, outputs, np.ones(7, "f4"), f4(7)))
    left = float(found.total(labels[:4], outputs[:4], np.ones(4, "f4"), f4(7)))
    right = float(found.total(labels[4:], outputs[4:], np.ones(3, "f4"), f4(7)))
    assert left + right == pytest.approx(whole, rel=1e-6)


def test_metrics_are_right_answers_or_distances():
    category = objective("category", "cross_entropy")
    right = category.metric(np.asarray([0, 1], "i4"), f4([[2, 1], [2, 1]]))
    assert np.asarray(right).tolist() == [1.0, 0.0]
    yes_no = objective("yes_no", "binary_cross_entropy").metric(f4([1, 0, 1]), f4([[2], [1], [-1]]))
    assert np.asarray(yes_no).tolist() == [1.0, 0.0, 0.0]
    number = objective("number", "huber").metric(f4([1, 5]), f4([[3], [4]]))
    assert np.asarray(number).tolist() == [2.0, 1.0]
    ordered = objective("ordered", "cross_entropy")
    right = ordered.metric(np.asarray([0, 1], "i4"), f4([[2, 1], [2, 1]]))
    assert np.asarray(right).tolist() == [1.0, 0.0]
    sets = objective("labels", "binary_cross_entropy")
    right = sets.metric(f4([[1, 0], [1, 0], [0, 0]]), f4([[2, -1], [2, 1], [-1, -1]]))
    assert np.asarray(right).tolist() == [1.0, 0.0, 1.0]


def test_distances_are_in_the_unit_of_the_target_where_its_scaling_is_known():
    from workbench.data.prepared import Scaling

    one = Told(make_spec("number", "huber"), Scaling(50.0, 10.0))
    assert np.asarray(one.metric(f4([1, 5]), f4([[3], [4]]))).tolist() == [20.0, 10.0]
    two = Told(make_spec("numbers", "huber"), Scaling((5.0, 0.0), (10.0, 2.0)))
    assert np.asarray(two.metric(f4([[1, 5]]), f4([[3, 4]]))).tolist() == [(20 + 2) / 2]


def shapes(part):
    """A batch of four for each kind of target that a loss takes."""
    if part.tasks & {"category", "ordered"}:
        yield np.zeros(4, "i4"), np.zeros((4, 3), "f4")
    if part.tasks & {"yes_no", "number"}:
        yield np.zeros(4, "f4"), np.zeros(4, "f4")
    if part.tasks & {"labels", "numbers"}:
        yield np.zeros((4, 3), "f4"), np.zeros((4, 3), "f4")


PLAIN = [p for p in parts.parts("loss") if p.head == "plain" and p.name != "kl_to_soft_targets"]
SHAPES = [(part, *arrays) for part in PLAIN for arrays in shapes(part)]


@pytest.mark.parametrize(
    ("part", "labels", "fits"), SHAPES, ids=[f"{p.name}-{y.ndim}" for p, y, _ in SHAPES]
)
def test_shapes_that_would_be_stretched_are_refused(part, labels, fits):
    facts = {"counts": np.ones(3, "f4")} if "counts" in part.facts else {}

    def told(*given):
        return part.function(*given, **facts)

    assert told(labels, fits).shape == (4,)
    for wrong in ((labels[..., None], fits), (labels, fits[..., None]), (labels[0], fits)):
        with pytest.raises(ValueError, match="must be"):
            told(*wrong)
    with pytest.raises(ValueError, match="1 samples, logits for 4"):
        told(labels[:1], fits)
    if labels.ndim == 2:
        with pytest.raises(ValueError, match="1 columns, logits for 3"):
            told(labels[:, :1], fits)


def test_a_loss_that_averages_by_itself_is_refused_by_name():
    found = objective("number", "squared_error")
    (term,) = found.whole.terms
    part = replace(term.part, function=lambda labels, logits: np.mean((labels - logits) ** 2))
    found.whole.terms = (replace(term, part=part),)
    with pytest.raises(ValueError, match="loss squared_error gives shape"):
        found.per_sample(f4([1, 2]), f4([[1], [2]]))
