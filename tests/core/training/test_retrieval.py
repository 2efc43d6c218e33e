"""Ranks of partners against those counted by hand and by scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from workbench.insight.retrieval import judge_pairs, ranks


def unit(values):
    values = np.asarray(values, float)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def test_ranks_are_places_in_the_order_of_cosines():
    dice = np.random.default_rng(0)
    first, second = unit(dice.normal(size=(40, 5))), unit(dice.normal(size=(40, 5)))
    order = np.argsort(-cosine_similarity(first, second), axis=1)
    by_hand = [order[row].tolist().index(row) + 1 for row in range(40)]
    assert ranks(first, second).tolist() == by_hand


def test_a_space_that_is_one_point_finds_nothing():
    same = unit(np.ones((30, 4)))
    assert ranks(same, same).tolist() == [30] * 30


def test_recalls_and_the_median_stand_beside_chance():
    first = np.eye(4)
    second = np.eye(4)[[0, 1, 3, 2]]
    found = judge_pairs({"image+text": (first, second, np.ones(4, bool))})
    assert found.metrics["recall_at_1"] == 0.5
    assert found.metrics["recall_at_5"] == 1.0
    assert found.baseline == {
        "recall_at_1": 0.25, "recall_at_5": 1.0, "recall_at_10": 1.0, "median_rank": 2.5,
    }  # fmt: skip
    assert found.prediction.tolist() == [1, 1, 4, 4]


def test_samples_without_a_pair_are_nobodys_rival():
    first, second = np.eye(4), np.eye(4)
    second[3] = second[0]
    has = np.asarray([True, True, True, False])
    found = judge_pairs({"image+text": (first, second, has)})
    assert found.metrics["recall_at_1"] == 1.0
    assert found.prediction.tolist() == [1, 1, 1, 0]
    assert found.baseline["recall_at_1"] == pytest.approx(1 / 3)
