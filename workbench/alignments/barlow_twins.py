"""Barlow Twins: alignment by correlation."""

from typing import Annotated

from pydantic import Field

from workbench.alignments import enough, mean, own, pairs, products
from workbench.lazy import Tensor, ops
from workbench.parts import alignment

_SMALLEST_VARIANCE = 1e-5


@alignment(order=7)
def barlow_twins(
    first: Tensor,
    second: Tensor,
    *,
    weights: Tensor,
    redundancy: Annotated[float, Field(ge=0, le=1)] = 0.0051,
) -> Tensor:
    """Each number of one embedding must go with the same number of the other, and with no other.

    ``sum over k of (C_kk - 1) ** 2 + redundancy * sum over k, l != k of C_kl ** 2`` with ``C`` the
    correlations over the batch between the numbers of both embeddings. Use it like VICReg, where
    samples of the same kind share a batch: there are no negatives; it needs no labels. Wants
    batches of 64 or more and a space of 128 numbers or more. Its pitfall: the loss is a sum over
    the numbers of the embedding, so that a larger space weighs more; in small batches chance alone
    correlates.

    Args:
        first: embeddings of one modality, float [batch, size]; they are not normalised.
        second: embeddings of the other, of the same shape.
        weights: 1 for a pair that counts, else 0, [batch].
        redundancy: what correlation between different numbers costs, beside that of the same.

    Returns:
        Loss of the batch, the same for each pair, [batch]; 0 where fewer than two pairs count.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Zbontar et al. 2021, Barlow Twins, arXiv:2103.03230, eq. 1.
    """
    first, second, weights = pairs(first, second, weights)
    ours, theirs = _standardised(first, weights), _standardised(second, weights)
    correlations = products(ops.transpose(ours), ops.transpose(theirs))
    correlations = correlations / ops.maximum(ops.sum(weights), 1.0)
    diagonal = own(correlations[0])
    squares = ops.square(correlations - diagonal)
    loss = ops.sum(squares * (diagonal + redundancy * (1 - diagonal)))
    return loss * enough(weights) * weights


def _standardised(values: Tensor, weights: Tensor) -> Tensor:
    """Each column at mean 0 and variance 1 over the rows that count; others are 0."""
    centred = (values - mean(values, weights)) * weights[:, None]
    variances = mean(ops.square(centred), weights)
    return centred / ops.sqrt(variances + _SMALLEST_VARIANCE)
