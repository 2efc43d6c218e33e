"""Generalised cross-entropy."""

import math
from typing import Annotated

from pydantic import Field

from workbench.lazy import Tensor, ops
from workbench.losses import of_true, refuse_broadcasting
from workbench.parts import loss


@loss(target=("category", "ordered"), takes=("logits", "log_probabilities"), order=5)
def generalized_cross_entropy(
    labels: Tensor,
    logits: Tensor,
    *,
    q: Annotated[float, Field(gt=0, le=1)] = 0.7,
    truncate: Annotated[
        float | None, Field(gt=0, lt=1, json_schema_extra={"advanced": True})
    ] = None,
) -> Tensor:
    """Between cross-entropy and absolute error: wrong labels lose their power.

    ``(1 - p ** q) / q`` with ``p`` the softmax probability of the true class. Use it where you
    suspect that labels are wrong. It is slow to start where there are many classes, the slower the
    larger q. Truncated at k, a sample below that probability has no say at all, so turn it on only
    once the model knows something.

    Args:
        labels: class indices, int [batch].
        logits: scores before softmax, float [batch, classes].
        q: 1 is the absolute error of the probability; near 0 it is cross-entropy.
        truncate: k; samples whose true class is less probable do not count; none: all count.

    Returns:
        Loss of each sample, [batch].

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Zhang and Sabuncu 2018, Generalized Cross Entropy Loss, arXiv:1805.07836, eq. 6 and 9.
    """
    refuse_broadcasting(labels, logits, classes=True)
    log_true = of_true(labels, ops.log_softmax(logits, axis=-1))
    # A q that float32 takes for 0 would divide 0 by 0.
    q = max(q, 1e-30)
    losses = -ops.expm1(q * log_true) / q
    if truncate is None:
        return losses
    return ops.minimum(losses, -math.expm1(q * math.log(truncate)) / q)
