"""Losses of numbers: what they are made of, what they learn, and where their digits end."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, special, stats
from sklearn import metrics

from workbench import parts

pytestmark = pytest.mark.slow

R1 = ([3.0, -0.5, 2.0, 7.0], [2.5, 0.0, 2.0, 8.0])
R2 = ([1.0, 2.0, 3.0, 4.0, 5.0], [1.1, 1.9, 3.2, 3.7, 15.0])
R3 = ([[0.0, 1.0], [2.0, 3.0]], [[0.5, 1.0], [1.0, 5.0]])
SMOOTH = ["squared_error", "pseudo_huber", "log_cosh", "adaptive_robust"]
# At these the density of the learned loss is integrated and its table compared.
SHAPES = [0.0011, 0.002, 0.01, 0.1, 0.5, 1.0, 1.5, 1.9, 1.99, 1.998]


@pytest.fixture(scope="module")
def tf():
    import tensorflow

    return tensorflow


def value(name, labels, outputs, dtype="f8", **options):
    function = parts.find("loss", name).function
    return np.asarray(function(np.asarray(labels, dtype), np.asarray(outputs, dtype), **options))


def slopes(tf, name, labels, outputs, **options):
    """Its gradient in each output."""
    variable = tf.Variable(np.asarray(outputs, "f8"))
    with tf.GradientTape() as tape:
        values = parts.find("loss", name).function(np.asarray(labels), variable, **options)
    return tape.gradient(values, variable).numpy()


@pytest.mark.parametrize(
    ("name", "options", "mean"),
    [
        ("pseudo_huber", {}, 0.4420788822),
        ("pseudo_huber", {"delta": 0.5}, 0.2983366978),
        ("log_cosh", {}, 0.4697245212),
        ("adaptive_robust", {"shape": 2.0}, 0.6562500000),
        ("adaptive_robust", {"shape": 1.5}, 0.4859218738),
        ("adaptive_robust", {"shape": 0.5}, 0.4194688645),
        ("adaptive_robust", {"shape": 0.0}, 0.4054651081),
        ("adaptive_robust", {"shape": -2.0}, 0.3794117647),
        ("adaptive_robust", {"shape": -8.0}, 0.3439092886),
        ("adaptive_robust", {"shape": 1.0, "scale": 0.5}, 1.1933467914),
    ],
)
def test_several_numbers_worked_by_hand(name, options, mean):
    assert value(name, *R3, **options).mean() == pytest.approx(mean, rel=1e-9)


@pytest.mark.parametrize("shape", [(2, 1), (3,), ()])
@pytest.mark.parametrize("name", ["pseudo_huber", "log_cosh", "quantile", "adaptive_robust"])
def test_shapes_that_would_be_stretched_are_refused(name, shape):
    with pytest.raises(ValueError, match="labels"):
        value(name, np.zeros(2), np.zeros(shape))


@pytest.mark.parametrize("name", SMOOTH)
def test_the_bend_at_the_target_is_one(tf, name):
    """Around a hit all are half a square, in the second derivative, too."""
    x = tf.constant([-1e-3, 0.0, 1e-3], "float64")
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            found = parts.find("loss", name).function(tf.zeros_like(x), x)
        slope = inner.gradient(found, x)
    assert slope.numpy() == pytest.approx([-1e-3, 0, 1e-3], rel=1e-5)
    assert outer.gradient(slope, x).numpy() == pytest.approx([1, 1, 1], rel=1e-5)


@pytest.mark.parametrize("delta", [1e-6, 0.01, 1.0, 1e6])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_pseudo_huber_keeps_its_digits_from_near_to_far(dtype, delta):
    residuals = np.asarray([1e-6, 1e-3, 0.5, 1.0, 3.0, 1e4]).astype(dtype)
    # SciPy's own in twice the digits, in the form without a difference.
    wide = residuals.astype("f8")
    by_hand = wide**2 / (1 + np.sqrt(1 + (wide / delta) ** 2))
    found = value("pseudo_huber", np.zeros(6), residuals, dtype, delta=delta)
    assert found == pytest.approx(by_hand, rel=1e-6 if dtype == "f4" else 1e-12)
    if delta == 1.0 and dtype == "f8":
        assert found[2:] == pytest.approx(special.pseudo_huber(delta, wide[2:]), rel=1e-12)


def test_pseudo_huber_does_not_overflow_in_single_precision():
    assert value("pseudo_huber", [0.0], [1e30], "f4") == pytest.approx([1e30], rel=1e-6)


def test_log_cosh_is_what_its_name_says_and_pulls_by_the_tangent(tf):
    residuals = np.linspace(-20, 20, 81)
    by_hand = np.log(np.cosh(residuals))
    assert value("log_cosh", np.zeros(81), residuals) == pytest.approx(by_hand, rel=1e-9, abs=1e-15)
    found = slopes(tf, "log_cosh", np.zeros(81), residuals)
    assert found == pytest.approx(np.tanh(residuals), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("case", [R1, R2, R3])
def test_log_cosh_is_that_of_keras(case):
    import keras

    columns = [np.asarray(column, "f4") for column in case]
    if columns[0].ndim == 1:
        columns = [column[:, None] for column in columns]
    theirs = np.asarray(keras.losses.LogCosh(reduction=None)(*columns))
    assert value("log_cosh", *case, "f4") == pytest.approx(theirs, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("tau", [1e-6, 0.001, 0.3, 0.999])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_several_quantiles_are_those_of_scikit_learn(dtype, tau):
    dice = np.random.default_rng(0)
    labels, outputs = dice.normal(size=(2, 50, 3)).astype(dtype)
    theirs = metrics.mean_pinball_loss(labels, outputs, alpha=tau)
    mean = value("quantile", labels, outputs, dtype, tau=tau).mean()
    assert mean == pytest.approx(theirs, rel=1e-5 if dtype == "f4" else 1e-12)


@pytest.mark.parametrize("tau", [0.1, 0.5, 0.9])
def test_a_constant_learns_the_quantile_of_the_targets(tf, tau):
    targets = np.random.default_rng(0).gamma(2, size=1000)
    found = optimize.minimize_scalar(
        lambda guess: value("quantile", targets, np.full(1000, guess), tau=tau).mean(),
        bounds=(0, 10),
        method="bounded",
    ).x
    assert (targets < found).mean() == pytest.approx(tau, abs=0.005)
    pulls = slopes(tf, "quantile", [0.0, 0.0, 0.0], [-1.0, 0.0, 1.0], tau=tau)
    assert pulls == pytest.approx([-tau, 0, 1 - tau])


RESIDUALS = np.asarray([-1e3, -10.0, -1.0, -0.1, 0.0, 0.1, 1.0, 10.0, 1e3])
shapes = st.floats(-7.99, 2)


def robust(residuals, dtype="f8", **options):
    return value("adaptive_robust", np.zeros(len(residuals)), residuals, dtype, **options)


@settings(deadline=None, max_examples=60)
@given(shapes, shapes)
def test_the_loss_rises_with_the_shape(one, other):
    low, high = sorted((one, other))
    least, most = robust(RESIDUALS, shape=low), robust(RESIDUALS, shape=high)
    assert (most - least >= -1e-9 * most).all()
    assert (robust(RESIDUALS, shape=-8.0) <= least * (1 + 1e-9)).all()


@settings(deadline=None, max_examples=60)
@given(st.floats(-8, 2), st.floats(0.01, 100))
def test_the_scale_is_a_unit_and_the_sign_of_no_matter(shape, scale):
    found = robust(RESIDUALS, shape=shape, scale=scale)
    assert found == pytest.approx(robust(RESIDUALS / scale, shape=shape, scale=1.0), rel=1e-9)
    assert found == pytest.approx(found[::-1], rel=1e-12)


def test_at_shape_one_it_is_pseudo_huber():
    for scale in (0.3, 1.0, 4.0):
        theirs = special.pseudo_huber(scale, RESIDUALS) / scale**2
        assert robust(RESIDUALS, shape=1.0, scale=scale) == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("near", [1e-300, 1e-40, 1e-9, 1e-6, -1e-300, -1e-9, -1e-6])
def test_beside_its_limits_it_is_nearly_the_limit(dtype, near):
    cauchy = np.log1p(RESIDUALS**2 / 2)
    assert robust(RESIDUALS, dtype, shape=near) == pytest.approx(cauchy, rel=1e-5)
    square = RESIDUALS**2 / 2
    found = robust(RESIDUALS, dtype, shape=2 - abs(near))
    assert found == pytest.approx(square, rel=3e-5)


def test_its_pull_is_the_one_worked_by_hand(tf):
    found = slopes(tf, "adaptive_robust", *R2, shape=-2.0) / 5
    by_hand = [0.0199003738, -0.0199003738, 0.0392118420, -0.0573884661, 0.0029585799]
    assert found == pytest.approx(by_hand, rel=1e-7)
    residuals = np.asarray([0.1, -0.1, 0.2, -0.3, 10.0])
    welsch = slopes(tf, "adaptive_robust", *R2, shape=-8.0, scale=2.0)
    assert welsch == pytest.approx(residuals / 4 * np.exp(-(residuals**2) / 8), rel=1e-7)
    cauchy = slopes(tf, "adaptive_robust", *R2, shape=0.0, scale=2.0)
    assert cauchy == pytest.approx(2 * residuals / (residuals**2 + 8), rel=1e-9)


def log_partition(shape):
    """By SciPy's quadrature; ``x = sinh(u)`` brings the far tails near."""

    def height(u):
        two, squared = 2 - shape, np.sinh(u) ** 2
        loss = two / shape * np.expm1(shape / 2 * np.log1p(squared / two))
        return np.exp(np.log(np.cosh(u)) - loss)

    area = [integrate.quad(height, *ends, epsabs=1e-13, limit=200)[0] for ends in ((0, 2), (2, 40))]
    return np.log(2 * sum(area))


def learned_at(shape, scale):
    """What must have been learned, beginning at the options' defaults, to be there."""
    odds = special.logit((shape - 0.001) / 1.998) - special.logit((1 - 0.001) / 1.998)
    # Above its floor, 1e-5 of the start, the logarithm of the scale is that of a softplus.
    lift = np.log(1e5)
    moved = np.log(np.expm1(np.log(scale) + lift)) - np.log(np.expm1(lift))
    return {"shape": np.asarray(odds), "scale": np.asarray(moved)}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_table_of_the_partition_is_that_of_quadrature(tf, shape):
    from workbench.losses.adaptive_robust import _log_partition

    theirs = log_partition(shape)
    assert float(_log_partition(np.asarray(shape))) == pytest.approx(theirs, abs=1e-8)
    assert float(_log_partition(np.asarray(shape, "f4"))) == pytest.approx(theirs, abs=5e-7)
    place = tf.Variable(shape, dtype="float64")
    with tf.GradientTape() as tape:
        found = _log_partition(place)
    step = 1e-4 * min(shape, 2 - shape)
    by_hand = (log_partition(shape + step) - log_partition(shape - step)) / (2 * step)
    assert float(tape.gradient(found, place)) == pytest.approx(by_hand, rel=1e-3)


@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_learned_it_is_a_density(shape, scale):
    """The exponential of its negative encloses an area of 1, wherever learning has led it."""
    u = np.arange(-40, 40, 0.02)
    residuals = scale * np.sinh(u)
    heights = np.exp(-robust(residuals, learn=True, learned=learned_at(shape, scale)))
    area = integrate.trapezoid(heights * scale * np.cosh(u), u)
    assert area == pytest.approx(1, abs=1e-6)


def test_learned_it_lies_between_the_normal_and_cauchys_likelihood():
    residuals = np.asarray([-3.0, -0.1, 0.0, 1.0, 5.0])
    normal = robust(residuals, learn=True, learned=learned_at(1.99899, 2.0))
    assert normal == pytest.approx(-stats.norm.logpdf(residuals, scale=2), rel=0.01)
    cauchy = robust(residuals, learn=True, learned=learned_at(0.00101, 2.0))
    theirs = -stats.cauchy.logpdf(residuals, scale=2 * np.sqrt(2))
    assert cauchy == pytest.approx(theirs, rel=0.01)


def test_what_was_learned_counts_for_nothing_when_learning_is_off():
    moved = {"shape": np.asarray(3.0), "scale": np.asarray(-2.0)}
    assert robust(RESIDUALS, learned=moved).tolist() == robust(RESIDUALS).tolist()


def test_a_scale_is_not_learned_below_its_floor():
    """Targets that are all hit would make any density as high as one likes."""
    moved = {"shape": np.asarray(0.0), "scale": np.asarray(-1e6)}
    least = robust(np.zeros(3), learn=True, learned=moved)
    assert least == pytest.approx(np.log(1e-5) + 1.1854952323, rel=1e-7)


@pytest.mark.parametrize(
    ("draw", "shape", "scale"),
    [
        (lambda dice: dice.normal(0, 0.3, 4000), 2.0, 0.3),
        (lambda dice: 0.2 * np.sqrt(2) * dice.standard_cauchy(4000), 0.0, 0.2),
    ],
    ids=["normal", "Cauchy"],
)
def test_the_shape_and_the_scale_of_the_noise_are_found(tf, draw, shape, scale):
    noise = tf.constant(draw(np.random.default_rng(0)))
    function = parts.find("loss", "adaptive_robust").function

    @tf.function(autograph=False)
    def both(moved):
        with tf.GradientTape() as tape:
            tape.watch(moved)
            learned = {"shape": moved[0], "scale": moved[1]}
            losses = function(tf.zeros_like(noise), noise, learn=True, learned=learned)
            mean = tf.reduce_mean(losses)
        return mean, tape.gradient(mean, moved)

    found = optimize.minimize(
        lambda x: [part.numpy() for part in both(tf.constant(x))],
        np.zeros(2),
        jac=True,
        method="L-BFGS-B",
    ).x
    assert 0.001 + 1.998 * special.expit(found[0]) == pytest.approx(shape, abs=0.1)
    assert np.exp(found[1]) == pytest.approx(scale, rel=0.08)


def fitted(name, *, learned=(), start=(0.0, 0.0), **options):
    """The line, and what was learned with it, through points of which one in six is far off."""
    import tensorflow as tf

    dice = np.random.default_rng(0)
    x = dice.uniform(-1, 1, 200)
    y = 2 * x + 1 + 0.1 * dice.normal(size=200)
    off = dice.random(200) < 0.2
    y[off] += dice.normal(3, 5, off.sum())
    function = parts.find("loss", name).function

    @tf.function(autograph=False)
    def both(place):
        with tf.GradientTape() as tape:
            tape.watch(place)
            told = {key: place[2 + n] for n, key in enumerate(learned)}
            more = {"learned": told} if told else {}
            mean = tf.reduce_mean(function(y, place[0] * x + place[1], **options, **more))
        return mean, tape.gradient(mean, place)

    def answer(place):
        return [part.numpy() for part in both(tf.constant(place))]

    first = np.asarray([*start, *[0.0] * len(learned)])
    found = optimize.minimize(answer, first, jac=True, method="L-BFGS-B", tol=1e-14)
    # From where the gradient ends, absolute errors are found by a method without one.
    return optimize.minimize(
        lambda place: answer(place)[0],
        found.x,
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-12, "maxiter": 4000},
    ).x


@pytest.mark.parametrize(
    ("name", "options", "line"),
    [
        ("squared_error", {}, [2.0737, 1.2898]),
        ("huber", {"delta": 1.0}, [1.9839, 1.0405]),
        ("huber", {"delta": 0.15}, [1.9850, 0.9960]),
        ("absolute_error", {}, [1.9758, 0.9882]),
        ("quantile", {"tau": 0.5}, [1.9758, 0.9882]),
        ("adaptive_robust", {"shape": -2.0, "scale": 0.3, "start": (2.0, 1.0)}, [1.9863, 0.9874]),
    ],
)
def test_outliers_draw_a_line_no_further_than_the_loss_lets_them(name, options, line):
    """Lines that another program fitted: 2 and 1 without the outliers."""
    assert fitted(name, **options) == pytest.approx(line, abs=2e-4)


def test_the_learned_loss_finds_the_line_the_tails_and_the_noise():
    found = fitted("adaptive_robust", learned=("shape", "scale"), learn=True)
    assert found[:2] == pytest.approx([1.9785, 0.9784], abs=2e-3)
    assert 0.001 + 1.998 * special.expit(found[2]) == pytest.approx(0.001, abs=0.01)
    assert np.exp(found[3]) == pytest.approx(0.0579, rel=0.02)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_a_normal_likelihood_is_that_of_scipy_over_all_spreads_one_meets(dtype):
    labels = np.asarray([[0.3, -2.0], [0.0, 1.0]])
    means = np.asarray([[0.5, -1.0], [4.0, 1.0]])
    for log_variance in np.linspace(-12, 12, 13):
        outputs = np.stack([means, np.full((2, 2), log_variance)], axis=-1)
        spread = np.exp(log_variance / 2)
        theirs = -stats.norm.logpdf(labels, means, spread).mean(axis=1)
        found = value("gaussian_nll", labels, outputs, dtype)
        assert found == pytest.approx(theirs, rel=1e-5 if dtype == "f4" else 1e-12)


def test_the_best_mean_and_spread_are_those_of_the_sample(tf):
    targets = np.random.default_rng(0).gamma(2, size=100)
    best = np.tile([targets.mean(), np.log(targets.var())], (100, 1))
    pulls = slopes(tf, "gaussian_nll", targets, best).mean(axis=0)
    assert pulls == pytest.approx([0, 0], abs=1e-12)


@pytest.mark.parametrize("far", [13.0, 50.0, 1e4])
def test_a_variance_far_out_feels_the_way_back(tf, far):
    """Too sure by far, it is told to be less so; too unsure, to be more so."""
    pull = slopes(tf, "gaussian_nll", [0.0, 0.0], [[1.0, -far], [1.0, far]])
    assert pull[0, 1] < -1
    assert pull[1, 1] > 1e-6


def test_the_bend_keeps_the_order_and_what_is_near():
    from workbench.losses import bent_log_variance

    places = np.linspace(-100, 100, 2001)
    found = np.asarray(bent_log_variance(places))
    assert (np.diff(found) > 0).all()
    near = np.abs(places) <= 12
    assert found[near].tolist() == places[near].tolist()
    assert np.abs(found).max() < 17


@pytest.mark.parametrize("shape", [(2, 3), (2, 1), (2,), (2, 5, 2)])
def test_outputs_that_are_no_mean_and_spread_are_refused(shape):
    with pytest.raises(ValueError, match="there must be"):
        value("gaussian_nll", np.zeros(2), np.zeros(shape))
