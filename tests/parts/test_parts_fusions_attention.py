"""Fusions by attention: against Keras' own attention, fewer modalities, padding, the bottleneck."""

import itertools

import numpy as np
import pytest

from workbench import parts

pytestmark = pytest.mark.slow

NAMES = ("audio", "image", "text")
WIDTHS = {"image": 6, "audio": 9, "text": 5}
ATTENDING = ("attention", "cross_modal", "bottleneck")


def make(name, **options):
    part = parts.find("fusion", name)
    return part.function(**part.check({"size": 8, "heads": 2, **options}))


def embeddings(names=NAMES, count=4, widths=WIDTHS, seed=1):
    dice = np.random.default_rng(seed)
    return {name: dice.normal(size=(count, widths[name])).astype("f4") for name in names}


def sequences(count=4, places=5, seed=2):
    dice = np.random.default_rng(seed)
    mask = (np.arange(places) < np.asarray([[places], [3], [1], [2]])[:count]).astype("f4")
    words = dice.normal(size=(count, places, 7)).astype("f4")
    return {"text": (words, mask), "image": (words[:, :3, :4] + 1, None)}


def shaken(layer, seed=5):
    """Weights of no symmetry: what starts at 0 or 1 hides mistakes."""
    dice = np.random.default_rng(seed)
    layer.set_weights([dice.normal(scale=0.4, size=w.shape) for w in layer.get_weights()])


def take_weights(small, large, mark=None):
    """Give a fusion of fewer modalities the weights that have the same name in one of more."""
    known = {v.path.split("/", 1)[1]: np.asarray(v) for v in large.trainable_variables}
    for variable in small.trainable_variables:
        name = variable.path.split("/", 1)[1]
        variable.assign(known[name][mark] if name == "marks" else known[name])


@pytest.mark.parametrize(
    ("name", "long"),
    [(n, False) for n in ATTENDING] + [("cross_modal", True), ("bottleneck", True)],
)
@pytest.mark.parametrize("names", list(itertools.combinations(NAMES, 2)), ids="+".join)
def test_what_no_sample_has_is_as_if_it_were_no_part_of_the_model(name, names, long):
    (missing,) = set(NAMES) - set(names)
    whole, part = make(name, depth=2), make(name, depth=2)
    given, more = embeddings(), {"sequences": sequences()} if long else {}
    present = {missing: np.zeros(4)}
    whole(given, **more)
    less = {key: {m: v[m] for m in v if m != missing} for key, v in more.items()}
    few = {m: given[m] for m in names}
    part(few, **less)
    shaken(whole)
    take_weights(part, whole, [NAMES.index(m) for m in names])
    assert np.asarray(whole(given, present=present, **more)) == pytest.approx(
        np.asarray(part(few, **less)), abs=1e-5
    )


@pytest.mark.parametrize("name", ["cross_modal", "bottleneck"])
def test_padding_changes_nothing(name):
    fusion, given = make(name, depth=2), embeddings()
    short = sequences()
    words, mask = short["text"]
    fusion(given, sequences=short)
    shaken(fusion)
    fused = np.asarray(fusion(given, sequences=short))
    longer = np.concatenate([words, np.full((4, 3, 7), 1e3, "f4")], axis=1)
    longer_mask = np.pad(mask, ((0, 0), (0, 3)))
    told = short | {"text": (longer, longer_mask)}
    assert np.asarray(fusion(given, sequences=told)) == pytest.approx(fused, abs=1e-5)
    noisy = short | {"text": (np.where(mask[:, :, None] > 0, words, 1e3).astype("f4"), mask)}
    assert np.asarray(fusion(given, sequences=noisy)) == pytest.approx(fused, abs=1e-5)


@pytest.mark.parametrize("name", ["cross_modal", "bottleneck"])
def test_a_text_without_a_word_is_no_text(name):
    fusion, given = make(name), embeddings()
    told = sequences()
    words, _ = told["text"]
    fusion(given, sequences=told)
    shaken(fusion)
    empty = np.asarray(fusion(given, sequences=told | {"text": (words, np.zeros((4, 5)))}))
    missing = np.asarray(fusion(given, sequences=told, present={"text": np.zeros(4)}))
    assert empty == pytest.approx(missing, abs=1e-5)


@pytest.mark.parametrize("name", ["cross_modal", "bottleneck"])
def test_the_order_of_the_places_of_a_sequence_matters(name):
    fusion, given = make(name), embeddings()
    told = sequences()
    values, _ = told["image"]
    fused = np.asarray(fusion(given, sequences=told))
    turned = np.asarray(fusion(given, sequences=told | {"image": (values[:, ::-1], None)}))
    assert np.abs(fused - turned).max() > 1e-3


def test_attention_reads_its_tokens_as_keras_own_layers_do():
    import keras

    fusion, given = make("attention", dropout=0.0), embeddings()
    fusion(given)
    shaken(fusion)
    tokens = np.stack(
        [np.asarray(fusion.projections[m](fusion.norms[m](given[m]))) for m in NAMES], axis=1
    )
    tokens = np.concatenate([tokens + fusion.marks, np.tile(fusion.reader, (4, 1, 1))], axis=1)
    block = fusion.blocks[0]
    attention = keras.layers.MultiHeadAttention(2, 4)
    normed = block.norm(tokens)
    attention(normed, normed)
    attention.set_weights(block.attention.get_weights())
    tokens = tokens + attention(normed, normed)
    tokens = tokens + block.narrow(block.wide(block.wide_norm(tokens)))
    assert np.asarray(fusion(given)) == pytest.approx(
        np.asarray(fusion.last_norm(tokens[:, -1])), abs=1e-5
    )


def test_who_looks_at_whom_sums_to_one_and_nobody_looks_at_what_is_missing():
    fusion, given = make("attention", depth=2), embeddings()
    fusion(given)
    shaken(fusion)
    present = {"image": np.asarray([1, 0, 1, 0]), "text": np.asarray([1, 1, 0, 0])}
    looks = np.asarray(fusion.weights_of(given, present))
    assert looks.shape == (4, 4, 4)  # audio, image, text, and the one that reads
    assert looks.sum(axis=2) == pytest.approx(np.ones((4, 4)), abs=1e-5)
    for place, name in ((1, "image"), (2, "text")):
        seen = looks[:, :, place]
        assert not seen[present[name] == 0].any()
        assert (seen[present[name] == 1] > 0).all()


@pytest.mark.parametrize("name", ["average", "attention"])
def test_modalities_that_are_treated_alike_may_change_places(name):
    part = parts.find("fusion", name)
    fusion = part.function(**part.check({"size": 8}))
    given = embeddings(("audio", "text"), widths={"audio": 6, "text": 6})
    fusion(given)
    for kind in (fusion.norms, fusion.projections):
        shaken(kind["audio"])
        kind["text"].set_weights(kind["audio"].get_weights())
    if name == "attention":
        fusion.marks.assign(np.zeros((2, 8)))
    turned = {"audio": given["text"], "text": given["audio"]}
    assert np.asarray(fusion(turned)) == pytest.approx(np.asarray(fusion(given)), abs=1e-5)
    assert np.abs(np.asarray(fusion(given)) - np.asarray(fusion(embeddings(
        ("audio", "text"), widths={"audio": 6, "text": 6}, seed=3
    )))).max() > 1e-3  # fmt: skip


def before_the_last_norm(fusion, given):
    """What is averaged over modalities, before the last normalisation ties all together."""
    found = []
    last = fusion.last_norm.call
    fusion.last_norm.call = lambda values: found.append(np.asarray(values)) or last(values)
    try:
        fusion(given)
    finally:
        fusion.last_norm.call = last
    return found[0]


@pytest.mark.parametrize(
    ("tokens", "depth", "apart"), [(0, 3, True), (4, 1, True), (4, 2, False), (1, 2, False)]
)
def test_without_shared_tokens_or_a_second_layer_modalities_are_only_averaged(tokens, depth, apart):
    from workbench.layers import Bottleneck

    fusion = Bottleneck(8, tokens=tokens, depth=depth, heads=2)
    one, other = embeddings(seed=1), embeddings(seed=2)
    fusion(one)
    shaken(fusion)
    four = [
        before_the_last_norm(fusion, {**first, "text": second["text"]})
        for first in (one, other)
        for second in (one, other)
    ]
    # Of a sum of functions of one modality each, this difference of differences is 0.
    together = np.abs(four[0] - four[1] - four[2] + four[3]).max()
    assert (together < 1e-5) == apart


def test_without_shared_tokens_a_bottleneck_is_the_mean_of_independent_encoders():
    from workbench.layers import Bottleneck

    fusion = Bottleneck(8, tokens=0, depth=2, heads=2)
    given = embeddings()
    fusion(given)
    shaken(fusion)
    wanted = []
    for name in NAMES:
        alone = Bottleneck(8, tokens=0, depth=2, heads=2)
        alone({name: given[name]})
        take_weights(alone, fusion)
        wanted.append(before_the_last_norm(alone, {name: given[name]}))
    assert before_the_last_norm(fusion, given) == pytest.approx(np.mean(wanted, axis=0), abs=1e-5)


def test_heads_that_do_not_divide_the_embedding_still_cover_it():
    for name in ATTENDING:
        fused = np.asarray(make(name, size=10, heads=4)(embeddings()))
        assert fused.shape == (4, 10)
        assert np.isfinite(fused).all()
