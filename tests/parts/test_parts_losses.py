"""Every loss: shape, finite value and gradient, Keras' own values, and numbers worked by hand."""

import numpy as np
import pytest

from workbench import parts

pytestmark = pytest.mark.slow
LOSSES = parts.parts("loss")


@pytest.fixture(scope="module")
def tf():
    import tensorflow

    return tensorflow


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


def each_option_at_its_ends(part):
    yield part.check({})
    for option in part.options:
        for value in option.extremes():
            yield part.check({option.name: value})


CASES = [(part, options) for part in LOSSES for options in each_option_at_its_ends(part)]


def batch(part, task, scale, dtype="f4"):
    """Labels and outputs of eight samples, right and wrong, up to the given size."""
    dice = np.random.default_rng(0)
    if task in ("category", "ordered"):
        columns = 2 if part.head in ("ranks", "steps") else 3
        outputs = dice.normal(0, scale, (8, columns)).astype(dtype)
        if part.head == "cosine":
            outputs = np.tanh(outputs)
        return np.arange(8, dtype=np.int32) % 3, outputs
    shape = (8, 3) if task in ("labels", "numbers") else (8,)
    labels = dice.normal(0, 1, shape).astype(dtype)
    if task in ("yes_no", "labels"):
        labels = (labels > 0).astype(dtype)
    outputs = dice.normal(0, scale, (*shape, 2) if part.head == "spread" else shape).astype(dtype)
    if task in ("number", "numbers") and part.head == "plain":
        outputs[0] = labels[0]
    return labels, outputs


def facts(part, dtype="f4"):
    """What training fills in: a rare class, and eight samples that count."""
    known = {"counts": np.asarray([90.0, 9.0, 1.0], dtype), "weights": np.ones(8, dtype)}
    return {name: known[name] for name in part.facts}


TASKS = [(part, options, task) for part, options in CASES for task in sorted(part.tasks)]
NAMES = [f"{p.name}-{list(o.values())}-{t}" for p, o, t in TASKS]


@pytest.mark.parametrize("scale", [1.0, 1e4])
@pytest.mark.parametrize(("part", "options", "task"), TASKS, ids=NAMES)
def test_value_and_gradient_are_finite_and_one_a_sample(tf, part, options, task, scale):
    labels, outputs = batch(part, task, scale)
    variable = tf.Variable(outputs)
    with tf.GradientTape() as tape:
        values = part.function(tf.constant(labels), variable, **options, **facts(part))
        total = tf.reduce_sum(values)
    assert values.shape == (8,)
    assert np.isfinite(values.numpy()).all()
    assert np.isfinite(tape.gradient(total, variable).numpy()).all()
    # Where the scale is learned, a loss is a likelihood and may be negative.
    if part.head != "spread" and not options.get("learn"):
        assert (values.numpy() >= -1e-6).all()


# One that detaches a factor leaves a part of its gradient out by choice.
WHOLE = [(part, options, task) for part, options, task in TASKS if not options.get("detach")]


@pytest.mark.parametrize(
    ("part", "options", "task"),
    WHOLE,
    ids=[f"{p.name}-{list(o.values())}-{t}" for p, o, t in WHOLE],
)
def test_the_gradient_is_that_of_central_differences(tf, part, options, task):
    labels, outputs = batch(part, task, 1.0, "f8")
    told = {**options, **facts(part, "f8")}

    def total(values):
        return float(tf.reduce_sum(part.function(tf.constant(labels), tf.constant(values), **told)))

    variable = tf.Variable(outputs)
    with tf.GradientTape() as tape:
        summed = tf.reduce_sum(part.function(tf.constant(labels), variable, **told))
    found = tape.gradient(summed, variable).numpy()
    step = 1e-6
    for index in np.ndindex(*outputs.shape):
        if index[0] == 0:
            continue  # here a number is hit, where an absolute value has no slope
        up, down = outputs.copy(), outputs.copy()
        up[index] += step
        down[index] -= step
        by_hand = (total(up) - total(down)) / (2 * step)
        assert found[index] == pytest.approx(by_hand, rel=1e-3, abs=1e-5), index


DETACHING = [(part, task) for part, options, task in TASKS if options.get("detach")]


@pytest.mark.parametrize(("part", "task"), DETACHING, ids=[f"{p.name}-{t}" for p, t in DETACHING])
def test_what_is_detached_changes_the_gradient_and_not_the_value(tf, part, task):
    labels, outputs = batch(part, task, 1.0, "f8")

    def told(detach):
        variable = tf.Variable(outputs)
        options = part.check({"detach": detach})
        with tf.GradientTape() as tape:
            values = part.function(tf.constant(labels), variable, **options, **facts(part, "f8"))
        return values.numpy(), tape.gradient(values, variable).numpy()

    (whole, slope), (same, other) = told(False), told(True)
    assert same == pytest.approx(whole)
    assert np.abs(slope - other).max() > 1e-3


LEARNING = [(p, t) for p in LOSSES if p.learns for t in sorted(p.tasks)]
LEARNING_NAMES = [f"{part.name}-{task}" for part, task in LEARNING]


def learned(part, task, size, dtype="f8"):
    """Its own numbers, one for each column, as training has them."""
    dice = np.random.default_rng(1)
    shape = (3,) if task in ("labels", "numbers") else ()
    return {name: np.asarray(size * dice.normal(size=shape), dtype) for name in part.learns}


@pytest.mark.parametrize(("part", "task"), LEARNING, ids=LEARNING_NAMES)
def test_what_is_learned_starts_at_the_options(part, task):
    labels, outputs = batch(part, task, 1.0)
    for options in each_option_at_its_ends(part):
        told = {**options, "learn": True, **facts(part)}
        bare = np.asarray(part.function(labels, outputs, **told))
        none = learned(part, task, 0.0, "f4")
        assert np.asarray(part.function(labels, outputs, **told, learned=none)).tolist() == (
            bare.tolist()
        )


@pytest.mark.parametrize(("part", "task"), LEARNING, ids=LEARNING_NAMES)
def test_the_gradient_of_what_is_learned_is_that_of_central_differences(tf, part, task):
    labels, outputs = batch(part, task, 1.0, "f8")
    told = {**part.check({"learn": True}), **facts(part, "f8")}
    start = learned(part, task, 1.0)

    def total(values):
        return tf.reduce_sum(part.function(labels, tf.constant(outputs), **told, learned=values))

    variables = {name: tf.Variable(value) for name, value in start.items()}
    with tf.GradientTape() as tape:
        summed = total(variables)
    found = tape.gradient(summed, variables)
    step = 1e-6
    for name, value in start.items():
        for index in np.ndindex(*value.shape):
            ends = []
            for sign in (1, -1):
                moved = {key: each.copy() for key, each in start.items()}
                moved[name][index] += sign * step
                ends.append(float(total(moved)))
            by_hand = (ends[0] - ends[1]) / (2 * step)
            assert found[name].numpy()[index] == pytest.approx(by_hand, rel=1e-4), (name, index)


@pytest.mark.parametrize("scale", [1.0, 1e4])
@pytest.mark.parametrize("size", [1.0, 1e3])
@pytest.mark.parametrize(("part", "task"), LEARNING, ids=LEARNING_NAMES)
def test_however_far_it_learned_value_and_gradients_are_finite(tf, part, task, size, scale):
    labels, outputs = batch(part, task, scale)
    told = {**part.check({"learn": True}), **facts(part)}
    far = learned(part, task, size, "f4")
    for signs in np.ndindex(*[2] * len(far)):
        variables = {
            name: tf.Variable((-1.0) ** sign * np.abs(value))
            for sign, (name, value) in zip(signs, far.items(), strict=True)
        }
        watched = [tf.Variable(outputs), *variables.values()]
        with tf.GradientTape() as tape:
            values = part.function(tf.constant(labels), watched[0], **told, learned=variables)
        assert np.isfinite(values.numpy()).all()
        for slope in tape.gradient(values, watched):
            assert np.isfinite(slope.numpy()).all()


SOFTMAX = [
    (part, options)
    for part, options in CASES
    if "log_probabilities" in part.takes and "category" in part.tasks
]


@pytest.mark.parametrize(
    ("part", "options"), SOFTMAX, ids=[f"{p.name}-{list(o.values())}" for p, o in SOFTMAX]
)
def test_log_probabilities_are_as_good_as_the_logits_they_came_from(part, options):
    labels, logits = batch(part, "category", 2.0, "f8")
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    one = np.asarray(part.function(labels, logits, **options, **facts(part, "f8")))
    two = np.asarray(part.function(labels, np.log(shares), **options, **facts(part, "f8")))
    assert one == pytest.approx(two, rel=1e-9, abs=1e-12)


PAIRS = [(p, o, t) for p, o, t in TASKS if t in ("labels", "numbers")]


@pytest.mark.parametrize(
    ("part", "options", "task"),
    PAIRS,
    ids=[f"{p.name}-{list(o.values())}-{t}" for p, o, t in PAIRS],
)
def test_the_loss_of_several_is_the_mean_of_the_loss_of_each(part, options, task):
    labels, outputs = batch(part, task, 1.0)
    each = [np.asarray(part.function(labels[:, n], outputs[:, n], **options)) for n in range(3)]
    whole = np.asarray(part.function(labels, outputs, **options))
    assert whole == pytest.approx(np.mean(each, axis=0), rel=1e-5, abs=1e-6)


def test_every_target_but_none_has_a_loss_and_none_says_why():
    for task in parts.TASKS:
        assert bool(parts.parts("loss", task=task)) == (task != "none")
    assert all("no target" in part.fits(task="none") for part in LOSSES)


def value(name, labels, outputs, **options):
    function = parts.find("loss", name).function
    return np.asarray(function(np.asarray(labels), np.asarray(outputs, "f4"), **options))


R1 = ([3.0, -0.5, 2.0, 7.0], [2.5, 0.0, 2.0, 8.0])
R2 = ([1.0, 2.0, 3.0, 4.0, 5.0], [1.1, 1.9, 3.2, 3.7, 15.0])
C1 = ([0, 1, 2], [[2, 1, 0.1], [0.5, 2.5, -1], [-0.3, 0.2, 0.1]])
B1 = ([1.0, 0.0, 0.0, 1.0], [2.0, -1.5, 0.3, -4.0])


@pytest.mark.parametrize(
    ("name", "case", "options", "mean"),
    [
        ("squared_error", R1, {}, 0.1875),
        ("squared_error", R2, {}, 10.015),
        ("absolute_error", R1, {}, 0.5),
        ("absolute_error", R2, {}, 2.14),
        ("huber", R1, {"delta": 1.0}, 0.1875),
        ("huber", R2, {"delta": 1.0}, 1.915),
        ("huber", R1, {"delta": 0.5}, 0.15625),
        ("huber", R2, {"delta": 0.5}, 0.99),
        ("cross_entropy", C1, {}, 0.5303452930),
        ("cross_entropy", C1, {"label_smoothing": 0.1}, 0.6270119597),
        ("cross_entropy", C1, {"label_smoothing": 0.2}, 0.7236786263),
        ("binary_cross_entropy", B1, {}, 1.3002116154),
        ("binary_cross_entropy", B1, {"label_smoothing": 0.1}, 1.2902116154),
        ("binary_cross_entropy", B1, {"pos_weight": 3.0}, 3.3727505848),
    ],
)
def test_numbers_worked_by_hand(name, case, options, mean):
    assert value(name, *case, **options).mean() == pytest.approx(mean, rel=1e-6)


def test_a_sure_and_wrong_answer_costs_its_whole_distance():
    assert value("cross_entropy", [1], [[1000.0, 0.0, -1000.0]]) == pytest.approx([1000.0])
    assert value("binary_cross_entropy", [0.0], [1000.0]) == pytest.approx([1000.0])


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_cross_entropies_are_those_of_keras(keras, smoothing):
    labels, logits = C1
    theirs = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=smoothing, reduction=None
    )(np.eye(3)[labels], np.asarray(logits, "f4"))
    ours = value("cross_entropy", labels, logits, label_smoothing=smoothing)
    assert ours == pytest.approx(np.asarray(theirs), rel=1e-5)
    labels, logits = B1
    theirs = keras.losses.BinaryCrossentropy(
        from_logits=True, label_smoothing=smoothing, reduction=None
    )(np.asarray(labels, "f4")[:, None], np.asarray(logits, "f4")[:, None])
    ours = value("binary_cross_entropy", labels, logits, label_smoothing=smoothing)
    assert ours == pytest.approx(np.asarray(theirs), rel=1e-5)


@pytest.mark.parametrize("case", [R1, R2])
def test_losses_of_numbers_are_those_of_keras(keras, case):
    columns = [np.asarray(column, "f4")[:, None] for column in case]
    squared = keras.losses.MeanSquaredError(reduction=None)(*columns)
    assert 2 * value("squared_error", *case) == pytest.approx(np.asarray(squared))
    absolute = keras.losses.MeanAbsoluteError(reduction=None)(*columns)
    assert value("absolute_error", *case) == pytest.approx(np.asarray(absolute))
    for delta in (0.3, 1.0, 4.0):
        theirs = keras.losses.Huber(delta=delta, reduction=None)(*columns)
        assert value("huber", *case, delta=delta) == pytest.approx(np.asarray(theirs), rel=1e-5)


def gradient(tf, name, labels, outputs, **options):
    outputs = tf.Variable(np.asarray(outputs, "f4"))
    with tf.GradientTape() as tape:
        values = parts.find("loss", name).function(tf.constant(labels), outputs, **options)
    return tape.gradient(values, outputs).numpy()


def test_gradients_of_numbers_are_those_worked_by_hand(tf):
    labels, outputs = R2  # residuals 0.1, -0.1, 0.2, -0.3, 10
    residuals = [0.1, -0.1, 0.2, -0.3, 10.0]
    assert gradient(tf, "squared_error", labels, outputs) == pytest.approx(residuals, rel=1e-5)
    assert gradient(tf, "absolute_error", labels, outputs).tolist() == [1, -1, 1, -1, 1]
    clipped = [0.1, -0.1, 0.2, -0.25, 0.25]
    found = gradient(tf, "huber", labels, outputs, delta=0.25)
    assert found == pytest.approx(clipped, rel=1e-5)


@pytest.mark.parametrize("name", ["squared_error", "absolute_error", "huber"])
def test_a_number_that_is_hit_pulls_no_more(tf, name):
    assert gradient(tf, name, [2.0], [2.0]).tolist() == [0.0]


def test_gradients_of_cross_entropies_are_probability_minus_target(tf):
    found = gradient(tf, "cross_entropy", *C1)
    assert found[0] == pytest.approx([-0.3409988611, 0.2424329706, 0.0985658904], rel=1e-5)
    shares = np.exp(C1[1]) / np.exp(C1[1]).sum(axis=1, keepdims=True)
    target = np.eye(3)[C1[0]] * 0.8 + 0.2 / 3
    smoothed = gradient(tf, "cross_entropy", *C1, label_smoothing=0.2)
    assert smoothed == pytest.approx(shares - target, abs=1e-6)
    labels, logits = np.asarray(B1)
    found = gradient(tf, "binary_cross_entropy", B1[0], B1[1])
    assert found == pytest.approx(1 / (1 + np.exp(-logits)) - labels, abs=1e-6)


def test_a_sure_and_wrong_answer_still_learns(tf):
    """Losses over clipped probabilities have no gradient here."""
    assert gradient(tf, "cross_entropy", [0], [[0.0, 0.0, 1e4]])[0] == pytest.approx([-1, 0, 1])
    assert gradient(tf, "binary_cross_entropy", [1.0], [-1e4]) == pytest.approx([-1])
