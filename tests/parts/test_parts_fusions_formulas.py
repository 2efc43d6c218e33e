"""Each fusion of embeddings against numpy, its published size, and a fusion of fewer modalities."""

import itertools
import math

import numpy as np
import pytest

from workbench import parts
from workbench.errors import UserError

pytestmark = pytest.mark.slow

NAMES = ("audio", "image", "text")
WIDTHS = {"image": 6, "audio": 9, "text": 5}


def make(name, **options):
    part = parts.find("fusion", name)
    return part.function(**part.check(options))


def embeddings(names=NAMES, count=4, widths=WIDTHS, seed=1):
    dice = np.random.default_rng(seed)
    return {name: dice.normal(size=(count, widths[name])).astype("f4") for name in names}


def shaken(layer, seed=5):
    """Weights of no symmetry: what starts at 0 or 1 hides mistakes."""
    dice = np.random.default_rng(seed)
    layer.set_weights([dice.normal(scale=0.4, size=w.shape) for w in layer.get_weights()])


def learned(layer):
    return sum(math.prod(v.shape) for v in layer.trainable_variables)


def dense(layer, values):
    kernel, bias = (np.asarray(w) for w in layer.get_weights())
    return values @ kernel + bias


def norm(layer, values):
    gain, offset = (np.asarray(w) for w in layer.get_weights())
    spread = np.sqrt(values.var(axis=-1, keepdims=True) + 1e-3)
    return (values - values.mean(axis=-1, keepdims=True)) / spread * gain + offset


def normalised(fusion, values):
    return {name: norm(fusion.norms[name], found) for name, found in values.items()}


# What section 3 of the formulas gives for (64 numbers, 2), (64, 3) and (256, 2) modalities.
PUBLISHED = {
    "concat": (8256, 12352, 131328),
    "average": (8320, 12480, 131584),
    "low_rank": (33348, 49988, 526596),
    "attention": (41920, 46144, 659200),
    "cross_modal": (75520, 214080, 1186816),
    "bottleneck": (75520, 113152, 1186816),
    "bilinear": (45760, None, 723712),
    "film": (8320, None, 131584),
}
SIZES = [(64, 2), (64, 3), (256, 2)]


def more_than_published(name, width, many):
    """What ours have besides: a normalisation of each embedding, and what each needs at its end."""
    norms = 2 * width * many
    return {
        "attention": norms + width + 2 * width,  # the token that reads, and a last normalisation
        "cross_modal": norms + 2 * width,
        "bottleneck": norms + 2 * width,
        "film": norms + width * width + width,  # what is steered is projected first
    }.get(name, norms)


@pytest.mark.parametrize(
    ("name", "place"), [(n, p) for n in PUBLISHED for p in range(3) if PUBLISHED[n][p] is not None]
)
def test_fusions_have_as_many_numbers_to_learn_as_published_and_said(name, place):
    width, many = SIZES[place]
    options = {"depth": 1} if name == "bottleneck" else {}
    fusion = make(name, size=width, **options)
    fusion(embeddings(NAMES[:many], 2, dict.fromkeys(NAMES, width)))
    assert learned(fusion) == PUBLISHED[name][place] + more_than_published(name, width, many)


def test_gates_have_biases_and_two_of_them_are_one():
    # The paper, without biases: 2 (64 + 64) 64 = 16384 untied; tied, one gate is left.
    for many, wanted in ((1, 64 * 64 + 64), (2, 3 * 64 * 64 + 64 * 64 + 3 * 64)):
        fusion = make("gated")
        fusion(embeddings(NAMES[:many], 2, dict.fromkeys(NAMES, 64)))
        assert learned(fusion) == wanted
    fusion = make("gated")
    fusion(embeddings(NAMES, 2, dict.fromkeys(NAMES, 64)))
    assert learned(fusion) == 49152 + 6 * 64


def test_a_tensor_has_a_weight_for_every_product_and_is_refused_when_that_is_too_many():
    wide = dict.fromkeys(NAMES, 64)
    fusion = make("tensor", width=None)
    fusion(embeddings(NAMES[:2], 2, wide))
    assert learned(fusion) == 270464 + 2 * 2 * 64
    narrow = make("tensor", width=8)
    narrow(embeddings(NAMES, 2, wide))
    assert learned(narrow) == 9**3 * 64 + 64 + 3 * (65 * 8 + 2 * 64)
    with pytest.raises(UserError, match=r"audio 64, image 64, text 64.*17,576,000") as refused:
        make("tensor", width=None)(embeddings(NAMES, 2, wide))
    assert "low_rank" in refused.value.remedy
    with pytest.raises(UserError, match="16,908,544"):
        make("tensor", width=None, size=256)(embeddings(NAMES[:2], 2, dict.fromkeys(NAMES, 256)))


def test_a_fusion_that_refuses_says_so_while_a_model_is_built_of_symbols():
    import keras

    inputs = {name: keras.Input((64,)) for name in NAMES}
    with pytest.raises(UserError, match="17,576,000"):
        make("tensor", width=None)(inputs)


@pytest.mark.parametrize(("dtype", "near"), [("float32", 1e-5), ("float64", 1e-10)])
@pytest.mark.parametrize("names", [NAMES[:2], NAMES], ids="+".join)
def test_low_rank_equals_the_tensor_built_of_its_factors(names, dtype, near):
    from workbench.layers import LowRank, TensorProduct

    widths = dict(zip(NAMES, (3, 4, 2), strict=True))
    given = {name: v.astype(dtype) for name, v in embeddings(names, 5, widths).items()}
    low, tensor = LowRank(7, rank=2, dtype=dtype), TensorProduct(7, width=None, dtype=dtype)
    low(given)
    tensor(given)
    shaken(low)
    factors = [np.asarray(low.factors[name], "f8") for name in names]
    letters = "ijk"[: len(names)]
    kernel = np.einsum(
        f"r,{','.join(f'r{letter}h' for letter in letters)}->{letters}h",
        np.asarray(low.mixture, "f8"), *factors,
    )  # fmt: skip
    for name in names:
        tensor.norms[name].set_weights(low.norms[name].get_weights())
    tensor.kernel.assign(kernel.reshape(-1, 7))
    tensor.bias.assign(low.bias)
    for present in (None, {name: np.arange(5) % 2 for name in names[:1]}):
        one, other = (np.asarray(f(given, present=present)) for f in (low, tensor))
        assert one.dtype == dtype
        assert one == pytest.approx(other, rel=near, abs=near)


def test_the_start_of_low_rank_is_that_of_its_authors():
    fusion = make("low_rank", size=256, rank=8)
    fusion(embeddings(widths=dict.fromkeys(NAMES, 99)))
    assert np.asarray(fusion.mixture).tolist() == [1 / 8] * 8
    assert np.asarray(fusion.factors["text"]).std() == pytest.approx(0.1, rel=0.01)


def test_a_deeper_concat_is_dense_layers_one_after_the_other():
    fusion = make("concat", size=8, depth=3, hidden=11, dropout=0.0)
    given = embeddings()
    fusion(given)
    shaken(fusion)
    wanted = np.concatenate(list(normalised(fusion, given).values()), axis=1)
    for layer in (*fusion.inner, fusion.dense):
        wanted = np.maximum(dense(layer, wanted), 0)
    assert np.asarray(fusion(given)) == pytest.approx(wanted, abs=1e-5)
    assert learned(fusion) == 2 * 20 + 21 * 11 + 12 * 11 + 12 * 8


LACKING = [(), ("audio",), ("image", "text"), ("text",)]
PRESENT = {name: np.asarray([name not in lacks for lacks in LACKING], "f4") for name in NAMES}


@pytest.mark.parametrize("combine", ["mean", "sum"])
def test_an_average_or_a_sum_is_taken_over_those_that_are_there(combine):
    fusion = make("average", size=8, combine=combine)
    given = embeddings()
    fusion(given)
    shaken(fusion)
    fused = np.asarray(fusion(given, present=PRESENT))
    scaled = normalised(fusion, given)
    for row, lacks in enumerate(LACKING):
        there = [dense(fusion.projections[m], scaled[m])[row] for m in NAMES if m not in lacks]
        wanted = np.mean(there, axis=0) if combine == "mean" else np.sum(there, axis=0)
        assert fused[row] == pytest.approx(np.maximum(wanted, 0), abs=1e-5)


def test_an_average_of_nothing_is_zero_not_nan():
    nothing = {name: np.zeros(4) for name in NAMES}
    assert not np.asarray(make("average")(embeddings(), present=nothing)).any()


def test_one_modality_alone_is_not_gated():
    fusion, given = make("gated", size=8), embeddings(("audio",))
    fused = np.asarray(fusion(given))
    assert fused == pytest.approx(
        np.tanh(dense(fusion.values_of["audio"], given["audio"])), abs=1e-6
    )
    assert np.asarray(fusion.weights_of(given)["audio"]).tolist() == np.ones((4, 8)).tolist()


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def test_what_two_gates_give_lies_between_the_two_values_and_one_alone_passes_whole():
    fusion, given = make("gated", size=8), embeddings(("image", "text"))
    fusion(given)
    shaken(fusion)
    values = {m: np.tanh(dense(fusion.values_of[m], given[m])) for m in given}
    gate = sigmoid(dense(fusion.gates["image"], np.concatenate([*given.values()], axis=1)))
    fused = np.asarray(fusion(given))
    assert fused == pytest.approx(gate * values["image"] + (1 - gate) * values["text"], abs=1e-5)
    assert (fused <= np.maximum(*values.values()) + 1e-6).all()
    assert (fused >= np.minimum(*values.values()) - 1e-6).all()
    present = {"image": np.asarray([1, 0, 1, 0]), "text": np.asarray([1, 1, 0, 0])}
    told = np.asarray(fusion(given, present=present))
    assert told[0] == pytest.approx(fused[0], abs=1e-6)
    assert told[1] == pytest.approx(values["text"][1], abs=1e-6)
    assert told[2] == pytest.approx(values["image"][2], abs=1e-6)


def test_of_three_gates_the_others_open_so_far_that_all_are_as_wide_as_before():
    fusion, given = make("gated", size=8), embeddings()
    fusion(given)
    shaken(fusion)
    whole = np.concatenate([given[m] for m in NAMES], axis=1)
    gates = {m: sigmoid(dense(fusion.gates[m], whole)) for m in NAMES}
    values = {m: np.tanh(dense(fusion.values_of[m], given[m])) for m in NAMES}
    fused = np.asarray(fusion(given, present=PRESENT))
    opened = {m: np.asarray(g) for m, g in fusion.weights_of(given, PRESENT).items()}
    assert sum(opened.values()) == pytest.approx(sum(gates.values()), rel=1e-5)
    for row, lacks in enumerate(LACKING):
        there = [m for m in NAMES if m not in lacks]
        wider = sum(g[row] for g in gates.values()) / sum(gates[m][row] for m in there)
        wanted = wider * sum(gates[m][row] * values[m][row] for m in there)
        assert fused[row] == pytest.approx(wanted, abs=1e-5)
        for name in lacks:
            assert not opened[name][row].any()


def test_bilinear_pooling_is_that_of_its_formula():
    fusion = make("bilinear", size=4, factors=3, dropout=0.0)
    given = embeddings()
    fusion(given)
    shaken(fusion)
    for present in (None, PRESENT):
        scaled = normalised(fusion, given)
        pooled = []
        for one, other in itertools.combinations(NAMES, 2):
            layers = fusion.projections[f"{one}_with_{other}"]
            factors = {m: dense(layers[m], scaled[m]) for m in (one, other)}
            some = np.ones(4)
            if present is not None:
                factors = {m: np.where(PRESENT[m][:, None] > 0, f, 1) for m, f in factors.items()}
                some = np.maximum(PRESENT[one], PRESENT[other])
            z = (factors[one] * factors[other]).reshape(4, 4, 3).sum(axis=2) * some[:, None]
            rooted = np.sign(z) * np.sqrt(np.abs(z))
            length = np.linalg.norm(rooted, axis=1, keepdims=True)
            pooled.append(rooted / np.maximum(length, 1e-9))
        wanted = dense(fusion.dense, np.concatenate(pooled, axis=1))
        # Ours rounds the root off near 0, where its slope is infinite.
        assert np.asarray(fusion(given, present=present)) == pytest.approx(wanted, abs=2e-3)


def test_film_stretches_and_shifts_what_is_there_as_the_condition_says():
    fusion = make("film", size=8)
    given = embeddings()
    fusion(given)
    shaken(fusion)
    assert fusion.steering == "text"
    scaled = normalised(fusion, given)
    fused = np.asarray(fusion(given, present=PRESENT))
    stretches = fusion.weights_of(given, PRESENT)
    for row, lacks in enumerate(LACKING):
        total, shift = [], []
        for name in ("audio", "image"):
            both = dense(fusion.modulations[name], scaled["text"])[row]
            g, b = (np.zeros(8), np.zeros(8)) if "text" in lacks else (both[:8], both[8:])
            assert np.asarray(stretches[name])[row] == pytest.approx(1 + g, abs=1e-5)
            shift.append(b)
            if name not in lacks:
                total.append((1 + g) * dense(fusion.projections[name], scaled[name])[row])
        wanted = np.maximum(np.mean(total, axis=0) + np.mean(shift, axis=0), 0)
        assert fused[row] == pytest.approx(wanted, abs=1e-5)


def test_film_is_steered_by_words_before_sound_or_by_what_is_chosen():
    for names, chosen, wanted in (
        (("image", "text"), "auto", "text"),
        (("audio", "image"), "auto", "audio"),
        (("image", "text"), "image", "image"),
        (("image",), "auto", None),
        (("image",), "image", None),
    ):
        fusion = make("film", condition=chosen)
        fusion(embeddings(names))
        assert fusion.steering == wanted
    with pytest.raises(UserError, match="text, which is not in use") as refused:
        make("film", condition="text")(embeddings(("audio", "image")))
    assert "audio, image" in refused.value.remedy
