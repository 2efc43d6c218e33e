"""Every encoder and fusion at its ends; optimisers and schedules."""

import itertools

import numpy as np
import pytest

from workbench import parts

pytestmark = pytest.mark.slow
SHAPES = {"image": (16, 16, 3), "audio": (18, 16), "text": (7,)}
VOCABULARY = 11


def sample(modality, count=3, seed=0):
    dice = np.random.default_rng(seed)
    if modality == "text":
        tokens = dice.integers(1, VOCABULARY, (count, *SHAPES["text"]))
        tokens[:, -2:] = 0
        return tokens.astype("i4")
    return dice.random((count, *SHAPES[modality])).astype("f4")


def make(part, options):
    context = {"vocabulary": VOCABULARY} if part.modality == "text" else {}
    return part.function(**part.check(options), **context)


def variations(part, most=64):
    yield {}
    for option in part.options:
        for value in option.extremes():
            large = isinstance(value, int) and not isinstance(value, bool) and value > most
            yield {option.name: most if large else value}


ENCODERS = [(part, options) for part in parts.parts("encoder") for options in variations(part)]
FUSIONS = [(part, options) for part in parts.parts("fusion") for options in variations(part)]


@pytest.mark.parametrize(("part", "options"), ENCODERS, ids=[f"{p.name}-{o}" for p, o in ENCODERS])
def test_an_encoder_gives_one_finite_embedding_a_sample(part, options):
    made = np.asarray(make(part, options)(sample(part.modality)))
    assert made.ndim == 2
    assert made.shape[0] == 3
    assert np.isfinite(made).all()


@pytest.mark.parametrize("part", parts.parts("encoder"), ids=lambda part: part.name)
def test_a_gradient_reaches_every_weight_of_an_encoder(part):
    import tensorflow as tf

    encoder = make(part, {})
    values = sample(part.modality, count=8)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(encoder(values, training=True) ** 2)
    gradients = tape.gradient(total, encoder.trainable_variables)
    for variable, gradient in zip(encoder.trainable_variables, gradients, strict=True):
        assert gradient is not None, variable.path
        assert np.isfinite(tf.convert_to_tensor(gradient).numpy()).all(), variable.path


@pytest.mark.parametrize("part", parts.parts("encoder", modality="text"), ids=lambda p: p.name)
def test_padding_does_not_change_what_a_text_means(part):
    encoder = make(part, {})
    short = sample("text")
    longer = np.pad(short, ((0, 0), (0, 5)))
    assert np.asarray(encoder(short)) == pytest.approx(np.asarray(encoder(longer)), abs=1e-5)


def embeddings(names, count=4):
    dice = np.random.default_rng(1)
    widths = {"image": 6, "audio": 9, "text": 5}
    return {name: dice.normal(size=(count, widths[name])).astype("f4") for name in names}


EVERY_CHOICE = [
    names
    for size in (1, 2, 3)
    for names in itertools.combinations(("image", "audio", "text"), size)
]


@pytest.mark.parametrize("names", EVERY_CHOICE, ids="+".join)
@pytest.mark.parametrize(("part", "options"), FUSIONS, ids=[f"{p.name}-{o}" for p, o in FUSIONS])
def test_a_fusion_takes_one_to_three_modalities_in_any_order(part, options, names):
    fusion = part.function(**part.check(options))
    given = embeddings(names)
    fused = np.asarray(fusion(given))
    assert fused.shape == (4, part.check(options)["size"])
    assert np.isfinite(fused).all()
    turned = np.asarray(fusion(dict(reversed(given.items()))))
    assert fused == pytest.approx(turned, abs=1e-6)


@pytest.mark.parametrize("part", parts.parts("fusion"), ids=lambda part: part.name)
def test_every_weight_of_a_fusion_learns_and_a_copy_is_made_from_its_config(part):
    import tensorflow as tf

    fusion = part.function(**part.check({}))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(fusion(embeddings(("image", "audio", "text")), training=True) ** 2)
    for gradient in tape.gradient(total, fusion.trainable_variables):
        assert gradient is not None
    copy = type(fusion).from_config(fusion.get_config())
    copy(embeddings(("image", "audio", "text")))
    assert [v.shape for v in copy.variables] == [v.shape for v in fusion.variables]


def test_two_gated_modalities_share_one_gate_that_lies_between_their_values():
    part = parts.find("fusion", "gated")
    fusion = part.function(**part.check({"size": 8}))
    given = embeddings(("image", "text"))
    fused = np.asarray(fusion(given))
    values = [np.asarray(fusion.values_of[name](given[name])) for name in given]
    assert (fused <= np.maximum(*values) + 1e-6).all()
    assert (fused >= np.minimum(*values) - 1e-6).all()
    assert len(fusion.gates) == 1
    # Dense layers: (6 + 1) * 8 and (5 + 1) * 8 for the values, (11 + 1) * 8 for the gate.
    assert sum(np.prod(v.shape) for v in fusion.trainable_variables) == 56 + 48 + 96


@pytest.mark.parametrize("part", parts.parts("optimizer"), ids=lambda part: part.name)
def test_an_optimiser_walks_down_a_bowl(part):
    import keras

    optimizer = part.function(0.05, **part.check({}))
    weight = keras.Variable([3.0, -2.0])
    optimizer.build([weight])
    for _ in range(20):
        optimizer.apply([weight * 2.0], [weight])
    assert np.abs(np.asarray(weight)).sum() < 4.5


@pytest.mark.parametrize("part", parts.parts("schedule"), ids=lambda part: part.name)
def test_a_schedule_stays_between_nothing_and_its_base(part):
    for options in variations(part):
        chosen = part.check(options)
        rates = [part.function(step, base=0.2, total=50, **chosen) for step in range(50)]
        assert all(0 <= rate <= 0.2 + 1e-12 for rate in rates)
        assert max(rates) > 0


def test_cosine_is_that_of_keras_after_its_warm_up():
    import keras

    part = parts.find("schedule", "cosine")
    theirs = keras.optimizers.schedules.CosineDecay(0.1, 100)
    for step in (0, 1, 37, 99):
        ours = part.function(step, base=0.1, total=100, warmup=0.0, floor=0.0)
        assert ours == pytest.approx(float(theirs(step)), abs=1e-8)  # theirs is float32


def test_a_warm_up_rises_in_even_steps():
    part = parts.find("schedule", "constant")
    rates = [part.function(step, base=1.0, total=40, warmup=0.1) for step in range(6)]
    assert rates == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])
