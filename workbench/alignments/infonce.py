"""InfoNCE, the loss of CLIP."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from workbench.alignments import both, log_scale, log_shares, own, pairs, products, unit
from workbench.lazy import Tensor, ops
from workbench.parts import alignment


@alignment(noise="softmax", learns=("log_scale",), order=1)
def infonce(
    first: Tensor,
    second: Tensor,
    *,
    weights: Tensor,
    temperature: Annotated[float, Field(ge=0.01, le=1, json_schema_extra={"log": True})] = 0.07,
    learn: bool = True,
    learned: Mapping[str, Tensor] | None = None,
) -> Tensor:
    """Each sample must find its partner among all others of the batch: the loss of CLIP.

    ``-(log softmax_j(s S_ij)_i + log softmax_j(s S_ji)_i) / 2`` with ``S`` the cosines between both
    modalities and ``s = 1 / temperature``, at most 100. Use it to search one modality with the
    other, or to learn from pairs alone: it needs no labels. It wants large batches (32 or more);
    guessing costs ``log(batch)``, so that losses of different batch sizes cannot be compared. Its
    pitfall: samples of the same kind in one batch are pushed apart; where there are labels and few
    classes, take supervised contrastive.

    Args:
        first: embeddings of one modality, float [batch, size].
        second: embeddings of the other, of the same shape.
        weights: 1 for a pair that counts, else 0, [batch].
        temperature: how sharp the choice is; lower looks only at the most similar of the others.
        learn: learn the temperature with the model, from this value on.
        learned: what was learned of the logarithm of the scale, 0 at first.

    Returns:
        Loss of each pair, [batch], in nats; the mean of both directions.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Radford et al. 2021, Learning transferable visual models from natural language supervision,
            arXiv:2103.00020, figure 3.
        van den Oord et al. 2018, Representation learning with contrastive predictive coding,
            arXiv:1807.03748, eq. 4.
    """
    first, second, weights = pairs(first, second, weights)
    scale = ops.exp(log_scale(1 / temperature, learned if learn else None, first))
    logits = scale * products(unit(first), unit(second))
    partner, candidates = own(weights), both(weights, weights)
    there = ops.sum(log_shares(logits, candidates) * partner, axis=-1)
    back = ops.sum(log_shares(ops.transpose(logits), candidates) * partner, axis=-1)
    return -(there + back) / 2 * weights
