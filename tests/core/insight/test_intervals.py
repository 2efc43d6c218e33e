from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from workbench.insight import intervals


def margins(matrix):
    cells = np.flatnonzero(matrix)
    return intervals.margins(matrix.reshape(1, -1)[:, cells], cells, len(matrix))


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
    drawn = margins(metrics.confusion_matrix(true, said))
    found = {name: float(values[0]) for name, values in intervals.class_figures(drawn).items()}
    assert found == pytest.approx(
        {
            "accuracy": metrics.accuracy_score(true, said),
            "balanced_accuracy": metrics.balanced_accuracy_score(true, said),
            "macro_f1": metrics.f1_score(true, said, average="macro"),
            "weighted_f1": metrics.f1_score(true, said, average="weighted"),
            "mcc": metrics.matthews_corrcoef(true, said),
        }
    )
    steps = intervals.step_figures(drawn)
    assert steps["mae_steps"][0] == pytest.approx(metrics.mean_absolute_error(true, said))
    assert steps["quadratic_kappa"][0] == pytest.approx(
        metrics.cohen_kappa_score(true, said, weights="quadratic")
    )


def test_kappa_of_samples_that_are_all_one_class_has_no_interval():
    found = intervals.of_confusion(np.diag([5, 0, 0]), intervals.step_figures)
    assert "quadratic_kappa" not in found
    assert found["mae_steps"] == (0, 0)


def test_the_matrix_of_a_thousand_classes_is_drawn_without_its_empty_cells():
    counts = np.zeros((1000, 1000), np.int64)
    true = np.arange(2000) % 1000
    np.add.at(counts, (true, np.where(np.arange(2000) < 1500, true, (true + 1) % 1000)), 1)
    low, high = intervals.of_confusion(counts, intervals.class_figures)["accuracy"]
    normal = 1.96 * np.sqrt(0.75 * 0.25 / 2000)
    assert (low, high) == pytest.approx((0.75 - normal, 0.75 + normal), abs=0.003)


def test_a_class_that_never_occurs_does_not_lower_the_means():
    found = intervals.class_figures(margins(np.array([[3, 0, 1], [0, 4, 0], [0, 0, 0]])))
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


def test_several_numbers_have_intervals_of_their_means():
    dice = np.random.default_rng(4)
    true = dice.normal(0, 1, (150, 2)) * [1, 20]
    said = true + dice.normal(0, 1, (150, 2)) * [0.5, 5]
    found = intervals.of_errors(true, said)
    rows = dice.integers(0, 150, (1500, 150))
    for name, figure in {
        "mae": metrics.mean_absolute_error,
        "rmse": metrics.root_mean_squared_error,
        "r2": metrics.r2_score,
    }.items():
        low, high = np.quantile([figure(true[r], said[r]) for r in rows], [0.025, 0.975])
        assert found[name] == pytest.approx((low, high), abs=0.15 * (high - low)), name
    assert "median_error" not in found


def test_sets_of_categories_have_intervals_of_every_figure():
    dice = np.random.default_rng(5)
    true = dice.random((120, 4)) < [0.5, 0.3, 0.2, 0.0]
    said = true ^ (dice.random((120, 4)) < 0.2)
    found = intervals.of_sets(true, said)
    rows = dice.integers(0, 120, (1500, 120))
    exact = [metrics.accuracy_score(true[r], said[r]) for r in rows]
    micro = [metrics.f1_score(true[r], said[r], average="micro") for r in rows]
    macro = [metrics.f1_score(true[r][:, :3], said[r][:, :3], average="macro") for r in rows]
    for name, drawn in {"accuracy": exact, "micro_f1": micro, "macro_f1": macro}.items():
        low, high = np.quantile(drawn, [0.025, 0.975])
        assert found[name] == pytest.approx((low, high), abs=0.15 * (high - low)), name
