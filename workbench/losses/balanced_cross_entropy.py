"""Cross-entropy with weights of classes."""

import math
from typing import Annotated, Literal

from pydantic import Field

from workbench.lazy import Tensor, ops
from workbench.losses import of_true, refuse_broadcasting
from workbench.parts import loss


@loss(
    target=("category", "ordered"),
    takes=("logits", "log_probabilities"),
    noise="softmax",
    order=3,
)
def balanced_cross_entropy(
    labels: Tensor,
    logits: Tensor,
    *,
    counts: Tensor,
    weights_by: Literal["effective", "inverse"] = "effective",
    beta: Annotated[float, Field(ge=0, lt=1)] = 0.999,
) -> Tensor:
    """Cross-entropy in which a sample of a rare class counts more.

    ``-w log(p)`` with ``w`` the weight of the true class, on average 1 over the classes: one over
    its effective number ``(1 - b ** n) / (1 - b)`` of n training samples, or over n itself. Use it
    where rare classes matter as much as frequent ones: macro-F1 and balanced accuracy gain, plain
    accuracy may lose. The probabilities of rare classes come out too high, and a wrong label among
    their few samples weighs as much as they do.

    Args:
        labels: class indices, int [batch].
        logits: scores before softmax, float [batch, classes].
        counts: training samples of each class, float [classes].
        weights_by: effective numbers, or plainly the inverse of the counts.
        beta: b; 0 weighs all classes alike, near 1 by their inverse count.

    Returns:
        Loss of each sample, [batch], in nats.

    Raises:
        ValueError: shapes that would be broadcast, or another number of counts than classes.

    References:
        Cui et al. 2019, Class-Balanced Loss, arXiv:1901.05555, eq. 9.
    """
    refuse_broadcasting(labels, logits, classes=True)
    if tuple(counts.shape) != tuple(logits.shape)[1:]:
        raise ValueError(
            f"there must be a count for each of {logits.shape[1]} classes; "
            f"they are {list(counts.shape)}"
        )
    # A class that does not train stands as the rarest that does: as one of a single sample it
    # would dwarf all the others.
    known = ops.cast(counts, logits.dtype)
    rarest = ops.min(ops.where(known > 0, known, ops.max(known)))
    seen = ops.maximum(known, ops.maximum(rarest, 1.0))
    if weights_by == "inverse":
        weights = 1 / seen
    elif beta == 0:
        weights = ops.ones_like(seen)
    else:
        # 1 - b ** n through its logarithm: b near 1 would lose its digits.
        weights = -1 / ops.expm1(seen * math.log(beta))
    weights = weights * weights.shape[0] / ops.sum(weights)
    of_sample = ops.take(weights, ops.cast(labels, "int32"))
    return -of_sample * of_true(labels, ops.log_softmax(logits, axis=-1))
