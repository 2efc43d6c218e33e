"""A batch that is taken in parts learns what the whole batch learns."""

import numpy as np
import pytest

from workbench import events, spec
from workbench.data.index import strings
from workbench.data.prepared import Prepared

pytestmark = pytest.mark.slow


def prepared(count=88):
    dice = np.random.default_rng(0)
    tokens = dice.integers(2, 10, (count, 4)).astype("i4")
    labels = (tokens[:, 0] % 3).astype("i8")
    pictures = dice.integers(0, 80, (count, 8, 8, 3)) + 60 * labels[:, None, None, None]
    # 44 training samples in batches of 16: the last batch is not full, nor is its last part.
    split = np.repeat(np.asarray([0, 1, 2], "i1"), [44, 22, 22])
    return Prepared(
        arrays={"image": pictures.astype("u1"), "text": tokens}, labels=labels, split=split,
        stems=strings([f"s{n}" for n in range(count)]), task="category", classes=("a", "b", "c"),
        vocabulary=10, scaling=None, left_out={}, tokenizer="", key="k",
    )  # fmt: skip


def make_spec(changes=(), **training):
    made = spec.from_data(
        {
            "data": {"folder": "/data", "target": "label", "task": "category"},
            "model": {
                "encoders": {
                    "image": {"name": "image_cnn",
                              "options": {"width": 4, "depth": 1, "size": 8, "norm": "none"}},
                    "text": {"name": "text_average", "options": {"size": 8}},
                },
                "fusion": {"name": "concat", "options": {"size": 8, "dropout": 0.0}},
                "head_dropout": 0.0,
            },
            "objective": {"loss": {"name": "cross_entropy"}},
            "training": {"epochs": 3, "batch_size": 16, "learning_rate": 0.05,
                         "optimizer": {"name": "sgd"}, "clip_norm": 1.0} | training,
        }
    )  # fmt: skip
    return spec.change_all(made, list(changes)) if changes else made


def train(folder, run_spec):
    from workbench.training.trainer import Trainer

    said = []
    Trainer(run_spec, prepared(), folder, said.append, lambda: None).train()
    told = [e for e in said if isinstance(e, events.StepsDone)]
    return {
        "losses": [loss for e in told for loss in e.losses],
        "epochs": [e.train | e.validation for e in said if isinstance(e, events.EpochDone)],
    }


@pytest.mark.parametrize("parts", [2, 3, 16])
def test_parts_learn_what_the_whole_batch_learns(tmp_path, parts):
    whole = train(tmp_path / "whole", make_spec())
    found = train(tmp_path / "parts", make_spec(accumulated=parts))
    assert found["losses"] == pytest.approx(whole["losses"], rel=1e-4)
    for mine, theirs in zip(found["epochs"], whole["epochs"], strict=True):
        assert mine == pytest.approx(theirs, rel=1e-4)


@pytest.mark.parametrize(
    "changes",
    [
        [("objective.heads", True), ("objective.balancer.name", "uncertainty")],
        [("objective.l2", 1e-3), ("objective.embedding_l2", 0.01)],
    ],
)
def test_terms_weights_and_penalties_add_up_as_in_one_piece(tmp_path, changes):
    whole = train(tmp_path / "whole", make_spec(changes))
    found = train(tmp_path / "parts", make_spec(changes, accumulated=4))
    assert found["losses"] == pytest.approx(whole["losses"], rel=1e-3)


@pytest.mark.parametrize("balancer", ["pcgrad", "gradnorm", "ogm_ge"])
def test_balancers_of_gradients_work_on_parts(tmp_path, balancer):
    changes = [("objective.heads", True), ("objective.balancer.name", balancer)]
    found = train(tmp_path, make_spec(changes, accumulated=2, precision="float16"))
    assert np.isfinite(found["losses"]).all()
    assert np.mean(found["losses"][-3:]) < np.mean(found["losses"][:3])


def test_a_batch_that_is_cut_is_filled_so_that_its_parts_are_of_one_size():
    from workbench.data.batches import Order

    order = Order(np.arange(10), batch_size=10, seed=0, replicas=2, pieces=3)
    assert order.part == 6
    gather = order.gather()
    rows, weights = zip(*(gather(n) for n in range(2)), strict=True)
    taken = np.concatenate(rows)[np.concatenate(weights) > 0]
    assert sorted(taken) == list(range(10))
