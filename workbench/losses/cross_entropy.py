"""Softmax cross-entropy."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Tensor, ops
from workbench.losses import refuse_broadcasting
from workbench.parts import loss


@loss(
    target=("category", "ordered"),
    takes=("logits", "log_probabilities"),
    noise="softmax",
    order=1,
)
def cross_entropy(
    labels: Tensor, logits: Tensor, *, label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
) -> Tensor:
    """Punishes the surprise at the true class: sure and wrong costs most.

    ``-log(p)`` with ``p`` the softmax probability of the true class. With label smoothing e, the
    target is 1 - e for the true class and e spread over all K classes alike, and the loss can not
    fall to 0 any more: do not compare curves of different e. Of ordered categories it does not know
    the order: a neighbour of the true one is as wrong as any other.

    Args:
        labels: class indices, int [batch].
        logits: scores before softmax, float [batch, classes].
        label_smoothing: share of certainty taken from the true class and spread over all; raise
            it a little against overconfidence.

    Returns:
        Loss of each sample, [batch], in nats.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Good 1952, Rational Decisions; smoothing: Szegedy et al. 2016, arXiv:1512.00567, section 7.
    """
    refuse_broadcasting(labels, logits, classes=True)
    log_p = ops.log_softmax(logits, axis=-1)
    index = ops.expand_dims(ops.cast(labels, "int32"), -1)
    of_true = -ops.squeeze(ops.take_along_axis(log_p, index, axis=-1), -1)
    if label_smoothing == 0:
        return of_true
    return (1 - label_smoothing) * of_true - label_smoothing * ops.mean(log_p, axis=-1)
