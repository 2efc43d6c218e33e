"""The exact test, the interval and the correction: hand-worked numbers and scipy's as oracles."""

import math

import numpy as np
import pytest
from scipy import stats

from workbench.duels import statistics


def test_six_differences_of_one_sign_give_the_smallest_p_that_six_can_give():
    assert statistics.sign_flip([0.1, 0.2, 0.1, 0.4, 0.3, 0.2]) == 2 / 64


def test_three_differences_are_counted_by_hand():
    # Sums of all eight signs: +-6, +-4, +-2, 0, 0; 4 or more in size: four of eight.
    assert statistics.sign_flip([3.0, 2.0, -1.0]) == 4 / 8


@pytest.mark.parametrize("seed", range(8))
def test_p_is_that_of_scipys_permutation_test(seed):
    dice = np.random.default_rng(seed)
    differences = dice.normal(0.5, 1, 7)
    known = stats.permutation_test(
        (differences, np.zeros(7)), lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples", n_resamples=np.inf, vectorized=True,
    )  # fmt: skip
    assert statistics.sign_flip(differences) == pytest.approx(known.pvalue)


def test_equal_contestants_have_a_p_of_one():
    assert statistics.sign_flip([0.0] * 6) == 1.0
    assert statistics.sign_flip([]) == 1.0


def test_differences_of_opposite_signs_that_cancel_have_a_p_of_one():
    assert statistics.sign_flip([0.1, -0.1, 0.3, -0.3]) == 1.0


def test_more_pairs_than_can_be_counted_are_refused():
    with pytest.raises(ValueError, match="21"):
        statistics.sign_flip([1.0] * 21)


def test_twenty_pairs_are_still_counted():
    assert statistics.sign_flip([1.0] * 20) == pytest.approx(2 / 2**20)


@pytest.mark.parametrize(
    ("comparisons", "repeats"), [(1, 6), (2, 7), (3, 7), (6, 8), (10, 9), (15, 10)]
)
def test_the_repeats_that_are_needed_grow_with_the_comparisons(comparisons, repeats):
    assert statistics.repeats_needed(comparisons) == repeats
    assert statistics.least_p(repeats) * comparisons < 0.05
    assert statistics.least_p(repeats - 1) * comparisons >= 0.05


def test_holms_correction_of_three_tests_is_counted_by_hand():
    assert statistics.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_corrected_p_never_exceeds_one():
    assert statistics.holm([0.5, 0.9]) == [1.0, 1.0]
    assert statistics.holm([]) == []


def test_the_interval_is_that_of_scipys_bootstrap():
    given = np.array([0.1, 0.25, 0.15, 0.3, 0.12, 0.22])
    known = stats.bootstrap(
        (given,), np.mean, n_resamples=10_000, method="BCa", rng=np.random.default_rng(1)
    ).confidence_interval
    assert statistics.interval_of_mean(given) == pytest.approx((known.low, known.high), abs=0.01)


def test_the_interval_of_equal_differences_is_their_value():
    assert statistics.interval_of_mean([0.2] * 6) == pytest.approx((0.2, 0.2))


def test_one_difference_has_no_interval():
    assert all(math.isnan(end) for end in statistics.interval_of_mean([0.2]))


def test_an_interval_is_the_same_each_time():
    given = [0.1, -0.2, 0.3, 0.05]
    assert statistics.interval_of_mean(given) == statistics.interval_of_mean(given)


def test_superiority_counts_all_pairs_and_ties_half():
    assert statistics.superiority([2.0, 1.0], [1.0, 0.0]) == (1 + 1 + 0.5 + 1) / 4
    assert math.isnan(statistics.superiority([], [1.0]))


def test_alike_contestants_are_called_different_in_no_more_than_one_of_twenty():
    dice = np.random.default_rng(7)
    called = sum(statistics.sign_flip(dice.normal(size=6)) < 0.05 for _ in range(2000))
    assert called / 2000 <= 0.05
