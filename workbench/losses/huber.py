"""The Huber loss."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Tensor, ops
from workbench.losses import mean_of_each, refuse_broadcasting
from workbench.parts import loss


@loss(target=("number", "numbers"), noise="gauss", order=2)
def huber(
    labels: Tensor,
    logits: Tensor,
    *,
    delta: Annotated[float, Field(gt=0, le=1e6, json_schema_extra={"log": True})] = 1.0,
) -> Tensor:
    """Squared error near the target, absolute error far from it: outliers lose their power.

    ``r ** 2 / 2`` where ``|r| <= delta``, else ``delta * |r| - delta ** 2 / 2``. The gradient is
    that of the squared error, but never longer than delta.

    Args:
        labels: targets in spreads from the median, float [batch], or [batch, numbers] of several.
        logits: predictions on the same scale, float of the same shape.
        delta: where the square ends, in spreads of the target; smaller forgives outliers more.

    Returns:
        Loss of each sample, [batch]; of several numbers their mean.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Huber 1964, Robust Estimation of a Location Parameter, Ann. Math. Statist. 35(1).
    """
    refuse_broadcasting(labels, logits)
    size = ops.abs(logits - ops.cast(labels, logits.dtype))
    # This form keeps the square small, so that a residual of 1e30 does not overflow.
    near = ops.minimum(size, delta)
    return mean_of_each(near * near / 2 + delta * (size - near))
