"""Alignments by their values: oracles, other libraries and loops instead of matrices."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.special import log_expit, logsumexp
from sklearn.metrics.pairwise import cosine_similarity as cosines
from sklearn.metrics.pairwise import rbf_kernel

from workbench import parts
from workbench.alignments import supervised_contrastive as contrastive
from workbench.alignments import triplet

pytestmark = pytest.mark.slow

A = np.array([[1, 0], [0, 1], [0.6, 0.8]])
B = np.array([[0.8, 0.6], [-0.6, 0.8], [0.96, 0.28]])
E = np.array([[1, 0], [0.8, 0.6], [0, 1], [-0.6, 0.8], [0.6, 0.8]])
E_LABELS = np.array([0, 0, 1, 1, 1])
X = np.array([[1, 2, 0.5], [0.2, -1, 1.5], [-0.7, 0.3, 0], [2, 0.1, -1]])
Y = np.array([[0.9, 1.5, 0.4], [0, -1.2, 1], [-0.5, 0.6, 0.2], [1.5, 0, -1.3]])


@pytest.fixture(scope="module")
def tf():
    import tensorflow

    return tensorflow


def value(name, first, second, *, labels=None, **options):
    """The loss of each row, in the type of the embeddings; every row counts."""
    import tensorflow as tf

    part = parts.find("alignment", name)
    facts = {"labels": labels if labels is None else tf.constant(labels, "int32")}
    facts = facts if "labels" in part.facts else {}
    pair = [tf.convert_to_tensor(one) for one in (first, second)]
    return part.function(*pair, weights=tf.ones(len(first)), **facts, **options).numpy()


def loss(name, first, second, **arguments):
    return float(value(name, first, second, **arguments).mean())


def batch(rows=7, size=4, scale=1.0, seed=0):
    """Two embeddings that have to do with each other, float64, and labels of three classes."""
    dice = np.random.default_rng(seed)
    first = dice.normal(0, 1, (rows, size))
    second = 0.6 * first + 0.6 * dice.normal(0, 1, (rows, size))
    return first * scale, second * scale, np.arange(rows) % 3


@pytest.mark.parametrize(
    ("name", "first", "second", "options", "wanted"),
    [
        ("infonce", A, B, {"temperature": 1.0}, 0.9179092244),
        ("infonce", A, B, {"temperature": 0.1}, 1.2162020556),
        ("infonce", A, B, {"temperature": 0.07}, 1.5987794662),
        ("siglip", A, B, {"scale": 10.0, "bias": -10.0}, 2.4754857310),
        ("siglip", A, B, {"scale": 1.0, "bias": 0.0}, 2.2808212548),
        ("siglip", A, B, {"scale": 10.0, "bias": 0.0}, 10.3080528983),
        ("vse_hinge", A, B, {"margin": 0.2}, 1.44 / 3),
        ("vse_hinge", A, B, {"margin": 0.2, "negatives": "hardest"}, 1.44 / 3),
        ("vse_hinge", A, B, {"margin": 0.5}, 3.24 / 3),
        ("vse_hinge", A, B, {"margin": 0.5, "negatives": "hardest"}, 0.98),
        ("vicreg", X, Y, {}, 3.5352435192),
        ("vicreg", X, Y, {"variance": 0.0, "covariance": 0.0, "invariance": 1.0}, 0.0933333333),
        ("vicreg", X, Y, {"variance": 1.0, "covariance": 0.0, "invariance": 0.0}, 0.0210670185),
        ("vicreg", X, Y, {"variance": 0.0, "covariance": 1.0, "invariance": 0.0}, 0.6752347222),
        # The form of the paper: s over 3 numbers added, v of both modalities added.
        ("vicreg", X, Y, {"invariance": 75.0, "variance": 50.0}, 8.7285856496),
        ("barlow_twins", X, Y, {}, 0.0083258157),
        ("coral_distance", X, Y, {}, 0.0112856481),
        ("mmd_distance", X, Y, {"bandwidth": 1.0, "kernels": 1}, 0.0673307746),
        ("mmd_distance", X, Y, {"bandwidth": 1.0, "kernels": 3}, 0.2941510519),
        (
            "mmd_distance",
            X,
            Y,
            {"bandwidth": 1.0, "kernels": 1, "unbiased": True},
            -0.4035774196,
        ),
        ("cosine", A, B, {}, 1 - 2.4 / 3),
    ],
)
def test_numbers_worked_by_hand(name, first, second, options, wanted):
    assert loss(name, first, second, **options) == pytest.approx(wanted, rel=1e-8)


@pytest.mark.parametrize(
    ("metric", "mining", "margin", "wanted"),
    [
        ("euclidean", "semi_hard", 0.2, 0.0631966011),
        ("squared", "semi_hard", 0.2, 0.105),
        ("euclidean", "semi_hard", 1.0, 0.7499678652),
        ("squared", "semi_hard", 1.0, 0.635),
        ("euclidean", "hard", 0.2, 0.3333540214),
        ("euclidean", "hard", 1.0, 1.1057226454),
    ],
)
def test_triplets_of_one_set_are_those_of_tensorflow_addons(tf, metric, mining, margin, wanted):
    distances = triplet.apart(tf.constant(E), tf.constant(E), metric)
    equal = E_LABELS[:, None] == E_LABELS[None, :]
    sums, counts = triplet.of_anchors(
        distances,
        tf.constant((equal & ~np.eye(5, dtype=bool)).astype(float)),
        tf.constant((~equal).astype(float)),
        margin=margin,
        mining=mining,
    )
    found = float(np.sum(sums) / np.sum(counts))
    assert found == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(("temperature", "wanted"), [(0.1, 1.9411123080), (0.07, 2.5964531271)])
def test_contrast_of_one_set_is_that_of_its_authors(tf, temperature, wanted):
    kin = (E_LABELS[:, None] == E_LABELS[None, :]).astype(float)
    logits = tf.constant(E @ E.T / temperature)
    found = contrastive.of_views(logits, tf.constant(kin), tf.ones(5, "float64"))
    assert float(np.mean(found)) == pytest.approx(wanted, rel=1e-8)


def test_rescaling_gives_the_value_of_the_authors_program():
    first, second, labels = batch()
    plain = loss("supervised_contrastive", first, second, labels=labels)
    scaled = loss("supervised_contrastive", first, second, labels=labels, rescale=True)
    assert scaled / plain == pytest.approx(2.7730175829 / 1.9411123080)


def test_infonce_is_the_cross_entropy_of_both_directions():
    first, second, _ = batch()
    logits = cosines(first, second) / 0.2
    there = logsumexp(logits, axis=1) - np.diag(logits)
    back = logsumexp(logits, axis=0) - np.diag(logits)
    found = value("infonce", first, second, temperature=0.2)
    assert found == pytest.approx((there + back) / 2)


def test_siglip_is_the_sum_of_yes_and_no_over_the_batch():
    first, second, _ = batch()
    answers = 2 * np.eye(len(first)) - 1
    wanted = -log_expit(answers * (5 * cosines(first, second) - 3)).sum(axis=1)
    assert value("siglip", first, second, scale=5.0, bias=-3.0) == pytest.approx(wanted)


@pytest.mark.parametrize("known", [False, True])
def test_supervised_contrast_is_that_of_loops_over_views(known):
    first, second, labels = batch()
    classes = np.tile(labels if known else np.arange(7), 2)
    views = np.concatenate([first, second])
    logits = cosines(views, views) / 0.1
    wanted = np.zeros(14)
    for anchor in range(14):
        others = [other for other in range(14) if other != anchor]
        kin = [other for other in others if classes[other] == classes[anchor]]
        wanted[anchor] = logsumexp(logits[anchor, others]) - logits[anchor, kin].mean()
    found = value("supervised_contrastive", first, second, labels=labels if known else None)
    assert found == pytest.approx(wanted.reshape(2, 7).mean(axis=0))


def triplets_by_loops(distances, labels, margin, mining):
    """The losses of all triplets of one direction."""
    found = []
    for anchor, row in enumerate(distances):
        far = row[labels != labels[anchor]]
        near = np.flatnonzero(labels == labels[anchor])
        if not len(far):
            continue
        if mining == "hard":
            found.append(max(0, margin + row[near].max() - far.min()))
            continue
        for positive in near:
            beyond = far[far > row[positive]]
            negative = beyond.min() if len(beyond) else far.max()
            found.append(max(0, margin + row[positive] - negative))
    return found


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("mining", ["semi_hard", "hard"])
@pytest.mark.parametrize(
    ("metric", "theirs"),
    [("squared", "sqeuclidean"), ("euclidean", "euclidean"), ("cosine", "cosine")],
)
def test_triplets_of_two_modalities_are_those_of_loops(metric, theirs, mining, known):
    first, second, labels = batch(rows=12, seed=3)
    unit = [one / np.linalg.norm(one, axis=1, keepdims=True) for one in (first, second)]
    distances = cdist(*unit, metric=theirs)
    classes = labels if known else np.arange(12)
    wanted = [
        np.mean(triplets_by_loops(each_way, classes, 0.4, mining))
        for each_way in (distances, distances.T)
    ]
    found = loss(
        "triplet", first, second, labels=labels if known else None, metric=metric, mining=mining,
        margin=0.4,
    )  # fmt: skip
    assert found == pytest.approx(np.mean(wanted), rel=1e-6)


@pytest.mark.parametrize(
    ("mining", "wanted"), [("semi_hard", [0, 0, 0.7]), ("hard", [0.2, 0, 1.2])]
)
def test_a_negative_as_near_as_the_positive_is_not_beyond_it(tf, mining, wanted):
    """Candidates: the positive, then two negatives; the second anchor has none, so no triplet."""
    distances = [[2.0, 2.0, 4.0], [2.0, 2.0, 4.0], [3.0, 2.5, 2.0]]
    negatives = [[0.0, 1.0, 1.0], [0.0, 0.0, 0.0], [0.0, 1.0, 1.0]]
    sums, counts = triplet.of_anchors(
        tf.constant(distances),
        tf.constant([[1.0, 0.0, 0.0]] * 3),
        tf.constant(negatives),
        margin=0.2,
        mining=mining,
    )
    assert sums.numpy() == pytest.approx(wanted)
    assert counts.numpy().tolist() == [1, 0, 1]


def test_one_pair_alone_has_no_spread():
    first, second, _ = batch(rows=1)
    for name in ("barlow_twins", "coral_distance", "mmd_distance"):
        assert loss(name, first, second) == 0
    wanted = 25 * ((first - second) ** 2).mean()
    assert loss("vicreg", first, second) == pytest.approx(wanted)


def test_anchors_without_a_negative_are_left_out():
    first, second, _ = batch(rows=4)
    assert loss("triplet", first, second, labels=[1, 1, 1, 1]) == 0
    assert loss("triplet", first, second, labels=[1, 1, 1, 1], mining="hard") == 0


def test_hinges_are_those_of_loops_over_pairs():
    first, second, _ = batch()
    similarity = cosines(first, second)
    every, hardest = np.zeros(7), np.zeros(7)
    for row in range(7):
        for matrix in (similarity, similarity.T):
            cost = [
                max(0, 0.3 + matrix[row, other] - matrix[row, row])
                for other in range(7)
                if other != row
            ]
            every[row] += sum(cost)
            hardest[row] += max(cost)
    assert value("vse_hinge", first, second, margin=0.3) == pytest.approx(every)
    found = value("vse_hinge", first, second, margin=0.3, negatives="hardest")
    assert found == pytest.approx(hardest)


def test_covariances_are_those_of_numpy():
    first, second, _ = batch(rows=9)
    apart = np.cov(first.T) - np.cov(second.T)
    assert loss("coral_distance", first, second) == pytest.approx((apart**2).sum() / (4 * 16))
    shared = sum((np.cov(one.T) ** 2)[~np.eye(4, dtype=bool)].sum() / 4 for one in (first, second))
    found = loss("vicreg", first, second, invariance=0.0, variance=0.0, covariance=1.0)
    assert found == pytest.approx(shared)
    short = [np.maximum(0, 2 - np.sqrt(np.var(one, axis=0, ddof=1) + 1e-4)) for one in
             (first, second)]  # fmt: skip
    found = loss("vicreg", first, second, invariance=0.0, variance=1.0, covariance=0.0, spread=2.0)
    assert found == pytest.approx(np.mean(short))


def test_correlations_are_those_of_numpy():
    first, second, _ = batch(rows=9)
    between = np.corrcoef(first.T, second.T)[:4, 4:]
    same = np.eye(4, dtype=bool)
    wanted = ((between[same] - 1) ** 2).sum() + 0.5 * (between[~same] ** 2).sum()
    assert loss("barlow_twins", first, second, redundancy=0.5) == pytest.approx(wanted, rel=1e-4)


def discrepancy(first, second, width, unbiased=False):
    within = [rbf_kernel(one, gamma=1 / (2 * width**2)) for one in (first, second)]
    between = rbf_kernel(first, second, gamma=1 / (2 * width**2)).mean()
    rows = len(first)
    if unbiased:
        own = [(one.sum() - rows) / (rows * (rows - 1)) for one in within]
        return sum(own) - 2 * between
    return sum(one.mean() for one in within) - 2 * between


@pytest.mark.parametrize("unbiased", [False, True])
@pytest.mark.parametrize("kernels", [1, 2, 5])
def test_the_discrepancy_adds_kernels_of_doubled_widths(kernels, unbiased):
    first, second, _ = batch()
    widths = 0.7 * 2.0 ** (np.arange(kernels) - (kernels - 1) / 2)
    wanted = sum(discrepancy(first, second, width, unbiased) for width in widths)
    found = loss("mmd_distance", first, second, bandwidth=0.7, kernels=kernels, unbiased=unbiased)
    assert found == pytest.approx(wanted)


def test_without_a_bandwidth_the_median_distance_is_taken():
    first, second, _ = batch(rows=6)
    stacked = np.concatenate([first, second])
    between = cdist(stacked, stacked, "sqeuclidean")[np.triu_indices(12, 1)]
    wanted = discrepancy(first, second, np.sqrt(np.median(between)))
    assert loss("mmd_distance", first, second, kernels=1) == pytest.approx(wanted)
    # So that it does not matter how long embeddings are.
    found = loss("mmd_distance", 50 * first, 50 * second, kernels=1)
    assert found == pytest.approx(wanted)


def test_the_cosine_distance_is_that_of_scikit_learn():
    first, second, _ = batch()
    wanted = 1 - np.diag(cosines(first, second))
    assert value("cosine", first, second) == pytest.approx(wanted)


def test_labels_join_what_would_be_false_negatives():
    """Two samples of each class, whose embeddings are equal: nothing is left to be drawn apart."""
    first = np.repeat(np.eye(4), 2, axis=0)
    labels = np.repeat(np.arange(4), 2)
    assert loss("triplet", first, first, labels=labels) == 0
    assert loss("triplet", first, first, labels=None, mining="hard") == pytest.approx(0.2)
    found = loss("supervised_contrastive", first, first, labels=labels)
    assert found == pytest.approx(np.log(3), abs=1e-3)
