"""Symmetric cross-entropy."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Tensor, ops
from workbench.losses import of_true, refuse_broadcasting
from workbench.parts import loss


@loss(target=("category", "ordered"), takes=("logits", "log_probabilities"), order=7)
def symmetric_cross_entropy(
    labels: Tensor,
    logits: Tensor,
    *,
    alpha: Annotated[float, Field(ge=0, le=10)] = 0.1,
    beta: Annotated[float, Field(ge=0, le=10)] = 1.0,
    floor: Annotated[float, Field(ge=-12, le=-1, json_schema_extra={"advanced": True})] = -4.0,
) -> Tensor:
    """Cross-entropy both ways, from label to answer and back: robust to wrong labels.

    ``-a log(p) - b A (1 - p)`` with ``p`` the softmax probability of the true class and A what
    stands for the logarithm of 0. The second part is the absolute error of the probability, scaled.
    Use it where you suspect that labels are wrong. Its two weights act together with the learning
    rate: change them with care.

    Args:
        labels: class indices, int [batch].
        logits: scores before softmax, float [batch, classes].
        alpha: a, weight of cross-entropy; it makes training start.
        beta: b, weight of the reverse; it makes training robust.
        floor: A; -4 in the paper, -9.2 in its code.

    Returns:
        Loss of each sample, [batch].

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Wang et al. 2019, Symmetric Cross Entropy for Robust Learning, arXiv:1908.06112, eq. 7.
    """
    refuse_broadcasting(labels, logits, classes=True)
    log_true = of_true(labels, ops.log_softmax(logits, axis=-1))
    return -alpha * log_true + beta * floor * ops.expm1(log_true)
