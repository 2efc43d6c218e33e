"""The absolute error."""

from workbench.lazy import Tensor, ops
from workbench.losses import mean_of_each, refuse_broadcasting
from workbench.parts import loss


@loss(target=("number", "numbers"), noise="laplace", order=3)
def absolute_error(labels: Tensor, logits: Tensor) -> Tensor:
    """Punishes errors by their size: a mistyped target counts no more than its distance.

    ``|r|`` with ``r`` the prediction minus the target; the best constant is the median. The
    gradient keeps its length however near the target is, so let the learning rate fall.

    Args:
        labels: targets in spreads from the median, float [batch], or [batch, numbers] of several.
        logits: predictions on the same scale, float of the same shape.

    Returns:
        Loss of each sample, [batch]; of several numbers their mean.

    Raises:
        ValueError: shapes that would be broadcast.

    References:
        Laplace 1774; Koenker and Bassett 1978, Regression Quantiles, at the quantile 1/2.
    """
    refuse_broadcasting(labels, logits)
    return mean_of_each(ops.abs(logits - ops.cast(labels, logits.dtype)))
