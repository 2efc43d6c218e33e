"""Every encoder at its ends, and what stands in for a missing modality."""

import numpy as np
import pytest

from workbench import parts

pytestmark = pytest.mark.slow
SHAPES = {
    "pixels": (16, 16, 3), "log_mel": (18, 16), "wave": (4000,), "tokens": (7,), "sentence": (20,),
}  # fmt: skip
VOCABULARY = 11


def sample(form, count=3, seed=0):
    dice = np.random.default_rng(seed)
    if form == "tokens":
        tokens = dice.integers(1, VOCABULARY, (count, *SHAPES["tokens"]))
        tokens[:, -2:] = 0
        return tokens.astype("i4")
    return dice.random((count, *SHAPES[form])).astype("f4")


def make(part, options):
    known = {"vocabulary": VOCABULARY, "fresh": False}
    context = {name: value for name, value in known.items() if name in part.facts}
    return part.function(**part.check(options), **context)


def vector(given):
    """What an encoder gives as the embedding, alone or beside a sequence."""
    return np.asarray(given["vector"] if isinstance(given, dict) else given)


def variations(part, most=64):
    yield {}
    for option in part.options:
        for value in option.extremes():
            large = isinstance(value, int) and not isinstance(value, bool) and value > most
            yield {option.name: most if large else value}


ENCODERS = [(part, options) for part in parts.parts("encoder") for options in variations(part)]


@pytest.mark.parametrize(("part", "options"), ENCODERS, ids=[f"{p.name}-{o}" for p, o in ENCODERS])
def test_an_encoder_gives_one_finite_embedding_a_sample(part, options):
    given = make(part, options)(sample(part.reads))
    made = vector(given)
    assert made.ndim == 2
    assert made.shape[0] == 3
    assert np.isfinite(made).all()
    if isinstance(given, dict):
        assert set(given) <= {"vector", "sequence", "mask"}
    if isinstance(given, dict) and "sequence" in given:
        sequence = np.asarray(given["sequence"])
        assert sequence.ndim == 3
        assert sequence.shape[0] == 3
        assert np.isfinite(sequence).all()
        if "mask" in given:
            assert np.asarray(given["mask"]).shape == sequence.shape[:2]


@pytest.mark.parametrize("part", parts.parts("encoder"), ids=lambda part: part.name)
def test_a_gradient_reaches_every_weight_of_an_encoder(part):
    import tensorflow as tf

    encoder = make(part, {})
    values = sample(part.reads, count=8)
    with tf.GradientTape() as tape:
        given = encoder(values, training=True)
        told = list(given.values())[:2] if isinstance(given, dict) else [given]
        total = sum(tf.reduce_sum(each**2) for each in told)
    gradients = tape.gradient(total, encoder.trainable_variables)
    for variable, gradient in zip(encoder.trainable_variables, gradients, strict=True):
        assert gradient is not None, variable.path
        assert np.isfinite(tf.convert_to_tensor(gradient).numpy()).all(), variable.path


TEXTS = [part for part in parts.parts("encoder", modality="text") if part.reads == "tokens"]


@pytest.mark.parametrize("part", TEXTS, ids=lambda p: p.name)
def test_padding_does_not_change_what_a_text_means(part):
    encoder = make(part, {})
    short = sample("tokens")
    longer = np.pad(short, ((0, 0), (0, 5)))
    assert vector(encoder(short)) == pytest.approx(vector(encoder(longer)), abs=1e-5)


@pytest.mark.parametrize("part", TEXTS, ids=lambda p: p.name)
def test_a_text_of_padding_alone_has_an_embedding_all_the_same(part):
    assert np.isfinite(vector(make(part, {})(np.zeros((2, 7), "i4")))).all()


def test_the_average_alone_does_not_read_the_order_of_the_words():
    tokens = np.asarray([[2, 3, 4, 5]], "i4")
    for part in TEXTS:
        encoder = make(part, {})
        there, back = vector(encoder(tokens)), vector(encoder(tokens[:, ::-1]))
        assert np.allclose(there, back, atol=1e-6) == (part.name == "text_average"), part.name


@pytest.mark.parametrize(("part", "options"), ENCODERS, ids=[f"{p.name}-{o}" for p, o in ENCODERS])
def test_a_copy_made_from_an_encoders_config_gives_the_same_with_its_weights(part, options):
    encoder = make(part, options)
    values = sample(part.reads)
    given = vector(encoder(values))
    copy = type(encoder).from_config(encoder.get_config())
    copy(values)
    copy.set_weights(encoder.get_weights())
    assert vector(copy(values)) == pytest.approx(given, abs=1e-6)


def learned(layer):
    return sum(int(np.prod(v.shape)) for v in layer.trainable_variables)


def test_encoders_have_as_many_numbers_to_learn_as_their_formulas_say():
    for name, options, inputs in (
        ("image_cnn", {"width": 4, "depth": 2, "size": 8}, 3),
        ("audio_cnn", {"width": 4, "depth": 2, "size": 8}, 1),
    ):
        encoder = make(parts.find("encoder", name), options)
        encoder(sample("pixels" if inputs == 3 else "log_mel"))
        # 3 x 3 kernels, a gain and an offset a channel; the projection sees 8 channels at 4 x 4
        # places (of 16 x 16 pixels, halved twice), or at one time and 4 pitches (of 16 bands).
        places = 16 if inputs == 3 else 4
        kernels = 9 * inputs * 4 + 9 * 4 * 8
        assert learned(encoder) == kernels + 2 * (4 + 8) + (places * 8 + 1) * 8
    average = make(parts.find("encoder", "text_average"), {"size": 8})
    average(sample("tokens"))
    assert learned(average) == VOCABULARY * 8
    lstm = make(parts.find("encoder", "text_lstm"), {"units": 4, "word_size": 5})
    lstm(sample("tokens"))
    assert learned(lstm) == VOCABULARY * 5 + 2 * 4 * (5 + 4 + 1) * 4


def test_the_stand_in_for_a_missing_modality_gets_the_gradient_of_those_who_lack_it():
    import tensorflow as tf

    from workbench.layers import Absent

    layer = Absent()
    given = tf.Variable(np.arange(8, dtype="f4").reshape(4, 2))
    present = np.asarray([1, 0, 1, 0], "f4")
    with tf.GradientTape() as tape:
        made = layer(given, present)
        total = tf.reduce_sum(made * [[1.0], [2.0], [3.0], [4.0]])
    assert made.numpy().tolist() == [[0, 1], [0, 0], [4, 5], [0, 0]]
    to_given, to_learned = tape.gradient(total, [given, layer.embedding.value])
    assert to_given.numpy().tolist() == [[1, 1], [0, 0], [3, 3], [0, 0]]
    assert to_learned.numpy().tolist() == [2 + 4, 2 + 4]
