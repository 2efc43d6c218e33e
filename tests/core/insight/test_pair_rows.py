import numpy as np
import pytest

from workbench.insight.retrieval import judge_pairs, rows_of


def test_both_directions_are_told_apart_and_the_gap_is_that_worked_by_hand():
    # The published check of the modality gap: means of the unit vectors differ by this much.
    first = np.array([[1.0, 0.0], [0.0, 1.0]])
    second = np.array([[0.0, 2.0], [0.0, 3.0]])
    there, back = rows_of({"image+text": (first, second, np.ones(2, bool))})
    assert (there.asked, there.found, back.asked, back.found) == ("image", "text", "text", "image")
    # Picture 1 is as near to both texts (a tie counts as last); picture 0 too.
    assert there.recall_at_1 == 0.0
    # Both texts are nearest to picture 1: one of two is right.
    assert back.recall_at_1 == 0.5
    assert there.gap == pytest.approx(np.hypot(0.5, 0.5))
    assert there.support == 2


def test_recall_has_an_interval_over_the_samples():
    dice = np.random.default_rng(0)
    first = dice.normal(size=(80, 8))
    second = first + dice.normal(size=(80, 8))
    judged = judge_pairs({"image+text": (first, second, np.ones(80, bool))})
    low, high = judged.intervals["recall_at_1"]
    assert low < judged.metrics["recall_at_1"] < high
