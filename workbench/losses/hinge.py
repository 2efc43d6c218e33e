"""The hinge loss of yes and no."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Tensor, ops
from workbench.losses import mean_of_each, refuse_broadcasting
from workbench.parts import loss


@loss(target=("yes_no", "labels"), chances=False, order=5)
def hinge(
    labels: Tensor,
    logits: Tensor,
    *,
    margin: Annotated[float, Field(gt=0, le=10)] = 1.0,
    squared: bool = False,
) -> Tensor:
    """Asks the score to lie on the right side of 0 by a margin, and is content then.

    ``max(0, m - y z)`` with ``y`` 1 for yes and -1 for no. Use it where only the answer counts, not
    how sure it is: its scores are no probabilities.

    Args:
        labels: 0 for no, 1 for yes, float [batch], or [batch, classes] of several categories.
        logits: scores, float of the same shape.
        margin: m, the distance from 0 that is enough.
        squared: square it, so that far misses count more and the bend is smooth.

    Returns:
        Loss of each sample, [batch]; of several categories their mean.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Cortes and Vapnik 1995, Support-Vector Networks, Machine Learning 20.
    """
    refuse_broadcasting(labels, logits)
    side = 2 * ops.cast(labels, logits.dtype) - 1
    losses = ops.relu(margin - side * logits)
    return mean_of_each(ops.square(losses) if squared else losses)
