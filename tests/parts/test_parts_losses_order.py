"""Losses of yes and no, several categories and order, against Keras, papers and formulas."""

import numpy as np
import pytest
from scipy import special

from workbench import parts

pytestmark = pytest.mark.slow

STEPS = np.asarray([[2.1, 1.8, -2.1, -1.8], [1.9, -1, -1.5, -1.3], [1.9, 1.8, 1.7, 1.6]])
DICE = np.random.default_rng(4)
ANSWERS, SCORES = np.tile([1.0, 0.0], 15), np.repeat(np.linspace(-6, 6, 15), 2)


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


@pytest.mark.parametrize("squared", [False, True])
def test_the_hinge_of_yes_and_no_is_that_of_keras_and_of_its_margin(keras, tf, squared):
    answers, scores = np.asarray([1.0, 0, 0, 1]), np.asarray([0.8, -0.3, 0.2, -1.5])
    kind = keras.losses.SquaredHinge if squared else keras.losses.Hinge
    theirs = kind(reduction=None, dtype="float64")(2 * answers[:, None] - 1, scores[:, None])
    assert value("hinge", answers, scores, squared=squared) == pytest.approx(np.asarray(theirs))
    twice = value("hinge", answers, 2 * scores, squared=squared, margin=2.0)
    assert twice == pytest.approx(np.asarray(theirs) * (4 if squared else 2))
    found = slope(tf, "hinge", answers, scores, squared=squared)
    bent = 2 * np.asarray([0.2, 0.7, 1.2, 2.5]) if squared else np.ones(4)
    assert found == pytest.approx(np.asarray([-1, 1, 1, -1]) * bent)
    assert slope(tf, "hinge", [1.0, 0.0], [1.5, -1.5], squared=squared).tolist() == [0, 0]


def test_ranks_cost_what_their_yes_or_no_questions_cost_together(keras, tf):
    labels = np.asarray([2, 1, 4])
    above = (labels[:, None] > np.arange(4)).astype("f8")
    each = value("coral", labels, STEPS)
    assert each == pytest.approx([0.5369942674, 0.8950701776, 0.6440511391])
    theirs = keras.losses.BinaryCrossentropy(from_logits=True, reduction=None, dtype="float64")
    assert each == pytest.approx(4 * np.asarray(theirs(above, STEPS)))
    assert slope(tf, "coral", labels, STEPS) == pytest.approx(special.expit(STEPS) - above)


def corn_of_the_paper(labels, logits):
    """Task by task over the subset that has come so far, as the authors' own code goes."""
    total, asked = 0.0, 0
    for step in range(logits.shape[1]):
        reached = labels > step - 1
        above = labels[reached] > step
        chances = special.expit(logits[reached, step])
        total -= np.log(np.where(above, chances, 1 - chances)).sum()
        asked += int(reached.sum())
    return total / asked


def test_the_mean_over_steps_is_that_of_the_paper_and_filling_changes_nothing():
    labels, logits = np.arange(30) % 5, DICE.normal(0, 2, (30, 4))
    all_count = value("corn", labels, logits, weights=np.ones(30))
    assert all_count.mean() == pytest.approx(corn_of_the_paper(labels, logits))
    weights = np.asarray([1.0] * 13 + [0.0] * 17)
    some = value("corn", labels, logits, weights=weights)
    mean = (weights * some).sum() / weights.sum()
    assert mean == pytest.approx(corn_of_the_paper(labels[:13], logits[:13]))
    other = np.where(weights[:, None] > 0, logits, 99.0)
    assert value("corn", labels, other, weights=weights)[:13] == pytest.approx(some[:13])
    assert value("corn", labels, logits, weights=np.zeros(30)).tolist() == [0.0] * 30


def test_a_step_that_was_not_reached_has_no_pull(tf):
    labels = np.asarray([0, 2, 4])
    found = slope(tf, "corn", labels, STEPS, weights=np.ones(3))
    reached = labels[:, None] > np.arange(4) - 1
    wanted = special.expit(STEPS) - (labels[:, None] > np.arange(4))
    assert found == pytest.approx(np.where(reached, wanted, 0) * 3 / reached.sum())


@pytest.mark.parametrize("name", ["coral", "corn"])
def test_losses_of_order_refuse_shapes_that_do_not_fit(name):
    told = {"weights": np.ones(3)} if name == "corn" else {}
    for labels, outputs in ((np.zeros((3, 1)), STEPS), (np.zeros(3), STEPS[0])):
        with pytest.raises(ValueError, match="must be labels"):
            value(name, labels, outputs, **told)
    with pytest.raises(ValueError, match="2 samples, logits for 3"):
        value(name, np.zeros(2), STEPS, **told)


def asymmetric_by_hand(answers, scores, no, yes, margin):
    p = special.expit(scores)
    q = np.maximum(p - margin, 0)
    return -np.where(answers > 0, (1 - p) ** yes * np.log(p), q**no * np.log(1 - q))


@pytest.mark.parametrize("margin", [0.0, 1e-9, 0.05, 0.3])
@pytest.mark.parametrize(("no", "yes"), [(4.0, 1.0), (4.0, 0.0), (0.0, 0.0), (0.5, 0.5)])
def test_the_asymmetric_loss_is_its_formula(no, yes, margin):
    wanted = asymmetric_by_hand(ANSWERS, SCORES, no, yes, margin)
    told = {"gamma_no": no, "gamma_yes": yes, "margin": margin}
    assert value("asymmetric", ANSWERS, SCORES, **told) == pytest.approx(wanted, rel=1e-6)


def test_the_asymmetric_loss_without_powers_or_margin_is_binary_cross_entropy():
    plain = value("binary_cross_entropy", ANSWERS, SCORES)
    told = {"gamma_no": 0.0, "gamma_yes": 0.0, "margin": 0.0}
    assert value("asymmetric", ANSWERS, SCORES, **told) == pytest.approx(plain)
    focal = value("binary_focal", ANSWERS, SCORES, gamma=2.0)
    told = {"gamma_no": 2.0, "gamma_yes": 2.0, "margin": 0.0}
    assert value("asymmetric", ANSWERS, SCORES, **told) == pytest.approx(focal)


def test_a_no_below_the_margin_costs_nothing_and_pulls_nothing(tf):
    below = np.log([0.04 / 0.96])
    assert value("asymmetric", [0.0], below).tolist() == [0.0]
    assert slope(tf, "asymmetric", [0.0], below).tolist() == [0.0]
    assert slope(tf, "asymmetric", [1.0], below)[0] < 0


def test_detached_powers_weigh_but_do_not_pull(tf):
    p = special.expit(SCORES)
    q = np.maximum(p - 0.05, 0)
    # The slopes of -log(p) and, above the margin, of -log(1 - q), under fixed weights.
    rise = np.where(q > 0, p * (1 - p) / (1 - q), 0)
    wanted = np.where(ANSWERS > 0, (1 - p) * (p - 1), q**4 * rise)
    found = slope(tf, "asymmetric", ANSWERS, SCORES, detach=True)
    assert found == pytest.approx(wanted)
    assert np.abs(slope(tf, "asymmetric", ANSWERS, SCORES) - wanted).max() > 0.1


def test_alpha_weighs_a_yes_and_its_rest_a_no():
    plain = value("binary_focal", ANSWERS, SCORES)
    found = value("binary_focal", ANSWERS, SCORES, alpha=0.8)
    assert found / plain == pytest.approx(np.where(ANSWERS > 0, 0.8, 0.2))
