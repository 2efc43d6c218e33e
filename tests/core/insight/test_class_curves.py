from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from workbench.errors import UserError
from workbench.insight import calibration
from workbench.insight.class_curves import MOST_CLASSES, best_threshold, curves, probabilities
from workbench.runs import class_curves

LOGITS = np.array(
    [[2.0, 0.5, -1], [0.1, 0.3, 0.2], [1.5, 1.4, 0], [-1, 2, 0.5], [0, 0, 3], [2, 1, 0]]
)


def sample(samples=400, classes=4, seed=0, sharp=3.0):
    dice = np.random.default_rng(seed)
    true = dice.integers(0, classes, samples)
    logits = dice.normal(0, 1, (samples, classes))
    logits[np.arange(samples), true] += 1.0
    return logits * sharp, true


def names(many):
    return tuple(f"c{n}" for n in range(many))


def test_calibration_errors_are_those_worked_by_hand():
    sure = np.array([0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5])
    right = np.array([1, 1, 1, 0, 1, 1, 0, 1, 0, 0], bool)
    for bins, error in ((15, 0.245), (10, 0.185), (5, 0.185)):
        assert calibration.reliability(sure, right, bins).error == pytest.approx(error)


def test_bins_are_those_of_scikit_learn():
    logits, true = sample()
    shares = probabilities(logits)
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == true
    found = calibration.reliability(sure, right, 10)
    accuracy, confidence = calibration_curve(right, sure, n_bins=10)
    assert found.accuracy == pytest.approx(accuracy)
    assert found.confidence == pytest.approx(confidence)
    assert found.count.sum() == len(true)


def test_samples_that_are_all_told_right_or_say_nothing_have_no_temperature():
    apart = np.array([[4.0, 0.0], [0.0, 3.0]] * 20)
    assert calibration.temperature(apart, np.array([0, 1] * 20)) is None
    # Turned round, nothing is as likely as saying nothing.
    assert calibration.temperature(apart, np.array([1, 0] * 20)) is None


def test_the_temperature_makes_the_truth_most_likely():
    logits, true = sample(samples=4000, sharp=3.0)
    fitted = calibration.temperature(logits, true)
    nll = calibration.negative_log_likelihood
    assert nll(logits, true) == pytest.approx(metrics.log_loss(true, probabilities(logits)))
    # Gaussian noise of one and a shift of one: logits as they were drawn are those of Bayes.
    assert fitted == pytest.approx(3.0, rel=0.08)
    for other in (fitted * 0.99, fitted * 1.01):
        assert nll(logits / fitted, true) < nll(logits / other, true)


def test_curves_are_those_of_scikit_learn():
    logits, true = sample()
    found = curves("test", "category", names(4), logits, true)
    shares = probabilities(logits)
    by_name = {curve.name: curve for curve in found.classes}
    assert sorted(by_name) == list(names(4))
    for n in range(4):
        curve = by_name[f"c{n}"]
        assert curve.auc == pytest.approx(metrics.roc_auc_score(true == n, shares[:, n]))
        area = metrics.average_precision_score(true == n, shares[:, n])
        assert curve.average_precision == pytest.approx(area)
        assert curve.support == (true == n).sum()
        # Thinned for drawing, yet the area under it is hardly another.
        drawn = metrics.auc(curve.false_positive_rate, curve.true_positive_rate)
        assert drawn == pytest.approx(curve.auc, abs=0.005)
        assert (curve.false_positive_rate[0], curve.true_positive_rate[-1]) == (0.0, 1.0)
        assert len(curve.recall) <= 201


def test_classes_that_all_or_none_are_of_have_no_curve():
    found = curves("test", "category", ("a", "b", "c"), LOGITS[:2], np.array([0, 0]))
    assert (found.classes, found.left_out) == ((), 3)


def test_of_very_many_classes_the_most_frequent_are_drawn():
    logits, true = sample(samples=900, classes=MOST_CLASSES + 20)
    found = curves("test", "category", names(MOST_CLASSES + 20), logits, true)
    assert len(found.classes) == MOST_CLASSES
    assert found.left_out == 20
    supports = [curve.support for curve in found.classes]
    assert supports == sorted(supports, reverse=True)


def test_a_yes_is_counted_at_every_threshold():
    logits = np.log([[0.9 / 0.1], [0.6 / 0.4], [0.4 / 0.6], [0.2 / 0.8]])
    true = np.array([1, 0, 1, 0])
    (curve,) = curves("test", "yes_no", ("no", "yes"), logits, true).thresholds
    at = {round(place, 2): n for n, place in enumerate(curve.thresholds)}
    assert curve.name == "yes"
    n = at[0.5]
    assert (curve.said[n], curve.precision[n], curve.recall[n]) == (2, 0.5, 0.5)
    n = at[0.3]
    assert (curve.said[n], curve.precision[n], curve.recall[n]) == (3, 2 / 3, 1.0)
    assert curve.f1[n] == pytest.approx(0.8)
    n = at[0.95]
    assert (curve.said[n], curve.precision[n], curve.recall[n]) == (0, 1.0, 0.0)
    assert curve.best is None


def test_the_best_threshold_is_that_of_the_validation_samples():
    share = np.array([0.1, 0.3, 0.35, 0.8, 0.9])
    truth = np.array([False, False, True, True, True])
    assert best_threshold(truth, share) == pytest.approx((0.35 + 0.3) / 2)
    assert best_threshold(np.zeros(5, bool), share) is None
    logits = np.log(share / (1 - share))[:, None]
    held = np.tile(logits, (4, 1)), np.tile(truth.astype(np.int64), 4)
    found = curves("test", "yes_no", ("no", "yes"), -logits, truth.astype(np.int64), held)
    assert found.thresholds[0].best == pytest.approx((0.35 + 0.3) / 2)
    assert found.fitted_on == 20


def test_several_categories_have_a_threshold_each_and_are_calibrated_together():
    logits = np.array([[2.0, -1], [0.5, 0.2], [-1, 3], [-2, -0.5]] * 6)
    true = np.array([[1, 0], [0, 1], [0, 1], [0, 0]] * 6)
    found = curves("test", "labels", ("a", "b"), logits, true, (logits, true))
    assert [curve.name for curve in found.thresholds] == ["a", "b"]
    assert sorted(curve.name for curve in found.classes) == ["a", "b"]
    assert found.calibration is not None
    assert sum(found.calibration.plain.count) == true.size
    both = np.stack([np.zeros(logits.size), logits.reshape(-1)], axis=1)
    expected = metrics.log_loss(true.reshape(-1), probabilities(both))
    assert found.calibration.plain.log_loss == pytest.approx(expected)
    assert found.calibration.scaled is not None
    assert found.calibration.scaled.log_loss <= expected


def test_a_loss_that_teaches_no_probabilities_is_not_calibrated():
    logits, true = sample()
    assert curves("test", "category", names(4), logits, true, chances=False).calibration is None


def test_too_few_validation_samples_fit_nothing():
    logits, true = sample()
    found = curves("test", "category", names(4), logits, true, (logits[:19], true[:19]))
    assert found.calibration is not None
    assert found.calibration.temperature is None
    assert found.fitted_on == 0


def test_curves_are_read_as_they_were_written(tmp_path):
    (tmp_path / "evaluation").mkdir()
    logits, true = sample()
    found = curves("test", "category", names(4), logits, true, (logits, true))
    class_curves.write(tmp_path, found)
    assert class_curves.read(tmp_path, "test") == found
    assert class_curves.read(tmp_path, "train") is None
    file = tmp_path / "evaluation" / "test-curves.json"
    file.write_text(file.read_text().replace('"auc"', '"ouch"', 1))
    with pytest.raises(UserError, match=r"test-curves\.json"):
        class_curves.read(tmp_path, "test")
