"""Encoders of pictures and sounds against Keras, and against arithmetic by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from workbench import layers, parts
from workbench.errors import UserError

pytestmark = pytest.mark.slow
SHAPES = {"pixels": (16, 16, 3), "log_mel": (18, 16), "wave": (4000,)}
EVERY = [part for part in parts.parts("encoder") if part.modality in ("image", "audio")]
SMALL = {"image_pretrained": {"size": 8}}


def make(part, **options):
    facts = {"fresh": False} if "fresh" in part.facts else {}
    return part.function(**part.check(options), **facts)


def named(name, **options):
    return make(parts.find("encoder", name), **options)


def sample(form, count=3, shape=None):
    dice = np.random.default_rng(count)
    return dice.random((count, *(shape or SHAPES[form]))).astype("f4")


def told(given):
    return {name: np.asarray(value, "f4") for name, value in given.items()}


@pytest.mark.parametrize("part", EVERY, ids=lambda part: part.name)
def test_a_vector_and_a_sequence_have_the_shapes_that_were_announced(part):
    encoder, values = make(part), sample(part.reads)
    given = told(encoder(values))
    announced = encoder.compute_output_shape((None, *values.shape[1:]))
    assert set(given) == set(announced) == {"vector", "sequence"}
    for name, shape in announced.items():
        assert shape[0] is None
        assert given[name].shape[1:] == tuple(shape[1:]), name


@pytest.mark.parametrize("part", EVERY, ids=lambda part: part.name)
def test_one_sample_alone_is_told_as_in_company(part):
    encoder, values = make(part), sample(part.reads)
    together = told(encoder(values))
    for row in range(len(values)):
        alone = told(encoder(values[row : row + 1]))
        for name, value in alone.items():
            assert value[0] == pytest.approx(together[name][row], rel=1e-3, abs=1e-4), name


@pytest.mark.parametrize("part", EVERY, ids=lambda part: part.name)
def test_a_batch_of_one_can_be_trained_on(part):
    encoder = make(part)
    with tf.GradientTape() as tape:
        given = encoder(sample(part.reads, 1), training=True)
        total = sum(tf.reduce_sum(each**2) for each in given.values())
    for gradient in tape.gradient(total, encoder.trainable_variables):
        assert np.isfinite(tf.convert_to_tensor(gradient).numpy()).all()


@pytest.fixture
def half_precision():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("part", EVERY, ids=lambda part: part.name)
def test_half_precision_gives_about_the_same_and_trains(part, half_precision):
    encoder, values = make(part), sample(part.reads)
    with tf.GradientTape() as tape:
        given = encoder(values, training=True)
        total = sum(tf.reduce_mean(tf.cast(each, "float32") ** 2) for each in given.values())
    gradients = tape.gradient(total, encoder.trainable_variables)
    assert all(value.dtype == "float16" for value in given.values())
    assert all(variable.dtype == "float32" for variable in encoder.trainable_variables)
    assert all(np.isfinite(tf.convert_to_tensor(g).numpy()).all() for g in gradients)
    half = told(encoder(values))
    keras.config.set_dtype_policy("float32")
    exact = make(part)
    exact(values)
    exact.set_weights(encoder.get_weights())
    for name, value in told(exact(values)).items():
        near = 0.03 * float(np.abs(value).max()) + 0.01
        assert half[name] == pytest.approx(value, abs=near), name


@pytest.mark.parametrize("part", EVERY, ids=lambda part: part.name)
def test_a_saved_model_is_opened_again_and_says_the_same(part, tmp_path):
    values = sample(part.reads)
    entry = keras.Input(values.shape[1:])
    given = make(part, **SMALL.get(part.name, {}))(entry)
    model = keras.Model(entry, given)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    for name, value in told(model(values)).items():
        assert told(again(values))[name] == pytest.approx(value, abs=1e-5), name


@pytest.mark.parametrize("side", [16, 33, 512])
@pytest.mark.parametrize("name", ["image_cnn", "image_resnet", "image_vit", "image_pretrained"])
def test_pictures_of_any_size_are_read(name, side):
    options = {"patch": 16} if name == "image_vit" else {}
    given = told(named(name, **options)(sample("pixels", 1, (side, side, 3))))
    assert all(np.isfinite(value).all() for value in given.values())
    assert given["vector"].shape == (1, 64)


SPECTROGRAMS = [part for part in EVERY if part.reads == "log_mel"]


@pytest.mark.parametrize("shape", [(1, 8), (3, 8), (98, 64), (599, 256)])
@pytest.mark.parametrize("part", SPECTROGRAMS, ids=lambda part: part.name)
def test_spectrograms_of_any_length_are_read(part, shape):
    given = told(make(part)(sample("log_mel", 1, shape)))
    assert all(np.isfinite(value).all() for value in given.values())


@pytest.mark.parametrize("length", [1, 79, 16000])
def test_waves_of_any_length_are_read(length):
    given = told(named("audio_wave")(sample("wave", 1, (length,))))
    assert all(np.isfinite(value).all() for value in given.values())


def test_patches_that_are_too_many_to_look_at_one_another_are_refused_in_words():
    with pytest.raises(UserError, match=r"cut 512 x 512 into 65,536 places") as refused:
        named("image_vit", patch=2).build((None, 512, 512, 3))
    assert "Raise the patch of image_vit from 2" in refused.value.remedy


def test_an_encoder_of_waves_is_refused_for_spectrograms_in_words_and_the_other_way():
    wave, cnn = parts.find("encoder", "audio_wave"), parts.find("encoder", "audio_cnn")
    assert wave.fits(modality="audio", form="wave") == ""
    assert wave.fits(form="log_mel") == (
        "Reads raw waves; yours are read as log-mel spectrograms."
    )  # fmt: skip
    assert cnn.fits(form="wave") == "Reads log-mel spectrograms; yours are read as raw waves."


def normed(norm, name):
    if norm == "none":
        return lambda values: values
    if norm == "group":
        return keras.layers.GroupNormalization(8, name=name)
    return keras.layers.BatchNormalization(momentum=0.9, name=name)


def residual_by_keras(width, stages, norm, size, side=16):
    """The same network from Keras' own layers, each with the name that ours has."""
    entry = keras.Input((side, side, 3))

    def mapped(values, channels, name, stride=1):
        convolution = keras.layers.Conv2D(
            channels, 3, stride, padding="same", use_bias=norm == "none", name=name
        )
        return normed(norm, f"{name}_norm")(convolution(values))

    values = keras.layers.ReLU()(mapped(entry, width, "stem", 2))
    for stage in range(stages):
        channels, stride, name = width * 2**stage, 2 if stage else 1, f"block_{stage}_0"
        inner = keras.layers.ReLU()(mapped(values, channels, f"{name}-first", stride))
        inner = mapped(inner, channels, f"{name}-second")
        if stage:
            shortcut = keras.layers.Conv2D(channels, 1, stride, name=f"{name}-shortcut")
            values = shortcut(values)
        values = keras.layers.ReLU()(keras.layers.Add()([values, inner]))
    # Averaged over 4 x 4 places: where something stands is not lost.
    flat = keras.layers.Flatten()(keras.layers.AveragePooling2D(values.shape[1] // 4)(values))
    told = keras.layers.Dense(size, activation="relu", name="projection")(flat)
    return keras.Model(entry, told)


def of_layer(encoder, name):
    """Weights of one of our layers, whose name has a hyphen where ours is within another."""
    within = name.replace("-", "/")
    return [v for v in encoder.weights if v.path.rsplit("/", 1)[0].endswith(f"/{within}")]


@pytest.mark.parametrize("norm", ["batch", "group", "none"])
def test_the_residual_network_is_that_of_plain_keras(norm):
    oracle = residual_by_keras(8, 2, norm, 8, side=32)
    encoder = named("image_resnet", width=8, stages=2, size=8, norm=norm)
    values, dice = sample("pixels", shape=(32, 32, 3)), np.random.default_rng(0)
    encoder(values)
    for variable in encoder.weights:
        low = 0.1 if "variance" in variable.name else -0.3
        variable.assign(dice.uniform(low, 0.5, variable.shape))
    for layer in oracle.layers:
        if layer.weights:
            layer.set_weights([v.numpy() for v in of_layer(encoder, layer.name)])
    assert sum(v.numpy().size for v in encoder.weights) == oracle.count_params()
    for training in (False, True):
        wanted = np.asarray(oracle(values, training=training))
        assert wanted.max() > 0
        given = told(encoder(values, training=training))["vector"]
        assert given == pytest.approx(wanted, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("name", ["image_resnet", "audio_resnet"])
def test_a_residual_network_of_one_stage_has_as_many_numbers_as_its_formula_says(name):
    encoder = named(name, width=8, stages=1, blocks=2, size=8)
    pixels = name == "image_resnet"
    encoder(sample("pixels" if pixels else "log_mel"))
    # A stem, two blocks of two convolutions with a gain and an offset a channel; 4 x 4 places, or
    # one time and 8 pitches of 16 bands halved once.
    kernels = 9 * (3 if pixels else 1) * 8 + 4 * 9 * 8 * 8
    learned = sum(v.numpy().size for v in encoder.trainable_variables)
    assert learned == kernels + 5 * 2 * 8 + ((16 if pixels else 8) * 8 + 1) * 8


def test_patches_are_cut_row_by_row_and_told_their_places():
    encoder = layers.PatchTransformer((8, 8), 192, 1, 4, 0.0)
    pictures = sample("pixels", shape=(16, 24, 3))
    encoder(pictures)
    # Blocks whose last layers are 0 change nothing: what is left is cutting and normalising.
    for variable in encoder.blocks[0].trainable_variables:
        if "narrow" in variable.path or "output" in variable.path:
            variable.assign(np.zeros(variable.shape))
    encoder.cut.kernel.assign(np.eye(192).reshape(8, 8, 3, 192))
    places = np.random.default_rng(1).normal(size=(6, 192))
    encoder.positions.assign(places)
    cut = pictures.reshape(3, 2, 8, 3, 8, 3).transpose(0, 1, 3, 2, 4, 5).reshape(3, 6, 192)
    raw = cut + places
    spread = np.sqrt(raw.var(axis=-1, keepdims=True) + encoder.norm.epsilon)
    wanted = (raw - raw.mean(axis=-1, keepdims=True)) / spread
    given = told(encoder(pictures))
    assert given["sequence"] == pytest.approx(wanted, abs=1e-4)
    assert given["vector"] == pytest.approx(wanted.mean(axis=1), abs=1e-4)


def test_pictures_are_cut_into_patches_around_their_middle_grey():
    encoder = named("image_vit", dropout=0.0)
    plain = layers.PatchTransformer((8, 8), 64, 2, 4, 0.0)
    pictures = sample("pixels")
    given = told(encoder(pictures))
    plain(pictures)
    plain.set_weights(encoder.get_weights())
    assert told(plain(2 * pictures - 1))["vector"] == pytest.approx(given["vector"], abs=1e-5)


@pytest.mark.parametrize("name", ["image_vit", "audio_transformer"])
def test_every_patch_looks_at_every_other_one(name):
    encoder = named(name, patch=8, depth=1)
    values = sample(parts.find("encoder", name).reads, shape=None)
    before = told(encoder(values))["sequence"]
    changed = values.copy()
    changed[:, :8, :8] += 1.0
    after = told(encoder(changed))["sequence"]
    assert (np.abs(after - before).max(axis=(0, 2)) > 1e-6).all()


def test_a_convolutional_memory_is_that_of_plain_keras():
    encoder = named("audio_crnn", width=4, depth=3, units=5, norm="none")
    values = sample("log_mel", shape=(20, 16))
    given = told(encoder(values))
    maps = values[..., None]
    for convolution, down in zip(encoder.convolutions, (2, 2, 1), strict=True):
        kernel, bias = (v.numpy() for v in convolution.weights)
        maps = tf.nn.relu(tf.nn.conv2d(maps, kernel, 1, "SAME") + bias)
        maps = tf.nn.max_pool2d(maps, (down, 2), (down, 2), "SAME")
    there, back = (
        np.asarray(run(np.reshape(maps, (3, 5, -1))))
        for run in (encoder.memory.forward_layer, encoder.memory.backward_layer)
    )
    wanted = np.concatenate([there, back[:, ::-1]], axis=-1)
    assert given["sequence"] == pytest.approx(wanted, abs=1e-5)
    assert given["vector"] == pytest.approx(wanted.mean(axis=1), abs=1e-5)


def test_a_wave_is_read_by_long_filters_then_by_short_ones_over_fewer_times():
    encoder = named("audio_wave", width=4, depth=1, size=8, norm="none")
    wave = sample("wave", shape=(640,)) - 0.5
    given = told(encoder(wave))
    long, short = ([v.numpy() for v in layer.weights] for layer in encoder.convolutions)
    # By hand: filters of 80 at every 4th sample, 38 zeros before and after.
    padded = np.pad(wave, ((0, 0), (38, 38)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, 80, axis=1)[:, ::4]
    first = np.maximum(np.einsum("btk,kc->btc", frames, long[0][:, 0]) + long[1], 0)
    first = first.reshape(3, 40, 4, 4).max(axis=2)
    padded = np.pad(first, ((0, 0), (1, 1), (0, 0)))
    triples = np.stack([padded[:, at : at + 40] for at in range(3)], axis=2)
    second = np.maximum(np.einsum("btkc,kcd->btd", triples, short[0]) + short[1], 0)
    second = second.reshape(3, 10, 4, 4).max(axis=2)
    assert given["sequence"] == pytest.approx(second, abs=1e-5)
    kernel, bias = (v.numpy() for v in encoder.projection.weights)
    both = np.concatenate([second.mean(axis=1), second.max(axis=1)], axis=1)
    assert given["vector"] == pytest.approx(np.maximum(both @ kernel + bias, 0), abs=1e-5)


@pytest.mark.parametrize("name", ["audio_cnn", "audio_resnet", "audio_crnn", "audio_wave"])
def test_a_sequence_of_a_sound_is_in_the_order_of_time(name):
    encoder = named(name, norm="none")
    part = parts.find("encoder", name)
    quiet = np.zeros((1, *((8000,) if part.reads == "wave" else (80, 16))), "f4")
    early, late = quiet.copy(), quiet.copy()
    tenth = quiet.shape[1] // 10
    early[:, :tenth] = late[:, -tenth:] = np.random.default_rng(0).random(early[:, :tenth].shape)
    nothing = told(encoder(quiet))["sequence"]
    middle = []
    for sound in (early, late):
        heard = np.abs(told(encoder(sound))["sequence"] - nothing).sum(axis=(0, 2))
        middle.append((heard * np.arange(len(heard))).sum() / heard.sum() / (len(heard) - 1))
    assert middle[0] < 0.35
    assert middle[1] > 0.65
