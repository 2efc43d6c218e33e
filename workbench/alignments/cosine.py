"""Distance of the directions of a pair."""

from workbench.alignments import pairs, unit
from workbench.lazy import Tensor, ops
from workbench.parts import alignment


@alignment(order=10)
def cosine(first: Tensor, second: Tensor, *, weights: Tensor) -> Tensor:
    """Turns the two embeddings of a sample into the same direction.

    ``1 - cos(a, b)`` of each pair: 0 for the same direction, 2 for opposite ones. It needs no
    labels and looks at no other sample, so that any batch will do. Use it as a mild pull beside a
    task loss. Its pitfall: alone it is made perfect by giving every sample the same embedding.

    Args:
        first: embeddings of one modality, float [batch, size].
        second: embeddings of the other, of the same shape.
        weights: 1 for a pair that counts, else 0, [batch].

    Returns:
        Loss of each pair, [batch].

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Chen and He 2021, Exploring simple Siamese representation learning, arXiv:2011.10566, eq. 1.
    """
    first, second, weights = pairs(first, second, weights)
    return (1 - ops.sum(unit(first) * unit(second), axis=-1)) * weights
