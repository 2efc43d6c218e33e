"""Partially Huberised cross-entropy."""

import math
from typing import Annotated

from pydantic import Field

from workbench.lazy import Tensor, ops
from workbench.losses import of_true, refuse_broadcasting
from workbench.parts import loss


@loss(target=("category", "ordered"), takes=("logits", "log_probabilities"), order=6)
def partially_huberised_cross_entropy(
    labels: Tensor,
    logits: Tensor,
    *,
    tau: Annotated[float, Field(gt=1, le=100, json_schema_extra={"log": True})] = 2.0,
) -> Tensor:
    """Cross-entropy that goes on as a straight line where the true class seems improbable.

    ``-log(p)`` where ``p > 1 / tau``, else ``-tau p + log(tau) + 1``. The pull of a sample that the
    model finds absurd fades, which is what a wrong label looks like. Use it where you suspect that
    labels are wrong; of the robust losses it starts the quickest. With tau at the number of classes
    or above, hardly a sample is bent.

    Args:
        labels: class indices, int [batch].
        logits: scores before softmax, float [batch, classes].
        tau: one over the probability where the line begins; smaller forgives wrong labels more.

    Returns:
        Loss of each sample, [batch].

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Menon et al. 2020, Can gradient clipping mitigate label noise?, ICLR, eq. 4.
    """
    refuse_broadcasting(labels, logits, classes=True)
    log_true = of_true(labels, ops.log_softmax(logits, axis=-1))
    straight = -tau * ops.exp(log_true) + math.log(tau) + 1
    return ops.where(log_true > -math.log(tau), -log_true, straight)
