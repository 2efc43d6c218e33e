"""The logarithm of the hyperbolic cosine."""

import math

from workbench.lazy import Tensor, ops
from workbench.losses import mean_of_each, refuse_broadcasting
from workbench.parts import loss


@loss(target=("number", "numbers"), noise="gauss", order=6)
def log_cosh(labels: Tensor, logits: Tensor) -> Tensor:
    """Smooth like the square near the target, straight like the absolute error far from it.

    ``log(cosh(r))`` with ``r`` the prediction minus the target; its gradient is ``tanh(r)``. Use it
    where outliers matter little and there is no option to choose. Its bend stands at one spread of
    the target and cannot be moved: Huber's can.

    Args:
        labels: targets in spreads from the median, float [batch], or [batch, numbers] of several.
        logits: predictions on the same scale, float of the same shape.

    Returns:
        Loss of each sample, [batch]; of several numbers their mean.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Chen et al. 2019, Log Hyperbolic Cosine Loss Improves Variational Auto-Encoder.
    """
    refuse_broadcasting(labels, logits)
    residual = logits - ops.cast(labels, logits.dtype)
    # log cosh r = r + log((1 + exp(-2 r)) / 2): cosh itself would overflow at 90. Even in r, and
    # its derivative tanh r comes out of softplus at 0, too, where that of |r| does not exist.
    return mean_of_each(residual + ops.softplus(-2.0 * residual) - math.log(2.0))
