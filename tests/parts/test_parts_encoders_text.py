"""Encoders of texts: vector, sequence and mask, against Keras and against sums by hand."""

import numpy as np
import pytest

from workbench import parts
from workbench.errors import UserError

pytestmark = pytest.mark.slow
VOCABULARY = 13
EVERY = [part for part in parts.parts("encoder", modality="text") if part.reads == "tokens"]
SEQUENTIAL = [part for part in EVERY if part.name != "text_average"]
MOST = 64


def name_of(part):
    return part.name


def make(name, dtype=None, **options):
    import keras

    part = parts.find("encoder", name)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype or before)
    try:
        return part.function(vocabulary=VOCABULARY, **part.check(options))
    finally:
        keras.config.set_dtype_policy(before)


def tokens(count=5, words=9, seed=0):
    """Texts of 1 to ``words`` words, in order; the last is padding alone."""
    dice = np.random.default_rng(seed)
    found = dice.integers(1, VOCABULARY, (count, words)).astype("i4")
    lengths = np.linspace(words, 0, count).astype(int)
    found[np.arange(words) >= lengths[:, None]] = 0
    return found


def arrays(given):
    return {name: np.asarray(values) for name, values in given.items()}


def variations():
    for part in EVERY:
        yield part.name, {}
        for option in part.options:
            for value in option.extremes():
                large = isinstance(value, int) and not isinstance(value, bool) and value > MOST
                yield part.name, {option.name: MOST if large else value}
    for bidirectional in (False, True):
        yield "text_lstm", {"cell": "gru", "bidirectional": bidirectional}
    yield "text_transformer", {"pooling": "first", "positions": "learned", "dropout": 0.5}


CHOICES = [pytest.param(name, options, id=f"{name}-{options}") for name, options in variations()]


@pytest.mark.parametrize(("name", "options"), CHOICES)
def test_an_encoder_gives_a_vector_and_a_sequence_with_its_mask(name, options):
    given = tokens()
    encoder = make(name, **options)
    made = arrays(encoder(given))
    assert set(made) == {"vector", "sequence", "mask"}
    assert made["vector"].shape[0] == 5
    assert made["vector"].ndim == 2
    assert made["sequence"].shape[:2] == given.shape
    assert (made["mask"] == (given != 0)).all()
    assert all(np.isfinite(values).all() for values in made.values())
    assert not made["sequence"][given == 0].any(), "nothing stands where no word stands"
    told = encoder.compute_output_shape((None, 9))
    assert {n: (None, *v.shape[1:]) for n, v in made.items() if n != "mask"} == {
        n: (None, *shape[1:]) for n, shape in told.items() if n != "mask"
    }


@pytest.mark.parametrize(("name", "options"), CHOICES)
def test_a_copy_made_from_the_config_gives_the_same_with_its_weights(name, options):
    encoder = make(name, **options)
    given = tokens()
    made = arrays(encoder(given))
    copy = type(encoder).from_config(encoder.get_config())
    copy(given)
    copy.set_weights(encoder.get_weights())
    for key, values in arrays(copy(given)).items():
        assert values == pytest.approx(made[key], abs=1e-6)


@pytest.mark.parametrize(("name", "options"), CHOICES)
def test_a_gradient_reaches_every_weight(name, options):
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(3)
    encoder = make(name, **options)
    # Every token is read, so that a weight without a gradient is a fault and no chance.
    given = np.resize(np.arange(1, VOCABULARY, dtype="i4"), (VOCABULARY, 9))
    encoder(given)
    with tf.GradientTape() as tape:
        made = encoder(given, training=False)
        total = tf.reduce_sum(made["vector"] ** 2) + tf.reduce_sum(made["sequence"] ** 2)
    gradients = tape.gradient(total, encoder.trainable_variables)
    for variable, gradient in zip(encoder.trainable_variables, gradients, strict=True):
        assert gradient is not None, variable.path
        values = tf.convert_to_tensor(gradient).numpy()
        assert np.isfinite(values).all(), variable.path
        # Softmax does not see what is added to all keys: that gradient is 0 for ever.
        assert values.any() or "key/bias" in variable.path, variable.path


@pytest.mark.parametrize("part", EVERY, ids=name_of)
def test_padding_changes_nothing(part):
    encoder = make(part.name)
    short = tokens()
    made, longer = arrays(encoder(short)), arrays(encoder(np.pad(short, ((0, 0), (0, 6)))))
    assert longer["vector"] == pytest.approx(made["vector"], abs=1e-5)
    assert longer["sequence"][:, :9] == pytest.approx(made["sequence"], abs=1e-5)


@pytest.mark.parametrize(("name", "options"), CHOICES)
def test_what_padding_has_learned_does_not_matter(name, options):
    encoder = make(name, **options)
    given = tokens()
    made = np.asarray(encoder(given)["vector"])
    weights = encoder.embedding.get_weights()[0]
    weights[0] += 100
    encoder.embedding.set_weights([weights])
    assert np.asarray(encoder(given)["vector"]) == pytest.approx(made, abs=1e-5)


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis 3")
@pytest.mark.parametrize(("name", "options"), CHOICES)
def test_one_text_of_one_word_is_a_batch_as_well(name, options):
    encoder = make(name, **options)
    made = arrays(encoder(np.asarray([[4]], "i4"), training=True))
    assert made["vector"].shape[0] == 1
    assert np.isfinite(made["vector"]).all()


@pytest.mark.parametrize("name", ["text_average", "text_lstm"])
def test_a_text_of_padding_alone_has_a_vector_of_zeros(name):
    assert not np.asarray(make(name)(np.zeros((2, 7), "i4"))["vector"]).any()


@pytest.mark.parametrize("part", EVERY, ids=name_of)
def test_half_precision_computes_in_half_and_keeps_its_weights_whole(part):
    encoder, whole = make(part.name, "mixed_float16"), make(part.name)
    given = tokens()
    made = encoder(given)
    assert {str(values.dtype.name) for values in made.values()} == {"float16"}
    assert {str(v.dtype) for v in encoder.trainable_variables} == {"float32"}
    whole(given)
    whole.set_weights(encoder.get_weights())
    wanted = np.asarray(whole(given)["vector"])
    assert np.asarray(made["vector"], "f4") == pytest.approx(wanted, abs=0.02)


@pytest.mark.parametrize("part", EVERY, ids=name_of)
def test_it_stands_in_a_model_and_is_traced(part):
    import keras

    given = tokens()
    inputs = keras.Input((9,), dtype="int32")
    encoder = make(part.name)
    model = keras.Model(inputs, encoder(inputs))
    made, wanted = model.predict(given, verbose=0), arrays(encoder(given))
    for key, values in wanted.items():
        assert made[key] == pytest.approx(values, abs=1e-5)


@pytest.mark.parametrize("part", EVERY, ids=name_of)
def test_all_but_the_average_read_the_order_of_the_words(part):
    encoder = make(part.name)
    there = np.asarray([[2, 3, 4, 5, 6, 7]], "i4")
    forth, back = (np.asarray(encoder(t)["vector"]) for t in (there, there[:, ::-1].copy()))
    assert np.allclose(forth, back, atol=1e-6) == (part.name == "text_average")


@pytest.mark.parametrize("part", SEQUENTIAL, ids=name_of)
def test_who_comes_first_can_be_learned(part):
    """Word 2 before word 3, or after: the same words in the end, so only their order tells."""
    import keras

    keras.utils.set_random_seed(1)
    dice = np.random.default_rng(0)
    given = dice.integers(4, VOCABULARY, (512, 8)).astype("i4")
    at = np.asarray([dice.choice(7) for _ in given])
    first = dice.integers(0, 2, len(given))
    rows = np.arange(len(given))
    given[rows, at], given[rows, at + 1] = 2 + first, 3 - first
    inputs = keras.Input((8,), dtype="int32")
    said = keras.layers.Dense(1)(make(part.name, dropout=0.0)(inputs)["vector"])
    model = keras.Model(inputs, said)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    rate = 0.003 if part.name == "text_transformer" else 0.01
    model.compile(keras.optimizers.Adam(rate), loss)
    model.fit(given[:384], first[:384], epochs=20, batch_size=32, verbose=0)
    right = (model.predict(given[384:], verbose=0)[:, 0] > 0) == first[384:]
    assert right.mean() > 0.9


def test_an_average_is_the_mean_of_the_embeddings_of_its_words():
    encoder = make("text_average", size=8)
    given = tokens()
    made = np.asarray(encoder(given)["vector"])
    table = encoder.embedding.get_weights()[0]
    for row, vector in zip(given[:-1], made, strict=False):
        assert vector == pytest.approx(table[row[row != 0]].mean(axis=0), abs=1e-6)


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_the_memory_is_that_of_keras_with_its_own_mask(cell, bidirectional):
    import keras

    encoder = make("text_lstm", cell=cell, bidirectional=bidirectional, units=6, word_size=5)
    given = tokens()[:-1]
    made = arrays(encoder(given))
    memory = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[cell](6, return_sequences=True)
    theirs = keras.Sequential(
        [
            keras.layers.Embedding(VOCABULARY, 5, mask_zero=True),
            keras.layers.Bidirectional(memory) if bidirectional else memory,
        ]
    )
    theirs(given)
    theirs.set_weights(encoder.get_weights())
    table, *rest = encoder.get_weights()
    table[0] = 0
    theirs.set_weights([table, *rest])
    sequence = np.asarray(theirs(given)) * (given != 0)[:, :, None]
    assert made["sequence"] == pytest.approx(sequence, abs=1e-6)
    last = (given != 0).sum(axis=1) - 1
    forwards = sequence[np.arange(len(given)), last, :6]
    wanted = [forwards, sequence[:, 0, 6:]] if bidirectional else [forwards]
    assert made["vector"] == pytest.approx(np.concatenate(wanted, axis=1), abs=1e-6)


def test_a_filter_gives_its_highest_answer_over_all_windows_as_a_sum_by_hand_says():
    encoder = make("text_cnn", window=2, windows=2, filters=4, word_size=5, size=8)
    given = tokens()
    made = arrays(encoder(given))
    table = encoder.embedding.get_weights()[0]
    answers = np.zeros((*given.shape, 8))
    for place, convolution in enumerate(encoder.convolutions):
        kernel, bias = convolution.get_weights()
        reach = len(kernel)
        for text, row in enumerate(given):
            words = np.zeros((len(row) + 2 * reach, 5))
            known = row != 0
            words[reach : reach + len(row)][known] = table[row[known]]
            for at in np.flatnonzero(known):
                start = reach + at - (reach - 1) // 2
                answer = np.einsum("ws,wsf->f", words[start : start + reach], kernel) + bias
                answers[text, at, 4 * place : 4 * place + 4] = np.maximum(answer, 0)
    assert made["sequence"] == pytest.approx(answers, abs=1e-5)
    weights, bias = encoder.projection.get_weights()
    vector = np.maximum(answers.max(axis=1) @ weights + bias, 0)
    assert made["vector"] == pytest.approx(vector, abs=1e-5)


def test_encoders_have_as_many_numbers_to_learn_as_their_formulas_say():
    def learned(name, **options):
        encoder = make(name, **options)
        encoder(tokens())
        return sum(int(np.prod(v.shape)) for v in encoder.trainable_variables)

    words, size = VOCABULARY, 8
    assert learned("text_average", size=size) == words * size
    assert learned("text_lstm", units=4, word_size=5) == words * 5 + 2 * 4 * (5 + 4 + 1) * 4
    # A GRU of Keras has two biases a gate.
    assert learned("text_lstm", cell="gru", units=4, word_size=5) == (
        words * 5 + 2 * 3 * (5 + 4 + 2) * 4
    )
    filters = sum((width * 5 + 1) * 4 for width in (3, 4, 5))
    assert learned("text_cnn", filters=4, word_size=5, size=size) == (
        words * 5 + filters + (12 + 1) * size
    )
    block = 4 * (size**2 + size) + 4 * size**2 + 3 * size + 2 * 2 * size
    plain = learned("text_transformer", size=size, depth=2, heads=2)
    assert plain == words * size + 2 * block + 2 * size
    places = learned("text_transformer", size=size, depth=2, heads=2, positions="learned")
    assert places == plain + 9 * size
    first = learned("text_transformer", size=size, depth=2, heads=2, pooling="first")
    assert first == plain + size


def test_learned_places_refuse_longer_texts_in_words():
    encoder = make("text_transformer", positions="learned")
    encoder(tokens())
    assert np.isfinite(np.asarray(encoder(tokens(words=4))["vector"])).all()
    with pytest.raises(UserError, match="places of 9 words, and was given 12"):
        encoder(tokens(words=12))


def sentence(**options):
    part = parts.find("encoder", "text_sentence")
    return part.function(**part.check(options))


@pytest.mark.parametrize("options", [{}, {"hidden": 16}, {"dropout": 0.5}, {"size": 8}], ids=str)
def test_vectors_of_a_sentence_model_are_projected(options):
    import tensorflow as tf

    given = np.random.default_rng(0).normal(size=(4, 12)).astype("f4")
    given /= np.linalg.norm(given, axis=1, keepdims=True)
    encoder = sentence(**options)
    with tf.GradientTape() as tape:
        made = encoder(given, training=True)
        total = tf.reduce_sum(made**2)
    assert made.shape == (4, options.get("size", 64))
    for gradient in tape.gradient(total, encoder.trainable_variables):
        assert np.isfinite(gradient.numpy()).all()
    copy = type(encoder).from_config(encoder.get_config())
    copy(given)
    copy.set_weights(encoder.get_weights())
    assert np.asarray(copy(given)) == pytest.approx(np.asarray(encoder(given)), abs=1e-6)
    assert np.isfinite(np.asarray(encoder(np.zeros((1, 12), "f4")))).all()


def test_a_projection_is_a_dense_layer_on_the_stretched_vector():
    given = np.eye(4, dtype="f4")
    encoder = sentence(size=8)
    made = np.asarray(encoder(given))
    kernel, bias = encoder.get_weights()
    assert made == pytest.approx(np.maximum(2 * given @ kernel + bias, 0), abs=1e-6)


def test_an_encoder_says_which_form_it_reads():
    part, other = parts.find("encoder", "text_sentence"), parts.find("encoder", "text_lstm")
    assert part.fits(modality="text", form="sentence") == ""
    assert part.fits(form="tokens") == (
        "Reads vectors of a sentence model; yours are read as token numbers."
    )
    assert other.fits(form="tokens") == ""
    assert "Reads token numbers" in other.fits(form="sentence")


@pytest.mark.parametrize("part", EVERY, ids=name_of)
def test_words_and_vectors_are_not_taken_for_one_another(part):
    with pytest.raises(UserError, match=r"reads token numbers.*text_sentence"):
        make(part.name)(np.zeros((2, 9), "f4"))
    for wrong in (tokens(), np.zeros((2, 3, 4), "f4")):
        with pytest.raises(UserError, match=r"reads vectors of a sentence model.*sentence_model"):
            sentence()(wrong)
