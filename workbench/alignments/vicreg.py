"""VICReg: alignment without negatives."""

from typing import Annotated

from pydantic import Field

from workbench.alignments import covariance as covariance_of
from workbench.alignments import enough, own, pairs
from workbench.lazy import Tensor, ops
from workbench.parts import alignment

_Weight = Annotated[float, Field(ge=0, le=100)]
_SMALLEST_VARIANCE = 1e-4


@alignment(order=6)
def vicreg(
    first: Tensor,
    second: Tensor,
    *,
    weights: Tensor,
    invariance: _Weight = 25.0,
    variance: _Weight = 25.0,
    covariance: _Weight = 1.0,
    spread: Annotated[float, Field(gt=0, le=100, json_schema_extra={"advanced": True})] = 1.0,
) -> Tensor:
    """Draws pairs to one point while every number of the embedding keeps varying on its own.

    ``25 s + 25 v + c``: s is the mean squared difference of a pair; v is how far the standard
    deviation of each number falls short of 1, mean over the numbers and both modalities; c is the
    sum of the squared covariances between numbers over their count, of both modalities. Use it
    where samples of the same kind share a batch: nothing is pushed apart, so there are no false
    negatives; it needs no labels. Wants batches of 64 or more and a space of 128 numbers or more.
    Its pitfall: in small batches the covariances are noise, and its value, weighted 25, drowns a
    task loss: give the term a low weight.

    Args:
        first: embeddings of one modality, float [batch, size]; they are not normalised.
        second: embeddings of the other, of the same shape.
        weights: 1 for a pair that counts, else 0, [batch].
        invariance: weight of s, that pairs agree.
        variance: weight of v, that not all samples become the same.
        covariance: weight of c, that the numbers say different things.
        spread: the standard deviation below which a number must grow.

    Returns:
        Loss of each pair, [batch]: s is its own, v and c are those of the batch.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Bardes et al. 2022, VICReg, arXiv:2105.04906, eq. 1-6; s is the mean over the numbers and v
            the mean over both modalities, as in the authors' program.
    """
    first, second, weights = pairs(first, second, weights)
    apart = ops.mean(ops.square(first - second), axis=-1)
    short, shared = 0.0, 0.0
    for one in (first, second):
        matrix = covariance_of(one, weights)
        diagonal = own(matrix[0])
        variances = ops.sum(matrix * diagonal, axis=0)
        deviation = ops.sqrt(variances + _SMALLEST_VARIANCE)
        short = short + ops.mean(ops.relu(spread - deviation)) / 2
        squares = ops.sum(ops.square(matrix * (1 - diagonal)), axis=0)
        shared = shared + ops.mean(squares)
    batch = (variance * short + covariance * shared) * enough(weights)
    return (invariance * apart + batch) * weights
