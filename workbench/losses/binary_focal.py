"""The focal loss of yes and no."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Tensor, ops
from workbench.losses import mean_of_each, refuse_broadcasting
from workbench.parts import loss


@loss(target=("yes_no", "labels"), order=2)
def binary_focal(
    labels: Tensor,
    logits: Tensor,
    *,
    gamma: Annotated[float, Field(ge=0, le=5)] = 2.0,
    alpha: Annotated[float | None, Field(gt=0, lt=1, json_schema_extra={"advanced": True})] = None,
) -> Tensor:
    """Binary cross-entropy that turns away from answers that are right already.

    ``-(1 - p) ** gamma log(p)`` with ``p`` the probability of the true answer. Use it where nearly
    all answers are an easy no. Under wrong labels it is worse than binary cross-entropy, and its
    probabilities are drawn towards a half.

    Args:
        labels: 0 for no, 1 for yes, float [batch], or [batch, classes] of several categories.
        logits: scores before the sigmoid, float of the same shape.
        gamma: how strongly easy answers are ignored; 0 is plain binary cross-entropy.
        alpha: weight of a yes, that of a no is the rest to 1; none: both weigh 1.

    Returns:
        Loss of each sample, [batch], in nats; of several categories their mean.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Lin et al. 2017, Focal Loss for Dense Object Detection, arXiv:1708.02002, eq. 5.
    """
    refuse_broadcasting(labels, logits)
    target = ops.cast(labels, logits.dtype)
    right = (2 * target - 1) * logits
    # (1 - p) ** gamma as exp(-gamma softplus(right)): exact also where p is nearly 1.
    losses = ops.exp(-gamma * ops.softplus(right)) * ops.softplus(-right)
    if alpha is not None:
        losses = (alpha * target + (1 - alpha) * (1 - target)) * losses
    return mean_of_each(losses)
