"""Hard, forgotten and suspicious samples, by hand-worked numbers and by planted wrong labels."""

import numpy as np
import pytest

from workbench.runs import difficulty
from workbench.runs.history import Course

X = np.nan


def course(loss, right, margin=None, said=None, target=None):
    loss = np.array(loss, np.float32)
    none = np.empty((0, 0), np.float32)
    return Course(
        stems=np.array([f"s{n}" for n in range(loss.shape[1])]),
        target=np.array(target if target is not None else [], float),
        loss=loss,
        metric=np.array(right, np.float32),
        margin=none if margin is None else np.array(margin, np.float32),
        said=none.astype(np.int16) if said is None else np.array(said, np.int16),
    )


# Four samples over four epochs: always right, forgotten twice, never right, unseen at first.
LOSS = [[1, 2, 3, X], [1, 2, 3, 4], [1, 4, 3, 2], [1, 4, 3, X]]
RIGHT = [[1, 1, 0, X], [1, 0, 0, 1], [1, 1, 0, 1], [1, 0, 0, X]]
MARGIN = [[2, 1, -1, X], [2, -1, -2, 1], [2, 1, -3, 1], [2, -1, -4, X]]
SAID = [[0, 1, 2, -1], [0, 0, 2, 1], [0, 1, 2, 1], [0, 2, 0, -1]]


@pytest.fixture
def found():
    made = course(LOSS, RIGHT, MARGIN, SAID, target=[0, 1, 1, 1])
    return difficulty.of_course(made, (1, 2, 3, 4), "category", 3)


def test_means_are_over_the_epochs_in_which_a_sample_was_seen(found):
    assert found.seen.tolist() == [4, 4, 4, 2]
    assert found.loss.tolist() == [1, 3, 3, 3]
    assert found.margin.tolist() == [2, 0, -2.5, 1]


def test_forgetting_is_right_and_then_wrong(found):
    assert found.forgotten.tolist() == [0, 2, 0, 0]
    assert found.right.tolist() == [4, 2, 0, 2]
    assert found.learned.tolist() == [1, 0, 0, 2]
    assert found.never.tolist() == [False, False, True, False]


def test_an_epoch_in_which_a_sample_was_not_seen_forgets_nothing():
    made = course([[1], [X], [1]], [[1], [X], [0]])
    assert difficulty.of_course(made, (1, 2, 3), "labels").forgotten.tolist() == [1]


def test_the_rival_is_what_it_was_mostly_taken_for(found):
    assert found.rival.tolist()[1:3] == [0, 2]
    assert found.rival_count.tolist()[1:3] == [1, 3]
    assert found.rival[0] == -1


def test_what_lay_behind_in_most_epochs_is_suspicious(found):
    assert found.suspicious.tolist() == [False, False, True, False]
    assert np.argmax(found.suspicion) == 2


def test_each_has_a_sentence_why(found):
    assert "mean loss over 4 epochs is 3" in difficulty.why_hard(found, 1, numbers=False)
    assert "right and then wrong again twice in 4 epochs, and was wrong at the end" in (
        difficulty.why_forgotten(found, 1)
    )
    assert difficulty.why_forgotten(found, 2) == "It was never right in 4 epochs."
    assert difficulty.why_forgotten(found, 3) == (
        "Once learned (epoch 2) it was never wrong again."
    )
    assert difficulty.why_suspicious(found, 2, "b", "c") == (
        "Labelled “b”, but taken for “c” in 3 of 4 epochs: its class lay 2.5 behind on average."
    )


def test_a_number_is_suspicious_where_its_error_is_far_outside():
    errors = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 60.0])
    # Median 3.5, median deviation 1.5: 60 lies 56.5 / (1.4826 * 1.5) = 25.4 away.
    marks, away = difficulty.far_off(errors)
    assert marks.tolist() == [False] * 5 + [True]
    assert away[5] == pytest.approx(25.406, abs=1e-3)


def test_an_untrained_history_says_nothing():
    made = course(np.empty((0, 3)), np.empty((0, 3)))
    found = difficulty.of_course(made, (), "number")
    assert found.seen.tolist() == [0, 0, 0]
    assert not found.suspicious.any()


def test_confident_learning_by_hand():
    # Thresholds: mean own probability of class 0 (0.9 + 0.8 + 0.1) / 3 = 0.6, of class 1
    # (0.7 + 0.6) / 2 = 0.65. The third sample has 0.9 for class 1, which reaches 0.65.
    given = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.3, 0.7], [0.4, 0.6]])
    found = difficulty.doubts(given, np.array([0, 0, 0, 1, 1]))
    assert found.suspicious.tolist() == [False, False, True, False, False]
    assert found.other.tolist() == [-1, -1, 1, -1, -1]
    assert found.own.tolist() == [0.9, 0.8, 0.1, 0.7, 0.6]
    assert np.argsort(-found.suspicion)[:2].tolist() == [2, 4]
    assert "“b” as it is" in difficulty.why_doubted(found, 2, "a", "b")


def test_a_class_that_nobody_is_labelled_as_is_never_found():
    given = np.array([[0.1, 0.2, 0.7], [0.2, 0.8, 0.0]])
    assert difficulty.doubts(given, np.array([0, 1])).other.tolist() == [-1, -1]


def test_of_sets_the_worst_category_counts():
    labels = np.array([[1, 0], [1, 1], [0, 0], [0, 1]], np.int8)
    given = np.array([[0.9, 0.1], [0.8, 0.05], [0.1, 0.2], [0.2, 0.9]])
    found = difficulty.doubts_of_sets(given, labels)
    assert found.other.tolist() == [-1, 1, -1, -1]
    assert found.own[1] == pytest.approx(0.05)


def planted(seed, wrong=12, samples=300, epochs=15, classes=4):
    """Histories as they come about: the truth is learned first, wrong labels by heart and late."""
    dice = np.random.default_rng(seed)
    truth = dice.integers(0, classes, samples)
    labels = truth.copy()
    labels[:wrong] = (truth[:wrong] + 1) % classes
    clear = dice.uniform(0.3, 2.0, samples)
    margins, said, losses = [], [], []
    for epoch in range(1, epochs + 1):
        logits = dice.normal(0, 0.8, (samples, classes))
        logits[np.arange(samples), truth] += clear * np.log1p(epoch)
        logits[np.arange(samples), labels] += 0.1 * epoch
        own = logits[np.arange(samples), labels]
        others = np.where(np.eye(classes, dtype=bool)[labels], -np.inf, logits).max(axis=1)
        margins.append(own - others)
        said.append(logits.argmax(axis=1))
        losses.append(np.log(np.exp(logits).sum(axis=1)) - own)
    right = np.array(said) == labels
    return course(losses, right, margins, said, target=labels), logits, labels, truth


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_planted_wrong_labels_rank_on_top(seed):
    made, _, _, truth = planted(seed)
    found = difficulty.of_course(made, range(1, 16), "category", 4)
    top = np.argsort(-found.suspicion)[:12]
    assert np.mean(top < 12) >= 0.9
    rightly = [n for n in range(12) if found.suspicious[n]]
    assert len(rightly) >= 10
    # Most name the true class.
    assert np.mean(found.rival[rightly] == truth[rightly]) > 0.9
    assert found.suspicious[12:].mean() < 0.03


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_confident_learning_finds_planted_wrong_labels_of_a_split(seed):
    dice = np.random.default_rng(seed)
    truth = dice.integers(0, 4, 300)
    labels = truth.copy()
    labels[:12] = (truth[:12] + 1) % 4
    logits = dice.normal(0, 0.8, (300, 4))
    logits[np.arange(300), truth] += 4
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = difficulty.doubts(shares, labels)
    assert np.mean(np.argsort(-found.suspicion)[:12] < 12) >= 0.9
    assert (found.other[:12] == truth[:12]).mean() > 0.8
