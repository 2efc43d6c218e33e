"""The quantile (pinball) loss."""

from typing import Annotated

from pydantic import Field

from workbench.lazy import Tensor, ops
from workbench.losses import mean_of_each, refuse_broadcasting
from workbench.parts import loss


@loss(target=("number", "numbers"), order=8)
def quantile(
    labels: Tensor, logits: Tensor, *, tau: Annotated[float, Field(gt=0, lt=1)] = 0.5
) -> Tensor:
    """Learns a quantile of the target, such as a value that 9 of 10 stay below.

    ``max(tau d, (tau - 1) d)`` with ``d`` by how much the target lies above the prediction. Use it
    for limits rather than for guesses: tau 0.9 is missed by one target in ten. At 0.5 it is half
    the absolute error. Like that it has a gradient of constant length: let the learning rate fall.
    Near 0 or 1 few samples tell where the limit lies: have some hundred beyond it.

    Args:
        labels: targets in spreads from the median, float [batch], or [batch, numbers] of several.
        logits: predictions on the same scale, float of the same shape.
        tau: the share of targets that shall lie below the prediction.

    Returns:
        Loss of each sample, [batch]; of several numbers their mean.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Koenker and Bassett 1978, Regression Quantiles, Econometrica 46(1).
    """
    refuse_broadcasting(labels, logits)
    above = ops.cast(labels, logits.dtype) - logits
    # Two ramps, as a target that is hit then pulls no way; the greater of two lines would.
    return mean_of_each(tau * ops.relu(above) + (1 - tau) * ops.relu(-above))
