"""Every balancer on facts, and its rule against numbers worked by hand."""

import numpy as np
import pytest

from workbench import parts

pytestmark = pytest.mark.slow
BALANCERS = parts.parts("balancer")
MODALITIES = ("audio", "image")


def begun(name, terms=None, **options):
    from workbench.layers import Term

    part = parts.find("balancer", name)
    made = part.function(**part.check(options))
    given = terms or [Term("task", 1.0, "softmax"), Term("audio", 1.0, "softmax"),
                      Term("image", 1.0, "softmax")]  # fmt: skip
    made.begin(given, MODALITIES)
    return made


def weights(balancer, losses=(1.0, 1.0, 1.0), step=0):
    found, extra = balancer.weigh(np.asarray(losses, "f4"), step)
    return np.asarray(found).tolist(), float(extra)


@pytest.mark.parametrize("part", BALANCERS, ids=lambda part: part.name)
def test_a_balancer_weighs_every_term_and_tells_finite_figures(part):
    made = begun(part.name)
    for epoch in range(4):
        found, extra = weights(made, step=epoch)
        assert len(found) == 3
        assert np.isfinite([*found, extra]).all()
        made.end_epoch(np.asarray([1.0, 0.5, 0.2]) / (epoch + 1), np.asarray([1.1, 0.6, 0.3]))
    assert np.isfinite(list(made.traces().values())).all()


@pytest.mark.parametrize("part", BALANCERS, ids=lambda part: part.name)
def test_what_a_balancer_knows_comes_back_with_its_variables(part):
    one, two = begun(part.name), begun(part.name)
    for epoch in range(3):
        one.end_epoch(np.asarray([1.0, 0.5, 0.2]) / (epoch + 1), np.asarray([1.1, 0.4, 0.3]))
    for mine, theirs in zip(one.variables, two.variables, strict=True):
        theirs.assign(mine)
    assert weights(one, step=7) == weights(two, step=7)
    assert one.traces() == two.traces()


def test_fixed_weights_are_those_of_the_recipe():
    from workbench.layers import Term

    assert weights(begun("fixed", [Term("task", 2.0), Term("image+text", 0.1)]))[0] == [
        2.0,
        pytest.approx(0.1),
    ]


def test_uncertainty_weighs_by_the_likelihood_of_each_loss():
    from workbench.layers import Term

    made = begun("uncertainty", [Term("a", 1.0, "gauss"), Term("b", 1.0, "softmax"),
                                 Term("c", 1.0, "laplace")])  # fmt: skip
    made.log_variance.assign([0.3, -0.2, 0.5])
    found, extra = weights(made)
    # A squared error of 4 is half of it, 2, as our loss gives it.
    assert found[0] * 2.0 + 0.3 / 2 == pytest.approx(1.6316364414, rel=1e-6)
    assert found[1] * 0.7 - 0.2 / 2 == pytest.approx(0.7549819307, rel=1e-6)
    assert found[2] == pytest.approx(np.exp(-0.5))
    assert extra == pytest.approx(0.15 - 0.1 + 0.5)


def test_the_uncertainty_of_a_term_stays_within_its_limits():
    made = begun("uncertainty")
    made.log_variance.assign([9.0, -9.0, 0.0])
    assert made.log_variance.constraint(np.asarray([9.0, -9.0, 0.0])).numpy().tolist() == [5, -5, 0]


def test_uncertainty_recovers_the_noise_of_two_linear_tasks():
    """Least squares has residuals of 10.2819 and 0.9492 on these numbers; so must sigma be."""
    import keras
    import tensorflow as tf

    from workbench.layers import Term

    dice = np.random.RandomState(0)
    x = dice.randn(100, 1)
    y = [2 * x + 8 + 10 * dice.randn(100, 1), 3 * x + 3 + 1 * dice.randn(100, 1)]
    sizes = []
    design = np.hstack([x, np.ones_like(x)])
    for values in y:
        solved, *_ = np.linalg.lstsq(design, values, rcond=None)
        sizes.append(float(np.sqrt(np.mean((values - design @ solved) ** 2))))
    assert sizes == pytest.approx([10.2818862773, 0.9492408337])
    given = tf.constant(design, "float32")
    made = begun("uncertainty", [Term("a", 1.0, "gauss"), Term("b", 1.0, "gauss")])
    lines = [keras.Variable(np.zeros((2, 1), "f4")) for _ in range(2)]
    optimizer = keras.optimizers.Adam(0.05)
    variables = [*lines, *made.trainable_variables]
    optimizer.build(variables)
    loss = parts.find("loss", "squared_error").function

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            each = [
                tf.reduce_mean(loss(v[:, 0].astype("f4"), keras.ops.matmul(given, w)[:, 0]))
                for v, w in zip(y, lines, strict=True)
            ]
            shares, extra = made.weigh(tf.stack(each), 0)
            total = tf.reduce_sum(shares * tf.stack(each)) + extra
        optimizer.apply(tape.gradient(total, variables), variables)

    for _ in range(4000):
        step()
    told = made.traces()
    assert told["sigma.a"] == pytest.approx(sizes[0], rel=0.01)
    assert told["sigma.b"] == pytest.approx(sizes[1], rel=0.01)


def test_random_weights_sum_to_their_count_and_follow_step_and_seed():
    made = begun("random_weights")
    assert sum(weights(made, step=3)[0]) == pytest.approx(3, rel=1e-5)
    assert weights(made, step=3) == weights(begun("random_weights"), step=3)
    assert weights(made, step=3) != weights(made, step=4)
    assert weights(made, step=3) != weights(begun("random_weights", seed=1), step=3)


def test_slow_losses_get_more_weight_from_the_third_epoch_on():
    made = begun("dynamic_weight_average")
    nothing = np.zeros(3)
    made.end_epoch(np.asarray([2.0, 1.0, 0.5]), nothing)
    assert weights(made)[0] == [1, 1, 1]
    made.end_epoch(np.asarray([1.5, 0.9, 0.5]), nothing)
    assert weights(made)[0] == pytest.approx([0.9342788972, 1.0070444158, 1.0586766871], rel=1e-6)
    made.end_epoch(np.asarray([1.2, 0.85, 0.45]), nothing)
    assert weights(made)[0] == pytest.approx([0.9596421596, 1.0315137751, 1.0088440653], rel=1e-6)


def test_lengths_targets_and_slopes_of_gradnorm_are_those_worked_by_hand():
    from workbench.layers.balancing import gradnorm

    f4 = [np.asarray(v, "f4") for v in ([1, 1, 1], [2, 0.5, 1], [1, 0.8, 0.45], [2, 1, 0.5])]
    lengths, targets, slopes = (np.asarray(v) for v in gradnorm(*f4, 1.5))
    assert lengths.tolist() == [2, 0.5, 1]
    assert targets == pytest.approx([0.6568249735, 1.3293202818, 1.5862017133], rel=1e-5)
    assert slopes.tolist() == [2, -0.5, -1]
    assert np.abs(lengths - targets).sum() == pytest.approx(2.7586970216, rel=1e-5)


def test_gradnorm_waits_an_epoch_then_moves_against_the_slope():
    made = begun("gradnorm", rate=0.1)
    norms, losses = np.asarray([2, 0.5, 1], "f4"), np.asarray([1, 0.8, 0.45], "f4")
    made.learn(losses, norms)
    assert weights(made)[0] == [1, 1, 1]
    made.end_epoch(np.asarray([2, 1, 0.5]), np.zeros(3))
    made.learn(losses, norms)
    moved = np.asarray([1 - 0.2, 1 + 0.05, 1 + 0.1])
    assert weights(made)[0] == pytest.approx((moved * 3 / moved.sum()).tolist(), rel=1e-5)


def test_blending_weighs_generalisation_over_overfitting():
    from workbench.layers.balancing import blend

    generalised = np.asarray([1.21, 0.72, 1.35])
    overfit = np.asarray([0.49, 0.18, 0.65])
    found = blend(generalised, overfit)
    assert found == pytest.approx([0.1654646777, 0.7296247773, 0.1049105449], rel=1e-6)
    assert blend(np.asarray([1.0, -1.0]), np.asarray([0.1, 0.1])).tolist() == [1, 0]
    assert blend(np.asarray([-1.0, -1.0]), np.asarray([0.1, 0.1])).tolist() == [0.5, 0.5]


def test_blending_looks_at_the_first_epoch_and_again_after_its_period():
    made = begun("gradient_blending", period=2)
    made.end_epoch(np.asarray([2.3, 2.3, 2.3]), np.asarray([2.31, 2.32, 2.3]))
    made.end_epoch(np.asarray([1.0, 1.0, 1.0]), np.asarray([2.0, 2.0, 2.0]))
    assert weights(made)[0] == [1, 1, 1]
    made.end_epoch(np.asarray([0.6, 1.4, 0.3]), np.asarray([1.1, 1.6, 0.95]))
    assert np.asarray(weights(made)[0]) / 3 == pytest.approx(
        [0.1654646777, 0.7296247773, 0.1049105449], rel=1e-4
    )
    assert made.traces()["overfitting.task"] == pytest.approx(0.4049586777, rel=1e-4)


G1, G2 = ([1.0, 2.0], [-1.0]), ([-2.0, 0.5], [1.5])
"""Two gradients of two tensors; the cosine between them is -0.4003203845."""


def joined(name, first, second, **options):
    made = begun(name, **options)
    found = made.combine(
        [np.asarray(v, "f4") for v in first], [np.asarray(v, "f4") for v in second], 0
    )
    return np.concatenate([np.asarray(v) for v in found]), made


def test_surgery_takes_out_of_two_gradients_what_works_against_the_other():
    found, made = joined("pcgrad", G1, G2)
    assert found == pytest.approx([-1.3525641026, 3.5256410256, 0.6602564103], rel=1e-5)
    assert made.traces()["conflict.audio"] == pytest.approx(-0.4003203845, rel=1e-5)


def test_a_pareto_mixture_is_brought_back_to_its_length_and_lengthened():
    found, _ = joined("mmpareto", G1, G2, gamma=1.5)
    assert found == pytest.approx([-1.3727365627, 3.8179235651, 0.6434702638], rel=1e-5)


@pytest.mark.parametrize(("name", "factor"), [("pcgrad", 1.0), ("mmpareto", 1.5)])
def test_gradients_that_agree_are_added(name, factor):
    agreeing = ([2.0, 0.5], [-1.5])
    found, _ = joined(name, G1, agreeing)
    assert found == pytest.approx(factor * np.asarray([3.0, 2.5, -2.5]), rel=1e-5)


@pytest.mark.parametrize("name", ["pcgrad", "mmpareto"])
@pytest.mark.parametrize(
    "second", [([0.0, 0.0], [0.0]), ([-1.0, -2.0], [1.0])], ids=["nothing", "opposite"]
)
def test_a_gradient_of_nothing_or_of_the_opposite_stays_finite(name, second):
    assert np.isfinite(joined(name, G1, second)[0]).all()


@pytest.mark.parametrize(
    ("alpha", "factor"), [(0.1, 0.8508362336), (0.3, 0.5773982807), (0.8, 0.1656511135)]
)
def test_the_modality_that_is_ahead_is_slowed(alpha, factor):
    made = begun("ogm_ge", alpha=alpha)
    found = np.asarray(made.coefficients(np.asarray([2.5829202937, 1.7186806412], "f4")))
    assert found == pytest.approx([factor, 1.0], rel=1e-5)
    assert made.traces()["ahead.audio"] == pytest.approx(1.5028506354, rel=1e-5)
    assert made.traces()["ahead.image"] == pytest.approx(0.6654021208, rel=1e-5)


def test_nothing_is_slowed_after_the_last_epoch_of_modulation():
    made = begun("ogm_ge", until=1)
    scores = np.asarray([2.0, 1.0], "f4")
    assert np.asarray(made.coefficients(scores))[0] < 1
    made.end_epoch(np.zeros(3), np.zeros(3))
    assert np.asarray(made.coefficients(scores)).tolist() == [1, 1]
    assert not np.asarray(made.noise_of(np.ones((4, 4), "f4"), 0, 0)).any()


def test_noise_is_as_strong_as_the_gradient_and_only_on_kernels():
    made = begun("ogm_ge")
    kernel = np.random.default_rng(0).normal(0, 3, (200, 200)).astype("f4")
    assert np.asarray(made.noise_of(kernel, 5, 1)).std() == pytest.approx(3, rel=0.02)
    assert not np.asarray(made.noise_of(kernel[0], 5, 1)).any()
    assert not np.asarray(begun("ogm_ge", generalise=False).noise_of(kernel, 5, 1)).any()
