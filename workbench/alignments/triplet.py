"""Triplet loss with semi-hard or hard negatives."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.alignments import both, pairs, same, squared_distances, unit
from workbench.lazy import Tensor, ops, tf
from workbench.parts import alignment

_FAR = 1e30
_CLOSE = 1e-12
# Squared distance below which the root, whose slope has no end, is flat.


@alignment(order=4)
def triplet(
    first: Tensor,
    second: Tensor,
    *,
    weights: Tensor,
    labels: Tensor | None,
    margin: Annotated[float, Field(gt=0, le=2)] = 0.2,
    mining: Literal["semi_hard", "hard"] = "semi_hard",
    metric: Literal["squared", "euclidean", "cosine"] = "squared",
) -> Tensor:
    """What belongs together must be closer than what does not, by a margin.

    ``max(0, margin + d(a, p) - d(a, n))`` over anchors a of one modality, positives p and one
    negative n of the other, both ways; ``d`` between unit vectors. With labels a positive is any
    sample of the same class, without them only the partner. Use it where the order of similarity
    counts, such as in search by example. Needs batches in which every class appears, better twice:
    anchors without a negative are left out. Its pitfall: hard negatives of wrong labels, or early
    on, draw all embeddings to one point; stay with semi-hard ones unless training has stalled.

    Args:
        first: embeddings of one modality, float [batch, size].
        second: embeddings of the other, of the same shape.
        weights: 1 for a pair that counts, else 0, [batch].
        labels: class indices, int [batch]; None where there are no classes.
        margin: how much further off a negative must be.
        mining: semi_hard takes for each positive the nearest negative beyond it; hard takes of each
            anchor the farthest positive and the nearest negative.
        metric: how far apart two unit vectors are; squared distance is the usual one.

    Returns:
        Loss of each row, [batch]: of its anchors in both modalities, such that the mean over rows
        is the mean over triplets.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Schroff et al. 2015, FaceNet, arXiv:1503.03832, eq. 3 and section 3.2.
        Hermans et al. 2017, In defense of the triplet loss, arXiv:1703.07737, eq. 5 (hard).
    """
    first, second, weights = pairs(first, second, weights)
    distances = apart(unit(first), unit(second), metric)
    positives = same(labels, weights)
    negatives = both(weights, weights) - positives
    there = of_anchors(distances, positives, negatives, margin=margin, mining=mining)
    back = of_anchors(ops.transpose(distances), positives, negatives, margin=margin, mining=mining)
    return (_spread(*there, weights) + _spread(*back, weights)) / 2


def apart(first: Tensor, second: Tensor, metric: str) -> Tensor:
    """The distance of every unit vector of one from every one of the other, [rows, columns].

    Args:
        first: unit vectors, float [rows, size].
        second: unit vectors, float [columns, size].
        metric: squared, euclidean or cosine.
    """
    squares = squared_distances(first, second)
    if metric == "cosine":
        return squares / 2
    return ops.sqrt(ops.maximum(squares, _CLOSE)) if metric == "euclidean" else squares


def of_anchors(
    distances: Tensor, positives: Tensor, negatives: Tensor, *, margin: float, mining: str
) -> tuple[Tensor, Tensor]:
    """The triplets of each anchor.

    Args:
        distances: of anchors from candidates, float [anchors, candidates].
        positives: 1 where a candidate belongs to an anchor, else 0; of one set with itself without
            the anchor.
        negatives: 1 where it does not, else 0.
        margin: how much further off a negative must be.
        mining: semi_hard or hard.

    Returns:
        The sum of the losses of each anchor, and how many triplets it has, both [anchors].
    """
    usable = ops.cast(ops.any(negatives > 0, axis=-1), distances.dtype)
    if mining == "hard":
        farthest = ops.max(ops.where(positives > 0, distances, 0.0), axis=-1)
        nearest = ops.min(ops.where(negatives > 0, distances, _FAR), axis=-1)
        count = usable * ops.cast(ops.any(positives > 0, axis=-1), distances.dtype)
        return ops.relu(margin + farthest - nearest) * count, count
    chosen = _semi_hard(distances, negatives)
    count = positives * usable[:, None]
    losses = ops.relu(margin + distances - chosen) * count
    return ops.sum(losses, axis=-1), ops.sum(count, axis=-1)


def _semi_hard(distances: Tensor, negatives: Tensor) -> Tensor:
    """For each anchor and positive the nearest negative beyond it, else the farthest negative.

    Sorted rows are searched, so that it takes no [batch, batch, batch].
    """
    far = ops.where(negatives > 0, distances, _FAR)
    order = ops.argsort(ops.stop_gradient(far), axis=-1)
    ranked = ops.take_along_axis(far, order, axis=-1)
    beyond = tf.searchsorted(
        ops.stop_gradient(ranked), ops.stop_gradient(distances), side="right", out_type="int32"
    )
    last = ops.cast(ops.sum(ops.cast(negatives > 0, "int32"), axis=-1, keepdims=True), "int32") - 1
    place = ops.minimum(beyond, ops.maximum(last, 0))
    return ops.take_along_axis(ranked, place, axis=-1)


def _spread(sums: Tensor, counts: Tensor, weights: Tensor) -> Tensor:
    """Sums of rows, scaled so that their mean over rows is the mean over triplets."""
    rows = ops.sum(weights)
    return sums * rows / ops.maximum(ops.sum(counts), 1.0)
