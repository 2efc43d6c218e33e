"""The ranking loss of VSE and VSE++."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.alignments import both, own, pairs, products, unit
from workbench.lazy import Tensor, ops
from workbench.parts import alignment


@alignment(order=5)
def vse_hinge(
    first: Tensor,
    second: Tensor,
    *,
    weights: Tensor,
    margin: Annotated[float, Field(ge=0, le=1)] = 0.2,
    negatives: Literal["all", "hardest"] = "all",
) -> Tensor:
    """Each pair must be more similar than any mixed one, by a margin; what is well apart is left.

    ``sum over j of max(0, margin + S_ij - S_ii) + max(0, margin + S_ji - S_ii)`` with ``S`` the
    cosines between both modalities; with the hardest negative alone (VSE++) the largest instead of
    the sum. Use it for search; it needs no labels, and batches of 32 or more. Begin with all
    negatives: the hardest sharpen a search that works already, but from scratch, or with wrong
    pairs among the data, they draw all embeddings to one point. Its pitfall: samples of the same
    kind in one batch are pushed apart. With all negatives the loss grows with the batch.

    Args:
        first: embeddings of one modality, float [batch, size].
        second: embeddings of the other, of the same shape.
        weights: 1 for a pair that counts, else 0, [batch].
        margin: how much more similar the pair must be, as a difference of cosines.
        negatives: all of the batch, or the hardest alone.

    Returns:
        Loss of each pair, [batch]; both directions added.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Faghri et al. 2018, VSE++: improving visual-semantic embeddings with hard negatives,
            arXiv:1707.05612, eq. 5 (all) and 6 (hardest).
    """
    first, second, weights = pairs(first, second, weights)
    first, second = unit(first), unit(second)
    similarity = products(first, second)
    partner = ops.sum(first * second, axis=-1)[:, None]
    others = both(weights, weights) * (1 - own(weights))
    total = 0.0
    for one in (similarity, ops.transpose(similarity)):
        # A cost of 0 and no candidate are the same to a sum and to a maximum.
        cost = ops.relu(margin + one - partner) * others
        total = total + (
            ops.max(cost, axis=-1) if negatives == "hardest" else ops.sum(cost, axis=-1)
        )
    return total
