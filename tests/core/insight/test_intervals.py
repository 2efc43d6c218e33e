from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from workbench.insight import intervals


def test_a_matrix_is_drawn_as_its_samples_would_be():
    dice = np.random.default_rng(0)
    true = dice.integers(0, 4, 300)
    said = np.where(dice.random(300) < 0.7, true, dice.integers(0, 4, 300))
    counts = metrics.confusion_matrix(true, said)
    found = intervals.of_confusion(counts, intervals.class_figures)

    def balanced(rows):
        return metrics.balanced_accuracy_score(true[rows], said[rows])

    drawn = [balanced(dice.integers(0, 300, 300)) for _ in range(2000)]
    assert found["balanced_accuracy"] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.01)
    oracle = stats.bootstrap(
        ((true == said).astype(float),), np.mean, n_resamples=5000, method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval  # fmt: skip
    assert found["accuracy"] == pytest.approx(tuple(oracle), abs=0.01)


def test_figures_of_a_matrix_are_those_of_scikit_learn():
    dice = np.random.default_rng(2)
    true, said = dice.integers(0, 5, 80), dice.integers(0, 5, 80)
    counts = metrics.confusion_matrix(true, said)[None]
    found = {name: float(values[0]) for name, values in intervals.class_figures(counts).items()}
    assert found == pytest.approx(
        {
            "accuracy": metrics.accuracy_score(true, said),
            "balanced_accuracy": metrics.balanced_accuracy_score(true, said),
            "macro_f1": metrics.f1_score(true, said, average="macro"),
            "weighted_f1": metrics.f1_score(true, said, average="weighted"),
            "mcc": metrics.matthews_corrcoef(true, said),
        }
    )
    steps = intervals.step_figures(counts)["mae_steps"]
    assert steps[0] == pytest.approx(metrics.mean_absolute_error(true, said))


def test_a_class_that_never_occurs_does_not_lower_the_means():
    counts = np.array([[[3, 0, 1], [0, 4, 0], [0, 0, 0]]])
    found = intervals.class_figures(counts)
    assert found["balanced_accuracy"][0] == pytest.approx((3 / 4 + 1) / 2)
    assert found["macro_f1"][0] == pytest.approx((6 / 7 + 1) / 2)


def test_errors_of_numbers_lie_where_an_ordinary_bootstrap_says():
    dice = np.random.default_rng(3)
    true = dice.normal(1e6, 3, 201)
    said = true + dice.standard_t(3, 201)
    found = intervals.of_errors(true, said)
    rows = dice.integers(0, 201, (4000, 201))
    errors = (said - true)[rows]
    for name, drawn in {
        "mae": np.abs(errors).mean(axis=1),
        "rmse": np.sqrt((errors**2).mean(axis=1)),
        "median_error": np.median(np.abs(errors), axis=1),
        "r2": [metrics.r2_score(true[r], said[r]) for r in rows[:1000]],
    }.items():
        low, high = np.quantile(drawn, [0.025, 0.975])
        assert found[name] == pytest.approx((low, high), abs=0.15 * (high - low)), name


def test_the_same_samples_give_the_same_interval_and_a_larger_sample_a_narrower_one():
    few = intervals.of_draws(intervals.of_means({"x": np.arange(20.0)}))
    assert few == intervals.of_draws(intervals.of_means({"x": np.arange(20.0)}))
    many = intervals.of_draws(intervals.of_means({"x": np.repeat(np.arange(20.0), 100)}))
    assert many["x"][1] - many["x"][0] < (few["x"][1] - few["x"][0]) / 5


@pytest.mark.parametrize("errors", [[], [1.0], [1.0, np.nan, 2.0]])
def test_what_cannot_be_said_is_left_out(errors):
    assert intervals.of_errors(np.zeros(len(errors)), np.array(errors)) == {}
