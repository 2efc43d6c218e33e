"""Losses against values worked out by other means: numpy, SciPy, scikit-learn, papers."""

import numpy as np
import pytest
from scipy import special
from sklearn import metrics

from workbench import parts

pytestmark = pytest.mark.slow

R1 = ([3.0, -0.5, 2.0, 7.0], [2.5, 0.0, 2.0, 8.0])
R2 = ([1.0, 2.0, 3.0, 4.0, 5.0], [1.1, 1.9, 3.2, 3.7, 15.0])
C1 = ([0, 1, 2], [[2, 1, 0.1], [0.5, 2.5, -1], [-0.3, 0.2, 0.1]])
RARE = ([0, 0, 2], C1[1])
B1 = ([1.0, 0.0, 0.0, 1.0], [2.0, -1.5, 0.3, -4.0])
H1 = ([1.0, 0.0, 0.0, 1.0], [0.8, -0.3, 0.2, -1.5])
M1 = ([[1.0, 0, 0], [0, 1, 1]], [[1.2, -0.7, 3], [-2, 0.4, 0]])
COS = ([0, 1, 2], [[0.8, 0.1, -0.2], [0.3, 0.5, 0.1], [0.2, 0.25, 0.3]])
STEPS = [[2.1, 1.8, -2.1, -1.8], [1.9, -1, -1.5, -1.3], [1.9, 1.8, 1.7, 1.6]]
SOFT = ([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]], np.log([[0.5, 0.3, 0.2], [0.3, 0.3, 0.4]]))
COUNTS = [900.0, 90.0, 10.0]


def value(name, labels, outputs, **options):
    part = parts.find("loss", name)
    labels, outputs = np.asarray(labels), np.asarray(outputs, "f8")
    known = {"counts": np.asarray(COUNTS), "weights": np.ones(len(labels))}
    facts = {fact: known[fact] for fact in part.facts}
    return np.asarray(part.function(labels, outputs, **options, **facts))


@pytest.mark.parametrize(
    ("name", "case", "options", "mean"),
    [
        ("pseudo_huber", R1, {}, 0.1625703850),
        ("pseudo_huber", R2, {}, 1.8247370598),
        ("pseudo_huber", R2, {"delta": 0.5}, 0.9653907770),
        ("log_cosh", R1, {}, 0.1685024611),
        ("log_cosh", R2, {}, 1.8762090082),
        ("adaptive_robust", R2, {"shape": 2.0}, 10.015),
        ("adaptive_robust", R2, {"shape": 1.5}, 3.5069190054),
        ("adaptive_robust", R2, {"shape": 1.0}, 1.8247370598),
        ("adaptive_robust", R2, {"shape": 0.5}, 1.1356175856),
        ("adaptive_robust", R2, {"shape": 0.0}, 0.8011240457),
        ("adaptive_robust", R2, {"shape": -2.0}, 0.3993727491),
        ("adaptive_robust", R2, {"shape": -8.0}, 0.2147557773),
        ("adaptive_robust", R2, {"shape": 1.0, "scale": 0.5}, 3.8615631081),
        ("adaptive_robust", R2, {"shape": 0.5, "scale": 0.5, "learn": True}, 2.4819167741),
        ("adaptive_robust", R2, {"shape": 1.0, "scale": 0.5, "learn": True}, 4.3539111599),
        ("adaptive_robust", R2, {"shape": 1.5, "scale": 0.5, "learn": True}, 10.4218663884),
        ("focal", C1, {"gamma": 0.0}, 0.5303452930),
        ("focal", C1, {"gamma": 0.5}, 0.3725748895),
        ("focal", C1, {"gamma": 2.0}, 0.1564418534),
        ("focal", C1, {"gamma": 5.0}, 0.0370961368),
        ("binary_focal", B1, {}, 1.0413343460),
        ("binary_focal", B1, {"alpha": 0.25}, 0.2964119094),
        ("poly1", C1, {"epsilon": 1.0}, 0.9045871047),
        ("poly1", C1, {"epsilon": 2.0}, 1.2788289165),
        ("generalized_cross_entropy", C1, {"q": 0.5}, 0.4411290958),
        ("generalized_cross_entropy", C1, {}, 0.4121194236),
        ("generalized_cross_entropy", C1, {"truncate": 0.5}, 0.3520364344),
        ("generalized_cross_entropy", C1, {"q": 1e-6}, 0.5303452930),
        ("probability_error", C1, {}, 0.3742418118),
        ("symmetric_cross_entropy", C1, {}, 1.5500017763),
        ("symmetric_cross_entropy", C1, {"alpha": 6.0, "beta": 0.1}, 3.3317684826),
        ("partially_huberised_cross_entropy", C1, {}, 0.5142540578),
        ("partially_huberised_cross_entropy", C1, {"tau": 10.0}, 0.5303452930),
        ("ldam", COS, {}, 5.4771920827),
        ("ldam", COS, {"scale": 10.0}, 2.1030300711),
        ("balanced_cross_entropy", RARE, {}, 0.9395531945),
        ("balanced_cross_entropy", RARE, {"beta": 0.0}, 1.1970119597),
        ("hinge", H1, {}, 1.15),
        ("hinge", H1, {"squared": True}, 2.055),
        ("multiclass_hinge", C1, {}, 0.3666666667),
        ("coral", ([2, 1, 4], STEPS), {}, 0.6920385280),
        ("corn", ([2, 1, 4], STEPS), {}, 0.1645240269),
        ("corn", ([0, 0, 0], STEPS), {}, 2.0980976799),
        ("kl_to_soft_targets", SOFT, {}, 0.2099590563),
        ("asymmetric", M1, {"gamma_yes": 0.0}, 0.5028208221),
        ("asymmetric", M1, {}, 0.3601460567),
        ("asymmetric", M1, {"gamma_yes": 0.0, "gamma_no": 2.0, "margin": 0.0}, 0.7136532380),
        ("asymmetric", M1, {"gamma_yes": 0.0, "gamma_no": 0.0, "margin": 0.0}, 0.8413577186),
    ],
)
def test_values_worked_out_elsewhere(name, case, options, mean):
    assert value(name, *case, **options).mean() == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize("tau", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("case", [R1, R2])
def test_quantiles_are_those_of_scikit_learn(tau, case):
    theirs = metrics.mean_pinball_loss(*case, alpha=tau)
    assert value("quantile", *case, tau=tau).mean() == pytest.approx(theirs)


@pytest.mark.parametrize("delta", [0.3, 1.0, 5.0])
def test_the_smooth_huber_is_that_of_scipy(delta):
    residuals = np.asarray(R2[1]) - np.asarray(R2[0])
    theirs = special.pseudo_huber(delta, residuals)
    assert value("pseudo_huber", *R2, delta=delta) == pytest.approx(theirs)


def test_the_hinge_of_classes_is_that_of_scikit_learn():
    theirs = metrics.hinge_loss(C1[0], np.asarray(C1[1]), labels=[0, 1, 2])
    assert value("multiclass_hinge", *C1).mean() == pytest.approx(theirs)
    # Keras' own counts a zero for the true class among its rivals here.
    assert value("multiclass_hinge", [0], [[0.5, -2, -3]]).tolist() == [0.0]


def test_a_normal_likelihood_is_that_of_its_density():
    mean, spread = np.asarray([0.5, -1.0]), np.asarray([0.5, 2.0])
    outputs = np.stack([mean, 2 * np.log(spread)], axis=-1)
    found = value("gaussian_nll", [0.0, 0.0], outputs)
    by_hand = 0.5 * (mean / spread) ** 2 + np.log(spread * np.sqrt(2 * np.pi))
    # The logarithm of the variance is bent a little towards its limits.
    assert found == pytest.approx(by_hand, rel=0.02)


def test_far_residuals_do_not_overflow():
    assert value("log_cosh", [0.0], [1000.0]) == pytest.approx([999.3068528194])
    assert value("pseudo_huber", [0.0], [1e30]) == pytest.approx([1e30])


@pytest.mark.parametrize(
    ("shape", "value_"),
    [
        (0.1, 1.4266337063), (0.25, 1.3641634123), (0.5, 1.2917070310), (1.0, 1.1854952323),
        (1.5, 1.0871889193), (1.9, 0.9784664113),
    ],
)  # fmt: skip
def test_the_partition_of_the_adaptive_loss_is_that_of_quadrature(shape, value_):
    from workbench.losses.adaptive_robust import _log_partition, table

    assert float(_log_partition(np.asarray(shape))) == pytest.approx(value_, rel=1e-5)
    assert table()[[0, -1]] == pytest.approx([np.log(np.pi * np.sqrt(2)), np.log(2 * np.pi) / 2])
