"""What holds for every fusion, found over the registry: shapes, masks, gradients, copies."""

import inspect
import itertools

import numpy as np
import pytest

from workbench import parts

pytestmark = pytest.mark.slow

WIDTHS = {"image": 6, "audio": 9, "text": 5}
PLACES = {"image": (4, 7), "text": (3, 8)}
"""Places and width of the sequences of those encoders that give one."""
OUTPUTS = 3
STAND_IN = ("concat", "gated")
"""These read what training puts where a sample lacks a modality."""

EVERY = parts.parts("fusion")
CHOICES = [c for size in (1, 2, 3) for c in itertools.combinations(WIDTHS, size)]
SEVERAL = [names for names in CHOICES if len(names) > 1]


def named(part):
    return part.name


def variations(part, most=64):
    """The defaults, and each option at its ends; of sizes no end that only costs time."""
    yield {}
    for option in part.options:
        for value in option.extremes():
            large = isinstance(value, int) and not isinstance(value, bool) and value > most
            if (most if large else value) != option.default:
                yield {option.name: most if large else value}


def silenced(options):
    return "dropout" in options and options["dropout"] > 0.9


def offered(options, names):
    """FiLM refuses a condition that is not in use."""
    return options.get("condition", "auto") in (*names, "auto")


VARIED = [(part, options) for part in EVERY for options in variations(part)]
IDS = [f"{part.name}-{options}" for part, options in VARIED]
# Every default with every choice of modalities; every other option with one and with all.
COMBINED = [
    (part, options, names)
    for part, options in VARIED
    for names in CHOICES
    if (not options or len(names) == 3 or names == ("image",)) and offered(options, names)
]
COMBINED_IDS = [f"{part.name}-{options}-{'+'.join(names)}" for part, options, names in COMBINED]


def make(part, options=None, task=None):
    facts = {"task": task or sorted(part.tasks)[0]} if part.decides else {}
    return part.function(**part.check(options or {}), **facts)


def given(part, names, count=4, seed=0):
    """Embeddings, or what heads say."""
    dice = np.random.default_rng(seed)
    width = {name: OUTPUTS if part.decides else WIDTHS[name] for name in names}
    return {name: dice.normal(size=(count, width[name])).astype("f4") for name in names}


def sequences_of(names, count=4, seed=1):
    dice = np.random.default_rng(seed)
    found = {}
    for name in names:
        if name in PLACES:
            mask = np.ones((count, PLACES[name][0]), "f4")
            mask[:, -1] = 0
            values = dice.normal(size=(count, *PLACES[name])).astype("f4")
            found[name] = (values, mask if name == "text" else None)
    return found


def told(fusion, present=None, sequences=None):
    """What of these it asks for, as training does it."""
    asked = inspect.signature(fusion.call).parameters
    known = {"present": present, "sequences": sequences}
    return {name: value for name, value in known.items() if value and name in asked}


def masks(names):
    """Every way of having some of these, one a sample: {modality: [ways]}."""
    ways = [way for way in itertools.product((1, 0), repeat=len(names)) if any(way)]
    columns = np.asarray(ways, "f4").T
    return dict(zip(names, columns, strict=True))


def with_stand_ins(values, present):
    """As training gives them: a fixed embedding where a sample lacks the modality."""
    return {
        name: np.where(present[name][:, None] > 0, found, np.float32(0.3))
        for name, found in values.items()
    }


@pytest.mark.parametrize(("part", "options", "names"), COMBINED, ids=COMBINED_IDS)
def test_a_fusion_takes_one_to_three_modalities_in_any_order(part, options, names):
    fusion = make(part, options)
    values, sequences = given(part, names), sequences_of(names)
    fused = np.asarray(fusion(values, **told(fusion, None, sequences)))
    size = OUTPUTS if part.decides else part.check(options)["size"]
    assert (
        fused.shape
        == (4, size)
        == fusion.compute_output_shape({name: found.shape for name, found in values.items()})
    )
    assert np.isfinite(fused).all()
    turned = dict(reversed(values.items()))
    again = np.asarray(fusion(turned, **told(fusion, None, dict(reversed(sequences.items())))))
    assert fused == pytest.approx(again, abs=1e-6)


@pytest.mark.parametrize(("part", "options", "names"), COMBINED, ids=COMBINED_IDS)
def test_what_a_sample_lacks_may_hold_anything(part, options, names):
    fusion = make(part, options)
    present = masks(names)
    ways = len(present[names[0]])
    values, sequences = given(part, names, ways), sequences_of(names, ways)

    def fused(embeddings, sequences):
        if part.name in STAND_IN:
            embeddings = with_stand_ins(embeddings, present)
        return np.asarray(fusion(embeddings, **told(fusion, present, sequences)))

    before = fused(values, sequences)
    assert np.isfinite(before).all()
    for name in names:
        lacks = present[name] == 0
        for nonsense in (np.float32(1e4), np.nan):
            noisy = values[name].copy()
            noisy[lacks] = nonsense
            noisy_sequences = dict(sequences)
            if name in sequences:
                places, mask = sequences[name]
                places = places.copy()
                places[lacks] = nonsense
                noisy_sequences[name] = (places, mask)
            after = fused(values | {name: noisy}, noisy_sequences)
            assert np.array_equal(before, after), name


@pytest.mark.parametrize("names", SEVERAL, ids="+".join)
@pytest.mark.parametrize("part", EVERY, ids=named)
def test_every_modality_that_a_sample_has_is_heard(part, names):
    fusion = make(part)
    present = masks(names)
    ways = len(present[names[0]])
    values, sequences = given(part, names, ways), sequences_of(names, ways)
    before = np.asarray(fusion(values, **told(fusion, present, sequences)))
    other, other_sequences = given(part, names, ways, seed=7), sequences_of(names, ways, seed=8)
    for name in names:
        changed = values | {name: other[name]}
        moved = {m: (other_sequences if m == name else sequences)[m] for m in sequences}
        after = np.asarray(fusion(changed, **told(fusion, present, moved)))
        assert (np.abs(after - before).max(axis=1) > 1e-6)[present[name] > 0].all(), name


@pytest.mark.parametrize("names", CHOICES, ids="+".join)
@pytest.mark.parametrize("part", EVERY, ids=named)
def test_a_fusion_told_that_nothing_is_missing_gives_what_it_gives_untold(part, names):
    fusion = make(part)
    values, sequences = given(part, names), sequences_of(names)
    present = {name: np.ones(4, "f4") for name in names}
    untold = np.asarray(fusion(values, **told(fusion, None, sequences)))
    # Of those that are not among ``present``, none is ever missing.
    for which in (present, dict(list(present.items())[:1])):
        assert np.asarray(fusion(values, **told(fusion, which, sequences))) == pytest.approx(
            untold, abs=2e-6
        )


@pytest.mark.parametrize("part", [p for p in EVERY if p.name not in STAND_IN], ids=named)
def test_a_sample_that_has_nothing_gives_numbers_all_the_same(part):
    names = tuple(WIDTHS)
    fusion = make(part)
    present = {name: np.zeros(4, "f4") for name in names}
    fused = np.asarray(fusion(given(part, names), **told(fusion, present, sequences_of(names))))
    assert np.isfinite(fused).all()
    assert fused == pytest.approx(np.repeat(fused[:1], 4, axis=0), abs=1e-6)


def gradients(fusion, values, **more):
    import tensorflow as tf

    fusion(values, **more)
    tensors = {name: tf.Variable(found) for name, found in values.items()}
    with tf.GradientTape() as tape:
        fused = fusion({name: t.value() for name, t in tensors.items()}, training=True, **more)
        # Of no symmetry, so that nothing cancels.
        weights = np.linspace(-1, 2, fused.shape[0] * fused.shape[1]).reshape(fused.shape)
        total = tf.reduce_sum(tf.cast(fused, "float32") * weights.astype("f4"))
    wanted = [*fusion.trainable_variables, *tensors.values()]
    names = [*(v.path for v in fusion.trainable_variables), *tensors]
    return dict(zip(names, tape.gradient(total, wanted), strict=True))


@pytest.mark.parametrize(
    ("part", "options"), [v for v in VARIED if not silenced(v[1])],
    ids=[i for i, v in zip(IDS, VARIED, strict=True) if not silenced(v[1])],
)  # fmt: skip
def test_a_gradient_reaches_every_weight_of_a_fusion(part, options):
    names = tuple(WIDTHS)
    fusion = make(part, options)
    values = given(part, names, 8)
    more = told(fusion, {name: np.ones(8, "f4") for name in names}, sequences_of(names, 8))
    for name, gradient in gradients(fusion, values, **more).items():
        if name in ("image", "text") and "sequences" in more:
            continue  # its sequence is read instead
        assert gradient is not None, name
        assert np.isfinite(gradient).all(), name
        # What is added to every key alike changes no softmax.
        if not name.endswith("key/bias"):
            assert np.any(np.asarray(gradient) != 0), name


@pytest.mark.parametrize("part", EVERY, ids=named)
def test_nonsense_where_a_sample_lacks_something_spoils_no_gradient(part):
    names = ("audio", "image", "text")
    fusion = make(part)
    present = masks(names)
    ways = len(present["text"])
    values = given(part, names, ways)
    for name in names:
        values[name][present[name] == 0] = np.nan
    if part.name in STAND_IN:
        values = with_stand_ins(values, present)
    for name, gradient in gradients(fusion, values, **told(fusion, present)).items():
        assert np.isfinite(gradient).all(), name
        if name in names and part.name not in STAND_IN:
            assert not np.asarray(gradient)[present[name] == 0].any(), name


@pytest.mark.parametrize("scale", [1e4, 1e-6, 0.0])
@pytest.mark.parametrize("part", EVERY, ids=named)
def test_embeddings_and_logits_of_any_size_give_finite_values_and_gradients(part, scale):
    names = tuple(WIDTHS)
    fusion = make(part)
    values = {name: np.float32(scale) * found for name, found in given(part, names).items()}
    assert np.isfinite(np.asarray(fusion(values))).all()
    for name, gradient in gradients(fusion, values).items():
        assert np.isfinite(gradient).all(), name


@pytest.mark.parametrize(("part", "options"), VARIED, ids=IDS)
def test_a_copy_made_from_a_fusions_config_gives_the_same_with_its_weights(part, options):
    names = tuple(WIDTHS)
    fusion = make(part, options)
    values, more = given(part, names), told(fusion, None, sequences_of(names))
    fused = np.asarray(fusion(values, **more))
    copy = type(fusion).from_config(fusion.get_config())
    copy(values, **more)
    copy.set_weights(fusion.get_weights())
    assert np.asarray(copy(values, **more)) == pytest.approx(fused, abs=1e-6)


@pytest.mark.parametrize("part", EVERY, ids=named)
def test_a_model_with_a_fusion_is_saved_and_read_without_executing_anything(part, tmp_path):
    import keras

    names = tuple(WIDTHS)
    values, sequences, present = given(part, names, 7), sequences_of(names, 7), masks(names)
    fusion = make(part)
    inputs = {
        "values": {name: keras.Input(found.shape[1:]) for name, found in values.items()},
        "present": {name: keras.Input(()) for name in names},
        "sequences": {
            name: (
                keras.Input((None, PLACES[name][1])),
                None if mask is None else keras.Input((None,)),
            )
            for name, (_, mask) in sequences.items()
        },
    }  # fmt: skip
    more = told(fusion, inputs["present"], inputs["sequences"])
    used = {"values": inputs["values"], **more}
    flat = [tensor for tensor in keras.tree.flatten(used) if tensor is not None]
    fed = {"values": values, "present": present, "sequences": sequences}
    numbers = [n for n in keras.tree.flatten({key: fed[key] for key in used}) if n is not None]
    model = keras.Model(flat, fusion(inputs["values"], **more))
    fused = np.asarray(model(numbers))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert np.asarray(again(numbers)) == pytest.approx(fused, abs=1e-6)


@pytest.fixture
def half_precision():
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("part", EVERY, ids=named)
def test_in_half_precision_a_fusion_says_nearly_the_same(part, half_precision):
    names = tuple(WIDTHS)
    fusion = make(part)
    values, sequences, present = given(part, names, 7), sequences_of(names, 7), masks(names)
    more = told(fusion, present, sequences)
    half = fusion(values, **more)
    assert half.dtype == ("float32" if part.decides else "float16")
    config = fusion.get_config() | {"dtype": "float32"}
    whole = type(fusion).from_config(config)
    whole(values, **more)
    whole.set_weights(fusion.get_weights())
    assert np.asarray(half, "f4") == pytest.approx(np.asarray(whole(values, **more)), abs=0.03)
    # The gradients of 16-bit activations stay finite, too.
    for name, gradient in gradients(fusion, values, **more).items():
        assert gradient is None or np.isfinite(gradient).all(), name
