"""Supervised contrastive loss over two modalities as two views."""

from typing import Annotated

from pydantic import Field

from workbench.alignments import both, log_shares, own, pairs, products, same, unit
from workbench.lazy import Tensor, ops
from workbench.parts import alignment

_BASE = 0.07


@alignment(noise="softmax", order=3)
def supervised_contrastive(
    first: Tensor,
    second: Tensor,
    *,
    weights: Tensor,
    labels: Tensor | None,
    temperature: Annotated[float, Field(ge=0.01, le=1, json_schema_extra={"log": True})] = 0.1,
    rescale: Annotated[bool, Field(json_schema_extra={"advanced": True})] = False,
) -> Tensor:
    """Gathers each class, in both modalities, in one region away from the others.

    ``-mean over positives p of log softmax_j(S_ij / temperature)_p``: both modalities are stacked
    as two views of each sample, and every other view of the same class is a positive. Use it where
    there are classes: samples of the same class in one batch, which InfoNCE pushes apart, are drawn
    together. Without labels the partner is the only positive (NT-Xent of SimCLR). Wants batches of
    32 or more with several samples of each class. Its pitfall: what differs within a class is lost,
    and the loss does not go to 0, as positives compete with each other.

    Args:
        first: embeddings of one modality, float [batch, size].
        second: embeddings of the other, of the same shape.
        weights: 1 for a pair that counts, else 0, [batch].
        labels: class indices, int [batch]; None where there are no classes.
        temperature: how sharp the choice is; lower looks only at the most similar of the others.
        rescale: multiply by temperature / 0.07 as the authors' program does, so that the gradient
            keeps its size when the temperature changes.

    Returns:
        Loss of each pair, [batch], in nats; the mean of its two views.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Khosla et al. 2020, Supervised contrastive learning, arXiv:2004.11362, eq. 2.
        Chen et al. 2020, A simple framework for contrastive learning, arXiv:2002.05709, eq. 1.
    """
    first, second, weights = pairs(first, second, weights)
    views = ops.concatenate([unit(first), unit(second)], axis=0)
    twice = ops.concatenate([weights, weights], axis=0)
    kin = ops.tile(same(labels, weights), (2, 2))
    losses = of_views(products(views, views) / temperature, kin, twice)
    losses = ops.mean(ops.reshape(losses, (2, -1)), axis=0)
    return losses * (temperature / _BASE if rescale else 1.0)


def of_views(logits: Tensor, kin: Tensor, weights: Tensor) -> Tensor:
    """The loss of each row of one set, [rows]; 0 for a row that has no kin but itself.

    Args:
        logits: similarities over temperature, float [rows, rows].
        kin: 1 where two rows are of one class, else 0, [rows, rows].
        weights: 1 for a row that counts, else 0, [rows].
    """
    others = both(weights, weights) * (1 - own(weights))
    positives = kin * others
    found = ops.sum(log_shares(logits, others) * positives, axis=-1)
    return -found / ops.maximum(ops.sum(positives, axis=-1), 1.0)
