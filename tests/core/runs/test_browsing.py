"""Samples stand in the order that is asked for, and each says why."""

import csv
import io

import numpy as np
import pytest

from workbench.runs import browsing, history
from workbench.runs.pools import SplitPool, TrainingPool
from workbench.runs.results import ClassRow, Results, Samples

NAMES = ("cat", "dog", "horse")
LOGITS = np.log(
    [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.05, 0.9, 0.05], [0.45, 0.1, 0.45], [0.1, 0.2, 0.7]]
)
TRUE = np.array([0, 1, 0, 2, 2])


def of_classes():
    shares = np.exp(LOGITS)
    said = shares.argmax(axis=1)
    counts = np.zeros((3, 3), int)
    np.add.at(counts, (TRUE, said), 1)
    own = shares[np.arange(5), TRUE]
    results = Results(
        split="test", task="category", target="animal", classes=NAMES, metrics={}, baseline={},
        confusion=tuple(tuple(map(int, row)) for row in counts), loss_name="Cross-entropy",
        per_class=tuple(ClassRow(name=n, precision=1, recall=1, f1=1, support=1) for n in NAMES),
    )  # fmt: skip
    samples = Samples(
        stem=np.array([f"s{n}" for n in range(5)]), target=TRUE, prediction=said,
        confidence=shares.max(axis=1), true_probability=own, loss=-np.log(own),
        outputs=LOGITS.astype(np.float32),
    )  # fmt: skip
    return SplitPool(results, samples)


def of_numbers(spread=()):
    true = np.arange(8.0)
    off = np.array([1.0, -2, 3, -1, 2, 1, -200, np.nan])
    results = Results(
        split="test", task="number", target="price", metrics={}, baseline={}, loss_name="Huber",
        has_spread=bool(len(spread)),
    )  # fmt: skip
    nothing = np.empty(0)
    samples = Samples(
        stem=np.array([f"s{n}" for n in range(8)]), target=true, prediction=true + off,
        confidence=nothing, true_probability=nothing, loss=np.abs(off), spread=np.array(spread),
    )  # fmt: skip
    return SplitPool(results, samples)


def of_training(**changes):
    about = history.About(
        task="category", classes=NAMES, outputs=3, train=("a", "b", "c"), validation=(),
        train_target=(0, 1, 2),
    )  # fmt: skip
    metric = np.array([[1, 0, 0], [0, 0, 1], [1, 0, 1]], np.float32)
    train = history.Course(
        stems=np.array(["a", "b", "c"]), target=np.array([0.0, 1.0, 2.0]),
        loss=np.array([[1, 9, 2], [3, 9, 1], [2, 9, np.nan]], np.float32), metric=metric,
        margin=np.where(metric > 0, 1, -2).astype(np.float32),
        said=np.array([[0, 2, 1], [1, 2, 2], [0, 2, -1]], np.int16),
    )  # fmt: skip
    none = np.zeros((3, 0), np.float32)
    held = history.Course(np.empty(0, np.str_), np.empty(0), none, none, none, none.astype("i2"))
    made = history.History(about, (1, 2, 3), train, held, np.zeros((3, 0, 3), np.float32))
    return TrainingPool(made)


def test_worst_and_best_go_by_the_loss():
    pool = of_classes()
    # -log of 0.7, 0.8, 0.05, 0.45, 0.7
    assert pool.rows("worst").tolist() == [2, 3, 0, 4, 1]
    assert pool.rows("best").tolist()[0] == 1
    assert "Wrong: taken for “dog” with 90.0%" in pool.why("worst", 2)
    assert pool.wrong.tolist() == [False, False, True, True, False]


def test_uncertain_is_where_two_classes_are_alike():
    pool = of_classes()
    assert pool.rows("uncertain").tolist() == [3, 0, 4, 1, 2]
    assert pool.why("uncertain", 3) == "“cat” has 45.0%, “horse” 45.0%."


def test_a_label_that_is_contradicted_with_confidence_is_suspicious():
    pool = of_classes()
    # Mean own probability: cat (0.7 + 0.05) / 2, dog 0.8, horse (0.45 + 0.7) / 2. The third is
    # taken for a dog by 0.9; the fourth for a cat by 0.45, above 0.375.
    assert pool.rows("suspicious").tolist() == [2, 3]
    assert "Labelled “cat”, to which the model gives 5.0%" in pool.why("suspicious", 2)


def test_random_is_the_same_by_the_same_seed():
    pool = of_classes()
    assert sorted(pool.rows("random", 3)) == list(range(5))
    assert pool.rows("random", 3).tolist() == pool.rows("random", 3).tolist()


def test_numbers_go_by_their_error_and_what_is_no_number_is_worst():
    pool = of_numbers()
    assert pool.rows("worst").tolist()[:3] == [7, 6, 2]
    assert pool.rows("suspicious").tolist() == [6]
    assert "spreads above the usual" in pool.why("suspicious", 6)
    assert pool.why_not("uncertain") == "This model does not say how sure it is."
    assert pool.wrong.size == 0


def test_numbers_with_a_spread_are_uncertain_where_it_is_wide():
    pool = of_numbers([1, 2, 3, 9, 5, 6, 7, 8])
    assert pool.why_not("uncertain") == ""
    assert pool.rows("uncertain").tolist()[:2] == [3, 7]


def test_an_evaluation_of_before_cannot_say_who_is_uncertain():
    pool = of_classes()
    old = SplitPool(pool.results, Samples(**(vars(pool.samples) | {"outputs": np.empty(0)})))
    assert "evaluate it again" in old.why_not("suspicious")
    assert old.why_not("worst") == ""


def test_training_samples_go_by_what_they_did_over_the_epochs():
    pool = of_training()
    assert pool.rows("hard").tolist() == [1, 0, 2]
    assert pool.rows("forgotten").tolist() == [1, 0]
    assert pool.rows("suspicious_training").tolist() == [1]
    assert pool.why("forgotten", 1) == "It was never right in 3 epochs."
    assert "taken for “horse” in 3 of 3 epochs" in pool.why("suspicious_training", 1)
    assert [pool.true(n) for n in range(3)] == list(NAMES)
    # The last was not seen in the last epoch: what it was before counts.
    assert [pool.said(n) for n in range(3)] == ["cat", "horse", "horse"]
    assert pool.wrong.tolist() == [False, True, False]


def test_a_list_is_written_with_paths_labels_and_reasons():
    pool = of_training()
    text = browsing.to_csv(pool, "suspicious_training", pool.rows("suspicious_training"),
                           {"b": "b.png"})  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 1
    assert (rows[0]["sample"], rows[0]["files"], rows[0]["label"], rows[0]["model"]) == (
        "b", "b.png", "dog", "horse",
    )  # fmt: skip
    assert rows[0]["list"] == "Suspicious label in training"
    assert "taken for" in rows[0]["reason"]


@pytest.mark.parametrize("name", ["=cmd()", "@sum"])
def test_no_name_becomes_a_formula(name):
    pool = of_training()
    pool.stems = np.array([name, "b", "c"])
    text = browsing.to_csv(pool, "hard", np.array([0]), {})
    assert next(csv.DictReader(io.StringIO(text)))["sample"] == f"'{name}"
