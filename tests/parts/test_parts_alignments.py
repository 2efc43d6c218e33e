"""Every alignment: gradients, rows that do not count, hardly any rows at all, what is learned."""

import numpy as np
import pytest

from workbench import alignments, parts

pytestmark = pytest.mark.slow
ALIGNMENTS = parts.parts("alignment")


@pytest.fixture(scope="module")
def tf():
    import tensorflow

    return tensorflow


def each_option_at_its_ends(part):
    seen = [part.check({})]
    for option in part.options:
        for value in option.extremes():
            found = part.check({option.name: value})
            if found not in seen:
                seen.append(found)
    return seen


def with_and_without_labels():
    for part in ALIGNMENTS:
        for options in each_option_at_its_ends(part):
            yield part, options, None
            if "labels" in part.facts:
                yield part, options, True


CASES = list(with_and_without_labels())
NAMES = [f"{p.name}-{list(o.values())}{'-labels' if known else ''}" for p, o, known in CASES]
every_case = pytest.mark.parametrize(("part", "options", "known"), CASES, ids=NAMES)
every_part = pytest.mark.parametrize("part", ALIGNMENTS, ids=[p.name for p in ALIGNMENTS])


def each(part, first, second, *, weights=None, labels=None, **options):
    """The loss of each row, in the type of the first embeddings; a name or a part."""
    import tensorflow as tf

    part = parts.find("alignment", part) if isinstance(part, str) else part
    first = first if tf.is_tensor(first) else tf.convert_to_tensor(first)
    weights = np.ones(first.shape[0]) if weights is None else weights
    facts = {"weights": tf.constant(weights, "float32")}
    if "labels" in part.facts:
        facts["labels"] = None if labels is None else tf.constant(labels, "int32")
    return part.function(first, tf.convert_to_tensor(second), **facts, **options)


def value(part, first, second, **arguments):
    return each(part, first, second, **arguments).numpy()


def batch(rows=7, size=4, scale=1.0, seed=0):
    """Two embeddings that have to do with each other, float64, and labels of three classes."""
    dice = np.random.default_rng(seed)
    first = dice.normal(0, 1, (rows, size))
    second = 0.6 * first + 0.6 * dice.normal(0, 1, (rows, size))
    return first * scale, second * scale, np.arange(rows) % 3


def gradients(part, first, second, **arguments):
    """The gradient of the sum of all rows in both embeddings."""
    import tensorflow as tf

    variables = [tf.Variable(first), tf.Variable(second)]
    with tf.GradientTape() as tape:
        rows = each(part, *[tf.convert_to_tensor(v) for v in variables], **arguments)
        total = tf.reduce_sum(rows)
    return rows.numpy(), [slope.numpy() for slope in tape.gradient(total, variables)]


@pytest.mark.parametrize("rows", [0, 1, 2, 7])
@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
@every_case
def test_value_and_gradient_are_finite_however_few_pairs_count(part, options, known, scale, rows):
    first, second, labels = batch(scale=scale)
    weights = np.arange(7) < rows
    found, slopes = gradients(
        part, first.astype("f4"), second.astype("f4"), weights=weights,
        labels=labels if known else None, **options,
    )  # fmt: skip
    assert found.shape == (7,)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert (found[~weights] == 0).all()
    for slope in slopes:
        assert np.isfinite(slope).all()
        assert (slope[~weights] == 0).all()
    if not options.get("unbiased"):
        assert (found >= -1e-5).all()


@pytest.mark.parametrize("alike", ["rows", "modalities", "everything"])
@every_case
def test_gradients_are_finite_where_embeddings_coincide(part, options, known, alike):
    first, second, labels = batch()
    if alike != "modalities":
        first, second = np.tile(first[:1], (7, 1)), np.tile(second[:1], (7, 1))
    if alike != "rows":
        second = first
    found, slopes = gradients(
        part, first.astype("f4"), second.astype("f4"), labels=labels if known else None, **options
    )
    assert np.isfinite(found).all()
    assert all(np.isfinite(slope).all() for slope in slopes)


@pytest.mark.parametrize("filling", [3.0, 1e30, np.inf, np.nan])
@every_case
def test_rows_that_do_not_count_change_nothing(part, options, known, filling):
    """It is the loss of the other rows alone, whatever fills the batch."""
    first, second, labels = batch()
    counts = np.array([1, 0, 1, 1, 0, 1, 1])
    kept = counts > 0
    alone = {"labels": labels[kept] if known else None, **options}
    wanted, slopes = gradients(part, first[kept], second[kept], **alone)
    first[~kept] = second[~kept] = filling
    classes = np.where(kept, labels, labels[::-1])
    found, filled = gradients(
        part, first, second, weights=counts, labels=classes if known else None, **options
    )
    assert found[kept] == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    assert (found[~kept] == 0).all()
    for slope, other in zip(slopes, filled, strict=True):
        assert other[kept] == pytest.approx(slope, rel=1e-7, abs=1e-9)
        assert (other[~kept] == 0).all()


@every_case
def test_the_order_of_the_batch_does_not_matter(part, options, known):
    first, second, labels = batch()
    order = np.random.default_rng(1).permutation(7)
    wanted = value(part, first, second, labels=labels if known else None, **options)
    found = value(
        part, first[order], second[order], labels=labels[order] if known else None, **options
    )
    assert found == pytest.approx(wanted[order], rel=1e-9, abs=1e-12)


@every_case
def test_the_gradient_is_that_of_central_differences(part, options, known):
    first, second, labels = batch()
    arguments = {"labels": labels if known else None, **options}
    _, slopes = gradients(part, first, second, **arguments)
    dice = np.random.default_rng(2)
    for _ in range(3):
        steps = [dice.normal(0, 1, first.shape) for _ in range(2)]
        wanted = sum(float((s * g).sum()) for s, g in zip(steps, slopes, strict=True))
        tiny = 1e-6
        up = value(part, first + tiny * steps[0], second + tiny * steps[1], **arguments).sum()
        down = value(part, first - tiny * steps[0], second - tiny * steps[1], **arguments).sum()
        assert (up - down) / (2 * tiny) == pytest.approx(wanted, rel=1e-5, abs=1e-6)


@every_case
def test_a_traced_batch_of_unknown_size_gives_the_same(tf, part, options, known):
    first, second, labels = batch()
    wanted = value(part, first.astype("f4"), second.astype("f4"),
                   labels=labels if known else None, **options)  # fmt: skip
    facts = {"labels": tf.constant(labels, "int32") if known else None}
    facts = facts if "labels" in part.facts else {}
    shape = tf.TensorSpec([None, 4], "float32")

    @tf.function(input_signature=[shape, shape, tf.TensorSpec([None], "float32")])
    def traced(one, other, weights):
        return part.function(one, other, weights=weights, **facts, **options)

    found = traced(first.astype("f4"), second.astype("f4"), np.ones(7, "f4")).numpy()
    assert found == pytest.approx(wanted, rel=1e-5, abs=1e-5)


@every_part
@pytest.mark.parametrize(
    "shapes",
    [[(7, 4), (7, 3), (7,)], [(7, 4), (1, 4), (7,)], [(7, 4), (7, 4), (1,)], [(7,), (7,), (7,)],
     [(7, 4), (7, 4), (7, 1)]],
)  # fmt: skip
def test_shapes_that_would_be_stretched_are_refused(tf, part, shapes):
    first, second, weights = (tf.ones(shape) for shape in shapes)
    facts = {"labels": None} if "labels" in part.facts else {}
    with pytest.raises(ValueError, match="embeddings"):
        part.function(first, second, weights=weights, **facts)


LEARNING = [part for part in ALIGNMENTS if part.learns]
every_learning = pytest.mark.parametrize("part", LEARNING, ids=[p.name for p in LEARNING])


@every_learning
def test_what_is_learned_starts_at_the_option_and_follows_its_gradient(tf, part):
    first, second, _ = batch()
    at_start = {name: tf.Variable(np.float64(0)) for name in part.learns}
    wanted = value(part, first, second)
    with tf.GradientTape() as tape:
        rows = each(part, first, second, learned=at_start)
    assert rows.numpy() == pytest.approx(wanted)
    slopes = tape.gradient(rows, at_start)
    for name in part.learns:
        moved = {
            sign: value(part, first, second, learned={**at_start, name: tf.constant(sign * 1e-6)})
            for sign in (-1.0, 1.0)
        }
        difference = (moved[1.0] - moved[-1.0]).sum() / 2e-6
        assert float(slopes[name]) == pytest.approx(difference, rel=1e-4)


@every_learning
def test_what_was_learned_is_ignored_where_nothing_is_learned(tf, part):
    first, second, _ = batch()
    moved = {name: tf.constant(1.5) for name in part.learns}
    plain = value(part, first, second)
    assert value(part, first, second, learn=False, learned=moved) == pytest.approx(plain)
    assert value(part, first, second, learned=moved) != pytest.approx(plain)


def test_a_learned_temperature_is_added_to_its_logarithm(tf):
    first, second, _ = batch()
    found = value("infonce", first, second, learned={"log_scale": tf.constant(np.log(0.5))})
    assert found == pytest.approx(value("infonce", first, second, temperature=0.14), rel=1e-6)


@every_learning
def test_a_scale_beyond_its_limit_stays_there_and_finds_back(tf, part):
    first, second, _ = batch()
    learned = {name: tf.Variable(np.float64(0)) for name in part.learns}
    learned["log_scale"].assign(9.0)

    def slope(one, other):
        with tf.GradientTape() as tape:
            rows = each(part, one, other, learned=learned, **options)
        return float(tape.gradient(rows, learned)["log_scale"])

    options = {"bias": 0.0} if "bias" in part.learns else {}
    at_limit = {"scale": 100.0} if part.name == "siglip" else {"temperature": 0.01}
    wanted = value(part, first, second, **at_limit, **options)
    assert value(part, first, second, learned=learned, **options) == pytest.approx(wanted)
    # Wrong pairs ask for a lower scale, right ones for an even higher one.
    assert slope(first, np.roll(second, 1, axis=0)) > 0
    apart = np.eye(7)
    assert slope(apart, 2 * apart - 1) == 0


@every_part
def test_an_alignment_says_whether_it_needs_labels_and_what_its_pitfall_is(part):
    words = " ".join(part.text.split())
    assert "pitfall" in words
    assert "Use it" in words
    assert "labels" in words
    assert "atch" in words


def test_a_direction_does_not_depend_on_how_long_an_embedding_is(tf):
    first, second, _ = batch()
    for name in ("infonce", "siglip", "triplet", "vse_hinge", "supervised_contrastive", "cosine"):
        wanted = value(name, first.astype("f4"), second.astype("f4"))
        found = value(name, (1e25 * first).astype("f4"), (1e-4 * second).astype("f4"))
        assert found == pytest.approx(wanted, rel=1e-4)
    still = alignments.unit(tf.zeros((2, 3))).numpy()
    assert (still == 0).all()
