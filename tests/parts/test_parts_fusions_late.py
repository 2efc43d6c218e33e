"""Late fusions: mixtures and products of what heads say; why probabilities leave as logarithms."""

import math

import numpy as np
import pytest
from scipy import special

from workbench import parts, spec

pytestmark = pytest.mark.slow

NAMES = ("audio", "image", "text")
LACKING = [(), ("audio",), ("image", "text"), ("text",), NAMES]
PRESENT = {name: np.asarray([name not in lacks for lacks in LACKING], "f4") for name in NAMES}


def make(name, task, **options):
    part = parts.find("fusion", name)
    return part.function(task=task, **part.check(options))


def said(outputs=3, count=5, seed=1, scale=2.0):
    dice = np.random.default_rng(seed)
    return {n: (scale * dice.normal(size=(count, outputs))).astype("f4") for n in NAMES}


def there(row):
    return [name for name in NAMES if name not in LACKING[row]]


def weigh(fusion, says):
    """Set what is learned, and give the weights that follow by hand."""
    fusion.says.assign(says)
    return dict(zip(NAMES, special.softmax(says), strict=True))


def joined(fusion, outputs, **more):
    return np.asarray(fusion(outputs, **more))


EVEN = dict.fromkeys(NAMES, 1 / 3)
LEARNED = (0.3, -1.0, 0.8)


@pytest.mark.parametrize("learn", [False, True], ids=["equal", "learned"])
@pytest.mark.parametrize("task", ["category", "ordered"])
def test_a_late_average_gives_logarithms_of_mixed_probabilities(task, learn):
    fusion = make("late_average", task, weights="learned" if learn else "equal")
    outputs = said()
    joined(fusion, outputs)
    weights = weigh(fusion, LEARNED) if learn else EVEN
    wanted = sum(w * special.softmax(outputs[n], axis=1) for n, w in weights.items())
    assert np.exp(joined(fusion, outputs)) == pytest.approx(wanted, rel=1e-5)
    told = np.exp(joined(fusion, outputs, present=PRESENT))
    assert told.sum(axis=1) == pytest.approx(np.ones(5), rel=1e-5)
    for row in range(4):
        whole = sum(weights[n] for n in there(row))
        mixed = sum(weights[n] / whole * special.softmax(outputs[n][row]) for n in there(row))
        assert told[row] == pytest.approx(mixed, rel=1e-5)
    assert told[2] == pytest.approx(special.softmax(outputs["audio"][2]), rel=1e-5)
    assert told[4] == pytest.approx(np.full(3, 1 / 3), rel=1e-5)


@pytest.mark.parametrize(("task", "outputs"), [("yes_no", 1), ("labels", 4)])
def test_a_late_average_of_yes_and_no_gives_the_log_odds_of_the_mixture(task, outputs):
    fusion, given = make("late_average", task, weights="learned"), said(outputs)
    joined(fusion, given)
    weights = weigh(fusion, LEARNED)
    chance = sum(w * special.expit(given[n].astype("f8")) for n, w in weights.items())
    assert joined(fusion, given) == pytest.approx(special.logit(chance), abs=1e-5)
    told = joined(fusion, given, present=PRESENT)
    assert told[2] == pytest.approx(given["audio"][2], abs=1e-5)
    assert told[4] == pytest.approx(np.zeros(outputs), abs=1e-6)


@pytest.mark.parametrize(("task", "outputs"), [("number", 1), ("numbers", 2)])
def test_a_late_average_of_numbers_is_their_weighted_mean(task, outputs):
    fusion, given = make("late_average", task, weights="learned"), said(outputs)
    joined(fusion, given)
    weights = weigh(fusion, LEARNED)
    told = joined(fusion, given, present=PRESENT)
    for row in range(4):
        wanted = np.average(
            [given[n][row] for n in there(row)], axis=0, weights=[weights[n] for n in there(row)]
        )
        assert told[row] == pytest.approx(wanted, rel=1e-5)
    assert told[4].tolist() == [0.0] * outputs


@pytest.mark.parametrize("combine", ["product", "geometric_mean"])
def test_a_late_product_multiplies_probabilities(combine):
    fusion, given = make("late_product", "category", weights="learned", combine=combine), said()
    joined(fusion, given)
    weights = weigh(fusion, LEARNED)
    told = joined(fusion, given, present=PRESENT)
    for row in range(4):
        whole = sum(weights[n] for n in there(row)) if combine == "geometric_mean" else 1 / 3
        powers = [
            special.softmax(given[n][row].astype("f8")) ** (weights[n] / whole) for n in there(row)
        ]
        product = np.prod(powers, axis=0)
        assert special.softmax(told[row]) == pytest.approx(product / product.sum(), rel=1e-4)
    assert special.softmax(told[4]) == pytest.approx(np.full(3, 1 / 3), rel=1e-5)


def test_independent_witnesses_of_yes_and_no_add_their_log_odds():
    given = {name: np.full((1, 1), np.log(3), "f4") for name in NAMES}  # each 75 % sure
    surely = special.expit(joined(make("late_product", "yes_no"), given))
    # By Bayes, at even odds before: 27 to 1.
    assert surely == pytest.approx(27 / 28, rel=1e-5)
    mildly = make("late_product", "yes_no", combine="geometric_mean")
    assert special.expit(joined(mildly, given)) == pytest.approx(0.75, rel=1e-5)


@pytest.mark.parametrize("task", ["category", "labels"])
@pytest.mark.parametrize("weights", ["equal", "learned"])
def test_a_product_is_a_sum_of_what_each_modality_says_alone(task, weights):
    fusion = make("late_product", task, weights=weights)
    one, other = said(seed=1), said(seed=2)
    four = [
        joined(fusion, {**first, "text": second["text"]})
        for first in (one, other)
        for second in (one, other)
    ]
    assert four[0] - four[1] - four[2] + four[3] == pytest.approx(0, abs=1e-5)
    # The empirical additive projection, over every pairing of the samples, is the model itself.
    rows = range(5)
    whole = np.asarray([
        [joined(fusion, {n: (one[n][[j]] if n == "text" else one[n][[i]]) for n in NAMES})[0]
         for j in rows] for i in rows
    ])  # fmt: skip
    additive = whole.mean(axis=1)[:, None] + whole.mean(axis=0)[None] - whole.mean(axis=(0, 1))
    assert additive == pytest.approx(whole, abs=1e-5)


@pytest.mark.parametrize("name", ["late_average", "late_product"])
def test_weights_say_how_much_each_modality_counts(name):
    fusion = make(name, "category", weights="learned")
    joined(fusion, said())
    weights = weigh(fusion, LEARNED)
    scale = 1 if name == "late_average" else 3
    for modality, weight in fusion.weights_of().items():
        assert np.asarray(weight) == pytest.approx(scale * weights[modality], rel=1e-5)
    told = {m: np.asarray(w)[:, 0] for m, w in fusion.weights_of(PRESENT).items()}
    for row in range(4):
        assert not any(told[m][row] for m in LACKING[row])
        if name == "late_average":
            assert sum(told[m][row] for m in NAMES) == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("late_average", "category"),
        ("late_average", "yes_no"),
        ("late_average", "number"),
        ("late_product", "category"),
        ("late_product", "yes_no"),
    ],
)
def test_one_modality_alone_is_what_it_says(name, task):
    given = {"image": said(1 if task != "category" else 3)["image"]}
    wanted = given["image"] if task != "category" else special.log_softmax(given["image"], axis=1)
    fusion = make(name, task, weights="learned")
    assert joined(fusion, given) == pytest.approx(wanted, abs=1e-5)
    assert not fusion.trainable_variables


@pytest.mark.parametrize("task", ["category", "yes_no", "labels"])
def test_modalities_that_are_very_sure_of_opposites_keep_value_and_gradient_finite(task):
    import tensorflow as tf

    part = parts.find("fusion", "late_average")
    fusion = part.function(task=task, weights="learned")
    given = {
        n: tf.constant([[s * 1e4, 0.0, -s * 1e4]]) for n, s in zip(NAMES, (1, -1, 1), strict=True)
    }
    fusion(given)
    with tf.GradientTape() as tape:
        tape.watch(given)
        made = fusion(given)
        total = tf.reduce_sum(made)
    found = tape.gradient(total, [*given.values(), *fusion.trainable_variables])
    assert all(np.isfinite(gradient).all() for gradient in found)
    assert np.isfinite(made).all()
    if task == "category":
        # Two of three say the first, one the last.
        assert np.exp(made) == pytest.approx(np.asarray([[2 / 3, 0, 1 / 3]]), abs=1e-6)


def test_softmax_after_a_mean_of_softmaxes_squashes_twice_and_keras_says_nothing(recwarn):
    import keras

    heads = [keras.layers.Softmax()(keras.Input((3,))) for _ in range(2)]
    inputs = [head._keras_history.operation.input for head in heads]
    usual = keras.Model(inputs, keras.layers.Average()(heads))
    surely = np.asarray([[1e4, 0, 0], [0, 1e4, 0], [0, 0, 1e4]], "f4")
    labels = np.arange(3)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    floor = float(loss(labels, usual([surely, surely])))
    assert floor == pytest.approx(0.5514447139, abs=1e-6)
    assert floor == pytest.approx(math.log(1 + 2 / math.e), abs=1e-6)
    assert not [w for w in recwarn if "from_logits" in str(w.message)]
    # Ours gives logarithms, which the log_softmax within a loss leaves as they are.
    ours = make("late_average", "category")({"audio": surely, "image": surely})
    cross_entropy = parts.find("loss", "cross_entropy").function
    assert float(np.mean(cross_entropy(labels, ours))) == pytest.approx(0, abs=1e-6)


def test_what_late_fusions_give_is_refused_by_losses_that_do_not_take_it():
    average = parts.find("fusion", "late_average")
    assert average.decides
    assert average.gives["category"] == "log_probabilities"
    for loss in parts.parts("loss", task="category"):
        refused = spec.loss_conflict(loss, average, "category")
        assert bool(refused) == ("log_probabilities" not in loss.takes or loss.head != "plain")
    assert parts.find("fusion", "late_product").gives["category"] == "logits"
    assert spec.fusion_conflict(parts.find("fusion", "late_product"), None, "number")
