"""Every encoder and fusion at its ends."""

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


@pytest.mark.parametrize("part", parts.parts("encoder", modality="text"), ids=lambda p: p.name)
def test_a_text_of_padding_alone_has_an_embedding_all_the_same(part):
    assert np.isfinite(np.asarray(make(part, {})(np.zeros((2, 7), "i4")))).all()


def test_only_the_lstm_reads_the_order_of_the_words():
    tokens = np.asarray([[2, 3, 4, 5]], "i4")
    for name, alike in (("text_average", True), ("text_lstm", False)):
        encoder = make(parts.find("encoder", name), {})
        there, back = np.asarray(encoder(tokens)), np.asarray(encoder(tokens[:, ::-1]))
        assert np.allclose(there, back, atol=1e-6) == alike


@pytest.mark.parametrize(("part", "options"), ENCODERS, ids=[f"{p.name}-{o}" for p, o in ENCODERS])
def test_a_copy_made_from_an_encoders_config_gives_the_same_with_its_weights(part, options):
    encoder = make(part, options)
    values = sample(part.modality)
    given = np.asarray(encoder(values))
    copy = type(encoder).from_config(encoder.get_config())
    copy(values)
    copy.set_weights(encoder.get_weights())
    assert np.asarray(copy(values)) == pytest.approx(given, abs=1e-6)


def learned(layer):
    return sum(int(np.prod(v.shape)) for v in layer.trainable_variables)


def test_encoders_have_as_many_numbers_to_learn_as_their_formulas_say():
    for name, options, inputs in (
        ("image_cnn", {"width": 4, "depth": 2, "size": 8}, 3),
        ("audio_cnn", {"width": 4, "depth": 2, "size": 8}, 1),
    ):
        encoder = make(parts.find("encoder", name), options)
        encoder(sample("image" if inputs == 3 else "audio"))
        # 3 x 3 kernels, a gain and an offset a channel; the projection sees 8 channels at 4 x 4
        # places (of 16 x 16 pixels, halved twice), or at one time and 4 pitches (of 16 bands).
        places = 16 if inputs == 3 else 4
        kernels = 9 * inputs * 4 + 9 * 4 * 8
        assert learned(encoder) == kernels + 2 * (4 + 8) + (places * 8 + 1) * 8
    average = make(parts.find("encoder", "text_average"), {"size": 8})
    average(sample("text"))
    assert learned(average) == VOCABULARY * 8
    lstm = make(parts.find("encoder", "text_lstm"), {"units": 4, "word_size": 5})
    lstm(sample("text"))
    assert learned(lstm) == VOCABULARY * 5 + 2 * 4 * (5 + 4 + 1) * 4


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
    given = embeddings(("image", "audio", "text"))
    copy = type(fusion).from_config(fusion.get_config())
    copy(given)
    copy.set_weights(fusion.get_weights())
    assert np.asarray(copy(given)) == pytest.approx(np.asarray(fusion(given)), abs=1e-6)


@pytest.mark.parametrize(("name", "norms"), [("concat", True), ("average", True), ("gated", False)])
def test_fusions_have_as_many_numbers_to_learn_as_their_formulas_say(name, norms):
    fusion = parts.find("fusion", name).function(**parts.find("fusion", name).check({"size": 8}))
    fusion(embeddings(("image", "audio", "text")))
    widths = np.asarray([6, 9, 5])
    side_by_side, one_each = (20 + 1) * 8, ((widths + 1) * 8).sum()
    wanted = {"concat": side_by_side, "average": one_each, "gated": one_each + 3 * side_by_side}
    assert learned(fusion) == wanted[name] + (2 * 20 if norms else 0)


def test_one_modality_alone_is_not_gated():
    fusion = parts.find("fusion", "gated").function(size=8)
    given = embeddings(("audio",))
    fused = np.asarray(fusion(given))
    assert learned(fusion) == (9 + 1) * 8
    assert fused == pytest.approx(np.asarray(fusion.values_of["audio"](given["audio"])))


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


TOLD = ("average", "gated")


def fused_and_presence(name, names, lacking):
    """A fusion, embeddings, and who has what: sample ``n`` lacks those of ``lacking[n]``."""
    part = parts.find("fusion", name)
    fusion = part.function(**part.check({"size": 8}))
    given = embeddings(names, count=len(lacking))
    present = {m: np.asarray([m not in lacks for lacks in lacking], "f4") for m in names}
    return fusion, given, present


@pytest.mark.parametrize("names", EVERY_CHOICE, ids="+".join)
@pytest.mark.parametrize("name", TOLD)
def test_a_fusion_told_that_nothing_is_missing_gives_what_it_gives_untold(name, names):
    fusion, given, present = fused_and_presence(name, names, [(), ()])
    untold = np.asarray(fusion(given))
    assert np.asarray(fusion(given, present=present)) == pytest.approx(untold, abs=1e-6)
    some = dict(list(present.items())[:1])  # of the others none is ever missing
    assert np.asarray(fusion(given, present=some)) == pytest.approx(untold, abs=1e-6)


@pytest.mark.parametrize("names", [n for n in EVERY_CHOICE if len(n) > 1], ids="+".join)
def test_an_average_is_taken_over_those_that_are_there(names):
    lacking = [(), names[:1], names[1:], names[-1:]]
    fusion, given, present = fused_and_presence("average", names, lacking)
    fused = np.asarray(fusion(given, present=present))
    projected = {m: np.asarray(fusion.projections[m](fusion.norms[m](given[m]))) for m in names}
    for row, lacks in enumerate(lacking):
        there = [projected[m][row] for m in names if m not in lacks]
        assert fused[row] == pytest.approx(np.maximum(np.mean(there, axis=0), 0), abs=1e-6)


def test_an_average_of_nothing_is_zero_not_nan():
    fusion, given, present = fused_and_presence("average", ("image", "text"), [("image", "text")])
    assert np.asarray(fusion(given, present=present)).tolist() == [[0.0] * 8]


def test_of_two_gated_modalities_the_one_that_is_there_passes_whole():
    names = ("image", "text")
    fusion, given, present = fused_and_presence("gated", names, [("image",), ("text",), ()])
    fused = np.asarray(fusion(given, present=present))
    values = {m: np.asarray(fusion.values_of[m](given[m])) for m in names}
    assert fused[0] == pytest.approx(values["text"][0], abs=1e-6)
    assert fused[1] == pytest.approx(values["image"][1], abs=1e-6)
    assert fused[2] == pytest.approx(np.asarray(fusion(given))[2], abs=1e-6)


def test_of_three_gated_modalities_those_that_are_missing_add_nothing():
    names = ("image", "audio", "text")
    fusion, given, present = fused_and_presence("gated", names, [("image", "audio"), ("text",)])
    fused = np.asarray(fusion(given, present=present))
    whole = np.concatenate([given[m] for m in sorted(names)], axis=-1)
    gated = {m: np.asarray(fusion.gates[m](whole) * fusion.values_of[m](given[m])) for m in names}
    assert fused[0] == pytest.approx(gated["text"][0], abs=1e-6)
    assert fused[1] == pytest.approx((gated["image"] + gated["audio"])[1], abs=1e-6)


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
