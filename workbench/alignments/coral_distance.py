"""The distance of Deep CORAL between two distributions."""

from workbench.alignments import covariance, enough, pairs
from workbench.lazy import Tensor, ops
from workbench.parts import alignment


@alignment(order=8)
def coral_distance(first: Tensor, second: Tensor, *, weights: Tensor) -> Tensor:
    """Makes the embeddings of both modalities vary in the same ways, whatever the pairs are.

    ``|C1 - C2| ** 2 / (4 size ** 2)`` with ``C`` the covariances of the numbers of an embedding
    over the batch. Use it as a mild regulariser beside a task loss, when both modalities share a
    head; it needs no labels. Wants batches larger than the embedding. Its pitfall: it matches
    spreads, neither means nor pairs, and is 0 when both embeddings are constant: alone it teaches
    nothing.

    Args:
        first: embeddings of one modality, float [batch, size]; they are not normalised.
        second: embeddings of the other, of the same shape.
        weights: 1 for a pair that counts, else 0, [batch].

    Returns:
        Loss of the batch, the same for each pair, [batch]; 0 where fewer than two pairs count.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Sun and Saenko 2016, Deep CORAL, arXiv:1607.01719, eq. 1.
    """
    first, second, weights = pairs(first, second, weights)
    difference = covariance(first, weights) - covariance(second, weights)
    # The mean over all entries is the sum over size ** 2.
    return ops.mean(ops.square(difference)) / 4 * enough(weights) * weights
