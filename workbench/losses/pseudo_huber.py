"""The pseudo-Huber loss."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Tensor, ops
from workbench.losses import mean_of_each, refuse_broadcasting
from workbench.parts import loss


@loss(target=("number", "numbers"), noise="gauss", order=5)
def pseudo_huber(
    labels: Tensor,
    logits: Tensor,
    *,
    delta: Annotated[float, Field(gt=0, le=1e6, json_schema_extra={"log": True})] = 1.0,
) -> Tensor:
    """Huber's loss without its corner: smooth from the square to the straight line.

    ``delta ** 2 (sqrt(1 + (r / delta) ** 2) - 1)`` with ``r`` the prediction minus the target. Use
    it like Huber where every derivative shall be smooth. Far out it lies a little below Huber's
    line, and its gradient only nears delta.

    Args:
        labels: targets in spreads from the median, float [batch], or [batch, numbers] of several.
        logits: predictions on the same scale, float of the same shape.
        delta: where the square bends into the line, in spreads of the target.

    Returns:
        Loss of each sample, [batch]; of several numbers their mean.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Charbonnier et al. 1994, Two deterministic half-quadratic regularization algorithms.
    """
    refuse_broadcasting(labels, logits)
    ratio = (logits - ops.cast(labels, logits.dtype)) / delta
    # The root as a hypotenuse: the square of a huge residual would overflow. What it is divided by
    # cancels out, so that nothing is lost by holding it still; its corners would spoil curvatures.
    large = ops.stop_gradient(ops.maximum(ops.abs(ratio), 1.0))
    root = large * ops.sqrt(ops.square(1 / large) + ops.square(ratio / large))
    # sqrt(1 + x) - 1 as x / (sqrt(1 + x) + 1): near 0 the difference would lose all digits.
    return mean_of_each(delta * delta * (ratio / (root + 1)) * ratio)
