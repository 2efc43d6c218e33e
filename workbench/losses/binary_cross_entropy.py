"""Binary cross-entropy."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Tensor, ops
from workbench.losses import mean_of_each, refuse_broadcasting
from workbench.parts import loss


@loss(target=("yes_no", "labels"), noise="softmax", order=1)
def binary_cross_entropy(
    labels: Tensor,
    logits: Tensor,
    *,
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0,
    pos_weight: Annotated[
        float, Field(gt=0, le=1000, json_schema_extra={"log": True, "advanced": True})
    ] = 1.0,
) -> Tensor:
    """Punishes the surprise at a yes or a no: sure and wrong costs most.

    ``-w y log(p) - (1 - y) log(1 - p)`` with ``p`` the sigmoid of the score. Smoothing e makes the
    target ``y (1 - e) + e / 2``. Of several categories at once each is a yes or no of its own.

    Args:
        labels: 0 for no, 1 for yes, float [batch], or [batch, classes] of several categories.
        logits: scores before the sigmoid, float of the same shape.
        label_smoothing: share of certainty taken from the answer; against overconfidence.
        pos_weight: how much more a missed yes costs than a false one; raise it where yes is rare.

    Returns:
        Loss of each sample, [batch], in nats; of several categories their mean.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Good 1952, Rational Decisions; smoothing: Szegedy et al. 2016, arXiv:1512.00567.
    """
    refuse_broadcasting(labels, logits)
    target = ops.cast(labels, logits.dtype) * (1 - label_smoothing) + label_smoothing / 2
    losses = pos_weight * target * ops.softplus(-logits) + (1 - target) * ops.softplus(logits)
    return mean_of_each(losses)
