"""The focal loss."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Tensor, ops
from workbench.losses import log_of_wrong, of_true, refuse_broadcasting
from workbench.parts import loss


@loss(target=("category", "ordered"), takes=("logits", "log_probabilities"), order=4)
def focal(
    labels: Tensor, logits: Tensor, *, gamma: Annotated[float, Field(ge=0, le=5)] = 2.0
) -> Tensor:
    """Cross-entropy that turns away from samples already classified well.

    ``-(1 - p) ** gamma log(p)`` with ``p`` the softmax probability of the true class. Use it where
    most samples are easy and a few hard ones matter, as with a rare class. Under wrong labels it is
    worse than cross-entropy: it looks hardest at the samples whose label is wrong. Its values are
    smaller than those of cross-entropy, which says nothing about the model.

    Args:
        labels: class indices, int [batch].
        logits: scores before softmax, float [batch, classes].
        gamma: how strongly easy samples are ignored; 0 is plain cross-entropy.

    Returns:
        Loss of each sample, [batch], in nats.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Lin et al. 2017, Focal Loss for Dense Object Detection, arXiv:1708.02002, eq. 4.
    """
    refuse_broadcasting(labels, logits, classes=True)
    log_p = ops.log_softmax(logits, axis=-1)
    return -ops.exp(gamma * log_of_wrong(labels, log_p)) * of_true(labels, log_p)
