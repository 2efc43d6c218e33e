"""A run replayed epoch by epoch, against figures that were worked out by hand."""

import numpy as np
import pytest

from workbench import events, spec
from workbench.errors import UserError
from workbench.runs import history, store
from workbench.runs.replay import ORDERS, Replay


def recipe(task, loss):
    return spec.from_data(
        {
            "data": {"folder": "/data", "target": "y", "task": task},
            "model": {"encoders": {"image": {"name": "image_cnn"}}},
            "objective": {"loss": {"name": loss}},
        }
    )


def run_of(folder, task, loss, outputs, target, classes=()):
    """A run whose validation samples s0, s1 ... said this after each epoch."""
    run = store.create(folder, recipe(task, loss))
    outputs = np.asarray(outputs, np.float32)
    about = history.About(
        task=task, classes=classes, outputs=outputs.shape[-1],
        validation=tuple(f"s{n}" for n in range(len(target))),
        validation_target=tuple(float(v) for v in target),
    )  # fmt: skip
    history.begin(run.folder, about)
    none = np.zeros(0, np.float32)
    more = {"train_margin": none, "train_said": np.zeros(0, np.int16)} if classes else {}
    for epoch, said in enumerate(outputs, start=1):
        history.write_epoch(
            run.folder, epoch,
            more | {
                "train_loss": none, "train_metric": none,
                "validation_loss": np.full(len(target), 4.0 - epoch, np.float32),
                "validation_metric": np.full(len(target), epoch / 4, np.float32),
                "validation_outputs": said,
            },
        )  # fmt: skip
    lines = []
    for epoch in range(1, len(outputs) + 1):
        lines += [
            events.StepsDone(
                epoch=epoch, step=10 * epoch, losses=(1.0,), learning_rate=0.1 / epoch,
                samples_per_second=1.0, gradients={"image": float(epoch)},
            ),
            events.EpochDone(epoch=epoch, step=10 * epoch, train={"loss": 2.0},
                             validation={"loss": 4.0 - epoch}, seconds=1.0, best=True),
        ]  # fmt: skip
    start = events.Started(
        run=str(run.folder), epochs=len(outputs), steps=10, samples={"train": 10}, parameters=1,
        shapes={}, device="",
    )  # fmt: skip
    text = "".join(events.to_line(each) + "\n" for each in [start, *lines])
    run.events_file.write_text(text)
    return run


# Three epochs of four samples: s0 always right, s1 from epoch 2 on, s2 back and forth, s3 never.
SAID = [[0, 1, 2, 0], [0, 0, 1, 0], [0, 0, 2, 0]]
TRUE = [0, 0, 2, 1]


@pytest.fixture
def found(tmp_path):
    outputs = np.eye(3)[np.array(SAID)] * np.log(8.0)
    run = run_of(tmp_path, "category", "cross_entropy", outputs, TRUE, ("a", "b", "c"))
    return Replay(run.folder)


def test_an_epoch_has_its_confusion_and_its_figures(found):
    moment = found.at(1)
    assert moment.confusion.tolist() == [[1, 1, 0], [1, 0, 0], [0, 0, 1]]
    assert moment.right.tolist() == [True, False, True, False]
    assert moment.figures == {"train loss": 2.0, "validation loss": 3.0}
    assert moment.learning_rate == pytest.approx(0.1)
    assert moment.gradients == {"image": 1.0}


def test_the_confidence_is_the_probability_of_what_is_said(found):
    # Logits ln 8, 0, 0: 8 of 10.
    assert found.at(2).sure == pytest.approx([0.8] * 4)


def test_answers_that_changed_since_the_epoch_before_are_counted(found):
    assert [found.at(epoch).changed for epoch in found.epochs] == [0, 2, 1]
    assert found.changes().tolist() == [0, 1, 2, 0]


@pytest.mark.parametrize(
    ("order", "first"), [("changed", "s2"), ("late", "s3"), ("wrong", "s3"), ("name", "s0")]
)
def test_samples_are_listed_in_the_order_that_is_asked_for(found, order, first):
    assert found.stems[found.order(order)][0] == first
    assert sorted(found.order(order).tolist()) == [0, 1, 2, 3]


def test_samples_are_searched_by_name(found):
    assert all(found.stems[found.order(order, "S2")].tolist() == ["s2"] for order in ORDERS)


def test_a_course_is_the_mean_over_the_samples(found):
    assert found.course("loss") == pytest.approx([3.0, 2.0, 1.0])
    assert found.course("metric") == pytest.approx([0.25, 0.5, 0.75])


def test_numbers_are_told_in_their_own_unit(tmp_path):
    run = run_of(tmp_path, "number", "huber", [[[0.0], [1.0]], [[0.5], [1.0]]], [5.0, 8.0])
    (run.folder / "model").mkdir()
    (run.folder / "model" / "inputs.json").write_text('{"center": 5.0, "spread": 2.0}')
    found = Replay(run.folder)
    assert found.at(1).said.tolist() == [5.0, 7.0]
    assert found.at(2).said.tolist() == [6.0, 7.0]
    assert found.at(2).confusion.size == 0


def test_yes_or_no_has_one_logit(tmp_path):
    run = run_of(
        tmp_path, "yes_no", "binary_cross_entropy", [[[np.log(3.0)], [-1.0]]], [1, 1], ("no", "yes")
    )
    moment = Replay(run.folder).at(1)
    assert moment.said.tolist() == [1, 0]
    assert moment.sure[0] == pytest.approx(0.75)


def test_classes_of_ordered_thresholds_are_their_medians(tmp_path):
    # .4 .25 .35: the most probable is the first, the median the second.
    outputs = [[np.log([0.4, 0.25, 0.35]).tolist()]]
    run = run_of(tmp_path, "ordered", "coral", outputs, [1], ("a", "b", "c"))
    assert Replay(run.folder).at(1).said.tolist() == [1]


def test_a_run_of_several_targets_says_why_it_cannot_be_replayed(tmp_path):
    run = store.create(tmp_path, recipe("labels", "asymmetric"))
    about = history.About(task="labels", classes=("a", "b"), outputs=2, validation=("s0",))
    history.begin(run.folder, about)
    none = np.zeros(0, np.float32)
    history.write_epoch(
        run.folder, 1,
        {"train_loss": none, "train_metric": none, "validation_loss": np.ones(1, np.float32),
         "validation_metric": np.ones(1, np.float32),
         "validation_outputs": np.zeros((1, 2), np.float32)},
    )  # fmt: skip
    with pytest.raises(UserError, match="not stored"):
        Replay(run.folder)


def test_a_run_without_history_says_why(tmp_path):
    run = store.create(tmp_path, recipe("category", "cross_entropy"))
    with pytest.raises(UserError, match="before samples were recorded"):
        Replay(run.folder)
