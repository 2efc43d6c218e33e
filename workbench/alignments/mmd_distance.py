"""The maximum mean discrepancy between two distributions."""

from typing import Annotated

from pydantic import Field

from workbench.alignments import both, enough, mean, own, pairs, squared_distances
from workbench.lazy import Tensor, ops
from workbench.parts import alignment

_FAR = 1e30
_NARROWEST = 1e-12


@alignment(order=9)
def mmd_distance(
    first: Tensor,
    second: Tensor,
    *,
    weights: Tensor,
    bandwidth: Annotated[float | None, Field(gt=0, le=1e6, json_schema_extra={"log": True})] = None,
    kernels: Annotated[int, Field(ge=1, le=9)] = 3,
    unbiased: Annotated[bool, Field(json_schema_extra={"advanced": True})] = False,
) -> Tensor:
    """Makes the embeddings of both modalities lie in the same places, whatever the pairs are.

    ``mean k(a, a') + mean k(b, b') - 2 mean k(a, b)`` with ``k`` a sum of Gaussians of the
    distance, each twice as wide as the one before. Use it as a mild regulariser beside a task loss,
    when both modalities share a head; it needs no labels. Wants batches of 64 or more. Its pitfall:
    it matches the clouds, not the pairs, which may be mixed up at will; alone it teaches nothing.

    Args:
        first: embeddings of one modality, float [batch, size]; they are not normalised.
        second: embeddings of the other, of the same shape.
        weights: 1 for a pair that counts, else 0, [batch].
        bandwidth: width of the middle Gaussian; none takes the median distance in each batch.
        kernels: how many widths are added; more see both fine and coarse differences.
        unbiased: leave out the distance of a sample from itself: right on average, but it may be
            negative.

    Returns:
        Loss of the batch, the same for each pair, [batch]; 0 where fewer than two pairs count.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Gretton et al. 2012, A kernel two-sample test, JMLR 13, eq. 3 (unbiased) and 5 (biased).
    """
    first, second, weights = pairs(first, second, weights)
    # Where all lie together far off, their differences would drown in rounding.
    middle = ops.stop_gradient((mean(first, weights) + mean(second, weights)) / 2)
    stacked = ops.concatenate([first - middle, second - middle], axis=0)
    twice = ops.concatenate([weights, weights], axis=0)
    itself = own(twice)
    distances = squared_distances(stacked, stacked) * (1 - itself)
    others = both(twice, twice) * (1 - itself)
    width = median(distances, others) if bandwidth is None else bandwidth**2
    shares = others if unbiased else both(twice, twice)
    # +1 within a modality, -1 between both; there nobody meets himself, and all products count.
    count = ops.shape(weights)[0]
    side = ops.cast(ops.arange(2 * count) < count, stacked.dtype) * 2 - 1
    within = ops.maximum(both(side, side), 0.0)
    pairs_within = ops.maximum(ops.sum(shares * within) / 2, 1.0)
    between = both(twice, twice) * (1 - within)
    pairs_between = ops.maximum(ops.sum(between) / 2, 1.0)
    factors = shares * within / pairs_within - between / pairs_between
    loss = ops.sum(factors * _kernel(distances, width, kernels))
    return loss * enough(weights) * weights


def _kernel(distances: Tensor, width: Tensor | float, kernels: int) -> Tensor:
    """The sum of Gaussians of squared distances, around a squared width."""
    total = 0.0
    for step in range(kernels):
        factor = 4.0 ** (step - (kernels - 1) / 2)
        total = total + ops.exp(-distances / (2 * factor * width))
    return total


def median(values: Tensor, counts: Tensor) -> Tensor:
    """The median of the values that count, at least a tiny one; 1 where none does.

    It is part of the gradient, so that the loss does not shrink both clouds for nothing.

    Args:
        values: float, of any shape.
        counts: 1 where a value counts, else 0, of the same shape.
    """
    found = ops.reshape(ops.where(counts > 0, values, _FAR), (-1,))
    order = ops.argsort(ops.stop_gradient(found))
    count = ops.cast(ops.sum(ops.cast(counts > 0, "int32")), "int32")
    low, high = ops.maximum(count - 1, 0) // 2, ops.minimum(count // 2, ops.size(found) - 1)
    middle = (ops.take(found, ops.take(order, low)) + ops.take(found, ops.take(order, high))) / 2
    return ops.where(count > 0, ops.maximum(middle, _NARROWEST), 1.0)
