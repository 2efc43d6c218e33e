"""Losses of categories: their pull, their limits, and their kin elsewhere."""

import math

import numpy as np
import pytest
from scipy import special
from sklearn import metrics

from workbench import parts

pytestmark = pytest.mark.slow

C1 = np.asarray([[2, 1, 0.1], [0.5, 2.5, -1], [-0.3, 0.2, 0.1]])
TRUE = np.asarray([0, 1, 2])
COSINES = np.asarray([[0.8, 0.1, -0.2], [0.3, 0.5, 0.1], [0.2, 0.25, 0.3]])
RARE = np.asarray([900.0, 90.0, 10.0])
DICE = np.random.default_rng(4)
# Samples from nearly hopeless to nearly sure, of five classes.
MANY = (np.arange(60) % 5, DICE.normal(0, 1, (60, 5)) * np.repeat([0.3, 1.5, 4.0], 20)[:, None])
MANY[1][::4] += 9 * np.eye(5)[MANY[0][::4]]


@pytest.fixture(scope="module")
def tf():
    import tensorflow

    return tensorflow


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


def value(name, labels, outputs, dtype="f8", **told):
    function = parts.find("loss", name).function
    return np.asarray(function(np.asarray(labels), np.asarray(outputs, dtype), **told))


def slope(tf, name, labels, outputs, dtype="f8", **told):
    """How the sum of the losses changes with each output."""
    moved = tf.Variable(np.asarray(outputs, dtype))
    with tf.GradientTape() as tape:
        values = parts.find("loss", name).function(tf.constant(labels), moved, **told)
    return tape.gradient(values, moved).numpy()


def targets(labels, outputs):
    return np.eye(outputs.shape[1])[labels]


def chance(labels, logits):
    """The softmax probability of the true class."""
    return np.take_along_axis(special.softmax(logits, axis=1), labels[:, None], axis=1)[:, 0]


def test_what_each_loss_reads_and_stands_for_is_declared():
    def of(name):
        part = parts.find("loss", name)
        return part.head, part.noise, sorted(part.takes), sorted(part.facts)

    both = ["log_probabilities", "logits"]
    assert of("balanced_cross_entropy") == ("plain", "softmax", both, ["counts"])
    assert of("focal") == ("plain", "none", both, [])
    assert of("kl_to_soft_targets") == ("plain", "none", both, [])
    assert of("ldam") == ("cosine", "none", ["logits"], ["counts"])
    assert of("multiclass_hinge") == ("plain", "none", ["logits"], [])
    assert of("coral") == ("ranks", "none", ["logits"], [])
    assert of("corn") == ("steps", "none", ["logits"], ["weights"])
    for name in ("binary_focal", "asymmetric", "hinge"):
        assert of(name) == ("plain", "none", ["logits"], [])
        assert parts.find("loss", name).tasks == {"yes_no", "labels"}


PULLS = [
    ("cross_entropy", {}, np.ones_like),
    ("focal", {"gamma": 2.0}, lambda p: (1 - p) ** 2 - 2 * p * (1 - p) * np.log(p)),
    ("focal", {"gamma": 0.5}, lambda p: (1 - p) ** 0.5 - 0.5 * p * (1 - p) ** -0.5 * np.log(p)),
    ("generalized_cross_entropy", {"q": 0.7}, lambda p: p**0.7),
    ("generalized_cross_entropy", {"truncate": 0.3}, lambda p: np.where(p > 0.3, p**0.7, 0)),
    ("probability_error", {}, lambda p: p),
    ("symmetric_cross_entropy", {}, lambda p: 0.1 + 4 * p),
    ("symmetric_cross_entropy", {"alpha": 6.0, "beta": 0.1}, lambda p: 6 + 0.4 * p),
    ("poly1", {"epsilon": 1.0}, lambda p: 1 + p),
    ("poly1", {"epsilon": -1.0}, lambda p: 1 - p),
    ("partially_huberised_cross_entropy", {"tau": 2.0}, lambda p: np.minimum(1, 2 * p)),
]


@pytest.mark.parametrize(("name", "options", "pull"), PULLS)
def test_the_gradient_is_that_of_cross_entropy_times_a_pull_of_its_own(tf, name, options, pull):
    labels, logits = MANY
    p = chance(labels, logits)
    assert p.min() < 1e-4
    assert p.max() > 0.999
    plain = special.softmax(logits, axis=1) - targets(labels, logits)
    found = slope(tf, name, labels, logits, **options)
    assert found == pytest.approx(pull(p)[:, None] * plain, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "options", "factors"),
    [
        ("focal", {}, (1.2245, 0.0290)),
        ("generalized_cross_entropy", {}, (0.1995, 0.9289)),
        ("probability_error", {}, (0.1, 0.9)),
        ("symmetric_cross_entropy", {}, (0.5, 3.7)),
        ("poly1", {}, (1.1, 1.9)),
        ("partially_huberised_cross_entropy", {}, (0.2, 1.0)),
    ],
)
def test_the_pull_at_one_tenth_and_nine_tenths_is_the_published_one(tf, name, options, factors):
    for p, factor in zip((0.1, 0.9), factors, strict=True):
        found = slope(tf, name, [0], np.log([[p, 1 - p]]), **options)[0, 0]
        assert found / (p - 1) == pytest.approx(factor, abs=5e-5)


LIKE_CROSS_ENTROPY = [
    ("focal", {"gamma": 0.0}, 1e-12),
    ("poly1", {"epsilon": 0.0}, 1e-12),
    ("generalized_cross_entropy", {"q": 1e-9}, 1e-6),
    ("symmetric_cross_entropy", {"alpha": 1.0, "beta": 0.0}, 1e-12),
    ("kl_to_soft_targets", {"share": 0.0}, 1e-12),
    ("kl_to_soft_targets", {"soften": "neighbours", "width": 1e-3}, 1e-12),
    ("balanced_cross_entropy", {"beta": 0.0, "counts": np.asarray([9.0, 8, 7, 6, 5])}, 1e-12),
    ("balanced_cross_entropy", {"counts": np.full(5, 20.0)}, 1e-12),
]


@pytest.mark.parametrize(("name", "options", "close"), LIKE_CROSS_ENTROPY)
def test_at_its_limit_it_is_plain_cross_entropy(name, options, close):
    plain = value("cross_entropy", *MANY)
    assert value(name, *MANY, **options) == pytest.approx(plain, rel=close)


def test_a_line_that_begins_below_every_probability_bends_nothing():
    labels, logits = MANY
    found = value("partially_huberised_cross_entropy", labels, logits, tau=100.0)
    seen = chance(labels, logits) > 0.01
    assert 0 < seen.sum() < len(seen)
    assert found[seen] == pytest.approx(value("cross_entropy", labels, logits)[seen])
    assert (found[~seen] < value("cross_entropy", labels, logits)[~seen]).all()
    assert found.max() <= math.log(100) + 1


def test_the_straight_line_joins_the_curve_without_a_step_or_a_bend(tf):
    for tau in (1.5, 2.0, 10.0):
        around = np.log([[p, 1 - p] for p in (1 / tau - 1e-9, 1 / tau + 1e-9)])
        told = ("partially_huberised_cross_entropy", [0, 0], around)
        assert value(*told, tau=tau) == pytest.approx([math.log(tau)] * 2, abs=1e-7)
        assert slope(tf, *told, tau=tau)[0] == pytest.approx(slope(tf, *told, tau=tau)[1], abs=1e-7)


def test_generalised_cross_entropy_of_one_is_the_error_of_the_probability():
    whole = value("generalized_cross_entropy", *MANY, q=1.0)
    assert whole == pytest.approx(value("probability_error", *MANY))
    assert whole == pytest.approx(
        np.abs(special.softmax(MANY[1], axis=1) - targets(*MANY)).sum(axis=1) / 2
    )


def test_a_hopeless_sample_costs_its_bound_and_not_more():
    far = np.asarray([[-50.0, 0.0]])
    assert value("generalized_cross_entropy", [0], far) == pytest.approx([1 / 0.7])
    cut = value("generalized_cross_entropy", [0], far, truncate=0.5)
    assert cut == pytest.approx([(1 - 0.5**0.7) / 0.7])
    assert value("probability_error", [0], far) == pytest.approx([1.0])


@pytest.mark.parametrize("gamma", [1.0, 2.0, 5.0])
def test_focal_losses_are_those_of_keras_where_keras_does_not_clip(keras, gamma):
    labels, logits = MANY[0][:40], MANY[1][:40]
    theirs = keras.losses.CategoricalFocalCrossentropy(
        alpha=1.0, gamma=gamma, from_logits=True, reduction=None, dtype="float64"
    )(targets(labels, logits), logits)
    assert value("focal", labels, logits, gamma=gamma) == pytest.approx(np.asarray(theirs), 1e-6)
    answers, scores = (labels % 2).astype("f8"), logits[:, 0]
    for alpha in (None, 0.25):
        theirs = keras.losses.BinaryFocalCrossentropy(
            apply_class_balancing=alpha is not None, alpha=alpha or 0.5, gamma=gamma,
            from_logits=True, reduction=None, dtype="float64",
        )(answers[:, None], scores[:, None])  # fmt: skip
        ours = value("binary_focal", answers, scores, gamma=gamma, alpha=alpha)
        assert ours == pytest.approx(np.asarray(theirs), rel=1e-6)


@pytest.mark.parametrize("q", [0.3, 0.5, 0.7])
def test_generalised_cross_entropy_is_that_of_keras(keras, q):
    labels, logits = MANY
    theirs = keras.losses.CategoricalGeneralizedCrossEntropy(q=q, reduction=None, dtype="float64")(
        labels, special.softmax(logits, axis=1)
    )
    ours = value("generalized_cross_entropy", labels, logits, q=q)
    assert ours == pytest.approx(np.asarray(theirs), rel=1e-5)


def test_a_sure_and_wrong_sample_still_learns_where_keras_lets_it_lie(tf):
    far = [[0.0, 0.0, 30.0]]
    assert value("focal", [0], far) == pytest.approx([30.0], rel=1e-6)
    assert slope(tf, "focal", [0], far)[0] == pytest.approx([-1, 0, 1], abs=1e-6)
    assert slope(tf, "binary_focal", [1.0], [-1e4]) == pytest.approx([-1])
    # Keras has no number here: a power below 1 of a probability that is 1.
    assert slope(tf, "binary_focal", [1.0], [40.0], gamma=0.5) == pytest.approx([0], abs=1e-6)


def test_focal_pulls_as_worked_by_hand(tf):
    found = slope(tf, "focal", TRUE, C1) / 3
    assert found[0] == pytest.approx([-0.0345214809, 0.0245430297, 0.0099784512], rel=1e-8)
    assert found[2] == pytest.approx([0.0708269872, 0.1167739603, -0.1876009475], rel=1e-8)


@pytest.mark.parametrize(
    ("options", "weights"),
    [
        ({"beta": 0.9}, [0.8485564080, 0.8486210537, 1.3028225384]),
        ({"beta": 0.99}, [0.2283665683, 0.3835912956, 2.3880421361]),
        ({"beta": 0.999}, [0.0444295556, 0.3062825263, 2.6492879181]),
        ({"beta": 0.9999}, [0.0310180275, 0.2979679022, 2.6710140704]),
        ({"weights_by": "inverse"}, 3 / RARE / np.sum(1 / RARE)),
    ],
)
def test_a_class_weighs_as_published_and_all_of_them_one_on_average(options, weights):
    found = value("balanced_cross_entropy", TRUE, C1, counts=RARE, **options)
    assert found / value("cross_entropy", TRUE, C1) == pytest.approx(weights, rel=1e-8)
    assert np.mean(weights) == pytest.approx(1)


def test_effective_numbers_near_one_weigh_as_the_inverse_counts():
    near = value("balanced_cross_entropy", TRUE, C1, counts=RARE, beta=1 - 1e-12)
    inverse = value("balanced_cross_entropy", TRUE, C1, counts=RARE, weights_by="inverse")
    assert near == pytest.approx(inverse, rel=1e-8)


def test_the_weighted_mean_is_the_log_loss_of_scikit_learn():
    labels = np.asarray([0, 0, 2])
    found = value("balanced_cross_entropy", labels, C1, counts=RARE)
    weights = np.asarray([0.0444295556, 0.0444295556, 2.6492879181])
    theirs = metrics.log_loss(
        labels, special.softmax(C1, axis=1), sample_weight=weights, labels=[0, 1, 2]
    )
    assert theirs == pytest.approx(1.0294040288)
    assert found.sum() / weights.sum() == pytest.approx(theirs, rel=1e-8)


@pytest.mark.parametrize("options", [{}, {"weights_by": "inverse"}])
def test_a_class_that_never_trains_takes_no_weight_from_the_others(options):
    found = value(
        "balanced_cross_entropy", TRUE, C1, counts=np.asarray([500.0, 500.0, 0.0]), **options
    )
    assert found == pytest.approx(value("cross_entropy", TRUE, C1))


@pytest.mark.parametrize("name", ["balanced_cross_entropy", "ldam"])
def test_counts_of_another_number_of_classes_are_refused(name):
    with pytest.raises(ValueError, match="a count for each of 3 classes; they are \\[1\\]"):
        value(name, TRUE, COSINES, counts=np.asarray([5.0]))


def margins(counts, **told):
    """What is taken from the true cosine: that which, given back to it, leaves cross-entropy."""
    found = value("ldam", TRUE, COSINES, counts=np.asarray(counts), scale=1.0, **told)
    # -log p = log(1 + others / exp(z - d)), solved for d.
    others = np.log(np.exp(COSINES).sum(axis=1) - np.exp(COSINES[TRUE, TRUE]))
    return np.log(np.expm1(found)) - others + COSINES[TRUE, TRUE]


def test_margins_are_the_published_ones_and_the_rarest_has_the_widest():
    published = np.asarray([0.1623339577, 0.2886751346, 0.5])
    assert margins(RARE) == pytest.approx(published, rel=1e-8)
    assert margins(RARE, margin=1.0) == pytest.approx(2 * published, rel=1e-8)
    assert margins([7.0, 7.0, 7.0]) == pytest.approx([0.5] * 3)
    assert margins([160.0, 10.0, 0.0]) == pytest.approx([0.25, 0.5, 0.5])


@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_margins_pull_as_scaled_probability_minus_target(tf, scale):
    taken = COSINES - targets(TRUE, COSINES) * np.asarray([0.1623339577, 0.2886751346, 0.5])
    wanted = scale * (special.softmax(scale * taken, axis=1) - targets(TRUE, COSINES))
    found = slope(tf, "ldam", TRUE, COSINES, counts=RARE, scale=scale)
    assert found == pytest.approx(wanted, rel=1e-6, abs=1e-9)


def test_the_hinge_of_classes_pulls_only_the_truth_and_its_nearest_rival(tf):
    far = [[5.0, 1.0, 0.0], [1.0, 0.8, -3.0], [0.5, -2.0, -3.0]]
    assert value("multiclass_hinge", [0, 0, 0], far) == pytest.approx([0, 0.8, 0])
    found = slope(tf, "multiclass_hinge", [0, 0, 0], far)
    assert found.tolist() == [[0, 0, 0], [-1, 1, 0], [0, 0, 0]]
    assert value("multiclass_hinge", [0], far[:1], margin=6.0) == pytest.approx([2.0])


def test_soft_targets_of_neighbours_fall_off_with_the_distance():
    aims = special.softmax([[0, -2, -4], [-2, 0, -2], [-4, -2, 0]], axis=1)
    wanted = special.rel_entr(aims, special.softmax(C1, axis=1)).sum(axis=1)
    assert value("kl_to_soft_targets", TRUE, C1, soften="neighbours") == pytest.approx(wanted)
    there = value("kl_to_soft_targets", TRUE, np.log(aims), soften="neighbours")
    assert there == pytest.approx([0, 0, 0], abs=1e-12)


def test_soft_targets_spread_evenly_pull_as_label_smoothing_and_can_reach_zero(tf):
    smoothed = value("cross_entropy", *MANY, label_smoothing=0.1)
    floor = special.entr([0.92, 0.02, 0.02, 0.02, 0.02]).sum()
    assert value("kl_to_soft_targets", *MANY) == pytest.approx(smoothed - floor)
    wanted = slope(tf, "cross_entropy", *MANY, label_smoothing=0.1)
    assert slope(tf, "kl_to_soft_targets", *MANY) == pytest.approx(wanted, abs=1e-12)


def test_soft_targets_that_are_given_are_aimed_at_as_they_are(keras, tf):
    aims = np.asarray([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.0, 1.0, 0.0]])
    for told in ({}, {"soften": "neighbours"}):
        each = value("kl_to_soft_targets", aims, C1, **told)
        shares = special.softmax(C1, axis=1)
        assert each == pytest.approx(special.rel_entr(aims, shares).sum(axis=1))
        theirs = keras.losses.KLDivergence(reduction=None, dtype="float64")(aims, shares)
        assert each == pytest.approx(np.asarray(theirs), rel=1e-5)
        assert slope(tf, "kl_to_soft_targets", aims, C1, **told) == pytest.approx(shares - aims)


def test_soft_targets_refuse_shapes_that_would_be_stretched():
    for labels in (np.zeros((3, 1)), np.zeros((3, 2)), np.asarray(0)):
        with pytest.raises(ValueError, match="must be labels"):
            value("kl_to_soft_targets", labels, C1)
    for labels in (np.zeros(1), np.zeros((1, 3))):
        with pytest.raises(ValueError, match="1 samples, logits for 3"):
            value("kl_to_soft_targets", labels, C1)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("asymmetric", {"margin": 1e-9}),
        ("asymmetric", {"margin": 2e-7, "gamma_no": 0.0}),
        ("generalized_cross_entropy", {"q": 1e-45}),
        ("kl_to_soft_targets", {"soften": "neighbours", "width": 1e-45}),
    ],
)
def test_options_that_single_precision_cannot_hold_stay_finite(tf, name, options):
    binary = name == "asymmetric"
    for size in (1.0, 30.0, 1e4):
        outputs = np.asarray([size, -size] if binary else [[size, 0, 0], [0, 0, size]])
        labels = np.zeros(2, "f4" if binary else "i4")
        assert np.isfinite(value(name, labels, outputs, "f4", **options)).all()
        assert np.isfinite(slope(tf, name, labels, outputs, "f4", **options)).all()
